//! The table of strict mode against what is known of the documented service: facts of our own here,
//! and a whole table of its properties where it is at hand.

use axum::http::StatusCode;
use docs::strict_queries::{COLUMNS, Verdict, taken};
use edm::{Op, Ops, Property, Version, user};
use testkit::TestApp;

use crate::samples::reference_texts;

const FACTS: &[(&str, &str, Verdict)] = &[
    ("displayName", "eq", Verdict::Always),
    ("displayName", "startsWith", Verdict::Always),
    ("displayName", "ne", Verdict::Advanced),
    ("displayName", "not", Verdict::Advanced),
    ("displayName", "endsWith", Verdict::Never),
    ("displayName", "contains", Verdict::Never),
    ("displayName", "$orderby", Verdict::Always),
    ("displayName", "$search", Verdict::Advanced),
    ("mail", "endsWith", Verdict::Advanced),
    ("mail", "$orderby", Verdict::Never),
    ("city", "$orderby", Verdict::Never),
    ("department", "$orderby", Verdict::Never),
    ("department", "null", Verdict::Advanced),
    ("companyName", "eq", Verdict::Advanced),
    ("accountEnabled", "eq", Verdict::Always),
    ("accountEnabled", "startsWith", Verdict::NoSuch),
    ("id", "ge", Verdict::Never),
    ("createdDateTime", "in", Verdict::Always),
    ("createdDateTime", "$orderby", Verdict::Advanced),
    ("onPremisesImmutableId", "eq", Verdict::Always),
    ("onPremisesImmutableId", "in", Verdict::Always),
    ("onPremisesLastSyncDateTime", "eq", Verdict::Always),
    ("onPremisesLastSyncDateTime", "ge", Verdict::Always),
    ("onPremisesLastSyncDateTime", "le", Verdict::Always),
    ("onPremisesLastSyncDateTime", "in", Verdict::Always),
    ("onPremisesExtensionAttributes", "eq", Verdict::Advanced),
    ("onPremisesExtensionAttributes", "ge", Verdict::Never),
    ("onPremisesExtensionAttributes", "le", Verdict::Never),
    ("passwordPolicies", "eq", Verdict::Never),
    ("assignedPlans", "eq", Verdict::Advanced),
    ("provisionedPlans", "eq", Verdict::Advanced),
    ("businessPhones", "eq", Verdict::Advanced),
    ("assignedLicenses", "eq", Verdict::Always),
    ("assignedLicenses", "/$count", Verdict::Advanced),
    ("otherMails", "ne", Verdict::Never),
    ("proxyAddresses", "startsWith", Verdict::Always),
    ("identities", "eq", Verdict::Always),
    ("aboutMe", "eq", Verdict::NoSuch),
];

#[test]
fn facts() {
    for (name, column, expected) in FACTS {
        let property = user::TYPE.property(name, Version::V1).unwrap();
        assert_eq!(taken(property, column), *expected, "{name} {column}");
    }
}

/// Where the service was found to do other than that table says; the list only shrinks.
const FOUND: &[(&str, &str)] = &[
    ("assignedPlans", "eq"),
    ("businessPhones", "eq ge le"),
    ("createdDateTime", "in"),
    ("onPremisesExtensionAttributes", "ge le"),
    ("onPremisesImmutableId", "eq in"),
    ("onPremisesLastSyncDateTime", "eq ge le in"),
    ("passwordPolicies", "eq"),
    ("provisionedPlans", "eq ge le"),
];

/// What a cell of that table says of an operator: `D: eq ge; A: ne not`.
fn listed(cell: &str, property: &Property, column: &str) -> Option<Verdict> {
    let ops = |mode: &str| {
        let part = cell
            .split(';')
            .find_map(|part| part.trim().strip_prefix(mode));
        let words = part.unwrap_or_default().split_whitespace();
        let op = |word: &str| Op::ALL.into_iter().find(|op| op.as_str() == word);
        Ops::of(&words.filter_map(op).collect::<Vec<_>>())
    };
    let (default, advanced) = (ops("D:"), ops("A:"));
    let op = Op::ALL.into_iter().find(|op| op.as_str() == column)?;
    let has_eq = default.and(advanced).has(Op::Eq);
    Some(if op == Op::Ne && property.collection {
        // Of an element `ne` is never asked.
        Verdict::Never
    } else if op == Op::Not {
        if has_eq {
            Verdict::Advanced
        } else {
            Verdict::Never
        }
    } else if default.has(op) {
        Verdict::Always
    } else if advanced.has(op) {
        Verdict::Advanced
    } else {
        Verdict::Never
    })
}

#[test]
fn the_specifications_table() {
    let texts = reference_texts();
    let head = "## 11. Full property table";
    let section = texts.iter().find_map(|text| text.split_once(head));
    assert!(
        texts.is_empty() || section.is_some(),
        "no text has {head:?}"
    );
    let Some((_, section)) = section else {
        return;
    };
    let (table, _) = section.split_once("Property sources:").unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for line in table.lines() {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let Some(property) = user::TYPE.property(cells[0], Version::Beta) else {
            continue;
        };
        for column in COLUMNS {
            let ours = taken(property, column);
            let Some(listed) = listed(cells[5], property, column) else {
                continue;
            };
            if ours == Verdict::NoSuch {
                continue;
            }
            compared += 1;
            let of_it = |(name, columns): &(&str, &str)| {
                *name == property.name() && columns.split(' ').any(|one| one == column)
            };
            let is_found = FOUND.iter().any(of_it);
            // `not` follows from `eq`.
            let follows = column == "not"
                && FOUND
                    .iter()
                    .any(|(name, columns)| *name == property.name() && columns.contains("eq"));
            if (ours == listed) == is_found && !follows {
                wrong.push(format!(
                    "{} {column}: {ours:?}, listed {listed:?}",
                    property.name()
                ));
            }
        }
    }
    assert!(compared > 300, "{compared}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A query, whether the header is sent, and what is said of it: so here, and so in what is
/// published.
const SENTENCES: &[(&str, bool, &str)] = &[
    (
        "users?$top=1000",
        false,
        "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
    ),
    (
        "users?$orderby=createdDateTime",
        false,
        "Unsupported sort property 'createdDateTime' for 'User'.",
    ),
    (
        "users?$orderby=displayName&$filter=accountEnabled eq true",
        false,
        "Sorting not supported for current query.",
    ),
    ("users/$count", false, "$count is not currently supported."),
    (
        "users?$search=\"displayName:a\"",
        false,
        "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    ),
    (
        "users?$filter=userType ne 'Guest'",
        false,
        "Unsupported or invalid query filter clause specified for property 'userType' of resource 'User'.",
    ),
    (
        "users?$filter=companyName eq 'x'",
        false,
        "Unsupported or invalid query filter clause specified for property 'companyName' of resource 'User'.",
    ),
    (
        "users?$filter=companyName ne null",
        false,
        "Filter operator 'NotEqualsMatch' is not supported.",
    ),
    (
        "users?$filter=otherMails/any(m:m ne 'x')&$count=true",
        true,
        "Unsupported property filter clause operator 'NotEqualsMatch'.",
    ),
    (
        "users?$filter=id ge '0'&$count=true",
        true,
        "The request uses a filter property that is not indexed",
    ),
    (
        "users?$filter=endsWith(mail,'x')",
        false,
        "Operator 'endsWith' is not supported because the required parameters might be missing. Try adding $count=true ",
    ),
    (
        "users?$filter=contains(displayName,'x')",
        true,
        "Operator: 'Contains' is not supported.",
    ),
    ("users?$filter=displayName", false, "Invalid filter clause"),
    (
        "users?$filter=displayName eq",
        false,
        "Invalid filter clause: Syntax error at position ",
    ),
    (
        "users?$filter=x eq 'y'",
        false,
        "Invalid filter clause: Could not find a property named 'x' on type 'microsoft.graph.user'.",
    ),
    (
        "users?$filter=accountEnabled eq 'true'",
        false,
        "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types 'Edm.Boolean' and 'Edm.String' for operator kind 'Equal'.",
    ),
    (
        "users?$expand=manager($levels=max)",
        false,
        "Transitive manager's list is only supported on a single user, ",
    ),
    (
        "users?$skip=1",
        false,
        "'$skip' is not supported by the service.",
    ),
    (
        "users?filter=x",
        false,
        "Unrecognized query argument specified: 'filter'.",
    ),
    (
        "users?$select=display Name",
        false,
        "Parsing OData Select and Expand failed: ",
    ),
    (
        "users?$filter=OR18",
        false,
        "Too many child clauses specified in search filter expression containing 'OR' operators: 18. Max allowed: 15.",
    ),
];

#[tokio::test]
async fn sentences() {
    let facts = reference_texts();
    let app = TestApp::in_manner("strict").await;
    let token = app.token().await;
    for (query, eventual, sentence) in SENTENCES {
        let many = vec!["city eq 'x'"; 18].join(" or ");
        let target = format!("/v1.0/{}", query.replace("OR18", &many));
        let target =
            percent_encoding::utf8_percent_encode(&target, crate::graph_conformance::ENCODED);
        let mut asking = app.get(&target.to_string()).bearer(&token);
        if *eventual {
            asking = asking.header("ConsistencyLevel", "eventual");
        }
        let reply = asking.send().await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{query} {}",
            reply.text()
        );
        let message = reply.error().1;
        assert!(message.starts_with(sentence), "{query}: {message}");
        let is_listed = facts.iter().any(|text| text.contains(sentence));
        assert!(facts.is_empty() || is_listed, "{sentence}");
    }
}
