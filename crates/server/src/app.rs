//! The running server: what every request handler shares.

use std::ops::Deref;
use std::sync::Arc;

use directory::Directory;

use crate::graph::throttle::ReadLimits;
use crate::http::origin::Origins;
use crate::metrics::Metrics;
use crate::oauth::cache::{HeldRoles, TokenCache};
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
