//! The last pages: declined, done, no more invitations. Looking at one changes nothing, and none of
//! them names anybody to a browser that has no visit.

use axum::http::StatusCode;
use axum::response::Response;

use super::outcome;
use super::screens::Screen;
use super::start::{head, look};
use super::step_request::StepRequest;
use crate::pages::shell::answer::FormTargets;
use crate::pages::shell::text::Text;
use crate::pages::shell::view::{Markup, Message};

/// A sentence of the catalogue.
type Sentence = fn(&Text) -> &'static str;

/// `GET /redeem/declined`. The link goes on working until it expires.
pub(super) async fn declined(request: StepRequest) -> Response {
    farewell(
        &request,
        |t| t.declined_title,
        |t| t.declined_text,
        |t| t.declined_mind,
    )
    .await
}

/// `GET /redeem/stopped`: no more invitations.
pub(super) async fn stopped(request: StepRequest) -> Response {
    farewell(
        &request,
        |t| t.never_done_title,
        |t| t.never_done_text,
        |t| t.close,
    )
    .await
}

/// `GET /redeem/done`: the last page of invitations that lead nowhere else. It names the
/// organisation to the browser that accepted, and nobody to any other: its address is a stored
/// redirect, the same for all.
pub(super) async fn done(request: StepRequest) -> Response {
    let host = match request.visit() {
        Some(visit) => {
            let step = request.step(visit);
            request.app.directory.accepted_host(&step).await
        }
        None => Ok(None),
    };
    let host = match host {
        Ok(host) => host,
        Err(refusal) => return outcome::refused(&request, &refusal),
    };
    outcome::accepted(&request, host.as_ref(), |text| text.close)
}

/// Heading, a sentence that names the organisation where this browser may know it, and a last one.
async fn farewell(
    request: &StepRequest,
    title: Sentence,
    named: Sentence,
    last: Sentence,
) -> Response {
    let view = look(request).await.ok().map(|(_, view)| view);
    let language = request.language(view.as_ref().and_then(|view| view.language.as_deref()));
    let organisation = view.as_deref().map(head);
    let text = language.text;
    let mut paragraphs = Vec::with_capacity(2);
    if let Some(view) = &view {
        let values = [
            ("organisation", view.organisation.as_str()),
            ("address", view.masked_address.as_str()),
        ];
        paragraphs.push(Markup::fill(named(text), &values));
    }
    paragraphs.push(Markup::fill(last(text), &[]));
    let message = Message {
        title: title(text).to_owned(),
        paragraphs,
        ..Message::default()
    };
    outcome::page(
        request,
        StatusCode::OK,
        FormTargets::Own,
        language,
        organisation.as_ref(),
        &Screen::Message(message),
    )
}
