//! The numbers of tenants in the file: whose they are, and that only making a tenant makes one.

use super::of;
use crate::{
    AttemptKind, AuditRecord, AuditResult, Options, Place, Role, Store, StoreError, TenantId,
    TenantRow, Tx,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::OpenFlags;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use uuid::Uuid;

fn path(folder: &Path) -> PathBuf {
    folder.join("v.db")
}

fn open(folder: &Path, role: Role) -> Store {
    Store::open(Options::new(Place::File(path(folder)), role, [7; 32])).unwrap()
}

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

/// As a tool opens it that may write nothing, beside a server that has it open.
fn beside(file: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn numbers(file: &Path) -> BTreeMap<TenantId, i64> {
    let on = beside(file);
    let mut statement = on
        .prepare("SELECT id, tenant_id FROM tenant_numbers")
        .unwrap();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?));
    let rows = statement.query_map([], read).unwrap();
    rows.map(Result::unwrap)
        .map(|(id, number)| (TenantId(Uuid::from_bytes(id)), number))
        .collect()
}

/// How many rows each table has.
fn rows(file: &Path) -> BTreeMap<String, i64> {
    let on = beside(file);
    let mut tables = on
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let count = |name: String| {
        let text = format!("SELECT COUNT(*) FROM {name}");
        (name, on.query_row(&text, [], |row| row.get(0)).unwrap())
    };
    names.map(Result::unwrap).map(count).collect()
}

async fn write<T: Send + 'static>(
    store: &Store,
    tenant: TenantId,
    work: for<'a> fn(&'a mut Tx, &'a TenantId) -> BoxFuture<'a, Result<T, StoreError>>,
) -> Result<T, StoreError> {
    store.write(tenant, tenant, work).await
}

async fn insert(tx: &mut Tx) -> Result<bool, StoreError> {
    let row = TenantRow {
        id: tx.tenant(),
        display_name: "Contoso".into(),
        initial_domain: "contoso.example".into(),
        settings: "{}".into(),
    };
    tx.insert_tenant(&row).await
}

async fn make(store: &Store, tenant: TenantId) {
    let made = write(store, tenant, |tx, _| Box::pin(insert(tx))).await;
    assert_eq!(made, Ok(true));
}

async fn attempt(tx: &mut Tx) -> Result<(), StoreError> {
    tx.record_attempt(AttemptKind::CodeSent, "a", Timestamp::UNIX_EPOCH)
        .await
}

async fn attempts(store: &Store, tenant: TenantId) -> u64 {
    let reader = store.read(tenant);
    let window = reader.attempts(AttemptKind::CodeSent, "a", Timestamp::MIN);
    window.await.unwrap().count
}

fn record(tx: &mut Tx) {
    tx.audit(AuditRecord {
        at: Timestamp::UNIX_EPOCH,
        activity: "Sign in".into(),
        result: AuditResult::Failure,
        actor_kind: crate::ActorKind::Server,
        actor_id: None,
        target_kind: String::new(),
        target_id: None,
        request_id: None,
        details: "{}".into(),
    });
}

#[tokio::test]
async fn who_is_made_up_leaves_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path());
    let store = open(folder.path(), Role::Server);
    make(&store, tenant(1)).await;
    let before = rows(&file);
    for n in 2..50 {
        assert_eq!(attempts(&store, tenant(n)).await, 0);
        let made = write(&store, tenant(n), |tx, _| Box::pin(attempt(tx))).await;
        assert!(matches!(made, Err(StoreError::Driver(_))), "{made:?}");
        let made = write(&store, tenant(n), |tx, _| {
            Box::pin(async move {
                record(tx);
                Ok(())
            })
        });
        let made = made.await;
        assert!(matches!(made, Err(StoreError::Driver(_))), "{made:?}");
    }
    assert_eq!(rows(&file), before);
    assert_eq!(numbers(&file), BTreeMap::from([(tenant(1), 1)]));
    drop(store);
    let store = open(folder.path(), Role::Tool);
    let load = store.load(tenant(2)).await.unwrap().unwrap();
    load.finish(|_, _| ()).unwrap();
    assert_eq!(rows(&file), before);
}

/// The engine gives the transaction up under a write that ignores it. What the write does from
/// there on is in no transaction, and must not be stored under a number that another tenant gets
/// next.
#[tokio::test]
async fn nothing_is_written_under_a_number_that_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path(), Role::Server);
    let lost = write(&store, tenant(1), |tx, _| {
        Box::pin(async move {
            insert(tx).await?;
            attempt(tx).await?;
            of(tx.connection()).progress_handler(1, Some(|| true))?;
            let interrupted = attempt(tx).await;
            of(tx.connection()).progress_handler(0, None::<fn() -> bool>)?;
            assert_eq!(interrupted, Err(StoreError::Overdue));
            drop(attempt(tx).await);
            record(tx);
            Ok(())
        })
    })
    .await;
    assert!(lost.is_err());
    assert_eq!(numbers(&path(folder.path())), BTreeMap::new());
    make(&store, tenant(2)).await;
    assert_eq!(attempts(&store, tenant(2)).await, 0);
    make(&store, tenant(1)).await;
    assert_eq!(attempts(&store, tenant(1)).await, 0);
}

#[tokio::test]
async fn numbers_are_kept_by_a_file_and_its_copies() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(folder.path());
    let mut before = BTreeMap::new();
    for n in 1..=4 {
        let store = open(folder.path(), Role::Server);
        // In no order, so that a number is not what another order would give.
        let one = tenant(0xFFFF_FFFF - n);
        make(&store, one).await;
        for _ in 0..n {
            let done = write(&store, one, |tx, _| Box::pin(attempt(tx))).await;
            assert_eq!(done, Ok(()));
        }
        let now = numbers(&file);
        assert_eq!(now.len(), before.len() + 1);
        assert!(before.iter().all(|(one, number)| now[one] == *number));
        before = now;
    }
    let copy = tempfile::tempdir().unwrap();
    let target = path(copy.path());
    beside(&file)
        .execute("VACUUM INTO ?1", [target.to_str().unwrap()])
        .unwrap();
    assert_eq!(numbers(&target), before);
    for folder in [folder, copy] {
        let store = open(folder.path(), Role::Server);
        for n in 1..=4 {
            let one = tenant(0xFFFF_FFFF - n);
            assert_eq!(u128::from(attempts(&store, one).await), n);
        }
    }
}
