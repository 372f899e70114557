//! Liveness and readiness, for health checks and monitors. Neither looks at Host.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::http::limits::RETRY_AFTER_UNAVAILABLE;

/// `/healthz`: the process lives. `/readyz`: it can do its work.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

/// 200 as long as anything answers: restarting the process would not mend a database (T-22).
async fn alive() -> Response {
    ([(CACHE_CONTROL, "no-store")], "ok\n").into_response()
}

/// 200 when the store can be read and written, else 503. Why not is in the log: whoever may ask
/// this may not read a driver's text.
async fn ready(State(app): State<App>) -> Response {
    match app.directory.store().check().await {
        Ok(()) => ([(CACHE_CONTROL, "no-store")], "ready\n").into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let headers = [
                (CACHE_CONTROL, "no-store".to_owned()),
                (RETRY_AFTER, RETRY_AFTER_UNAVAILABLE.to_string()),
            ];
            (StatusCode::SERVICE_UNAVAILABLE, headers, "not ready\n").into_response()
        }
    }
}
