//! Opening the link. Reads only: mail scanners open every link, and some of them press HEAD as well (threat B5).

use jiff::Timestamp;
use uuid::Uuid;

use super::gate::Rows;
use super::{Closed, Link, NextStep, Session};
use crate::address;
use crate::directory::Directory;
use crate::invitations::redirect;
use crate::invitations::stored::Stored;
use crate::refusal::Refusal;

/// What the link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The landing page.
    Landing(Box<InvitationView>),
    /// As [`Closed::Finished`].
    Finished {
        /// Where to; `None`: a page without redirect.
        redirect: Option<String>,
    },
    /// As [`Closed::Ended`].
    Ended,
    /// As [`Closed::NotValid`].
    NotValid,
}

impl From<Closed> for Opened {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Finished { redirect } => Self::Finished { redirect },
            Closed::Ended => Self::Ended,
            Closed::NotValid => Self::NotValid,
        }
    }
}

/// What a stranger with the link may see (threat B6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationView {
    /// The invitation.
    pub invitation: Uuid,
    /// The organisation's display name.
    pub organisation: String,
    /// Its main domain.
    pub organisation_domain: String,
    /// The accent colour it set, `#rrggbb`.
    pub organisation_accent: Option<String>,
    /// Who invites, by the name in the directory.
    pub inviter: String,
    /// The inviter's own words, plain text (threat B13).
    pub message: Option<String>,
    /// Where the code will go, masked.
    pub masked_address: String,
    /// `messageLanguage`.
    pub language: Option<String>,
    /// The host the guest goes to in the end; `None` when the tenant does not allow it any more.
    pub next_host: Option<String>,
    /// From here on the link is dead.
    pub expires_at: Timestamp,
    /// Where this browser stands.
    pub next_step: NextStep,
    /// End of life of the code that was sent to this session last, used or not.
    pub code_expires_at: Option<Timestamp>,
    /// This session has had all the codes it may have (threat B20).
    pub codes_spent: bool,
}

impl Directory {
    /// Opens a link, in the browser with `session` if it has one. Writes nothing (R2).
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn open_link(
        &self,
        link: &Link,
        session: Option<&Session>,
    ) -> Result<Opened, Refusal> {
        let reader = self.store().read(link.tenant);
        let session = session.map(Session::hash);
        let rows = Rows::read(&reader, link, session.as_ref()).await?;
        let Some(tenant) = self.redeeming_tenant(link.tenant).await? else {
            return Ok(Opened::NotValid);
        };
        let standing = match rows.judge(link, &tenant.allowed, self.now()) {
            Ok(standing) => standing,
            Err(closed) => return Ok(closed.into()),
        };
        let stored = Stored::parse(&standing.invitation.document)?;
        let next_step = standing.next_step();
        let invitation = standing.invitation;
        let sent = standing.redemption.as_ref().map_or(0, |row| row.codes_sent);
        Ok(Opened::Landing(Box::new(InvitationView {
            invitation: invitation.id,
            organisation: tenant.organisation,
            organisation_domain: tenant.domain,
            organisation_accent: tenant.accent,
            message: stored.message(),
            inviter: stored.inviter,
            masked_address: address::masked(&invitation.address),
            language: invitation.language,
            next_host: redirect::check(&invitation.redirect_url, &tenant.allowed)
                .ok()
                .map(|to| to.host().to_owned()),
            expires_at: invitation.expires_at,
            next_step,
            code_expires_at: standing.redemption.and_then(|row| row.code_expires_at),
            codes_spent: sent >= self.quotas().codes_per_session(),
        })))
    }
}
