//! The running server: what every request handler shares, and the one router made from it.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::Uri;
use axum::response::Response;
use axum::{Router, middleware};
use directory::Directory;

use crate::graph::throttle::ReadLimits;
use crate::http::front::front;
use crate::http::origin::Origins;
use crate::http::request_id::RequestId;
use crate::metrics::Metrics;
use crate::oauth::cache::{HeldRoles, TokenCache};
use crate::oauth::discovery;
use crate::oauth::failures::FailedClients;
use crate::oauth::keys::SigningKeys;
use crate::pages::Pages;

/// Whether this process is somebody's desk or a service for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `vestibule dev`: loopback only, known secrets, a readable outbox.
    Dev,
    /// `vestibule serve`: public origins from the configuration, no readable mail.
    Serve,
}

/// What every handler needs. Built once at start, with [`AppState::new`].
pub struct AppState {
    /// The rules, and the store below them.
    pub directory: Directory,
    /// The public origins this server answers under.
    pub origins: Origins,
    /// Desk or service.
    pub mode: Mode,
    /// Signs and verifies access tokens.
    pub signing: SigningKeys,
    /// Tokens found good.
    pub tokens: TokenCache,
    /// The roles of principals, as read a moment ago.
    pub roles: HeldRoles,
    /// Failed client authentications.
    pub failed_clients: FailedClients,
    /// The redemption pages' templates and counts.
    pub pages: Pages,
    /// What was answered, for `/metrics`.
    pub metrics: Metrics,
    /// How much each app may read.
    pub read_limits: ReadLimits,
}

impl AppState {
    /// A server that has not answered anything yet.
    pub fn new(
        directory: Directory,
        origins: Origins,
        mode: Mode,
        signing: SigningKeys,
        pages: Pages,
    ) -> Self {
        Self {
            directory,
            origins,
            mode,
            signing,
            tokens: TokenCache::new(),
            roles: HeldRoles::new(),
            failed_clients: FailedClients::new(),
            pages,
            metrics: Metrics::default(),
            read_limits: ReadLimits::of(mode),
        }
    }
}

/// Shared handle on [`AppState`]; a clone is one reference count.
#[derive(Clone)]
pub struct App(Arc<AppState>);

impl App {
    /// Shares the given state.
    pub fn new(state: AppState) -> Self {
        Self(Arc::new(state))
    }
}

impl Deref for App {
    type Target = AppState;

    fn deref(&self) -> &AppState {
        &self.0
    }
}

/// The whole HTTP surface. The listener serves it; tests call it in-process.
///
/// Each request should carry a [`crate::http::origin::Connection`] among its extensions.
pub fn router(app: App) -> Router {
    let mut routes = Router::new()
        .merge(crate::graph::routes())
        .merge(crate::oauth::routes())
        .merge(crate::pages::routes())
        .merge(crate::health::routes())
        .merge(crate::welcome::routes());
    // Where mails go to a real server, there is nothing to look at, and the outbox would show a
    // mailbox that stays empty.
    if app.mode == Mode::Dev && app.directory.policy().keep_letters {
        routes = routes.merge(crate::mail::outbox_routes());
    }
    routes
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(app.clone(), front))
        .with_state(app)
}

/// 404 in the form that clients of that part of the server read.
async fn nothing_here(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    uri: Uri,
) -> Response {
    if discovery::is_of_an_authority(uri.path()) {
        discovery::nothing_here(&app, &id)
    } else {
        crate::graph::nothing_here(&app, &id)
    }
}
