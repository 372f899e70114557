//! Which operator the strict manner takes of which property, in any query or in advanced ones
//! alone: asked of the rules themselves, a query for each cell. `docs/strict-queries.md` is made
//! from it; a test compares the two.

use std::fmt::Write as _;

use edm::{ComplexType, Prop, Property, Type, Version, user};
use odata::{Checked, Mode, Shape};

use crate::generated;

/// What the strict manner does with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answers it.
    Always,
    /// Answers it with `ConsistencyLevel: eventual` and `$count=true`.
    Advanced,
    /// Refuses it, whatever is sent with it.
    Never,
    /// The property's type has no such condition, or the property takes no part in queries.
    NoSuch,
}

impl Verdict {
    /// The cell of the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "yes",
            Self::Advanced => "A",
            Self::Never => "no",
            Self::NoSuch => "",
        }
    }
}

/// The columns: operators and functions of `$filter`, then `$orderby` and `$search`.
pub const COLUMNS: [&str; 13] = [
    "eq",
    "ne",
    "not",
    "ge",
    "le",
    "in",
    "startsWith",
    "endsWith",
    "contains",
    "/$count",
    "null",
    "$orderby",
    "$search",
];

/// A query string with that operator on that property; `None` where the grammar has none.
pub fn query(property: &Property, column: &str) -> Option<String> {
    match column {
        "$orderby" => return Some(format!("$orderby={}", property.name())),
        "$search" => return Some(format!("$search=\"{}:x\"", property.name())),
        "/$count" => return Some(format!("$filter={}/$count eq 0", property.name())),
        _ => {}
    }
    if property == &user::IDENTITIES {
        let body = "c/issuerAssignedId eq 'x' and c/issuer eq 'y'";
        let any = format!("identities/any(c:{body})");
        return match column {
            "eq" => Some(format!("$filter={any}")),
            "not" => Some(format!("$filter=not({any})")),
            _ => None,
        };
    }
    let member = match &property.ty {
        Type::Complex(complex) => Some(member(complex)?),
        _ => None,
    };
    let (steps, ty) = match &member {
        Some(member) => (format!("/{}", member.name()), &member.ty),
        None => (String::new(), &property.ty),
    };
    let path = if property.collection {
        format!("x{steps}")
    } else {
        format!("{}{steps}", property.name())
    };
    let value = constant(ty)?;
    let condition = match column {
        "eq" | "ne" | "ge" | "le" => format!("{path} {column} {value}"),
        "not" => format!("{path} eq {value}"),
        "in" => format!("{path} in ({value})"),
        "null" if property.collection => return None,
        "null" => format!("{path} eq null"),
        function => format!("{function}({path},{value})"),
    };
    let whole = if property.collection {
        format!("{}/any(x:{condition})", property.name())
    } else {
        condition
    };
    Some(match column {
        "not" => format!("$filter=not({whole})"),
        _ => format!("$filter={whole}"),
    })
}

/// A member that conditions can be asked of: a text, where there is one.
fn member(complex: &ComplexType) -> Option<Prop> {
    let single = |property: &Prop| !property.collection && property.ty.is_primitive();
    let text = complex
        .properties()
        .filter(single)
        .find(|property| matches!(property.ty, Type::String));
    text.or_else(|| complex.properties().find(single))
}

fn constant(ty: &Type) -> Option<&'static str> {
    Some(match ty {
        Type::String | Type::Enum(_) => "'x'",
        Type::Boolean => "true",
        Type::Int32 | Type::Int64 => "1",
        Type::DateTimeOffset => "2024-01-01T00:00:00Z",
        Type::Guid => "184efa21-98c3-4e5d-95ab-d07053a96e67",
        _ => return None,
    })
}

fn checked_query(query: &str, version: Version, eventual: bool) -> Option<Checked> {
    let syntax = odata::parse(query, version).ok()?;
    let mode = Mode { eventual };
    odata::check(
        syntax,
        edm::Entity::core(&user::TYPE),
        version,
        Shape::Collection,
        mode,
    )
    .ok()
}

/// What the strict manner does with that operator on that property.
pub fn taken(property: &Property, column: &str) -> Verdict {
    let is_answered = |query: &str, eventual| {
        let refuses = |checked: Checked| checked.breaches.iter().any(|one| one.rule.refuses());
        let version = if property.v1 {
            Version::V1
        } else {
            Version::Beta
        };
        checked_query(query, version, eventual).map(|checked| !refuses(checked))
    };
    let Some(query) = query(property, column) else {
        return Verdict::NoSuch;
    };
    match is_answered(&query, false) {
        None => Verdict::NoSuch,
        Some(true) => Verdict::Always,
        Some(false) => match is_answered(&format!("{query}&$count=true"), true) {
            Some(true) => Verdict::Advanced,
            _ => Verdict::Never,
        },
    }
}

/// `docs/strict-queries.md`.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Queries in the strict manner\n\n\
         A tenant can be served strictly ([queries.md](queries.md)). Then a query on users is refused where the documented \
         service would refuse it. This table says which conditions, orders and searches are taken of which property:\n\n\
         - **yes**: taken in any query.\n\
         - **A**: taken in advanced queries only, which send `ConsistencyLevel: eventual` and `$count=true`. `$search` needs \
         the header alone.\n\
         - **no**: refused.\n\
         - Empty: the property has no such condition.\n\n\
         `gt` is taken as `ge` is, and `lt` as `le`. For a collection the condition is about one element, within `any`; for a \
         complex property it is about one of its members. The friendly manner answers every query that has a word here, and \
         notes what the strict manner refuses. The rules themselves fill the table, and a test keeps this page \
         current.\n\n\
         These rules are not about one property:\n\n",
    );
    for rule in RULES {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "* {rule}");
    }
    text.push('\n');
    let columns = COLUMNS.iter().map(|column| code(column));
    let head = std::iter::once("Property".to_owned()).chain(columns);
    generated::titles(&mut text, head);
    for property in user::TYPE.properties {
        let cells = COLUMNS.map(|column| taken(property, column));
        if cells.iter().all(|cell| *cell == Verdict::NoSuch) {
            continue;
        }
        let cells = cells.into_iter().map(|cell| cell.as_str().to_owned());
        let row = std::iter::once(code(property.name())).chain(cells);
        generated::row(&mut text, row);
    }
    text
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

/// What does not follow from one property and one operator.
const RULES: [&str; 9] = [
    "At most 15 conditions may be joined by `or`. A list behind `in` may have more than 15 values in advanced queries only.",
    "Behind `eq`, `in` and `startsWith`, a text of more than 120 characters needs an advanced query.",
    "Within collections, `all` and `ne` are refused, and `/$count` can be compared with 0 only. Several conditions on one \
     element need an advanced query, except on `identities`.",
    "A condition on `signInActivity` must be the only one. In `identities`, `issuerAssignedId` needs `issuer` beside it; \
     `issuer` alone is taken if it is google.com, facebook.com, mail or phone.",
    "`$orderby` together with `$filter` needs an advanced query. `asc` and `desc` make no difference.",
    "`/$count` needs the header, also for users related to a user. `$count=true` without the header is ignored.",
    "`$expand` takes one relationship, and not in advanced queries; `manager($levels=…)` is the exception. `$levels` is taken \
     for a single user only.",
    "`$skip` is refused in both manners. So are names of options that do not exist and, in v1.0, names without `$`.",
    "`manager/id eq '…'` finds a user's direct reports, in any query.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_current() {
        generated::check("strict-queries.md", &markdown());
    }
}
