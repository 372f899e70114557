use crate::fixtures::{KEY, TENANT, at, id, keys, make, store, user, write};
use futures_util::FutureExt;
use store::{AttemptKind, Lookup, Options, Page, Place, Role, Store, StoreError};

/// The caller's own error type comes through, and undoes the write.
#[tokio::test]
async fn a_refusal_changes_nothing() {
    #[derive(Debug, PartialEq)]
    enum Refusal {
        Rule(&'static str),
        Store(StoreError),
    }
    impl From<StoreError> for Refusal {
        fn from(error: StoreError) -> Self {
            Self::Store(error)
        }
    }
    let store = store().await;
    let refused = store
        .write(TENANT, (), |tx, ()| {
            Box::pin(async move {
                tx.insert_user(&user(1), &keys()).await?;
                Err::<(), _>(Refusal::Rule("not on Sundays"))
            })
        })
        .await;
    assert_eq!(refused, Err(Refusal::Rule("not on Sundays")));
    assert_eq!(store.read(TENANT).user(id(1)).await.unwrap(), None);
    let failed = store
        .write(TENANT, (), |tx, ()| {
            Box::pin(async move {
                tx.insert_user(&user(1), &keys()).await?;
                tx.insert_user(&user(1), &keys())
                    .await
                    .map_err(Refusal::from)
            })
        })
        .await;
    assert!(matches!(
        failed,
        Err(Refusal::Store(StoreError::Conflict(_)))
    ));
}

/// A write sees what it wrote; nobody else does before it is done.
#[tokio::test]
async fn a_write_reads_its_own() {
    let store = store().await;
    let found = write!(store, tx => {
        tx.insert_user(&user(1), &keys()).await?;
        Ok(tx.user(id(1)).await?.is_some())
    });
    assert_eq!(found, Ok(true));
}

/// Many writes share commits, and each is answered by its own outcome.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commits_are_shared() {
    let store = store().await;
    let before = store.stats();
    let writers: Vec<_> = (1..=500u128)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                write!(store, TENANT, n, tx, n => {
                    tx.insert_user(&user(*n), &keys()).await?;
                    Ok(*n)
                })
            })
        })
        .collect();
    for (n, writer) in (1..).zip(writers) {
        assert_eq!(writer.await.unwrap(), Ok(n));
    }
    let stats = store.stats();
    let jobs = stats.jobs - before.jobs;
    assert_eq!((jobs, stats.reruns, stats.waiting), (500, 0, 0));
    assert_eq!(stats.commits, stats.batches);
    assert!(stats.largest > 1 && stats.commits < 500, "{stats:?}");
    assert_eq!(
        store
            .read(TENANT)
            .users(Page {
                after: None,
                limit: 999
            })
            .await
            .unwrap()
            .len(),
        500
    );
}

/// A queue that is full says so instead of growing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_busy() {
    let options = Options {
        queue: 4,
        batch: 2,
        ..Options::new(Place::Memory("full queue".into()), Role::Server, KEY)
    };
    let store = Store::open(options).unwrap();
    make(&store, TENANT).await;
    let (started, running) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new((started, released));
    let first = {
        let store = store.clone();
        tokio::spawn(async move {
            write!(store, TENANT, gate, tx, gate => {
                {
                    let gate = gate.lock().unwrap();
                    gate.0.send(()).unwrap();
                    gate.1.recv().unwrap();
                }
                tx.record_attempt(AttemptKind::CodeSent, "", at(0)).await
            })
        })
    };
    // The writer is in the first job now; four more have room.
    tokio::task::spawn_blocking(move || running.recv().unwrap())
        .await
        .unwrap();
    let mut waiting = Vec::new();
    for seconds in 1..=4 {
        let store = store.clone();
        let mut write = Box::pin(async move {
            write!(store, TENANT, at(seconds), tx, now => tx.record_attempt(AttemptKind::CodeSent, "", *now).await)
        });
        assert!(write.as_mut().now_or_never().is_none());
        waiting.push(write);
    }
    assert_eq!(store.stats().waiting, 4);
    let refused = write!(store, tx => tx.record_attempt(AttemptKind::CodeSent, "", at(9)).await);
    assert_eq!(refused, Err(StoreError::Busy));
    release.send(()).unwrap();
    assert_eq!(first.await.unwrap(), Ok(()));
    for write in waiting {
        assert_eq!(write.await, Ok(()));
    }
    assert_eq!(
        store
            .read(TENANT)
            .attempts(AttemptKind::CodeSent, "", at(-1))
            .await
            .unwrap()
            .count,
        5
    );
}

/// Who stops waiting does not undo the write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_outlives_its_caller() {
    let store = store().await;
    let (started, running) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new((started, released));
    let first = {
        let store = store.clone();
        tokio::spawn(async move {
            write!(store, TENANT, gate, _tx, gate => {
                let gate = gate.lock().unwrap();
                gate.0.send(()).unwrap();
                gate.1.recv().unwrap();
                Ok(())
            })
        })
    };
    // The writer is busy with the first one, so that the next is not done before its caller goes.
    tokio::task::spawn_blocking(move || running.recv().unwrap())
        .await
        .unwrap();
    {
        // Polled once: the write is in the queue. The writer may be quick enough to have done it
        // already.
        let mut write = Box::pin(write_user(&store));
        if let Some(done) = write.as_mut().now_or_never() {
            done.unwrap();
        }
    }
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    // The queue keeps order: this one is behind it.
    write!(store, _tx => Ok(())).unwrap();
    assert!(store.read(TENANT).user(id(1)).await.unwrap().is_some());
}

async fn write_user(store: &Store) -> Result<(), StoreError> {
    write!(store, tx => tx.insert_user(&user(1), &keys()).await)
}

/// Reading works without any runtime, as the command line does it.
#[test]
fn no_runtime_needed() {
    futures_executor(async {
        let store = store().await;
        write!(store, tx => tx.insert_user(&user(1), &keys()).await).unwrap();
        assert_eq!(
            store
                .read(TENANT)
                .users(Page {
                    after: None,
                    limit: 9
                })
                .await
                .unwrap()
                .len(),
            1
        );
    });
}

/// Polls until ready, parking in between.
fn futures_executor<T>(work: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut work = std::pin::pin!(work);
    loop {
        match work.as_mut().poll(&mut context) {
            std::task::Poll::Ready(out) => return out,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
