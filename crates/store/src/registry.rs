//! All statements of the crate, as the folders list them, and the rules of `sql::lint` over them.

use crate::sql::lint::fault;
use crate::sql::{Scope, Sql};
use crate::{engine, load, migrations, query, rows};

/// All texts of the crate.
pub(crate) fn registry() -> Vec<&'static Sql> {
    [
        engine::statements(),
        rows::statements(),
        query::statements(),
        load::SQL.to_vec(),
    ]
    .concat()
}

/// The statements that may touch more than one tenant. A walk over a whole table that makes keys is
/// one of them; nothing that serves a request is added.
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
    "all rows of users",
    "all rows of invitations",
    "LONG_IDENTITIES",
];

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
    assert_eq!(tables, 28);
}
