//! The `allowedValue` type: a predefined value of a custom security attribute, within its
//! definition.

use crate::rows::{boolean, properties, text};
use crate::{Blank, EntityType, Op, attribute, entity};

crate::rows::order! {
    "allowedValue"
    ID
    IS_ACTIVE
}

properties! {
    ID "id" "The value, for good and in exactly this spelling; of a number its digits."
        = text().not_null().by_default().created().required().max(attribute::LENGTH);
    IS_ACTIVE "isActive" "Whether it can be assigned to further objects."
        = boolean().not_null().by_default().written().required().filter(&[Op::Eq], &[]);
}

/// `graph.allowedValue`.
pub static TYPE: EntityType = EntityType {
    name: "allowedValue",
    resource: "AllowedValue",
    set: "",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
