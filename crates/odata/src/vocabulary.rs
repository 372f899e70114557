//! The words of the expression language, for documents that must not forget one.

use crate::check::operators::{FUNCTIONS, OTHER_FUNCTIONS};
use crate::parse::expression::BinaryOp;

/// The operators, those that are recognised only to be refused by name among them; in the spelling
/// of the protocol.
pub fn operators() -> impl Iterator<Item = &'static str> {
    let binary = BinaryOp::ALL.into_iter().map(|(name, _)| name);
    binary.chain(["not", "any", "all"])
}

/// The functions that are served.
pub fn functions() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.into_iter().map(|(_, name)| name)
}

/// The functions of the protocol that are recognised only to be refused by name.
pub fn other_functions() -> impl Iterator<Item = &'static str> {
    let is_operator = |name: &&str| ["any", "all"].contains(name);
    OTHER_FUNCTIONS
        .into_iter()
        .filter(move |name| !is_operator(name))
}
