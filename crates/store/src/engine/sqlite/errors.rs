//! The one place where SQLite's errors become ours.

use crate::StoreError;
use crate::engine::Failure;
use rusqlite::{Error, ErrorCode};

/// What an error of the named statement means to the layers above.
pub(crate) fn failure(statement: &str, error: &Error) -> Failure {
    let text = format!("{statement}: {error}");
    let code = error.sqlite_error_code();
    let error = match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::OperationInterrupted) => StoreError::Overdue,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(text),
        _ => StoreError::Driver(text),
    };
    let damage = matches!(
        code,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    );
    Failure {
        error,
        damage,
        constraint: code == Some(ErrorCode::ConstraintViolation),
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        failure("engine", &error).error
    }
}
