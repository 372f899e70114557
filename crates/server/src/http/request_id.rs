//! The ids a request is known by: ours, and the one the client sent for its own logs.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use super::limits::CLIENT_REQUEST_ID_BYTES;

/// The header a client names its own request with.
pub const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
/// The header we name it with.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// In every request's extensions, put there before any handler runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId {
    /// Ours: in the `request-id` header, the error body, the log and the audit record.
    pub id: Uuid,
    /// The client's `client-request-id`, only echoed; printable ASCII of at most 128 bytes.
    pub client: Option<String>,
}

impl RequestId {
    /// Takes the client's own id from its header where it can be echoed safely: into a header, a
    /// log line and a JSON text (T-47). Anything else is as if it had not been sent.
    pub fn new(id: Uuid, headers: &HeaderMap) -> Self {
        let client = headers
            .get(CLIENT_REQUEST_ID)
            .and_then(|value| value.to_str().ok())
            .filter(|text| {
                (1..=CLIENT_REQUEST_ID_BYTES).contains(&text.len())
                    && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
            })
            .map(str::to_owned);
        Self { id, client }
    }

    /// Puts both ids onto an answer.
    pub fn mark(&self, headers: &mut HeaderMap) {
        let mut buffer = Uuid::encode_buffer();
        let own = HeaderValue::from_str(self.id.hyphenated().encode_lower(&mut buffer));
        let client = self.client.as_deref().map(HeaderValue::from_str);
        if let Ok(own) = own {
            // What cannot stand in a header was refused by `new`, so that this is the client's own.
            let client = client.and_then(Result::ok).unwrap_or_else(|| own.clone());
            headers.insert(CLIENT_REQUEST_ID, client);
            headers.insert(REQUEST_ID, own);
        }
    }

    /// What answers carry as `client-request-id`: the client's own, or ours where it sent none.
    pub fn client_or_own(&self) -> String {
        self.client.clone().unwrap_or_else(|| self.id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use uuid::Uuid;

    use super::{CLIENT_REQUEST_ID, RequestId};

    #[test]
    fn only_short_printable_ids_are_echoed() {
        let check = |sent: &[u8], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(CLIENT_REQUEST_ID, HeaderValue::from_bytes(sent).unwrap());
            let id = RequestId::new(Uuid::nil(), &headers);
            assert_eq!(id.client.as_deref(), expected, "{sent:?}");
        };
        check(b"a-1", Some("a-1"));
        check(b"with space", Some("with space"));
        check(b"", None);
        check("\u{e9}".as_bytes(), None);
        check(b"tab\there", None);
        check(&[b'x'; 128], Some(&"x".repeat(128)));
        check(&[b'x'; 129], None);
    }

    #[test]
    fn without_one_the_answer_carries_ours() {
        let id = RequestId::new(Uuid::nil(), &HeaderMap::new());
        assert_eq!(id.client_or_own(), Uuid::nil().to_string());
    }
}
