//! Query options, tested from outside: one module per step.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test does not expect ends it"
)]

mod breach;
mod check;
mod eval;
mod filter;
mod options;
mod random;
mod shown;
mod syntax;
mod tokens;
