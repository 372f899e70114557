//! The answer of a step, and of the whole batch.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt as _, Limited};
use serde::Serialize;
use serde_json::Map;
use serde_json::value::{RawValue, Value};
use tokio::time::{Instant, timeout_at};

use super::{Shared, is_failure};
use crate::graph::envelope::{GraphError, code};
use crate::http::limits::RETRY_AFTER_UNAVAILABLE;
use crate::http::request_id::RequestId;
use crate::http::unread::Gathering;

/// Bytes of all bodies of a batch's answer together: four lists of 999 users with every property.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// How much the answer may still grow.
pub(super) struct Room {
    left: AtomicUsize,
    /// Counts what is gathered against the connection.
    gathering: Option<Gathering>,
}

impl Room {
    pub(super) const fn new(gathering: Option<Gathering>) -> Self {
        Self {
            left: AtomicUsize::new(ANSWER_BYTES),
            gathering,
        }
    }

    fn bytes_left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Takes so much of it, as soon as the server has room for it; an error when there is not so
    /// much, or not in time. The answer to a change does not wait: the change was made, and an
    /// error would say that it was not.
    async fn take(&self, bytes: usize, changed: bool, until: Instant) -> Result<(), GraphError> {
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            });
        taken.map_err(|_| too_large())?;
        let Some(gathering) = &self.gathering else {
            return Ok(());
        };
        if changed {
            gathering.add_at_once(bytes);
            return Ok(());
        }
        let waited = timeout_at(until, gathering.add(bytes)).await;
        waited.map_err(|_elapsed| {
            let log = "answers that were not taken yet left no room for a batch's";
            GraphError::unavailable(RETRY_AFTER_UNAVAILABLE, log)
        })
    }
}

/// In the extensions of the answer to a step that may have changed something.
#[derive(Clone, Copy)]
pub(super) struct Changed;

/// The answer of a step.
#[derive(Serialize)]
pub(super) struct Answer {
    id: String,
    status: u16,
    headers: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
}

/// Headers that mean something to a step, as they are usually spelt.
const LISTED_HEADERS: [&str; 18] = [
    "Allow",
    "Cache-Control",
    "Content-Type",
    "ETag",
    "Location",
    "OData-EntityId",
    "OData-Version",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
    "request-id",
    "client-request-id",
    "x-ms-resource-unit",
    "x-ms-throttle-information",
    "x-ms-throttle-limit-percentage",
    "x-ms-throttle-scope",
    "x-vestibule-guest",
    "x-vestibule-note",
];

impl Answer {
    /// Of what the dispatch answered.
    pub(super) async fn of(shared: &Shared<'_>, id: String, response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let Ok(bytes) = Limited::new(body, shared.room.bytes_left()).collect().await else {
            return Self::refused(shared, id, &too_large());
        };
        let bytes = bytes.to_bytes();
        let kind = parts.headers.get(CONTENT_TYPE);
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or("");
        let body = match content(kind, &bytes) {
            Ok(body) => body,
            Err(error) => return Self::refused(shared, id, &error),
        };
        let size = body.as_ref().map_or(0, |body| body.get().len());
        let changed = parts.extensions.get::<Changed>().is_some();
        if let Err(error) = shared.room.take(size, changed, shared.until).await {
            return Self::refused(shared, id, &error);
        }
        Self {
            id,
            status: parts.status.as_u16(),
            headers: listed_headers(&parts.headers),
            body,
        }
    }

    /// A step that was not taken, or whose answer cannot be given.
    pub(super) fn refused(shared: &Shared<'_>, id: String, error: &GraphError) -> Self {
        let name = RequestId {
            id: shared.app.directory.ids().uuid(),
            client: None,
        };
        if error.status.is_server_error() {
            tracing::error!(request_id = %name.id, batch = %shared.batch, cause = ?error.log, "a step's answer cannot be given");
        }
        let status = error.status.as_u16();
        let text = error.body(&name, shared.app.directory.now());
        let kind = ("Content-Type".to_owned(), Value::from("application/json"));
        Self {
            id,
            status,
            headers: Map::from_iter([kind]),
            body: RawValue::from_string(text).ok(),
        }
    }

    /// Whether those that depend on it are not taken.
    pub(super) fn is_failure(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(is_failure)
    }
}

/// A body as it stands in a batch: JSON as it is, text as a string, anything else in base64.
fn content(kind: &str, bytes: &[u8]) -> Result<Option<Box<RawValue>>, GraphError> {
    let broken = |error: serde_json::Error| GraphError::internal(format!("batch step: {error}"));
    if bytes.is_empty() {
        return Ok(None);
    }
    let media = kind.split(';').next().unwrap_or_default().trim();
    let text = std::str::from_utf8(bytes).ok();
    let raw = match text {
        Some(text) if media.eq_ignore_ascii_case("application/json") => {
            RawValue::from_string(text.to_owned())
        }
        Some(text) if media.starts_with("text/") || media.ends_with("/xml") => {
            serde_json::value::to_raw_value(text)
        }
        _ => serde_json::value::to_raw_value(&STANDARD.encode(bytes)),
    };
    raw.map(Some).map_err(broken)
}

fn listed_headers(headers: &HeaderMap) -> Map<String, Value> {
    let listed = |name: &&str| {
        let value = headers.get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), Value::from(value)))
    };
    LISTED_HEADERS.iter().filter_map(listed).collect()
}

fn too_large() -> GraphError {
    let message = "The answers of this batch are too large together. Ask for smaller pages or fewer properties.";
    GraphError::new(StatusCode::BAD_REQUEST, code::MAXIMUM_EXCEEDED, message)
}

/// `{"responses":[…]}`
pub(super) fn text(answers: &[Answer]) -> String {
    #[derive(Serialize)]
    struct Batch<'a> {
        responses: &'a [Answer],
    }
    // Strings, numbers and raw JSON cannot fail to serialise.
    serde_json::to_string(&Batch { responses: answers }).unwrap_or_default()
}
