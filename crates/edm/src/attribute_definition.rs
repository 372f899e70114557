//! The `customSecurityAttributeDefinition` type, at
//! `/directory/customSecurityAttributeDefinitions`.

use crate::attribute_set::{DESCRIPTION_LENGTH, NAME as LENGTH};
use crate::rows::{boolean, of, properties, text};
use crate::{Blank, EntityType, Navigation, Op, Type, allowed_value, entity, invitation};

crate::rows::order! {
    "customSecurityAttributeDefinition"
    ATTRIBUTE_SET
    DESCRIPTION
    ID
    IS_COLLECTION
    IS_SEARCHABLE
    NAME
    STATUS
    DATA_TYPE
    USE_PRE_DEFINED_VALUES_ONLY
    ; navigation ALLOWED_VALUES;
}

properties! {
    ALLOWED_VALUES "allowedValues" "The predefined values; read by `$expand`, or by their own URL."
        = of(Type::complex(&invitation::link::TYPE)).list();
    ATTRIBUTE_SET "attributeSet" "The name of its set."
        = text().not_null().by_default().created().required().max(LENGTH).filter(&[Op::Eq], &[]);
    DATA_TYPE "type" "The type of its values."
        = text().not_null().by_default().created().required().one_of(&["Boolean", "Integer", "String"])
            .filter(&[Op::Eq], &[]);
    DESCRIPTION "description" "What the attribute is for."
        = text().by_default().written().max(DESCRIPTION_LENGTH);
    ID "id" "The name of its set, an underscore, and its own."
        = text().not_null().by_default();
    IS_COLLECTION "isCollection" "Whether an object may hold several values."
        = boolean().not_null().by_default().created().required();
    IS_SEARCHABLE "isSearchable" "Whether conditions can name it."
        = boolean().not_null().by_default().created().required();
    NAME "name" "Its name within the set, for good: letters of ASCII, digits and underscores."
        = text().not_null().by_default().created().required().max(LENGTH).filter(&[Op::Eq], &[]);
    STATUS "status" "Available, or Deprecated: then it cannot be assigned any more."
        = text().not_null().by_default().written().required().one_of(&["Available", "Deprecated"])
            .filter(&[Op::Eq], &[]);
    USE_PRE_DEFINED_VALUES_ONLY "usePreDefinedValuesOnly" "Whether predefined values alone can be assigned. It can be taken back, not made so later."
        = boolean().not_null().by_default().written().required();
}

/// The navigation property `allowedValues`.
pub static ALLOWED_VALUES_NAVIGATION: Navigation = Navigation {
    property: &ALLOWED_VALUES,
    target: allowed_value::TYPE.name,
    set: "",
    objects: &allowed_value::TYPE,
    linked: true,
    sent: true,
    tracked: false,
    contained: true,
};

/// `graph.customSecurityAttributeDefinition`.
pub static TYPE: EntityType = EntityType {
    name: "customSecurityAttributeDefinition",
    resource: "CustomSecurityAttributeDefinition",
    set: "",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[&ALLOWED_VALUES_NAVIGATION],
};
