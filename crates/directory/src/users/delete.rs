//! DELETE /users/{key}: soft from the first day. The row stays; UPN, addresses and
//! identities are free again, and open invitations of the user end.

use serde_json::json;
use store::{AuditRecord, ChangeKind, Decision, Joining, Tx};

use super::{Condition, UserKey, outranks};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// What the write needs, drawn before it.
struct Input {
    actor: Actor,
    key: UserKey,
    id: uuid::Uuid,
    condition: Condition,
    at: jiff::Timestamp,
    /// The value kept as `deletedDateTime`: in whole seconds as it is shown, so that a filter by
    /// the shown value finds the user.
    second: jiff::Timestamp,
    audit: AuditRecord,
}

impl Directory {
    /// Deletes a user softly.
    pub async fn delete_user(
        &self,
        actor: &Actor,
        key: &UserKey,
        condition: Condition,
    ) -> Result<(), Refusal> {
        actor.may(Operation::DeleteUser)?;
        let id = key.row(&self.store().read(actor.tenant)).await?.id;
        let at = self.now();
        let audit = audit::record(
            actor,
            at,
            "Delete user",
            audit::Target::User(id),
            &json!({}),
        );
        let input = Input {
            actor: actor.clone(),
            key: key.clone(),
            id,
            condition,
            at,
            second: self.whole_second(),
            audit,
        };
        self.store()
            .write(actor.tenant, input, |tx, input| Box::pin(delete(tx, input)))
            .await
    }
}

async fn delete(tx: &mut Tx, input: &Input) -> Result<(), Refusal> {
    let row = tx
        .user(input.id)
        .await?
        .ok_or_else(|| input.key.not_found())?;
    input.condition.check(&row)?;
    if !outranks(&input.actor, row.id, tx.roles_of(row.id).await?, false) {
        return Err(Refusal::Denied {
            operation: Operation::DeleteUser,
        });
    }
    if !tx.soft_delete_user(row.id, input.second).await? {
        return Err(input.key.not_found());
    }
    tx.end_invitations_of(row.id, input.at).await?;
    // There is no pending member to approve any more.
    let decision = Decision {
        id: row.id,
        joining: Joining::Declined,
        by: input.actor.object(),
        at: input.at,
    };
    tx.decide_joining(decision).await?;
    tx.changed(row.id, ChangeKind::Deleted);
    tx.audit(input.audit.clone());
    Ok(())
}
