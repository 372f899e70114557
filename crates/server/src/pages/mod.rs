//! The redemption pages: what a guest sees between the link in the mail and the place the
//! invitation leads to. Rendered here, whole, without scripts.
//!
//! The way is link → landing → code → consent → redirect. Each step's address names the invitation,
//! each GET only shows, each POST needs a token of this browser's own pages; how far a browser has
//! come stands in the store (R-55 to R-59; T-1 to T-10, T-24 to T-28).

use std::collections::HashMap;
use std::path::Path;

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, any, get};

use directory::MailPicture;
use store::TenantId;

use crate::app::App;
pub use crate::templates::TemplateFault;

mod accent;
mod answer;
mod assets;
mod code;
mod consent;
mod csrf;
mod farewell;
mod fill;
mod form;
mod language;
mod link;
mod misses;
mod never;
mod outcome;
mod page_request;
mod samples;
mod session;
mod start;
mod text;
mod view;

pub use accent::Colour;
pub use text::{LANGUAGES, Language, Notice, Text};
pub use view::{
    CodeEntry, Consent, Landing, Markup, Message, Never, Onward, Organisation, Resend, Screen,
    Views,
};

/// What the pages keep while the server runs.
pub struct Pages {
    views: Views,
    logos: HashMap<TenantId, String>,
    misses: misses::Misses,
}

impl Pages {
    /// Parses the templates; `folder` may hold an operator's own in place of the embedded ones.
    ///
    /// # Errors
    /// [`TemplateFault`], which names file and line.
    pub fn load(folder: Option<&Path>) -> Result<Self, TemplateFault> {
        Ok(Self {
            views: Views::load(folder)?,
            logos: HashMap::new(),
            misses: misses::Misses::default(),
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
    Router::new()
        .route("/redeem", page(get(link::open)))
        .route("/redeem/", page(get(link::open)))
        .route("/redeem/start", page(get(start::show)))
        .route("/redeem/code", page(get(code::show).post(code::send)))
        .route("/redeem/verify", page(get(code::back).post(code::verify)))
        .route("/redeem/consent", page(get(consent::show)))
        .route(
            "/redeem/accept",
            page(get(consent::back).post(consent::accept)),
        )
        .route(
            "/redeem/decline",
            page(get(consent::back).post(consent::decline)),
        )
        .route("/redeem/declined", page(get(farewell::declined)))
        .route("/redeem/done", page(get(farewell::done)))
        .route("/redeem/never", page(get(never::show).post(never::stop)))
        .route("/redeem/stopped", page(get(farewell::stopped)))
        .route("/redeem/{*rest}", any(nothing))
        .route("/assets/{name}", get(asset))
}

/// The route, with a page of ours for every method it does not know.
fn page(route: MethodRouter<App>) -> MethodRouter<App> {
    route.fallback(other_method)
}

async fn other_method(asking: page_request::PageRequest) -> Response {
    outcome::no_page(&asking, StatusCode::METHOD_NOT_ALLOWED)
}

async fn nothing(asking: page_request::PageRequest) -> Response {
    outcome::no_page(&asking, StatusCode::NOT_FOUND)
}

async fn asset(State(app): State<App>, Segment(name): Segment<String>) -> Response {
    app.pages.views.assets().answer(&name)
}
