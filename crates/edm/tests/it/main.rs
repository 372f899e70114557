//! The vocabulary, tested from outside: one module per noun.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test does not expect ends it"
)]

mod attributes;
mod bind;
mod body;
mod docs;
mod document;
mod fold;
mod fuzz;
mod instant;
mod invitation;
mod json;
mod metadata;
mod random;
mod record;
mod reference;
mod reference_body;
mod schema;
mod table;
mod xml;
