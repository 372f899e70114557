//! What of an invitation's answer is text already: the word for its status, and its members as they
//! are sent.

use serde_json::{Map, Value};
use store::InvitationStatus;

/// The word for a delivery status.
pub(super) const fn status_name(status: InvitationStatus) -> &'static str {
    match status {
        InvitationStatus::InProgress => "InProgress",
        InvitationStatus::Completed => "Completed",
        InvitationStatus::Error => "Error",
    }
}

/// The members as text without braces, ready to splice after the context.
pub(super) fn spliceable(members: &Map<String, Value>) -> String {
    let text = Value::Object(members.clone()).to_string();
    text.strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or_default()
        .to_owned()
}
