//! Redemption pages.

use axum::Router;

use crate::app::App;

mod accent;
mod assets;
mod fill;
mod language;
mod text;
mod view;

pub use accent::Colour;
pub use text::{LANGUAGES, Language, Notice, Text};
pub use view::{Back, CodeEntry, Consent, Landing, Markup, Message, Never, Organisation, Resend, Screen, TemplateError, Views};

/// This module's routes.
pub fn routes() -> Router<App> {
    Router::new()
}
