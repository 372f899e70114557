//! Answers: stored texts put between braces, with context and headers. Nothing stored is parsed to be
//! sent as it is (decision 38).

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::call::Call;
use crate::http::headers::{self, Metadata, NOTE};

/// Characters of an `x-vestibule-note`: whole sentences, but far below what a proxy drops a header for.
const NOTE_CHARS: usize = 1024;

/// The reference of what was made, as the protocol wants it of a 204.
pub const ENTITY_ID: HeaderName = HeaderName::from_static("odata-entityid");

/// Where an object or collection stands in the schema: the part of the context after `#`.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The entity set.
    pub set: &'a str,
    /// Names in parentheses, when something was selected.
    pub selected: Option<String>,
    /// Whether it is one object.
    pub single: bool,
}

impl Context<'_> {
    /// `"@odata.context":"…"`. Origin, set and names hold no character that JSON escapes.
    fn member(&self, call: &Call<'_>) -> String {
        let (base, set) = (call.base(), self.set);
        let entity = if self.single { "/$entity" } else { "" };
        match &self.selected {
            Some(names) => {
                format!("\"@odata.context\":\"{base}/$metadata#{set}({names}){entity}\"")
            }
            None => format!("\"@odata.context\":\"{base}/$metadata#{set}{entity}\""),
        }
    }
}

/// `{context,members}`, by the metadata level the client accepts.
pub fn object(call: &Call<'_>, context: &Context<'_>, members: &str) -> String {
    let mut text = String::with_capacity(members.len() + 160);
    text.push('{');
    if call.metadata == Metadata::Minimal {
        text.push_str(&context.member(call));
        if !members.is_empty() {
            text.push(',');
        }
    }
    text.push_str(members);
    text.push('}');
    text
}

/// What a page tells beside its objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// How many objects there are on all pages.
    pub count: Option<u64>,
    /// The link to the next page.
    pub next: Option<&'a str>,
}

/// `{context,nextLink,"value":[{…},…]}`.
pub fn collection(
    call: &Call<'_>,
    context: &Context<'_>,
    next: Option<&str>,
    items: impl IntoIterator<Item = String>,
) -> String {
    page(call, context, &Page { count: None, next }, items)
}

/// `{context,count,nextLink,"value":[{…},…]}`. The link is left out when there is none: a null breaks clients
/// (clients.md item 26).
pub fn page(
    call: &Call<'_>,
    context: &Context<'_>,
    about: &Page<'_>,
    items: impl IntoIterator<Item = String>,
) -> String {
    let mut text = String::from("{");
    if call.metadata == Metadata::Minimal {
        text.push_str(&context.member(call));
        text.push(',');
    }
    if let Some(count) = about.count {
        text.push_str("\"@odata.count\":");
        text.push_str(&count.to_string());
        text.push(',');
    }
    if let Some(link) = about.next {
        text.push_str("\"@odata.nextLink\":");
        // A link is ASCII, but a `$select` it repeats may hold quotes or backslashes.
        text.push_str(&serde_json::Value::from(link).to_string());
        text.push(',');
    }
    text.push_str("\"value\":[");
    for (at, members) in items.into_iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push('{');
        text.push_str(&members);
        text.push('}');
    }
    text.push_str("]}");
    text
}

/// `{context,link,"value":[{…},…]}`: a page of tracked objects, which always has one link.
pub fn tracked(
    call: &Call<'_>,
    context: &Context<'_>,
    (name, url): (&str, &str),
    items: &[String],
) -> String {
    let mut text = String::from("{");
    if call.metadata == Metadata::Minimal {
        text.push_str(&context.member(call));
        text.push(',');
    }
    // A link here is origin, path and token: nothing that JSON escapes.
    text.extend(["\"", name, "\":\"", url, "\",\"value\":["]);
    for (at, members) in items.iter().enumerate() {
        text.push_str(if at > 0 { ",{" } else { "{" });
        text.push_str(members);
        text.push('}');
    }
    text.push_str("]}");
    text
}

/// A JSON answer.
pub fn json(call: &Call<'_>, status: StatusCode, body: String) -> Response {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    answer.headers_mut().reserve(headers::USUAL);
    headers::json(answer.headers_mut(), call.metadata);
    answer
}

/// A number alone, as `$count` answers.
pub fn count(number: i64) -> Response {
    let mut answer = Response::new(Body::from(number.to_string()));
    let plain = HeaderValue::from_static("text/plain");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    answer
}

/// `"@odata.type"` of a user before his members, for answers that may hold objects of other types.
pub fn typed(call: &Call<'_>, members: &str) -> String {
    if call.metadata == Metadata::Minimal {
        format!("\"@odata.type\":\"#microsoft.graph.user\",{members}")
    } else {
        members.to_owned()
    }
}

/// 204.
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// An answer's further headers.
pub trait Dress: Sized {
    /// Sets a header; a value that is none is left out, since no header is worth the answer.
    #[must_use]
    fn with(self, name: HeaderName, value: &str) -> Self;

    /// `ETag` and the caching of decision 16.
    #[must_use]
    fn versioned(self, version: i64) -> Self {
        self.with(ETAG, &super::etag::of(version))
            .with(axum::http::header::CACHE_CONTROL, "private, no-cache")
    }

    /// `Location` of what was made.
    #[must_use]
    fn located(self, url: &str) -> Self {
        self.with(LOCATION, url)
    }

    /// What a success should still tell (decision 15).
    #[must_use]
    fn noted<'a>(self, notes: impl IntoIterator<Item = &'a str>) -> Self {
        let notes: Vec<_> = notes.into_iter().collect();
        if notes.is_empty() {
            return self;
        }
        let text = printable(&notes.join("; "));
        if text.is_empty() {
            self
        } else {
            self.with(NOTE, &text)
        }
    }
}

impl Dress for Response {
    fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers_mut().insert(name, value);
        }
        self
    }
}

/// Text that may hold anything, made fit for a header: what is not printable ASCII becomes `?`.
fn printable(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else {
            '?'
        }
    };
    text.chars().take(NOTE_CHARS).map(plain).collect()
}

/// The note on names in `$select` that nobody declared.
pub fn ignored_note(names: &[String]) -> Option<String> {
    (!names.is_empty())
        .then(|| format!("$select: unknown names were ignored: {}", names.join(", ")))
}
