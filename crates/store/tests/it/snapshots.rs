//! Several look-ups in one snapshot.

use crate::fixtures::{KEY, TENANT, id, keys, make, store, user, write};
use store::{Lookup, Options, Place, Role, Store, StoreError};

async fn add(store: &Store, n: u128) {
    let added: Result<(), StoreError> =
        write!(store, TENANT, n, tx, n => tx.insert_user(&user(*n), &keys()).await);
    assert_eq!(added, Ok(()));
}

/// Writes while the calling thread waits, as another request does meanwhile.
fn add_meanwhile(store: &Store, n: u128) {
    let store = store.clone();
    let write = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(add(&store, n));
    };
    std::thread::spawn(write).join().unwrap();
}

/// In a file: a database in memory has no log, and a write to it waits for those who read.
async fn in_file(folder: &tempfile::TempDir) -> Store {
    let place = Place::File(folder.path().join("vestibule.db"));
    let store = Store::open(Options::new(place, Role::Server, KEY)).unwrap();
    make(&store, TENANT).await;
    store
}

#[tokio::test]
async fn all_look_ups_see_the_same_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = in_file(&folder).await;
    let reader = store.read(TENANT);
    let seen = reader.snapshot(async |on| {
        let first = on.user(id(1)).await?;
        add_meanwhile(&store, 1);
        Ok::<_, StoreError>((first, on.user(id(1)).await?))
    });
    assert_eq!(seen.await, Ok((None, None)));
    // The next one begins anew, on whichever connection.
    for _ in 0..10 {
        let seen = reader.snapshot(async |on| on.user(id(1)).await);
        assert!(seen.await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_snapshot_is_one_lease() {
    let store = store().await;
    add(&store, 1).await;
    let (before, reader) = (store.stats().leases, store.read(TENANT));
    let found = reader.snapshot(async |on| {
        let user = on.user(id(1)).await?;
        on.domains().await?;
        on.roles_of(id(1)).await?;
        Ok::<_, StoreError>((user.map(|user| user.id), on.tenant_id()))
    });
    assert_eq!(found.await, Ok((Some(id(1)), TENANT)));
    assert_eq!(store.stats().leases, before + 1);
}

#[tokio::test]
async fn work_that_awaits_something_else_is_refused() {
    let store = store().await;
    let reader = store.read(TENANT);
    for _ in 0..20 {
        let slow = reader.snapshot(async |on| {
            let found = on.user(id(1)).await?;
            tokio::task::yield_now().await;
            Ok::<_, StoreError>(found)
        });
        assert!(matches!(slow.await, Err(StoreError::Driver(_))));
    }
    // All connections were given back, none in an open transaction.
    add(&store, 1).await;
    for _ in 0..10 {
        assert!(reader.user(id(1)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_snapshot_that_panics_or_is_refused_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = in_file(&folder).await;
    for n in 1..20 {
        let reader = store.read(TENANT);
        let broken = tokio::spawn(async move {
            let read = reader.snapshot(async |on| {
                on.user(id(n)).await?;
                match n % 2 {
                    0 => Err::<(), _>(StoreError::Undone),
                    _ => panic!("for the test"),
                }
            });
            read.await
        });
        assert_ne!(broken.await.ok(), Some(Ok(())));
        add(&store, n).await;
        for _ in 0..10 {
            assert!(store.read(TENANT).user(id(n)).await.unwrap().is_some());
        }
    }
}
