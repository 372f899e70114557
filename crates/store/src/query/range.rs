//! Ranges of keys, as comparisons ask for them.

use super::keys::{self, SOME};
use super::render::ComparedKey;
use odata::filter::{Comparison, Literal, Matching, Node};

/// Which ends of a range a statement names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NamedEnds {
    pub(crate) lower: bool,
    pub(crate) upper: bool,
}

impl NamedEnds {
    pub(crate) const BOTH: Self = Self {
        lower: true,
        upper: true,
    };
}

/// A range of keys, none of them null: from the first one on, up to but without the last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Range {
    pub(crate) from: Vec<u8>,
    pub(crate) to: Option<Vec<u8>>,
}

impl Range {
    /// The range of a comparison, and whether all keys in it pass; `None` where it has none. Of a
    /// long constant it has all the keys with the same beginning, among them those that are cut.
    pub(crate) fn of(target: ComparedKey<'_>, node: &Node) -> Option<(Self, bool)> {
        if let Some(range) = Self::of_long(node).filter(|_| keys::is_text(target.ty())) {
            return Some((range, false));
        }
        let range = match node {
            Node::Compare { op, value, .. } if *value != Literal::Null => {
                let key = keys::constant(target.ty(), value)?;
                // The first key above this one.
                let next = |mut key: Vec<u8>| {
                    key.push(0);
                    key
                };
                let (from, to) = match op {
                    Comparison::Gt => (next(key), None),
                    Comparison::Ge => (key, None),
                    Comparison::Lt => (vec![SOME], Some(key)),
                    Comparison::Le => (vec![SOME], Some(next(key))),
                    Comparison::Eq | Comparison::Ne => return None,
                };
                Self { from, to }
            }
            Node::Text {
                how: Matching::StartsWith,
                text,
                ..
            } if keys::is_text(target.ty()) => {
                let from = keys::text(text);
                let to = keys::above(&from);
                Self { from, to }
            }
            _ => return None,
        };
        Some((range, true))
    }

    /// The range of a comparison with a constant whose own key would be cut.
    fn of_long(node: &Node) -> Option<Self> {
        let (Node::Text { text, .. }
        | Node::Compare {
            value: Literal::Text(text),
            ..
        }) = node
        else {
            return None;
        };
        let begin = keys::beginning(text)?;
        let end = keys::above(&begin);
        let (from, to) = match node {
            Node::Compare {
                op: Comparison::Gt | Comparison::Ge,
                ..
            } => (begin, None),
            Node::Compare {
                op: Comparison::Lt | Comparison::Le,
                ..
            } => (vec![SOME], end),
            Node::Text {
                how: Matching::StartsWith,
                ..
            } => (begin, end),
            _ => return None,
        };
        Some(Self { from, to })
    }

    /// The keys that are in both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            to: match (self.to, other.to) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }

    /// Whether both ends are given.
    pub(crate) fn is_closed(&self) -> bool {
        self.to.is_some() && self.from.len() > 1
    }
}
