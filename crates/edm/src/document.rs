//! Objects as JSON text (decision 38).
#![expect(
    clippy::todo,
    unused_variables,
    reason = "the signatures, for the crates above"
)]

use crate::{EntityType, Property, Record, Version};

/// A stored document that cannot be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stored document: {0}")]
pub struct DocumentError(pub String);

/// Everything set, in table order: what is stored. Unset members (null, empty collections) and secrets are left out.
pub fn whole(record: &Record) -> String {
    todo!()
}

/// Reads back what [`whole`] wrote.
pub fn parse(text: &str, ty: &'static EntityType) -> Result<Record, DocumentError> {
    todo!()
}

/// The v1.0 default set, nulls and empty collections explicit, without braces: ready to splice after the context.
pub fn brief(record: &Record, ty: &'static EntityType) -> String {
    todo!()
}

/// The default set of that version, as [`brief`]; beta's is all but what is readable only singly or by special
/// permission (decision 15).
pub fn default_set(record: &Record, ty: &'static EntityType, version: Version) -> String {
    todo!()
}

/// These properties, in table order, nulls explicit, without braces. With `single` false, properties readable only
/// of a single object are left out. `passwordProfile` never shows the password.
pub fn select(record: &Record, properties: &[&'static Property], single: bool) -> String {
    todo!()
}
