//! Custom security attributes. Each is a property of the tenant's own, so that keys, conditions,
//! guards and stored documents treat it as any other. Its name is a path: what the API nests,
//! `customSecurityAttributes`, a set, an attribute, is read from and shown as that (decision record
//! 0094).

use crate::extension::DataType;
use crate::json::Json;
use crate::property::{Prop, Property, Type};
use crate::record::{Record, Value};
use crate::security_attribute::{SecurityAttribute, Status};
use crate::user::CUSTOM_SECURITY_ATTRIBUTES;
use crate::{Guard, Op, Operators, Ops, type_names};

/// Most values of attributes of one object, each element of a collection one of them
/// (P-extensions-20).
pub const ASSIGNMENTS: usize = 50;

/// Longest text of a value, in characters (P-extensions-20).
pub const LENGTH: u32 = 64;

/// The type of a set in answers, with its namespace.
const SET: &str = "#microsoft.graph.customSecurityAttributeValue";

/// The type of a set in the documented bodies.
const SENT_SET: &str = "Microsoft.DirectoryServices.CustomSecurityAttributeValue";

/// What a custom security attribute has beside its type and number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name of its set.
    pub set: String,
    /// Its own name, within the set.
    pub name: String,
    /// Whether it can be assigned. One that is deactivated can only be taken away.
    pub is_available: bool,
    /// The values that can be assigned; `None` where any can.
    pub allowed: Option<Vec<String>>,
}

/// The type of a custom security attribute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// True or false.
    Boolean,
    /// A number of 32 bits.
    Integer,
    /// A text.
    String,
}

impl AttributeType {
    const fn ty(self) -> Type {
        match self {
            Self::Boolean => Type::Boolean,
            Self::Integer => Type::Int32,
            Self::String => Type::String,
        }
    }

    /// All in advanced queries only (P-extensions-22). `ge` and `le` are not documented.
    const fn operators(self) -> Operators {
        let advanced: &[Op] = match self {
            Self::Boolean | Self::Integer => &[Op::Eq, Op::Ne, Op::Not, Op::In, Op::Null],
            Self::String => &[Op::Eq, Op::Ne, Op::Not, Op::In, Op::StartsWith, Op::Null],
        };
        Operators {
            default: Ops::NONE,
            advanced: Ops::of(advanced),
        }
    }
}

/// A custom security attribute as a property of users.
pub fn property(
    number: u64,
    attribute: Attribute,
    ty: AttributeType,
    is_collection: bool,
    is_searchable: bool,
) -> Property {
    let name = path(&attribute.set, &attribute.name);
    let mut property = Property::own(number, name, ty.ty(), "A custom security attribute.");
    property.guard = Some(Guard::SecurityAttributes);
    property.attribute = Some(Box::new(attribute));
    if ty == AttributeType::String {
        property.max_len = Some(LENGTH);
    }
    if is_collection {
        property.collection = true;
        property.unset = "[]";
        property.max_items = u32::try_from(ASSIGNMENTS).ok();
    }
    if is_searchable {
        property.filter = ty.operators();
    }
    property
}

/// A definition as a property of users. Its name is that of its set, a slash, and its own. `None`
/// of what is no definition of an attribute.
pub fn defined(number: u64, name: &str, said: &SecurityAttribute) -> Option<Property> {
    let (set, name) = name.split_once('/')?;
    let active = said.allowed.iter().filter(|allowed| allowed.is_active);
    let attribute = Attribute {
        set: set.to_owned(),
        name: name.to_owned(),
        is_available: said.status == Status::Available,
        allowed: said
            .only_predefined
            .then(|| active.map(|allowed| allowed.value.clone()).collect()),
    };
    let ty = match said.data_type {
        DataType::Boolean => AttributeType::Boolean,
        DataType::Integer => AttributeType::Integer,
        DataType::String => AttributeType::String,
        DataType::Binary | DataType::DateTime | DataType::LargeInteger => return None,
    };
    Some(property(
        number,
        attribute,
        ty,
        said.is_collection,
        said.is_searchable,
    ))
}

/// What an attribute is called outside its set.
pub fn path(set: &str, name: &str) -> String {
    format!("{}/{set}/{name}", CUSTOM_SECURITY_ATTRIBUTES.name())
}

/// Whether that is what an attribute is called outside its set.
pub fn is_path(name: &str) -> bool {
    let rest = name.strip_prefix(CUSTOM_SECURITY_ATTRIBUTES.name());
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// How many values of attributes an object holds.
pub fn assignments(record: &Record) -> usize {
    let single = |value: &Value| match value {
        Value::Null => 0,
        Value::List(elements) => elements.len(),
        _ => 1,
    };
    of(record).map(|(_, _, value)| single(value)).sum()
}

/// The attributes that the record holds, those of one set side by side.
fn of(record: &Record) -> impl Iterator<Item = (&Attribute, &Prop, &Value)> {
    record
        .iter()
        .filter_map(|(property, value)| Some((property.attribute()?, property, value)))
}

/// The sets of the object as answers show them; `None` where it has no attribute.
pub(crate) fn shown(record: &Record) -> Option<Value> {
    let mut sets = serde_json::Map::new();
    for (attribute, property, value) in of(record) {
        let Some(json) = json(value) else {
            continue;
        };
        let set = sets.entry(attribute.set.as_str()).or_insert_with(|| {
            let mut set = serde_json::Map::new();
            set.insert(type_names::TYPE.to_owned(), Json::from(SET));
            Json::Object(set)
        });
        if let Json::Object(set) = set {
            if let Some(ty) = annotation(property) {
                let name = format!("{}{}", attribute.name, type_names::TYPE);
                set.insert(name, Json::from(ty));
            }
            set.insert(attribute.name.clone(), json);
        }
    }
    (!sets.is_empty()).then_some(Value::Open(Json::Object(sets)))
}

/// What stands before a value whose JSON does not tell its type.
fn annotation(property: &Property) -> Option<&'static str> {
    match (&property.ty, property.collection) {
        (Type::Boolean, true) => Some("#Collection(Boolean)"),
        (Type::Int32, true) => Some("#Collection(Int32)"),
        (_, true) => Some("#Collection(String)"),
        (Type::Int32, false) => Some("#Int32"),
        (_, false) => None,
    }
}

/// The type that a body may say of a value.
pub(crate) fn told_type(property: &Property) -> &'static str {
    match (&property.ty, property.collection) {
        (Type::Boolean, false) => "#Boolean",
        (Type::String, false) => "#String",
        _ => annotation(property).unwrap_or_default(),
    }
}

/// Whether the text of an annotation is that type: with `#` or without, `Edm.` before it or not.
pub(crate) fn is_type(text: &str, ty: &str) -> bool {
    let plain = |text: &str| text.trim_start_matches('#').replace("Edm.", "");
    plain(text).eq_ignore_ascii_case(&plain(ty))
}

/// Whether the text of an annotation is the type of a set.
pub(crate) fn is_set_type(text: &str) -> bool {
    let name = text.trim_start_matches('#');
    name.eq_ignore_ascii_case(SENT_SET) || name.eq_ignore_ascii_case(SET.trim_start_matches('#'))
}

fn json(value: &Value) -> Option<Json> {
    match value {
        Value::Bool(value) => Some(Json::from(*value)),
        Value::Int(value) => Some(Json::from(*value)),
        Value::Text(text) => Some(Json::from(text.as_str())),
        Value::List(elements) if !elements.is_empty() => elements
            .iter()
            .map(json)
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        _ => None,
    }
}
