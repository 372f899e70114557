//! What the pages read of a request before they do anything.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use directory::redemption::Step;
use uuid::Uuid;

use super::misses::network;
use super::outcome;
use crate::app::App;
use crate::http::body::{BodyFault, read};
use crate::http::origin::{ClientAddress, Origin};
use crate::http::request_id::RequestId;
use crate::pages::shell::answer;
use crate::pages::shell::csrf::{self, Stage};
use crate::pages::shell::form::{self, Form};
use crate::pages::shell::language;
use crate::pages::shell::session::{CookieStyle, Visit, Visits, cookie_style};
use crate::pages::shell::text::Language;

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

/// One request to a page.
pub(super) struct PageRequest {
    pub(super) app: App,
    /// Our id of it.
    pub(super) request_id: Uuid,
    /// Whom it counts against.
    pub(super) client: Option<ClientAddress>,
    /// The invitations open in this browser.
    pub(super) visits: Visits,
    /// How this origin's cookie is called.
    pub(super) style: CookieStyle,
    /// The query as sent.
    pub(super) query: String,
    accept_language: Option<String>,
}

impl PageRequest {
    fn new(app: &App, parts: &Parts) -> Self {
        let origin = parts
            .extensions
            .get::<Origin>()
            .or_else(|| app.origins.listed().first());
        let style = cookie_style(app.mode, origin);
        Self {
            visits: Visits::read(
                &parts.headers,
                style,
                &app.directory.keys().cookie,
                app.directory.life_now(),
            ),
            app: app.clone(),
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map_or_else(|| app.directory.ids().uuid(), |id| id.id),
            client: parts.extensions.get::<ClientAddress>().copied(),
            query: parts.uri.query().unwrap_or("").to_owned(),
            accept_language: text_of(&parts.headers, header::ACCEPT_LANGUAGE),
            style,
        }
    }

    /// The page language where the invitation may not be named, or names none.
    pub(super) fn language(&self, invitation: Option<&str>) -> &'static Language {
        language::choose(invitation, self.accept_language.as_deref())
    }

    /// The invitation that the step's address names: `invitation`, once, a UUID.
    pub(super) fn invitation(&self) -> Option<Uuid> {
        only(&self.query, "invitation").and_then(|text| Uuid::try_parse(&text).ok())
    }

    /// The visit that the step's address names.
    pub(super) fn visit(&self) -> Option<&Visit> {
        self.visits.visit(self.invitation()?)
    }

    /// What the directory wants to know of a step.
    pub(super) fn step(&self, visit: &Visit) -> Step {
        Step {
            link: visit.link.clone(),
            session: visit.session.clone(),
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
    pub(super) fn way(&self) -> Goal {
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

impl FromRequestParts<App> for PageRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::new(app, parts))
    }
}

/// One posted form that came from a page of ours.
pub(super) struct Posting {
    pub(super) asking: PageRequest,
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
        let asking = PageRequest::new(app, &parts);
        if !csrf::from_here(&parts.headers, &app.origins) {
            return Err(outcome::forged(&asking));
        }
        let body = read(body, form::MAX_BYTES).await.map_err(|fault| {
            let status = match fault {
                BodyFault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                BodyFault::Slow => StatusCode::REQUEST_TIMEOUT,
                BodyFault::Unreadable => StatusCode::BAD_REQUEST,
            };
            outcome::unreadable(&asking, status)
        })?;
        let Ok(form) = Form::read(&parts.headers, &body) else {
            return Err(outcome::unreadable(&asking, StatusCode::BAD_REQUEST));
        };
        let Some(visit) = asking.visit().cloned() else {
            return Err(outcome::forged(&asking));
        };
        let Some(stage) = csrf::stage_of(&app.directory.keys().csrf, &visit, form.text("csrf"))
        else {
            return Err(outcome::forged(&asking));
        };
        let foreign = form.foreign();
        if !foreign.is_empty() {
            tracing::warn!(request_id = %asking.request_id, fields = ?foreign, "unknown form fields were ignored");
        }
        Ok(Self {
            asking,
            visit,
            stage,
            form,
        })
    }
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// A query parameter that occurs exactly once. Twice is none: two readers could take different
/// ones.
pub(super) fn only(query: &str, name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_counts_once() {
        let check = |query, expected: Option<&str>| {
            assert_eq!(only(query, "a").as_deref(), expected, "{query}");
        };
        check("a=1", Some("1"));
        check("b=2&a=%31", Some("1"));
        check("a=1&a=1", None);
        check("a=1&%61=2", None);
        check("A=1", None);
        check("", None);
    }
}
