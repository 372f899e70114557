//! The mark that a server has this database open. The system releases it when the process ends,
//! however it ends.

use crate::StoreError;
use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock file beside `database`; [`StoreError::Locked`] when another server holds it.
    pub(crate) fn take(database: &Path) -> Result<Self, StoreError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let failed = |error| StoreError::Driver(format!("lock file: {error}"));
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}
