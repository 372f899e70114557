//! DELETE /users/{key}: soft from the first day. The row stays; UPN, addresses and
//! identities are free again, and open invitations of the user end.

use jiff::Timestamp;
use store::{ChangeKind, Decision, Joining, Lookup, Tx};
use uuid::Uuid;

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
    id: Uuid,
    condition: Condition,
    at: Timestamp,
    /// The value kept as `deletedDateTime`: in whole seconds as it is shown, so that a filter by
    /// the shown value finds the user.
    second: Timestamp,
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
        let reader = self.store().read(actor.tenant);
        let id = reader.snapshot(async |on| key.row(on).await).await?.id;
        let at = self.now();
        let input = Input {
            actor: actor.clone(),
            key: key.clone(),
            id,
            condition,
            at,
            second: self.whole_second(),
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
    if soft_delete(tx, &input.actor, row.id, (input.at, input.second)).await? {
        Ok(())
    } else {
        Err(input.key.not_found())
    }
}

/// Deletes a user softly, by whatever operation, at an instant and its whole second; `false` when
/// they are deleted already.
pub(crate) async fn soft_delete(
    tx: &mut Tx,
    actor: &Actor,
    id: Uuid,
    (at, second): (Timestamp, Timestamp),
) -> Result<bool, Refusal> {
    if !tx.soft_delete_user(id, second).await? {
        return Ok(false);
    }
    // The same instant as the deletion's own: so a restore tells these from links that had ended
    // before.
    tx.end_invitations_of(id, second).await?;
    // There is no pending member to approve any more.
    let decision = Decision {
        id,
        joining: Joining::Declined,
        by: actor.object(),
        at,
    };
    tx.decide_joining(decision).await?;
    tx.changed(id, ChangeKind::Deleted);
    tx.audit(audit::user_deleted(actor, at, id));
    Ok(true)
}
