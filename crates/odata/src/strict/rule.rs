//! The rules of the documented service that queries here may break (P-queries-3 to P-queries-7).

use edm::Prop;

use crate::limits::DOCUMENTED_TEXT;

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

/// What of a request the documented service refuses for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// Nothing: it answers something else than was asked.
    Nothing,
    /// The query.
    Query,
    /// The request, which ends at a segment that it does not have.
    Request,
}

/// What would have made the query acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Helps {
    /// An advanced query: the header and `$count=true`.
    Advanced,
    /// The header alone.
    Header,
    /// Something else to write: a sentence's worth.
    Rewrite(&'static str),
}

/// A rule's facts: one row below.
#[derive(Debug)]
struct Facts {
    refuses: Refuses,
    helps: Helps,
    says: &'static [(Option<&'static str>, &'static str)],
    about: Option<&'static str>,
}

// Sentences of the documented service that more than one rule has.
const CLAUSE: &str = "Unsupported or invalid query filter clause specified for property '{property}' of resource 'User'.";
const NOT_INDEXED: &str = "The request uses a filter property that is not indexed";
const UNSUPPORTED: &str = "Unsupported Query.";
const TOO_MANY: &str = "Too many child clauses specified in search filter expression containing 'OR' operators: {found}. Max allowed: 15.";
const SORT: &str = "Unsupported sort property '{property}' for 'User'.";
const COUNT: &str = "$count is not currently supported.";

/// One row for each rule: what the documented service refuses, what helps, what it says (by the
/// operator where that makes a difference), and what the breach is about, in a few words; without
/// them it is about the operator and the property. `{property}`, `{operator}`, `{found}` and
/// `{limit}` stand for what was found. When a rule is broken, the judge says.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident {
        refuses: $refuses:ident,
        helps: $helps:expr,
        says: $says:expr,
        about: $about:expr,
    })*) => {
        /// The rules of the documented service that queries here may break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            const fn facts(self) -> Facts {
                use Helps::{Advanced, Header, Rewrite};
                match self {
                    $(Self::$name => Facts {
                        refuses: Refuses::$refuses,
                        helps: $helps,
                        says: $says,
                        about: $about,
                    },)*
                }
            }
        }
    };
}

rules! {
    /// The operator on this property needs an advanced query ("Unsupported Query.", or for `ne` and
    /// `not` the texts about the clause).
    AdvancedOperator {
        refuses: Query,
        helps: Advanced,
        says: &[(Some("endsWith"), "Operator '{operator}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information"), (Some("ne null"), "Filter operator 'NotEqualsMatch' is not supported."), (Some("/$count"), UNSUPPORTED), (None, CLAUSE)],
        about: None,
    }
    /// "The request uses a filter property that is not indexed": the operator is not supported on
    /// it in any query.
    NotIndexed {
        refuses: Query,
        helps: Rewrite("filter by another property or operator"),
        says: &[(None, NOT_INDEXED)],
        about: None,
    }
    /// Connected conditions within `any` need an advanced query.
    AdvancedLambda {
        refuses: Query,
        helps: Advanced,
        says: &[(None, UNSUPPORTED)],
        about: None,
    }
    /// `ne` within `any` is never supported.
    NeInLambda {
        refuses: Query,
        helps: Rewrite("write not(collection/any(x:x eq …))"),
        says: &[(None, "Unsupported property filter clause operator 'NotEqualsMatch'.")],
        about: None,
    }
    /// `all` is never supported.
    All {
        refuses: Query,
        helps: Rewrite("write not(collection/any(x:not(…)))"),
        says: &[(None, CLAUSE)],
        about: None,
    }
    /// `contains` is never supported on users.
    Contains {
        refuses: Query,
        helps: Rewrite("use startsWith, endsWith or $search"),
        says: &[(None, "Operator: 'Contains' is not supported.")],
        about: None,
    }
    /// A `/$count` is only compared with 0, by `eq` or `ne`.
    CountValue {
        refuses: Query,
        helps: Rewrite("compare /$count with 0 by eq or ne"),
        says: &[(None, UNSUPPORTED)],
        about: None,
    }
    /// "Too many child clauses specified in search filter expression containing 'OR' operators: 18.
    /// Max allowed: 15."
    OrClauses {
        refuses: Query,
        helps: Rewrite("send several requests of at most 15 clauses each, by $batch"),
        says: &[(None, TOO_MANY)],
        about: Some("{found} clauses joined by or"),
    }
    /// More than 15 items of `in`, in a query that is no advanced one.
    InItems {
        refuses: Query,
        helps: Advanced,
        says: &[(None, TOO_MANY)],
        about: Some("{found} items of in"),
    }
    /// A text of more than 120 characters, in a query that is no advanced one.
    LongText {
        refuses: Query,
        helps: Advanced,
        says: &[(None, CLAUSE)],
        about: Some("more than {limit} characters in {operator} on {property}"),
    }
    /// `issuerAssignedId` needs `issuer` beside it.
    IssuerMissing {
        refuses: Query,
        helps: Rewrite("add a condition on issuer in the same any"),
        says: &[(None, NOT_INDEXED)],
        about: None,
    }
    /// `issuer` alone is supported for google.com, facebook.com, mail and phone only.
    IssuerAlone {
        refuses: Query,
        helps: Rewrite("add a condition on issuerAssignedId in the same any"),
        says: &[(None, NOT_INDEXED)],
        about: None,
    }
    /// Identities of type userPrincipalName are not filterable.
    SignInType {
        refuses: Query,
        helps: Rewrite("filter by userPrincipalName"),
        says: &[(None, NOT_INDEXED)],
        about: None,
    }
    /// signInActivity is not combined with other conditions.
    SignInActivity {
        refuses: Query,
        helps: Rewrite("filter by signInActivity alone"),
        says: &[(None, CLAUSE)],
        about: None,
    }
    /// `$search` needs the header.
    SearchHeader {
        refuses: Query,
        helps: Header,
        says: &[(None, "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")],
        about: Some("$search"),
    }
    /// NOT is no part of the documented `$search`.
    SearchNot {
        refuses: Query,
        helps: Rewrite("use $filter with not"),
        says: &[(None, UNSUPPORTED)],
        about: Some("NOT in $search"),
    }
    /// The segment `/$count` needs the header ("$count is not currently supported.").
    CountSegment {
        refuses: Request,
        helps: Header,
        says: &[(None, COUNT)],
        about: Some("/$count"),
    }
    /// `$count=true` without the header is ignored there, not refused.
    CountIgnored {
        refuses: Nothing,
        helps: Header,
        says: &[(None, COUNT)],
        about: Some("$count=true"),
    }
    /// "Unsupported sort property 'x' for 'User'."
    Sort {
        refuses: Query,
        helps: Rewrite("sort the answer yourself"),
        says: &[(None, SORT)],
        about: Some("$orderby {property}"),
    }
    /// The property is sorted by in advanced queries only.
    AdvancedSort {
        refuses: Query,
        helps: Advanced,
        says: &[(None, SORT)],
        about: Some("$orderby {property}"),
    }
    /// "Sorting not supported for current query.": `$filter` with `$orderby` needs an advanced
    /// query.
    SortWithFilter {
        refuses: Query,
        helps: Advanced,
        says: &[(None, "Sorting not supported for current query.")],
        about: Some("$filter with $orderby"),
    }
    /// One relationship per request in `$expand`.
    ExpandMany {
        refuses: Query,
        helps: Rewrite("expand one relationship per request"),
        says: &[(None, "Only one property can be expanded in a single request.")],
        about: Some("several relationships in $expand"),
    }
    /// "Transitive manager's list is only supported on a single user": `$levels` in a list.
    ExpandLevels {
        refuses: Query,
        helps: Rewrite("ask for one user, or leave $levels out"),
        says: &[(None, "Transitive manager's list is only supported on a single user, please specify a single user in the request.")],
        about: Some("$levels in a list"),
    }
    /// `$expand` is not combined with an advanced query, but for `manager($levels=…)`.
    ExpandAdvanced {
        refuses: Query,
        helps: Rewrite("leave $expand or the advanced query out"),
        says: &[(None, "Expand is not supported for current query.")],
        about: Some("$expand in an advanced query"),
    }
}

impl Rule {
    /// What of a request the documented service refuses for it.
    pub const fn refused(self) -> Refuses {
        self.facts().refuses
    }

    /// Whether the documented service refuses the query; otherwise it answers something else than
    /// was asked.
    pub const fn refuses(self) -> bool {
        !matches!(self.refused(), Refuses::Nothing)
    }

    /// What would have made the query acceptable.
    pub(crate) const fn helps(self) -> Helps {
        self.facts().helps
    }

    /// Whether an advanced query is what is missing.
    pub(crate) const fn is_advanced(self) -> bool {
        matches!(self.helps(), Helps::Advanced)
    }

    /// What else to write, where header and `$count=true` do not help.
    pub(crate) const fn rewrite(self) -> Option<&'static str> {
        match self.helps() {
            Helps::Rewrite(text) => Some(text),
            Helps::Advanced | Helps::Header => None,
        }
    }
}

impl Breach {
    /// The documented service's own sentence.
    pub fn sentence(&self) -> String {
        let says = self.rule.facts().says.iter();
        let mut fitting =
            says.filter(|(operator, _)| operator.is_none() || *operator == self.operator);
        self.filled(fitting.next().map_or("", |(_, text)| text))
    }

    /// What it is about, in a few words.
    pub fn subject(&self) -> String {
        if let Some(about) = self.rule.facts().about {
            return self.filled(about);
        }
        match (self.operator, self.property_name()) {
            (Some(operator), Some(property)) => format!("{operator} on {property}"),
            (None, Some(property)) => format!("this condition on {property}"),
            (Some(operator), None) => operator.to_owned(),
            (None, None) => "this condition".to_owned(),
        }
    }

    fn property_name(&self) -> Option<&str> {
        self.property.as_ref().map(|property| property.name())
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{property}", self.property_name().unwrap_or_default())
            .replace("{operator}", self.operator.unwrap_or_default())
            .replace("{found}", &self.found.to_string())
            .replace("{limit}", &DOCUMENTED_TEXT.to_string())
    }
}
