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
    let Posting { asking, visit, .. } = posting;
    let invitation = visit.continuation.invitation;
    match asking.app.directory.send_code(asking.step(&visit)).await {
        Ok(CodeAnswer::Sent { .. }) => outcome::to_step_on(asking.way(), "code", invitation),
        Ok(CodeAnswer::AlreadyProven) => proven(asking.way(), invitation),
        Ok(CodeAnswer::Wait { retry_after, .. }) => early(&asking, &visit, retry_after).await,
        Ok(CodeAnswer::Closed(closed)) => outcome::closed(&asking, closed),
        Err(refusal) => outcome::refused(&asking, &refusal),
    }
}

/// Where somebody goes on who has proven the mailbox.
fn proven(way: Goal, invitation: Uuid) -> Response {
    match way {
        Goal::In => outcome::unmet(invitation, NextStep::Consent),
        Goal::NeverAgain => outcome::to_step("never", invitation),
    }
}

/// Asked for a code too soon: the code page again, so that the code that is on its way can be
/// typed.
async fn early(asking: &StepRequest, visit: &Visit, retry_after: u32) -> Response {
    let view = match asking
        .app
        .directory
        .open_link(&visit.continuation, Some(&session(visit)))
        .await
    {
        Ok(Opened::Landing(view)) if view.next_step == NextStep::TypeCode => view,
        // No code from this browser is on its way; others have used up the address's share.
        _ => return outcome::too_many(asking, |l| &l.text.many_codes, u64::from(retry_after)),
    };
    // A visit that has had its codes begins anew with the link from the mail, once the last code is
    // over.
    let seconds = if view.codes_left == 0 {
        code_ends(asking, &view)
    } else {
        u64::from(retry_after)
    };
    let response = entry(
        asking,
        visit,
        &view,
        StatusCode::TOO_MANY_REQUESTS,
        &Typed::none(),
        Some(seconds),
    );
    answer::retry_after(response, seconds)
}

/// `GET /redeem/code`: the field.
pub(super) async fn show(asking: StepRequest) -> Response {
    let (visit, view) = match look(&asking).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    match view.next_step {
        NextStep::TypeCode => entry(&asking, &visit, &view, StatusCode::OK, &Typed::none(), None),
        NextStep::Consent => proven(asking.way(), view.invitation),
        other @ NextStep::AskForCode => outcome::unmet(view.invitation, other),
    }
}

/// `GET /redeem/verify`: somebody reloaded the address of an error page.
pub(super) async fn back(asking: StepRequest) -> Response {
    match asking.invitation() {
        Some(invitation) => outcome::to_step_on(asking.way(), "code", invitation),
        None => outcome::reopen(&asking),
    }
}

/// `POST /redeem/verify`: the code as typed.
pub(super) async fn verify(posting: Posting) -> Response {
    let Posting {
        asking,
        mut visit,
        form,
        ..
    } = posting;
    let code = form.text("code").to_owned();
    let verified = asking
        .app
        .directory
        .verify_code(asking.step(&visit), &code)
        .await;
    let wrong = |error| Typed {
        code: code.clone(),
        error: Some(error),
    };
    // What is void is not shown again: nobody should go on with it.
    let void = |error| Typed {
        code: String::new(),
        error: Some(error),
    };
    let (bad, many) = (StatusCode::BAD_REQUEST, StatusCode::TOO_MANY_REQUESTS);
    match verified {
        Ok(Verified::Proven { session }) => {
            visit.secret = *session.secret();
            match asking.way() {
                Goal::In => {
                    let next = outcome::to_step("consent", visit.continuation.invitation);
                    asking.keep(&visit, next)
                }
                Goal::NeverAgain => never_again(&asking, &visit).await,
            }
        }
        Ok(Verified::NotRight) => again(&asking, &visit, bad, &wrong(Fault::Wrong)).await,
        Ok(Verified::Malformed) => again(&asking, &visit, bad, &wrong(Fault::Incomplete)).await,
        Ok(Verified::Void) => {
            let page = again(&asking, &visit, many, &void(Fault::Void)).await;
            answer::retry_after(page, CODE_GAP.as_secs().unsigned_abs())
        }
        Ok(Verified::Outdated) => {
            let page = again(&asking, &visit, many, &void(Fault::Outdated)).await;
            answer::retry_after(page, CODE_GAP.as_secs().unsigned_abs())
        }
        Ok(Verified::Closed(closed)) => outcome::closed(&asking, closed),
        Err(refusal) => outcome::refused(&asking, &refusal),
    }
}

/// The code was right, on the way to "do not invite me again": that is done now.
async fn never_again(asking: &StepRequest, visit: &Visit) -> Response {
    let invitation = visit.continuation.invitation;
    let next = match asking.app.directory.never_again(asking.step(visit)).await {
        Ok(NeverAgain::Done) => outcome::to_step("stopped", invitation),
        Ok(NeverAgain::Barred(barred)) => outcome::barred(asking, invitation, barred),
        Err(refusal) => outcome::refused(asking, &refusal),
    };
    asking.keep(visit, next)
}

/// What was typed, and what is wrong with it.
struct Typed {
    code: String,
    error: Option<Fault>,
}

/// What is wrong with a typed code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Wrong,
    Incomplete,
    Void,
    Outdated,
}

impl Fault {
    fn sentence(self, text: &Text) -> &'static str {
        match self {
            Self::Wrong => text.code_wrong,
            Self::Incomplete => text.code_incomplete,
            Self::Void => text.code_void,
            Self::Outdated => text.code_outdated,
        }
    }
}

impl Typed {
    const fn none() -> Self {
        Self {
            code: String::new(),
            error: None,
        }
    }
}

/// The code page again, with what was typed and the error beside the field.
async fn again(asking: &StepRequest, visit: &Visit, status: StatusCode, typed: &Typed) -> Response {
    match asking
        .app
        .directory
        .open_link(&visit.continuation, Some(&session(visit)))
        .await
    {
        Ok(Opened::Landing(view)) => entry(asking, visit, &view, status, typed, None),
        Ok(_) => outcome::closed(asking, Closed::Ended),
        Err(refusal) => outcome::refused(asking, &refusal),
    }
}

/// The code page. `wait`: seconds until the next code may be asked for, where the directory has
/// just said so.
fn entry(
    asking: &StepRequest,
    visit: &Visit,
    view: &InvitationView,
    status: StatusCode,
    typed: &Typed,
    wait: Option<u64>,
) -> Response {
    let language = asking.language(view.language.as_deref());
    let text = language.text;
    // Nothing is left to type where the code took its last guess, or is too short for the address
    // by now.
    let void = view.guesses_left == Some(0) || typed.error == Some(Fault::Outdated);
    let wait = wait
        .or_else(|| gap_left(asking, view))
        .or_else(|| (view.codes_left == 0).then(|| code_ends(asking, view)))
        .filter(|seconds| *seconds > 0);
    let digits = view.code_digits.to_string();
    let way = asking.way();
    let screen = Screen::Code(CodeEntry {
        invitation: view.invitation.to_string(),
        suffix: way.suffix(),
        never: way == Goal::NeverAgain,
        csrf: asking.token(visit, Stage::BeforeProof),
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
        asking,
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
fn gap_left(asking: &StepRequest, view: &InvitationView) -> Option<u64> {
    let sent = view.code_expires_at?.as_second() - CODE_SECONDS;
    let left = sent + CODE_GAP.as_secs() - asking.app.directory.expiry_now().as_second();
    u64::try_from(left).ok().filter(|left| *left > 0)
}

/// Seconds until the last code is over.
fn code_ends(asking: &StepRequest, view: &InvitationView) -> u64 {
    let left = view.code_expires_at.map_or(0, |end| {
        end.as_second() - asking.app.directory.expiry_now().as_second()
    });
    u64::try_from(left).unwrap_or(0)
}
