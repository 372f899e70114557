//! The redemption pages: what a guest sees between the link in the mail and the place the
//! invitation leads to.
//!
//! The way is link → landing → code → consent → redirect. Each step's address names the invitation,
//! each GET only shows, each POST needs a token of this browser's own pages; how far a browser has
//! come stands in the store (R-55 to R-59; T-1 to T-10, T-24 to T-28).

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};

use crate::app::App;
use crate::pages::shell::view::Templates;

mod code;
mod consent;
mod continuation;
mod farewell;
mod link;
pub(super) mod misses;
mod never;
mod outcome;
mod samples;
mod screens;
mod start;
mod step_request;

pub use screens::{CodeEntry, Consent, Landing, Never, Resend, Screen};

/// The templates of the steps.
pub(super) const TEMPLATES: Templates = Templates {
    files: &screens::FILES,
    samples: samples::samples,
};

/// The routes of the steps.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/redeem", page(get(link::open)))
        .route("/redeem/", page(get(link::open)))
        .route("/redeem/start", page(get(start::show)))
        .route("/redeem/code", page(get(code::show).post(code::send)))
        .route("/redeem/verify", page(get(code::back).post(code::verify)))
        .route("/redeem/consent", page(get(consent::show)))
        .route(
            "/redeem/accept",
            page(get(consent::back).post(consent::accept)),
        )
        .route(
            "/redeem/decline",
            page(get(consent::back).post(consent::decline)),
        )
        .route("/redeem/declined", page(get(farewell::declined)))
        .route("/redeem/done", page(get(farewell::done)))
        .route("/redeem/never", page(get(never::show).post(never::stop)))
        .route("/redeem/stopped", page(get(farewell::stopped)))
        .route("/redeem/{*rest}", any(nothing))
}

/// The route, with a page of ours for every method it does not know.
fn page(route: MethodRouter<App>) -> MethodRouter<App> {
    route.fallback(other_method)
}

async fn other_method(request: step_request::StepRequest) -> Response {
    outcome::no_page(&request, StatusCode::METHOD_NOT_ALLOWED)
}

async fn nothing(request: step_request::StepRequest) -> Response {
    outcome::no_page(&request, StatusCode::NOT_FOUND)
}
