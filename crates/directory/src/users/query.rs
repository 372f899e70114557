//! GET /users and GET /users/$count with options (P-queries-3 to P-queries-7): which users, in
//! which order, how many, and how they are found.

use edm::Prop;
use odata::filter::Filter;
use odata::{Breach, Checked};
use store::{Cursor, Found, Plan, Query, UserBrief, UserRow, Users};

use super::deleted;
use super::list::current;
use super::permitted::{View, guard};
use super::read::visible;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::manner::Served;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// The users that are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Live users.
    Living,
    /// Deleted users who can be restored.
    Deleted,
    /// Pending members.
    Pending,
}

impl Among {
    const fn operation(self) -> Operation {
        match self {
            Self::Living => Operation::ListUsers,
            Self::Deleted => Operation::ReadDeleted,
            Self::Pending => Operation::ReadPendingMembers,
        }
    }

    /// As the store calls them.
    const fn users(self) -> Users {
        match self {
            Self::Living => Users::Live,
            Self::Deleted => Users::Deleted,
            Self::Pending => Users::Pending,
        }
    }
}

/// A page of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPage<R> {
    /// In the asked order.
    pub rows: Vec<R>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
    /// How many there are on all pages, where that was asked for; on the first page only.
    pub count: Option<u64>,
    /// What the documented service would have refused or ignored.
    pub breaches: Vec<Breach>,
}

/// How a query is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The store's plan.
    pub plan: Plan,
    /// What the documented service would have refused or ignored, whatever the tenant's manner.
    pub breaches: Vec<Breach>,
}

impl Directory {
    /// The users that `asked` names, after `after`, as their whole rows.
    ///
    /// # Errors
    /// `Denied`, also for a property in the condition or the order that the actor may not read;
    /// `Strict`; `Unavailable` when finding them took too long.
    pub async fn find_users(
        &self,
        actor: &Actor,
        among: Among,
        asked: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundPage<UserRow>, Refusal> {
        let served = self.admitted(actor, among, asked, after.is_none()).await?;
        let reader = self.store().read(actor.tenant);
        let Found {
            rows, next, count, ..
        } = reader
            .find(
                UserRow::among(among.users()),
                query(asked, after, served.counts),
            )
            .await?;
        let rows = rows.into_iter().map(|row| match among {
            Among::Living | Among::Pending => {
                let view = View::of(actor, actor.is_person(row.id));
                visible(row, view)
            }
            Among::Deleted => deleted::visible_deleted(actor, row),
        });
        Ok(FoundPage {
            rows: rows.collect::<Result<_, _>>()?,
            next,
            count,
            breaches: served.breaches,
        })
    }

    /// [`Directory::find_users`], answered with the stored default sets of v1.0: members without
    /// braces. Nothing is parsed, and the rest of a user, most of the cost of a page, is not read
    /// from the disk.
    ///
    /// # Errors
    /// As [`Directory::find_users`].
    pub async fn find_briefs(
        &self,
        actor: &Actor,
        asked: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundPage<String>, Refusal> {
        // Users of whom the actor may not see all are rendered from the whole document.
        if View::of(actor, false).is_basic() {
            let page = self.find_users(actor, Among::Living, asked, after).await?;
            return Ok(FoundPage {
                rows: page.rows.into_iter().map(|row| row.brief).collect(),
                next: page.next,
                count: page.count,
                breaches: page.breaches,
            });
        }
        let among = Among::Living;
        let served = self.admitted(actor, among, asked, after.is_none()).await?;
        let reader = self.store().read(actor.tenant);
        let found: Found<UserBrief> = reader
            .find(
                UserBrief::among(among.users()),
                query(asked, after, served.counts),
            )
            .await?;
        let mut rows = Vec::with_capacity(found.rows.len());
        for brief in found.rows {
            rows.extend(current(&reader, actor, brief).await?);
        }
        Ok(FoundPage {
            rows,
            next: found.next,
            count: found.count,
            breaches: served.breaches,
        })
    }

    /// How many users `asked` names, and what the documented service would have refused about the
    /// question.
    ///
    /// # Errors
    /// As [`Directory::find_users`].
    pub async fn count_users(
        &self,
        actor: &Actor,
        among: Among,
        asked: &Checked,
    ) -> Result<(u64, Vec<Breach>), Refusal> {
        let served = self.admitted(actor, among, asked, true).await?;
        let reader = self.store().read(actor.tenant);
        let count = reader.count(UserRow::among(among.users()), asked.filter.clone());
        let count = count.await?;
        Ok((count, served.breaches))
    }

    /// How the query would be answered. Only for an actor who may read the whole directory, since a
    /// plan reveals sizes.
    ///
    /// # Errors
    /// As [`Directory::find_users`].
    pub async fn explain_users(
        &self,
        actor: &Actor,
        among: Among,
        asked: &Checked,
        after: Option<Cursor>,
    ) -> Result<Explained, Refusal> {
        actor.may(Operation::ExplainQuery)?;
        self.readable(actor, among.operation(), asked).await?;
        let reader = self.store().read(actor.tenant);
        Ok(Explained {
            plan: reader
                .explain(UserRow::among(among.users()), query(asked, after, false))
                .await?,
            breaches: asked.breaches.clone(),
        })
    }

    /// What the documented service would have refused or ignored about a query for a single object,
    /// to be noted.
    ///
    /// # Errors
    /// `Strict`
    pub async fn judge(&self, actor: &Actor, asked: &Checked) -> Result<Vec<Breach>, Refusal> {
        if asked.breaches.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.manner(actor.tenant).await?.query(asked)?.breaches)
    }

    /// Whether the actor may ask this, and how the tenant wants it answered. What the documented
    /// service demands is demanded of the first page alone: clients send no header again with a
    /// next link.
    async fn admitted(
        &self,
        actor: &Actor,
        among: Among,
        asked: &Checked,
        is_first: bool,
    ) -> Result<Served, Refusal> {
        self.readable(actor, among.operation(), asked).await?;
        self.served(actor, asked, is_first).await
    }

    /// How the tenant wants it answered.
    pub(super) async fn served(
        &self,
        actor: &Actor,
        asked: &Checked,
        is_first: bool,
    ) -> Result<Served, Refusal> {
        if !is_first || asked.breaches.is_empty() {
            return Ok(Served {
                counts: is_first && asked.count,
                breaches: Vec::new(),
            });
        }
        self.manner(actor.tenant).await?.query(asked)
    }

    /// Nobody filters or sorts by a property they may not read: the answer would reveal it (T-54).
    async fn readable(
        &self,
        actor: &Actor,
        operation: Operation,
        asked: &Checked,
    ) -> Result<(), Refusal> {
        actor.may(operation)?;
        self.check_enumeration(actor, operation).await?;
        if asked.filter.as_ref().is_some_and(Filter::follows_links) {
            actor.may(Operation::ReadLinks)?;
        }
        may_look_at(actor, operation, asked)
    }
}

/// The page of `asked` behind `after`, and whether all its objects are counted too.
pub(crate) fn query(asked: &Checked, after: Option<Cursor>, counts: bool) -> Query {
    Query {
        filter: asked.filter.clone(),
        order: asked.order.clone(),
        after,
        limit: u32::from(asked.page_size()),
        counts,
    }
}

/// Whether the actor may read every property that decides the result and its order.
pub(super) fn may_look_at(
    actor: &Actor,
    operation: Operation,
    asked: &Checked,
) -> Result<(), Refusal> {
    let view = View::of(actor, false);
    let filtered = asked.filter.iter().flat_map(Filter::properties);
    let sorted = asked.order.iter().map(|key| &key.property);
    let hidden = |property: &&Prop| !view.shows(property);
    match filtered.chain(sorted).find(hidden) {
        Some(property) => Err(Refusal::Denied {
            operation: guard(property).unwrap_or(operation),
        }),
        None => Ok(()),
    }
}
