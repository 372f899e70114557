//! POST /invitations/{id}/resend: the same invitation once more, with a new link. Earlier links
//! end. This is the only way to see a link again.

use store::{GuestState, InvitationRow, InvitationStatus, Lookup, Tx};
use uuid::Uuid;

use super::create::MAIL_SETTING;
use super::guest::Guest;
use super::invited::Invited;
use super::plan::{Inviter, Plan};
use super::request::Request;
use super::stored::Stored;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::row;

/// The invitation that is sent once more, as it was read before the write.
struct ResendInvitation {
    plan: Plan,
    of: InvitationRow,
}

impl Directory {
    /// Sends an invitation again, in the words of the first one. The answer is that of an
    /// invitation, with an id and a link of its own.
    ///
    /// # Errors
    /// `NotFound`, also when the guest is gone; `InviteeAddress` when the guest does not have the
    /// address any more; the quotas of inviting.
    pub async fn resend_invitation(&self, actor: &Actor, id: Uuid) -> Result<Invited, Refusal> {
        actor.may(Operation::ResendInvitation)?;
        self.serves_invitations(actor).await?;
        if !self.policy().mail_configured {
            return Err(Refusal::MailNotConfigured {
                setting: MAIL_SETTING,
            });
        }
        let reader = self.store().read(actor.tenant);
        let again = reader.snapshot(async |on| {
            let row = on.invitation(id).await?;
            let of = row.ok_or_else(|| Refusal::NotFound {
                key: id.to_string(),
            })?;
            let stored = Stored::parse(&of.document)?;
            let request = Request::from_stored(&stored, &of.address, self.locals())?;
            let plan = Plan::new(on, self, actor, request, None).await?;
            Ok::<_, Refusal>((plan, of, stored))
        });
        let (mut plan, of, stored) = again.await?;
        // The inviter stays the one of the first invitation.
        plan.inviter = Inviter {
            person: stored.inviting_person().is_some(),
            name: stored.inviter,
            app: stored.app,
        };
        let again = ResendInvitation { plan, of };
        let invited = self
            .store()
            .write(actor.tenant, again, |tx, again| Box::pin(again.run(tx)))
            .await?;
        self.ring();
        Ok(invited)
    }
}

impl ResendInvitation {
    async fn run(&self, tx: &mut Tx) -> Result<Invited, Refusal> {
        let Self { plan, of } = self;
        let gone = || Refusal::NotFound {
            key: of.id.to_string(),
        };
        let row = tx.user(of.user_id).await?.ok_or_else(gone)?;
        let owner = tx.address_claim(&of.address_key).await?;
        if owner.is_none_or(|owner| owner.object != row.id) {
            // The address may belong to somebody else by now, who would then open this account.
            return Err(Refusal::InviteeAddress);
        }
        let latest = tx.latest_invitation_of(row.id).await?;
        if latest.is_none_or(|latest| latest.id != of.id) {
            // A later invitation may lead to another mailbox. Going back to the earlier one is
            // choosing an existing user.
            plan.actor.may(Operation::InviteExisting)?;
        }
        if row.state == Some(GuestState::PendingAcceptance) {
            plan.refuse_outranked(tx, &row, Operation::Invite).await?;
        }
        let guest = Guest {
            record: row::record(&row, plan.actor.schema())?,
            row,
            address: of.address.clone(),
            is_new: false,
        };
        plan.directory
            .quotas()
            .take_invitation(tx, &of.address_key, plan.now)
            .await?;
        let blocked = tx.blocked_at(&of.address_key).await?.is_some();
        let status = match (plan.request.send, blocked) {
            (true, false) => InvitationStatus::InProgress,
            (true, true) => InvitationStatus::Error,
            (false, _) => InvitationStatus::Completed,
        };
        tx.end_invitations_of(guest.row.id, plan.now).await?;
        let invited = Invited {
            blocked,
            ..plan.insert(tx, &guest, status).await?
        };
        if plan.request.send && !blocked {
            plan.enqueue(tx, &guest).await?;
        }
        Ok(invited)
    }
}
