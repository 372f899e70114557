//! The length of the write-ahead log while reads overlap.

use crate::engine::{Engine, on_behalf_of};
use crate::query::compose::Composed;
use crate::rows::tenants;
use crate::{Options, Place, Role, Store, StoreError, TenantId, Users};
use futures_util::FutureExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// Bytes of a write.
const WRITE: usize = 1 << 20;
const WRITES: u64 = 96;

fn open(folder: &tempfile::TempDir, log: u64) -> Store {
    let place = Place::File(folder.path().join("long.db"));
    let mut options = Options::new(place, Role::Server, [1; 32]);
    options.log = log;
    options.read_time = Duration::from_secs(1);
    options.readers = 5;
    Store::open(options).unwrap()
}

/// Writes another text each time: SQLite does not write pages that stay as they are.
async fn put(store: &Store) {
    static NTH: AtomicU32 = AtomicU32::new(0);
    let text = format!("{:08}", NTH.fetch_add(1, Ordering::Relaxed)).repeat(WRITE / 8);
    let put = store.write_instance(text, |tx, text| {
        Box::pin(async move { tx.put_setting("much", text).await })
    });
    let put: Result<(), StoreError> = put.await;
    put.unwrap();
}

/// A list that sees one commit for a while.
async fn read_for(store: &Store, time: Duration) -> Result<(), StoreError> {
    let limit = Some(store.read_time());
    let read = store.engine().list(limit, move |on| {
        Box::pin(async move {
            let before = tenants::setting(on, "much").await?;
            std::thread::sleep(time);
            assert_eq!(tenants::setting(on, "much").await?, before);
            Ok(())
        })
    });
    read.await
}

/// The longest log while this much is written and clients read all the time, and how many lists
/// they read.
async fn longest(log: u64) -> (u64, u32) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, log);
    put(&store).await;
    let (is_over, lists) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let readers = (1..=3_u64).map(|n| {
        let (store, is_over, lists) = (store.clone(), Arc::clone(&is_over), Arc::clone(&lists));
        let work = async move {
            tokio::time::sleep(Duration::from_millis(20 * n)).await;
            while !is_over.load(Ordering::Relaxed) {
                read_for(&store, Duration::from_millis(60)).await.unwrap();
                lists.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::spawn(on_behalf_of(Uuid::from_u128(n.into()), work))
    });
    let readers: Vec<_> = readers.collect();
    let path = folder.path().join("long.db-wal");
    let mut longest = 0;
    for _ in 0..WRITES {
        put(&store).await;
        longest = longest.max(std::fs::metadata(&path).unwrap().len());
    }
    is_over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    (longest, lists.load(Ordering::Relaxed))
}

/// What is written while lists wait comes on top of the limit. Without one the log holds all that
/// was written, because there is always somebody who reads: more than it ever does while nobody
/// reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_begins_anew_although_reads_overlap_all_the_time() {
    let (bounded, lists) = longest(4 << 20).await;
    assert!(bounded < 48 << 20, "{bounded} bytes");
    assert!(lists > 3, "{lists} lists were read");
    let (unbounded, _) = longest(u64::MAX).await;
    assert!(unbounded > 64 << 20, "{unbounded} bytes");
}

/// While lists wait, everything short goes on.
#[tokio::test]
async fn look_ups_short_lists_and_writes_do_not_wait() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, Options::LOG);
    let Engine::Sqlite(database) = store.engine();
    let gate = database.readers().gate();
    gate.close();
    put(&store).await;
    let found = store.instance().setting("much").await.unwrap();
    assert_eq!(found.map(|text| text.len()), Some(WRITE));
    // A list that is done within a millisecond; on a busy machine, not at the first try.
    let mut page = None;
    for _ in 0..1_000 {
        let short = store.engine().try_list(Duration::from_secs(1), |on| {
            Box::pin(async move { tenants::setting(on, "little").await })
        });
        page = page.or(short.await.unwrap());
    }
    assert_eq!(page, Some(None));
    // So does what has no snapshot.
    let all = store.engine().list(None, |on| {
        let mut composed = Composed::new(on.context(TenantId::INSTANCE, Users::Live.kind()));
        composed.push("SELECT 1 WHERE ?1 IS NOT NULL");
        Box::pin(async move { on.found(&composed, crate::engine::row::only::<i64>).await })
    });
    assert_eq!(all.await, Ok(vec![1]));
    let mut waiting = Box::pin(read_for(&store, Duration::ZERO));
    assert!(waiting.as_mut().now_or_never().is_none());
    gate.open();
    assert_eq!(waiting.await, Ok(()));
}

/// A process that keeps reading beside the server keeps the log, but no list.
#[tokio::test]
async fn another_process_does_not_hold_lists_back_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder, 8 << 20);
    put(&store).await;
    let beside = rusqlite::Connection::open(folder.path().join("long.db")).unwrap();
    beside.execute_batch("BEGIN").unwrap();
    let count = "SELECT count(*) FROM tenants";
    beside.query_row(count, [], |_| Ok(())).unwrap();
    let Engine::Sqlite(database) = store.engine();
    let gate = database.readers().gate();
    let mut is_held = false;
    for _ in 0..24 {
        put(&store).await;
        is_held |= gate.is_closed();
        assert_eq!(read_for(&store, Duration::ZERO).await, Ok(()));
    }
    assert!(is_held);
    // Once it has ended, the log begins anew: its file grows no further.
    beside.execute_batch("COMMIT").unwrap();
    let path = folder.path().join("long.db-wal");
    let length = || std::fs::metadata(&path).unwrap().len();
    let before = length();
    assert!(before > 24 * (WRITE as u64), "{before}");
    for _ in 0..24 {
        put(&store).await;
        assert_eq!(read_for(&store, Duration::ZERO).await, Ok(()));
    }
    assert!(length() < before + 12 * (WRITE as u64), "{before}");
}
