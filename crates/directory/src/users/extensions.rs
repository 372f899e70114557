//! The limits on values of what a tenant defines: extensions and custom security attributes.

use edm::attribute::{self, Attribute};
use edm::{Prop, Record, Value, extension};

use crate::refusal::Refusal;

/// Whether an object may have the values that a request sets: at most so many values of extensions,
/// those of deleted definitions among them, and of custom security attributes. A request that sets
/// none passes, however many there are. A deprecated definition gives nobody a first value.
///
/// `before` is the object before the change; nothing where it is made.
pub(crate) fn check_values(set: &Record, before: &Record, after: &Record) -> Result<(), Refusal> {
    let own = set
        .iter()
        .filter(|(property, value)| property.id().is_own() && !value.is_unset());
    let (attributes, extensions): (Vec<_>, Vec<_>) =
        own.partition(|(property, _)| property.attribute().is_some());
    for (property, value) in &extensions {
        if !property.write.create && !value.is_hollow() && !before.has(property) {
            let why = "its definition is deprecated: who has a value keeps it, and nobody gets one";
            return Err(Refusal::invalid_user(property.name(), why));
        }
    }
    if let Some((property, _)) = extensions.first()
        && extension::values(after) > extension::VALUES
    {
        let why = "an object has at most 100 values of extensions, those of deleted definitions among them";
        return Err(Refusal::invalid_user(property.name(), why));
    }
    if let Some((property, _)) = attributes.first()
        && attribute::assignments(after) > attribute::ASSIGNMENTS
    {
        let why = "an object has at most 50 values of custom security attributes";
        return Err(Refusal::invalid_user(property.name(), why));
    }
    for (property, value) in attributes {
        check_allowed(property, value, before)?;
    }
    Ok(())
}

/// Whether each value is one that may be assigned. One that may not any more stays with the objects
/// that have it (P-extensions-21).
fn check_allowed(property: &Prop, value: &Value, before: &Record) -> Result<(), Refusal> {
    let Some(Attribute {
        allowed: Some(allowed),
        ..
    }) = property.attribute()
    else {
        return Ok(());
    };
    let elements = |value: &Value| match value {
        Value::List(elements) => elements.clone(),
        value => vec![value.clone()],
    };
    let had = before.get(property).map(elements).unwrap_or_default();
    let may_be = |value: &Value| match value {
        Value::Text(text) => allowed.contains(text),
        Value::Int(number) => allowed.contains(&number.to_string()),
        _ => true,
    };
    let mut sent = elements(value).into_iter();
    if sent.all(|value| may_be(&value) || had.contains(&value)) {
        return Ok(());
    }
    let why = "not one of the predefined values that are active";
    Err(Refusal::invalid_user(property.name(), why))
}
