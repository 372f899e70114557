//! The error body that `OData` clients read, `{"error":{…}}`, and the answer around it
//! (P-queries-2).
//!
//! It stands here because the front answers in it before any room is asked. What an error says is
//! up to the room that gives it: `graph` has its own errors, and the front has `FrontError`.

use std::borrow::Cow;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::limits::RETRY_AFTER_MAX;
use super::request_id::RequestId;

/// The code of an answer that says that something here is broken.
pub const INTERNAL: &str = "InternalServerError";
/// What such an answer says.
pub const INTERNAL_MESSAGE: &str =
    "An internal error occurred. The request id identifies it in the log.";
/// The code of an answer that asks to try again later.
pub const UNAVAILABLE: &str = "ServiceUnavailable";
/// What such an answer says.
pub const UNAVAILABLE_MESSAGE: &str = "The service is temporarily unavailable. Try again later.";

/// What the body says. `D` is one line of `details[]`.
#[derive(Clone, Copy, Debug)]
pub struct ErrorBody<'a, D> {
    /// The code, which is the contract.
    pub code: &'a str,
    /// The sentence.
    pub message: &'a str,
    /// Which property, which rule.
    pub details: &'a [D],
    /// What would help.
    pub hint: Option<&'a str>,
}

impl<D: Serialize> ErrorBody<'_, D> {
    /// As text, with the instant in Graph's spelling: seconds, no zone.
    pub fn text(&self, request: &RequestId, now: Timestamp) -> String {
        #[derive(Serialize)]
        struct Envelope<'a, D: Serialize> {
            error: Outer<'a, D>,
        }
        #[derive(Serialize)]
        struct Outer<'a, D: Serialize> {
            code: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "<[D]>::is_empty")]
            details: &'a [D],
            #[serde(rename = "innerError")]
            inner: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            date: String,
            #[serde(rename = "request-id")]
            request_id: String,
            #[serde(rename = "client-request-id")]
            client_request_id: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            hint: Option<&'a str>,
        }
        let envelope = Envelope {
            error: Outer {
                code: self.code,
                message: self.message,
                details: self.details,
                inner: Inner {
                    date: now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                    request_id: request.id.to_string(),
                    client_request_id: request.client_or_own(),
                    hint: self.hint,
                },
            },
        };
        // Strings and string lists cannot fail to serialise; an empty body is still no lie.
        serde_json::to_string(&envelope).unwrap_or_default()
    }
}

/// The answer around a body. This is the one place where a failure is logged (5xx; the rest is the
/// client's).
pub fn answer(
    (status, code): (StatusCode, &str),
    body: String,
    headers: &[(HeaderName, String)],
    log: Option<&str>,
    request: &RequestId,
) -> Response {
    if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
        let cause = log.unwrap_or("");
        tracing::error!(request_id = %request.id, status = status.as_u16(), code, cause, "request failed");
    } else {
        tracing::debug!(request_id = %request.id, status = status.as_u16(), code, cause = ?log, "request refused");
    }
    let mut answer = (status, body).into_response();
    let fields = answer.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, text) in headers {
        if let Ok(value) = HeaderValue::from_str(text) {
            fields.insert(name, value);
        }
    }
    answer
}

/// `Retry-After`. Clients misread 0 and give up at 180.
pub fn retry_after(seconds: u32) -> (HeaderName, String) {
    (RETRY_AFTER, seconds.clamp(1, RETRY_AFTER_MAX).to_string())
}

/// An error of the front: of the request as a whole, before anybody looked at what it is for.
#[derive(Clone, Debug)]
pub(super) struct FrontError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    retry_after: Option<u32>,
    log: Option<&'static str>,
}

impl FrontError {
    pub(super) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
            log: None,
        }
    }

    /// 500; `log` says what broke, to the log alone.
    pub(super) fn internal(log: &'static str) -> Self {
        Self {
            log: Some(log),
            ..Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                INTERNAL,
                INTERNAL_MESSAGE,
            )
        }
    }

    /// 503, with the seconds after which to come back.
    pub(super) fn unavailable(retry_after: u32, log: &'static str) -> Self {
        Self {
            retry_after: Some(retry_after),
            log: Some(log),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                UNAVAILABLE,
                UNAVAILABLE_MESSAGE,
            )
        }
    }

    /// The answer.
    pub(super) fn respond(self, request: &RequestId, now: Timestamp) -> Response {
        let body = ErrorBody::<()> {
            code: self.code,
            message: &self.message,
            details: &[],
            hint: None,
        };
        let headers: Vec<_> = self.retry_after.map(retry_after).into_iter().collect();
        let (what, body) = ((self.status, self.code), body.text(request, now));
        answer(what, body, &headers, self.log, request)
    }
}
