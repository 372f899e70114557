//! The ids a request is known by: ours, and the one the client sent for its own logs.

use uuid::Uuid;

/// In every request's extensions, put there before any handler runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId {
    /// Ours: in the `request-id` header, the error body, the log and the audit record.
    pub id: Uuid,
    /// The client's `client-request-id`, only echoed (decision 41); printable ASCII of at most 128 bytes.
    pub client: Option<String>,
}
