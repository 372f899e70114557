//! The property table for people to read.
#![expect(clippy::todo, reason = "the signature, for the crates above")]

/// `docs/properties.md`.
pub fn properties_markdown() -> String {
    todo!()
}
