//! The engine behind the store. Only this file and `row` know which one it is, and
//! `query::dialect` has what differs in composed SQL: a further engine is a folder here, and a
//! variant in these three.

mod batch;
pub(crate) mod connection;
mod group;
mod job;
pub(crate) mod row;
mod sqlite;
pub(crate) mod tenant_numbers;
mod turns;
pub(crate) mod write_health;
mod writer;

pub use group::Group;
pub use turns::on_behalf_of;

use crate::engine::connection::{Connection, Limited};
use crate::engine::row::Columns;
use crate::query::dialect::Dialect;
use crate::rows::audit::AuditKey;
use crate::sql::Sql;
use crate::sql::value::{Bind, Binds};
use crate::{Options, Place, StoreError, TenantId, Tx};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a read may keep the thread that asks: as long as a dozen look-ups.
const SOON: Duration = Duration::from_millis(1);

/// What was done since the store was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Writes that were answered.
    pub jobs: u64,
    /// Commits, each one flush of the disk.
    pub commits: u64,
    /// Rounds of the writer.
    pub batches: u64,
    /// Rounds that were lost and run again one by one.
    pub reruns: u64,
    /// Writes in the largest round.
    pub largest: u64,
    /// Writes waiting now.
    pub waiting: u64,
    /// Connections lent for reading.
    pub leases: u64,
}

/// A database, open, on one of the engines.
pub(crate) enum Engine {
    Sqlite(sqlite::Database),
}

/// A connection on one of the engines.
pub(crate) enum Driver {
    Sqlite(sqlite::Handle),
}

/// A statement of one of the engines that is run many times.
pub(crate) enum Prepared<'a> {
    Sqlite(sqlite::Prepared<'a>),
}

impl Prepared<'_> {
    /// Runs it; how many rows it changed.
    pub(crate) fn execute(&mut self, binds: &[Bind<'_>]) -> Result<u64, Failure> {
        match self {
            Self::Sqlite(statement) => statement.execute(binds),
        }
    }
}

/// The transaction of a load, on an engine that has such.
pub(crate) use sqlite::Loading;

/// A reading connection, lent.
pub(crate) enum Lease {
    Sqlite(sqlite::Lease),
}

/// A statement that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: StoreError,
    /// A constraint undoes its own statement only; the transaction goes on.
    pub(crate) constraint: bool,
    /// A page of the database, or its head, is damaged: other statements will meet that too.
    pub(crate) damage: bool,
}

impl Lease {
    pub(crate) fn connection(&mut self) -> &mut Connection {
        match self {
            Self::Sqlite(lease) => lease.connection(),
        }
    }
}

/// A reading connection in a read transaction: all that is read on it sees the same commit.
pub(crate) struct Reading(Lease);

impl Reading {
    /// The first statement takes the snapshot.
    pub(crate) fn begin(mut lease: Lease) -> Result<Self, StoreError> {
        match &mut lease {
            Lease::Sqlite(lease) => lease.begin()?,
        }
        Ok(Self(lease))
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.0.connection()
    }
}

impl Drop for Reading {
    /// Ends the transaction, also when the work panics or was broken off: a connection that is lent
    /// again must not read an old commit, and an open read keeps the log from being carried into
    /// the file.
    fn drop(&mut self) {
        match &mut self.0 {
            Lease::Sqlite(lease) => lease.end(),
        }
    }
}

/// The answer of a read or a write that awaits nothing but its statements; `None` when it awaits
/// something else. SQLite answers statements at once, so it is polled once; an engine behind a
/// socket would await it here, for a limited time.
pub(crate) fn at_once<T>(work: impl Future<Output = T>) -> Option<T> {
    work.now_or_never()
}

/// The answer of a read that awaits nothing but its statements; an error where it does.
pub(crate) fn read_at_once<T>(read: impl Future<Output = T>) -> Result<T, StoreError> {
    at_once(read).ok_or_else(|| StoreError::Driver("a read awaited something".into()))
}

#[expect(
    clippy::unused_async,
    reason = "SQLite answers at once; an engine behind a socket is awaited (R-71)"
)]
impl Driver {
    pub(crate) async fn execute(
        &mut self,
        sql: &'static Sql,
        binds: Binds<'_>,
    ) -> Result<u64, Failure> {
        match self {
            Self::Sqlite(on) => sqlite::execute(on, sql, binds),
        }
    }

    pub(crate) async fn text_rows<T: Send>(
        &mut self,
        name: &str,
        text: &str,
        binds: Binds<'_>,
        read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, Failure> {
        match self {
            Self::Sqlite(on) => sqlite::rows(on, (name, text), binds, read),
        }
    }

    pub(crate) fn prepared(
        &mut self,
        sql: &'static Sql,
        tenant: Option<i64>,
    ) -> Result<Prepared<'_>, Failure> {
        match self {
            Self::Sqlite(on) => sqlite::prepared(on, sql, tenant).map(Prepared::Sqlite),
        }
    }

    /// How statements for it are composed.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Whether what is read belongs to this connection's own transaction, and may still be undone.
    pub(crate) fn is_in_transaction(&self) -> bool {
        match self {
            Self::Sqlite(on) => !on.is_autocommit(),
        }
    }

    /// From that moment on breaks off statements that run.
    pub(crate) fn limit(&mut self, until: Option<Instant>) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(on) => sqlite::limit(on, until),
        }
    }

    pub(crate) async fn plan(&mut self, text: &str) -> Result<Vec<String>, Failure> {
        match self {
            Self::Sqlite(on) => sqlite::plan(on, text),
        }
    }
}

/// The statements of this folder that are not SQLite's own.
#[cfg(test)]
pub(crate) fn statements() -> Vec<&'static crate::sql::Sql> {
    tenant_numbers::SQL.to_vec()
}

/// A connection on a database of its own, for tests of what is composed.
#[cfg(test)]
pub(crate) fn sqlite_for_tests(name: &str) -> Connection {
    sqlite::for_tests(name)
}

/// Writes a copy of a database file that may be in use.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    sqlite::copy(&Place::File(from.to_owned()), to)
}

impl Engine {
    pub(crate) fn open(options: &Options, key: Arc<AuditKey>) -> Result<Self, StoreError> {
        sqlite::Database::open(options, key).map(Self::Sqlite)
    }

    /// A reading connection for a look-up. On SQLite it is held for microseconds, without awaiting
    /// anything else.
    pub(crate) async fn lease(&self) -> Result<Lease, StoreError> {
        match self {
            Self::Sqlite(database) => database.readers().lease().await.map(Lease::Sqlite),
        }
    }

    /// Runs a read that may take long, but no longer than `time`: on SQLite on a thread that may
    /// block, if there is a runtime that has such. All its statements see one commit. A read
    /// without a limit gets no snapshot: it would keep the log from beginning anew as long as it
    /// takes.
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        time: Option<Duration>,
        work: impl for<'a> FnOnce(&'a mut Connection) -> BoxFuture<'a, Result<T, StoreError>>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(database) => {
                let lease = database.readers().lease_for_list(time.is_some());
                let mut lease = Lease::Sqlite(lease.await?);
                let run = move || {
                    if time.is_none() {
                        return read_at_once(work(lease.connection()))?;
                    }
                    let mut reading = Reading::begin(lease)?;
                    let mut limited = Limited::new(reading.connection(), time)?;
                    read_at_once(work(limited.connection()))?
                };
                match tokio::runtime::Handle::try_current() {
                    Err(_) => run(),
                    Ok(runtime) => runtime.spawn_blocking(run).await.unwrap_or_else(|error| {
                        Err(StoreError::Driver(format!("a read ended: {error}")))
                    }),
                }
            }
        }
    }

    /// Writes a copy of the database while it is in use.
    pub(crate) fn copy(&self, place: &Place, to: &Path) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => sqlite::copy(place, to),
        }
    }

    /// Reads the whole database.
    pub(crate) fn check_whole(&self, place: &Place) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => sqlite::check(place),
        }
    }

    /// Runs a read that is most often as short as a look-up, but for no longer than [`SOON`] and on
    /// SQLite without a change of threads, which costs as much as many a list; `None` when it took
    /// longer. An engine behind a socket has nothing to try.
    pub(crate) async fn try_list<T>(
        &self,
        time: Duration,
        work: impl for<'a> FnOnce(&'a mut Connection) -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<Option<T>, StoreError> {
        match self {
            Self::Sqlite(database) => {
                // No turn is waited for: it is as short as a look-up, so that a short list is
                // answered beside the longest.
                let lease = database.readers().lease().await?;
                let mut reading = Reading::begin(Lease::Sqlite(lease))?;
                let soon = time.min(SOON);
                let mut limited = Limited::new(reading.connection(), Some(soon))?;
                match read_at_once(work(limited.connection()))? {
                    Err(StoreError::Overdue) => Ok(None),
                    done => done.map(Some),
                }
            }
        }
    }

    pub(crate) async fn write<I, T, E, W>(
        &self,
        tenant: TenantId,
        input: I,
        work: W,
    ) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        match self {
            Self::Sqlite(database) => database.writer().write(tenant, input, work).await,
        }
    }

    /// Queues a job, which answers its caller in any case.
    fn submit(&self, job: Box<dyn job::Job>) {
        match self {
            Self::Sqlite(database) => database.writer().submit(job),
        }
    }

    /// The last trouble with writing, if it lasts.
    pub(crate) fn trouble(&self) -> &write_health::WriteHealth {
        match self {
            Self::Sqlite(database) => database.writer().trouble(),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        match self {
            Self::Sqlite(database) => Stats {
                leases: database.readers().leases(),
                ..database.writer().stats()
            },
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(database) => database.writer().close().await,
        }
    }

    /// Closes the database and opens it for a load; `None` when it cannot be loaded into, and then
    /// it stays open.
    pub(crate) async fn loading(&self, place: &Place) -> Result<Option<Loading>, StoreError> {
        match self {
            Self::Sqlite(database) => database.loading(place).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::connection::Connection;
    use crate::engine::on_behalf_of;
    use crate::engine::row::only;
    use crate::query::compose::Composed;
    use crate::{Options, Place, Role, Store, StoreError, TenantId};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;
    use uuid::Uuid;

    /// Counts so far; a million takes far longer than a try may.
    fn counting(on: &Connection, to: &'static str) -> Composed {
        let tenant = TenantId(Uuid::nil());
        let mut out = Composed::new(on.context(tenant, crate::Users::Live.kind()));
        out.push("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ");
        out.push(to);
        out.push(") SELECT count(*) FROM n WHERE ?1 IS NOT NULL");
        out
    }

    #[tokio::test]
    async fn what_is_short_is_read_at_once_and_the_rest_is_given_up() {
        let place = Place::Memory("tried".into());
        let store = Store::open(Options::new(place, Role::Server, [1; 32])).unwrap();
        let engine = store.engine();
        let tried = async |time, to| {
            let work = engine.try_list(time, move |on| {
                Box::pin(async move { on.found(&counting(on, to), only::<i64>).await })
            });
            work.await
        };
        let usual = Options::READ_TIME;
        assert_eq!(tried(usual, "10").await, Ok(Some(vec![10])));
        assert_eq!(tried(usual, "1000000").await, Ok(None));
        // A caller may allow less.
        assert_eq!(tried(Duration::ZERO, "100000").await, Ok(None));
        // The connection that was given back has its own time again.
        for _ in 0..8 {
            let all = engine.list(None, |on| {
                Box::pin(async move { on.found(&counting(on, "300000"), only::<i64>).await })
            });
            assert_eq!(all.await, Ok(vec![300_000]));
        }
        let broken = engine.try_list(usual, |on| {
            Box::pin(async move { on.found(&counting(on, "'x'"), only::<i64>).await })
        });
        assert!(matches!(broken.await, Err(StoreError::Driver(_))));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn lists_of_another_client_are_read_before_those_that_queue() {
        let place = Place::Memory("fair".into());
        let store = Store::open(Options::new(place, Role::Server, [1; 32])).unwrap();
        let done = Arc::new(AtomicU32::new(0));
        let counted = async |store: &Store, to| {
            let all = store.engine().list(None, move |on| {
                Box::pin(async move { on.found(&counting(on, to), only::<i64>).await })
            });
            all.await.unwrap()
        };
        let busy: Vec<_> = (0..30)
            .map(|_| {
                let (store, done) = (store.clone(), Arc::clone(&done));
                let work = async move {
                    counted(&store, "300000").await;
                    done.fetch_add(1, Ordering::Relaxed);
                };
                tokio::spawn(on_behalf_of(Uuid::from_u128(1), work))
            })
            .collect();
        while done.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let other = on_behalf_of(Uuid::from_u128(2), counted(&store, "10"));
        assert_eq!(other.await, [10]);
        let before = done.load(Ordering::Relaxed);
        assert!(before < 20, "{before} of 30 were read before it");
        for task in busy {
            task.await.unwrap();
        }
    }
}
