//! What keeps writes from the disk: readiness says so while it lasts, and no caller waits long.

use super::of;
use crate::{Options, Place, Role, Store, StoreError};
use futures_util::future::join_all;
use std::time::{Duration, Instant};

fn open(folder: &tempfile::TempDir) -> Store {
    let place = Place::File(folder.path().join("troubled.db"));
    let mut options = Options::new(place, Role::Server, [1; 32]);
    // Few writes a commit, so that many commits would wait one after the other.
    options.batch = 4;
    Store::open(options).unwrap()
}

async fn put(store: &Store, size: usize) -> Result<(), StoreError> {
    store
        .write_instance("x".repeat(size), |tx, text| {
            Box::pin(async move { tx.put_setting("some", text).await })
        })
        .await
}

/// Runs something on the writing connection.
async fn tell(store: &Store, text: &'static str) {
    let told: Result<(), StoreError> = store
        .write_instance(text, |tx, text| {
            Box::pin(async move { Ok(of(tx.session()).execute_batch(text)?) })
        })
        .await;
    told.unwrap();
}

#[tokio::test]
async fn readiness_follows_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    assert_eq!(store.check().await, Ok(()));
    tell(&store, "PRAGMA max_page_count = 1").await;
    assert_eq!(put(&store, 100_000).await, Err(StoreError::Full));
    // Also though a small write would still find room.
    for _ in 0..3 {
        assert_eq!(store.check().await, Err(StoreError::Full));
    }
    tell(&store, "PRAGMA max_page_count = 1000000").await;
    assert_eq!(store.check().await, Ok(()));
    assert_eq!(put(&store, 100_000).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_write_lock_is_told_to_all_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put(&store, 1).await.unwrap();
    let holder = rusqlite::Connection::open(folder.path().join("troubled.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    // Eighty callers come over two seconds; together they would wait for twenty commits.
    let callers = (0..80_u32).map(|caller| {
        let store = &store;
        async move {
            tokio::time::sleep(Duration::from_millis(25) * caller).await;
            let began = Instant::now();
            let told = if caller % 20 == 0 {
                store.check().await
            } else {
                put(store, 1).await
            };
            (told, began.elapsed())
        }
    });
    for (told, waited) in join_all(callers).await {
        assert_eq!(told, Err(StoreError::Busy));
        assert!(waited < Duration::from_secs(5), "{waited:?}");
    }
    // Reading went on, and writing does when the lock is free.
    assert!(store.instance().setting("some").await.unwrap().is_some());
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(put(&store, 1).await, Ok(()));
    assert_eq!(store.check().await, Ok(()));
}
