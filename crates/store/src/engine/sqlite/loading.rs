//! The one connection of a load. With the log (WAL) every page would be written twice; the rollback
//! journal holds only pages that were there before, which in an empty directory are few, so that a
//! page is written once.

use super::definition;
use super::{lock, open};
use crate::engine::Driver;
use crate::engine::connection::Connection;
use crate::engine::tenant_numbers::Numbers;
use crate::query::kinds::USERS;
use crate::{Place, StoreError, migrations};

/// Page cache in KiB: the index of ids, which alone is filled in no order, is 40 MB at a million
/// users.
const CACHE: i64 = 64 << 10;

/// Page cache in KiB while indexes are made.
const GATHERED: i64 = 8 << 10;

/// Indexes over what a load fills, beside those of the users' keys.
const OTHERS: [&str; 4] = [
    "addresses_claim",
    "identities_key",
    "changes_object",
    "relations_target",
];

/// A definition that is dropped at the beginning and run again at the end.
struct Index {
    name: &'static str,
    definition: &'static str,
}

/// A load's transaction.
pub(crate) struct Loading {
    // Closes, and so rolls back, before the lock is let go of.
    connection: Connection,
    indexes: Vec<Index>,
    _lock: lock::Lock,
}

impl Loading {
    /// Opens the database exclusively. [`StoreError::Busy`] when another process has it open.
    pub(crate) fn open(place: &Place, lock: lock::Lock) -> Result<Self, StoreError> {
        let connection = open::loader(place, CACHE)?;
        Ok(Self {
            connection: Connection::new(Driver::Sqlite(connection), Numbers::default()),
            indexes: indexes(),
            _lock: lock,
        })
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    fn on(&mut self) -> &mut rusqlite::Connection {
        super::of(&mut self.connection)
    }

    /// Begins, and drops the indexes.
    pub(crate) fn begin(&mut self) -> Result<(), StoreError> {
        let mut all = String::from("BEGIN EXCLUSIVE;");
        for index in &self.indexes {
            all.push_str("DROP INDEX ");
            all.push_str(index.name);
            all.push(';');
        }
        self.on().execute_batch(&all)?;
        self.connection.begun();
        Ok(())
    }

    /// How many indexes are to be made anew.
    pub(crate) fn indexes(&self) -> usize {
        self.indexes.len()
    }

    /// Makes one of them.
    pub(crate) fn index(&mut self, at: usize) -> Result<(), StoreError> {
        let Some(Index { definition, .. }) = self.indexes.get(at) else {
            return Ok(());
        };
        let definition = definition::sqlite_definition(definition);
        let on = self.on();
        // Keys are gathered by as much as the cache may hold, and sorted on another thread while
        // the next are gathered.
        on.pragma_update(None, "cache_size", -GATHERED)?;
        Ok(on.execute_batch(&definition)?)
    }

    /// Commits, and gives the database its log back.
    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        self.on().execute_batch("COMMIT")?;
        self.connection.committed();
        open::with_log(self.on())
    }
}

/// What is dropped: the indexes that a load would fill key by key. Those that hold few users stay.
fn indexes() -> Vec<Index> {
    let of_keys: Vec<_> = USERS
        .indexes
        .iter()
        .filter(|index| index.holds_most_rows())
        .map(|index| index.name)
        .collect();
    let mut found: Vec<Index> = Vec::new();
    for definition in migrations::statements() {
        let Some((_, rest)) = definition.split_once("INDEX IF NOT EXISTS ") else {
            continue;
        };
        let Some((name, _)) = rest.split_once(' ') else {
            continue;
        };
        if OTHERS.contains(&name) || of_keys.contains(&name) {
            found.push(Index { name, definition });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{OTHERS, indexes};

    #[test]
    fn what_is_dropped_can_be_made_again() {
        let found = indexes();
        for name in OTHERS {
            assert!(found.iter().any(|index| index.name == name), "{name}");
        }
        assert_eq!(found.len(), OTHERS.len() + 9);
    }
}
