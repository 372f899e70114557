//! The rules that every SQL text keeps.

use super::{Scope, Sql};
use crate::migrations;
use crate::query::kinds::TABLES;
use crate::sql::dialect;

/// All texts of the crate.
pub(crate) fn registry() -> Vec<&'static Sql> {
    let modules = [
        crate::rows::apps::SQL,
        crate::rows::attempts::SQL,
        crate::rows::audit::SQL,
        crate::rows::changes::SQL,
        crate::rows::deleted::SQL,
        crate::rows::delta::SQL,
        crate::rows::idempotency::SQL,
        crate::rows::identity_keys::SQL,
        crate::rows::invitations::SQL,
        crate::load::SQL,
        crate::rows::outbox::SQL,
        crate::rows::photos::SQL,
        crate::rows::password_hashes::SQL,
        crate::rows::pending_members::SQL,
        crate::rows::redemptions::SQL,
        crate::query::rekeying::SQL,
        crate::rows::relations::SQL,
        crate::rows::resealing::SQL,
        crate::rows::tenant_numbers::SQL,
        crate::rows::tenants::SQL,
        crate::rows::turning_back::SQL,
        crate::rows::uniqueness::SQL,
        crate::rows::user_counts::SQL,
        crate::rows::user_writes::SQL,
        crate::rows::users::SQL,
    ];
    let declared = modules.into_iter().flatten().copied();
    let made = TABLES.map(|table| &table.writes);
    let made = made
        .into_iter()
        .flat_map(|writes| [&writes.insert, &writes.replace_keys, &writes.every]);
    declared
        .chain(made)
        .chain([&*crate::rows::user_writes::KEYED_USERS])
        .collect()
}

/// The statements that may touch more than one tenant. A walk over a whole
/// table that makes keys is one of them; nothing that serves a request is added.
const INSTANCE: &[&str] = &[
    "TENANT_NUMBER",
    "NUMBER_TENANT",
    "DUE_TENANTS",
    "WAITING_LETTERS",
    "TENANTS",
    "ALL_USERS",
    "DOMAIN_TENANT",
    "SIGNING_KEYS",
    "INSERT_SIGNING_KEY",
    "SET_KEY_STATE",
    "RESEAL_KEY",
    "FORGET_KEY",
    "SETTING",
    "MOVE_SETTING",
    "PUT_SETTING",
    "every users",
    "every invitations",
    "LONG_IDENTITIES",
];

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
    let literals = text.replace(dialect::NULL_KEY, "").split('\'').count() - 1;
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
fn every_text_keeps_the_rules() {
    let registry = registry();
    assert!(
        registry.len() > 60,
        "the registry lost its statements: {}",
        registry.len()
    );
    let faults: Vec<String> = registry
        .iter()
        .filter_map(|sql| {
            fault(sql.scope, sql.text).map(|fault| format!("{} {fault}: {}", sql.name, sql.text))
        })
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn instance_statements_are_the_listed_ones() {
    let mut found: Vec<_> = registry()
        .iter()
        .filter(|sql| sql.scope == Scope::Instance)
        .map(|sql| sql.name)
        .collect();
    let mut listed = INSTANCE.to_vec();
    found.sort_unstable();
    listed.sort_unstable();
    assert_eq!(found, listed);
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

#[test]
fn every_table_is_keyed_by_tenant_first() {
    let instance = [
        "schema_versions",
        "schema_parts",
        "made_keys",
        "signing_keys",
        "settings",
        "domains",
    ];
    let mut tables = 0;
    for statement in migrations::statements() {
        let name = statement.split(' ').nth(5).unwrap_or_default();
        let again = [
            "IF NOT EXISTS",
            "DROP INDEX IF EXISTS ",
            "UPDATE ",
            "ON CONFLICT DO NOTHING",
        ];
        assert!(
            again.iter().any(|word| statement.contains(word)),
            "cannot be run twice: {statement}"
        );
        if statement.starts_with("CREATE TABLE") && !instance.contains(&name) {
            tables += 1;
            let keyed = statement.contains("PRIMARY KEY (tenant_id, ")
                || statement.contains("( tenant_id bigint NOT NULL PRIMARY KEY");
            assert!(keyed, "{name} is not keyed by tenant");
        }
        if statement.contains("INDEX") && !statement.starts_with("DROP ") {
            assert!(
                statement.contains(" (tenant_id, "),
                "an index without the tenant: {statement}"
            );
        }
    }
    assert_eq!(tables, 24);
}
