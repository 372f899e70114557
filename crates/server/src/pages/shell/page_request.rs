//! What every page reads of a request before it does anything.

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use uuid::Uuid;

use super::csrf;
use super::form::{self, Form};
use super::language;
use super::session::{CookieStyle, cookie_style};
use super::text::Language;
use crate::app::App;
use crate::http::body::{BodyFault, read};
use crate::http::origin::{ClientAddress, Origin};
use crate::http::request_id::RequestId;

/// One request to a page.
pub(in crate::pages) struct PageRequest {
    pub(in crate::pages) app: App,
    /// Our id of it.
    pub(in crate::pages) request_id: Uuid,
    /// Whom it counts against.
    pub(in crate::pages) client: Option<ClientAddress>,
    /// How this origin's cookies are called.
    pub(in crate::pages) style: CookieStyle,
    /// The query as sent.
    pub(in crate::pages) query: String,
    accept_language: Option<String>,
}

impl PageRequest {
    pub(in crate::pages) fn new(app: &App, parts: &Parts) -> Self {
        let origin = parts
            .extensions
            .get::<Origin>()
            .or_else(|| app.origins.listed().first());
        Self {
            app: app.clone(),
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map_or_else(|| app.directory.ids().uuid(), |id| id.id),
            client: parts.extensions.get::<ClientAddress>().copied(),
            query: parts.uri.query().unwrap_or("").to_owned(),
            accept_language: text_of(&parts.headers, header::ACCEPT_LANGUAGE),
            style: cookie_style(app.mode, origin),
        }
    }

    /// The page's language; `wanted` is that of what the page is about, where the page may say what
    /// it is about.
    pub(in crate::pages) fn language(&self, wanted: Option<&str>) -> &'static Language {
        language::choose(wanted, self.accept_language.as_deref())
    }
}

impl FromRequestParts<App> for PageRequest {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::new(app, parts))
    }
}

/// Why a posted body is no form of a page of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum PostFault {
    /// Another site sent it; it was not read.
    Foreign,
    /// It cannot be read, with the status that says why.
    Unreadable(StatusCode),
}

/// The posted form. Another site's form is not read at all; what is no form is a 400 (T-27). Whose
/// form it is follows from its token, which the room checks.
pub(in crate::pages) async fn posted(
    app: &App,
    parts: &Parts,
    body: Body,
) -> Result<Form, PostFault> {
    if !csrf::from_here(&parts.headers, &app.origins) {
        return Err(PostFault::Foreign);
    }
    let body = read(body, form::MAX_BYTES).await.map_err(|fault| {
        PostFault::Unreadable(match fault {
            BodyFault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            BodyFault::Slow => StatusCode::REQUEST_TIMEOUT,
            BodyFault::Unreadable => StatusCode::BAD_REQUEST,
        })
    })?;
    Form::read(&parts.headers, &body).map_err(|_| PostFault::Unreadable(StatusCode::BAD_REQUEST))
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// A query parameter that occurs exactly once. Twice is none: two readers could take different
/// ones.
pub(in crate::pages) fn only(query: &str, name: &str) -> Option<String> {
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
