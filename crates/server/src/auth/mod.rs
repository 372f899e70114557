//! Tokens: issued, published, checked.

pub mod bearer;
pub mod cache;
pub mod claims;
pub mod discovery;
pub mod failures;
pub mod form;
pub mod keys;
pub mod oauth_error;
pub mod tenant;
pub mod token;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

/// This module's routes. None answers CORS (decision 25).
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", post(token::issue))
        .route(
            "/{tenant}/oauth2/v2.0/authorize",
            get(discovery::authorize).post(discovery::authorize),
        )
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(discovery::configuration),
        )
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route("/common/discovery/instance", get(discovery::instance))
        .method_not_allowed_fallback(discovery::other_method)
}
