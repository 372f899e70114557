//! GET /users/{key} (P-users-9).

use std::sync::LazyLock;

use edm::{Property, Record, user};
use store::UserRow;

use super::permitted::View;
use super::{UserKey, row};
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::tokens::PrefetchedUser;

impl Directory {
    /// One user, in the texts of this version, without what the actor may not see. A soft-deleted
    /// one is not found.
    pub async fn user(&self, actor: &Actor, key: &UserKey) -> Result<UserRow, Refusal> {
        let operations = (Operation::ReadUser, Operation::ReadSelf);
        let row = self.permitted_row(actor, key, operations).await?;
        let is_self = actor.is_person(row.id);
        visible(row, View::of(actor, is_self))
    }

    /// [`Directory::user`] for a user whom [`Directory::may_act_on`] has read for this actor, an
    /// app.
    pub fn prefetched_user(
        &self,
        actor: &Actor,
        key: &UserKey,
        found: PrefetchedUser,
    ) -> Result<UserRow, Refusal> {
        actor.may(Operation::ReadUser)?;
        let row = found.0.ok_or_else(|| key.not_found())?;
        let is_self = actor.is_person(row.id);
        visible(row, View::of(actor, is_self))
    }

    /// A row that a write answered, as [`Directory::user`] would show it; `None` if it would
    /// refuse. An actor who may write a property may not be allowed to read the user.
    pub fn visible_to(&self, actor: &Actor, row: UserRow) -> Result<Option<UserRow>, Refusal> {
        let is_self = actor.is_person(row.id);
        let operations = [Operation::ReadUser, Operation::ReadSelf];
        let mut asked = operations.iter().take(if is_self { 2 } else { 1 });
        if !asked.any(|operation| actor.may(*operation).is_ok()) {
            return Ok(None);
        }
        visible(row, View::of(actor, is_self)).map(Some)
    }

    /// The record of a row that the actor was answered.
    pub fn record(&self, actor: &Actor, row: &UserRow) -> Result<Record, Refusal> {
        row::record(row, actor.schema())
    }
}

/// The core properties with a guard. Few users have values of them, so a search for their names in
/// the text usually makes it unnecessary to parse it.
static GUARDED: LazyLock<Vec<&'static Property>> = LazyLock::new(|| {
    user::TYPE
        .properties
        .iter()
        .copied()
        .filter(|property| property.is_guarded())
        .collect()
});

fn names(row: &UserRow, property: &Property) -> bool {
    [&row.rest, &row.brief]
        .iter()
        .any(|text| text.contains(property.name()))
}

/// The row in the texts of this version, cut down to what `view` shows.
pub(super) fn visible(found: UserRow, view: View<'_>) -> Result<UserRow, Refusal> {
    let mut found = row::fresh(found, view.schema())?;
    let own = view.schema().entity(&user::TYPE).own();
    let own = own
        .map(AsRef::as_ref)
        .filter(|property: &&Property| property.is_guarded());
    let mut guarded = GUARDED.iter().copied().chain(own);
    let hides =
        view.is_basic() || guarded.any(|property| !view.shows(property) && names(&found, property));
    if hides {
        let all = row::record(&found, view.schema())?;
        let mut shown = Record::new();
        for (property, value) in all.iter().filter(|(property, _)| view.shows(property)) {
            shown.set(property, value.clone());
        }
        row::render(&mut found, &shown);
    }
    Ok(found)
}
