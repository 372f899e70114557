//! The `user` type: its properties, in files by what they are about, and the one order they stand
//! in.

mod account;
mod computed;
mod contact;
mod identity;
mod job;
mod licence;
mod navigation;
mod on_premises;
mod person;
mod profile;

pub use crate::entity::{DELETED_DATE_TIME, ID};
pub use account::*;
pub use computed::{legal_age_group, security_identifier};
pub use contact::*;
pub use identity::*;
pub use job::*;
pub use licence::*;
pub use navigation::*;
pub use on_premises::*;
pub use person::*;
pub use profile::*;

use crate::Blank;
use crate::{EntityType, Op, entity};

// The inherited two first, then by the alphabet, as the service answers.
crate::rows::order! {
    "user"
    ID
    DELETED_DATE_TIME
    ABOUT_ME
    ACCOUNT_ENABLED
    AGE_GROUP
    ASSIGNED_LICENSES
    ASSIGNED_PLANS
    AUTHORIZATION_INFO
    BIRTHDAY
    BUSINESS_PHONES
    CITY
    CLOUD_LICENSING
    CLOUD_REALTIME_COMMUNICATION_INFO
    COMPANY_NAME
    CONSENT_PROVIDED_FOR_MINOR
    COUNTRY
    CREATED_DATE_TIME
    CREATION_TYPE
    CUSTOM_SECURITY_ATTRIBUTES
    DEPARTMENT
    DEVICE_ENROLLMENT_LIMIT
    DEVICE_KEYS
    DISPLAY_NAME
    EMPLOYEE_HIRE_DATE
    EMPLOYEE_ID
    EMPLOYEE_LEAVE_DATE_TIME
    EMPLOYEE_ORG_DATA
    EMPLOYEE_TYPE
    EXTERNAL_USER_STATE
    EXTERNAL_USER_STATE_CHANGE_DATE_TIME
    FAX_NUMBER
    GIVEN_NAME
    HIRE_DATE
    IDENTITIES
    IDENTITY_GOVERNANCE
    IDENTITY_PARENT_ID
    IM_ADDRESSES
    INFO_CATALOGS
    INTERESTS
    IS_LICENSE_RECONCILIATION_NEEDED
    IS_MANAGEMENT_RESTRICTED
    IS_RESOURCE_ACCOUNT
    JOB_TITLE
    LAST_PASSWORD_CHANGE_DATE_TIME
    LEGAL_AGE_GROUP_CLASSIFICATION
    LICENSE_ASSIGNMENT_STATES
    MAIL
    MAIL_NICKNAME
    MAILBOX_SETTINGS
    MOBILE_PHONE
    MY_SITE
    OFFICE_LOCATION
    ON_PREMISES_DISTINGUISHED_NAME
    ON_PREMISES_DOMAIN_NAME
    ON_PREMISES_EXTENSION_ATTRIBUTES
    ON_PREMISES_IMMUTABLE_ID
    ON_PREMISES_LAST_SYNC_DATE_TIME
    ON_PREMISES_PROVISIONING_ERRORS
    ON_PREMISES_SAM_ACCOUNT_NAME
    ON_PREMISES_SECURITY_IDENTIFIER
    ON_PREMISES_SIP_INFO
    ON_PREMISES_SYNC_ENABLED
    ON_PREMISES_USER_PRINCIPAL_NAME
    OTHER_MAILS
    PASSWORD_POLICIES
    PASSWORD_PROFILE
    PAST_PROJECTS
    POSTAL_CODE
    PREFERRED_DATA_LOCATION
    PREFERRED_LANGUAGE
    PREFERRED_NAME
    PRINT
    PROVISIONED_PLANS
    PROXY_ADDRESSES
    REFRESH_TOKENS_VALID_FROM_DATE_TIME
    RESPONSIBILITIES
    SCHOOLS
    SECURITY_IDENTIFIER
    SERVICE_PROVISIONING_ERRORS
    SHOW_IN_ADDRESS_LIST
    SIGN_IN_ACTIVITY
    SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME
    SKILLS
    STATE
    STREET_ADDRESS
    SURNAME
    USAGE_LOCATION
    USER_PRINCIPAL_NAME
    USER_TYPE
    ; navigation DIRECT_REPORTS EXTENSIONS MANAGER SPONSOR_OF SPONSORS TRANSITIVE_REPORTS;
}

/// `graph.user`.
pub static TYPE: EntityType = EntityType {
    name: "user",
    resource: "User",
    set: "users",
    base: Some(&entity::DIRECTORY_OBJECT),
    open: true,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[&USER_PRINCIPAL_NAME],
    blank: Blank::Refused,
    navigation: NAVIGATION,
};

/// Characters of a line for which no limit is published: more than any address book prints.
const LINE: u32 = 1_024;

/// Characters of a free text about oneself for which no limit is published: several pages.
const PAGE: u32 = 16_384;

/// Characters of a mail address: 64, `@` and 255 (RFC 5321).
const ADDRESS: u32 = 320;

/// Characters of one entry of otherMails (P-users-19).
const MAIL_ENTRY: u32 = 250;

/// Elements of a list of addresses or of profile entries (P-users-19).
const ENTRIES: u32 = 250;

// The operator sets that many rows share (P-users-17).
const ORDERED_TEXT: &[Op] = &[Op::Eq, Op::Ge, Op::Le, Op::In, Op::StartsWith];
const LISTED: &[Op] = &[Op::Eq, Op::In];
const NE_NOT: &[Op] = &[Op::Ne, Op::Not];
const NE_NOT_NULL: &[Op] = &[Op::Ne, Op::Not, Op::Null];
const ADVANCED_ORDERED: &[Op] = &[Op::Eq, Op::Ne, Op::Not, Op::Ge, Op::Le, Op::In];
const ADVANCED_TEXT: &[Op] = &[
    Op::Eq,
    Op::Ne,
    Op::Not,
    Op::Ge,
    Op::Le,
    Op::In,
    Op::StartsWith,
    Op::Null,
];
