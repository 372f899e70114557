//! GET /users (spec: users, section 4): a keyset page by id.

use store::{Page, UserRow, UserType};
use uuid::Uuid;

use super::permitted::View;
use super::read::visible;
use crate::actor::{Actor, Subject};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// One page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// The users, by id ascending.
    pub rows: Vec<UserRow>,
    /// The id after which the next page begins; `None` on the last one.
    pub next: Option<Uuid>,
}

impl Directory {
    /// The users after the id `after`, `limit` at most (1 to 999, checked by the caller's query).
    pub async fn users(
        &self,
        actor: &Actor,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<UserPage, Refusal> {
        actor.may(Operation::ListUsers)?;
        self.check_enumeration(actor).await?;
        let wanted = u32::from(limit);
        // One more than asked for tells whether there is a next page, without a second query.
        let mut rows = self
            .store()
            .read(actor.tenant)
            .users(Page {
                after,
                limit: wanted + 1,
            })
            .await?;
        let has_next = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let next = if has_next {
            rows.last().map(|row| row.id)
        } else {
            None
        };
        let rows = rows.into_iter().map(|row| {
            let view = View::of(actor, actor.is_person(row.id));
            visible(row, view)
        });
        Ok(UserPage {
            rows: rows.collect::<Result<_, _>>()?,
            next,
        })
    }

    /// Guests may read whom they can name, but not enumerate.
    async fn check_enumeration(&self, actor: &Actor) -> Result<(), Refusal> {
        let Subject::Person { user, .. } = actor.subject else {
            return Ok(());
        };
        let own = self.store().read(actor.tenant).user(user).await?;
        match own.and_then(|row| row.user_type) {
            Some(UserType::Member) => Ok(()),
            Some(UserType::Guest) | None => Err(Refusal::Denied {
                operation: Operation::ListUsers,
            }),
        }
    }
}
