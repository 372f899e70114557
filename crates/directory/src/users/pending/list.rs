//! `GET /pendingMembers/{id}`. The list of pending members is one of
//! [`Directory::find_users`](crate::Directory::find_users), among
//! [`Among::Pending`](crate::Among::Pending).

use store::UserRow;
use uuid::Uuid;

use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::permitted::View;
use crate::users::read::visible;

impl Directory {
    /// A pending member: the part of the user that the actor may see.
    ///
    /// # Errors
    /// `NotFound`, also for another tenant's member and for a user who is not pending any more.
    pub async fn pending_member(&self, actor: &Actor, id: Uuid) -> Result<UserRow, Refusal> {
        actor.may(Operation::ReadPendingMembers)?;
        let reader = self.store().read(actor.tenant);
        let found = match reader.pending_member(id).await? {
            Some(waiting) => reader.user(waiting.id).await?,
            None => None,
        };
        let found = found.ok_or_else(|| Refusal::NotFound {
            key: id.to_string(),
        })?;
        visible(found, View::of(actor, actor.is_person(id)))
    }
}
