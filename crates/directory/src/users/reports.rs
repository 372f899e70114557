//! A manager's direct reports with a condition, an order or a number: a query on users like any
//! other, with one more condition.

use edm::user;
use odata::Checked;
use odata::filter::{Filter, Node};
use store::{Cursor, Found, StoreError, UserRow};
use uuid::Uuid;

use super::UserKey;
use super::links::Relationship;
use super::permitted::View;
use super::query::{Among, FoundUsers, may_look_at, query};
use super::read::visible;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

impl Directory {
    /// Those direct reports of `key` that `asked` names, after `after`.
    ///
    /// # Errors
    /// As [`Directory::related`] and [`Directory::find_users`].
    pub async fn find_reports(
        &self,
        actor: &Actor,
        key: &UserKey,
        asked: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundUsers<UserRow>, Refusal> {
        let reader = self.store().read(actor.tenant);
        let of = self
            .whose(actor, key, Relationship::DirectReports, &reader)
            .await?;
        may_look_at(actor, Operation::ReadLinks, asked)?;
        let served = self.served(actor, asked, after.is_none()).await?;
        let asked = under(asked, of)?;
        let found = reader.find_users(query(&asked, Among::Living, after));
        let Found { rows, next, .. } = found.await?;
        let rows = rows.into_iter().map(|row| {
            let view = View::of(actor, actor.is_person(row.id));
            visible(row, view)
        });
        Ok(FoundUsers {
            rows: rows.collect::<Result<_, _>>()?,
            next,
            count: self.counted(actor, Among::Living, &asked, &served).await?,
            breaches: served.breaches,
        })
    }

    /// How many direct reports of `key` `asked` names.
    ///
    /// # Errors
    /// As [`Directory::find_reports`].
    pub async fn count_reports(
        &self,
        actor: &Actor,
        key: &UserKey,
        asked: &Checked,
    ) -> Result<u64, Refusal> {
        let reader = self.store().read(actor.tenant);
        let of = self
            .whose(actor, key, Relationship::DirectReports, &reader)
            .await?;
        may_look_at(actor, Operation::ReadLinks, asked)?;
        let asked = under(asked, of)?;
        Ok(reader.count_users(asked.filter, false).await?)
    }
}

/// The query with the condition that this user is the manager.
fn under(asked: &Checked, manager: Uuid) -> Result<Checked, Refusal> {
    let own = Filter::new(vec![Node::Linked {
        navigation: &user::MANAGER_NAVIGATION,
        ids: vec![manager],
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
