//! `$metadata`, derived from the tables.
#![expect(
    clippy::todo,
    unused_variables,
    reason = "the signatures, for the crates above"
)]

use crate::{EntityType, Version, invitation, user};

/// The types that have an entity set, in the order of the service document.
pub static ENTITY_SETS: &[&EntityType] = &[&invitation::TYPE, &user::TYPE];

/// The CSDL of that version, as XML.
pub fn csdl(version: Version) -> &'static str {
    todo!()
}
