//! The predefined values of an attribute: added and deactivated, never removed.

use edm::extension::DataType;
use edm::security_attribute::{AllowedValue, SecurityAttribute};
use edm::{Record, allowed_value};

use super::{complete, invalid};
use crate::refusal::{Refusal, Resource};

/// Most predefined values of an attribute (P-extensions-20).
const VALUES: usize = 100;

const RESOURCE: Resource = Resource::AllowedValue;

/// Adds a value that is not there yet.
pub(super) fn add(attribute: &mut SecurityAttribute, sent: &Record) -> Result<(), Refusal> {
    complete(RESOURCE, &allowed_value::TYPE, sent)?;
    let property = allowed_value::ID.name();
    let value = sent.text(&allowed_value::ID).unwrap_or_default();
    check(attribute.data_type, value)?;
    if attribute.allowed.len() >= VALUES {
        let why = "an attribute has at most 100 predefined values";
        return Err(invalid(RESOURCE, property, why));
    }
    if attribute.allowed.iter().any(|one| one.value == value) {
        return Err(invalid(RESOURCE, property, "the value is predefined"));
    }
    attribute.allowed.push(AllowedValue {
        value: value.to_owned(),
        is_active: sent.bool(&allowed_value::IS_ACTIVE).unwrap_or(true),
    });
    Ok(())
}

/// Changes the value, or adds it.
pub(super) fn put(attribute: &mut SecurityAttribute, sent: &Record) -> Result<(), Refusal> {
    let value = sent.text(&allowed_value::ID).unwrap_or_default();
    let mut there = attribute.allowed.iter_mut();
    match there.find(|one| one.value == value) {
        Some(found) => {
            found.is_active = sent
                .bool(&allowed_value::IS_ACTIVE)
                .unwrap_or(found.is_active);
            Ok(())
        }
        None => add(attribute, sent),
    }
}

/// Whether the text is a value of the type. A number has one spelling, so that a value is
/// predefined once.
fn check(ty: DataType, value: &str) -> Result<(), Refusal> {
    let fault = match ty {
        DataType::Boolean if value != "true" && value != "false" => "not true or false",
        DataType::Integer
            if value
                .parse::<i32>()
                .is_ok_and(|number| number.to_string() == value) =>
        {
            return Ok(());
        }
        DataType::Integer => "not a number of 32 bits",
        _ if value.trim() != value || value.is_empty() => "blanks around it, or nothing in it",
        _ if value.chars().any(char::is_control) => "a control character",
        _ => return Ok(()),
    };
    Err(invalid(RESOURCE, allowed_value::ID.name(), fault))
}

/// As answers show it.
pub(super) fn shown(allowed: &AllowedValue) -> Record {
    let mut record = Record::new();
    record.set(&allowed_value::ID, allowed.value.as_str());
    record.set(&allowed_value::IS_ACTIVE, allowed.is_active);
    record
}
