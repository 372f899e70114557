//! The page at `/`: what this is and where to go on, for who opens the address of a server in a
//! browser.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::Extensions;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::app::{App, Mode};
use crate::http::origin::Origin;
use crate::mail::why_not;

/// Its own style sheet and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What a service says. A stranger learns no more than the addresses of the protocol say anyway.
const SERVICE: &str = include_str!("welcome/service.html");
/// What dev says, with the outbox and health.
const DEV: &str = include_str!("welcome/dev.html");
/// Where the next stands in it.
const PLACE: &str = "<!-- outbox -->\n";
/// The line about the outbox, which is not there where mails go to a real server.
const OUTBOX: &str = include_str!("welcome/outbox.html");
/// The line about the outbox for visitors whom it would refuse.
const OUTBOX_ELSEWHERE: &str = include_str!("welcome/outbox_elsewhere.html");
/// Where the reason stands in that.
const WHY: &str = "<!-- why -->";
/// Where the first request stands.
const REQUEST: &str = "<!-- first request -->\n";
/// A first request on this machine, which has dev's folder.
const FIRST: &str = include_str!("welcome/first.html");
/// A first request from elsewhere.
const FIRST_ELSEWHERE: &str = include_str!("welcome/first_elsewhere.html");
/// Where the origin stands in that.
const ORIGIN: &str = "@origin@";
const STYLE: &str = concat!(
    include_str!("pages/shell/assets/shared.css"),
    "\n",
    include_str!("welcome/welcome.css")
);

/// The page and its style sheet.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(page))
        .route("/welcome.css", get(style))
}

async fn page(State(app): State<App>, request: Request) -> Response {
    let text = match app.mode {
        Mode::Serve => SERVICE.to_owned(),
        Mode::Dev => dev(&app, request.extensions()),
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(text)).into_response()
}

/// dev's page. Who reaches it under a name of `--host` is shown what works from there.
fn dev(app: &App, extensions: &Extensions) -> String {
    let elsewhere = why_not(extensions);
    let outbox = match elsewhere {
        _ if !app.directory.policy().keep_letters => String::new(),
        None => OUTBOX.to_owned(),
        Some(why) => OUTBOX_ELSEWHERE.replace(WHY, why),
    };
    let origin = extensions.get::<Origin>().filter(|_| elsewhere.is_some());
    // An origin holds nothing that means anything in HTML: it was compared with those that are
    // listed.
    let request = origin.map_or_else(
        || FIRST.to_owned(),
        |origin| FIRST_ELSEWHERE.replace(ORIGIN, origin.as_str()),
    );
    DEV.replace(PLACE, &outbox).replace(REQUEST, &request)
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, STYLE).into_response()
}
