//! GET /invitations: pages by id.

use store::Page;
use uuid::Uuid;

use super::read::InvitationAnswer;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// A page of invitations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationPage {
    /// In order of their ids.
    pub rows: Vec<InvitationAnswer>,
    /// The id to go on after; `None` on the last page.
    pub next: Option<Uuid>,
}

impl Directory {
    /// The invitations with the lowest ids above `after`. Not for guests: a list of invitations is
    /// a list of people.
    ///
    /// # Errors
    /// `Denied`, `Unavailable`.
    pub async fn invitations(
        &self,
        actor: &Actor,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<InvitationPage, Refusal> {
        actor.may(Operation::ReadInvitations)?;
        self.check_enumeration(actor, Operation::ReadInvitations)
            .await?;
        self.manner(actor.tenant).await?.reads_invitations()?;
        // One more than asked for tells whether there is a next page.
        let page = Page {
            after,
            limit: u32::from(limit) + 1,
        };
        let mut rows = self.store().read(actor.tenant).invitations(page).await?;
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let rows = rows
            .iter()
            .map(InvitationAnswer::of)
            .collect::<Result<Vec<_>, _>>()?;
        let next = rows.last().filter(|_| more).map(|row| row.id);
        Ok(InvitationPage { rows, next })
    }
}
