//! GET /invitations and GET /invitations/$count: which invitations, in which order, how many, and
//! how they are found. The documented service has neither.

use odata::Checked;
use odata::filter::Filter;
use store::{Cursor, Found, InvitationRow};

use super::read::InvitationAnswer;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::{Explained, FoundPage, query};

impl Directory {
    /// The invitations that `asked` names, after `after`. Not for guests: a list of invitations is
    /// a list of people.
    ///
    /// # Errors
    /// `Denied`; `Strict`, where the tenant is served as by the documented service; `Unavailable`
    /// when finding them took too long.
    pub async fn find_invitations(
        &self,
        actor: &Actor,
        asked: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundPage<InvitationAnswer>, Refusal> {
        self.may_list_invitations(actor).await?;
        let counts = asked.count && after.is_none();
        let reader = self.store().read(actor.tenant);
        let Found {
            rows, next, count, ..
        } = reader
            .find(InvitationRow::all(), query(asked, after, counts))
            .await?;
        Ok(FoundPage {
            rows: rows
                .iter()
                .map(InvitationAnswer::of)
                .collect::<Result<_, _>>()?,
            next,
            count,
            breaches: Vec::new(),
        })
    }

    /// How many invitations pass a condition.
    ///
    /// # Errors
    /// As [`Directory::find_invitations`].
    pub async fn count_invitations(
        &self,
        actor: &Actor,
        filter: Option<Filter>,
    ) -> Result<u64, Refusal> {
        self.may_list_invitations(actor).await?;
        let reader = self.store().read(actor.tenant);
        Ok(reader.count(InvitationRow::all(), filter).await?)
    }

    /// How the query would be answered. Only for an actor who may read the whole directory, since a
    /// plan reveals sizes.
    ///
    /// # Errors
    /// As [`Directory::find_invitations`].
    pub async fn explain_invitations(
        &self,
        actor: &Actor,
        asked: &Checked,
        after: Option<Cursor>,
    ) -> Result<Explained, Refusal> {
        actor.may(Operation::ExplainQuery)?;
        self.may_list_invitations(actor).await?;
        let reader = self.store().read(actor.tenant);
        Ok(Explained {
            plan: reader
                .explain(InvitationRow::all(), query(asked, after, false))
                .await?,
            breaches: Vec::new(),
        })
    }

    async fn may_list_invitations(&self, actor: &Actor) -> Result<(), Refusal> {
        actor.may(Operation::ReadInvitations)?;
        self.check_enumeration(actor, Operation::ReadInvitations)
            .await?;
        self.manner(actor.tenant).await?.reads_invitations()
    }
}
