//! Puts the headers that every answer of the pages must carry (T-26, T-28, T-30; R-56).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::text::Notice;

/// Where forms of a page may lead. Browsers hold the whole redirect chain after a form to this, so
/// a page that sends the person on, as a guest's consent page does, has to let go of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum FormTargets {
    /// Every other page.
    Own,
    /// A page that sends the person on.
    Https,
    /// A page that sends the person on, for a stored target with plain http on this machine.
    HttpAndHttps,
}

macro_rules! policy {
    ($targets:literal) => {
        concat!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action ",
            $targets,
            "; frame-ancestors 'none'; base-uri 'none'"
        )
    };
}

impl FormTargets {
    fn policy(self) -> &'static str {
        match self {
            Self::Own => policy!("'self'"),
            Self::Https => policy!("'self' https:"),
            Self::HttpAndHttps => policy!("'self' https: http:"),
        }
    }
}

/// Puts on what every answer carries, pages and redirects alike.
fn guarded(mut response: Response, targets: FormTargets) -> Response {
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, targets.policy()),
    ];
    for (name, value) in fixed {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A page.
pub(in crate::pages) fn html(
    status: StatusCode,
    language: &'static str,
    targets: FormTargets,
    body: String,
) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language));
    guarded(response, targets)
}

/// A 303 to a path on this server or to the stored target.
pub(in crate::pages) fn see_other(location: HeaderValue) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    guarded(response, FormTargets::Own)
}

/// The page could not be made at all: its words alone, without a template.
pub(in crate::pages) fn broken(notice: &Notice) -> Response {
    let text = format!("{}\n\n{}\n", notice.title, notice.text);
    guarded(
        (StatusCode::INTERNAL_SERVER_ERROR, text).into_response(),
        FormTargets::Own,
    )
}

/// Adds `Retry-After` in whole seconds, never 0: "at once" would be asked again in the same
/// instant.
pub(in crate::pages) fn retry_after(mut response: Response, seconds: u64) -> Response {
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    response
}

/// Adds the session cookie.
pub(in crate::pages) fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
