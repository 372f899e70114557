//! The state of invitations, for operators: as GET /invitations, with more instants.

use jiff::Timestamp;
use store::{Cursor, InvitationRow, InvitationStatus, Query};
use uuid::Uuid;

use super::stored::Stored;
use crate::actor::{Actor, Subject};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// Whether a link can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It can.
    Open,
    /// The guest accepted by it.
    Accepted,
    /// It was revoked, or a later invitation or the guest's deletion ended it.
    Ended,
    /// Its time is over.
    Expired,
}

impl LinkState {
    /// The word for people and programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Ended => "ended",
            Self::Expired => "expired",
        }
    }
}

/// One invitation. Never with its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationState {
    /// The invitation.
    pub id: Uuid,
    /// The guest.
    pub user: Uuid,
    /// Where its mails go.
    pub address: String,
    /// Who invited, by name.
    pub inviter: String,
    /// Whether the mail was handed over.
    pub delivery: &'static str,
    /// Whether the link can be used.
    pub link: LinkState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its link ends by itself.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When it was ended before its time.
    pub ended_at: Option<Timestamp>,
}

impl InvitationState {
    fn of(row: InvitationRow, now: Timestamp) -> Result<Self, Refusal> {
        let link = if row.accepted_at.is_some() {
            LinkState::Accepted
        } else if row.ended_at.is_some() {
            LinkState::Ended
        } else if row.expires_at <= now {
            LinkState::Expired
        } else {
            LinkState::Open
        };
        Ok(Self {
            inviter: Stored::parse(&row.document)?.inviter,
            id: row.id,
            user: row.user_id,
            address: row.address,
            delivery: match row.status {
                InvitationStatus::InProgress => "waiting",
                InvitationStatus::Completed => "done",
                InvitationStatus::Error => "failed",
            },
            link,
            created_at: row.created_at,
            expires_at: row.expires_at,
            accepted_at: row.accepted_at,
            ended_at: row.ended_at,
        })
    }
}

impl Directory {
    /// The state of one invitation.
    pub async fn invitation_state(
        &self,
        actor: &Actor,
        id: Uuid,
    ) -> Result<InvitationState, Refusal> {
        actor.may(Operation::ReadInvitations)?;
        let row = self.store().read(actor.tenant).invitation(id).await?;
        let row = row.ok_or_else(|| Refusal::NotFound {
            key: id.to_string(),
        })?;
        InvitationState::of(row, self.expiry_now())
    }

    /// The state of the invitations with the lowest ids above `after`, at most `limit`.
    pub async fn invitation_states(
        &self,
        actor: &Actor,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<InvitationState>, Refusal> {
        actor.may(Operation::ReadInvitations)?;
        self.check_enumeration(actor, Operation::ReadInvitations)
            .await?;
        let query = Query {
            after: after.map(Cursor::after_id),
            limit,
            ..Query::default()
        };
        let reader = self.store().read(actor.tenant);
        let found = reader.find(InvitationRow::all(), query).await?;
        let now = self.expiry_now();
        found
            .rows
            .into_iter()
            .map(|row| InvitationState::of(row, now))
            .collect()
    }

    /// Refuses operations on invitations that the documented service lacks, if the tenant is served
    /// as by that service. Operators are exempt: they are not its clients.
    pub(super) async fn serves_invitations(&self, actor: &Actor) -> Result<(), Refusal> {
        if actor.subject == Subject::Server {
            return Ok(());
        }
        self.manner(actor.tenant).await?.reads_invitations()
    }
}
