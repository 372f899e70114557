//! Query options: bytes to [`Syntax`] (untrusted, with positions) to [`Checked`] (against a type and the limits).
//!
//! Only `Checked` has what the layers below need; it holds declared properties and bounded values, never text of the
//! request that was not looked at.

#![expect(clippy::todo, reason = "the signatures, for the crates above")]

mod check;
pub mod limits;
mod select;
mod syntax;

pub use check::{CheckError, Checked, Shape, check};
pub use select::{Item, Selection};
pub use syntax::{OptionName, Syntax, SyntaxError, SyntaxErrorKind, parse};
