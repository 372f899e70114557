//! A row of an answer, of whatever engine: cells in, values out.

use super::sqlite;
use crate::StoreError;
use crate::sql::value::{Cell, Column};

/// A row as an engine's driver lends it. An enum and no trait object: a page reads some thousand
/// cells.
#[derive(Clone, Copy)]
pub(crate) enum Row<'r> {
    Sqlite(&'r sqlite::Row<'r>),
}

impl<'r> Row<'r> {
    fn cell(self, at: usize) -> Result<Cell<'r>, StoreError> {
        match self {
            Self::Sqlite(row) => sqlite::cell(row, at),
        }
    }
}

/// The cells of one row, taken from left to right.
pub(crate) struct Columns<'r> {
    row: Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn new(row: Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// The next cell. A cell of another type means that something else wrote the database:
    /// [`StoreError::Corrupt`].
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        self.with(T::read)
    }

    /// The text of the next cell, without a copy. Errors as in [`Columns::take`].
    pub(crate) fn text(&mut self) -> Result<&'r str, StoreError> {
        self.with(|cell| match cell {
            Cell::Text(text) => Some(text),
            _ => None,
        })
    }

    fn with<T>(&mut self, read: impl FnOnce(Cell<'r>) -> Option<T>) -> Result<T, StoreError> {
        let at = self.next;
        self.next += 1;
        read(self.row.cell(at)?)
            .ok_or_else(|| StoreError::Corrupt(format!("column {at} has another type")))
    }
}

/// Reads a row; one such function per row type.
pub(crate) type Read<T> = fn(&mut Columns<'_>) -> Result<T, StoreError>;

/// Reads a row of one cell.
pub(crate) fn only<T: Column>(row: &mut Columns<'_>) -> Result<T, StoreError> {
    row.take()
}
