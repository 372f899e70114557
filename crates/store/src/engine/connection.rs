//! One connection, as the noun modules see it: statements in, rows out. Nothing here knows what the
//! rows mean.

use crate::engine::row::{Columns, only};
use crate::engine::tenant_numbers::{KnownNumbers, Numbers, TENANT_NUMBER};
use crate::engine::write_health::WriteHealth;
use crate::engine::{Driver, Failure, Prepared};
use crate::query::compose::{Composed, Context};
use crate::query::kind::Kind;
use crate::sql::Sql;
use crate::sql::value::{Bind, Binds};
use crate::{Options, StoreError, TenantId};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A connection in use. Only [`Sql`] from the registry and what `query::compose` made can be run on
/// it.
pub(crate) struct Connection {
    driver: Driver,
    /// The first failure that was no constraint, since the last [`Connection::take_fault`]. The
    /// batch looks at this, not at what a write returns: a write that swallows a disk error must
    /// not count as done.
    fault: Option<StoreError>,
    /// Whether a write's transaction was begun that is neither committed nor rolled back.
    is_writing: bool,
    /// Until when a read that may take long has to end.
    until: Option<Instant>,
    /// How many entries a walk by id reads before it is given up ([`Options::walk`]).
    walk: u32,
    numbers: KnownNumbers,
    /// Where damage is told, so that the server stops calling itself ready. Most writes read first:
    /// they end with that error, and the writer never hears of it.
    trouble: Arc<WriteHealth>,
}

impl Connection {
    /// A connection to the database that these numbers are of.
    pub(crate) fn new(driver: Driver, numbers: Numbers) -> Self {
        Self {
            numbers: KnownNumbers::new(numbers),
            driver,
            fault: None,
            is_writing: false,
            until: None,
            walk: Options::WALK,
            trouble: Arc::default(),
        }
    }

    /// The connection, which reports damage of the file to `trouble`.
    pub(crate) fn telling(mut self, trouble: &Arc<WriteHealth>) -> Self {
        self.trouble = Arc::clone(trouble);
        self
    }

    /// The connection, on which a walk by id is given up after so many entries.
    pub(crate) fn walking(mut self, walk: u32) -> Self {
        self.walk = walk;
        self
    }

    /// How many entries a walk by id reads before it is given up.
    pub(crate) fn walk(&self) -> u32 {
        self.walk
    }

    /// The engine's own connection.
    pub(crate) fn driver(&mut self) -> &mut Driver {
        &mut self.driver
    }

    /// The engine's own connection alone again.
    pub(crate) fn into_driver(self) -> Driver {
        self.driver
    }

    /// The driver, for a statement. A write must not go on after a fault, even if it handled
    /// it: on a full disk the engine gives the transaction up by itself, and each further statement
    /// would be committed alone, and stay, while the write as a whole is refused. Reading goes on:
    /// a fault of a read must not stay with a connection that is lent again.
    fn sound(&mut self) -> Result<&mut Driver, StoreError> {
        if self.is_writing {
            if let Some(fault) = &self.fault {
                return Err(fault.clone());
            }
            if !self.driver.is_in_transaction() {
                return Err(lost());
            }
        }
        Ok(&mut self.driver)
    }

    /// A transaction was begun: until it ends, statements run in it or not at all.
    pub(crate) fn begun(&mut self) {
        self.fault = None;
        self.is_writing = true;
    }

    /// The transaction is committed, and so is what this connection read.
    pub(crate) fn committed(&mut self) {
        self.numbers.commit();
        self.is_writing = false;
    }

    /// The transaction is given up, by us or by the engine.
    pub(crate) fn rolled_back(&mut self) {
        self.forget_numbers();
        self.is_writing = false;
    }

    /// Makes the write fail although no statement failed, because a part of it is missing.
    pub(crate) fn fail(&mut self, error: &StoreError) {
        self.fault.get_or_insert_with(|| error.clone());
    }

    /// From now on statements are broken off after this time ([`StoreError::Overdue`]); `None` ends
    /// that.
    fn limit(&mut self, time: Option<Duration>) -> Result<(), StoreError> {
        self.until = time.map(|time| Instant::now() + time);
        self.driver.limit(self.until)
    }

    /// Checked between statements; a running statement is broken off by the engine.
    pub(crate) fn in_time(&self) -> Result<(), StoreError> {
        match self.until {
            Some(until) if Instant::now() > until => Err(StoreError::Overdue),
            _ => Ok(()),
        }
    }

    /// Whether something failed since the last [`Connection::take_fault`].
    pub(crate) fn is_faulty(&self) -> bool {
        self.fault.is_some()
    }

    pub(crate) fn take_fault(&mut self) -> Option<StoreError> {
        self.fault.take()
    }

    /// The number of a tenant; `None` when it has none, and then the database holds nothing of it.
    /// Read on this very connection where it is not known: another process may have made the
    /// tenant, or this transaction.
    pub(crate) async fn number(&mut self, tenant: TenantId) -> Result<Option<i64>, StoreError> {
        if let Some(number) = self.numbers.get(tenant) {
            return Ok(Some(number));
        }
        let binds = Binds {
            values: &[Bind::Id(tenant.0)],
            tenant: None,
        };
        let (name, text) = (TENANT_NUMBER.name, TENANT_NUMBER.text);
        let on = self.sound()?;
        let found = on.text_rows(name, text, binds, only::<i64>).await;
        let Some(number) = self.note(found)?.into_iter().next() else {
            return Ok(None);
        };
        let is_committed = !self.driver.is_in_transaction();
        self.numbers.found(tenant, number, is_committed);
        Ok(Some(number))
    }

    /// Numbers this connection read may have been undone, in part or as a whole.
    pub(crate) fn forget_numbers(&mut self) {
        self.numbers.undo();
    }

    async fn bound<'a>(&mut self, values: &'a [Bind<'a>]) -> Result<Binds<'a>, StoreError> {
        let mut tenants = values.iter().filter_map(|value| match value {
            Bind::Tenant(tenant) => Some(*tenant),
            _ => None,
        });
        let tenant = tenants.next();
        // One number is bound for all of them: a second tenant would read and write rows of the
        // first.
        if tenants.any(|other| Some(other) != tenant) {
            let error = StoreError::Driver("a statement for two tenants".into());
            self.fail(&error);
            return Err(error);
        }
        let tenant = match tenant {
            Some(tenant) => self.number(tenant).await?,
            None => None,
        };
        Ok(Binds { values, tenant })
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static Sql,
        binds: &[Bind<'_>],
    ) -> Result<u64, StoreError> {
        let binds = self.bound(binds).await?;
        let done = self.sound()?.execute(sql, binds).await;
        self.note(done)
    }

    /// A statement for many records of one tenant.
    pub(crate) async fn prepared(
        &mut self,
        sql: &'static Sql,
        tenant: TenantId,
    ) -> Result<Many<'_>, StoreError> {
        let number = self.number(tenant).await?;
        self.sound()?;
        match self.driver.prepared(sql, number) {
            Ok(statement) => Ok(Many {
                statement,
                fault: &mut self.fault,
                trouble: &self.trouble,
            }),
            Err(failure) => Err(noted(&mut self.fault, &self.trouble, failure)),
        }
    }

    /// The first row, if any. The statement is run to its end, so that RETURNING changes every row
    /// it names.
    pub(crate) async fn row<T: Send>(
        &mut self,
        sql: &'static Sql,
        binds: &[Bind<'_>],
        read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, binds, read).await?.into_iter().next())
    }

    /// All rows. Every statement that can answer many has a LIMIT or stands on a set that is small
    /// by nature.
    pub(crate) async fn rows<T: Send>(
        &mut self,
        sql: &'static Sql,
        binds: &[Bind<'_>],
        read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let binds = self.bound(binds).await?;
        let on = self.sound()?;
        let done = on.text_rows(sql.name, sql.text, binds, read).await;
        self.note(done)
    }

    /// All rows of a composed statement, which always has a LIMIT.
    pub(crate) async fn found<T: Send>(
        &mut self,
        composed: &Composed,
        read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let values = composed.binds();
        let binds = self.bound(&values).await?;
        let on = self.sound()?;
        let done = on.text_rows("a query", composed.text(), binds, read).await;
        self.note(done)
    }

    /// What a statement about these objects is composed for, to run here.
    pub(crate) fn context(&self, tenant: TenantId, kind: Kind) -> Context {
        Context {
            dialect: self.driver.dialect(),
            tenant,
            kind,
        }
    }

    /// How the engine means to run a composed statement, in its own words.
    pub(crate) async fn explained(
        &mut self,
        composed: &Composed,
    ) -> Result<Vec<String>, StoreError> {
        let done = self.sound()?.plan(composed.text()).await;
        self.note(done)
    }

    fn note<T>(&mut self, done: Result<T, Failure>) -> Result<T, StoreError> {
        done.map_err(|failure| noted(&mut self.fault, &self.trouble, failure))
    }
}

/// The error of a write whose transaction is gone although no statement failed.
pub(crate) fn lost() -> StoreError {
    StoreError::Driver("the engine gave the transaction up".into())
}

/// A constraint undoes its own statement only, and is for the write to judge.
fn noted(fault: &mut Option<StoreError>, trouble: &WriteHealth, failure: Failure) -> StoreError {
    let Failure {
        error,
        constraint,
        damage,
    } = failure;
    if damage {
        trouble.note(&error);
    }
    if !constraint {
        fault.get_or_insert_with(|| error.clone());
    }
    error
}

/// A statement that is run many times.
pub(crate) struct Many<'a> {
    statement: Prepared<'a>,
    fault: &'a mut Option<StoreError>,
    trouble: &'a WriteHealth,
}

impl Many<'_> {
    /// Runs it; how many rows it changed.
    pub(crate) fn execute(&mut self, binds: &[Bind<'_>]) -> Result<u64, StoreError> {
        if let Some(fault) = self.fault {
            return Err(fault.clone());
        }
        let done = self.statement.execute(binds);
        done.map_err(|failure| noted(self.fault, self.trouble, failure))
    }
}

/// A connection whose statements are broken off after a time. Unlimited again at the end, also when
/// a read panics: the next user of the connection has its own time.
pub(crate) struct Limited<'a>(&'a mut Connection);

impl<'a> Limited<'a> {
    pub(crate) fn new(
        connection: &'a mut Connection,
        time: Option<Duration>,
    ) -> Result<Self, StoreError> {
        connection.limit(time)?;
        Ok(Self(connection))
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.0
    }
}

impl Drop for Limited<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.limit(None) {
            tracing::error!(%error, "the time limit of a connection could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Connection, Limited};
    use crate::engine::row::only;
    use crate::engine::sqlite_for_tests;
    use crate::query::compose::{BoundValue, Composed};
    use crate::{StoreError, TenantId};
    use futures_util::FutureExt;
    use std::time::Duration;
    use uuid::Uuid;

    /// Takes some milliseconds, and needs no rows.
    fn long(on: &Connection) -> Composed {
        let tenant = TenantId(Uuid::nil());
        let mut out = Composed::new(on.context(tenant, crate::Users::Live.kind()));
        out.push(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) SELECT count(*) FROM n WHERE ?1 IS NOT NULL",
        );
        out
    }

    #[test]
    fn a_statement_is_about_one_tenant() {
        let mut connection = sqlite_for_tests("one tenant");
        let [one, two] = [1, 2].map(|n| TenantId(Uuid::from_u128(n)));
        for (other, is_run) in [(one, true), (two, false)] {
            let mut composed = Composed::new(connection.context(one, crate::Users::Live.kind()));
            composed.push("SELECT 1 WHERE ?1 IS NULL AND ");
            composed.bind(BoundValue::Tenant(other)).push(" IS NULL");
            let found = connection.found(&composed, only::<i64>);
            assert_eq!(found.now_or_never().unwrap().is_ok(), is_run);
        }
    }

    #[test]
    fn a_read_is_broken_off_after_its_time_and_the_next_has_its_own() {
        const HOUR: Duration = Duration::from_hours(1);
        let mut connection = sqlite_for_tests("limited");
        let all = || Some(vec![20_000_i64]);
        for (time, expected) in [
            (None, Ok(())),
            (Some(HOUR), Ok(())),
            (Some(Duration::ZERO), Err(StoreError::Overdue)),
        ] {
            let mut limited = Limited::new(&mut connection, time).unwrap();
            let on = limited.connection();
            let found = on.found(&long(on), only::<i64>).now_or_never().unwrap();
            assert_eq!(found.map(drop), expected, "{time:?}");
            assert_eq!(on.in_time(), expected, "{time:?}");
            drop(limited);
            let found = connection
                .found(&long(&connection), only)
                .now_or_never()
                .unwrap();
            assert_eq!(found.ok(), all(), "{time:?}: it is limited still");
        }
    }
}
