//! From what the directory says to a page: the one table of the redemption pages.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use directory::Refusal;
use directory::redemption::{AcceptedHost, Barred, Closed, NextStep};
use uuid::Uuid;

use super::screens::Screen;
use super::step_request::{Goal, StepRequest};
use crate::pages::shell::accent::Colour;
use crate::pages::shell::answer::{self, FormTargets, html, retry_after, see_other};
use crate::pages::shell::fill::plain;
use crate::pages::shell::language::fallback;
use crate::pages::shell::text::{Language, Notice, Text};
use crate::pages::shell::view::{Markup, Message, Onward, Organisation};

/// Renders a screen. Every template was rendered with every kind of page before the server began to
/// serve, so one that fails now is a defect: it is logged, and the guest reads in plain text that
/// the fault is on our side.
pub(super) fn page(
    request: &StepRequest,
    status: StatusCode,
    targets: FormTargets,
    language: &'static Language,
    organisation: Option<&Organisation>,
    screen: &Screen,
) -> Response {
    let logo = request
        .visit()
        .and_then(|visit| request.app.pages.logos.get(&visit.continuation.tenant));
    let organisation = organisation.map(|organisation| Organisation {
        logo: logo.cloned(),
        ..organisation.clone()
    });
    match request
        .app
        .pages
        .views
        .render(language, organisation.as_ref(), screen)
    {
        Ok(body) => html(status, language.tag, targets, body),
        Err(error) => {
            tracing::error!(request_id = %request.request_id, %error, "a page did not render");
            answer::broken(&language.text.unavailable)
        }
    }
}

/// A page that names nobody: no organisation, no address, and the browser's language instead of the
/// invitation's.
fn anonymous(
    request: &StepRequest,
    status: StatusCode,
    pick: impl Fn(&Language) -> &'static Notice,
    wait: Option<u64>,
) -> Response {
    let language = request.language(None);
    let time = wait.map(language.duration);
    let mut message = Message::error(pick(language), time.as_deref());
    // Whoever has the cookie may know that there is an invitation; a 404 or 410 stays a dead end.
    if matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        message.invitation = request
            .visit()
            .map(|visit| visit.continuation.invitation.to_string());
    }
    let response = page(
        request,
        status,
        FormTargets::Own,
        language,
        None,
        &Screen::Message(message),
    );
    match wait {
        Some(seconds) => retry_after(response, seconds),
        None => response,
    }
}

/// 404 (T-1), or 429 when this network has opened too many such links.
pub(super) fn not_valid(request: &StepRequest) -> Response {
    let counted = request.client.map_or(Ok(()), |client| {
        request
            .app
            .pages
            .misses
            .count(client.0, request.app.directory.now())
    });
    match counted {
        Ok(()) => anonymous(request, StatusCode::NOT_FOUND, |l| &l.text.not_valid, None),
        Err(wait) => anonymous(
            request,
            StatusCode::TOO_MANY_REQUESTS,
            |l| &l.text.many_links,
            Some(wait),
        ),
    }
}

/// Nothing under /redeem has this address.
pub(super) fn no_page(request: &StepRequest, status: StatusCode) -> Response {
    anonymous(request, status, |l| &l.text.no_page, None)
}

/// A form that another site sent, or that belongs to no visit of this browser: 403 (T-26).
pub(super) fn forged(request: &StepRequest) -> Response {
    anonymous(request, StatusCode::FORBIDDEN, |l| &l.text.stale_form, None)
}

/// A body that is no form of ours.
pub(super) fn unreadable(request: &StepRequest, status: StatusCode) -> Response {
    anonymous(request, status, |l| &l.text.unreadable, None)
}

/// Without the cookie the landing page says to open the link again.
pub(super) fn reopen(request: &StepRequest) -> Response {
    anonymous(request, StatusCode::OK, |l| &l.text.reopen, None)
}

/// A link that leads nowhere any more.
pub(super) fn closed(request: &StepRequest, closed: Closed) -> Response {
    match closed {
        Closed::NotValid => not_valid(request),
        Closed::Ended => anonymous(request, StatusCode::GONE, |l| &l.text.ended, None),
        Closed::Used { onward } => used(request, onward),
        Closed::Finished {
            redirect: Some(target),
        } => onward(request, &target),
        Closed::Finished { redirect: None } => without_target(request),
    }
}

/// Accepted, in another browser or long ago. Nobody is named; whoever holds the ticket may know
/// where it leads.
fn used(request: &StepRequest, onward: Option<String>) -> Response {
    let language = request.language(None);
    let mut message = Message::error(&language.text.ended, None);
    message.onward = onward.map(Onward::to);
    page(
        request,
        StatusCode::GONE,
        FormTargets::Own,
        language,
        None,
        &Screen::Message(message),
    )
}

/// A step that may not be taken now.
pub(super) fn barred(request: &StepRequest, invitation: Uuid, barred: Barred) -> Response {
    match barred {
        Barred::Closed(state) => closed(request, state),
        Barred::Unmet(step) => unmet(invitation, step),
        Barred::Disabled => anonymous(request, StatusCode::FORBIDDEN, |l| &l.text.disabled, None),
    }
}

/// 303 to the first step that is missing (T-27).
pub(super) fn unmet(invitation: Uuid, step: NextStep) -> Response {
    let page = match step {
        NextStep::AskForCode => "start",
        NextStep::TypeCode => "code",
        NextStep::Consent => "consent",
    };
    to_step(page, invitation)
}

/// 303 to a page of ours that names the invitation.
pub(super) fn to_step(page: &str, invitation: Uuid) -> Response {
    // A path of our own and a UUID: always a valid header.
    to_step_on(Goal::In, page, invitation)
}

/// [`to_step`] for a person with this goal.
pub(super) fn to_step_on(goal: Goal, page: &str, invitation: Uuid) -> Response {
    let suffix = goal.suffix();
    HeaderValue::try_from(format!("/redeem/{page}?invitation={invitation}{suffix}"))
        .map_or_else(|_| answer::broken(&fallback().text.unavailable), see_other)
}

/// 303 to the stored target, which the directory has just found allowed. Our own last page is told
/// which invitation it is about, so that it can name the organisation to this browser.
pub(super) fn onward(request: &StepRequest, target: &str) -> Response {
    let own = request
        .app
        .origins
        .listed()
        .iter()
        .any(|origin| target.strip_prefix(origin.as_str()) == Some("/redeem/done"));
    if let (true, Some(invitation)) = (own, request.invitation()) {
        return to_step("done", invitation);
    }
    HeaderValue::try_from(target).map_or_else(|_| without_target(request), see_other)
}

/// Accepted, and nowhere to go (T-14).
pub(super) fn without_target(request: &StepRequest) -> Response {
    accepted(request, None, |text| text.done_no_target)
}

/// The last page; it names the organisation where this browser is the one that accepted.
pub(super) fn accepted(
    request: &StepRequest,
    host: Option<&AcceptedHost>,
    last: fn(&Text) -> &'static str,
) -> Response {
    let language = request.language(host.and_then(|host| host.language.as_deref()));
    let text = language.text;
    let name = host.map_or("", |host| host.organisation.as_str());
    let values = [("organisation", name)];
    let (title, said) = match host {
        Some(_) => (plain(text.done_title, &values), text.done_text),
        None => (text.done_plain_title.to_owned(), text.done_plain),
    };
    let message = Message {
        title,
        paragraphs: vec![Markup::fill(said, &values), Markup::fill(last(text), &[])],
        ..Message::default()
    };
    let organisation = host.map(|host| Organisation {
        name: host.organisation.clone(),
        domain: Some(host.domain.clone()),
        accent: host.accent.as_deref().and_then(Colour::parse),
        logo: None,
    });
    page(
        request,
        StatusCode::OK,
        FormTargets::Own,
        language,
        organisation.as_ref(),
        &Screen::Message(message),
    )
}

/// Too many of something: 429.
pub(super) fn too_many(
    request: &StepRequest,
    pick: impl Fn(&Language) -> &'static Notice,
    wait: u64,
) -> Response {
    anonymous(request, StatusCode::TOO_MANY_REQUESTS, pick, Some(wait))
}

/// The directory could not say. Everything but `Unavailable` is a defect here: the redemption
/// operations answer what can happen to a guest in their own outcomes.
pub(super) fn refused(request: &StepRequest, refusal: &Refusal) -> Response {
    tracing::error!(request_id = %request.request_id, %refusal, "a redemption step failed");
    let (status, wait) = match refusal {
        Refusal::Unavailable(unavailable) => (
            StatusCode::SERVICE_UNAVAILABLE,
            u64::from(unavailable.retry_after),
        ),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, 60),
    };
    anonymous(request, status, |l| &l.text.unavailable, Some(wait))
}
