//! The `attributeSet` type: what custom security attributes are grouped in, at
//! `/directory/attributeSets`.

use crate::rows::{of, properties, text};
use crate::{Blank, EntityType, Type, entity};

/// Most characters of the name of a set, or of an attribute.
pub const NAME: u32 = 32;

/// Most characters of a description.
pub const DESCRIPTION_LENGTH: u32 = 128;

crate::rows::order! {
    "attributeSet"
    DESCRIPTION
    ID
    MAX_ATTRIBUTES_PER_SET
}

properties! {
    DESCRIPTION "description" "What the set is for."
        = text().by_default().written().max(DESCRIPTION_LENGTH);
    ID "id" "Its name, for good: letters of ASCII, digits and underscores."
        = text().not_null().by_default().created().required().max(NAME);
    MAX_ATTRIBUTES_PER_SET "maxAttributesPerSet" "How many attributes can be defined in it; null: as many as in the tenant."
        = of(Type::Int32).by_default().written();
}

/// `graph.attributeSet`.
pub static TYPE: EntityType = EntityType {
    name: "attributeSet",
    resource: "AttributeSet",
    set: "",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
