//! SQLite: one writing connection on a thread of its own, some for reading, one that carries the
//! log into the file.

mod checkpoint;
mod copying;
mod definition;
mod driver;
mod errors;
mod loading;
mod lock;
mod log_gate;
mod migrate;
mod open;
mod readers;
mod rekey;
mod transaction;

#[cfg(test)]
mod concurrent_writers;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod going_on;
#[cfg(test)]
mod group_faults;
#[cfg(test)]
mod loads;
#[cfg(test)]
mod long_log;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod one_commit;
#[cfg(test)]
mod own_keys;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod troubles;
#[cfg(test)]
mod upgrades;

pub(crate) use copying::{check, copy};
pub(crate) use driver::{Prepared, cell, execute, limit, plan, prepared, rows};
pub(crate) use loading::Loading;
pub(crate) use readers::Lease;
pub(crate) use rusqlite::{Connection as Handle, Row};

use crate::engine::Driver;
use crate::engine::connection::Connection;
use crate::engine::tenant_numbers::Numbers;
use crate::engine::write_health::WriteHealth;
use crate::engine::writer::{Work, Writer};
use crate::rows::audit::AuditKey;
use crate::{Options, Place, Role, StoreError, Tx};
use log_gate::LogGate;
use readers::Readers;
use std::sync::Arc;

/// An open SQLite database. The fields close in this order: the writer, the readers, the lock.
pub(crate) struct Database {
    writer: Writer,
    readers: Arc<Readers>,
    _lock: Option<lock::Lock>,
}

impl Database {
    pub(crate) fn open(options: &Options, key: Arc<AuditKey>) -> Result<Self, StoreError> {
        let lock = match (&options.place, options.role) {
            (Place::File(path), Role::Server) => Some(lock::Lock::take(path)?),
            _ => None,
        };
        let connection = match options.role {
            Role::Look => open::looker(&options.place)?,
            Role::Server | Role::Tool => open::writer(&options.place)?,
        };
        let mut connection = migrate::migrate(connection, options)?;
        if options.role == Role::Tool {
            open::for_tool(&connection)?;
        }
        let numbers = Numbers::default();
        let trouble = Arc::new(WriteHealth::default());
        let gate = Arc::new(LogGate::default());
        let readers = Readers::open(options, (&numbers, &trouble), Arc::clone(&gate))?;
        let readers = Arc::new(readers);
        let tend = match options.role {
            Role::Look => checkpoint::never(),
            Role::Server | Role::Tool => checkpoint::start(&mut connection, options, gate)?,
        };
        let connection = Connection::new(Driver::Sqlite(connection), numbers);
        let tx = Tx::new(connection.telling(&trouble));
        let work = Work {
            tx,
            key,
            batch: options.batch,
            tend,
        };
        Ok(Self {
            writer: Writer::start(work, options.queue, trouble)?,
            readers,
            _lock: lock,
        })
    }

    /// The transaction of a load. It needs the database closed everywhere: this process closes its
    /// last connection first. `None` when a server has it open or it lies in memory; then it stays
    /// open.
    pub(crate) async fn loading(&self, place: &Place) -> Result<Option<Loading>, StoreError> {
        let Place::File(path) = place else {
            return Ok(None);
        };
        let lock = match lock::Lock::take(path) {
            Err(StoreError::Locked) => return Ok(None),
            taken => taken?,
        };
        self.writer.close().await;
        self.readers.close().await;
        Loading::open(place, lock).map(Some)
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    pub(crate) fn readers(&self) -> &Arc<Readers> {
        &self.readers
    }
}

/// The driver of a connection that this engine made.
pub(crate) fn of(connection: &mut Connection) -> &mut rusqlite::Connection {
    match connection.driver() {
        Driver::Sqlite(connection) => connection,
    }
}

/// A connection to an empty database with the schema.
#[cfg(test)]
pub(crate) fn for_tests(name: &str) -> Connection {
    let options = Options::new(Place::Memory(name.into()), Role::Server, [1; 32]);
    let on = open::writer(&options.place).unwrap();
    let on = migrate::migrate(on, &options).unwrap();
    Connection::new(Driver::Sqlite(on), Numbers::default())
}
