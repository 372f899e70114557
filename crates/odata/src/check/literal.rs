//! Constants against the types of properties.

use crate::filter::{Comparison, Literal};
use crate::parse::expression::{Constant, Moment};
use core::cmp::Ordering;
use edm::{Property, Type, fold, instant};
use jiff::Timestamp;

/// The constant as one of the property's type; `None` when it is none, and cannot become one
/// without a guess.
///
/// A date stands for its first instant in UTC. What is kept as an instant, but is a text in the
/// version asked, takes the text of one.
pub(crate) fn literal(property: &Property, ty: &Type, constant: &Constant) -> Option<Literal> {
    match (ty, constant) {
        (_, Constant::Null) => Some(Literal::Null),
        (Type::String, Constant::Text(text)) => match &property.ty {
            Type::DateTimeOffset => instant::parse(text).map(microseconds).map(Literal::Instant),
            _ => Some(Literal::Text(property.compared_text(text))),
        },
        (Type::String, Constant::Moment(moment)) if matches!(property.ty, Type::DateTimeOffset) => {
            moment.at.map(microseconds).map(Literal::Instant)
        }
        (Type::Boolean, Constant::Bool(value)) => Some(Literal::Bool(*value)),
        (Type::Int32 | Type::Int64, Constant::Int(value)) => Some(Literal::Int(*value)),
        (Type::DateTimeOffset, Constant::Moment(Moment { at, .. })) => {
            at.map(microseconds).map(Literal::Instant)
        }
        (Type::Guid, Constant::Guid(id)) => Some(Literal::Guid(*id)),
        (Type::TimeOfDay, Constant::TimeOfDay(text)) | (Type::Enum(_), Constant::Text(text)) => {
            Some(Literal::Text(fold::display(text)))
        }
        (Type::Enum(own), Constant::Typed { name, text }) => {
            let last = name.rsplit_once('.').map_or("", |(_, last)| last);
            last.eq_ignore_ascii_case(own.name)
                .then(|| Literal::Text(fold::display(text)))
        }
        _ => None,
    }
}

/// The constant as a literal of its own type; `None` for types that no property has.
pub(crate) fn own_literal(constant: &Constant) -> Option<Literal> {
    match constant {
        Constant::Null => Some(Literal::Null),
        Constant::Bool(value) => Some(Literal::Bool(*value)),
        Constant::Int(value) => Some(Literal::Int(*value)),
        Constant::Text(text) => Some(Literal::Text(fold::display(text))),
        Constant::Guid(id) => Some(Literal::Guid(*id)),
        Constant::Moment(Moment { at, .. }) => at.map(microseconds).map(Literal::Instant),
        Constant::Number(_) | Constant::TimeOfDay(_) | Constant::Typed { .. } => None,
    }
}

/// Cut off to the microsecond, towards the past.
pub(crate) fn microseconds(at: Timestamp) -> Timestamp {
    let whole = at.as_nanosecond().div_euclid(1_000) * 1_000;
    Timestamp::from_nanosecond(whole).unwrap_or(at)
}

/// Two literals of one type; `None` when they are not.
pub(crate) fn against(one: &Literal, other: &Literal) -> Option<Ordering> {
    match (one, other) {
        (Literal::Bool(one), Literal::Bool(other)) => Some(one.cmp(other)),
        (Literal::Int(one), Literal::Int(other)) => Some(one.cmp(other)),
        (Literal::Text(one), Literal::Text(other)) => Some(one.cmp(other)),
        (Literal::Instant(one), Literal::Instant(other)) => {
            Some(microseconds(*one).cmp(&microseconds(*other)))
        }
        // The bytes of a GUID stand in the order of its text.
        (Literal::Guid(one), Literal::Guid(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

impl Comparison {
    /// Whether the comparison holds for two values that are ordered so.
    pub fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Eq => found.is_eq(),
            Self::Ne => found.is_ne(),
            Self::Gt => found.is_gt(),
            Self::Ge => found.is_ge(),
            Self::Lt => found.is_lt(),
            Self::Le => found.is_le(),
        }
    }
}
