//! The `domain` type: a name of the organisation that sign-in names may end in.

use crate::rows::{boolean, of, properties, text};
use crate::{Blank, EntityType, Type, entity};

pub use crate::entity::ID;

crate::rows::order! {
    "domain"
    ID
    AUTHENTICATION_TYPE
    AVAILABILITY_STATUS
    IS_ADMIN_MANAGED
    IS_DEFAULT
    IS_INITIAL
    IS_ROOT
    IS_VERIFIED
    PASSWORD_NOTIFICATION_WINDOW_IN_DAYS
    PASSWORD_VALIDITY_PERIOD_IN_DAYS
    SUPPORTED_SERVICES
}

properties! {
    AUTHENTICATION_TYPE "authenticationType" "Managed, or Federated where its users sign in elsewhere."
        = text().not_null().by_default();
    AVAILABILITY_STATUS "availabilityStatus" "Always null for a verified domain." = text().by_default();
    IS_ADMIN_MANAGED "isAdminManaged" "The organisation manages it." = boolean().not_null().by_default();
    IS_DEFAULT "isDefault" "The one that people know the organisation by." = boolean().not_null().by_default();
    IS_INITIAL "isInitial" "The one the tenant was made with." = boolean().not_null().by_default();
    IS_ROOT "isRoot" "It is no subdomain of another one of the organisation." = boolean().not_null().by_default();
    IS_VERIFIED "isVerified" "The organisation has proved that it holds the domain." = boolean().not_null().by_default();
    PASSWORD_NOTIFICATION_WINDOW_IN_DAYS "passwordNotificationWindowInDays" "Passwords do not expire: null."
        = of(Type::Int32).by_default();
    PASSWORD_VALIDITY_PERIOD_IN_DAYS "passwordValidityPeriodInDays" "Passwords do not expire: null."
        = of(Type::Int32).by_default();
    SUPPORTED_SERVICES "supportedServices" "Services that use the domain: none." = text().list().not_null().by_default();
}

/// `graph.domain`.
pub static TYPE: EntityType = EntityType {
    name: "domain",
    resource: "Domain",
    set: "domains",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
