//! DELETE /invitations/{id}: revokes an invitation. Its link ends, letters that wait are dropped,
//! and the row stays, so that the link answers 410 and the list says what happened.
//!
//! The guest is deleted with it if there is nothing else to the guest: made by it, never accepted,
//! no role, no later invitation. Every other user stays: revoking an invitation must not delete an
//! account that existed before or was used.

use serde_json::json;
use store::{GuestState, InvitationRow, InvitationStatus, Lookup, Tx};
use uuid::Uuid;

use crate::actor::Actor;
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::new_user::BY_INVITATION;
use crate::users::{delete, row};
use edm::user;

/// What revoking an invitation did to its guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevokedGuest {
    /// Deleted, as `DELETE /users/{id}` would: it can be restored for 30 days.
    Deleted,
    /// Still there.
    Kept,
    /// The invitation had ended before: nothing was changed.
    EndedBefore,
}

/// What the write needs, drawn before it.
struct Input {
    actor: Actor,
    directory: Directory,
    id: Uuid,
    at: jiff::Timestamp,
    /// The time by which links end.
    expiry_now: jiff::Timestamp,
    second: jiff::Timestamp,
}

impl Directory {
    /// Revokes an invitation. One that has ended already stays as it is.
    ///
    /// # Errors
    /// `NotFound`, also for another tenant's.
    pub async fn revoke_invitation(
        &self,
        actor: &Actor,
        id: Uuid,
    ) -> Result<RevokedGuest, Refusal> {
        actor.may(Operation::RevokeInvitation)?;
        self.serves_invitations(actor).await?;
        let input = Input {
            actor: actor.clone(),
            directory: self.clone(),
            id,
            at: self.now(),
            expiry_now: self.expiry_now(),
            second: self.whole_second(),
        };
        self.store()
            .write(actor.tenant, input, |tx, input| Box::pin(input.run(tx)))
            .await
    }
}

impl Input {
    async fn run(&self, tx: &mut Tx) -> Result<RevokedGuest, Refusal> {
        let row = tx
            .invitation(self.id)
            .await?
            .ok_or_else(|| Refusal::NotFound {
                key: self.id.to_string(),
            })?;
        let ended = tx.end_invitation(row.id, self.at).await?;
        let sealed = self.directory.sealed_parts();
        let dropped = tx.drop_letters_of(row.id, sealed).await?;
        if dropped > 0 && row.status == InvitationStatus::InProgress {
            tx.set_invitation_status(row.id, InvitationStatus::Error)
                .await?;
        }
        if !ended {
            return Ok(RevokedGuest::EndedBefore);
        }
        let guest = if self.is_all_there_is(tx, &row).await? {
            let at = (self.at, self.second);
            delete::soft_delete(tx, &self.actor, row.user_id, at).await?;
            RevokedGuest::Deleted
        } else {
            // They never proved the address, and nobody wants them to any more.
            tx.lapse_claim(row.user_id, &row.address_key, self.expiry_now)
                .await?;
            RevokedGuest::Kept
        };
        let deleted = guest == RevokedGuest::Deleted;
        tx.audit(audit::record(
            &self.actor,
            self.at,
            "Revoke external user invitation",
            Target::invitation(row.id),
            &json!({ "user": row.user_id, "userDeleted": deleted }),
        ));
        Ok(guest)
    }

    /// Whether there is nothing to the guest but this invitation.
    async fn is_all_there_is(&self, tx: &mut Tx, row: &InvitationRow) -> Result<bool, Refusal> {
        let Some(guest) = tx.user(row.user_id).await? else {
            return Ok(false);
        };
        let record = row::record(&guest, self.actor.schema())?;
        let made_by_inviting = record.text(&user::CREATION_TYPE) == Some(BY_INVITATION);
        let latest = tx.latest_invitation_of(guest.id).await?;
        Ok(made_by_inviting
            && guest.state == Some(GuestState::PendingAcceptance)
            && latest.is_some_and(|latest| latest.id == row.id)
            && tx.accepted_invitations_of(guest.id).await? == 0
            && tx.roles_of(guest.id).await?.is_empty())
    }
}
