//! The rules of the documented service that queries here may break (P-queries-3 to P-queries-7).

use edm::Prop;

/// One thing the documented service would have refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which of its rules.
    pub rule: Rule,
    /// The property it is about.
    pub property: Option<Prop>,
    /// The operator it is about, as it is written.
    pub operator: Option<&'static str>,
    /// How many were sent, where the rule is a limit; else 0.
    pub found: usize,
    /// What to add or to change.
    pub hint: Hint,
}

/// What would have made the query acceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    /// The header `ConsistencyLevel: eventual`.
    pub eventual: bool,
    /// `$count=true`
    pub count: bool,
    /// Something else: a sentence's worth.
    pub rewrite: Option<&'static str>,
}

/// The rules of the documented service that queries here may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The operator on this property needs an advanced query ("Unsupported Query.", or for `ne` and
    /// `not` the texts about the clause).
    AdvancedOperator,
    /// "The request uses a filter property that is not indexed": the operator is not supported on
    /// it in any query.
    NotIndexed,
    /// Connected conditions within `any` need an advanced query.
    AdvancedLambda,
    /// `ne` within `any` is never supported.
    NeInLambda,
    /// `all` is never supported.
    All,
    /// `contains` is never supported on users.
    Contains,
    /// A `/$count` is only compared with 0, by `eq` or `ne`.
    CountValue,
    /// "Too many child clauses specified in search filter expression containing 'OR' operators: 18.
    /// Max allowed: 15."
    OrClauses,
    /// The same cap on the items of `in`, in a query that is no advanced one.
    InItems,
    /// A text of more than 120 characters, in a query that is no advanced one.
    LongText,
    /// `issuerAssignedId` needs `issuer` beside it.
    IssuerMissing,
    /// `issuer` alone is supported for google.com, facebook.com, mail and phone only.
    IssuerAlone,
    /// Identities of type userPrincipalName are not filterable.
    SignInType,
    /// signInActivity is not combined with other conditions.
    SignInActivity,
    /// `$search` needs the header.
    SearchHeader,
    /// NOT is no part of the documented `$search`.
    SearchNot,
    /// The segment `/$count` needs the header ("$count is not currently supported.").
    CountSegment,
    /// `$count=true` without the header is ignored there, not refused.
    CountIgnored,
    /// "Unsupported sort property 'x' for 'User'."
    Sort,
    /// The property is sorted by in advanced queries only.
    AdvancedSort,
    /// "Sorting not supported for current query.": `$filter` with `$orderby` needs an advanced
    /// query.
    SortWithFilter,
    /// One relationship per request in `$expand`.
    ExpandMany,
    /// "Transitive manager's list is only supported on a single user": `$levels` in a list.
    ExpandLevels,
    /// `$expand` is not combined with an advanced query, but for `manager($levels=…)`.
    ExpandAdvanced,
}

impl Rule {
    /// Whether the documented service refuses the query; otherwise it answers something else than
    /// was asked.
    pub const fn refuses(self) -> bool {
        !matches!(self, Self::CountIgnored)
    }

    /// What else to write, where header and `$count=true` do not help.
    pub(crate) const fn rewrite(self) -> Option<&'static str> {
        match self {
            Self::NotIndexed => Some("filter by another property or operator"),
            Self::NeInLambda => Some("write not(collection/any(x:x eq …))"),
            Self::All => Some("write not(collection/any(x:not(…)))"),
            Self::Contains => Some("use startsWith, endsWith or $search"),
            Self::CountValue => Some("compare /$count with 0 by eq or ne"),
            Self::OrClauses => Some("send several requests of at most 15 clauses each, by $batch"),
            Self::IssuerMissing => Some("add a condition on issuer in the same any"),
            Self::IssuerAlone => Some("add a condition on issuerAssignedId in the same any"),
            Self::SignInType => Some("filter by userPrincipalName"),
            Self::SignInActivity => Some("filter by signInActivity alone"),
            Self::SearchNot => Some("use $filter with not"),
            Self::Sort => Some("sort the answer yourself"),
            Self::ExpandMany => Some("expand one relationship per request"),
            Self::ExpandLevels => Some("ask for one user, or leave $levels out"),
            Self::ExpandAdvanced => Some("leave $expand or the advanced query out"),
            Self::AdvancedOperator
            | Self::AdvancedLambda
            | Self::SearchHeader
            | Self::CountSegment
            | Self::CountIgnored
            | Self::AdvancedSort
            | Self::InItems
            | Self::LongText
            | Self::SortWithFilter => None,
        }
    }

    /// Whether an advanced query is what is missing.
    pub(crate) const fn is_advanced(self) -> bool {
        matches!(
            self,
            Self::AdvancedOperator
                | Self::AdvancedLambda
                | Self::AdvancedSort
                | Self::InItems
                | Self::LongText
                | Self::SortWithFilter
        )
    }
}
