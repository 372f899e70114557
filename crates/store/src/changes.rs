//! The change sequence that delta queries stand on: one counter per tenant and lane, bumped once for a whole batch.

use crate::session::Session;
use crate::sql::statements;
use crate::value::{Columns, Read, binds, codes, only};
use crate::{Relation, StoreError, TenantId};
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

/// Independent sequences of one tenant have numbers; directory objects are in this one.
const DIRECTORY: i64 = 0;

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeRow {
    /// Place in the lane; who sees n has seen all below it.
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

/// A change waiting for the end of its batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    pub(crate) object: Uuid,
    pub(crate) kind: ChangeKind,
    pub(crate) link: Option<ChangedLink>,
}

statements! {
    Tenant BUMP = "INSERT INTO change_counters (tenant_id, lane, seq) VALUES (?1, ?2, ?3) \
        ON CONFLICT (tenant_id, lane) DO UPDATE SET seq = change_counters.seq + ?3 RETURNING seq";
    Tenant INSERT_CHANGE = "INSERT INTO changes (tenant_id, lane, seq, object_id, kind, relation, target_id) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    Tenant CHANGES = "SELECT seq, object_id, kind, relation, target_id FROM changes \
        WHERE tenant_id = ?1 AND lane = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4";
    Tenant LAST_CHANGE = "SELECT seq FROM change_counters WHERE tenant_id = ?1 AND lane = ?2";
}

const READ_CHANGE: Read<ChangeRow> = |row| {
    Ok(ChangeRow {
        seq: row.take()?,
        object_id: row.take()?,
        kind: row.take()?,
        link: read_link(row)?,
    })
};

fn read_link(row: &mut Columns<'_>) -> Result<Option<ChangedLink>, StoreError> {
    let relation: Option<Relation> = row.take()?;
    let target: Option<Uuid> = row.take()?;
    Ok(relation
        .zip(target)
        .map(|(relation, target)| ChangedLink { relation, target }))
}

/// Writes a tenant's gathered changes. The counter's row lock is what orders commits, so nothing but these rows comes
/// between the bump and the commit.
pub(crate) async fn flush(
    on: &mut Session,
    tenant: TenantId,
    changes: &[Change],
) -> Result<(), StoreError> {
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
            ],
        )
        .await?;
    }
    Ok(())
}

pub(crate) async fn changes(
    on: &mut Session,
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

pub(crate) async fn last_change(on: &mut Session, tenant: TenantId) -> Result<i64, StoreError> {
    let last = on
        .row(&LAST_CHANGE, binds![tenant, DIRECTORY], only)
        .await?;
    Ok(last.unwrap_or(0))
}
