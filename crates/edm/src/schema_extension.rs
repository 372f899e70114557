//! Schema extensions: the `schemaExtension` type, what a definition of one says, and the complex
//! property that it gives to objects.

use serde::{Deserialize, Serialize};

use crate::complex::complex;
use crate::extension::DataType;
use crate::rows::{of, properties, text};
use crate::{Blank, ComplexType, EntityType, Op, Property, PropertyId, Returned, Type, entity};

pub use crate::entity::ID;

crate::rows::order! {
    "schemaExtension"
    ID
    DESCRIPTION
    OWNER
    PROPERTIES_OF_VALUES
    STATUS
    TARGET_TYPES
}

properties! {
    DESCRIPTION "description" "What it is for."
        = text().max(256).by_default().written().filter(&[Op::Eq, Op::In, Op::StartsWith], &[Op::Ne, Op::Not, Op::Null]);
    OWNER "owner" "The client id of the app that it belongs to."
        = text().max(36).not_null().by_default().written().filter(&[Op::Eq, Op::In], &[Op::Ne, Op::Not]);
    PROPERTIES_OF_VALUES "properties" "The members of its values. More can be added, and none removed."
        = of(Type::complex(&member::TYPE)).list().not_null().by_default().written().required().items(MEMBERS);
    STATUS "status" "InDevelopment, Available or Deprecated."
        = text().not_null().by_default().written().one_of(&["InDevelopment", "Available", "Deprecated"])
            .filter(&[Op::Eq, Op::In], &[Op::Ne, Op::Not]);
    TARGET_TYPES "targetTypes" "The kinds of objects that may have it. Only users do here."
        = text().max(64).list().not_null().by_default().written().required().items(16);
}

complex! {
    /// A member of a schema extension's values.
    member "extensionSchemaProperty"
    NAME "name" "Its name." = text().max(128).written();
    TYPE_OF_VALUES "type" "Binary, Boolean, DateTime, Integer or String."
        = text().written().one_of(&["Binary", "Boolean", "DateTime", "Integer", "String"]);
}

/// `graph.schemaExtension`.
pub static TYPE: EntityType = EntityType {
    name: "schemaExtension",
    resource: "SchemaExtension",
    set: "schemaExtensions",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};

/// Most members of one: an object has no more values.
pub const MEMBERS: u32 = 100;

/// The kinds of objects that a definition may name, however they are spelt (P-extensions-9).
pub const TARGETS: [&str; 12] = [
    "user",
    "group",
    "administrativeUnit",
    "application",
    "contact",
    "device",
    "event",
    "message",
    "organization",
    "post",
    "todoTask",
    "todoTaskList",
];

/// The type that values name in answers (P-extensions-11).
const VALUE: &str = "#microsoft.graph.ComplexExtensionValue";

/// Where a definition is in its life (P-extensions-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// For the owner to try.
    InDevelopment,
    /// For all apps.
    Available,
    /// Values can be read, changed and removed, and no object gets new ones.
    Deprecated,
}

impl Status {
    /// All of them, in the order of a definition's life.
    pub const ALL: [Self; 3] = [Self::InDevelopment, Self::Available, Self::Deprecated];

    /// The documented name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InDevelopment => "InDevelopment",
            Self::Available => "Available",
            Self::Deprecated => "Deprecated",
        }
    }

    /// The status of that name, in exactly that spelling.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// One member of the values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its number among the members that the definition ever had, for good: values have their keys
    /// under it.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub data_type: DataType,
}

/// What the definition of a schema extension says beside its name, its owner and its targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaExtension {
    /// Where it is in its life.
    pub status: Status,
    /// What it is for.
    pub description: Option<String>,
    /// The members of its values, in the order in which they were sent.
    pub members: Vec<Member>,
}

/// The extension as a property of objects, under the number and the name of its definition.
pub fn property(number: u64, name: &str, extension: &SchemaExtension) -> Property {
    let members = extension.members.iter().map(|member| {
        let id = PropertyId::member(number, member.number);
        member.data_type.single(id, &member.name, "A member.")
    });
    let ty = ComplexType::own(name, members).naming_in_answers(VALUE);
    let mut property = Property::own(
        number,
        name,
        Type::Complex(ty.into()),
        "A schema extension.",
    );
    // What conditions may say of its members; of the whole they say nothing.
    property.filter = DataType::String.operators();
    property.returned = Returned::Selected;
    // A deprecated one is changed where it is, and nobody gets it any more.
    property.write.create = extension.status != Status::Deprecated;
    property
}
