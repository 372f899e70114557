//! The page that says what accepting means (T-26).

use super::{Barred, StepContext};
use crate::directory::Directory;
use crate::invitations::redirect;
use crate::invitations::stored::Stored;
use crate::refusal::Refusal;

/// The consent page, or the reason why it is not shown yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentAnswer {
    /// The page.
    View(Box<ConsentView>),
    /// Not now.
    Barred(Barred),
}

/// The facts that the guest agrees to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentView {
    /// The organisation's display name.
    pub organisation: String,
    /// Its main domain.
    pub organisation_domain: String,
    /// The accent colour it set, `#rrggbb`.
    pub organisation_accent: Option<String>,
    /// The person who invites; `None` when an app does.
    pub inviter: Option<String>,
    /// The app through which a person invited; `None` when the app itself is the inviter.
    pub app: Option<String>,
    /// The facts about the guest that the organisation gets.
    pub shared: Shared,
    /// The host the guest goes to after accepting; `None` when the tenant does not allow it any
    /// more: then acceptance ends on a page of ours (T-14).
    pub next_host: Option<String>,
    /// The redirect is plain http to a loopback host; the page's `form-action` needs `http:` then
    ///
    pub next_is_http: bool,
    /// `messageLanguage`.
    pub language: Option<String>,
    /// The guest has accepted an earlier invitation: nothing new is shared, the page only leads on
    ///
    pub accepted_before: bool,
    /// This invitation was declined before; it can still be accepted.
    pub declined_before: bool,
}

/// The facts about the guest that accepting shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The guest's display name in the directory.
    pub display_name: Option<String>,
    /// The invited address, in full: its owner is reading.
    pub address: String,
}

impl Directory {
    /// The consent page's content. Writes nothing.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn consent_view(&self, step: &StepContext) -> Result<ConsentAnswer, Refusal> {
        let Some((tenant, rows)) = self.read_for_page(step).await? else {
            return Ok(ConsentAnswer::Barred(Barred::Closed(
                super::Closed::NotValid,
            )));
        };
        let state = match rows.judge(&step.link, &tenant.allowed, self.expiry_now()) {
            Ok(state) => state,
            Err(closed) => return Ok(ConsentAnswer::Barred(Barred::Closed(closed))),
        };
        let state = match state.proven() {
            Ok(state) => state,
            Err(barred) => return Ok(ConsentAnswer::Barred(barred)),
        };
        let stored = Stored::parse(&state.invitation.document)?;
        let schema = self.schema(step.tenant()).await?;
        let guest = crate::users::row::record(&state.guest, &schema)?;
        let invitation = state.invitation;
        let redirect = redirect::check(&invitation.redirect_url, &tenant.allowed).ok();
        Ok(ConsentAnswer::View(Box::new(ConsentView {
            organisation: tenant.organisation,
            organisation_domain: tenant.domain,
            organisation_accent: tenant.accent,
            inviter: stored.inviting_person(),
            app: stored.app,
            shared: Shared {
                display_name: guest.text(&edm::user::DISPLAY_NAME).map(str::to_owned),
                address: invitation.address,
            },
            next_is_http: redirect.as_ref().is_some_and(redirect::Redirect::is_http),
            next_host: redirect.map(|to| to.host().to_owned()),
            language: invitation.language.or(tenant.default_language),
            accepted_before: state.guest.state == Some(store::GuestState::Accepted),
            declined_before: invitation.declined_at.is_some(),
        })))
    }
}
