//! `/redeem/code` and `/redeem/verify`: sending the code, and typing it.

use axum::http::StatusCode;
use axum::response::Response;
use directory::Quota;
use directory::quota::CODE_GAP;
use directory::redemption::{
    CODE_SECONDS, Closed, CodeAnswer, InvitationView, NextStep, Opened, Verified,
};

use super::answer::{self, FormTargets};
use super::asking::{Asking, Posting};
use super::csrf::Stage;
use super::outcome;
use super::session::Visit;
use super::start::{head, look};
use super::text::Text;
use super::view::{CodeEntry, Resend, Screen};

/// `POST /redeem/code`: the first step that writes and sends anything.
pub(super) async fn send(posting: Posting) -> Response {
    let Posting { asking, visit, .. } = posting;
    let invitation = visit.link.invitation;
    match asking.app.directory.send_code(asking.step(&visit)).await {
        Ok(CodeAnswer::Sent { .. }) => outcome::to_step("code", invitation),
        Ok(CodeAnswer::AlreadyProven) => outcome::unmet(invitation, NextStep::Consent),
        Ok(CodeAnswer::Wait {
            quota: Quota::Guesses,
            retry_after,
        }) => outcome::too_many(&asking, |l| &l.text.many_guesses, u64::from(retry_after)),
        Ok(CodeAnswer::Wait { retry_after, .. }) => early(&asking, &visit, retry_after).await,
        Ok(CodeAnswer::Closed(closed)) => outcome::closed(&asking, closed),
        Err(refusal) => outcome::refused(&asking, &refusal),
    }
}

/// Asked for a code too soon: the code page again, so that the code that is on its way can be typed.
async fn early(asking: &Asking, visit: &Visit, retry_after: u32) -> Response {
    let view = match asking
        .app
        .directory
        .open_link(&visit.link, Some(&visit.session))
        .await
    {
        Ok(Opened::Landing(view)) if view.next_step == NextStep::TypeCode => view,
        // No code from this browser is on its way; others have used up the address's share.
        _ => return outcome::too_many(asking, |l| &l.text.many_codes, u64::from(retry_after)),
    };
    // A visit that has had its codes begins anew with the link from the mail, once the last code is over.
    let seconds = if view.codes_spent {
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
pub(super) async fn show(asking: Asking) -> Response {
    let (visit, view) = match look(&asking).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    match view.next_step {
        NextStep::TypeCode => entry(&asking, &visit, &view, StatusCode::OK, &Typed::none(), None),
        other => outcome::unmet(view.invitation, other),
    }
}

/// `GET /redeem/verify`: somebody reloaded the address of an error page.
pub(super) async fn back(asking: Asking) -> Response {
    match asking.invitation() {
        Some(invitation) => outcome::unmet(invitation, NextStep::TypeCode),
        None => outcome::reopen(&asking),
    }
}

/// `POST /redeem/verify`: the code as typed.
pub(super) async fn verify(posting: Posting) -> Response {
    let Posting {
        mut asking,
        mut visit,
        form,
        ..
    } = posting;
    let code = form.text("code").to_owned();
    let error: fn(&Text) -> &'static str = if code.trim().is_empty() {
        |t| t.code_empty
    } else {
        |t| t.code_wrong
    };
    match asking
        .app
        .directory
        .verify_code(asking.step(&visit), &code)
        .await
    {
        Ok(Verified::Proven { session }) => {
            let invitation = visit.link.invitation;
            visit.session = session;
            asking.visits.keep(visit);
            match asking.visits.cookie(asking.style, &asking.app.directory) {
                Some(cookie) => {
                    answer::with_cookie(outcome::to_step("consent", invitation), cookie)
                }
                None => answer::broken(),
            }
        }
        Ok(Verified::NotRight | Verified::Malformed) => {
            again(
                &asking,
                &visit,
                StatusCode::BAD_REQUEST,
                &Typed {
                    code,
                    error: Some(error),
                },
            )
            .await
        }
        Ok(Verified::Void) => {
            let typed = Typed {
                code: String::new(),
                error: Some(|t| t.code_void),
            };
            let page = again(&asking, &visit, StatusCode::TOO_MANY_REQUESTS, &typed).await;
            answer::retry_after(page, CODE_GAP.as_secs().unsigned_abs())
        }
        Ok(Verified::Spent { retry_after }) => {
            outcome::too_many(&asking, |l| &l.text.many_guesses, u64::from(retry_after))
        }
        Ok(Verified::Closed(closed)) => outcome::closed(&asking, closed),
        Err(refusal) => outcome::refused(&asking, &refusal),
    }
}

/// What was typed, and what is wrong with it.
struct Typed {
    code: String,
    error: Option<fn(&Text) -> &'static str>,
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
async fn again(asking: &Asking, visit: &Visit, status: StatusCode, typed: &Typed) -> Response {
    match asking
        .app
        .directory
        .open_link(&visit.link, Some(&visit.session))
        .await
    {
        Ok(Opened::Landing(view)) => entry(asking, visit, &view, status, typed, None),
        Ok(_) => outcome::closed(asking, Closed::Ended),
        Err(refusal) => outcome::refused(asking, &refusal),
    }
}

/// The code page. `wait`: seconds until the next code may be asked for, where the directory has just said so.
fn entry(
    asking: &Asking,
    visit: &Visit,
    view: &InvitationView,
    status: StatusCode,
    typed: &Typed,
    wait: Option<u64>,
) -> Response {
    let language = asking.language(view.language.as_deref());
    let wait = wait
        .or_else(|| gap_left(asking, view))
        .map(language.duration);
    let screen = Screen::Code(CodeEntry {
        invitation: view.invitation.to_string(),
        csrf: asking.token(visit, Stage::BeforeProof),
        address: view.masked_address.clone(),
        life: (language.duration)(CODE_SECONDS.unsigned_abs()),
        typed: typed.code.clone(),
        error: typed.error.map(|error| error(language.text)),
        resend: Resend {
            spent: view.codes_spent,
            wait,
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

/// Seconds until the gap after the last code is over; `None` once it is.
fn gap_left(asking: &Asking, view: &InvitationView) -> Option<u64> {
    let sent = view.code_expires_at?.as_second() - CODE_SECONDS;
    let left = sent + CODE_GAP.as_secs() - asking.app.directory.now().as_second();
    u64::try_from(left).ok().filter(|left| *left > 0)
}

/// Seconds until the last code is over.
fn code_ends(asking: &Asking, view: &InvitationView) -> u64 {
    let left = view.code_expires_at.map_or(0, |end| {
        end.as_second() - asking.app.directory.now().as_second()
    });
    u64::try_from(left).unwrap_or(0)
}
