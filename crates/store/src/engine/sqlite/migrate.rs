//! Bringing the schema of a SQLite database up to date, or refusing the database by name.

use super::definition;
use super::{lock::Lock, of, rekey};
use crate::engine::Driver;
use crate::engine::connection::Connection;
use crate::engine::tenant_numbers::Numbers;
use crate::migrations::{self, Backfill, CLOSED, Part};
use crate::query::rekeying::KeyVersions;
use crate::{Options, Place, Role, StoreError};
use futures_util::FutureExt as _;
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};

/// Asked after each statement and each batch whether to go on; tests say no.
pub(super) type GoOn<'a> = &'a mut dyn FnMut() -> Result<(), StoreError>;

/// Brings the schema up to date. Under a running server a tool leaves it alone
/// ([`StoreError::Locked`]); who only looks always does ([`StoreError::Outdated`]).
pub(crate) fn migrate(
    on: rusqlite::Connection,
    options: &Options,
) -> Result<rusqlite::Connection, StoreError> {
    let ours = (migrations::ALL, KeyVersions::OURS);
    migrate_to(on, options, ours, &mut || Ok(()))
}

pub(super) fn migrate_to(
    on: rusqlite::Connection,
    options: &Options,
    (versions, keys): (&[&[Part]], KeyVersions),
    go_on: GoOn<'_>,
) -> Result<rusqlite::Connection, StoreError> {
    let mut on = on;
    let has_schema = is_up_to_date(&on, versions)?;
    if rekey::is_made(&on, keys)? && has_schema {
        return Ok(on);
    }
    if options.role == Role::Look {
        if has_schema {
            return Err(rekey::refusal(&on, keys)?);
        }
        return Err(StoreError::Outdated {
            found: version(&on)?,
            known: u32::try_from(versions.len()).unwrap_or(u32::MAX),
        });
    }
    let _lock = match (&options.place, options.role) {
        (Place::File(path), Role::Tool) => Some(Lock::take(path)?),
        _ => None,
    };
    for (version, parts) in (1..).zip(versions.iter().copied()) {
        // One transaction per version: a process killed in between leaves a whole version, and goes
        // on from there. The mark goes in with it, before any backfill: an older program must not
        // write what the backfill has passed.
        let step = on.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Asked again within the transaction: another process may have been faster.
        let recorded = recorded(&step)?;
        let is_there = self::version(&step)? >= version;
        for part in parts {
            let is_done = if version == CLOSED {
                is_there
            } else {
                recorded.iter().any(|row| row.is(version, part))
            };
            if !is_done {
                make(&step, version, part, go_on)?;
            }
        }
        if !is_there {
            let text = "INSERT INTO schema_versions (version) VALUES (?1)";
            step.execute(text, [version])?;
            go_on()?;
        }
        step.commit()?;
        on = fill(on, version, parts, go_on)?;
    }
    rekey::rekey(on, keys, go_on)
}

/// Whether nothing is to be done. Refuses what this program cannot bring up to date.
fn is_up_to_date(on: &rusqlite::Connection, versions: &[&[Part]]) -> Result<bool, StoreError> {
    let known = u32::try_from(versions.len()).unwrap_or(u32::MAX);
    let found = version(on)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let recorded = recorded(on)?;
    let of_version = |version: u32| {
        let at = usize::try_from(version)
            .ok()
            .and_then(|at| at.checked_sub(1));
        at.and_then(|at| versions.get(at).copied()).unwrap_or(&[])
    };
    for row in &recorded {
        if !of_version(row.version)
            .iter()
            .any(|part| row.is(row.version, part))
        {
            return Err(StoreError::NewerPart {
                version: row.version,
                part: row.name.clone(),
            });
        }
    }
    match found {
        0 => nothing_is_there(on)?,
        CLOSED => is_as_closed(on, of_version(CLOSED))?,
        _ => {}
    }
    let all = (1..)
        .zip(versions)
        .filter(|(version, _)| *version != CLOSED)
        .flat_map(|(version, parts)| parts.iter().map(move |part| (version, part)));
    let done = |(version, part): (u32, &Part)| {
        let mut rows = recorded.iter();
        rows.any(|row| row.is(version, part) && row.is_done)
    };
    let mut all = all;
    Ok(found == known && all.all(done))
}

/// Runs a part's statements and writes down that they ran.
fn make(
    step: &Transaction<'_>,
    version: u32,
    part: &Part,
    go_on: GoOn<'_>,
) -> Result<(), StoreError> {
    statements_of(step, part, go_on)?;
    if version != CLOSED {
        let text = "INSERT INTO schema_parts (version, name, is_done) VALUES (?1, ?2, ?3)";
        step.execute(text, (version, part.name, part.backfill.is_none()))?;
        go_on()?;
    }
    Ok(())
}

fn statements_of(
    on: &rusqlite::Connection,
    part: &Part,
    go_on: GoOn<'_>,
) -> Result<(), StoreError> {
    for statement in part.statements {
        if !has_column(on, statement)? {
            on.execute_batch(&definition::sqlite_definition(statement))?;
        }
        go_on()?;
    }
    Ok(())
}

/// Whether the statement adds a column that is there.
fn has_column(on: &rusqlite::Connection, statement: &str) -> Result<bool, StoreError> {
    let Some((table, column)) = definition::added_column(statement) else {
        return Ok(false);
    };
    let text = "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2";
    let found = on.query_row(text, (table, column), |_| Ok(())).optional()?;
    Ok(found.is_some())
}

/// Runs the backfills that are not through, each batch with its position in one transaction.
fn fill(
    on: rusqlite::Connection,
    version: u32,
    parts: &[Part],
    go_on: GoOn<'_>,
) -> Result<rusqlite::Connection, StoreError> {
    let mut on = on;
    for part in parts {
        if let Some(backfill) = part.backfill {
            let mut connection = Connection::new(Driver::Sqlite(on), Numbers::default());
            while batch(&mut connection, version, part.name, backfill, go_on)? {
                go_on()?;
            }
            let Driver::Sqlite(back) = connection.into_driver();
            on = back;
        }
    }
    Ok(on)
}

/// One batch; whether there may be another.
fn batch(
    connection: &mut Connection,
    version: u32,
    name: &str,
    backfill: Backfill,
    go_on: GoOn<'_>,
) -> Result<bool, StoreError> {
    of(connection).execute_batch("BEGIN IMMEDIATE")?;
    let ran = in_batch(connection, version, name, backfill).and_then(|more| go_on().map(|()| more));
    let end = if ran.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = of(connection).execute_batch(end);
    let more = ran?;
    ended?;
    Ok(more)
}

fn in_batch(
    connection: &mut Connection,
    version: u32,
    name: &str,
    backfill: Backfill,
) -> Result<bool, StoreError> {
    let text = "SELECT is_done, position FROM schema_parts WHERE version = ?1 AND name = ?2";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, bool>(0)?, row.get(1)?));
    let (is_done, after): (bool, Option<String>) =
        of(connection).query_row(text, (version, name), read)?;
    if is_done {
        return Ok(false);
    }
    let reached = backfill(connection, after)
        .now_or_never()
        .unwrap_or_else(|| Err(StoreError::Driver("a backfill awaited something".into())))?;
    let text =
        "UPDATE schema_parts SET is_done = ?3, position = ?4 WHERE version = ?1 AND name = ?2";
    of(connection).execute(text, (version, name, reached.is_none(), &reached))?;
    Ok(reached.is_some())
}

/// A row of `schema_parts`.
struct Recorded {
    version: u32,
    name: String,
    is_done: bool,
}

impl Recorded {
    fn is(&self, version: u32, part: &Part) -> bool {
        self.version == version && self.name == part.name
    }
}

fn recorded(on: &rusqlite::Connection) -> Result<Vec<Recorded>, StoreError> {
    if !has_table(on, "schema_parts")? {
        return Ok(Vec::new());
    }
    let mut rows = on.prepare("SELECT version, name, is_done FROM schema_parts")?;
    let read = rows.query_map([], |row| {
        Ok(Recorded {
            version: row.get(0)?,
            name: row.get(1)?,
            is_done: row.get(2)?,
        })
    })?;
    Ok(read.collect::<Result<_, _>>()?)
}

pub(super) fn has_table(on: &rusqlite::Connection, name: &str) -> Result<bool, StoreError> {
    let text = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    Ok(on.query_row(text, [name], |_| Ok(())).optional()?.is_some())
}

/// The schema's version; 0 for an empty database.
fn version(on: &rusqlite::Connection) -> Result<u32, StoreError> {
    if !has_table(on, "schema_versions")? {
        return Ok(0);
    }
    let text = "SELECT COALESCE(MAX(version), 0) FROM schema_versions";
    Ok(on.query_row(text, [], |row| row.get(0))?)
}

/// No tables are made beside those of another program, or of a build from before there were
/// versions.
fn nothing_is_there(on: &rusqlite::Connection) -> Result<(), StoreError> {
    let text = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name LIMIT 1";
    let found: Option<String> = on.query_row(text, [], |row| row.get(0)).optional()?;
    match found {
        None => Ok(()),
        Some(name) => Err(StoreError::Unclosed(format!(
            "it has {name}, but no schema version"
        ))),
    }
}

/// Refuses a database whose mark says version 1 but that is not what version 1 was when it was
/// closed: until then builds changed its tables in place. Each table and index must be defined word
/// for word as it is defined here.
fn is_as_closed(on: &rusqlite::Connection, parts: &[Part]) -> Result<(), StoreError> {
    let model = rusqlite::Connection::open_in_memory()?;
    for statement in parts.iter().flat_map(|part| part.statements) {
        model.execute_batch(&definition::sqlite_definition(statement))?;
    }
    let text =
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name";
    let mut rows = model.prepare(text)?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, wanted): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let text = "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2";
        let found: Option<String> = on
            .query_row(text, (&kind, &name), |row| row.get(0))
            .optional()?;
        let what = match found {
            Some(found) if found == wanted => continue,
            Some(_) => "differs",
            None => "is missing",
        };
        return Err(StoreError::Unclosed(format!("{kind} {name} {what}")));
    }
    Ok(())
}

#[cfg(test)]
#[path = "migrations.rs"]
mod tests;
