//! Running statements. Each text is prepared once per connection.

use super::errors::failure;
use crate::StoreError;
use crate::engine::Failure;
use crate::engine::row::{Columns, Row};
use crate::sql::Sql;
use crate::sql::value::{Bind, Binds, Cell};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{CachedStatement, Statement};
use std::time::Instant;

fn bind(statement: &mut Statement<'_>, binds: Binds<'_>) -> rusqlite::Result<()> {
    let number = |value: Option<i64>| ToSqlOutput::Owned(value.map_or(Value::Null, Value::Integer));
    for (at, value) in (1..).zip(binds.values) {
        let value = match value {
            Bind::Null => number(None),
            Bind::Int(value) => number(Some(*value)),
            Bind::Tenant(_) => number(binds.tenant),
            Bind::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Bind::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Bind::Id(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value.as_bytes())),
        };
        statement.raw_bind_parameter(at, value)?;
    }
    Ok(())
}

pub(crate) fn execute(
    on: &mut rusqlite::Connection,
    sql: &'static Sql,
    binds: Binds<'_>,
) -> Result<u64, Failure> {
    let run = || {
        let mut statement = on.prepare_cached(sql.text)?;
        bind(&mut statement, binds)?;
        statement.raw_execute()
    };
    let done = run();
    let done = done
        .map(|changed| changed as u64)
        .map_err(|error| failure(sql.name, &error));
    without_damage(on, done)
}

/// Passes on how a statement ended. A damaged page stays in the connection's cache, where it would
/// be found again after the file was restored; so the cache is given up.
fn without_damage<T>(on: &rusqlite::Connection, done: Result<T, Failure>) -> Result<T, Failure> {
    if let Err(Failure { damage: true, .. }) = &done {
        // With nothing given up the page is met again, and the same is said again.
        let _kept = on.release_memory();
    }
    done
}

/// A statement that is run many times, one after the other.
pub(crate) struct Prepared<'a> {
    statement: CachedStatement<'a>,
    name: &'static str,
    tenant: Option<i64>,
}

pub(crate) fn prepared<'a>(
    on: &'a mut rusqlite::Connection,
    sql: &'static Sql,
    tenant: Option<i64>,
) -> Result<Prepared<'a>, Failure> {
    let statement = on
        .prepare_cached(sql.text)
        .map_err(|error| failure(sql.name, &error))?;
    Ok(Prepared {
        statement,
        name: sql.name,
        tenant,
    })
}

impl Prepared<'_> {
    pub(crate) fn execute(&mut self, values: &[Bind<'_>]) -> Result<u64, Failure> {
        let tenant = self.tenant;
        bind(&mut self.statement, Binds { values, tenant })
            .and_then(|()| self.statement.raw_execute())
            .map(|changed| changed as u64)
            .map_err(|error| failure(self.name, &error))
    }
}

/// The rows of a statement, which goes by a name in errors.
pub(crate) fn rows<T>(
    on: &mut rusqlite::Connection,
    (name, text): (&str, &str),
    binds: Binds<'_>,
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, Failure> {
    let found = rows_of(on, (name, text), binds, read);
    without_damage(on, found)
}

fn rows_of<T>(
    on: &rusqlite::Connection,
    (name, text): (&str, &str),
    binds: Binds<'_>,
    read: impl Fn(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, Failure> {
    let driver = |error: rusqlite::Error| failure(name, &error);
    let mut statement = on.prepare_cached(text).map_err(driver)?;
    bind(&mut statement, binds).map_err(driver)?;
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while let Some(row) = rows.next().map_err(driver)? {
        out.push(
            read(&mut Columns::new(Row::Sqlite(row))).map_err(|error| Failure {
                error,
                constraint: false,
                damage: false,
            })?,
        );
    }
    Ok(out)
}

/// Steps of SQLite's machine between two looks at the clock: some tens of microseconds.
const STEPS: i32 = 4096;

/// Breaks off whatever statement runs at that moment; `None` lets them run.
pub(crate) fn limit(
    on: &mut rusqlite::Connection,
    until: Option<Instant>,
) -> Result<(), StoreError> {
    match until {
        None => on.progress_handler(0, None::<fn() -> bool>)?,
        Some(until) => on.progress_handler(STEPS, Some(move || Instant::now() > until))?,
    }
    Ok(())
}

/// What SQLite says it will do to run the statement.
pub(crate) fn plan(on: &mut rusqlite::Connection, text: &str) -> Result<Vec<String>, Failure> {
    let driver = |error: rusqlite::Error| failure("a plan", &error);
    let mut statement = on
        .prepare(&format!("EXPLAIN QUERY PLAN {text}"))
        .map_err(driver)?;
    statement
        .raw_query()
        .mapped(|row| row.get(3))
        .collect::<Result<_, _>>()
        .map_err(driver)
}

pub(crate) fn cell<'a>(row: &'a rusqlite::Row<'_>, at: usize) -> Result<Cell<'a>, StoreError> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Int(value),
        ValueRef::Text(value) => Cell::Text(
            std::str::from_utf8(value)
                .map_err(|_| StoreError::Corrupt(format!("column {at} is no text")))?,
        ),
        ValueRef::Blob(value) => Cell::Bytes(value),
        ValueRef::Real(_) => {
            return Err(StoreError::Corrupt(format!("column {at} has another type")));
        }
    })
}
