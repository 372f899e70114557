//! What keeps writes from the disk: readiness says so while it lasts, and no caller waits long.

use super::of;
use crate::{Options, Place, Role, Store, StoreError};
use futures_util::future::join_all;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

fn open(folder: &tempfile::TempDir) -> Store {
    let place = Place::File(folder.path().join("troubled.db"));
    let mut options = Options::new(place, Role::Server, [1; 32]);
    // Few writes a commit, so that many commits would wait one after the other.
    options.batch = 4;
    Store::open(options).unwrap()
}

async fn put(store: &Store, size: usize) -> Result<(), StoreError> {
    put_as(store, "some", size).await
}

async fn put_as(store: &Store, name: &str, size: usize) -> Result<(), StoreError> {
    store
        .write_instance((name.to_owned(), "x".repeat(size)), |tx, (name, text)| {
            Box::pin(async move { tx.put_setting(name, text).await })
        })
        .await
}

/// Runs something on the writing connection.
async fn tell(store: &Store, text: &'static str) {
    let told: Result<(), StoreError> = store
        .write_instance(text, |tx, text| {
            Box::pin(async move { Ok(of(tx.connection()).execute_batch(text)?) })
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

/// Garbage in the middle of the file while it is open. What is not in a cache is met by the next
/// read or write, and once the file is as it was, the same process writes again.
#[tokio::test]
async fn damage_is_met_told_and_over_when_the_file_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    // Ten times what the caches hold, so that most of it has to be read again.
    for number in 0..40 {
        put_as(&store, &format!("some{number}"), 2 << 20)
            .await
            .unwrap();
    }
    let path = folder.path().join("troubled.db");
    let beside = rusqlite::Connection::open(&path).unwrap();
    beside
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let whole = std::fs::read(&path).unwrap();
    let middle = whole.len() / 8;
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&vec![0xa5; whole.len() - 2 * middle], middle as u64)
        .unwrap();
    let mut met = 0;
    for number in 0..40 {
        let read = store.instance().setting(&format!("some{number}")).await;
        met += u8::from(matches!(read, Err(StoreError::Corrupt(_))));
    }
    assert!(met > 10, "{met}");
    // Nothing was written yet, and the server is not ready all the same.
    let ready = store.check().await;
    assert!(matches!(ready, Err(StoreError::Corrupt(_))), "{ready:?}");
    let mut met = 0;
    for number in 0..40 {
        match put_as(&store, &format!("some{number}"), 10).await {
            Ok(()) => {}
            Err(StoreError::Corrupt(_)) => met += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(met > 10, "{met}");
    let ready = store.check().await;
    assert!(matches!(ready, Err(StoreError::Corrupt(_))), "{ready:?}");
    file.write_all_at(&whole, 0).unwrap();
    for number in 0..40 {
        put_as(&store, &format!("some{number}"), 10).await.unwrap();
    }
}

/// One row that cannot be read, because another build or somebody by hand wrote it, is no damage:
/// other writes go on, and the server stays ready however often the row is asked for.
#[tokio::test]
async fn a_row_that_cannot_be_read_leaves_the_server_ready() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    put_as(&store, "odd", 10).await.unwrap();
    let by_hand = rusqlite::Connection::open(folder.path().join("troubled.db")).unwrap();
    let changed = by_hand.execute("UPDATE settings SET value = x'00' WHERE name = 'odd'", []);
    assert_eq!(changed.unwrap(), 1);
    let read: Result<(), StoreError> = store
        .write_instance((), |tx, ()| {
            Box::pin(async move { tx.setting("odd").await.map(drop) })
        })
        .await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    store.check().await.unwrap();
    put_as(&store, "other", 10).await.unwrap();
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
