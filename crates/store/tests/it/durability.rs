use crate::fixtures::{KEY, TENANT, at, id, keys, make, record, user, write};
use futures_util::FutureExt;
use std::path::Path;
use store::{AttemptKind, AuditVerdict, ChangeKind, Options, Page, Place, Role, Store, StoreError};

fn options(folder: &Path, role: Role) -> Options {
    Options::new(Place::File(folder.join("vestibule.db")), role, KEY)
}

async fn add(store: &Store, n: u128) -> Result<(), StoreError> {
    write!(store, TENANT, n, tx, n => {
        tx.insert_user(&user(*n), &keys()).await?;
        tx.audit(record("Add user"));
        tx.changed(id(*n), ChangeKind::Created);
        Ok(())
    })
}

#[tokio::test]
async fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=3u128 {
        let store = Store::open(options(folder.path(), Role::Server)).unwrap();
        if round == 1 {
            make(&store, TENANT).await;
        }
        add(&store, round).await.unwrap();
        let users = store
            .read(TENANT)
            .users(Page {
                after: None,
                limit: 9,
            })
            .await
            .unwrap();
        assert_eq!(users, (1..=round).map(user).collect::<Vec<_>>());
        let head = store.read(TENANT).audit_head().await.unwrap();
        assert_eq!(head.seq, i64::try_from(round).unwrap());
        assert_eq!(
            store.verify_audit(TENANT).await.unwrap(),
            AuditVerdict::Sound(head)
        );
        assert_eq!(
            store.read(TENANT).change_state().await.unwrap().head,
            head.seq
        );
        // Once by closing, else by dropping.
        if round == 2 {
            store.close().await;
            assert_eq!(add(&store, 50).await, Err(StoreError::Gone));
            let all = Page {
                after: None,
                limit: 9,
            };
            // Requests that are under way read on.
            let read = store.read(TENANT).users(all).await.unwrap();
            assert_eq!(read.len(), 2);
        }
    }
}

#[tokio::test]
async fn two_servers_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let server = Store::open(options(folder.path(), Role::Server)).unwrap();
    assert_eq!(
        Store::open(options(folder.path(), Role::Server)).err(),
        Some(StoreError::Locked)
    );
    drop(server);
    assert!(Store::open(options(folder.path(), Role::Server)).is_ok());
}

/// A command may write beside the server, and the audit chain stays one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tools_work_beside_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Store::open(options(folder.path(), Role::Server)).unwrap();
    let tool = Store::open(options(folder.path(), Role::Tool)).unwrap();
    make(&tool, TENANT).await;
    for n in 0..10 {
        add(&server, 2 * n + 1).await.unwrap();
        add(&tool, 2 * n + 2).await.unwrap();
    }
    let (by_server, by_tool) = (
        tokio::spawn({
            let server = server.clone();
            async move {
                for n in 100..140 {
                    add(&server, n).await.unwrap();
                }
            }
        }),
        tokio::spawn({
            let tool = tool.clone();
            async move {
                for n in 200..240 {
                    add(&tool, n).await.unwrap();
                }
            }
        }),
    );
    by_server.await.unwrap();
    by_tool.await.unwrap();
    assert_eq!(server.read(TENANT).change_state().await.unwrap().head, 100);
    assert!(
        matches!(tool.verify_audit(TENANT).await.unwrap(), AuditVerdict::Sound(head) if head.seq == 100)
    );
    // With another key the chain is worth nothing.
    let stranger = Store::open(Options {
        audit_key: [0; 32],
        ..options(folder.path(), Role::Tool)
    })
    .unwrap();
    assert_eq!(
        stranger.verify_audit(TENANT).await.unwrap(),
        AuditVerdict::Broken { seq: 1 }
    );
}

/// What waits when the store closes is finished, and answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_finishes_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path(), Role::Server)).unwrap();
    make(&store, TENANT).await;
    let mut writes: Vec<_> = (1..=50).map(|n| Box::pin(add(&store, n))).collect();
    for write in &mut writes {
        assert!(write.as_mut().now_or_never().is_none());
    }
    store.close().await;
    for write in writes {
        assert_eq!(write.await, Ok(()));
    }
    drop(store);
    let store = Store::open(options(folder.path(), Role::Server)).unwrap();
    assert_eq!(
        store
            .read(TENANT)
            .users(Page {
                after: None,
                limit: 99
            })
            .await
            .unwrap()
            .len(),
        50
    );
}

#[tokio::test]
async fn ready_until_closed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path(), Role::Server)).unwrap();
    for _ in 0..20 {
        assert_eq!(store.check().await, Ok(()));
    }
    let commits = store.stats().commits;
    assert!((1..10).contains(&commits), "{commits} commits to look");
    store.close().await;
    assert_eq!(store.check().await, Err(StoreError::Gone));
}

/// Enough writing to carry the log over and start it again; the log stays small.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_does_not_grow_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path(), Role::Server)).unwrap();
    make(&store, TENANT).await;
    let text = "x".repeat(20_000);
    for round in 0..40u128 {
        let writes: Vec<_> = (0..100u128)
            .map(|n| {
                let (store, text) = (store.clone(), text.clone());
                tokio::spawn(async move {
                    write!(store, TENANT, (round * 100 + n + 1, text), tx, input => {
                        let mut row = user(input.0);
                        row.rest.clone_from(&input.1);
                        tx.insert_user(&row, &keys()).await
                    })
                })
            })
            .collect();
        for write in writes {
            write.await.unwrap().unwrap();
        }
    }
    let beside: u64 = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != "vestibule.db")
        .map(|entry| entry.metadata().unwrap().len())
        .sum();
    assert!(beside < 64 << 20, "{beside} bytes beside the database");
    let attempt = write!(store, tx => tx.record_attempt(AttemptKind::CodeSent, "", at(0)).await);
    assert_eq!(attempt, Ok(()));
}
