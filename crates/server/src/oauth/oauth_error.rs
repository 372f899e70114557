//! Errors of the token and discovery endpoints: JSON as clients parse it, with
//! the codes of RFC 6749 and the numbers that Entra's clients look for.

use std::borrow::Cow;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use directory::{NoToken, Refusal};
use jiff::Timestamp;
use serde::Serialize;

use super::scope::ScopeFault;
use crate::http::limits::{RETRY_AFTER_MAX, RETRY_AFTER_UNAVAILABLE};
use crate::http::request_id::RequestId;

/// Why there is no token. Each is one line of `OAuthFault::answer`'s table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OAuthFault {
    /// The path names no tenant of ours.
    Tenant,
    /// The path names no endpoint of an authority.
    Endpoint,
    /// Asked about the authority of another server.
    Instance,
    /// The request is not what the endpoint reads: media type, size, a field twice.
    Request(&'static str),
    /// A field that must be there.
    Missing(&'static str),
    /// `resource`, which only the older endpoint takes.
    ResourceOnV2,
    /// A flow that is not served.
    Grant,
    /// Unknown client or wrong secret, told apart by nothing.
    Client,
    /// The client shows nothing that proves it.
    NoCredential,
    /// An assertion of a type that is none.
    AssertionType,
    /// An assertion that is no JWT.
    AssertionMalformed,
    /// An assertion that speaks of another client.
    AssertionClient,
    /// A well-made assertion: apps have no keys here.
    AssertionKey,
    /// The scope does not ask for a token of this server.
    Scope(ScopeFault),
    /// The resource is not this server; its name as it may be shown.
    Resource(String),
    /// Too many wrong secrets from there; seconds until the next try.
    Throttled(u32),
    /// The route does not know the verb.
    Method,
    /// Interactive sign-in: advertised because clients insist on it, not served yet.
    NotServed,
    /// Sign-in by a code on another device, not served either.
    NoDevices,
    /// The store cannot be read; the text is for the log.
    Unavailable(String),
    /// Something here is broken; the text is for the log.
    Internal(String),
}

/// Status, RFC 6749 code, number, sentence.
type Answer = (StatusCode, &'static str, u32, Cow<'static, str>);

fn answer(
    status: StatusCode,
    error: &'static str,
    number: u32,
    sentence: impl Into<Cow<'static, str>>,
) -> Answer {
    (status, error, number, sentence.into())
}

/// 400 `invalid_request`
fn unreadable(number: u32, sentence: impl Into<Cow<'static, str>>) -> Answer {
    answer(StatusCode::BAD_REQUEST, "invalid_request", number, sentence)
}

/// 401 `invalid_client`
fn unproven(number: u32, sentence: &'static str) -> Answer {
    answer(StatusCode::UNAUTHORIZED, "invalid_client", number, sentence)
}

/// 400 `invalid_scope`
fn scope(fault: &ScopeFault) -> Answer {
    const INVALID: &str = "The provided value for the input parameter 'scope' is not valid.";
    let (number, sentence) = match fault {
        ScopeFault::Empty => return OAuthFault::Missing("scope").answer(),
        ScopeFault::NoDefault(scope) => (
            1_002_012,
            format!(
                "The provided value for scope {scope} is not valid. Client credential flows must have a scope value \
                 with /.default suffixed to the resource identifier (application ID URI)."
            ),
        ),
        ScopeFault::Mixed(scope) => (
            70_011,
            format!("{INVALID} The scope {scope} is not valid: .default cannot stand beside other scopes of a resource."),
        ),
        ScopeFault::Unknown(scope) => (
            70_011,
            format!(
                "{INVALID} The scope {scope} is not valid: it must be the .default of this server or of \
                 https://graph.microsoft.com."
            ),
        ),
        ScopeFault::SeveralResources => (
            28_000,
            "Provided value for the input parameter scope is not valid because it contains more than one resource."
                .to_owned(),
        ),
    };
    answer(StatusCode::BAD_REQUEST, "invalid_scope", number, sentence)
}

impl OAuthFault {
    fn answer(&self) -> Answer {
        let grant = |sentence| {
            answer(
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                70_003,
                sentence,
            )
        };
        match self {
            Self::Tenant => unreadable(
                90_002,
                "The tenant was not found. Name it by its id or by one of its domains.",
            ),
            Self::Endpoint => answer(
                StatusCode::NOT_FOUND,
                "invalid_request",
                90_023,
                "No endpoint of this authority is under this path.",
            ),
            Self::Instance => answer(
                StatusCode::BAD_REQUEST,
                "invalid_instance",
                50_049,
                "Unknown or invalid instance: authorization_endpoint is not of this server.",
            ),
            Self::Request(why) => unreadable(900_144, *why),
            Self::Missing(field) => unreadable(
                900_144,
                format!("The request body must contain the following parameter: '{field}'."),
            ),
            Self::ResourceOnV2 => unreadable(
                901_002,
                "The 'resource' request parameter is not supported.",
            ),
            Self::Grant => grant("Only the grant type client_credentials is served."),
            Self::NoDevices => grant(
                "Sign-in by device code is not served by this version; use client_credentials.",
            ),
            Self::Client
            | Self::NoCredential
            | Self::AssertionType
            | Self::AssertionMalformed
            | Self::AssertionClient
            | Self::AssertionKey => self.unproven(),
            Self::Scope(fault) => scope(fault),
            Self::Resource(name) => answer(
                StatusCode::BAD_REQUEST,
                "invalid_resource",
                500_011,
                format!(
                    "The resource principal named {name} was not found in the tenant. Ask for this server or for \
                     https://graph.microsoft.com."
                ),
            ),
            Self::Throttled(_) => answer(
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                50_196,
                "Too many failed attempts. Try again later.",
            ),
            Self::Method => answer(
                StatusCode::METHOD_NOT_ALLOWED,
                "invalid_request",
                900_561,
                "The endpoint does not accept requests of this method.",
            ),
            Self::NotServed => answer(
                StatusCode::NOT_IMPLEMENTED,
                "unsupported_response_type",
                70_002,
                "Interactive sign-in is not served by this version; use client_credentials.",
            ),
            Self::Unavailable(_) => answer(
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                90_033,
                "The service is temporarily unavailable. Try again later.",
            ),
            Self::Internal(_) => answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                90_100,
                "An internal error occurred. The trace id identifies it in the log.",
            ),
        }
    }

    /// The client did not prove who it is.
    fn unproven(&self) -> Answer {
        match self {
            Self::NoCredential => unproven(
                7_000_218,
                "The request body must contain the following parameter: 'client_secret'.",
            ),
            Self::AssertionType => unproven(
                50_027,
                "The client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
            ),
            Self::AssertionMalformed => unproven(
                50_027,
                "JWT token is invalid or malformed: the client_assertion must be a signed JWT.",
            ),
            Self::AssertionClient => unproven(
                700_021,
                "Client assertion application identifier does not match: iss and sub must be the client_id.",
            ),
            Self::AssertionKey => unproven(
                700_027,
                "The key used to sign the client assertion is not registered on the application. Certificates are not \
                 served by this version; use a client_secret.",
            ),
            _ => unproven(
                7_000_215,
                "The client is unknown, disabled, or its secret is wrong.",
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
            Self::Client
            | Self::NoCredential
            | Self::AssertionType
            | Self::AssertionMalformed
            | Self::AssertionClient
            | Self::AssertionKey => {
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
            | Self::Endpoint
            | Self::Instance
            | Self::Request(_)
            | Self::Missing(_)
            | Self::ResourceOnV2
            | Self::Grant
            | Self::Scope(_)
            | Self::Resource(_)
            | Self::Method
            | Self::NotServed
            | Self::NoDevices
            | Self::Internal(_) => {}
        }
        answer
    }
}

/// What the directory refuses an identity route is never the client's to mend: those faults are
/// found before it is asked.
impl From<Refusal> for OAuthFault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unavailable(cause) => Self::Unavailable(cause.log),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Unknown, disabled and unproven apps are one answer; the difference is in the log, where the
/// token endpoint puts it.
impl From<NoToken> for OAuthFault {
    fn from(refused: NoToken) -> Self {
        match refused {
            NoToken::Refused(refusal) => refusal.into(),
            NoToken::Unproven
            | NoToken::UnknownApp
            | NoToken::AppDisabled
            | NoToken::CredentialGone
            | NoToken::UnknownUser
            | NoToken::AccountDisabled
            | NoToken::PendingAcceptance => Self::Client,
        }
    }
}

/// A JSON answer that nobody may keep (RFC 6749 section 5.1).
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Structs of strings and numbers cannot fail to serialise.
    let mut answer = (status, serde_json::to_string(body).unwrap_or_default()).into_response();
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}
