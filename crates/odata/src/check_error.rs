//! What is wrong with a query that follows the grammar, and where.

use crate::option::OptionName;
use crate::parse::Unrecognized;
use crate::shape::Changed;
use edm::{ComplexType, EntityType, Prop, Type};

/// Why a query is not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// A name that no option has ("Unrecognized query argument specified: 'filter'.").
    #[error("{:?} is no option", .0.name)]
    Unrecognized(Unrecognized),
    /// An option that is not served.
    #[error("{} is not served", .0.as_str())]
    NotServed(OptionName),
    /// `$top` is a number, but not of 1 to 999 ("Invalid page size specified: '1000'. Must be
    /// between 1 and 999 inclusive.").
    #[error("page size {0}")]
    PageSize(String),
    /// A property readable only of a single object was selected on a collection (501, P-users-8).
    #[error("{} is readable of single objects only", .0.name())]
    SingleOnly(Prop),
    /// An option that change tracking has not.
    #[error("{} is not served with change tracking", .0.as_str())]
    NotInDelta(OptionName),
    /// Change tracking knows a filter on some ids, of objects on their types, and no other.
    #[error("no filter on ids")]
    DeltaFilter(Changed),
    /// An option whose value is none of those it takes.
    #[error("{} cannot be {value:?}", .option.as_str())]
    Value {
        /// The option.
        option: OptionName,
        /// What was sent.
        value: String,
    },
    /// Something within an option, with its place.
    #[error("{}: {}", .0.option.as_str(), .0)]
    InOption(OptionError),
}

/// A fault within an option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at {offset}")]
pub struct OptionError {
    /// The option.
    pub option: OptionName,
    /// Bytes of the query string before the fault, as it was sent.
    pub offset: usize,
    /// What is wrong.
    pub kind: OptionErrorKind,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionErrorKind {
    /// "Could not find a property named 'x' on type 'microsoft.graph.user'."
    #[error("no property {name:?} on {on}")]
    UnknownProperty {
        /// As it was sent.
        name: String,
        /// The qualified name of the type.
        on: String,
    },
    /// "A binary operator with incompatible types was detected. Found operand types 'Edm.Boolean'
    /// and 'Edm.String' for operator kind 'Equal'."
    #[error("{left} {operator} {right}")]
    Types {
        /// `Equal`, `NotEqual`, `GreaterThan` …, or the function or operator as it is written.
        operator: &'static str,
        /// CSDL name of the left type.
        left: String,
        /// CSDL name of the right type.
        right: String,
    },
    /// An operator that means nothing for the property's type, as `startsWith` of a boolean.
    #[error("{operator} of {}", .property.name())]
    Operator {
        /// As it is written.
        operator: &'static str,
        /// The property.
        property: Prop,
    },
    /// A property that is read of single objects only (501, as in `$select`).
    #[error("{} is readable of single objects only", .0.name())]
    SingleOnly(Prop),
    /// A secret, or an open value, or a property of no order: it is never filtered, sorted or
    /// searched by.
    #[error("{} takes no part in queries", .0.name())]
    Unsupported(Prop),
    /// Something that the asker may not even know the names of (403).
    #[error("{} may not be seen", .0.name())]
    Hidden(Prop),
    /// A collection without `any`, `all` or `/$count`.
    #[error("{} is a collection", .0.name())]
    Collection(Prop),
    /// `any`, `all` or `/$count` of what is no collection.
    #[error("{} is no collection", .0.name())]
    NotCollection(Prop),
    /// `$expand` of what is no relationship.
    #[error("{} is no relationship", .0.name())]
    NotNavigation(Prop),
    /// `$expand` of the photo, which is reached by its own URL alone.
    #[error("{0} is reached by its own URL alone")]
    NotExpanded(&'static str),
    /// A value where a condition must stand.
    #[error("not a condition")]
    NotCondition,
    /// A date or a time that no calendar has: a 30th of February.
    #[error("no such date or time")]
    NoInstant,
    /// A function that nobody knows: "An unknown function with name 'x' was found."
    #[error("no function {0:?}")]
    UnknownFunction(String),
    /// A known function with other arguments than it takes.
    #[error("arguments of {0}")]
    Arguments(&'static str),
    /// A part of the language that is not served (501): what it is, in words.
    #[error("{0} is not served")]
    NotServed(String),
    /// A clause of `$search` that is not `"property:text"`.
    #[error("not a clause of a search")]
    SearchClause,
    /// A text to search for without a token in it.
    #[error("nothing to search for")]
    NothingToSearch,
    /// A condition of more than a plan takes.
    #[error("too many terms")]
    TooManyTerms,
}

/// What a check found, or the place and the kind of the fault.
pub(crate) type CheckResult<T> = Result<T, (usize, OptionErrorKind)>;

/// A part of the language that is not served: what it is, in words.
pub(crate) fn not_served(what: &str) -> OptionErrorKind {
    OptionErrorKind::NotServed(what.to_owned())
}

/// Sides of an operator that do not fit each other.
pub(crate) fn types(operator: &'static str, left: String, right: String) -> OptionErrorKind {
    OptionErrorKind::Types {
        operator,
        left,
        right,
    }
}

/// A type's qualified name, for texts.
pub(crate) fn entity_name(ty: &EntityType) -> String {
    format!("{}.{}", edm::NAMESPACE, ty.name)
}

/// A complex type's qualified name, for texts.
pub(crate) fn complex_name(ty: &ComplexType) -> String {
    format!("{}.{}", ty.namespace, ty.name())
}

/// The name of a type with its namespace, for texts.
pub(crate) fn type_name(ty: &Type) -> String {
    match ty {
        Type::Complex(complex) => complex_name(complex),
        ty => ty.csdl_name(),
    }
}
