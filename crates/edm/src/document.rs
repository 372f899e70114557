//! Objects as JSON text (R-73): the whole, as it is stored, and the parts that answers show.
//!
//! [`crate::SCHEMA`] is the version of everything written here.

use core::fmt::Write as _;

use crate::json::Json;
use crate::property::Type;
use crate::record::{Record, Value};
use crate::{
    Entity, EntityType, Members, Prop, Property, Returned, Version, attribute, instant, type_names,
    user,
};
use uuid::Uuid;

/// A stored document that cannot be read back: it was not written by [`whole`], or joined of
/// [`brief`] and [`rest`], for this type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored document: {0}")]
pub struct DocumentError(pub String);

/// Everything set, in table order, and behind it what no schema knows. Unset members (null, empty
/// collections) are left out, and secrets always: a password is kept as its hash alone, elsewhere.
pub fn whole(record: &Record) -> String {
    all(record).object()
}

/// What [`whole`] holds and [`brief`] does not, in table order, without braces: what is stored
/// beside the brief. Empty where the default set is all there is.
///
/// Nothing is lost where each property of the default set shows null or `[]` while it is unset, as
/// all properties of users do: a value that is set then differs from what an unset one shows, and
/// reads back.
pub fn rest(record: &Record, ty: &'static EntityType) -> String {
    let own = record
        .iter()
        .filter(|(property, _)| !is_brief(property, ty));
    let mut rest = members(own);
    unread(&mut rest, record);
    rest.into_text()
}

/// The whole document of the two stored texts. [`parse`] makes the same record of it as of what
/// [`whole`] wrote.
pub fn joined(brief: &str, rest: &str) -> String {
    let mut all = Members::with_capacity(brief.len() + rest.len() + 3);
    all.append_text(brief);
    all.append_text(rest);
    all.object()
}

/// The v1.0 default set, nulls and empty collections explicit, without braces: ready to splice
/// after the context.
pub fn brief(record: &Record, ty: &'static EntityType) -> String {
    default_set(record, Entity::core(ty), Version::V1).into_text()
}

/// Whether [`brief`] shows the property of a record that holds it. It shows none of a tenant's own:
/// a brief is stored, and a definition may change without the objects.
fn is_brief(property: &Property, ty: &'static EntityType) -> bool {
    let is_core = !property.id().is_own();
    (is_core && property.is_default_in(Version::V1))
        || ty.navigation.iter().any(|n| n.property == property)
}

/// The default set of that version, as [`brief`]; beta's is all but what is readable only singly or
/// by special permission (R-7). A link is shown where the record holds one.
pub fn default_set(record: &Record, ty: Entity<'_>, version: Version) -> Members {
    let mut shown: Vec<_> = ty
        .properties()
        .filter(|p| p.is_default_in(version))
        .collect();
    shown.extend(
        ty.navigation
            .iter()
            .map(|n| Prop::Core(n.property))
            .filter(|p| record.has(p)),
    );
    select(record, &shown, true)
}

/// These properties, in table order, each once, nulls explicit, without braces. With `single`
/// false, properties readable only of a single object are left out. Computed ones (P-users-18) are
/// computed here.
pub fn select<P: AsRef<Property>>(record: &Record, properties: &[P], single: bool) -> Members {
    let mut sorted: Vec<&Property> = properties
        .iter()
        .map(AsRef::as_ref)
        .filter(|p| single || p.returned != Returned::SelectSingle)
        .collect();
    sorted.sort_by(|one, other| one.place().cmp(&other.place()));
    sorted.dedup();
    let mut out = Members::new();
    for property in sorted {
        let computed = computed(record, property);
        let value = computed.as_ref().or_else(|| record.get(property));
        out.member(property.name(), |out| answer_value(out, property, value));
    }
    out
}

/// These properties of somebody who is followed, as [`select`] with `single` false, but unset ones
/// only where `tells` says so: a client that has seen a value has to learn that it is gone, and one
/// that has not need not hear of it.
pub fn changes<P: AsRef<Property>>(
    record: &Record,
    properties: &[P],
    tells: impl Fn(&Property) -> bool,
) -> Members {
    let is_set = |p: &Property| {
        let value = record.get(p).is_some_and(|value| !value.is_unset());
        value || computed(record, p).is_some()
    };
    let shown: Vec<&Property> = properties
        .iter()
        .map(AsRef::as_ref)
        .filter(|p| is_set(p) || tells(p))
        .collect();
    select(record, &shown, false)
}

/// The value of a property that follows from others and is never stored; `None` for every other
/// property, and where nothing follows.
pub fn computed(record: &Record, property: &Property) -> Option<Value> {
    if property == &user::LEGAL_AGE_GROUP_CLASSIFICATION {
        let consent = record.text(&user::CONSENT_PROVIDED_FOR_MINOR);
        user::legal_age_group(record.text(&user::AGE_GROUP), consent).map(Value::from)
    } else if property == &user::SECURITY_IDENTIFIER {
        let id = Uuid::try_parse(record.text(&user::ID)?).ok()?;
        Some(Value::Text(user::security_identifier(id)))
    } else if property == &user::CUSTOM_SECURITY_ATTRIBUTES {
        attribute::shown(record)
    } else {
        None
    }
}

/// The stored properties from which a computed one follows; none for every other property.
pub fn sources(property: &Property) -> &'static [&'static Property] {
    static OF_AGE: [&Property; 2] = [&user::AGE_GROUP, &user::CONSENT_PROVIDED_FOR_MINOR];
    if property == &user::LEGAL_AGE_GROUP_CLASSIFICATION {
        &OF_AGE
    } else {
        &[]
    }
}

/// Whether the value is what answers show of the property, however it is spelt there and here.
pub fn shows(record: &Record, property: &Property, value: &Value) -> bool {
    if property == &user::ID {
        let own = record.text(&user::ID).unwrap_or_default();
        return matches!(value, Value::Text(text) if text.eq_ignore_ascii_case(own));
    }
    let mut sent = String::new();
    answer_value(&mut sent, property, Some(value));
    let computed = computed(record, property);
    let mut own = String::new();
    answer_value(
        &mut own,
        property,
        computed.as_ref().or_else(|| record.get(property)),
    );
    sent == own
}

/// A value as answers show it: what is unset reads as the table says, complex values show all their
/// members.
fn answer_value(out: &mut String, property: &Property, value: Option<&Value>) {
    match value {
        None | Some(Value::Null) => out.push_str(property.unset),
        Some(value) if property.id().is_own() && value.is_hollow() => {
            out.push_str(property.unset);
        }
        Some(_) if property.returned == Returned::Never => out.push_str("null"),
        Some(Value::List(elements)) => {
            list(out, elements, |out, element| match element {
                // What the table says of unset is said of the collection.
                Value::Null => out.push_str("null"),
                element => answer_value(out, property, Some(element)),
            });
        }
        Some(Value::Complex(record)) => match &property.ty {
            // Complex types do not contain themselves: the table bounds the recursion.
            Type::Complex(complex) => {
                let mut inner = Members::new();
                if let Some(name) = complex.named_in_answers {
                    inner.text(type_names::TYPE, name);
                }
                for member in complex.properties() {
                    inner.member(member.name(), |out| {
                        answer_value(out, &member, record.get(&member));
                    });
                }
                out.push_str(&inner.object());
            }
            _ => out.push_str(property.unset),
        },
        Some(value) => scalar(out, value),
    }
}

/// The members that are worth storing.
fn members<'a>(members: impl Iterator<Item = (&'a Prop, &'a Value)>) -> Members {
    let mut out = Members::new();
    for (property, value) in members {
        let is_hollow = property.id().is_own() && value.is_hollow();
        if !value.is_unset() && !is_hollow && property.returned != Returned::Never {
            out.member(property.name(), |out| stored(out, value));
        }
    }
    out
}

/// Everything that is worth storing.
fn all(record: &Record) -> Members {
    let mut all = members(record.iter());
    unread(&mut all, record);
    all
}

fn unread(out: &mut Members, record: &Record) {
    for (name, json) in record.unread() {
        out.json(name, json);
    }
}

fn stored(out: &mut String, value: &Value) {
    match value {
        Value::List(elements) => list(out, elements, stored),
        Value::Complex(record) => out.push_str(&all(record).object()),
        value => scalar(out, value),
    }
}

fn list(out: &mut String, elements: &[Value], element: impl Fn(&mut String, &Value)) {
    out.push('[');
    for (at, value) in elements.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        element(out, value);
    }
    out.push(']');
}

fn scalar(out: &mut String, value: &Value) {
    // Writing into a String does not fail.
    let _ = match value {
        Value::Null | Value::List(_) | Value::Complex(_) => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::Guid(value) => write!(out, "\"{value}\""),
        Value::Instant(at) => write!(out, "\"{}\"", instant::render(*at)),
        Value::Open(json) => write!(out, "{json}"),
        Value::Text(value) => {
            text(out, value);
            Ok(())
        }
    };
}

/// A JSON string (RFC 8259 section 7): only what must be escaped is.
pub fn text(out: &mut String, value: &str) {
    out.push('"');
    let mut left = value;
    let is_escaped = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    while let Some(at) = left.bytes().position(is_escaped) {
        let (plain, rest) = left.split_at(at);
        out.push_str(plain);
        let mut chars = rest.chars();
        match chars.next().unwrap_or_default() {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
        left = chars.as_str();
    }
    out.push_str(left);
    out.push('"');
}

/// Reads back what [`whole`] wrote, or what [`joined`] made. Nulls and empty collections are passed
/// over: a brief shows them, but a stored object has nothing that is not set. Limits are not looked
/// at: a document stored under a laxer one stays readable. So does one with a name that no schema
/// knows, which a newer build wrote or whose definition is gone, and a value that does not fit the
/// definition that a tenant has given the name since: the record keeps it for the next document,
/// and nothing shows it.
pub fn parse(document: &str, ty: Entity<'_>) -> Result<Record, DocumentError> {
    match serde_json::from_str(document) {
        Ok(Json::Object(members)) => read(members, |name| ty.stored(name)),
        Ok(_) => Err(DocumentError("not an object".to_owned())),
        Err(error) => Err(DocumentError(error.to_string())),
    }
}

/// [`parse`] for an object that is a member of the text: of `{"answer": {…}}` what `answer` is.
pub fn parse_within(document: &str, member: &str, ty: Entity<'_>) -> Result<Record, DocumentError> {
    let missing = || DocumentError(format!("no object {member}"));
    match serde_json::from_str(document) {
        Ok(Json::Object(mut members)) => match members.remove(member) {
            Some(Json::Object(members)) => read(members, |name| ty.stored(name)),
            _ => Err(missing()),
        },
        Ok(_) => Err(missing()),
        Err(error) => Err(DocumentError(error.to_string())),
    }
}

fn read(
    members: serde_json::Map<String, Json>,
    property: impl Fn(&str) -> Option<Prop>,
) -> Result<Record, DocumentError> {
    let mut record = Record::new();
    for (name, json) in members {
        // Sets stood there in one value before attributes were defined: nobody says what they hold.
        let known =
            property(&name).filter(|property| *property != user::CUSTOM_SECURITY_ATTRIBUTES);
        let Some(property) = known else {
            keep(&mut record, name, json);
            continue;
        };
        let own = property.id().is_own().then(|| json.clone());
        match (single_or_list(json, &property), own) {
            (Ok(value), _) if value.is_unset() => {}
            (Ok(value), Some(_)) if value.is_hollow() => {}
            (Ok(value), _) => {
                record.set(property, value);
            }
            (Err(_), Some(json)) => keep(&mut record, name, json),
            (Err(error), None) => return Err(error),
        }
    }
    Ok(record)
}

/// Keeps what cannot be read, unless it says no more than an absent member.
fn keep(record: &mut Record, name: String, json: Json) {
    if !json.is_null() && json.as_array().is_none_or(|elements| !elements.is_empty()) {
        record.keep_unread(name, json);
    }
}

fn single_or_list(json: Json, property: &Property) -> Result<Value, DocumentError> {
    match json {
        Json::Array(elements) if property.collection => {
            let elements: Result<_, _> = elements
                .into_iter()
                .map(|json| value(json, property))
                .collect();
            elements.map(Value::List)
        }
        json => value(json, property),
    }
}

fn value(json: Json, property: &Property) -> Result<Value, DocumentError> {
    let value = match (&property.ty, json) {
        (_, Json::Null) => Some(Value::Null),
        (Type::Complex(complex), json) if complex.open => Some(Value::Open(json)),
        (Type::Complex(complex), Json::Object(members)) => {
            let member = |name: &str| complex.properties().find(|p| p.name() == name);
            Some(Value::Complex(read(members, member)?))
        }
        (Type::Boolean, Json::Bool(value)) => Some(Value::Bool(value)),
        (Type::Int32 | Type::Int64, Json::Number(number)) => number.as_i64().map(Value::Int),
        (Type::DateTimeOffset, Json::String(text)) => instant::parse(&text).map(Value::Instant),
        (Type::Guid, Json::String(text)) => Uuid::try_parse(&text).ok().map(Value::Guid),
        (Type::String | Type::TimeOfDay | Type::Binary | Type::Enum(_), Json::String(text)) => {
            Some(Value::Text(text))
        }
        _ => None,
    };
    value.ok_or_else(|| DocumentError(format!("value of {}", property.name())))
}
