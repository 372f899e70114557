//! Accepting: the one step that cannot be taken twice (decision 30, threats B3, B4).

use edm::user;
use jiff::Timestamp;
use serde_json::json;
use store::{Acceptance, GuestState, InvitationRow, Tx, UserRow};

use super::gate::Rows;
use super::{Barred, Closed, Step, mailbox};
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::invitations::redirect::{self, AllowedHosts};
use crate::refusal::Refusal;
use crate::users::row::{self, ACCEPTED, Beside};

/// The activity of an acceptance (decision 53).
const ACTIVITY: &str = "Redeem external user invite";

/// What became of the acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// 303 there, now and whenever this session asks again.
    Redirect {
        /// The stored redirect.
        target: String,
    },
    /// Accepted, but the tenant's list does not hold the host any more: a page without redirect (threat B15).
    WithoutRedirect,
    /// Not now.
    Barred(Barred),
}

impl Accepted {
    fn onward(redirect: Option<String>) -> Self {
        redirect.map_or(Self::WithoutRedirect, |target| Self::Redirect { target })
    }
}

struct Wish {
    step: Step,
    session: [u8; 32],
    allowed: AllowedHosts,
    now: Timestamp,
    /// In whole seconds, as Graph shows instants of users.
    second: Timestamp,
}

impl Directory {
    /// Accepts the invitation.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written; `Taken` when another user of the tenant holds the identity.
    pub async fn accept(&self, step: Step) -> Result<Accepted, Refusal> {
        let Some(tenant) = self.redeeming_tenant(step.tenant()).await? else {
            return Ok(Accepted::Barred(Barred::Closed(Closed::NotValid)));
        };
        let now = self.life_now_kept().await?;
        let wish = Wish {
            session: step.session.hash(),
            allowed: tenant.allowed,
            now,
            second: self.whole_second(),
            step,
        };
        let tenant = wish.step.tenant();
        self.store()
            .write(tenant, wish, |tx, wish| Box::pin(wish.run(tx)))
            .await
    }
}

impl Wish {
    async fn run(&self, tx: &mut Tx) -> Result<Accepted, Refusal> {
        let rows = Rows::read_for_write(tx, &self.step.link, &self.session).await?;
        let standing = match rows.judge(&self.step.link, &self.allowed, self.now) {
            Ok(standing) => standing,
            Err(Closed::Finished { redirect }) => return Ok(Accepted::onward(redirect)),
            Err(closed) => return Ok(Accepted::Barred(Barred::Closed(closed))),
        };
        let standing = match standing.proven() {
            Ok(standing) => standing,
            Err(barred) => return Ok(Accepted::Barred(barred)),
        };
        let acceptance = Acceptance {
            invitation: standing.invitation.id,
            session: self.session,
            now: self.now,
        };
        if !tx.accept_invitation(&acceptance).await? {
            // Somebody came between the reading and the statement, which alone decides.
            return Ok(Accepted::Barred(Barred::Closed(Closed::Ended)));
        }
        self.welcome(tx, &standing.guest, &standing.invitation)
            .await?;
        let details = json!({ "invitation": standing.invitation.id });
        let actor = self.step.actor(&standing.invitation);
        tx.audit(audit::record(
            &actor,
            self.now,
            ACTIVITY,
            Target::User(standing.guest.id),
            &details,
        ));
        let redirect = redirect::check(&standing.invitation.redirect_url, &self.allowed).ok();
        Ok(Accepted::onward(redirect.map(|to| to.target().to_owned())))
    }

    /// Makes the guest Accepted. One who was so already stays as he is (decision 11).
    async fn welcome(
        &self,
        tx: &mut Tx,
        guest: &UserRow,
        invitation: &InvitationRow,
    ) -> Result<(), Refusal> {
        if guest.state == Some(GuestState::Accepted) {
            return Ok(());
        }
        let before = row::record(guest)?;
        let mut record = before.clone();
        record.set(&user::EXTERNAL_USER_STATE, ACCEPTED);
        record.set(&user::EXTERNAL_USER_STATE_CHANGE_DATE_TIME, self.second);
        mailbox::add(&mut record, &invitation.address);
        // Whoever set a password or held a session before the mailbox was proven need not be its owner (threat B28).
        record.remove(&user::PASSWORD_PROFILE);
        row::end_sessions(&mut record, self.second);
        let beside = Beside {
            id: guest.id,
            version: guest.version,
            created_at: guest.created_at,
            password_hash: None,
        };
        row::replace(tx, &before, &record, beside).await.map(drop)
    }
}
