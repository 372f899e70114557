//! What the steps read of a request before they do anything: the visit that the address names, and
//! a form of ours.

use std::ops::Deref;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::response::Response;
use directory::redemption::{Link, StepContext};
use uuid::Uuid;

use super::continuation::{Visit, session};
use super::misses::network;
use super::outcome;
use crate::app::App;
use crate::pages::shell::answer;
use crate::pages::shell::csrf::{self, Stage};
use crate::pages::shell::form::Form;
use crate::pages::shell::page_request::{PageRequest, PostFault, only, posted};
use crate::pages::shell::session::Visits;

/// Names of fields that the pages of redemption send.
const FIELDS: [&str; 2] = ["csrf", "code"];

/// Where the steps lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    /// To the invitation: code, consent, redirect.
    In,
    /// To "do not invite me again": code, done.
    NeverAgain,
}

impl Goal {
    /// What a step's address has behind the invitation.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::In => "",
            Self::NeverAgain => "&then=never",
        }
    }
}

/// One request to a step.
pub(super) struct StepRequest {
    page: PageRequest,
    /// The invitations open in this browser.
    pub(super) visits: Visits<Link>,
}

impl Deref for StepRequest {
    type Target = PageRequest;

    fn deref(&self) -> &PageRequest {
        &self.page
    }
}

impl StepRequest {
    fn new(app: &App, parts: &Parts) -> Self {
        let page = PageRequest::new(app, parts);
        let (directory, style) = (&app.directory, page.style);
        let key = &directory.keys().cookie;
        Self {
            visits: Visits::read(&parts.headers, style, key, directory.expiry_now()),
            page,
        }
    }

    /// The invitation that the step's address names: `invitation`, once, a UUID.
    pub(super) fn invitation(&self) -> Option<Uuid> {
        only(&self.query, "invitation").and_then(|text| Uuid::try_parse(&text).ok())
    }

    /// The visit that the step's address names.
    pub(super) fn visit(&self) -> Option<&Visit> {
        self.visits.visit(self.invitation()?)
    }

    /// Who takes the step, in the form that the directory takes.
    pub(super) fn step(&self, visit: &Visit) -> StepContext {
        StepContext {
            link: visit.continuation.clone(),
            session: session(visit),
            network: self
                .client
                .map_or_else(String::new, |client| network(client.0).to_string()),
            request_id: self.request_id,
        }
    }

    /// The answer, with the cookie that keeps the visit.
    pub(super) fn keep(&self, visit: &Visit, response: Response) -> Response {
        let cookies = self.visits.keep(visit, self.style, &self.app.directory);
        match cookies {
            Some(cookies) => cookies.into_iter().fold(response, answer::with_cookie),
            None => answer::broken(&self.language(None).text.unavailable),
        }
    }

    /// Whether the person is on the way to "do not invite me again" and not to the invitation.
    pub(super) fn goal(&self) -> Goal {
        match only(&self.query, "then").as_deref() {
            Some("never") => Goal::NeverAgain,
            _ => Goal::In,
        }
    }

    /// The token for a page's forms.
    pub(super) fn token(&self, visit: &Visit, stage: Stage) -> String {
        csrf::token(&self.app.directory.keys().csrf, visit, stage)
    }
}

impl FromRequestParts<App> for StepRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::new(app, parts))
    }
}

/// One posted form that came from a page of ours.
pub(super) struct Posting {
    pub(super) request: StepRequest,
    /// The visit that the address names.
    pub(super) visit: Visit,
    /// How far the token reaches.
    pub(super) stage: Stage,
    pub(super) form: Form,
}

impl FromRequest<App> for Posting {
    type Rejection = Response;

    /// In this order: another site's form is 403 unread; what is no form is 400 (T-27); a form
    /// without this browser's token is 403 (T-26).
    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let request = StepRequest::new(app, &parts);
        let form = match posted(app, &parts, body).await {
            Ok(form) => form,
            Err(PostFault::Foreign) => return Err(outcome::forged(&request)),
            Err(PostFault::Unreadable(status)) => {
                return Err(outcome::unreadable(&request, status));
            }
        };
        let Some(visit) = request.visit().cloned() else {
            return Err(outcome::forged(&request));
        };
        let Some(stage) = csrf::stage_of(&app.directory.keys().csrf, &visit, form.text("csrf"))
        else {
            return Err(outcome::forged(&request));
        };
        let foreign = form.foreign(&FIELDS);
        if !foreign.is_empty() {
            tracing::warn!(request_id = %request.request_id, fields = ?foreign, "unknown form fields were ignored");
        }
        Ok(Self {
            request,
            visit,
            stage,
            form,
        })
    }
}
