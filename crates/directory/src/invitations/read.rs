//! GET /invitations/{id}, which the documented service lacks.

use store::InvitationRow;
use uuid::Uuid;

use super::stored::Stored;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// An invitation as it reads now, never with a link (T-13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationAnswer {
    /// The invitation.
    pub id: Uuid,
    /// Its members as JSON without braces, ready to splice after the context.
    pub members: String,
}

impl InvitationAnswer {
    pub(super) fn of(row: &InvitationRow) -> Result<Self, Refusal> {
        Ok(Self {
            id: row.id,
            members: Stored::parse(&row.document)?.answer_now(row.status),
        })
    }
}

impl Directory {
    /// The guest of an invitation, for an actor who may read users.
    ///
    /// # Errors
    /// `NotFound` for another tenant's invitation, and when the guest was deleted.
    pub async fn invited_user(&self, actor: &Actor, id: Uuid) -> Result<Uuid, Refusal> {
        actor.may(Operation::ReadUser)?;
        self.manner(actor.tenant).await?.reads_invitations()?;
        let reader = self.store().read(actor.tenant);
        let guest = match reader.invitation(id).await? {
            Some(row) => reader.user(row.user_id).await?,
            None => None,
        };
        guest.map(|row| row.id).ok_or_else(|| Refusal::NotFound {
            key: id.to_string(),
        })
    }

    /// One invitation.
    ///
    /// # Errors
    /// `NotFound`, also for an invitation of another tenant (T-50).
    pub async fn invitation(&self, actor: &Actor, id: Uuid) -> Result<InvitationAnswer, Refusal> {
        actor.may(Operation::ReadInvitations)?;
        self.manner(actor.tenant).await?.reads_invitations()?;
        let row = self.store().read(actor.tenant).invitation(id).await?;
        row.as_ref().map_or_else(
            || {
                Err(Refusal::NotFound {
                    key: id.to_string(),
                })
            },
            InvitationAnswer::of,
        )
    }
}
