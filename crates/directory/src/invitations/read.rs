//! GET /invitations/{id}: what Graph lacks and everybody asks for.

use store::InvitationRow;
use uuid::Uuid;

use super::stored::Stored;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// An invitation as it reads now. Never with a link (threat B30).
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
    /// One invitation.
    ///
    /// # Errors
    /// `NotFound`, also for another tenant's (threat B26).
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
