//! The change sequence that delta queries read: one counter per tenant and lane, moved once for a
//! whole batch.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read, only};
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{Relation, StoreError, TenantId, Tx};
use jiff::Timestamp;
use std::collections::HashSet;
use uuid::Uuid;

codes! {
    /// What happened to an object.
    pub enum ChangeKind {
        /// Made.
        Created = 1,
        /// Changed.
        Updated = 2,
        /// Soft-deleted: it can come back.
        Deleted = 3,
        /// Back from among the deleted.
        Restored = 4,
        /// Gone for good.
        Purged = 5,
        /// Got a link to another object.
        Linked = 6,
        /// Lost one.
        Unlinked = 7,
    }
}

/// The number of the sequence that users are in. Another kind of object needs a sequence of its
/// own: a client that follows users would take an object that is no user for a deleted one.
pub(crate) const DIRECTORY: i64 = 0;

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeRow {
    /// Place in the lane. A reader who sees n has seen all below it.
    pub seq: i64,
    /// The object.
    pub object_id: Uuid,
    /// What happened.
    pub kind: ChangeKind,
    /// Which link, where one was made or broken.
    pub link: Option<ChangedLink>,
}

/// A link that was made or broken. The object of the change is its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedLink {
    /// What it means.
    pub relation: Relation,
    /// The object at its other end.
    pub target: Uuid,
}

/// How far a tenant's changes reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChangeState {
    /// A number counts in its own generation only.
    pub generation: i64,
    /// The last number given out; 0 before the first.
    pub head: i64,
    /// Changes up to this number were deleted.
    pub pruned: i64,
}

/// A change waiting for the end of its batch.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) object: Uuid,
    pub(crate) kind: ChangeKind,
    pub(crate) link: Option<ChangedLink>,
    /// Names of the properties that are different now, with commas between; `None` where that is
    /// not known or is all.
    pub(crate) touched: Option<String>,
}

statements! {
    Tenant BUMP = "INSERT INTO change_counters (tenant_id, lane, seq, pruned, generation) VALUES (?1, ?2, ?3, 0, 0) \
        ON CONFLICT (tenant_id, lane) DO UPDATE SET seq = change_counters.seq + ?3 RETURNING seq";
    Tenant INSERT_CHANGE = "INSERT INTO changes (tenant_id, lane, seq, object_id, kind, relation, target_id, touched) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    Tenant CHANGES = "SELECT seq, object_id, kind, relation, target_id FROM changes \
        WHERE tenant_id = ?1 AND lane = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4";
    Tenant CHANGE_STATE = "SELECT generation, seq, pruned FROM change_counters WHERE tenant_id = ?1 AND lane = ?2";
    Tenant NEW_GENERATION = "UPDATE change_counters SET generation = generation + 1, pruned = seq \
        WHERE tenant_id = ?1 AND lane = ?2";
    Tenant LAST_MARK = "SELECT at, seq FROM change_marks \
        WHERE tenant_id = ?1 AND lane = ?2 AND at <= ?3 ORDER BY at DESC LIMIT 1";
    Tenant INSERT_MARK = "INSERT INTO change_marks (tenant_id, lane, at, seq) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    Tenant PRUNE_MARKS = "DELETE FROM change_marks WHERE tenant_id = ?1 AND lane = ?2 AND at < ?3";
    Tenant PRUNE_CHANGES = "DELETE FROM changes WHERE tenant_id = ?1 AND lane = ?2 AND seq <= ?3";
    Tenant SET_PRUNED = "UPDATE change_counters SET pruned = ?3 WHERE tenant_id = ?1 AND lane = ?2 AND pruned < ?3";
}

const READ_CHANGE: Read<ChangeRow> = |row| {
    Ok(ChangeRow {
        seq: row.take()?,
        object_id: row.take()?,
        kind: row.take()?,
        link: read_link(row)?,
    })
};

pub(crate) fn read_link(row: &mut Columns<'_>) -> Result<Option<ChangedLink>, StoreError> {
    let relation: Option<Relation> = row.take()?;
    let target: Option<Uuid> = row.take()?;
    Ok(relation
        .zip(target)
        .map(|(relation, target)| ChangedLink { relation, target }))
}
const READ_STATE: Read<ChangeState> = |row| {
    Ok(ChangeState {
        generation: row.take()?,
        head: row.take()?,
        pruned: row.take()?,
    })
};
const READ_MARK: Read<(Timestamp, i64)> = |row| Ok((row.take()?, row.take()?));

/// Leaves out the links of objects that were made in the same batch: a new object is shown with its
/// manager anyway, and a million users with managers would be two million changes.
fn worth_telling(changes: &[Change]) -> Vec<&Change> {
    let mut made = HashSet::new();
    changes
        .iter()
        .filter(|change| match change.kind {
            ChangeKind::Created => {
                made.insert(change.object);
                true
            }
            ChangeKind::Linked => !made.contains(&change.object),
            _ => true,
        })
        .collect()
}

/// Writes a tenant's gathered changes. The counter's row lock is what orders commits, so nothing
/// but these rows comes between the bump and the commit.
pub(crate) async fn flush(
    on: &mut Connection,
    tenant: TenantId,
    changes: &[Change],
) -> Result<(), StoreError> {
    let changes = worth_telling(changes);
    let count = i64::try_from(changes.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Ok(());
    }
    let binds = binds![tenant, DIRECTORY, count];
    let last: Option<i64> = on.row(&BUMP, binds, only).await?;
    let first =
        last.ok_or_else(|| StoreError::Corrupt("change counter vanished".into()))? - count + 1;
    for (seq, change) in (first..).zip(changes) {
        on.execute(
            &INSERT_CHANGE,
            binds![
                tenant,
                DIRECTORY,
                seq,
                change.object,
                change.kind,
                change.link.map(|link| link.relation),
                change.link.map(|link| link.target),
                change.touched.as_deref(),
            ],
        )
        .await?;
    }
    Ok(())
}

pub(crate) async fn changes(
    on: &mut Connection,
    tenant: TenantId,
    after: i64,
    limit: u32,
) -> Result<Vec<ChangeRow>, StoreError> {
    on.rows(
        &CHANGES,
        binds![tenant, DIRECTORY, after, limit],
        READ_CHANGE,
    )
    .await
}

pub(crate) async fn change_state(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<ChangeState, StoreError> {
    let state = on
        .row(&CHANGE_STATE, binds![tenant, DIRECTORY], READ_STATE)
        .await?;
    Ok(state.unwrap_or_default())
}

impl Tx {
    /// Notes how far the changes reach now, unless that was done after `since`. Changes have no
    /// instant of their own; a mark now and then is enough to delete those before it.
    pub async fn mark_changes(
        &mut self,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let last = connection
            .row(&LAST_MARK, binds![tenant, DIRECTORY, now], READ_MARK)
            .await?;
        if last.is_some_and(|(at, _)| at > since) {
            return Ok(());
        }
        let head = change_state(connection, tenant).await?.head;
        connection
            .execute(&INSERT_MARK, binds![tenant, DIRECTORY, now, head])
            .await
            .map(drop)
    }

    /// Deletes at most `most` changes that were made before the last mark at or before `before`,
    /// and answers how many. A client that stands before [`ChangeState::pruned`] has to begin anew.
    pub async fn prune_changes(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let mark = connection
            .row(&LAST_MARK, binds![tenant, DIRECTORY, before], READ_MARK)
            .await?;
        let Some((at, reached)) = mark else {
            return Ok(0);
        };
        let pruned = change_state(connection, tenant).await?.pruned;
        let upto = reached.min(pruned.saturating_add(i64::from(most)));
        if upto <= pruned {
            connection
                .execute(&PRUNE_MARKS, binds![tenant, DIRECTORY, at])
                .await?;
            return Ok(0);
        }
        let gone = connection
            .execute(&PRUNE_CHANGES, binds![tenant, DIRECTORY, upto])
            .await?;
        connection
            .execute(&SET_PRUNED, binds![tenant, DIRECTORY, upto])
            .await?;
        Ok(gone)
    }

    /// Makes all numbers given out so far invalid. To be called after rows were changed without
    /// being numbered. Does nothing before the first change.
    pub async fn new_change_generation(&mut self) -> Result<(), StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&NEW_GENERATION, binds![tenant, DIRECTORY])
            .await
            .map(drop)
    }
}
