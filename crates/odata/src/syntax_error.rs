//! What is wrong with a query string that breaks the grammar, and where.

use crate::option::OptionName;

/// A query string that breaks the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at {offset}")]
pub struct SyntaxError {
    /// The option at fault, where it is a known one.
    pub option: Option<OptionName>,
    /// Bytes of the query string before the fault, as it was sent (still percent-encoded).
    pub offset: usize,
    /// What is wrong.
    pub kind: SyntaxErrorKind,
}

/// Where a text that is being read breaks the grammar, in bytes from its beginning, and how.
pub(crate) type SyntaxFault = (usize, SyntaxErrorKind);

/// What is wrong with a query string.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxErrorKind {
    /// More than [`crate::limits::QUERY_BYTES`].
    #[error("query too long")]
    TooLong,
    /// More than [`crate::limits::OPTIONS`].
    #[error("too many options")]
    TooManyOptions,
    /// `%` without two hexadecimal digits.
    #[error("bad percent-encoding")]
    Escape,
    /// Not UTF-8 once decoded, or NUL.
    #[error("not text")]
    NotText,
    /// One option twice; within `$expand` one of its own.
    #[error("duplicate option {}", .0.as_str())]
    Duplicate(OptionName),
    /// A `$` option that does not exist, as it was sent.
    #[error("unknown option {0:?}")]
    UnknownOption(String),
    /// Not a `$select` expression ("Parsing `OData` Select and Expand failed: Term '…' is not valid
    /// in a $select or $expand expression.").
    #[error("term {term:?} is not valid in $select")]
    Select {
        /// The item at fault.
        term: String,
    },
    /// More items than the list may have: [`crate::limits::SELECT_ITEMS`],
    /// [`crate::limits::LIST_ITEMS`], [`crate::limits::ORDER_KEYS`], [`crate::limits::EXPANSIONS`].
    #[error("too many items")]
    TooManyItems,
    /// Something else should stand here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A quote or a parenthesis that is not closed.
    #[error("not closed")]
    Unterminated,
    /// Deeper than [`crate::limits::NESTING`].
    #[error("nested too deeply")]
    TooDeep,
    /// More than [`crate::limits::TERMS`].
    #[error("too many terms")]
    TooManyTerms,
    /// A text of more than [`crate::limits::TEXT_CHARS`].
    #[error("text too long")]
    TextTooLong,
    /// A name of more than [`crate::limits::NAME_CHARS`].
    #[error("name too long")]
    NameTooLong,
}
