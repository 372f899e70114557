//! Opening the link. It only reads: mail scanners open every link, some by HEAD (T-5).

use jiff::Timestamp;
use store::Lookup;
use uuid::Uuid;

use super::gate::Rows;
use super::{Closed, Link, NextStep, Session, StepContext};
use crate::address;
use crate::directory::Directory;
use crate::invitations::redirect;
use crate::invitations::stored::Stored;
use crate::quota::{self, WRONG_PER_CODE};
use crate::refusal::Refusal;

/// The page behind the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The landing page.
    Landing(Box<InvitationView>),
    /// As [`Closed::Finished`].
    Finished {
        /// Where to; `None`: a page without redirect.
        redirect: Option<String>,
    },
    /// As [`Closed::Used`].
    Used {
        /// Where the guest may go on.
        onward: Option<String>,
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
            Closed::Used { onward } => Self::Used { onward },
            Closed::Ended => Self::Ended,
            Closed::NotValid => Self::NotValid,
        }
    }
}

/// What a stranger with the link may see (T-6).
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
    /// The person who invites, by their name in the directory; `None` when an app does.
    pub inviter: Option<String>,
    /// The inviter's own words, plain text (T-20).
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
    /// Codes that this session may still ask for.
    pub codes_left: u32,
    /// Digits of the next code.
    pub code_digits: usize,
    /// Guesses left at the code that waits to be typed; `None` where none waits, 0 where it took
    /// its last wrong guess.
    pub guesses_left: Option<u32>,
}

impl Directory {
    /// Opens a link, in the browser with `session` if it has one. Writes nothing (T-5).
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn open_link(
        &self,
        link: &Link,
        session: Option<&Session>,
    ) -> Result<Opened, Refusal> {
        let session = session.map(Session::hash);
        let reader = self.store().read(link.tenant);
        reader
            .snapshot(async |on| self.opened(on, link, session.as_ref()).await)
            .await
    }

    async fn opened(
        &self,
        on: &mut impl Lookup,
        link: &Link,
        session: Option<&[u8; 32]>,
    ) -> Result<Opened, Refusal> {
        let rows = Rows::read(on, link, session).await?;
        let Some(tenant) = self.host(on).await? else {
            return Ok(Opened::NotValid);
        };
        let now = self.expiry_now();
        let state = match rows.judge(link, &tenant.allowed, now) {
            Ok(state) => state,
            Err(closed) => return Ok(closed.into()),
        };
        let stored = Stored::parse(&state.invitation.document)?;
        let next_step = state.next_step();
        let invitation = state.invitation;
        let sent = state.redemption.as_ref().map_or(0, |row| row.codes_sent);
        let waiting = state.redemption.as_ref().filter(|row| {
            row.code_mac.is_some() && row.code_expires_at.is_some_and(|end| end > now)
        });
        let guesses_left = waiting.map(|row| WRONG_PER_CODE.saturating_sub(row.wrong));
        let code_digits = quota::code_digits(on, &invitation.address_key, now).await?;
        Ok(Opened::Landing(Box::new(InvitationView {
            invitation: invitation.id,
            organisation: tenant.organisation,
            organisation_domain: tenant.domain,
            organisation_accent: tenant.accent,
            message: stored.message(),
            inviter: stored.inviting_person(),
            masked_address: address::masked(&invitation.address),
            language: invitation.language.or(tenant.default_language),
            next_host: redirect::check(&invitation.redirect_url, &tenant.allowed)
                .ok()
                .map(|to| to.host().to_owned()),
            expires_at: invitation.expires_at,
            next_step,
            code_expires_at: state.redemption.and_then(|row| row.code_expires_at),
            codes_left: self.quotas().codes_per_session().saturating_sub(sent),
            code_digits,
            guesses_left,
        })))
    }
}

/// The organisation whose invitation this very session accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedHost {
    /// Display name.
    pub organisation: String,
    /// Main domain.
    pub domain: String,
    /// The accent colour it set, `#rrggbb`.
    pub accent: Option<String>,
    /// `messageLanguage`.
    pub language: Option<String>,
}

impl Directory {
    /// The organisation whose guest this session has become; `None` for every other session. Writes
    /// nothing.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn accepted_host(&self, step: &StepContext) -> Result<Option<AcceptedHost>, Refusal> {
        let Some((tenant, rows)) = self.read_for_page(step).await? else {
            return Ok(None);
        };
        let language = rows.language();
        Ok(
            match rows.judge(&step.link, &tenant.allowed, self.expiry_now()) {
                Err(Closed::Finished { .. }) => Some(AcceptedHost {
                    organisation: tenant.organisation,
                    domain: tenant.domain,
                    accent: tenant.accent,
                    language: language.or(tenant.default_language),
                }),
                Ok(_) | Err(_) => None,
            },
        )
    }
}
