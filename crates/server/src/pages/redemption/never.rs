//! `/redeem/never`: the quiet way out. It asks again before it acts, and it acts only for the
//! mailbox's owner: otherwise anybody with a forwarded link could stop their invitations (T-18).

use axum::http::StatusCode;
use axum::response::Response;
use directory::redemption::{NeverAgain, NextStep};

use super::consent::{entitled, first};
use super::outcome;
use super::screens::{Never, Screen};
use super::start::{head, look};
use super::step_request::{Posting, StepRequest};
use crate::pages::shell::answer::FormTargets;
use crate::pages::shell::csrf::Stage;

/// `GET /redeem/never`.
pub(super) async fn show(request: StepRequest) -> Response {
    if request.visit().is_none() {
        return first(&request);
    }
    let (visit, view) = match look(&request).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let proven = view.next_step == NextStep::Consent;
    let stage = if proven {
        Stage::AfterProof
    } else {
        Stage::BeforeProof
    };
    let screen = Screen::Never(Never {
        invitation: view.invitation.to_string(),
        csrf: request.token(&visit, stage),
        address: view.masked_address.clone(),
        code_waits: view.next_step == NextStep::TypeCode
            && view
                .code_expires_at
                .is_some_and(|expiry| request.app.directory.expiry_now() < expiry),
        proven,
    });
    let language = request.language(view.language.as_deref());
    outcome::page(
        &request,
        StatusCode::OK,
        FormTargets::Own,
        language,
        Some(&head(&view)),
        &screen,
    )
}

/// `POST /redeem/never`.
pub(super) async fn stop(posting: Posting) -> Response {
    let (request, visit) = match entitled(posting).await {
        Ok(entitled) => entitled,
        Err(response) => return response,
    };
    let invitation = visit.continuation.invitation;
    match request
        .app
        .directory
        .never_again(request.step(&visit))
        .await
    {
        Ok(NeverAgain::Done) => outcome::to_step("stopped", invitation),
        Ok(NeverAgain::Barred(barred)) => outcome::barred(&request, invitation, barred),
        Err(refusal) => outcome::refused(&request, &refusal),
    }
}
