//! Opening: connections with their settings.

use crate::{Place, StoreError};
use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

/// How long a statement waits for another process to release the lock. A tool's write takes
/// milliseconds; a process that holds the lock longer than this is stuck.
const BUSY: Duration = Duration::from_secs(5);
/// Statements kept prepared per connection: the 215 or so that are fixed, and the composed ones of
/// queries that clients ask again and again.
pub(super) const PREPARED: usize = 400;
/// Page caches in KiB. The system caches the file too, so these only save the copy: a batch's pages
/// for the writer, the upper levels of the trees for a reader. Those of the users' table and of its
/// ids are 2 MB at a million users, and a list of a hundred may meet two hundred leaves that nobody
/// asks for again, which push them out of a cache not much larger.
const WRITER_CACHE: i64 = 8192;
/// Of a command that writes. A batch of an import into a large directory touches some thirty pages
/// for each user; what the cache does not hold is written to the log twice.
const TOOL_CACHE: i64 = 64 << 10;
const READER_CACHE: i64 = 6144;
/// The log is cut back to this after it was larger (32 MiB, the same as `checkpoint::HARD`), not to
/// nothing: overwriting is cheaper than growing, for the file system writes no metadata.
const LOG_BYTES: i64 = 32 << 20;

/// Keeps a database readable to its owner only: makes the file with mode 0600 where it is missing,
/// and closes it and what lies beside it where an earlier version left them open. What SQLite makes
/// later gets the mode of the database.
pub(crate) fn make_private(path: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Driver(format!("{}: {error}", path.display()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    drop(options.open(path).map_err(failed)?);
    for ending in ["", "-wal", "-shm", "-journal", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let Ok(found) = fs::metadata(&name) else {
            continue;
        };
        if found.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(&name, Permissions::from_mode(0o600)).map_err(failed)?;
        }
    }
    Ok(())
}

pub(super) fn connect(place: &Place) -> Result<rusqlite::Connection, StoreError> {
    connect_with(place, OpenFlags::SQLITE_OPEN_CREATE)
}

fn connect_with(place: &Place, more: OpenFlags) -> Result<rusqlite::Connection, StoreError> {
    // NO_MUTEX: a connection is used by one thread at a time, which the borrow checker sees to.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = match place {
        Place::File(path) => rusqlite::Connection::open_with_flags(path, flags)?,
        // A leading slash makes the name one for the whole process.
        Place::Memory(name) => {
            rusqlite::Connection::open_with_flags_and_vfs(format!("/{name}"), flags, c"memdb")?
        }
    };
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    // Without it SQLite may plan a statement anew for each value bound to it, which costs several
    // times the look-up.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Sets a pragma and reads it back: SQLite says nothing when it does not do as told.
fn set(
    on: &rusqlite::Connection,
    name: &str,
    value: &str,
    becomes: &str,
) -> Result<(), StoreError> {
    on.pragma_update(None, name, value)
        .or_else(|error| match error {
            rusqlite::Error::ExecuteReturnedResults => Ok(()),
            other => Err(other),
        })?;
    let is = on.pragma_query_value(None, name, |row| {
        row.get_ref(0).map(|value| match value {
            rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            _ => String::new(),
        })
    })?;
    if is == becomes {
        Ok(())
    } else {
        Err(StoreError::Weak(format!("{name}={value}, it stays {is}")))
    }
}

fn settings(on: &rusqlite::Connection, place: &Place) -> Result<(), StoreError> {
    match place {
        Place::File(_) => set(on, "journal_mode", "WAL", "wal")?,
        Place::Memory(_) => set(on, "journal_mode", "MEMORY", "memory")?,
    }
    set(on, "synchronous", "FULL", "2")?;
    set(on, "foreign_keys", "ON", "1")?;
    set(on, "trusted_schema", "OFF", "0")?;
    // A file changed behind the mapping would be a crash instead of an error.
    if matches!(place, Place::File(_)) {
        set(on, "mmap_size", "0", "0")?;
    }
    set(on, "temp_store", "MEMORY", "2")
}

/// The writing connection.
pub(crate) fn writer(place: &Place) -> Result<rusqlite::Connection, StoreError> {
    if let Place::File(path) = place {
        make_private(path)?;
    }
    let on = connect(place)?;
    settings(&on, place)?;
    on.pragma_update(None, "cache_size", -WRITER_CACHE)?;
    if matches!(place, Place::File(_)) {
        set(
            &on,
            "journal_size_limit",
            &LOG_BYTES.to_string(),
            &LOG_BYTES.to_string(),
        )?;
        // The log is carried over by a thread of its own, not by the commit.
        set(&on, "wal_autocheckpoint", "0", "0")?;
    }
    // What is erased is overwritten where that costs no further page.
    on.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
    Ok(on)
}

/// The one connection of a load: with a rollback journal, which commits as durably as the log. If
/// another process has the database open, that shows here: the log cannot be given up while it is
/// used.
pub(crate) fn loader(place: &Place, cache: i64) -> Result<rusqlite::Connection, StoreError> {
    let on = connect(place)?;
    set(&on, "journal_mode", "TRUNCATE", "truncate")?;
    set(&on, "synchronous", "FULL", "2")?;
    set(&on, "foreign_keys", "ON", "1")?;
    set(&on, "trusted_schema", "OFF", "0")?;
    set(&on, "mmap_size", "0", "0")?;
    // Sorting a million keys in memory would take more of it than the load itself.
    set(&on, "temp_store", "FILE", "1")?;
    // The thread that gathers keys is to sort as few of them as can be.
    set(&on, "threads", "2", "2")?;
    on.pragma_update(None, "cache_size", -cache)?;
    Ok(on)
}

/// The log again, as the next process expects it.
pub(crate) fn with_log(on: &rusqlite::Connection) -> Result<(), StoreError> {
    set(on, "journal_mode", "WAL", "wal")
}

/// Gives the writing connection of a command more room.
pub(crate) fn for_tool(on: &rusqlite::Connection) -> Result<(), StoreError> {
    Ok(on.pragma_update(None, "cache_size", -TOOL_CACHE)?)
}

/// A connection that makes no file of its own, sets nothing in the file and cannot write.
pub(crate) fn looker(place: &Place) -> Result<rusqlite::Connection, StoreError> {
    let on = keeping_log(place, || connect_with(place, OpenFlags::empty()))?;
    set(&on, "foreign_keys", "ON", "1")?;
    set(&on, "trusted_schema", "OFF", "0")?;
    set(&on, "query_only", "ON", "1")?;
    Ok(on)
}

/// Whether there is a log that a process left behind, or that one writes.
fn has_log(place: &Place) -> bool {
    let Place::File(path) = place else {
        return false;
    };
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// A connection that leaves a log as it is. SQLite's last connection to close would carry it into
/// the database: after a server was killed, somebody who only looks would change the file. Without
/// a log there is nothing to keep, and the empty one that opening makes goes again.
pub(crate) fn keeping_log(
    place: &Place,
    open: impl FnOnce() -> Result<rusqlite::Connection, StoreError>,
) -> Result<rusqlite::Connection, StoreError> {
    let keeps = has_log(place);
    let on = open()?;
    if keeps {
        on.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    }
    Ok(on)
}

/// A connection that cannot write.
pub(crate) fn reader(place: &Place) -> Result<rusqlite::Connection, StoreError> {
    let on = connect(place)?;
    settings(&on, place)?;
    on.pragma_update(None, "cache_size", -READER_CACHE)?;
    set(&on, "query_only", "ON", "1")?;
    Ok(on)
}
