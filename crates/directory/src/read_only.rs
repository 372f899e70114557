//! Values of properties that only the server sets, sent back in a change.

use edm::{Body, Record, document};

use crate::refusal::Refusal;

/// Whether a change says of such properties only what the object shows. A client may send back what
/// it read, and nothing else.
///
/// # Errors
/// `ReadOnly`, of the first property that is told differently.
pub(crate) fn check(body: &Body, shown: &Record) -> Result<(), Refusal> {
    let mut told = body.told.iter();
    match told.find(|(property, value)| !document::shows(shown, property, value)) {
        None => Ok(()),
        Some((property, _)) => Err(Refusal::ReadOnly {
            property: property.name().to_owned(),
        }),
    }
}
