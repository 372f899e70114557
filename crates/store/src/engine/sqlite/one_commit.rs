//! All statements of a list see one commit, however the list ends.

use crate::engine::row::Columns;
use crate::query::compose::Composed;
use crate::{Objects, Options, Place, Query, Role, Store, StoreError, TenantId, UserBrief, Users};
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));

/// The store in which a user is added while a row of a page is read.
static MEANWHILE: Mutex<Option<(Store, Uuid)>> = Mutex::new(None);

/// Reads a row, while another request writes.
fn read_while_written(row: &mut Columns<'_>) -> Result<(Uuid, ()), StoreError> {
    let id = row.take()?;
    let Some((store, new)) = MEANWHILE.lock().unwrap().take() else {
        return Ok((id, ()));
    };
    let write = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(add(&store, new));
    };
    std::thread::spawn(write).join().unwrap();
    Ok((id, ()))
}

async fn add(store: &Store, id: Uuid) {
    let added = store.write(TENANT, id, |tx, id| {
        Box::pin(async move {
            let mut record = edm::Record::new();
            record.set(&edm::user::ID, id.to_string());
            let keys = crate::ObjectKeys::of_user(&record);
            tx.insert_user(&super::slow::row(*id, &record), &keys).await
        })
    });
    let added: Result<(), StoreError> = added.await;
    added.unwrap();
}

async fn store(folder: &tempfile::TempDir) -> Store {
    let place = Place::File(folder.path().join("one.db"));
    let store = Store::open(Options::new(place, Role::Server, [1; 32])).unwrap();
    let tenant = super::slow::tenant(TENANT);
    let made: Result<bool, StoreError> = store
        .write(TENANT, tenant, |tx, tenant| {
            Box::pin(tx.insert_tenant(tenant))
        })
        .await;
    made.unwrap();
    store
}

/// A page and its count are of the same users, though one was added between the two statements.
#[tokio::test]
async fn a_write_between_two_statements_of_a_list_changes_nothing_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    add(&store, Uuid::from_u128(1)).await;
    let users = Objects {
        kind: UserBrief::among(Users::Live).kind,
        columns: "u.id",
        read: read_while_written,
    };
    // A short page is tried where it is asked for, a long one is read on another thread.
    for (n, limit) in [(1, 10), (2, 500)] {
        *MEANWHILE.lock().unwrap() = Some((store.clone(), Uuid::from_u128(n + 1)));
        let query = Query {
            limit,
            counts: true,
            ..Query::default()
        };
        let page = store.read(TENANT).find(users, query).await.unwrap();
        assert!(MEANWHILE.lock().unwrap().is_none(), "nothing was written");
        let rows = u64::try_from(page.rows.len()).unwrap();
        assert_eq!(page.count, Some(rows), "of {limit}");
        let later = store.read(TENANT).count(users, None).await;
        assert_eq!(later, Ok(u64::try_from(n + 1).unwrap()));
    }
}

/// The connection is given back outside any transaction, whether the list was read, refused, broken
/// off or panicked.
#[tokio::test]
async fn a_list_leaves_no_transaction_behind() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let engine = store.engine();
    let hour = Duration::from_hours(1);
    // A read in its time; one of another type than asked for; one that takes too long; a panic,
    // which for the read that is tried is a text that is no statement.
    for (time, text, is_listed, is_tried) in [
        (hour, "SELECT 1 WHERE ?1 IS NOT NULL", true, true),
        (hour, "SELECT 'text' WHERE ?1 IS NOT NULL", false, false),
        (
            Duration::ZERO,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT count(*) FROM n WHERE ?1 IS NOT NULL",
            false,
            true,
        ),
        (hour, "", false, false),
    ] {
        let work = move |on: &mut crate::engine::connection::Connection| {
            let mut composed = Composed::new(on.context(TENANT, Users::Live.kind()));
            composed.push(text);
            composed
        };
        let listed = engine.list(Some(time), move |on| {
            Box::pin(async move {
                let composed = work(on);
                assert!(on.number(TENANT).await?.is_some());
                assert!(!super::of(on).is_autocommit(), "no snapshot");
                assert!(!composed.text().is_empty(), "panics");
                on.found(&composed, crate::engine::row::only::<i64>).await
            })
        });
        let listed = listed.await;
        let tried = engine.try_list(time, move |on| {
            Box::pin(async move {
                let composed = work(on);
                on.found(&composed, crate::engine::row::only::<i64>).await
            })
        });
        let tried = tried.await;
        assert_eq!(listed.is_ok(), is_listed, "{listed:?}");
        assert_eq!(tried.is_ok(), is_tried, "{tried:?}");
        for _ in 0..16 {
            let is_over = engine.list(None, |on| {
                Box::pin(async move { Ok(super::of(on).is_autocommit()) })
            });
            assert_eq!(is_over.await, Ok(true), "after {text:?}");
        }
    }
}
