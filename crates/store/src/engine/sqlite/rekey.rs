//! Making the keys anew that a build with another folding or another form of keys made.

use super::migrate::{GoOn, has_table};
use super::of;
use crate::StoreError;
use crate::engine::Driver;
use crate::engine::connection::Connection;
use crate::engine::tenant_numbers::Numbers;
use crate::query::rekeying::{self, Batch, KeyVersions};
use futures_util::FutureExt as _;
use rusqlite::OptionalExtension as _;

/// The one row of `made_keys`; it stands for the keys of invitations too.
const USERS: &str = "users";
/// Users between two lines of the log: some seconds.
const TOLD: u64 = 20_000;
/// Pages of the log after which a commit carries it into the database, as the writer's own thread
/// does later.
const CARRIED: i64 = 1_000;

/// The row of `made_keys`.
struct Made {
    versions: KeyVersions,
    /// How far making them came; `None` when they are all made.
    position: Option<String>,
}

/// Whether the keys are those of `ours`; newer ones are refused. Without the table there is an
/// older schema.
pub(super) fn is_made(on: &rusqlite::Connection, ours: KeyVersions) -> Result<bool, StoreError> {
    if !has_table(on, "made_keys")? {
        return Ok(false);
    }
    let made = made(on)?;
    Ok(ours.accept(made.versions)? && made.position.is_none())
}

/// What one who only looks is refused with, where the schema is ours and the keys are not.
pub(super) fn refusal(
    on: &rusqlite::Connection,
    ours: KeyVersions,
) -> Result<StoreError, StoreError> {
    let made = made(on)?;
    Ok(if made.versions == ours {
        StoreError::UnfinishedKeys
    } else {
        ours.older(made.versions)
    })
}

fn made(on: &rusqlite::Connection) -> Result<Made, StoreError> {
    let text = "SELECT fold, form, position FROM made_keys WHERE kind = ?1";
    let read = |row: &rusqlite::Row<'_>| {
        let (fold, form, position) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let versions = KeyVersions { fold, form };
        Ok(Made { versions, position })
    };
    let found = on.query_row(text, [USERS], read).optional()?;
    found.ok_or_else(|| StoreError::Corrupt("made_keys has no row of users".into()))
}

/// Makes the keys anew where they are older, in batches. A process that is killed goes on where it
/// was.
pub(super) fn rekey(
    on: rusqlite::Connection,
    ours: KeyVersions,
    go_on: GoOn<'_>,
) -> Result<rusqlite::Connection, StoreError> {
    let mut on = on;
    if !has_table(&on, "made_keys")? || is_made(&on, ours)? {
        return Ok(on);
    }
    begin(&mut on, ours, go_on)?;
    let text = "SELECT CAST(COALESCE(SUM(live + deleted), 0) AS bigint) FROM user_counts";
    let all: i64 = on.query_row(text, [], |row| row.get(0))?;
    tracing::info!(users = all, "making the search keys anew");
    on.pragma_update(None, "wal_autocheckpoint", CARRIED)?;
    let mut connection = Connection::new(Driver::Sqlite(on), Numbers::default());
    let (mut done, mut told) = (0, 0);
    loop {
        let batch = batch(&mut connection, ours, go_on)?;
        done += batch.users;
        if done >= told + TOLD {
            told = done;
            tracing::info!(done, of = all, "making the search keys anew");
        }
        if batch.position.is_none() {
            break;
        }
        go_on()?;
    }
    tracing::info!(users = done, "the search keys are made anew");
    let Driver::Sqlite(on) = connection.into_driver();
    on.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(on)
}

/// Marks the keys as those of this program, before the first is made: an older program must not
/// write what was passed already. Keys that a program between the two began to make are made again
/// from the beginning.
fn begin(
    on: &mut rusqlite::Connection,
    ours: KeyVersions,
    go_on: GoOn<'_>,
) -> Result<(), StoreError> {
    use rusqlite::TransactionBehavior::Immediate;
    let step = on.transaction_with_behavior(Immediate)?;
    // Asked again within the transaction: another process may have been faster.
    if made(&step)?.versions != ours {
        let text = "UPDATE made_keys SET fold = ?2, form = ?3, position = '' WHERE kind = ?1";
        step.execute(text, (USERS, ours.fold, ours.form))?;
        go_on()?;
    }
    Ok(step.commit()?)
}

/// One batch, and where it came to, in one transaction.
fn batch(
    connection: &mut Connection,
    ours: KeyVersions,
    go_on: GoOn<'_>,
) -> Result<Batch, StoreError> {
    of(connection).execute_batch("BEGIN IMMEDIATE")?;
    let ran = in_batch(connection, ours).and_then(|batch| go_on().map(|()| batch));
    let end = if ran.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = of(connection).execute_batch(end);
    let batch = ran?;
    ended?;
    Ok(batch)
}

fn in_batch(connection: &mut Connection, ours: KeyVersions) -> Result<Batch, StoreError> {
    let Made { versions, position } = made(of(connection))?;
    let Some(position) = position.filter(|_| versions == ours) else {
        // Another process was faster, or a newer one began.
        ours.accept(versions)?;
        let (position, users) = (None, 0);
        return Ok(Batch { position, users });
    };
    let after = Some(position.as_str()).filter(|text| !text.is_empty());
    let batch = rekeying::batch(connection, after)
        .now_or_never()
        .unwrap_or_else(|| {
            Err(StoreError::Driver(
                "a batch of keys awaited something".into(),
            ))
        })?;
    let text = "UPDATE made_keys SET position = ?2 WHERE kind = ?1";
    of(connection).execute(text, (USERS, &batch.position))?;
    Ok(batch)
}
