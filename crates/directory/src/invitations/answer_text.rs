//! The members of an invitation's answer, as they are sent.

use serde_json::{Map, Value};

/// The members as text without braces, ready to splice after the context.
pub(super) fn spliceable(members: &Map<String, Value>) -> String {
    let text = Value::Object(members.clone()).to_string();
    text.strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or_default()
        .to_owned()
}
