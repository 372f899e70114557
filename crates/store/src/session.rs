//! One connection, as the noun modules see it: statements in, rows out. Nothing here knows what the rows mean.

use crate::StoreError;
use crate::engine::Link;
use crate::sql::Sql;
use crate::value::{Bind, Read};

/// A connection in somebody's hands. Only [`Sql`] from the registry can be run on it.
pub(crate) struct Session {
    link: Link,
    /// The first failure that was no constraint, since the last [`Session::take_fault`]. The batch looks at it and not at
    /// what a write returns: a write that swallows a disk error must not be taken for done (decision 37).
    fault: Option<StoreError>,
}

impl Session {
    pub(crate) fn new(link: Link) -> Self {
        Self { link, fault: None }
    }

    /// The connection itself, for the engine.
    pub(crate) fn link(&mut self) -> &mut Link {
        &mut self.link
    }

    pub(crate) fn take_fault(&mut self) -> Option<StoreError> {
        self.fault.take()
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static Sql,
        binds: &[Bind<'_>],
    ) -> Result<u64, StoreError> {
        let done = self.link.execute(sql, binds).await;
        self.note(done)
    }

    /// The first row, if any. The statement is run to its end, so that RETURNING changes every row it names.
    pub(crate) async fn row<T: Send>(
        &mut self,
        sql: &'static Sql,
        binds: &[Bind<'_>],
        read: Read<T>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, binds, read).await?.into_iter().next())
    }

    /// All rows. Every statement that can answer many has a LIMIT or stands on a set that is small by nature.
    pub(crate) async fn rows<T: Send>(
        &mut self,
        sql: &'static Sql,
        binds: &[Bind<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, StoreError> {
        let done = self.link.rows(sql, binds, read).await;
        self.note(done)
    }

    fn note<T>(&mut self, done: Result<T, crate::engine::Failure>) -> Result<T, StoreError> {
        done.map_err(|failure| {
            let error = failure.error;
            if !failure.constraint && self.fault.is_none() {
                self.fault = Some(error.clone());
            }
            error
        })
    }
}
