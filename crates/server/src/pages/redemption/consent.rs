//! `/redeem/consent`, `/redeem/accept`, `/redeem/decline`: the question and the answer.

use axum::http::StatusCode;
use axum::response::Response;
use directory::redemption::{Accepted, ConsentAnswer, ConsentView, Declined, NextStep};

use super::continuation::Visit;
use super::outcome;
use super::screens::{Consent, Screen};
use super::start::{inviter, look};
use super::step_request::{Posting, StepRequest};
use crate::pages::shell::accent::Colour;
use crate::pages::shell::answer::FormTargets;
use crate::pages::shell::csrf::Stage;
use crate::pages::shell::view::Organisation;

/// `GET /redeem/consent`.
pub(super) async fn show(request: StepRequest) -> Response {
    let Some(visit) = request.visit().cloned() else {
        return first(&request);
    };
    match request
        .app
        .directory
        .consent_view(&request.step(&visit))
        .await
    {
        Ok(ConsentAnswer::View(view)) => question(&request, &visit, &view),
        Ok(ConsentAnswer::Barred(barred)) => {
            outcome::barred(&request, visit.continuation.invitation, barred)
        }
        Err(refusal) => outcome::refused(&request, &refusal),
    }
}

/// `GET /redeem/accept` and `/redeem/decline`: somebody reloaded the address of an answer.
pub(super) async fn back(request: StepRequest) -> Response {
    match request.invitation() {
        Some(invitation) => outcome::unmet(invitation, NextStep::Consent),
        None => outcome::reopen(&request),
    }
}

/// No visit: the first unmet step is the link itself, and the landing page says so.
pub(super) fn first(request: &StepRequest) -> Response {
    match request.invitation() {
        Some(invitation) => outcome::unmet(invitation, NextStep::AskForCode),
        None => outcome::reopen(request),
    }
}

fn question(request: &StepRequest, visit: &Visit, view: &ConsentView) -> Response {
    let targets = if view.next_is_http {
        FormTargets::HttpAndHttps
    } else {
        FormTargets::Https
    };
    let organisation = Organisation {
        name: view.organisation.clone(),
        domain: Some(view.organisation_domain.clone()),
        accent: view.organisation_accent.as_deref().and_then(Colour::parse),
        logo: None,
    };
    let consent = Consent {
        invitation: visit.continuation.invitation.to_string(),
        csrf: request.token(visit, Stage::AfterProof),
        inviter: inviter(view.inviter.as_deref(), &view.organisation),
        name: view.shared.display_name.clone(),
        address: view.shared.address.clone(),
        host: view.next_host.clone(),
    };
    let language = request.language(view.language.as_deref());
    outcome::page(
        request,
        StatusCode::OK,
        targets,
        language,
        Some(&organisation),
        &Screen::Consent(consent),
    )
}

/// Whether the form may answer for the guest: it came from a page that the proof made. A token from
/// an earlier page leads to the first unmet step (T-27), and where none is unmet it is a forgery:
/// who knew this browser before the proof does not know it now (T-24).
pub(super) async fn entitled(posting: Posting) -> Result<(StepRequest, Visit), Response> {
    let Posting {
        request,
        visit,
        stage,
        ..
    } = posting;
    if stage == Stage::AfterProof {
        return Ok((request, visit));
    }
    let (_, view) = look(&request).await?;
    match view.next_step {
        NextStep::Consent => Err(outcome::forged(&request)),
        unmet => Err(outcome::unmet(view.invitation, unmet)),
    }
}

/// `POST /redeem/accept`.
pub(super) async fn accept(posting: Posting) -> Response {
    let (request, visit) = match entitled(posting).await {
        Ok(entitled) => entitled,
        Err(response) => return response,
    };
    match request.app.directory.accept(request.step(&visit)).await {
        Ok(Accepted::Redirect { target }) => outcome::onward(&request, &target),
        Ok(Accepted::WithoutRedirect) => outcome::without_target(&request),
        Ok(Accepted::Barred(barred)) => {
            outcome::barred(&request, visit.continuation.invitation, barred)
        }
        Err(refusal) => outcome::refused(&request, &refusal),
    }
}

/// `POST /redeem/decline`.
pub(super) async fn decline(posting: Posting) -> Response {
    let (request, visit) = match entitled(posting).await {
        Ok(entitled) => entitled,
        Err(response) => return response,
    };
    let invitation = visit.continuation.invitation;
    match request.app.directory.decline(request.step(&visit)).await {
        Ok(Declined::Done) => outcome::to_step("declined", invitation),
        Ok(Declined::Barred(barred)) => outcome::barred(&request, invitation, barred),
        Err(refusal) => outcome::refused(&request, &refusal),
    }
}
