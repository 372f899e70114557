//! The JSON body of a write: bytes to a checked [`Body`], and what clients are told of a bad one
//! (P-users-5, R-4).

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use edm::{Body, Entity, Json, JsonErrorKind, Purpose, Version};

use super::envelope::{Detail, GraphError, code};
use crate::http::body::{BodyFault, read};

/// Graph's sentence for everything that is no JSON object it can read.
pub(super) const UNREADABLE: &str = "Unable to read JSON request payload. Please ensure Content-Type header is \
                          set and payload is of valid JSON format.";

/// The body of a request as it comes, and how much of it the operation takes.
#[derive(Debug)]
pub struct Incoming {
    body: axum::body::Body,
    most: usize,
}

impl Incoming {
    /// A body of which so many bytes are taken.
    pub const fn new(body: axum::body::Body, most: usize) -> Self {
        Self { body, most }
    }
}

/// A body that keeps to the property table.
pub struct Sent {
    /// What it says.
    pub body: Body,
    /// How it said it, once inflated.
    pub bytes: Bytes,
}

/// Reads and checks a body.
pub async fn checked(
    headers: &HeaderMap,
    body: Incoming,
    ty: Entity<'_>,
    version: Version,
    purpose: Purpose,
) -> Result<Sent, GraphError> {
    let (json, bytes) = json(headers, body).await?;
    let body = edm::body::check(&json, ty, version, purpose).map_err(directory::Refusal::Body)?;
    Ok(Sent { body, bytes })
}

/// Reads a body that is one JSON object, in whatever encoding we read; with its bytes.
pub async fn json(headers: &HeaderMap, body: Incoming) -> Result<(Json, Bytes), GraphError> {
    let bytes = bytes(headers, body).await?;
    let json = parsed(headers, &bytes)?;
    Ok((json, bytes))
}

/// Reads the body of an action that takes nothing: none, or an object with nothing but annotations
///
pub async fn nothing(
    headers: &HeaderMap,
    body: Incoming,
    why: &'static str,
) -> Result<(), GraphError> {
    let bytes = bytes(headers, body).await?;
    if bytes.is_empty() {
        return Ok(());
    }
    only(&parsed(headers, &bytes)?, &[], why)
}

/// Reads the body of an action whose parameters may all be left out: an object, or nothing.
pub async fn object_or_nothing(headers: &HeaderMap, body: Incoming) -> Result<Json, GraphError> {
    let bytes = bytes(headers, body).await?;
    if bytes.is_empty() {
        return Ok(Json::Object(serde_json::Map::new()));
    }
    parsed(headers, &bytes)
}

/// Refuses an object with other members than these.
pub fn only(json: &Json, known: &[&str], why: &'static str) -> Result<(), GraphError> {
    let is_known = |name: &str| {
        name.contains('@') || known.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let mut names = json.as_object().into_iter().flatten().map(|(name, _)| name);
    match names.find(|name| !is_known(name)) {
        None => Ok(()),
        Some(name) => {
            let error = GraphError::refused("One or more property values specified are invalid.");
            Err(error.detail(Detail::of("UnknownProperty", name, why)))
        }
    }
}

/// Reads a body of whatever kind, of as many bytes at most as the operation takes.
pub async fn bytes(
    headers: &HeaderMap,
    Incoming { body, most }: Incoming,
) -> Result<Bytes, GraphError> {
    // What was gzip is plain by now. An encoding that is still named is one we do not read: clients
    // that compress by themselves send again without it on 415.
    let encoded = |value: &axum::http::HeaderValue| value != "identity";
    if headers.get_all(CONTENT_ENCODING).iter().any(encoded) {
        return Err(unsupported("Only gzip is supported as Content-Encoding."));
    }
    let read = read(body, most).await;
    read.map_err(|found| fault(found, most))
}

/// The JSON object that the bytes of a body are.
pub fn parsed(headers: &HeaderMap, bytes: &Bytes) -> Result<Json, GraphError> {
    says_json(headers, bytes)?;
    edm::json::parse(bytes).map_err(|error| {
        let place = format!("line {}, column {}", error.line, error.column);
        match error.kind {
            JsonErrorKind::Empty => GraphError::broken("Empty Payload. JSON content expected."),
            JsonErrorKind::Duplicate(name) => {
                let why = format!("the name stands twice in one object, {place}");
                GraphError::broken(UNREADABLE).detail(Detail::of("DuplicateName", name, why))
            }
            kind @ (JsonErrorKind::Syntax
            | JsonErrorKind::TooDeep
            | JsonErrorKind::TooLong
            | JsonErrorKind::NotAnObject) => GraphError::broken(UNREADABLE).detail(Detail {
                code: "InvalidJson",
                target: None,
                message: format!("{kind}, {place}"),
            }),
        }
    })
}

/// Reads a body that calls itself JSON, and is not empty.
pub async fn json_bytes(headers: &HeaderMap, body: Incoming) -> Result<Bytes, GraphError> {
    let bytes = bytes(headers, body).await?;
    says_json(headers, &bytes)?;
    Ok(bytes)
}

fn says_json(headers: &HeaderMap, bytes: &Bytes) -> Result<(), GraphError> {
    if bytes.is_empty() {
        return Err(GraphError::broken("Empty Payload. JSON content expected."));
    }
    media_type(headers)
}

/// What a write should say of references it was sent by names that the object does not have: they
/// are annotations, always accepted, and nothing is made of them.
pub fn ignored_references(body: &Body) -> Option<String> {
    let names = body.annotations.iter().map(|(name, _)| name.as_str());
    let binds: Vec<_> = names
        .filter(|name| name.to_ascii_lowercase().ends_with("@odata.bind"))
        .collect();
    (!binds.is_empty()).then(|| format!("references were ignored: {}", binds.join(", ")))
}

/// `application/json`, whatever its parameters. None at all is 400 as in the documents, another one
/// 415.
fn media_type(headers: &HeaderMap) -> Result<(), GraphError> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Err(GraphError::broken(UNREADABLE));
    };
    let media = value
        .to_str()
        .unwrap_or("")
        .split(';')
        .next()
        .unwrap_or("")
        .trim();
    if media.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(unsupported(UNREADABLE))
    }
}

fn unsupported(message: &'static str) -> GraphError {
    GraphError::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        code::UNSUPPORTED_MEDIA_TYPE,
        message,
    )
}

fn fault(fault: BodyFault, limit: usize) -> GraphError {
    match fault {
        BodyFault::TooLarge => {
            let message = format!("The request body is larger than {limit} bytes.");
            GraphError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                message,
            )
        }
        BodyFault::Slow => {
            let message = "The request body did not arrive in time.";
            GraphError::new(StatusCode::REQUEST_TIMEOUT, "RequestTimeout", message)
        }
        BodyFault::Unreadable => GraphError::broken(UNREADABLE),
    }
}
