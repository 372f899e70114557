//! The running server: what every request handler shares, and the one router made from it.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;

use crate::http::origin::Origins;

/// Whether this process is somebody's desk or a service for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `vestibule dev`: loopback only, known secrets, a readable outbox.
    Dev,
    /// `vestibule serve`: public origins from the configuration, no readable mail.
    Serve,
}

/// What every handler needs. Built once at start.
pub struct AppState {
    /// The public origins this server answers under (decision 23).
    pub origins: Origins,
    /// Desk or service.
    pub mode: Mode,
    /// Whether anything can be mailed (decision 27).
    pub mail_configured: bool,
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
pub fn router(app: App) -> Router {
    let mut routes = Router::new()
        .merge(crate::graph::routes())
        .merge(crate::auth::routes())
        .merge(crate::pages::routes())
        .merge(crate::health::routes());
    if app.mode == Mode::Dev {
        routes = routes.merge(crate::mail::outbox_routes());
    }
    routes.with_state(app)
}
