//! The rules that every SQL text keeps.

use super::{NULL_KEY, Scope};

/// Constructs that not every engine we mean to run on has, and clocks and randomness, which are
/// parameters.
const FORBIDDEN: &[&str] = &[
    "OR REPLACE",
    "OR IGNORE",
    "ROWID",
    "GLOB",
    "IFNULL",
    "DATETIME",
    "STRFTIME",
    "CURRENT_",
    "NOW()",
    "RANDOM",
    "LIKE",
    "LOWER(",
    "UPPER(",
    "COLLATE",
    "OFFSET",
    "JSON",
    "||",
    "{",
    "}",
    "$",
    "--",
    ";",
];

/// The rule that a text breaks, if any.
pub(crate) fn fault(scope: Scope, text: &str) -> Option<String> {
    let upper = text.to_uppercase();
    if let Some(word) = FORBIDDEN.iter().find(|word| upper.contains(**word)) {
        return Some(format!("has {word}"));
    }
    // The key of null is part of the predicates of indexes, which must stand in the query as they
    // stand there.
    let literals = text.replace(NULL_KEY, "").split('\'').count() - 1;
    if literals > 0 {
        return Some("has a text literal".into());
    }
    if scope == Scope::Instance {
        return None;
    }
    if text.starts_with("INSERT ") {
        let bound = text.contains(" (tenant_id, ") && text.contains("VALUES (?1, ");
        return (!bound).then(|| "does not insert ?1 as the tenant".into());
    }
    // Each table that is read or written has its tenant fixed, either to ?1 or to that of the table
    // it is joined to.
    let tables = ["FROM ", "JOIN ", "UPDATE "]
        .iter()
        .map(|word| text.matches(word).count())
        .sum::<usize>()
        - text.matches("DO UPDATE ").count()
        - text.matches("FROM (").count();
    let fixed =
        text.matches("tenant_id = ?1").count() + text.matches("u.tenant_id = a.tenant_id").count();
    if fixed < tables {
        return Some(format!("{tables} tables, {fixed} of them with a tenant"));
    }
    let first = [
        "WHERE tenant_id = ?1",
        "WHERE u.tenant_id = ?1",
        "WHERE a.tenant_id = ?1",
        "WHERE t.tenant_id = ?1",
        "WHERE v.tenant_id = ?1",
    ];
    (!first.iter().any(|first| text.contains(first))).then(|| "tenant is not first".into())
}

#[test]
fn the_lint_bites() {
    let cases = [
        (
            "SELECT id FROM users WHERE id = ?1",
            "1 tables, 0 of them with a tenant",
        ),
        (
            "SELECT id FROM users WHERE id = ?2 AND tenant_id = ?1",
            "tenant is not first",
        ),
        (
            "DELETE FROM users WHERE tenant_id = ?1 AND id IN (SELECT id FROM blocked)",
            "2 tables, 1 of them with a tenant",
        ),
        (
            "INSERT INTO users (id) VALUES (?1)",
            "does not insert ?1 as the tenant",
        ),
        (
            "SELECT id FROM users WHERE tenant_id = ?1 AND upn = 'x'",
            "has a text literal",
        ),
        (
            "SELECT id FROM users WHERE tenant_id = ?1 AND upn = {upn}",
            "has {",
        ),
        (
            "SELECT id FROM users WHERE tenant_id = ?1 AND at < CURRENT_TIMESTAMP",
            "has CURRENT_",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(
            fault(Scope::Tenant, text).as_deref(),
            Some(expected),
            "{text}"
        );
    }
}
