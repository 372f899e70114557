//! Query options, tested from outside: one module per step.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test does not expect ends it"
)]

mod breach;
mod check;
mod eval;
mod filter;
mod filter_text;
mod fuzz;
mod grammar;
mod grammar_of_urls;
mod options;
mod random;
mod random_filters;
mod reference;
mod schema;
mod syntax;
mod tokens;
