//! Query options: bytes to [`Syntax`] (untrusted, with positions) to [`Checked`] (against a type
//! and the limits).
//!
//! Only `Checked` has what the layers below need; it holds declared properties and bounded values,
//! never text of the request that was not looked at. What the grammar allows is decided in `parse`
//! and below it, what is served in `check`. Nothing recurses on input, and every limit
//! stands in [`limits`].
//!
//! What a condition means is said by [`eval`]. What the documented service would have refused about
//! a query that is answered stands in [`Checked::breaches`]; whether that is told or refused is for
//! the directory to say.

mod canonical;
mod check;
mod check_error;
mod checked;
pub mod eval;
pub mod filter;
pub mod limits;
mod option;
mod parse;
mod percent;
mod shape;
mod strict;
mod syntax_error;
mod tokens;
pub mod vocabulary;

pub use check::expand::{Expansion, equality};
pub use check::select::{Item, Selection};
pub use check::{DeltaQuery, check, check_delta};
pub use check_error::{CheckError, OptionError, OptionErrorKind};
pub use checked::Checked;
pub use option::OptionName;
pub use parse::expand::Levels;
pub use parse::expression::steps;
pub use parse::{Syntax, Unrecognized, parse};
pub use percent::{ValuePosition, position_in_value};
pub use shape::{Changed, Mode, Shape};
pub use strict::rule::{Breach, Hint, Refuses, Rule};
pub use syntax_error::{SyntaxError, SyntaxErrorKind};
pub use tokens::tokens;
