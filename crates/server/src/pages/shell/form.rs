//! Reads a posted form: small, flat, every name once.

use axum::http::{HeaderMap, header};

/// Bytes of a form. Ours have a token and eight digits; the rest is room for what browsers add.
pub(in crate::pages) const MAX_BYTES: usize = 8 * 1024;

/// Fields of a form. Ours have two.
const MAX_FIELDS: usize = 16;

/// Why a body is no form of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Unreadable {
    /// Nothing was sent (T-27).
    Empty,
    /// Not `application/x-www-form-urlencoded`.
    MediaType,
    /// A name twice, or too many names: two readers of the form could disagree.
    Duplicate,
}

/// The fields of one form.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pages) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads a body of at most [`MAX_BYTES`].
    pub(in crate::pages) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Unreadable> {
        if body.is_empty() {
            return Err(Unreadable::Empty);
        }
        let media_type = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        let essence = media_type.split(';').next().unwrap_or("").trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Unreadable::MediaType);
        }
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            if fields.len() == MAX_FIELDS || fields.iter().any(|(seen, _)| *seen == name) {
                return Err(Unreadable::Duplicate);
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { fields })
    }

    /// A field's value; the empty text where it is missing.
    pub(in crate::pages) fn text(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value)
    }

    /// Names beside those that a room's pages send, for the log. They are ignored (T-7): nothing
    /// about a person is ever taken from a form.
    pub(in crate::pages) fn foreign(&self, own: &[&str]) -> Vec<&str> {
        self.fields
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !own.contains(name))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn forms_are_flat_small_and_unambiguous() {
        let check = |media_type: &'static str, body: &str, expected: Result<&str, Unreadable>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            let read = Form::read(&headers, body.as_bytes());
            assert_eq!(
                read.as_ref().map(|form| form.text("code")).map_err(|e| *e),
                expected,
                "{body}"
            );
        };
        let form = "application/x-www-form-urlencoded";
        check(form, "csrf=a&code=1234+5678", Ok("1234 5678"));
        check(
            "Application/X-WWW-form-urlencoded; charset=utf-8",
            "code=1",
            Ok("1"),
        );
        check(form, "csrf=a", Ok(""));
        check(form, "", Err(Unreadable::Empty));
        check(form, "code=1&code=2", Err(Unreadable::Duplicate));
        check(form, "code=1&c%6fde=2", Err(Unreadable::Duplicate));
        check(
            "application/json",
            "{\"code\":1}",
            Err(Unreadable::MediaType),
        );
        check("multipart/form-data", "code=1", Err(Unreadable::MediaType));
        let many: Vec<String> = (0..17).map(|n| format!("f{n}=")).collect();
        check(form, &many.join("&"), Err(Unreadable::Duplicate));
    }

    #[test]
    fn foreign_names_are_known() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let form = Form::read(&headers, b"csrf=a&email=x%40y.example&oid=1&code=2&tid=3").unwrap();
        assert_eq!(form.foreign(&["csrf", "code"]), ["email", "oid", "tid"]);
    }
}
