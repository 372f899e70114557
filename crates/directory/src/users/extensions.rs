//! The limit on values of extensions.

use edm::{Record, extension};

use crate::refusal::Refusal;

/// Whether an object may have the values that a request sets: at most so many values of extensions,
/// those of deleted definitions among them. A request that sets none passes, however many there
/// are.
pub(crate) fn check_values(set: &Record, after: &Record) -> Result<(), Refusal> {
    let mut own = set.iter().filter(|(property, _)| property.id().is_own());
    let Some((property, _)) = own.find(|(_, value)| !value.is_unset()) else {
        return Ok(());
    };
    if extension::values(after) <= extension::VALUES {
        return Ok(());
    }
    let why =
        "an object has at most 100 values of extensions, those of deleted definitions among them";
    Err(Refusal::invalid_user(property.name(), why))
}
