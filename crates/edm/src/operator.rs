//! Filter operators as a property's row in the table states them: which work in a plain query, and
//! which only in an advanced one (header `ConsistencyLevel: eventual` and `$count=true`;
//! P-users-17).

/// One filter operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Op {
    /// `eq`
    Eq,
    /// `ne`
    Ne,
    /// `not`
    Not,
    /// `ge` (and `gt`)
    Ge,
    /// `le` (and `lt`)
    Le,
    /// `in`
    In,
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `/$count eq 0` and `/$count ne 0`
    Count,
    /// comparison with `null`
    Null,
}

impl Op {
    /// All operators, in the order in which the documents list them.
    pub const ALL: [Self; 10] = [
        Self::Eq,
        Self::Ne,
        Self::Not,
        Self::Ge,
        Self::Le,
        Self::In,
        Self::StartsWith,
        Self::EndsWith,
        Self::Count,
        Self::Null,
    ];

    /// The operator as the documents spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Not => "not",
            Self::Ge => "ge",
            Self::Le => "le",
            Self::In => "in",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Count => "/$count",
            Self::Null => "null",
        }
    }

    const fn bit(self) -> u16 {
        1 << (self as u8)
    }
}

/// A set of operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ops(u16);

impl Ops {
    /// No operator.
    pub const NONE: Self = Self(0);

    /// The set of these operators.
    pub const fn of(ops: &[Op]) -> Self {
        let mut bits = 0;
        let mut left = ops;
        while let [first, rest @ ..] = left {
            bits |= first.bit();
            left = rest;
        }
        Self(bits)
    }

    /// Whether the operator is in the set.
    pub const fn has(self, op: Op) -> bool {
        self.0 & op.bit() != 0
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The operators of the set, in documented order.
    pub fn iter(self) -> impl Iterator<Item = Op> {
        Op::ALL.into_iter().filter(move |op| self.has(*op))
    }
}

/// A property's filter operators in the two query modes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    /// Work in any query.
    pub default: Ops,
    /// Need an advanced query.
    pub advanced: Ops,
}

impl Operators {
    /// Not filterable at all.
    pub const NONE: Self = Self {
        default: Ops::NONE,
        advanced: Ops::NONE,
    };

    /// Every operator that works in some mode.
    pub const fn any(self) -> Ops {
        self.default.and(self.advanced)
    }
}
