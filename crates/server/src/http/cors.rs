//! Cross-origin access: Graph routes only. Tokens travel in a header that no browser
//! adds by itself, so that any origin may ask; pages and token routes, which know cookies and
//! secrets, never answer with these headers.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// What scripts of other origins may read beside the body.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Location, OData-EntityId, Preference-Applied, Content-Range, Retry-After, WWW-Authenticate, request-id, \
     client-request-id, x-vestibule-note, x-vestibule-guest",
);

/// Every origin.
const ANY: HeaderValue = HeaderValue::from_static("*");

/// Methods Graph clients use.
const METHODS: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS");

/// A browser may remember the answer for ten minutes: long enough that a page asks once, short
/// enough that a changed server is noticed.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Lets any origin read an answer.
pub fn allow(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Whether this is a browser asking for leave, and not a use of OPTIONS.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Answers a preflight. The header names asked for are granted as asked: `*` would not cover
/// Authorization, and a list would break clients with tracing headers.
pub fn preflight(asked: &HeaderMap) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    headers.insert(
        VARY,
        HeaderValue::from_static("Access-Control-Request-Headers"),
    );
    if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    answer
}
