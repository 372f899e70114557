//! The one layer in front of everything: it names the request, checks where it came in, bounds it
//! in size and time, counts and logs its answer, and sees to it that a bug in a handler is an
//! answer and not a closed connection.
//!
//! One function instead of a stack of layers, because each layer is an allocation on the hot path
//! and because the order of these checks is a matter of safety that should be read in one place.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::body::HttpBody as _;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::STRICT_TRANSPORT_SECURITY;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use http_body_util::Limited;

use super::error_body::FrontError;
use super::forwarded;
use super::limits::{BODY_BYTES, PHOTO_BYTES, REQUEST_TIME, RETRY_AFTER_UNAVAILABLE, URL_BYTES};
use super::origin::{ClientAddress, Connection, Origin};
use super::request_id::RequestId;
use crate::app::{App, Mode};
use crate::metrics::{self, NO_ROUTE, RequestInfo};

/// Paths of health checks and monitors, which ask by IP address.
const WATCHED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// What is known of a request before its handler runs.
#[derive(Clone)]
pub(crate) struct Entered {
    /// The ids it is known by.
    pub(crate) id: RequestId,
    /// The listed origin it came in by; only paths for health checks do without.
    pub(crate) origin: Option<Origin>,
    client: ClientAddress,
}

/// Runs around every request that axum's router takes. Its handlers find what is known in the
/// request's extensions.
pub async fn front(State(app): State<App>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let handle = |mut request: Request, entered: Entered| {
        let extensions = request.extensions_mut();
        extensions.insert(entered.id);
        extensions.insert(entered.client);
        if let Some(origin) = entered.origin {
            extensions.insert(origin);
        }
        next.run(request)
    };
    through_front(&app, request, route, handle).await
}

/// Takes a request through the front to `handle`, and the answer back. `route` is what the answer
/// counts under if it does not say it itself.
pub(crate) async fn through_front<F>(
    app: &App,
    request: Request,
    route: &str,
    handle: impl FnOnce(Request, Entered) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let asked = RequestInfo::now(&request);
    let id = RequestId::new(app.directory.ids().uuid(), request.headers());
    let connection = request
        .extensions()
        .get()
        .copied()
        .unwrap_or(Connection::UNKNOWN);
    let seen = forwarded::seen(connection, request.headers(), &app.origins);
    let client = ClientAddress(seen.client);
    let origin = app
        .origins
        .of(seen, request.uri(), request.headers())
        .cloned();
    let most = body_limit(request.uri().path());
    let watched = WATCHED.contains(&request.uri().path());

    let mut answer = match &origin {
        _ if target_length(&request) > URL_BYTES => too_long().respond(&id, app.directory.now()),
        None if !watched => misdirected(app, seen.host).respond(&id, app.directory.now()),
        _ => {
            let entered = Entered {
                id: id.clone(),
                origin: origin.clone(),
                client,
            };
            let request = request.map(|body| {
                // Most requests have none, and a wrapper around nothing is an allocation.
                if body.is_end_stream() {
                    return body;
                }
                // One byte more than the reader takes, so that it can tell a body of that length
                // from a longer one.
                Body::new(Limited::new(body, most + 1))
            });
            bounded(app, &id, handle(request, entered)).await
        }
    };

    let headers = answer.headers_mut();
    id.mark(headers);
    if origin.is_some_and(|origin| pins_https(app.mode, &origin)) {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(STRICT_TRANSPORT_SECURITY, year);
    }
    metrics::observe(&app.metrics, &asked, route, &id, &answer);
    answer
}

/// Bytes of a body to that path. Photos are the one kind of file that is taken; all else is JSON or
/// a form.
pub(crate) fn body_limit(path: &str) -> usize {
    let path = path.trim_end_matches('/');
    let ends = |end: &str| {
        let start = path.len().checked_sub(end.len());
        let found = start.and_then(|start| path.get(start..));
        found.is_some_and(|found| found.eq_ignore_ascii_case(end))
    };
    if ends("/photo/$value") || ends("/photo/%24value") {
        PHOTO_BYTES
    } else {
        BODY_BYTES
    }
}

/// Lets the handler run, for so long, and turns a panic into a 500. The panic hook has logged
/// where; the text of the panic may hold values and is not repeated.
async fn bounded(app: &App, id: &RequestId, handler: impl Future<Output = Response>) -> Response {
    let caught = AssertUnwindSafe(handler).catch_unwind();
    let error = match tokio::time::timeout(REQUEST_TIME, caught).await {
        Ok(Ok(answer)) => return answer,
        Ok(Err(_panic)) => FrontError::internal("the handler panicked"),
        Err(_elapsed) => {
            FrontError::unavailable(RETRY_AFTER_UNAVAILABLE, "the request took too long")
        }
    };
    error.respond(id, app.directory.now())
}

/// Length of the request target as it came: path and query.
fn target_length(request: &Request) -> usize {
    request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len())
}

/// Status 414.
fn too_long() -> FrontError {
    let message = format!("The request URL is longer than the maximum of {URL_BYTES} bytes.");
    FrontError::new(StatusCode::URI_TOO_LONG, "RequestUriTooLong", message)
}

/// 421: not one of our names. At a desk the answer says the name and how to allow it; a service
/// does not repeat what a stranger sent.
fn misdirected(app: &App, host: Option<&str>) -> FrontError {
    let is_plain = |host: &&str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte);
        host.len() <= 255 && host.bytes().all(plain)
    };
    let message = match host.filter(is_plain).filter(|_| app.mode == Mode::Dev) {
        Some(host) => {
            format!("This server does not answer under the host name {host}. Start it with --host {host} to allow it.").into()
        }
        None => Cow::Borrowed(
            "This server does not answer under the requested host name, or not over this scheme.",
        ),
    };
    FrontError::new(
        StatusCode::MISDIRECTED_REQUEST,
        "MisdirectedRequest",
        message,
    )
}

/// HSTS only in service, under https, and never for this machine's own names: it would
/// lock a developer's browser out of every other server on localhost for a year.
fn pins_https(mode: Mode, origin: &Origin) -> bool {
    mode == Mode::Serve && origin.is_secure() && !origin.is_loopback()
}

#[cfg(test)]
mod tests {
    use super::{Mode, Origin, pins_https};

    #[test]
    fn https_is_pinned_in_service_for_public_names_only() {
        let check = |mode, origin: &str, expected: bool| {
            let origin = Origin::parse(origin).unwrap();
            assert_eq!(pins_https(mode, &origin), expected, "{mode:?} {origin:?}");
        };
        check(Mode::Serve, "https://id.contoso.com", true);
        check(Mode::Serve, "http://id.contoso.com", false);
        check(Mode::Serve, "https://localhost:8443", false);
        check(Mode::Serve, "https://[::1]", false);
        check(Mode::Dev, "https://id.contoso.com", false);
    }
}
