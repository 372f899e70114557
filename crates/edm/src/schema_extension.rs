//! Schema extensions: what a definition of one says, and the complex property that it gives to
//! objects.

use serde::{Deserialize, Serialize};

use crate::extension::DataType;
use crate::{ComplexType, Property, PropertyId, Type};

/// Where a definition is in its life.
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
    let ty = ComplexType::own(name, members);
    let mut property = Property::own(
        number,
        name,
        Type::Complex(ty.into()),
        "A schema extension.",
    );
    // What conditions may say of its members; of the whole they say nothing.
    property.filter = DataType::String.operators();
    property
}
