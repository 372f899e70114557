//! `GET /pendingMembers` and `GET /pendingMembers/{id}`.

use edm::Record;
use store::{Page, Reader};
use uuid::Uuid;

use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::permitted::View;
use crate::users::read::visible;
use crate::users::row;

/// A pending member.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingMember {
    /// The user's object id.
    pub id: Uuid,
    /// The user's version, for the ETag.
    pub version: i64,
    /// The part of the user that the actor may see.
    pub record: Record,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingPage {
    /// In order of their ids.
    pub rows: Vec<PendingMember>,
    /// The id to go on after; `None` on the last page.
    pub next: Option<Uuid>,
}

impl Directory {
    /// Those with the lowest ids above `after`, `limit` at most.
    ///
    /// # Errors
    /// `Denied`, `Unavailable`.
    pub async fn pending_members(
        &self,
        actor: &Actor,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<PendingPage, Refusal> {
        actor.may(Operation::ReadPendingMembers)?;
        self.check_enumeration(actor, Operation::ReadPendingMembers)
            .await?;
        let reader = self.store().read(actor.tenant);
        // One more than asked for tells whether there is a next page.
        let page = Page {
            after,
            limit: u32::from(limit) + 1,
        };
        let mut waiting = reader.pending_members(page).await?;
        let more = waiting.len() > usize::from(limit);
        waiting.truncate(usize::from(limit));
        let next = waiting.last().filter(|_| more).map(|row| row.id);
        let mut rows = Vec::with_capacity(waiting.len());
        for one in waiting {
            // A user deleted since the page was read is left out.
            rows.extend(shown(&reader, actor, one.id).await?);
        }
        Ok(PendingPage { rows, next })
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotFound`, also for another tenant's member and for a user who is not pending any more.
    pub async fn pending_member(&self, actor: &Actor, id: Uuid) -> Result<PendingMember, Refusal> {
        actor.may(Operation::ReadPendingMembers)?;
        let reader = self.store().read(actor.tenant);
        let found = match reader.pending_member(id).await? {
            Some(waiting) => shown(&reader, actor, waiting.id).await?,
            None => None,
        };
        found.ok_or_else(|| Refusal::NotFound {
            key: id.to_string(),
        })
    }
}

async fn shown(reader: &Reader, actor: &Actor, id: Uuid) -> Result<Option<PendingMember>, Refusal> {
    let Some(found) = reader.user(id).await? else {
        return Ok(None);
    };
    let found = visible(found, View::of(actor, actor.is_person(id)))?;
    Ok(Some(PendingMember {
        id,
        version: found.version,
        record: row::record(&found)?,
    }))
}
