//! The engine behind the store. What differs between engines is asked here and nowhere else.
#![expect(clippy::todo, unused_variables, clippy::unused_async, dead_code, reason = "signatures first")]

use crate::audit::AuditKey;
use crate::session::Session;
use crate::sql::Sql;
use crate::value::{Bind, Cell, Read};
use crate::{Options, StoreError, TenantId, Tx};
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// What the writer has done since the store was opened.
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
}

pub(crate) struct Engine;
pub(crate) struct Lease(Session);
pub(crate) struct Link(rusqlite::Connection);
pub(crate) struct Failure {
    pub(crate) error: StoreError,
    pub(crate) constraint: bool,
}

impl Lease {
    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.0
    }
}

impl Link {
    pub(crate) async fn execute(&mut self, sql: &'static Sql, binds: &[Bind<'_>]) -> Result<u64, Failure> {
        todo!()
    }
    pub(crate) async fn rows<T: Send>(
        &mut self,
        sql: &'static Sql,
        binds: &[Bind<'_>],
        read: Read<T>,
    ) -> Result<Vec<T>, Failure> {
        todo!()
    }
}

pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, at: usize) -> Result<Cell<'a>, StoreError> {
    todo!()
}

impl Engine {
    pub(crate) fn open(options: Options, key: Arc<AuditKey>) -> Result<Self, StoreError> {
        todo!()
    }
    pub(crate) async fn lease(&self) -> Result<Lease, StoreError> {
        todo!()
    }
    pub(crate) async fn list<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Session) -> BoxFuture<'a, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        todo!()
    }
    pub(crate) async fn write<I, T, E, W>(&self, tenant: TenantId, input: I, work: W) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        todo!()
    }
    pub(crate) fn stats(&self) -> Stats {
        todo!()
    }
    pub(crate) async fn close(&self) {
        todo!()
    }
}
