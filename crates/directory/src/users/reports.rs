//! A manager's reports: a query on users like any other, with one more condition. Direct reports
//! are read so when the request filters, orders or counts; the reports of all levels always are.
//!
//! Everybody below a manager reports directly to that manager or to another manager below. So the
//! managers below are gathered first, who are few, and the condition is that the user's manager is
//! one of them.

use edm::user;
use odata::Checked;
use odata::filter::{Filter, Node};
use store::{Cursor, Found, Reader, Relation, StoreError, UserRow, Users};
use uuid::Uuid;

use super::UserKey;
use super::links::Relationship;
use super::permitted::View;
use super::query::{FoundPage, may_look_at, query};
use super::read::visible;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// Most managers below somebody whose reports of all levels are asked for, themselves among them:
/// gathering so many takes a tenth of a second, and an engine takes no more than some ten thousand
/// values in one statement.
const MOST_MANAGERS: u32 = 10_000;

impl Directory {
    /// Those reports of `key` that `asked` names, after `after`: direct ones, or those of all
    /// levels.
    ///
    /// # Errors
    /// As [`Directory::related`] and [`Directory::find_users`].
    pub async fn find_reports(
        &self,
        actor: &Actor,
        (key, relationship): (&UserKey, Relationship),
        asked: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundPage<UserRow>, Refusal> {
        let reader = self.store().read(actor.tenant);
        let of = self.whose(actor, key, relationship).await?;
        may_look_at(actor, Operation::ReadLinks, asked)?;
        let served = self.served(actor, asked, after.is_none()).await?;
        let asked = under(asked, managers(&reader, relationship, of).await?)?;
        let found = reader.find(
            UserRow::among(Users::Live),
            query(&asked, after, served.counts),
        );
        let Found {
            rows, next, count, ..
        } = found.await?;
        let rows = rows.into_iter().map(|row| {
            let view = View::of(actor, actor.is_person(row.id));
            visible(row, view)
        });
        Ok(FoundPage {
            rows: rows.collect::<Result<_, _>>()?,
            next,
            count,
            breaches: served.breaches,
        })
    }

    /// How many of these reports of `key` `asked` names.
    ///
    /// # Errors
    /// As [`Directory::find_reports`].
    pub async fn count_reports(
        &self,
        actor: &Actor,
        (key, relationship): (&UserKey, Relationship),
        asked: &Checked,
    ) -> Result<u64, Refusal> {
        let reader = self.store().read(actor.tenant);
        let of = self.whose(actor, key, relationship).await?;
        may_look_at(actor, Operation::ReadLinks, asked)?;
        let asked = under(asked, managers(&reader, relationship, of).await?)?;
        Ok(reader
            .count(UserRow::among(Users::Live), asked.filter)
            .await?)
    }
}

/// The managers to whom the reports report directly.
async fn managers(
    reader: &Reader,
    relationship: Relationship,
    of: Uuid,
) -> Result<Vec<Uuid>, Refusal> {
    if relationship != Relationship::TransitiveReports {
        return Ok(vec![of]);
    }
    let found = reader.leaders_below(Relation::Manager, of, MOST_MANAGERS);
    found.await?.ok_or_else(|| Refusal::NotServed {
        what: format!(
            "{} with more than {MOST_MANAGERS} managers among them",
            user::TRANSITIVE_REPORTS.name()
        ),
    })
}

/// The query with the condition that the manager is one of these.
fn under(asked: &Checked, managers: Vec<Uuid>) -> Result<Checked, Refusal> {
    let own = Filter::new(vec![Node::Linked {
        navigation: &user::MANAGER_NAVIGATION,
        ids: managers,
    }]);
    let filter = match (own, asked.filter.clone()) {
        (Some(own), Some(filter)) => own.and(filter),
        (own, _) => own,
    };
    let filter =
        filter.ok_or_else(|| StoreError::Driver("a condition of too many terms".into()))?;
    Ok(Checked {
        filter: Some(filter),
        ..asked.clone()
    })
}
