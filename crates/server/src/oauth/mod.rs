//! Tokens: issued, published, checked. Each endpoint is a file, and so is each grant of the token
//! endpoint. Nothing here knows the Graph.

mod authorize;
pub mod bearer;
pub mod cache;
pub mod claims;
mod client_credentials;
pub mod cloud;
mod device_code;
pub mod discovery;
pub mod failures;
pub mod form;
pub mod keys;
pub mod oauth_error;
pub mod scope;
pub mod tenant;
pub mod token;

use axum::routing::{get, post};
use axum::{Extension, Router};

use self::token::Generation;
use crate::app::App;

/// This module's routes. None answers CORS.
pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/{tenant}/oauth2/v2.0/token",
            post(token::issue).layer(Extension(Generation::V2)),
        )
        .route(
            "/{tenant}/oauth2/token",
            post(token::issue).layer(Extension(Generation::V1)),
        )
        .route(
            "/{tenant}/oauth2/v2.0/authorize",
            get(authorize::authorize).post(authorize::authorize),
        )
        .route(
            "/{tenant}/v2.0/.well-known/openid-configuration",
            get(discovery::configuration),
        )
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
        .route(
            "/{tenant}/.well-known/openid-configuration",
            get(discovery::configuration_v1),
        )
        .route("/common/discovery/instance", get(discovery::instance))
        .route(
            "/{tenant}/oauth2/v2.0/devicecode",
            post(device_code::device_code),
        )
        .route(
            "/{tenant}/oauth2/devicecode",
            post(device_code::device_code),
        )
        .route("/metadata/endpoints", get(cloud::endpoints))
        .method_not_allowed_fallback(discovery::other_method)
}
