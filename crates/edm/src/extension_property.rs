//! The `extensionProperty` type: the definition of a directory extension, contained in the
//! application that owns it.

use crate::rows::{boolean, properties, text};
use crate::{Blank, EntityType, Op, entity};

pub use crate::entity::{DELETED_DATE_TIME, ID};

crate::rows::order! {
    "extensionProperty"
    ID
    DELETED_DATE_TIME
    APP_DISPLAY_NAME
    DATA_TYPE
    IS_MULTI_VALUED
    IS_SYNCED_FROM_ON_PREMISES
    NAME
    TARGET_OBJECTS
}

properties! {
    APP_DISPLAY_NAME "appDisplayName" "The name of the application that owns it." = text().by_default();
    DATA_TYPE "dataType" "The type of its values."
        = text().not_null().by_default().created().required()
            .one_of(&["Binary", "Boolean", "DateTime", "Integer", "LargeInteger", "String"]);
    IS_MULTI_VALUED "isMultiValued" "Whether an object may hold several values; false unless it is said."
        = boolean().not_null().by_default().created().unset("false").filter(&[Op::Eq], &[]);
    IS_SYNCED_FROM_ON_PREMISES "isSyncedFromOnPremises" "False: nothing is synchronised."
        = boolean().by_default();
    NAME "name" "`extension_`, the client id without hyphens, `_`, and the name that was chosen."
        = text().not_null().by_default().created().required().filter(&[Op::Eq, Op::In, Op::StartsWith], &[]);
    TARGET_OBJECTS "targetObjects" "The kinds of objects that may have it. Only users do here."
        = text().list().not_null().by_default().created().required().items(6)
            .one_of(&["User", "Group", "AdministrativeUnit", "Application", "Device", "Organization"]);
}

/// `graph.extensionProperty`.
pub static TYPE: EntityType = EntityType {
    name: "extensionProperty",
    resource: "ExtensionProperty",
    set: "",
    base: Some(&entity::DIRECTORY_OBJECT),
    open: true,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
