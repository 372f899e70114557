//! Query options, tested from outside: one module per step.
#![expect(clippy::expect_used, reason = "what a test does not expect ends it")]

mod check;
mod eval;
mod random;
mod syntax;
mod tokens;
