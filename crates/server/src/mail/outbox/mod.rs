//! dev's outbox: every mail the server wrote, to look at instead of a mailbox.
//!
//! It shows links and codes without a token, and is therefore mounted in dev only, answers this
//! machine only, and refuses requests that another site's page made a browser send. Other
//! origins cannot read the answers either: nothing here carries a CORS header.

mod guard;
mod message;
mod page;
mod query;

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use directory::Refusal;
use serde_json::json;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

pub(crate) use self::guard::why_not;
use self::message::Message;
use self::query::Query;
use super::templates::TemplateError;
use crate::app::App;

/// The page itself: its own style sheet, frames of its own mails, nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A mail: its own styles, no scripts, no forms, an origin of its own; links open in new tabs that
/// are free of the sandbox.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox";

/// The outbox's routes; mounted in dev only.
pub fn outbox_routes() -> Router<App> {
    Router::new()
        .route("/outbox", get(show))
        .route("/outbox/outbox.css", get(style))
        .route("/outbox/messages", get(list).delete(clear))
        .route("/outbox/messages/{id}/eml", get(eml))
        .route("/outbox/messages/{id}/html", get(html))
        .route("/outbox/messages/{id}/text", get(text))
        .layer(middleware::from_fn(guard::this_machine_only))
}

/// Why a request is not answered with what it asked for.
enum Refused {
    /// A parameter makes no sense; the sentence says which.
    Query(String),
    /// No such mail, or it is not readable any more.
    Gone,
    /// The store is not there, or a template is broken.
    Broken(String),
}

async fn show(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    let query = Query::parse(query.as_deref()).map_err(Refused::Query)?;
    let messages = message::newest(&app.directory, &query).await?;
    let page = page::render_page(&query, &messages)?;
    Ok(with_policy(Html(page).into_response(), PAGE_POLICY))
}

async fn list(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    let query = Query::parse(query.as_deref()).map_err(Refused::Query)?;
    let until = Instant::now() + Duration::from_secs(query.wait.into());
    let value = loop {
        let messages = message::newest(&app.directory, &query).await?;
        // What still waits is no mail yet: whoever finds one here finds the invitation's status
        // Completed too.
        let value: Vec<_> = messages
            .iter()
            .filter(|message| message.sent_at.is_some())
            .map(Message::json)
            .collect();
        let now = Instant::now();
        if !value.is_empty() || now >= until {
            break value;
        }
        // The last look is at the end of the time, not before it.
        sleep_until(until.min(now + PAUSE)).await;
    };
    let body = json!({ "value": value }).to_string();
    Ok(typed(body, "application/json"))
}

/// Between two looks for a mail that somebody waits for.
const PAUSE: Duration = Duration::from_millis(100);

/// A test begins with an empty mailbox.
async fn clear(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    if query.is_some_and(|query| !query.is_empty()) {
        let why = "DELETE takes no parameters: it forgets every mail that does not wait to go out.";
        return Err(Refused::Query(why.to_owned()));
    }
    message::forget(&app.directory).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn eml(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let bytes = find(&app, &id).await?.eml()?;
    let mut response = typed(String::new(), "message/rfc822");
    *response.body_mut() = bytes.into();
    Ok(response)
}

async fn html(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let message = find(&app, &id).await?;
    Ok(with_policy(
        Html(message.mail.html).into_response(),
        MAIL_POLICY,
    ))
}

async fn text(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Refused> {
    let message = find(&app, &id).await?;
    Ok(typed(message.mail.text, "text/plain; charset=utf-8"))
}

async fn style() -> Response {
    typed(
        concat!(
            include_str!("../../pages/shell/assets/shared.css"),
            "\n",
            include_str!("outbox.css")
        )
        .to_owned(),
        "text/css; charset=utf-8",
    )
}

async fn find(app: &App, id: &str) -> Result<Message, Refused> {
    let id: Uuid = id.parse().map_err(|_| Refused::Gone)?;
    message::one(&app.directory, id).await?.ok_or(Refused::Gone)
}

fn typed(body: String, media_type: &'static str) -> Response {
    let mut response = with_policy(
        body.into_response(),
        "default-src 'none'; frame-ancestors 'none'",
    );
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn with_policy(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::Query(message) => (StatusCode::BAD_REQUEST, "BadRequest", message),
            Self::Gone => (
                StatusCode::NOT_FOUND,
                "ResourceNotFound",
                "There is no such mail in the outbox.".to_owned(),
            ),
            Self::Broken(why) => {
                tracing::error!(why, "the outbox cannot be shown");
                let message = "The outbox cannot be read now.".to_owned();
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "ServiceUnavailable",
                    message,
                )
            }
        };
        let mut response = typed(
            json!({ "error": { "code": code, "message": message } }).to_string(),
            "application/json",
        );
        *response.status_mut() = status;
        response
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Broken(format!("{refusal:?}"))
    }
}

impl From<TemplateError> for Refused {
    fn from(error: TemplateError) -> Self {
        Self::Broken(error.to_string())
    }
}
