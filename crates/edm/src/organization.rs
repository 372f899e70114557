//! The `organization` type: the tenant itself, of which there is one.

use crate::complex::{assigned_plan, complex, provisioned_plan};
use crate::rows::{boolean, instant, of, properties, text};
use crate::{Blank, ComplexType, EntityType, Type, entity};

pub use crate::entity::{DELETED_DATE_TIME, ID};

crate::rows::order! {
    "organization"
    ID
    DELETED_DATE_TIME
    ASSIGNED_PLANS
    BUSINESS_PHONES
    CITY
    COUNTRY
    COUNTRY_LETTER_CODE
    CREATED_DATE_TIME
    DEFAULT_USAGE_LOCATION
    DISPLAY_NAME
    MARKETING_NOTIFICATION_EMAILS
    ON_PREMISES_LAST_SYNC_DATE_TIME
    ON_PREMISES_SYNC_ENABLED
    POSTAL_CODE
    PREFERRED_LANGUAGE
    PROVISIONED_PLANS
    SECURITY_COMPLIANCE_NOTIFICATION_MAILS
    SECURITY_COMPLIANCE_NOTIFICATION_PHONES
    STATE
    STREET
    TECHNICAL_NOTIFICATION_MAILS
    TENANT_TYPE
    VERIFIED_DOMAINS
}

properties! {
    ASSIGNED_PLANS "assignedPlans" "Plans of the organisation: none."
        = of(Type::complex(&assigned_plan::TYPE)).list().not_null().by_default();
    BUSINESS_PHONES "businessPhones" "Its numbers." = text().list().not_null().by_default();
    CITY "city" "Its address." = text().by_default();
    COUNTRY "country" "Its address." = text().by_default();
    COUNTRY_LETTER_CODE "countryLetterCode" "Its country, in two letters." = text().by_default();
    CREATED_DATE_TIME "createdDateTime" "When it was made." = instant().by_default();
    DEFAULT_USAGE_LOCATION "defaultUsageLocation" "The country that new users get." = text().by_default();
    DISPLAY_NAME "displayName" "Its name, as mails and pages show it." = text().by_default();
    MARKETING_NOTIFICATION_EMAILS "marketingNotificationEmails" "Whom to tell." = text().list().not_null().by_default();
    ON_PREMISES_LAST_SYNC_DATE_TIME "onPremisesLastSyncDateTime" "It is not synchronised: null." = instant().by_default();
    ON_PREMISES_SYNC_ENABLED "onPremisesSyncEnabled" "It is not synchronised: null." = boolean().by_default();
    POSTAL_CODE "postalCode" "Its address." = text().by_default();
    PREFERRED_LANGUAGE "preferredLanguage" "Its language." = text().by_default();
    PROVISIONED_PLANS "provisionedPlans" "Plans as their services have set them up: none."
        = of(Type::complex(&provisioned_plan::TYPE)).list().not_null().by_default();
    SECURITY_COMPLIANCE_NOTIFICATION_MAILS "securityComplianceNotificationMails" "Whom to tell."
        = text().list().not_null().by_default();
    SECURITY_COMPLIANCE_NOTIFICATION_PHONES "securityComplianceNotificationPhones" "Whom to tell."
        = text().list().not_null().by_default();
    STATE "state" "Its address." = text().by_default();
    STREET "street" "Its address." = text().by_default();
    TECHNICAL_NOTIFICATION_MAILS "technicalNotificationMails" "Whom to tell." = text().list().not_null().by_default();
    TENANT_TYPE "tenantType" "AAD: an organisation with employees and guests." = text().by_default();
    VERIFIED_DOMAINS "verifiedDomains" "The domains of `/domains`, in short."
        = of(Type::complex(&verified_domain::TYPE)).list().not_null().by_default();
}

complex! {
    /// A domain, as the organisation shows it.
    verified_domain "verifiedDomain"
    CAPABILITIES "capabilities" "Services that use it: none." = text();
    IS_DEFAULT "isDefault" "The one that people know the organisation by." = boolean();
    IS_INITIAL "isInitial" "The one the tenant was made with." = boolean();
    NAME "name" "The domain." = text();
    KIND "type" "Managed or Federated." = text();
}

/// `graph.organization`.
pub static TYPE: EntityType = EntityType {
    name: "organization",
    resource: "Organization",
    set: "organization",
    base: Some(&entity::DIRECTORY_OBJECT),
    open: true,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
