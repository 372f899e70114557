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
pub(super) async fn show(asking: StepRequest) -> Response {
    let Some(visit) = asking.visit().cloned() else {
        return first(&asking);
    };
    match asking
        .app
        .directory
        .consent_view(&asking.step(&visit))
        .await
    {
        Ok(ConsentAnswer::View(view)) => question(&asking, &visit, &view),
        Ok(ConsentAnswer::Barred(barred)) => {
            outcome::barred(&asking, visit.continuation.invitation, barred)
        }
        Err(refusal) => outcome::refused(&asking, &refusal),
    }
}

/// `GET /redeem/accept` and `/redeem/decline`: somebody reloaded the address of an answer.
pub(super) async fn back(asking: StepRequest) -> Response {
    match asking.invitation() {
        Some(invitation) => outcome::unmet(invitation, NextStep::Consent),
        None => outcome::reopen(&asking),
    }
}

/// No visit: the first unmet step is the link itself, and the landing page says so.
pub(super) fn first(asking: &StepRequest) -> Response {
    match asking.invitation() {
        Some(invitation) => outcome::unmet(invitation, NextStep::AskForCode),
        None => outcome::reopen(asking),
    }
}

fn question(asking: &StepRequest, visit: &Visit, view: &ConsentView) -> Response {
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
        csrf: asking.token(visit, Stage::AfterProof),
        inviter: inviter(view.inviter.as_deref(), &view.organisation),
        name: view.shared.display_name.clone(),
        address: view.shared.address.clone(),
        host: view.next_host.clone(),
    };
    let language = asking.language(view.language.as_deref());
    outcome::page(
        asking,
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
        asking,
        visit,
        stage,
        ..
    } = posting;
    if stage == Stage::AfterProof {
        return Ok((asking, visit));
    }
    let (_, view) = look(&asking).await?;
    match view.next_step {
        NextStep::Consent => Err(outcome::forged(&asking)),
        unmet => Err(outcome::unmet(view.invitation, unmet)),
    }
}

/// `POST /redeem/accept`.
pub(super) async fn accept(posting: Posting) -> Response {
    let (asking, visit) = match entitled(posting).await {
        Ok(entitled) => entitled,
        Err(response) => return response,
    };
    match asking.app.directory.accept(asking.step(&visit)).await {
        Ok(Accepted::Redirect { target }) => outcome::onward(&asking, &target),
        Ok(Accepted::WithoutRedirect) => outcome::without_target(&asking),
        Ok(Accepted::Barred(barred)) => {
            outcome::barred(&asking, visit.continuation.invitation, barred)
        }
        Err(refusal) => outcome::refused(&asking, &refusal),
    }
}

/// `POST /redeem/decline`.
pub(super) async fn decline(posting: Posting) -> Response {
    let (asking, visit) = match entitled(posting).await {
        Ok(entitled) => entitled,
        Err(response) => return response,
    };
    let invitation = visit.continuation.invitation;
    match asking.app.directory.decline(asking.step(&visit)).await {
        Ok(Declined::Done) => outcome::to_step("declined", invitation),
        Ok(Declined::Barred(barred)) => outcome::barred(&asking, invitation, barred),
        Err(refusal) => outcome::refused(&asking, &refusal),
    }
}
