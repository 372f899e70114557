//! `GET /subscriptions`: none. The Azure CLI asks for them when an app signs in, with the token it
//! got, and reads a refusal as one of the Graph.

use axum::extract::{Extension, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Router, http::StatusCode};
use serde_json::json;

use super::authentication;
use crate::app::App;
use crate::http::origin::Origin;
use crate::http::request_id::RequestId;
use crate::oauth::discovery;
use crate::oauth::oauth_error::json;

/// The one route of this file.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/subscriptions", get(none))
        .method_not_allowed_fallback(discovery::other_method)
}

async fn none(
    State(app): State<App>,
    Extension(origin): Extension<Origin>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    match authentication::actor(&app, &headers, &origin, &request, None).await {
        Ok(_) => json(StatusCode::OK, &json!({ "value": [] })),
        Err(error) => error.respond(&request, app.directory.now()),
    }
}
