//! GET /users (P-users-7): a keyset page by id.

use store::{Page, Reader, UserBrief, UserRow, UserType};
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
        self.may_list(actor).await?;
        let reader = self.store().read(actor.tenant);
        let mut rows = reader.users(page_and_one_more(after, limit)).await?;
        let next = cut_to_page(&mut rows, limit, |row| row.id);
        let rows = rows.into_iter().map(|row| {
            let view = View::of(actor, actor.is_person(row.id));
            visible(row, view)
        });
        Ok(UserPage {
            rows: rows.collect::<Result<_, _>>()?,
            next,
        })
    }

    pub(super) async fn may_list(&self, actor: &Actor) -> Result<(), Refusal> {
        actor.may(Operation::ListUsers)?;
        self.check_enumeration(actor, Operation::ListUsers).await
    }

    /// Guests may read whom they can name, but not enumerate.
    pub(crate) async fn check_enumeration(
        &self,
        actor: &Actor,
        operation: Operation,
    ) -> Result<(), Refusal> {
        let Subject::Person { user, .. } = actor.subject else {
            return Ok(());
        };
        let own = self.store().read(actor.tenant).user(user).await?;
        match own.and_then(|row| row.user_type) {
            Some(UserType::Member) => Ok(()),
            Some(UserType::Guest) | None => Err(Refusal::Denied { operation }),
        }
    }
}

/// One row more than asked for tells whether there is a next page, without a second query.
pub(super) fn page_and_one_more(after: Option<Uuid>, limit: u16) -> Page {
    Page {
        after,
        limit: u32::from(limit) + 1,
    }
}

/// Cuts the rows to the page; the id after which the next one begins.
pub(super) fn cut_to_page<R>(
    rows: &mut Vec<R>,
    limit: u16,
    id: impl Fn(&R) -> Uuid,
) -> Option<Uuid> {
    let has_next = rows.len() > usize::from(limit);
    rows.truncate(usize::from(limit));
    rows.last().filter(|_| has_next).map(id)
}

/// The default set in the rendering of this version. `None` for a user of an older rendering
/// who was deleted since the page was read.
pub(super) async fn current(
    reader: &Reader,
    actor: &Actor,
    brief: UserBrief,
) -> Result<Option<String>, Refusal> {
    if brief.schema == edm::SCHEMA {
        return Ok(Some(brief.brief));
    }
    let Some(row) = reader.user(brief.id).await? else {
        return Ok(None);
    };
    Ok(Some(super::row::fresh(row, actor.schema())?.brief))
}
