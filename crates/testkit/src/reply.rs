//! An answer, read whole.

use axum::http::{HeaderMap, Response, StatusCode};
use bytes::Bytes;
use serde_json::Value;

/// Status, headers and body.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    pub(crate) fn new(parts: Response<Bytes>) -> Self {
        let (parts, body) = parts.into_parts();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// A header's text; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        let read = serde_json::from_slice(&self.body);
        read.unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// `error.code` and `error.message` of a Graph error; of an OAuth error, `error` and its
    /// number.
    pub fn error(&self) -> (String, String) {
        let body = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match body.get("error") {
            Some(Value::String(error)) => {
                let number = body.pointer("/error_codes/0").map(Value::to_string);
                (error.clone(), number.unwrap_or_default())
            }
            Some(error) => (
                error.get("code").map(text).unwrap_or_default(),
                error.get("message").map(text).unwrap_or_default(),
            ),
            None => panic!("no error in {body}"),
        }
    }

    /// The targets in `error.details`, in order.
    pub fn targets(&self) -> Vec<String> {
        let body = self.json();
        let details = body.pointer("/error/details").and_then(Value::as_array);
        let target = |detail: &Value| Some(detail.get("target")?.as_str()?.to_owned());
        details
            .map(|all| all.iter().filter_map(target).collect())
            .unwrap_or_default()
    }
}
