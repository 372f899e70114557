//! `GET /redeem/start`: who invites whom to what, and one button.

use axum::http::StatusCode;
use axum::response::Response;
use directory::redemption::{Closed, InvitationView, NextStep, Opened};

use super::continuation::{Visit, session};
use super::outcome;
use super::screens::{Landing, Screen};
use super::step_request::StepRequest;
use crate::pages::shell::accent::Colour;
use crate::pages::shell::answer::FormTargets;
use crate::pages::shell::csrf::Stage;
use crate::pages::shell::view::Organisation;

/// The landing page.
pub(super) async fn show(request: StepRequest) -> Response {
    let (visit, view) = match look(&request).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    if view.next_step == NextStep::Consent {
        return outcome::unmet(view.invitation, view.next_step);
    }
    let waits = view.next_step == NextStep::TypeCode
        && view
            .code_expires_at
            .is_some_and(|expiry| request.app.directory.expiry_now() < expiry);
    let landing = Landing {
        invitation: view.invitation.to_string(),
        csrf: request.token(&visit, Stage::BeforeProof),
        inviter: inviter(view.inviter.as_deref(), &view.organisation),
        address: view.masked_address.clone(),
        message: view.message.clone(),
        host: view.next_host.clone(),
        code_waits: waits,
    };
    outcome::page(
        &request,
        StatusCode::OK,
        FormTargets::Own,
        request.language(view.language.as_deref()),
        Some(&head(&view)),
        &Screen::Landing(landing),
    )
}

/// The visit that the address names, and its invitation; or the page that says why not.
pub(super) async fn look(request: &StepRequest) -> Result<(Visit, Box<InvitationView>), Response> {
    let Some(visit) = request.visit() else {
        return Err(outcome::reopen(request));
    };
    match request
        .app
        .directory
        .open_link(&visit.continuation, Some(&session(visit)))
        .await
    {
        Ok(Opened::Landing(view)) => Ok((visit.clone(), view)),
        Ok(Opened::Finished { redirect }) => {
            Err(outcome::closed(request, Closed::Finished { redirect }))
        }
        Ok(Opened::Used { onward }) => Err(outcome::closed(request, Closed::Used { onward })),
        Ok(Opened::Ended) => Err(outcome::closed(request, Closed::Ended)),
        Ok(Opened::NotValid) => Err(outcome::closed(request, Closed::NotValid)),
        Err(refusal) => Err(outcome::refused(request, &refusal)),
    }
}

/// Whose page it is.
pub(super) fn head(view: &InvitationView) -> Organisation {
    Organisation {
        name: view.organisation.clone(),
        domain: Some(view.organisation_domain.clone()),
        accent: view.organisation_accent.as_deref().and_then(Colour::parse),
        logo: None,
    }
}

/// The person to name beside the organisation. One with the organisation's own name would read
/// "Contoso invited you to join Contoso".
pub(super) fn inviter(name: Option<&str>, organisation: &str) -> Option<String> {
    let name = name?.trim();
    (!name.is_empty() && name != organisation).then(|| name.to_owned())
}
