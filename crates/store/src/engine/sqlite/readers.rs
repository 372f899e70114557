//! Connections for reading. A look-up runs where it is asked for and takes microseconds; a list
//! runs on a thread that may block, unless it is done within a millisecond, and lists never take
//! the last connection, so that look-ups do not wait behind them.

use super::log_gate::{LogGate, Pass};
use super::{of, open};
use crate::engine::Driver;
use crate::engine::connection::Connection;
use crate::engine::tenant_numbers::Numbers;
use crate::engine::turns::{Turn, Turns};
use crate::engine::write_health::WriteHealth;
use crate::{Options, Role, StoreError};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

pub(crate) struct Readers {
    connections: RwLock<Vec<Arc<Mutex<Connection>>>>,
    free: Arc<Semaphore>,
    lists: Arc<Turns>,
    gate: Arc<LogGate>,
    leases: AtomicU64,
}

/// A connection in use. Released before the permits, so that a task with a permit finds one free.
pub(crate) struct Lease {
    connection: OwnedMutexGuard<Connection>,
    _free: OwnedSemaphorePermit,
    _list: Option<Turn>,
    _pass: Option<Pass>,
}

impl Lease {
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The first look-up takes the snapshot; nothing is locked before.
    pub(crate) fn begin(&mut self) -> Result<(), StoreError> {
        of(&mut self.connection)
            .prepare_cached("BEGIN")?
            .execute([])?;
        Ok(())
    }

    /// What was read is committed, by whoever wrote it.
    pub(crate) fn end(&mut self) {
        self.connection.committed();
        let on = of(&mut self.connection);
        if on.is_autocommit() {
            // After some errors SQLite ends it by itself.
            return;
        }
        let run = |text| on.prepare_cached(text)?.execute([]);
        if let Err(error) = run("COMMIT").or_else(|_| run("ROLLBACK")) {
            tracing::error!(%error, "a read transaction could not be ended");
        }
    }
}

impl Readers {
    pub(crate) fn open(
        options: &Options,
        (numbers, trouble): (&Numbers, &Arc<WriteHealth>),
        gate: Arc<LogGate>,
    ) -> Result<Self, StoreError> {
        let count = options.readers.max(1);
        let connections = (0..count)
            .map(|_| {
                let on = match options.role {
                    Role::Look => open::looker(&options.place)?,
                    Role::Server | Role::Tool => open::reader(&options.place)?,
                };
                let on = Driver::Sqlite(on);
                let connection = Connection::new(on, numbers.clone())
                    .telling(trouble)
                    .walking(options.walk);
                Ok(Arc::new(Mutex::new(connection)))
            })
            .collect::<Result<_, StoreError>>()?;
        let lists = count.saturating_sub(1).max(1);
        Ok(Self {
            connections: RwLock::new(connections),
            free: Arc::new(Semaphore::new(count)),
            lists: Arc::new(Turns::new(lists)),
            gate,
            leases: AtomicU64::new(0),
        })
    }

    pub(crate) async fn lease(&self) -> Result<Lease, StoreError> {
        let free = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Gone)?;
        let connection = self
            .connections
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find_map(|connection| Arc::clone(connection).try_lock_owned().ok());
        self.leases.fetch_add(1, Ordering::Relaxed);
        Ok(Lease {
            connection: connection.ok_or(StoreError::Busy)?,
            _free: free,
            _list: None,
            _pass: None,
        })
    }

    /// How many were lent so far.
    pub(crate) fn leases(&self) -> u64 {
        self.leases.load(Ordering::Relaxed)
    }

    /// Lends no more, and closes each connection once it is given back.
    pub(crate) async fn close(&self) {
        self.free.close();
        self.lists.close();
        let connections = {
            let mut all = self
                .connections
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *all)
        };
        for connection in connections {
            // Waits until its user is done.
            drop(connection.lock().await);
        }
    }

    /// A connection for a list. One that is to see a single commit waits where the log has to begin
    /// anew first.
    pub(crate) async fn lease_for_list(&self, is_snapshot: bool) -> Result<Lease, StoreError> {
        let list = self.lists.take().await?;
        let pass = if is_snapshot {
            Some(self.gate.pass().await)
        } else {
            None
        };
        Ok(Lease {
            _list: Some(list),
            _pass: pass,
            ..self.lease().await?
        })
    }

    #[cfg(test)]
    pub(crate) fn gate(&self) -> &LogGate {
        &self.gate
    }
}
