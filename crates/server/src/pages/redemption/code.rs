//! `/redeem/code` and `/redeem/verify`: sending the code, and typing it.

use axum::http::StatusCode;
use axum::response::Response;
use directory::quota::{CODE_GAP, WRONG_PER_CODE};
use directory::redemption::{
    CODE_SECONDS, Closed, CodeAnswer, InvitationView, NeverAgain, NextStep, Opened, Verified,
};

use super::continuation::{Visit, session};
use super::outcome;
use super::screens::{CodeEntry, Resend, Screen};
use super::start::{head, look};
use super::step_request::{Goal, Posting, StepRequest};
use crate::pages::shell::answer::{self, FormTargets};
use crate::pages::shell::csrf::Stage;
use crate::pages::shell::fill::plain;
use crate::pages::shell::text::Text;
use uuid::Uuid;

/// `POST /redeem/code`: the first step that writes and sends anything.
pub(super) async fn send(posting: Posting) -> Response {
    let Posting { request, visit, .. } = posting;
    let invitation = visit.continuation.invitation;
    match request.app.directory.send_code(request.step(&visit)).await {
        Ok(CodeAnswer::Sent { .. }) => outcome::to_step_on(request.goal(), "code", invitation),
        Ok(CodeAnswer::AlreadyProven) => proven(request.goal(), invitation),
        Ok(CodeAnswer::Wait { retry_after, .. }) => early(&request, &visit, retry_after).await,
        Ok(CodeAnswer::Closed(closed)) => outcome::closed(&request, closed),
        Err(refusal) => outcome::refused(&request, &refusal),
    }
}

/// Where somebody goes on who has proven the mailbox.
fn proven(goal: Goal, invitation: Uuid) -> Response {
    match goal {
        Goal::In => outcome::unmet(invitation, NextStep::Consent),
        Goal::NeverAgain => outcome::to_step("never", invitation),
    }
}

/// Asked for a code too soon: the code page again, so that the code that is on its way can be
/// typed.
async fn early(request: &StepRequest, visit: &Visit, retry_after: u32) -> Response {
    let view = match request
        .app
        .directory
        .open_link(&visit.continuation, Some(&session(visit)))
        .await
    {
        Ok(Opened::Landing(view)) if view.next_step == NextStep::TypeCode => view,
        // No code from this browser is on its way; others have used up the address's share.
        _ => return outcome::too_many(request, |l| &l.text.many_codes, u64::from(retry_after)),
    };
    // A visit that has had its codes begins anew with the link from the mail, once the last code is
    // over.
    let seconds = if view.codes_left == 0 {
        code_ends(request, &view)
    } else {
        u64::from(retry_after)
    };
    let response = entry(
        request,
        visit,
        &view,
        StatusCode::TOO_MANY_REQUESTS,
        &TypedCode::none(),
        Some(seconds),
    );
    answer::retry_after(response, seconds)
}

/// `GET /redeem/code`: the field.
pub(super) async fn show(request: StepRequest) -> Response {
    let (visit, view) = match look(&request).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    match view.next_step {
        NextStep::TypeCode => entry(
            &request,
            &visit,
            &view,
            StatusCode::OK,
            &TypedCode::none(),
            None,
        ),
        NextStep::Consent => proven(request.goal(), view.invitation),
        other @ NextStep::AskForCode => outcome::unmet(view.invitation, other),
    }
}

/// `GET /redeem/verify`: somebody reloaded the address of an error page.
pub(super) async fn back(request: StepRequest) -> Response {
    match request.invitation() {
        Some(invitation) => outcome::to_step_on(request.goal(), "code", invitation),
        None => outcome::reopen(&request),
    }
}

/// `POST /redeem/verify`: the code as typed.
pub(super) async fn verify(posting: Posting) -> Response {
    let Posting {
        request,
        mut visit,
        form,
        ..
    } = posting;
    let code = form.text("code").to_owned();
    let verified = request
        .app
        .directory
        .verify_code(request.step(&visit), &code)
        .await;
    let wrong = |error| TypedCode {
        code: code.clone(),
        error: Some(error),
    };
    // What is void is not shown again: nobody should go on with it.
    let void = |error| TypedCode {
        code: String::new(),
        error: Some(error),
    };
    let (bad, many) = (StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS);
    match verified {
        Ok(Verified::Proven { session }) => {
            visit.secret = *session.secret();
            match request.goal() {
                Goal::In => {
                    let next = outcome::to_step("consent", visit.continuation.invitation);
                    request.keep(&visit, next)
                }
                Goal::NeverAgain => never_again(&request, &visit).await,
            }
        }
        Ok(Verified::NotRight) => show_again(&request, &visit, bad, &wrong(CodeError::Wrong)).await,
        Ok(Verified::Malformed) => {
            show_again(&request, &visit, bad, &wrong(CodeError::Incomplete)).await
        }
        Ok(Verified::Void) => {
            let page = show_again(&request, &visit, many, &void(CodeError::Void)).await;
            answer::retry_after(page, CODE_GAP.as_secs().unsigned_abs())
        }
        Ok(Verified::Outdated) => {
            let page = show_again(&request, &visit, many, &void(CodeError::Outdated)).await;
            answer::retry_after(page, CODE_GAP.as_secs().unsigned_abs())
        }
        Ok(Verified::Closed(closed)) => outcome::closed(&request, closed),
        Err(refusal) => outcome::refused(&request, &refusal),
    }
}

/// The code was right, on the way to "do not invite me again": that is done now.
async fn never_again(request: &StepRequest, visit: &Visit) -> Response {
    let invitation = visit.continuation.invitation;
    let next = match request.app.directory.never_again(request.step(visit)).await {
        Ok(NeverAgain::Done) => outcome::to_step("stopped", invitation),
        Ok(NeverAgain::Barred(barred)) => outcome::barred(request, invitation, barred),
        Err(refusal) => outcome::refused(request, &refusal),
    };
    request.keep(visit, next)
}

/// What was typed, and what is wrong with it.
struct TypedCode {
    code: String,
    error: Option<CodeError>,
}

/// What is wrong with a typed code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CodeError {
    Wrong,
    Incomplete,
    Void,
    Outdated,
}

impl CodeError {
    fn sentence(self, text: &Text) -> &'static str {
        match self {
            Self::Wrong => text.code_wrong,
            Self::Incomplete => text.code_incomplete,
            Self::Void => text.code_void,
            Self::Outdated => text.code_outdated,
        }
    }
}

impl TypedCode {
    const fn none() -> Self {
        Self {
            code: String::new(),
            error: None,
        }
    }
}

/// The code page again, with what was typed and the error beside the field.
async fn show_again(
    request: &StepRequest,
    visit: &Visit,
    status: StatusCode,
    typed: &TypedCode,
) -> Response {
    match request
        .app
        .directory
        .open_link(&visit.continuation, Some(&session(visit)))
        .await
    {
        Ok(Opened::Landing(view)) => entry(request, visit, &view, status, typed, None),
        Ok(_) => outcome::closed(request, Closed::Ended),
        Err(refusal) => outcome::refused(request, &refusal),
    }
}

/// The code page. `wait`: seconds until the next code may be asked for, where the directory has
/// just said so.
fn entry(
    request: &StepRequest,
    visit: &Visit,
    view: &InvitationView,
    status: StatusCode,
    typed: &TypedCode,
    wait: Option<u64>,
) -> Response {
    let language = request.language(view.language.as_deref());
    let text = language.text;
    // Nothing is left to type where the code took its last guess, or is too short for the address
    // by now.
    let void = view.guesses_left == Some(0) || typed.error == Some(CodeError::Outdated);
    let wait = wait
        .or_else(|| gap_left(request, view))
        .or_else(|| (view.codes_left == 0).then(|| code_ends(request, view)))
        .filter(|seconds| *seconds > 0);
    let digits = view.code_digits.to_string();
    let goal = request.goal();
    let screen = Screen::Code(CodeEntry {
        invitation: view.invitation.to_string(),
        suffix: goal.suffix(),
        never: goal == Goal::NeverAgain,
        csrf: request.token(visit, Stage::BeforeProof),
        address: view.masked_address.clone(),
        life: (language.duration)(CODE_SECONDS.unsigned_abs()),
        digits: digits.clone(),
        typed: typed.code.clone(),
        error: typed
            .error
            .map(|error| plain(error.sentence(text), &[("digits", &digits)])),
        guesses_left: view
            .guesses_left
            .filter(|left| (1..WRONG_PER_CODE).contains(left)),
        void,
        resend: Resend {
            spent: view.codes_left == 0,
            left: view.codes_left,
            reveal: wait.filter(|_| view.codes_left > 0).and_then(reveal_after),
            wait: wait.map(language.duration),
        },
    });
    outcome::page(
        request,
        status,
        FormTargets::Own,
        language,
        Some(&head(view)),
        &screen,
    )
}

/// The class under which the stylesheet shows the button once it works: the next multiple of five
/// seconds. Longer waits are for another day, and for another look at the page.
fn reveal_after(seconds: u64) -> Option<u64> {
    (seconds <= 60).then(|| seconds.next_multiple_of(5))
}

/// Seconds until the gap after the last code is over; `None` once it is.
fn gap_left(request: &StepRequest, view: &InvitationView) -> Option<u64> {
    let sent = view.code_expires_at?.as_second() - CODE_SECONDS;
    let left = sent + CODE_GAP.as_secs() - request.app.directory.expiry_now().as_second();
    u64::try_from(left).ok().filter(|left| *left > 0)
}

/// Seconds until the last code is over.
fn code_ends(request: &StepRequest, view: &InvitationView) -> u64 {
    let left = view.code_expires_at.map_or(0, |end| {
        end.as_second() - request.app.directory.expiry_now().as_second()
    });
    u64::try_from(left).unwrap_or(0)
}
