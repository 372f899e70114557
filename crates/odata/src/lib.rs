//! Query options: bytes to [`Syntax`] (untrusted, with positions) to [`Checked`] (against a type and the limits).
//!
//! Only `Checked` has what the layers below need; it holds declared properties and bounded values, never text of the
//! request that was not looked at. What the grammar allows is decided in `syntax` and below it, what is served in
//! `check` (decision 49). Nothing recurses on input, and every limit stands in [`limits`].
//!
//! What a condition means is said by [`eval`]. What the documented service would have refused about a query that is
//! answered stands in [`Checked::breaches`]; whether that is told or refused is for the directory to say.

mod breach;
mod canonical;
mod check;
mod condition;
mod delta;
pub mod eval;
mod expand;
mod expansion;
mod expression;
mod fault;
pub mod filter;
pub mod fuzz;
pub mod grammar;
mod issuer;
pub mod limits;
mod linked;
mod literal_type;
mod operators;
mod order_by;
mod query;
mod resolve;
mod rule;
mod search;
mod searching;
mod select;
mod sorting;
mod syntax;
mod tokens;
pub mod vocabulary;
mod written;

pub use check::{CheckError, Checked, Mode, Shape, check};
pub use delta::{DeltaQuery, check_delta};
pub use expand::Levels;
pub use expansion::Expansion;
pub use fault::{Fault, FaultKind};
pub use query::{Shown, shown};
pub use rule::{Breach, Hint, Rule};
pub use select::{Item, Selection};
pub use syntax::{OptionName, Syntax, SyntaxError, SyntaxErrorKind, Unrecognized, parse};
pub use tokens::tokens;
