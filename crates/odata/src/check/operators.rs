//! Operators and functions of the language: which are served, and what the others are called.

use crate::check_error::{OptionErrorKind, not_served};
use crate::filter::{Comparison, Matching};
use crate::parse::expression::BinaryOp;

pub(crate) fn comparison(op: BinaryOp) -> Option<Comparison> {
    match op {
        BinaryOp::Eq => Some(Comparison::Eq),
        BinaryOp::Ne => Some(Comparison::Ne),
        BinaryOp::Gt => Some(Comparison::Gt),
        BinaryOp::Ge => Some(Comparison::Ge),
        BinaryOp::Lt => Some(Comparison::Lt),
        BinaryOp::Le => Some(Comparison::Le),
        _ => None,
    }
}

pub(crate) fn mirrored(op: Comparison) -> Comparison {
    match op {
        Comparison::Eq | Comparison::Ne => op,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
    }
}

/// The operator as the documented texts call it.
pub(crate) fn operator_kind(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "Equal",
        Comparison::Ne => "NotEqual",
        Comparison::Gt => "GreaterThan",
        Comparison::Ge => "GreaterThanOrEqual",
        Comparison::Lt => "LessThan",
        Comparison::Le => "LessThanOrEqual",
    }
}

pub(crate) fn unserved_operator(op: BinaryOp) -> OptionErrorKind {
    match op {
        BinaryOp::Has => not_served("the operator has"),
        _ => not_served("arithmetic"),
    }
}

/// The functions that are served.
pub(crate) const FUNCTIONS: [(Matching, &str); 3] = [
    (Matching::StartsWith, "startsWith"),
    (Matching::EndsWith, "endsWith"),
    (Matching::Contains, "contains"),
];

pub(crate) fn matching_function(name: &str) -> Option<(Matching, &'static str)> {
    FUNCTIONS
        .into_iter()
        .find(|(_, own)| own.eq_ignore_ascii_case(name))
}

/// Functions of the protocol that no index here answers.
pub(crate) const OTHER_FUNCTIONS: [&str; 39] = [
    "case",
    "cast",
    "ceiling",
    "concat",
    "date",
    "day",
    "floor",
    "fractionalseconds",
    "geo.distance",
    "geo.intersects",
    "geo.length",
    "hassubsequence",
    "hassubset",
    "hour",
    "indexof",
    "isof",
    "length",
    "matchespattern",
    "maxdatetime",
    "mindatetime",
    "minute",
    "month",
    "now",
    "replace",
    "round",
    "second",
    "substring",
    "substringof",
    "time",
    "tolower",
    "totaloffsetminutes",
    "totalseconds",
    "toupper",
    "trim",
    "year",
    "any",
    "all",
    "isactive",
    "ismemberof",
];

pub(crate) fn unserved_function(name: &str) -> OptionErrorKind {
    let name_of = OTHER_FUNCTIONS
        .into_iter()
        .find(|own| own.eq_ignore_ascii_case(name));
    match name_of {
        Some(own) => not_served(&format!("the function {own}")),
        None if name.contains('.') => not_served("a function of a namespace"),
        None => OptionErrorKind::UnknownFunction(name.to_owned()),
    }
}
