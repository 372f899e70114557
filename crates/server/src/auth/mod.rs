//! Tokens: issued, published, checked.

use axum::Router;

use crate::app::App;

/// This module's routes.
pub fn routes() -> Router<App> {
    Router::new()
}
