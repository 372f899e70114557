//! How SQLite means to run each statement: by an index, on more than the tenant alone.

use super::{migrate, of, open};
use crate::engine::Driver;
use crate::engine::connection::Connection;
use crate::engine::tenant_numbers::Numbers;
use crate::registry::registry;
use crate::sql::Scope;
use crate::{Options, Place, Role};

/// Statements that walk all that a tenant has, or more, or sort what they found. Each is small by
/// nature, or is housekeeping, or is asked for as a whole; the list only shrinks.
const WALKS: &[(&str, &str)] = &[
    (
        "APPS",
        "SEARCH apps USING INDEX sqlite_autoindex_apps_1 (tenant_id=?)",
    ),
    (
        "APP_OF",
        "SEARCH apps USING INDEX sqlite_autoindex_apps_1 (tenant_id=?)",
    ),
    // A tenant's definitions are some hundred, and read as a whole; of the last one the number.
    (
        "DEFINITIONS",
        "SEARCH definitions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "ALL_DEFINITIONS",
        "SEARCH definitions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "COUNT_DEFINITIONS",
        "SEARCH definitions USING COVERING INDEX definitions_name (tenant_id=?)",
    ),
    (
        "COUNT_DEFINITIONS_OF",
        "SEARCH definitions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "ADD_DEFINITION",
        "SEARCH definitions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "DELETED_BEFORE",
        "SEARCH definitions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "DELETE_DEFINITIONS_OF",
        "SEARCH definitions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "ATTRIBUTE_SETS",
        "SEARCH attribute_sets USING PRIMARY KEY (tenant_id=?)",
    ),
    // Administrators are few.
    (
        "ROLES",
        "SEARCH role_assignments USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "PRUNE_ANSWERS",
        "SEARCH idempotency USING INDEX sqlite_autoindex_idempotency_1 (tenant_id=?)",
    ),
    // The invitations of one guest.
    ("INVITATIONS_OF", "USE TEMP B-TREE FOR ORDER BY"),
    ("ACCEPTED_AT", "USE TEMP B-TREE FOR ORDER BY"),
    // Read before a load, when there are hardly any.
    (
        "HELD_ADDRESSES",
        "SEARCH addresses USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "HELD_IDENTITIES",
        "SEARCH identities USING PRIMARY KEY (tenant_id=?)",
    ),
    // Letters written in the same microsecond.
    ("LETTERS", "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"),
    ("LETTERS_TO", "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"),
    // What waits, and nothing else, is in this index.
    ("DUE_TENANTS", "SCAN outbox USING COVERING INDEX outbox_due"),
    ("DUE_TENANTS", "SCAN due"),
    (
        "WAITING_LETTERS",
        "SCAN outbox USING COVERING INDEX outbox_due",
    ),
    (
        "PRUNE_REDEMPTIONS",
        "SEARCH redemptions USING PRIMARY KEY (tenant_id=?)",
    ),
    // All of a tenant's, so many at a time.
    ("EMPTY_VALUES", "SEARCH v USING PRIMARY KEY (tenant_id=?)"),
    ("EMPTY_TOKENS", "SEARCH v USING PRIMARY KEY (tenant_id=?)"),
    // Once in the life of a master key.
    (
        "VOID_CODES",
        "SEARCH redemptions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "DOMAINS",
        "SEARCH domains USING INDEX domains_tenant (tenant_id=?)",
    ),
    (
        "TENANTS",
        "SCAN tenant_numbers USING INDEX sqlite_autoindex_tenant_numbers_1",
    ),
    ("SIGNING_KEYS", "SCAN signing_keys"),
    ("SIGNING_KEYS", "USE TEMP B-TREE FOR ORDER BY"),
    // After a wrong clock, by hand and with the server stopped.
    (
        "END_OUTLIVED",
        "SEARCH invitations USING INDEX invitations_user (tenant_id=?)",
    ),
    (
        "MOVE_INVITATIONS",
        "SEARCH invitations USING INDEX invitations_user (tenant_id=?)",
    ),
    (
        "MOVE_ENDS",
        "SEARCH invitations USING INDEX invitations_user (tenant_id=?)",
    ),
    (
        "MOVE_ACCEPTANCES",
        "SEARCH invitations USING INDEX invitations_user (tenant_id=?)",
    ),
    (
        "MOVE_DECLINES",
        "SEARCH invitations USING INDEX invitations_user (tenant_id=?)",
    ),
    (
        "MOVE_SENT",
        "SEARCH outbox USING INDEX outbox_newest (tenant_id=?)",
    ),
    (
        "MOVE_ANSWERS",
        "SEARCH idempotency USING INDEX sqlite_autoindex_idempotency_1 (tenant_id=?)",
    ),
    (
        "MOVE_BLOCKED",
        "SEARCH blocked USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "FORGET_SESSIONS",
        "SEARCH redemptions USING PRIMARY KEY (tenant_id=?)",
    ),
    (
        "FORGET_EVENTS",
        "SEARCH attempts USING PRIMARY KEY (tenant_id=?)",
    ),
    // One row for each tenant.
    ("ALL_USERS", "SCAN user_counts"),
];

#[test]
fn statements_use_their_indexes() {
    let options = Options::new(Place::Memory("plans".into()), Role::Server, [1; 32]);
    let on = open::writer(&options.place).unwrap();
    let on = migrate::migrate(on, &options).unwrap();
    let mut connection = Connection::new(Driver::Sqlite(on), Numbers::default());
    let on = of(&mut connection);
    let mut walks = Vec::new();
    for sql in registry() {
        let mut explain = on
            .prepare(&format!("EXPLAIN QUERY PLAN {}", sql.text))
            .unwrap();
        let steps: Vec<String> = explain
            .raw_query()
            .mapped(|row| row.get(3))
            .collect::<Result<_, _>>()
            .unwrap();
        for step in steps {
            // One row per tenant: the tenant is the whole key. For the audit's end the first or
            // last of a key range.
            let one = [
                "tenant_numbers",
                "tenants",
                "audit_heads",
                "audit",
                "user_counts",
                "definition_versions",
            ]
            .iter()
            .any(|table| step == format!("SEARCH {table} USING PRIMARY KEY (tenant_id=?)"))
                || step == "SCAN CONSTANT ROW";
            let walk = step.starts_with("SCAN")
                || step.ends_with("(tenant_id=?)")
                || step.contains("TEMP B-TREE");
            if walk && !one {
                walks.push((sql.name, step));
            }
        }
    }
    let mut found: Vec<_> = walks
        .iter()
        .map(|(name, step)| (*name, step.as_str()))
        .collect();
    let mut listed = WALKS.to_vec();
    found.sort_unstable();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn statements_are_planned_once_whatever_is_bound() {
    let options = Options::new(Place::Memory("planned once".into()), Role::Server, [1; 32]);
    let on = open::writer(&options.place).unwrap();
    let _kept = migrate::migrate(on, &options).unwrap();
    let on = open::reader(&options.place).unwrap();
    let mut anew = Vec::new();
    for sql in registry()
        .into_iter()
        .filter(|sql| sql.text.starts_with("SELECT"))
    {
        let mut statement = on.prepare(sql.text).unwrap();
        for round in 0..3_u8 {
            for at in 1..=statement.parameter_count() {
                statement.raw_bind_parameter(at, [round; 16]).unwrap();
            }
            if sql.scope == Scope::Tenant {
                statement.raw_bind_parameter(1, round).unwrap();
            }
            // A limit that is a blob is an error, which is no plan.
            let _answer = statement.raw_query().next().map(drop);
        }
        if statement.get_status(rusqlite::StatementStatus::RePrepare) > 0 {
            anew.push(sql.name);
        }
    }
    assert!(anew.is_empty(), "{anew:?}");
}

/// No fixed statement is prepared again and again, and there is room for composed ones.
#[test]
fn a_connection_keeps_all_statements_prepared() {
    let fixed = registry().len();
    assert!(fixed + 100 < open::PREPARED, "{fixed} statements");
}
