//! Errors of the token and discovery endpoints: JSON as clients parse it (clients.md item 10), with
//! the codes of RFC 6749 and the numbers that Entra's clients look for.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use directory::{NoToken, Refusal};
use jiff::Timestamp;
use serde::Serialize;

use crate::http::limits::{RETRY_AFTER_MAX, RETRY_AFTER_UNAVAILABLE};
use crate::http::request_id::RequestId;

/// Why there is no token. Each is one line of `OAuthFault::answer`'s table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OAuthFault {
    /// The path names no tenant of ours.
    Tenant,
    /// The request is not what the endpoint reads: media type, size, a field twice or missing.
    Request(&'static str),
    /// A flow that is not served.
    Grant,
    /// Unknown client or wrong secret, told apart by nothing.
    Client,
    /// The scope is not `.default` of a resource of ours.
    Scope,
    /// Too many wrong secrets from there; seconds until the next try.
    Throttled(u32),
    /// The route does not know the verb.
    Method,
    /// Interactive sign-in: advertised because clients insist on it, not served yet.
    NotServed,
    /// The store cannot be read; the text is for the log.
    Unavailable(String),
    /// Something here is broken; the text is for the log.
    Internal(String),
}

impl OAuthFault {
    /// Status, RFC 6749 code, number, sentence.
    fn answer(&self) -> (StatusCode, &'static str, u32, &'static str) {
        match self {
            Self::Tenant => (
                StatusCode::BAD_REQUEST,
                "invalid_request",
                90_002,
                "The tenant was not found. Name it by its id or by one of its domains.",
            ),
            Self::Request(why) => (StatusCode::BAD_REQUEST, "invalid_request", 900_144, why),
            Self::Grant => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                70_003,
                "Only the grant type client_credentials is served.",
            ),
            Self::Client => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                7_000_215,
                "The client is unknown, disabled, or its secret is wrong.",
            ),
            Self::Scope => (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                70_011,
                "The scope must be the .default of this server or of https://graph.microsoft.com.",
            ),
            Self::Throttled(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                50_196,
                "Too many failed attempts. Try again later.",
            ),
            Self::Method => (
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                900_561,
                "The endpoint does not accept requests of this method.",
            ),
            Self::NotServed => (
                StatusCode::NOT_IMPLEMENTED,
                "unsupported_response_type",
                70_002,
                "Interactive sign-in is not served by this version; use client_credentials.",
            ),
            Self::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                90_033,
                "The service is temporarily unavailable. Try again later.",
            ),
            Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                90_100,
                "An internal error occurred. The trace id identifies it in the log.",
            ),
        }
    }

    /// The answer; a failure of ours is logged here, once.
    pub fn respond(self, request: &RequestId, now: Timestamp) -> Response {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
            error_description: String,
            error_codes: [u32; 1],
            timestamp: String,
            trace_id: String,
            correlation_id: String,
        }
        let (status, error, number, sentence) = self.answer();
        if let Self::Unavailable(cause) | Self::Internal(cause) = &self {
            tracing::error!(request_id = %request.id, status = status.as_u16(), cause, "token request failed");
        }
        let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let (trace_id, correlation_id) = (request.id.to_string(), request.client_or_own());
        let body = Body {
            error,
            error_description: format!(
                "AADSTS{number}: {sentence} Trace ID: {trace_id} Correlation ID: {correlation_id} \
                 Timestamp: {timestamp}"
            ),
            error_codes: [number],
            timestamp,
            trace_id,
            correlation_id,
        };
        let mut answer = json(status, &body);
        let headers = answer.headers_mut();
        match self {
            // RFC 6749 section 5.2: 401 names the scheme the client may use.
            Self::Client => {
                let scheme = HeaderValue::from_static("Basic realm=\"token\"");
                headers.insert(WWW_AUTHENTICATE, scheme);
            }
            Self::Throttled(seconds) => {
                headers.insert(RETRY_AFTER, seconds.clamp(1, RETRY_AFTER_MAX).into());
            }
            Self::Unavailable(_) => {
                headers.insert(RETRY_AFTER, RETRY_AFTER_UNAVAILABLE.into());
            }
            Self::Tenant
            | Self::Request(_)
            | Self::Grant
            | Self::Scope
            | Self::Method
            | Self::NotServed
            | Self::Internal(_) => {}
        }
        answer
    }
}

/// What the directory refuses an identity route is never the client's to mend: those faults are found
/// before it is asked.
impl From<Refusal> for OAuthFault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unavailable(cause) => Self::Unavailable(cause.log),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Unknown, disabled and unproven apps are one answer; the difference is in the log, where the token
/// endpoint puts it.
impl From<NoToken> for OAuthFault {
    fn from(refused: NoToken) -> Self {
        match refused {
            NoToken::Refused(refusal) => refusal.into(),
            NoToken::Unproven
            | NoToken::UnknownApp
            | NoToken::AppDisabled
            | NoToken::UnknownUser
            | NoToken::AccountDisabled
            | NoToken::PendingAcceptance => Self::Client,
        }
    }
}

/// A JSON answer that nobody may keep (RFC 6749 section 5.1).
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Structs of strings and numbers cannot fail to serialise.
    let mut answer = (status, serde_json::to_string(body).unwrap_or_default()).into_response();
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
