//! Pages for people, rendered here, whole, without scripts: `shell` is what every page needs, and
//! each of the other rooms is one thing a person comes for.

use std::collections::HashMap;
use std::path::Path;

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::response::Response;
use axum::routing::get;

use directory::MailPicture;
use store::TenantId;

use self::redemption::misses::Misses;
use crate::app::App;
pub use crate::templates::TemplateFault;

mod redemption;
mod shell;

pub use redemption::{CodeEntry, Consent, Landing, Never, Resend, Screen};
pub use shell::accent::Colour;
pub use shell::text::{LANGUAGES, Language, Notice, Text};
pub use shell::view::{Markup, Message, Onward, Organisation, Page, Views};

/// Parses the templates; `folder` may hold an operator's own in place of the embedded ones.
///
/// # Errors
/// [`TemplateFault`], which names file and line.
pub fn views(folder: Option<&Path>) -> Result<Views, TemplateFault> {
    Views::load(folder, &[redemption::TEMPLATES])
}

/// What the pages keep while the server runs.
pub struct Pages {
    views: Views,
    logos: HashMap<TenantId, String>,
    misses: Misses,
}

impl Pages {
    /// Parses the templates; `folder` may hold an operator's own in place of the embedded ones.
    ///
    /// # Errors
    /// [`TemplateFault`], which names file and line.
    pub fn load(folder: Option<&Path>) -> Result<Self, TemplateFault> {
        Ok(Self {
            views: views(folder)?,
            logos: HashMap::new(),
            misses: Misses::default(),
        })
    }
}

impl Pages {
    /// Shows tenants' logos.
    #[must_use]
    pub fn with_logos<'a>(
        mut self,
        logos: impl IntoIterator<Item = (TenantId, &'a MailPicture)>,
    ) -> Self {
        for (tenant, picture) in logos {
            let href = self.views.serve_logo(picture);
            self.logos.insert(tenant, href);
        }
        self
    }
}

/// This module's routes.
pub fn routes() -> Router<App> {
    redemption::routes().route("/assets/{name}", get(asset))
}

async fn asset(State(app): State<App>, Segment(name): Segment<String>) -> Response {
    app.pages.views.assets().answer(&name)
}
