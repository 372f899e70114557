//! Query options: bytes to [`Syntax`] (untrusted, with positions) to [`Checked`] (against a type and the limits).
//!
//! Only `Checked` has what the layers below need; it holds declared properties and bounded values, never text of the
//! request that was not looked at. What the grammar allows is decided in `syntax`, what is served in `check`
//! (decision 49). Nothing recurses on input, and every limit stands in [`limits`].

mod check;
mod delta;
pub mod eval;
pub mod filter;
pub mod limits;
mod query;
mod select;
mod syntax;
mod tokens;

pub use check::{CheckError, Checked, Shape, check};
pub use delta::{DeltaQuery, check_delta};
pub use select::{Item, Selection};
pub use syntax::{OptionName, Syntax, SyntaxError, SyntaxErrorKind, parse};
pub use tokens::tokens;
