//! The page at `/`: what this is and where to go on, for who opens the address of a server in a browser.

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::app::{App, Mode};

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
const STYLE: &str = concat!(
    include_str!("pages/assets/shared.css"),
    "\n",
    include_str!("welcome/welcome.css")
);

/// The page and its style sheet.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(page))
        .route("/welcome.css", get(style))
}

async fn page(State(app): State<App>) -> Response {
    let text = match app.mode {
        Mode::Serve => SERVICE.to_owned(),
        Mode::Dev if app.directory.policy().keep_letters => DEV.replace(PLACE, OUTBOX),
        Mode::Dev => DEV.replace(PLACE, ""),
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(text)).into_response()
}

async fn style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, STYLE).into_response()
}
