//! What a request body does wrong, and where.

use crate::property::Prop;

/// What a body does wrong, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{target}: {rule}")]
pub struct BodyError {
    /// Path to the fault, in declared spelling where declared: `displayName`,
    /// `passwordProfile/password`, `businessPhones/0`.
    pub target: String,
    /// The type's name in error texts: `User`.
    pub resource: &'static str,
    /// The declared property at the path, when there is one.
    pub property: Option<Prop>,
    /// The rule broken.
    pub rule: Rule,
}

impl BodyError {
    /// The first step of the path: the property of the object itself.
    pub fn root(&self) -> &str {
        self.target.split('/').next().unwrap_or_default()
    }
}

/// The rules a body can break.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Rule {
    /// No such property in this version.
    #[error("unknown")]
    Unknown,
    /// No such property in this version, in the words of the directory's own types
    /// (P-references-2).
    #[error("not declared")]
    Undeclared,
    /// Set by the server, or not settable for this purpose.
    #[error("read-only")]
    ReadOnly,
    /// JSON of another kind.
    #[error("not of type {expected}")]
    WrongType {
        /// The CSDL name of the type wanted.
        expected: String,
    },
    /// Too many characters.
    #[error("longer than {max} characters")]
    TooLong {
        /// The limit.
        max: u32,
    },
    /// Too many bytes of a binary value.
    #[error("longer than {max} bytes")]
    TooManyBytes {
        /// The limit.
        max: u32,
    },
    /// Too many elements.
    #[error("more than {max} elements")]
    TooMany {
        /// The limit.
        max: u32,
    },
    /// What the sender may not even know the names of.
    #[error("may not be seen")]
    Hidden,
    /// A custom security attribute that is deactivated: what is assigned can only be removed.
    #[error("deactivated; it can only be removed")]
    Deactivated,
    /// Null where null is no value.
    #[error("null")]
    NotNullable,
    /// A text of no characters.
    #[error("empty; null clears it")]
    Empty,
    /// The right kind of JSON, but not a text of the type.
    #[error("not {expected}")]
    Malformed {
        /// What would be.
        expected: &'static str,
    },
    /// Not one of the values the property knows.
    #[error("not one of {allowed:?}")]
    NotAllowed {
        /// Those it knows.
        allowed: Vec<String>,
    },
}
