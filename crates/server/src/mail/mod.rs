//! Mail: letters, delivery, dev's readable outbox.

use axum::Router;

use crate::app::App;

/// dev's outbox page and API (decision 51); mounted in dev only.
pub fn outbox_routes() -> Router<App> {
    Router::new()
}
