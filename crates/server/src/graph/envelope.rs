//! The Graph error body and the answer around it (P-queries-2).

use std::borrow::Cow;

use axum::http::{HeaderName, StatusCode};
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

use crate::http::error_body::{self, ErrorBody};
use crate::http::request_id::RequestId;

/// Graph codes. The code is the contract, the message may change.
pub mod code {
    /// Broken request: JSON, segment, media type.
    pub const BAD_REQUEST: &str = "BadRequest";
    /// The directory refuses a value.
    pub const REQUEST_BAD_REQUEST: &str = "Request_BadRequest";
    /// The directory refuses a query option.
    pub const UNSUPPORTED_QUERY: &str = "Request_UnsupportedQuery";
    /// A page token that does not open.
    pub const EXPIRED_PAGE_TOKEN: &str = "Directory_ExpiredPageToken";
    /// No such object.
    pub const NOT_FOUND: &str = "Request_ResourceNotFound";
    /// A permission is missing.
    pub const DENIED: &str = "Authorization_RequestDenied";
    /// The token is.
    pub const INVALID_TOKEN: &str = "InvalidAuthenticationToken";
    /// More of something than is allowed.
    pub const MAXIMUM_EXCEEDED: &str = "MaximumValueExceeded";
    /// Something it depends on failed.
    pub const FAILED_DEPENDENCY: &str = "FailedDependency";
    /// Known, but not built.
    pub const NOT_IMPLEMENTED: &str = "NotImplemented";
    /// Try again later.
    pub const UNAVAILABLE: &str = crate::http::error_body::UNAVAILABLE;
    /// A body in a form that is not read.
    pub const UNSUPPORTED_MEDIA_TYPE: &str = "UnsupportedMediaType";
    /// A quota is used up.
    pub const TOO_MANY: &str = "TooManyRequests";
    /// Something here is broken.
    pub const INTERNAL: &str = crate::http::error_body::INTERNAL;
}

/// One line of `details[]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// What kind of fault.
    pub code: &'static str,
    /// The property or query option at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The rule, in words.
    pub message: String,
}

impl Detail {
    /// A detail that names what is at fault.
    pub fn of(code: &'static str, target: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            target: Some(target.into()),
            message: message.into(),
        }
    }
}

/// What to add to a request for the documented service to take it. Rare, and behind a pointer, so
/// that every result of a handler need not be larger for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint(pub Cow<'static, str>);

/// An answer that is no success. Everything in it but `log` is public.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The Graph code.
    pub code: &'static str,
    /// The public sentence.
    pub message: Cow<'static, str>,
    /// Which property, which rule.
    pub details: Vec<Detail>,
    /// `Retry-After` on 429 and 503, `Allow` on 405, `WWW-Authenticate` on 401.
    pub headers: Vec<(HeaderName, String)>,
    /// What would help, where the tenant is served strictly.
    pub hint: Option<Box<Hint>>,
    /// What only the log may see.
    pub log: Option<Box<str>>,
}

impl GraphError {
    /// An error without details or headers.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
            hint: None,
            log: None,
        }
    }

    /// 400 `BadRequest`: the request itself is broken.
    pub fn broken(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code::BAD_REQUEST, message)
    }

    /// 400 `Request_BadRequest`: the directory refuses a value.
    pub fn refused(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code::REQUEST_BAD_REQUEST, message)
    }

    /// 400 `Request_UnsupportedQuery`: the directory refuses a query option.
    pub fn query(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code::UNSUPPORTED_QUERY, message)
    }

    /// 401 with the given sentence.
    pub fn token(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code::INVALID_TOKEN, message)
    }

    /// 500; `log` says what broke, to the log alone.
    pub fn internal(log: impl Into<String>) -> Self {
        let message = error_body::INTERNAL_MESSAGE;
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, code::INTERNAL, message).logging(log)
    }

    /// 503; nothing was changed, or it cannot be known.
    pub fn unavailable(retry_after: u32, log: impl Into<String>) -> Self {
        let message = error_body::UNAVAILABLE_MESSAGE;
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, message);
        error.after(retry_after).logging(log)
    }

    /// Adds a line to `details[]`.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        self.details.push(detail);
        self
    }

    /// Says when to come back.
    #[must_use]
    pub fn after(self, seconds: u32) -> Self {
        let (name, value) = error_body::retry_after(seconds);
        self.header(name, value)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds what would help.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(Box::new(Hint(hint.into())));
        self
    }

    /// Adds what only the log may see.
    #[must_use]
    pub fn logging(mut self, log: impl Into<String>) -> Self {
        self.log = Some(log.into().into_boxed_str());
        self
    }

    /// The answer.
    pub fn respond(self, request: &RequestId, now: Timestamp) -> Response {
        let body = self.body(request, now);
        let what = (self.status, self.code);
        error_body::answer(what, body, &self.headers, self.log.as_deref(), request)
    }

    /// The body of the answer.
    pub(super) fn body(&self, request: &RequestId, now: Timestamp) -> String {
        let body = ErrorBody {
            code: self.code,
            message: &self.message,
            details: &self.details,
            hint: self.hint.as_deref().map(|hint| &*hint.0),
        };
        body.text(request, now)
    }
}
