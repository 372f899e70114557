//! Users by a list of ids (POST /directoryObjects/getByIds).

use store::UserRow;
use uuid::Uuid;

use super::permitted::View;
use super::read::visible;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

impl Directory {
    /// The existing users among these, in the order of the ids, each once. The caller bounds how
    /// many.
    pub async fn users_by_ids(
        &self,
        actor: &Actor,
        ids: Vec<Uuid>,
    ) -> Result<Vec<UserRow>, Refusal> {
        actor.may(Operation::ReadUser)?;
        let mut wanted = Vec::with_capacity(ids.len());
        let mut seen = std::collections::HashSet::new();
        wanted.extend(ids.into_iter().filter(|id| seen.insert(*id)));
        let rows = self.store().read(actor.tenant).users_of(wanted).await?;
        let visible = |row: UserRow| {
            let view = View::of(actor, actor.is_person(row.id));
            visible(row, view)
        };
        rows.into_iter().map(visible).collect()
    }
}
