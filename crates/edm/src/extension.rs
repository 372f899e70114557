//! Directory extensions: the own property that a definition gives to objects, and the limit on the
//! extension values of an object.

use serde::{Deserialize, Serialize};

use crate::record::{Record, Value};
use crate::{Json, Op, Operators, Ops, Property, PropertyId, Type, attribute, user};

/// How every name of a directory extension begins; the client id and the chosen name follow.
pub const PREFIX: &str = "extension_";

/// Most values of extensions of one object, across all types and apps; each element of a collection
/// is one (P-extensions-6).
pub const VALUES: usize = 100;

/// Longest text of a value, in characters, and longest binary value, in bytes (P-extensions-6).
const LENGTH: u32 = 256;

/// The types that a definition can give to its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataType {
    /// Bytes, in JSON as base64.
    Binary,
    /// True or false.
    Boolean,
    /// An instant, kept in UTC.
    DateTime,
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    LargeInteger,
    /// A text.
    String,
}

impl DataType {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 6] = [
        Self::Binary,
        Self::Boolean,
        Self::DateTime,
        Self::Integer,
        Self::LargeInteger,
        Self::String,
    ];

    /// The documented name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Binary => "Binary",
            Self::Boolean => "Boolean",
            Self::DateTime => "DateTime",
            Self::Integer => "Integer",
            Self::LargeInteger => "LargeInteger",
            Self::String => "String",
        }
    }

    /// The type of that name, in exactly that spelling.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }

    const fn ty(self) -> Type {
        match self {
            Self::Binary => Type::Binary,
            Self::Boolean => Type::Boolean,
            Self::DateTime => Type::DateTimeOffset,
            Self::Integer => Type::Int32,
            Self::LargeInteger => Type::Int64,
            Self::String => Type::String,
        }
    }

    /// What conditions may say of a single value. Binary values are kept as base64, which compares
    /// by nothing that means something.
    pub(crate) const fn operators(self) -> Operators {
        let default: &[Op] = match self {
            Self::Binary => return Operators::NONE,
            Self::Boolean => &[Op::Eq, Op::In],
            Self::DateTime | Self::Integer | Self::LargeInteger => {
                &[Op::Eq, Op::Ge, Op::Le, Op::In]
            }
            Self::String => &[Op::Eq, Op::Ge, Op::Le, Op::In, Op::StartsWith],
        };
        Operators {
            default: Ops::of(default),
            advanced: Ops::of(&[Op::Ne, Op::Not, Op::Null]),
        }
    }

    /// A property of a tenant's own with one value of this type.
    pub(crate) fn single(self, id: PropertyId, name: &str, note: &'static str) -> Property {
        let mut property = Property::own_as(id, name, self.ty(), note);
        if matches!(self, Self::Binary | Self::String) {
            property.max_len = Some(LENGTH);
        }
        property.filter = self.operators();
        property
    }

    /// What conditions may say of a collection, whose elements `any` compares.
    const fn operators_of_many(self) -> Operators {
        let default: &[Op] = match self {
            Self::Binary => return Operators::NONE,
            Self::Boolean => &[Op::Eq],
            Self::DateTime | Self::Integer | Self::LargeInteger => &[Op::Eq, Op::Ge, Op::Le],
            Self::String => &[Op::Eq, Op::Ge, Op::Le, Op::StartsWith],
        };
        Operators {
            default: Ops::of(default),
            advanced: Ops::of(&[Op::Not, Op::Count]),
        }
    }
}

/// A directory extension as a property of objects: its number among the tenant's definitions, its
/// whole name, its type, and whether it holds several values.
pub fn property(number: u64, name: &str, ty: DataType, is_multi_valued: bool) -> Property {
    let mut property = ty.single(PropertyId::own(number), name, "A directory extension.");
    if is_multi_valued {
        property.collection = true;
        property.unset = "[]";
        property.max_items = u32::try_from(VALUES).ok();
        property.filter = ty.operators_of_many();
    }
    property
}

/// How many values of extensions an object holds: of the tenant's own properties but custom
/// security attributes, which have a limit of their own, and of extensions whose definitions are
/// deleted. Of a complex value each member is one.
pub fn values(record: &Record) -> usize {
    let is_extension =
        |property: &Property| property.id().is_own() && property.attribute().is_none();
    let own = record.iter().filter(|(property, _)| is_extension(property));
    let known: usize = own.map(|(_, value)| single_values(value)).sum();
    let attributes = user::CUSTOM_SECURITY_ATTRIBUTES.name();
    let is_attribute = |name: &str| name == attributes || attribute::is_path(name);
    let unread = record.unread().filter(|(name, _)| !is_attribute(name));
    let unread = unread.map(|(_, json)| unread_values(json));
    known + unread.sum::<usize>()
}

/// How many values a stored member holds whose definition is deleted.
fn unread_values(json: &Json) -> usize {
    match json {
        Json::Null => 0,
        Json::Array(elements) => elements.len(),
        Json::Object(members) => members.values().filter(|value| !value.is_null()).count(),
        _ => 1,
    }
}

fn single_values(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::List(elements) => elements.len(),
        Value::Complex(members) => members
            .iter()
            .map(|(_, value)| usize::from(!value.is_unset()))
            .sum(),
        _ => 1,
    }
}

/// Whether a name is that of a directory extension, defined or not.
pub fn is_extension(name: &str) -> bool {
    let start = name.get(..PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}
