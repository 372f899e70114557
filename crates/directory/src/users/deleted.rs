//! Users among the deleted: listed, read, brought back, removed for good (P-users-15, R-34).

use edm::user;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{AuditRecord, ChangeKind, Lookup, TenantId, Tx, UserRow};
use uuid::Uuid;

use super::permitted::View;
use super::read::visible;
use super::row::{self, RowMeta, UniqueValues};
use super::{UserKey, outranks};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// How long a deleted user can be brought back (P-users-13).
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Users removed in one write of housekeeping: each is a dozen statements, and other writes wait
/// for them.
const PURGED_AT_ONCE: u32 = 50;

/// What the write needs, drawn before it.
struct DeletedUserChange {
    actor: Actor,
    id: Uuid,
    operation: Operation,
    audit: AuditRecord,
}

impl Directory {
    /// A deleted user. They are listed by [`Directory::find_users`].
    pub async fn deleted_user(&self, actor: &Actor, id: Uuid) -> Result<UserRow, Refusal> {
        actor.may(Operation::ReadDeleted)?;
        self.check_enumeration(actor, Operation::ReadDeleted)
            .await?;
        let found = self.store().read(actor.tenant).deleted_user(id).await?;
        visible_deleted(actor, found.ok_or_else(|| UserKey::Id(id).not_found())?)
    }

    /// Restores a deleted user with their name, addresses, identities and links. [`Refusal::Taken`]
    /// when another user has one of them by now; then nothing happens.
    pub async fn restore_user(&self, actor: &Actor, id: Uuid) -> Result<UserRow, Refusal> {
        let input = self.input(actor, id, Operation::RestoreUser, "Restore user")?;
        let row = self
            .store()
            .write(actor.tenant, input, |tx, input| {
                Box::pin(restore(tx, input))
            })
            .await?;
        visible(row, View::of(actor, actor.is_person(id)))
    }

    /// Removes a deleted user for good, with everything about them.
    pub async fn purge_user(&self, actor: &Actor, id: Uuid) -> Result<(), Refusal> {
        let input = self.input(actor, id, Operation::PurgeUser, "Hard Delete user")?;
        self.store()
            .write(actor.tenant, input, |tx, input| Box::pin(purge(tx, input)))
            .await
    }

    /// Removes for good the users deleted 30 days ago or more; how many.
    pub(crate) async fn purge_old(&self, tenant: TenantId) -> Result<u64, Refusal> {
        let now = self.now();
        let actor = self.server_audit_actor(tenant);
        let before = now.checked_sub(RETENTION).unwrap_or(Timestamp::MIN);
        let mut purged = 0;
        loop {
            let actor = actor.clone();
            let gone: usize = self
                .store()
                .write::<_, _, Refusal, _>(tenant, actor, move |tx, actor| {
                    Box::pin(async move {
                        let ids = tx.deleted_before(before, PURGED_AT_ONCE).await?;
                        for id in &ids {
                            tx.purge_user(*id).await?;
                            tx.changed(*id, ChangeKind::Purged);
                            tx.audit(record(actor, now, *id, "Hard Delete user"));
                        }
                        Ok(ids.len())
                    })
                })
                .await?;
            if gone == 0 {
                return Ok(purged);
            }
            purged += gone as u64;
        }
    }

    fn input(
        &self,
        actor: &Actor,
        id: Uuid,
        operation: Operation,
        activity: &str,
    ) -> Result<DeletedUserChange, Refusal> {
        actor.may(operation)?;
        Ok(DeletedUserChange {
            actor: actor.clone(),
            id,
            operation,
            audit: record(actor, self.now(), id, activity),
        })
    }
}

fn record(actor: &Actor, at: Timestamp, id: Uuid, activity: &str) -> AuditRecord {
    audit::record(actor, at, activity, audit::Target::user(id), &json!({}))
}

/// The row with the instant of its deletion in its texts, without what the actor may not see.
pub(super) fn visible_deleted(actor: &Actor, mut found: UserRow) -> Result<UserRow, Refusal> {
    found = visible(found, View::of(actor, false))?;
    if let Some(at) = found.deleted_at {
        let mut record = row::record(&found, actor.schema())?;
        record.set(&user::DELETED_DATE_TIME, at);
        row::render(&mut found, &record);
    }
    Ok(found)
}

/// The deleted user, if the actor outranks them: deleting and restoring need the same rank
/// (P-permissions-3).
async fn outranked(tx: &mut Tx, input: &DeletedUserChange) -> Result<UserRow, Refusal> {
    let found = tx.deleted_user(input.id).await?;
    let found = found.ok_or_else(|| UserKey::Id(input.id).not_found())?;
    let roles = tx.roles_of(input.id).await?;
    if outranks(&input.actor, input.id, roles, false) {
        Ok(found)
    } else {
        Err(Refusal::Denied {
            operation: input.operation,
        })
    }
}

async fn restore(tx: &mut Tx, input: &DeletedUserChange) -> Result<UserRow, Refusal> {
    let found = outranked(tx, input).await?;
    let record = row::record(&found, input.actor.schema())?;
    let meta = RowMeta {
        id: found.id,
        version: found.version,
        created_at: found.created_at,
        password_hash: found.password_hash,
    };
    let mut row = row::row(&record, meta);
    let (claims, ty) = (UniqueValues::of(&record), input.actor.entity(&user::TYPE));
    row::restore(tx, &row, &claims, found.deleted_at, ty).await?;
    // A pending member stays pending. Otherwise an actor could enable them without approval by
    // deleting and restoring them.
    tx.wait_again(row.id).await?;
    tx.audit(input.audit.clone());
    row.version += 1;
    Ok(row)
}

async fn purge(tx: &mut Tx, input: &DeletedUserChange) -> Result<(), Refusal> {
    let found = outranked(tx, input).await?;
    tx.purge_user(found.id).await?;
    tx.changed(found.id, ChangeKind::Purged);
    tx.audit(input.audit.clone());
    Ok(())
}
