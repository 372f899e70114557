//! Versions as entity tags: `W/"7"`, compared by what stands between the quotes.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use directory::Condition;

/// Tags read from one request; nobody holds more versions of one object, and the rest cannot match.
const MOST: usize = 32;

/// The tag of a version.
pub fn of(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// What a conditional header lists.
enum Tags {
    Any,
    Versions(Vec<i64>),
}

/// Reads all headers of that name; `None` when there is none. Tags that are no version of ours
/// match nothing and are left out.
fn tags(headers: &HeaderMap, name: HeaderName) -> Option<Tags> {
    let mut sent = headers.get_all(name).iter().peekable();
    sent.peek()?;
    let mut versions = Vec::new();
    for text in sent.filter_map(|value: &HeaderValue| value.to_str().ok()) {
        // Our tags hold digits only: a comma inside another's tag cuts it into parts that match
        // nothing.
        for tag in text.split(',').map(str::trim).take(MOST) {
            if tag == "*" {
                return Some(Tags::Any);
            }
            let opaque = tag.strip_prefix("W/").unwrap_or(tag);
            let opaque = opaque
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            versions.extend(
                opaque
                    .filter(|text| is_plain(text))
                    .and_then(|text| text.parse::<i64>().ok()),
            );
        }
    }
    Some(Tags::Versions(versions))
}

/// Digits as we write them: `+7` and `07` are other tags.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0')
}

/// Whether the client has this version already: `If-None-Match`.
pub fn is_known(headers: &HeaderMap, version: i64) -> bool {
    match tags(headers, IF_NONE_MATCH) {
        Some(Tags::Any) => true,
        Some(Tags::Versions(versions)) => versions.contains(&version),
        None => false,
    }
}

/// Which versions a write may meet: `If-Match`, and not `If-None-Match` (RFC 9110, section 13.2.2).
pub fn condition(headers: &HeaderMap) -> Condition {
    let wanted = match tags(headers, IF_MATCH) {
        Some(Tags::Versions(versions)) => Some(versions),
        Some(Tags::Any) | None => None,
    };
    match (wanted, tags(headers, IF_NONE_MATCH)) {
        (None, None) => Condition::Any,
        (Some(wanted), None) => Condition::OneOf(wanted),
        (None, Some(Tags::Versions(unwanted))) => Condition::NoneOf(unwanted),
        (None, Some(Tags::Any)) => Condition::Absent,
        (Some(mut wanted), Some(Tags::Versions(unwanted))) => {
            wanted.retain(|version| !unwanted.contains(version));
            Condition::OneOf(wanted)
        }
        // One of these versions, and none at all.
        (Some(_), Some(Tags::Any)) => Condition::OneOf(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
    use axum::http::{HeaderMap, HeaderValue};
    use directory::Condition;

    use super::{condition, is_known};

    #[test]
    fn tags_are_compared_by_their_opaque_part() {
        let check = |sent: &'static str, known: bool, expected: Condition| {
            let of = |name| HeaderMap::from_iter([(name, HeaderValue::from_static(sent))]);
            assert_eq!(is_known(&of(IF_NONE_MATCH), 7), known, "{sent}");
            assert_eq!(condition(&of(IF_MATCH)), expected, "{sent}");
        };
        check("W/\"7\"", true, Condition::OneOf(vec![7]));
        check("\"7\"", true, Condition::OneOf(vec![7]));
        check("*", true, Condition::Any);
        check("W/\"6\", \"7\"", true, Condition::OneOf(vec![6, 7]));
        check("W/\"8\"", false, Condition::OneOf(vec![8]));
        check("7", false, Condition::OneOf(vec![]));
        check(
            "\"07\", \"+7\", \"-7\", \"\"",
            false,
            Condition::OneOf(vec![]),
        );
        check("\"abc\"", false, Condition::OneOf(vec![]));
    }

    #[test]
    fn a_write_meets_what_both_headers_let_it() {
        let check = |wanted: Option<&'static str>, unwanted: &'static str, expected: Condition| {
            let sent = wanted.map(|wanted| (IF_MATCH, HeaderValue::from_static(wanted)));
            let unwanted = (IF_NONE_MATCH, HeaderValue::from_static(unwanted));
            let headers = sent.into_iter().chain([unwanted]).collect();
            assert_eq!(condition(&headers), expected);
        };
        check(None, "*", Condition::Absent);
        check(None, "W/\"7\"", Condition::NoneOf(vec![7]));
        check(Some("*"), "\"7\"", Condition::NoneOf(vec![7]));
        check(Some("\"6\", \"7\""), "\"7\"", Condition::OneOf(vec![6]));
        check(Some("\"7\""), "*", Condition::OneOf(vec![]));
    }

    #[test]
    fn without_the_header_nothing_is_demanded() {
        assert!(!is_known(&HeaderMap::new(), 7));
        assert_eq!(condition(&HeaderMap::new()), Condition::Any);
    }
}
