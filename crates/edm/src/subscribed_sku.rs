//! The `subscribedSku` type: a subscription to services, of which an organisation here has none.

use crate::complex::complex;
use crate::rows::{of, properties, text};
use crate::{Blank, ComplexType, EntityType, Type, entity};

pub use crate::entity::ID;

crate::rows::order! {
    "subscribedSku"
    ID
    ACCOUNT_ID
    ACCOUNT_NAME
    APPLIES_TO
    CAPABILITY_STATUS
    CONSUMED_UNITS
    PREPAID_UNITS
    SERVICE_PLANS
    SKU_ID
    SKU_PART_NUMBER
    SUBSCRIPTION_IDS
}

properties! {
    ACCOUNT_ID "accountId" "Whose account pays." = text().by_default();
    ACCOUNT_NAME "accountName" "Its name." = text().by_default();
    APPLIES_TO "appliesTo" "User or Company." = text().by_default();
    CAPABILITY_STATUS "capabilityStatus" "Enabled, Warning, Suspended, Deleted or LockedOut." = text().by_default();
    CONSUMED_UNITS "consumedUnits" "How many are assigned." = of(Type::Int32).by_default();
    PREPAID_UNITS "prepaidUnits" "How many there are." = of(Type::complex(&units::TYPE)).by_default();
    SERVICE_PLANS "servicePlans" "What it holds." = of(Type::complex(&plan::TYPE)).list().not_null().by_default();
    SKU_ID "skuId" "The licence." = of(Type::Guid).by_default();
    SKU_PART_NUMBER "skuPartNumber" "Its name." = text().by_default();
    SUBSCRIPTION_IDS "subscriptionIds" "The subscriptions." = text().list().not_null().by_default();
}

complex! {
    /// How many licences are in which state.
    units "licenseUnitsDetail"
    ENABLED "enabled" "Usable." = of(Type::Int32);
    LOCKED_OUT "lockedOut" "Cancelled." = of(Type::Int32);
    SUSPENDED "suspended" "Not paid for." = of(Type::Int32);
    WARNING "warning" "To be paid for soon." = of(Type::Int32);
}

complex! {
    /// A service of a licence.
    plan "servicePlanInfo"
    APPLIES_TO "appliesTo" "User or Company." = text();
    PROVISIONING_STATUS "provisioningStatus" "How far the service has come." = text();
    SERVICE_PLAN_ID "servicePlanId" "The plan." = of(Type::Guid);
    SERVICE_PLAN_NAME "servicePlanName" "Its name." = text();
}

/// `graph.subscribedSku`.
pub static TYPE: EntityType = EntityType {
    name: "subscribedSku",
    resource: "SubscribedSku",
    set: "subscribedSkus",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
