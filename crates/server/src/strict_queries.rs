//! Which operator the strict manner takes of which property, in any query or in advanced ones alone: asked of the rules
//! themselves, a query for each cell. `docs/strict-queries.md` is made from it; a test compares the two.

use std::fmt::Write as _;

use edm::{ComplexType, Property, Type, Version, user};
use odata::{Checked, Mode, Shape};

/// What the strict manner does with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Answers it.
    Always,
    /// Answers it with `ConsistencyLevel: eventual` and `$count=true`.
    Advanced,
    /// Refuses it, whatever is sent with it.
    Never,
    /// The property's type has no such condition, or the property takes no part in queries.
    NoSuch,
}

impl Taken {
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
        "$orderby" => return Some(format!("$orderby={}", property.name)),
        "$search" => return Some(format!("$search=\"{}:x\"", property.name)),
        "/$count" => return Some(format!("$filter={}/$count eq 0", property.name)),
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
    let (steps, ty) = match property.ty {
        Type::Complex(complex) => {
            let member = member(complex)?;
            (format!("/{}", member.name), member.ty)
        }
        ty => (String::new(), ty),
    };
    let path = if property.collection {
        format!("x{steps}")
    } else {
        format!("{}{steps}", property.name)
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
        format!("{}/any(x:{condition})", property.name)
    } else {
        condition
    };
    Some(match column {
        "not" => format!("$filter=not({whole})"),
        _ => format!("$filter={whole}"),
    })
}

/// A member that conditions can be asked of: a text, where there is one.
fn member(complex: &'static ComplexType) -> Option<&'static Property> {
    let single = |property: &&&Property| !property.collection && property.ty.is_primitive();
    let mut members = complex.properties.iter().filter(single);
    let text = members
        .clone()
        .find(|property| matches!(property.ty, Type::String));
    text.or_else(|| members.next()).copied()
}

fn constant(ty: Type) -> Option<&'static str> {
    Some(match ty {
        Type::String | Type::Enum(_) => "'x'",
        Type::Boolean => "true",
        Type::Int32 | Type::Int64 => "1",
        Type::DateTimeOffset => "2024-01-01T00:00:00Z",
        Type::Guid => "184efa21-98c3-4e5d-95ab-d07053a96e67",
        _ => return None,
    })
}

fn asked(query: &str, version: Version, eventual: bool) -> Option<Checked> {
    let syntax = odata::parse(query, version).ok()?;
    let mode = Mode { eventual };
    odata::check(syntax, &user::TYPE, version, Shape::Collection, mode).ok()
}

/// What the strict manner does with that operator on that property.
pub fn taken(property: &Property, column: &str) -> Taken {
    let is_answered = |query: &str, eventual| {
        let refuses = |checked: Checked| checked.breaches.iter().any(|one| one.rule.refuses());
        let version = if property.v1 {
            Version::V1
        } else {
            Version::Beta
        };
        asked(query, version, eventual).map(|checked| !refuses(checked))
    };
    let Some(query) = query(property, column) else {
        return Taken::NoSuch;
    };
    match is_answered(&query, false) {
        None => Taken::NoSuch,
        Some(true) => Taken::Always,
        Some(false) => match is_answered(&format!("{query}&$count=true"), true) {
            Some(true) => Taken::Advanced,
            _ => Taken::Never,
        },
    }
}

/// `docs/strict-queries.md`.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Queries in the strict manner\n\n\
         What a tenant that is served strictly takes of `$filter`, `$orderby` and `$search` on users: each cell is the answer \
         of the rules to a query with that operator on that property, and a test writes this page. **yes** is answered in any \
         query, **A** in advanced ones (`ConsistencyLevel: eventual` and `$count=true`; for `$search` the header is enough), \
         **no** is refused; an empty cell is no condition on such a property. `gt` is as `ge` and `lt` as `le`. Of a \
         collection, the condition is asked of an element within `any`; of a complex property, of a member. The friendly \
         manner answers all that is not empty, and notes what is refused here.\n\n\
         Beside the table:\n\n",
    );
    for rule in RULES {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "* {rule}");
    }
    let _ = writeln!(text, "\n| Property | {} |", COLUMNS.map(code).join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(COLUMNS.len()));
    for property in user::TYPE.properties {
        let cells = COLUMNS.map(|column| taken(property, column));
        if cells.iter().all(|cell| *cell == Taken::NoSuch) {
            continue;
        }
        let cells = cells.map(Taken::as_str).join(" | ");
        let _ = writeln!(text, "| `{}` | {cells} |", property.name);
    }
    text
}

fn code(word: &str) -> String {
    format!("`{word}`")
}

/// What is no matter of one property and one operator.
const RULES: [&str; 9] = [
    "More than 15 conditions joined by `or` are refused; more than 15 values of `in` need an advanced query.",
    "Texts of more than 120 characters after `eq`, `in` and `startsWith` need an advanced query.",
    "`all`, `ne` within `any`, and `/$count` compared with anything but 0 are refused; conditions joined within `any` need \
     an advanced query, but for `identities`.",
    "`signInActivity` is filtered by alone; of `identities`, `issuerAssignedId` needs `issuer` beside it, and `issuer` alone \
     is taken for google.com, facebook.com, mail and phone.",
    "`$orderby` beside `$filter` needs an advanced query; `asc` and `desc` are taken alike.",
    "`/$count`, of users and of whom they are related to, needs the header; `$count=true` without it is passed over.",
    "`$expand` names one relationship, stands in no advanced query but for `manager($levels=…)`, and takes `$levels` of a \
     single user alone.",
    "`$skip` is refused in either manner, and so is every name without `$` in v1.0 and every name that means nothing.",
    "`manager/id eq '…'` finds the direct reports of a user in any query.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/strict-queries.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, markdown()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            markdown(),
            "run with UPDATE_DOCS=1 to make it anew"
        );
    }
}
