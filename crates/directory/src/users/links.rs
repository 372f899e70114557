//! Manager, direct reports, sponsors and whom a user sponsors: reading (P-users-20).
//!
//! Two links make four relationships, since each is read from both of its ends.

use edm::{Navigation, Property, user};
use store::{Related, Relation, Side, UserRow};
use uuid::Uuid;

use super::UserKey;
use super::list::{UserPage, cut_to_page, page_and_one_more};
use super::permitted::View;
use super::read::visible;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// A relationship between users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relationship {
    /// `manager`
    Manager,
    /// `directReports`
    DirectReports,
    /// `sponsors`
    Sponsors,
    /// `sponsorOf`
    SponsorOf,
    /// `transitiveReports`: direct reports, their direct reports, and so on.
    TransitiveReports,
}

impl Relationship {
    /// Those that `$expand` can show: one link and no more.
    const EXPANDED: [Self; 4] = [
        Self::Manager,
        Self::DirectReports,
        Self::Sponsors,
        Self::SponsorOf,
    ];

    /// Its row in the property table.
    pub const fn navigation(self) -> &'static Navigation {
        match self {
            Self::Manager => &user::MANAGER_NAVIGATION,
            Self::DirectReports => &user::DIRECT_REPORTS_NAVIGATION,
            Self::Sponsors => &user::SPONSORS_NAVIGATION,
            Self::SponsorOf => &user::SPONSOR_OF_NAVIGATION,
            Self::TransitiveReports => &user::TRANSITIVE_REPORTS_NAVIGATION,
        }
    }

    /// The one with that row, of those that `$expand` can show.
    pub fn of(navigation: &Navigation) -> Option<Self> {
        Self::EXPANDED
            .into_iter()
            .find(|relationship| relationship.navigation() == navigation)
    }

    /// The property that errors name.
    pub const fn property(self) -> &'static Property {
        self.navigation().property
    }

    /// The link behind it, and at which of its ends the others are; `None` where there are several
    /// links in a row.
    const fn link(self) -> Option<(Relation, Side)> {
        match self {
            Self::Manager => Some((Relation::Manager, Side::Target)),
            Self::DirectReports => Some((Relation::Manager, Side::Source)),
            Self::Sponsors => Some((Relation::Sponsor, Side::Target)),
            Self::SponsorOf => Some((Relation::Sponsor, Side::Source)),
            Self::TransitiveReports => None,
        }
    }

    /// Whether it follows several links in a row, which only a query on users does.
    pub const fn is_query(self) -> bool {
        self.link().is_none()
    }
}

impl Directory {
    /// The user's manager. [`Refusal::NotFound`] without one.
    pub async fn manager(&self, actor: &Actor, key: &UserKey) -> Result<UserRow, Refusal> {
        let page = self
            .related(actor, key, Relationship::Manager, None, 1)
            .await?;
        page.rows.into_iter().next().ok_or(Refusal::NotFound {
            key: user::MANAGER.name().to_owned(),
        })
    }

    /// A page of the users that `key` is in this relationship with: those after the id `after`,
    /// `limit` at most.
    pub async fn related(
        &self,
        actor: &Actor,
        key: &UserKey,
        relationship: Relationship,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<UserPage, Refusal> {
        let (relation, side) = relationship.link().ok_or_else(several)?;
        let reader = self.store().read(actor.tenant);
        let of = self.whose(actor, key, relationship).await?;
        let page = page_and_one_more(after, limit);
        let mut rows = reader.related(relation, side, of, page).await?;
        let next = cut_to_page(&mut rows, limit, |row| row.id);
        Ok(UserPage {
            rows: visible_rows(actor, rows)?,
            next,
        })
    }

    /// How many there are.
    pub async fn count_related(
        &self,
        actor: &Actor,
        key: &UserKey,
        relationship: Relationship,
    ) -> Result<i64, Refusal> {
        let (relation, side) = relationship.link().ok_or_else(several)?;
        let reader = self.store().read(actor.tenant);
        let of = self.whose(actor, key, relationship).await?;
        Ok(reader.count_related(relation, side, of).await?)
    }

    /// For each of these users, a page's at most, the first `limit` users that they are in this
    /// relationship with, for `$expand`. All of them in one snapshot. The ids are of users that the
    /// actor was shown.
    pub async fn expand(
        &self,
        actor: &Actor,
        ids: Vec<Uuid>,
        relationship: Relationship,
        limit: u16,
    ) -> Result<Vec<Related>, Refusal> {
        if !ids.iter().all(|id| actor.is_person(*id)) {
            actor.may(Operation::ReadLinks)?;
        } else if actor.may(Operation::ReadLinks).is_err() {
            actor.may(Operation::ReadSelf)?;
        }
        let (relation, side) = relationship.link().ok_or_else(several)?;
        let reader = self.store().read(actor.tenant);
        let found = reader
            .related_to_each(relation, side, ids, u32::from(limit))
            .await?;
        let shown = found.into_iter().map(|Related { of, users }| {
            Ok(Related {
                of,
                users: visible_rows(actor, users)?,
            })
        });
        shown.collect()
    }

    /// The user whose relationships are read. For their own a person needs less.
    pub(super) async fn whose(
        &self,
        actor: &Actor,
        key: &UserKey,
        relationship: Relationship,
    ) -> Result<Uuid, Refusal> {
        let operations = (Operation::ReadLinks, Operation::ReadSelf);
        let row = self.permitted_row(actor, key, operations).await?;
        if relationship.property().collection && !actor.is_person(row.id) {
            self.check_enumeration(actor, Operation::ReadLinks).await?;
        }
        Ok(row.id)
    }
}

/// One link is read where several are to be followed. [`Directory::find_reports`] follows them.
fn several() -> Refusal {
    Refusal::internal("transitiveReports is no single link")
}

/// The rows without what the actor may not see of each.
fn visible_rows(actor: &Actor, rows: Vec<UserRow>) -> Result<Vec<UserRow>, Refusal> {
    let visible = |row: UserRow| {
        let view = View::of(actor, actor.is_person(row.id));
        visible(row, view)
    };
    rows.into_iter().map(visible).collect()
}
