//! The listener for those who run the server: `/metrics`, `/healthz`, `/readyz`, without tokens and
//! apart from the public listeners.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::health;
use crate::metrics;

/// The version of the text format that scrapers expect to be named.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The three routes.
pub fn router(app: App) -> Router {
    health::routes()
        .with_state(app.clone())
        .merge(measured(app))
}

/// `/metrics` alone: `dev`, which listens on loopback only, has no listener apart and answers it
/// beside the rest.
pub fn measured(app: App) -> Router {
    Router::new().route("/metrics", get(scrape)).with_state(app)
}

async fn scrape(State(app): State<App>) -> Response {
    let text = app.metrics.text() + &metrics::of_directory(&app.directory).await;
    ([(CONTENT_TYPE, PROMETHEUS)], text).into_response()
}
