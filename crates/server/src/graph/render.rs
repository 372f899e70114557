//! Answers: stored texts put between braces, with context and headers. Nothing stored is parsed to
//! be sent as it is.

use std::fmt::Display;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use edm::{Entity, Members, Property, type_names};

use super::call::Call;
use crate::http::headers::{self, Metadata, NOTE};

/// Characters of an `x-vestibule-note`: whole sentences, but far below what a proxy drops a header
/// for.
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
    /// `@odata.context`, where the client accepts it.
    fn put(&self, call: &Call<'_>, members: &mut Members) {
        if call.metadata == Metadata::None {
            return;
        }
        let mut url = String::with_capacity(HEAD_BYTES);
        for part in [call.origin.as_str(), "/", call.version.as_str()] {
            url.push_str(part);
        }
        url.push_str("/$metadata#");
        url.push_str(self.set);
        if let Some(names) = &self.selected {
            for part in ["(", names, ")"] {
                url.push_str(part);
            }
        }
        if self.single {
            url.push_str("/$entity");
        }
        members.text("@odata.context", &url);
    }
}

/// Room for what stands before the members of an object or a page: context, type, link.
const HEAD_BYTES: usize = 256;

/// `{context,members}`, by the metadata level the client accepts.
pub fn object(call: &Call<'_>, context: &Context<'_>, members: &Members) -> String {
    let mut all = Members::with_capacity(members.as_str().len() + HEAD_BYTES);
    context.put(call, &mut all);
    all.append(members);
    all.object()
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
    items: impl IntoIterator<Item = Members>,
) -> String {
    page(call, context, &Page { count: None, next }, items)
}

/// `{context,count,nextLink,"value":[{…},…]}`. The link is left out when there is none: a null
/// breaks clients.
pub fn page(
    call: &Call<'_>,
    context: &Context<'_>,
    about: &Page<'_>,
    items: impl IntoIterator<Item = Members>,
) -> String {
    let mut all = Members::with_capacity(HEAD_BYTES);
    context.put(call, &mut all);
    if let Some(count) = about.count {
        all.json("@odata.count", count);
    }
    if let Some(link) = about.next {
        all.text("@odata.nextLink", link);
    }
    all.list("value", items);
    all.object()
}

/// `{context,link,"value":[{…},…]}`: a page of tracked objects, which always has one link.
pub fn tracked(
    call: &Call<'_>,
    context: &Context<'_>,
    (name, url): (&str, &str),
    items: &[Members],
) -> String {
    let mut all = Members::with_capacity(HEAD_BYTES);
    context.put(call, &mut all);
    all.text(name, url);
    all.list("value", items);
    all.object()
}

/// `{context,"value":…}`: a value that is no object, as JSON.
pub fn value(call: &Call<'_>, set: &str, json: &str) -> String {
    typed_value(call, set, None, json)
}

/// [`value`] for a property, with its type if the client asked for full metadata and the value
/// does not show it.
pub fn property(call: &Call<'_>, set: &str, property: &Property, json: &str) -> String {
    if call.metadata != Metadata::Full {
        return value(call, set, json);
    }
    let (ty, json) = type_names::told_alone(property, json, call.version);
    typed_value(call, set, ty.as_deref(), &json)
}

fn typed_value(call: &Call<'_>, set: &str, ty: Option<&str>, json: &str) -> String {
    let context = Context {
        set,
        selected: None,
        single: false,
    };
    let mut members = Members::new();
    if let Some(ty) = ty {
        members.text(type_names::TYPE, ty);
    }
    members.json("value", json);
    object(call, &context, &members)
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

/// An object of a set whose objects are all of its type, with what the client wants to know beside
/// its properties.
pub fn entity(call: &Call<'_>, ty: Entity<'_>, id: impl Display, members: &Members) -> Members {
    within(call, ty, ty.set, id, members)
}

/// [`entity`] for an object whose address is not in the set of its type.
pub fn within(
    call: &Call<'_>,
    ty: Entity<'_>,
    set: &str,
    id: impl Display,
    members: &Members,
) -> Members {
    let is_typed = call.metadata == Metadata::Full;
    annotated(call, (ty, set), &id, is_typed, members)
}

/// An object without an address in the answer, with its type.
pub fn typed_alone(call: &Call<'_>, ty: Entity<'_>, members: &Members) -> Members {
    let mut all = Members::new();
    if call.metadata != Metadata::None {
        let name = format!("#{}", edm::metadata::qualified(ty.ty()));
        all.text(type_names::TYPE, &name);
    }
    if call.metadata == Metadata::Full {
        all.append(&type_names::told(members, ty, call.version));
    } else {
        all.append(members);
    }
    all
}

/// [`entity`] that takes ownership of the members, so that nothing is copied: mostly nothing is
/// added to them.
pub fn whole_entity(
    call: &Call<'_>,
    ty: Entity<'_>,
    id: impl Display,
    members: Members,
) -> Members {
    match call.metadata {
        Metadata::Full => entity(call, ty, id, &members),
        Metadata::None | Metadata::Minimal => members,
    }
}

/// A user among objects that may be of other types: the type is told.
pub fn typed(call: &Call<'_>, user: Entity<'_>, id: impl Display, members: &Members) -> Members {
    let is_typed = call.metadata != Metadata::None;
    annotated(call, (user, user.set), &id, is_typed, members)
}

fn annotated(
    call: &Call<'_>,
    (ty, set): (Entity<'_>, &str),
    id: &impl Display,
    is_typed: bool,
    members: &Members,
) -> Members {
    let mut all = Members::with_capacity(members.as_str().len() + HEAD_BYTES);
    if is_typed {
        all.text(
            type_names::TYPE,
            &format!("#{}", edm::metadata::qualified(ty.ty())),
        );
    }
    if call.metadata != Metadata::Full {
        all.append(members);
        return all;
    }
    let url = call.base();
    let own = format!("{set}('{id}')");
    all.text("@odata.id", &format!("{url}/{own}"));
    all.text("@odata.editLink", &own);
    all.append(&type_names::told(members, ty, call.version));
    for link in ty
        .ty()
        .navigation
        .iter()
        .filter(|link| !link.sent || !link.linked)
    {
        let name = link.property.name();
        let leads = format!("{url}/{own}/{name}");
        // Contained objects have no references.
        if !link.contained {
            all.text(
                &format!("{name}@odata.associationLink"),
                &format!("{leads}/$ref"),
            );
        }
        all.text(&format!("{name}@odata.navigationLink"), &leads);
    }
    all
}

/// A reference: nothing but the link.
pub fn link(url: &str) -> Members {
    let mut members = Members::new();
    members.text("@odata.id", url);
    members
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

    /// `ETag` and the caching of R-11.
    #[must_use]
    fn versioned(self, version: i64) -> Self;

    /// `Location` of what was made.
    #[must_use]
    fn located(self, url: &str) -> Self {
        self.with(LOCATION, url)
    }

    /// What a success should still tell.
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

    fn versioned(mut self, version: i64) -> Self {
        const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
        let headers = self.headers_mut();
        if let Ok(tag) = HeaderValue::try_from(super::etag::of(version)) {
            headers.insert(ETAG, tag);
        }
        headers.insert(CACHE_CONTROL, PRIVATE);
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

/// The note on properties that a body told and only the server sets.
pub fn set_by_server_note<'a>(
    properties: impl IntoIterator<Item = &'a Property>,
) -> Option<String> {
    let names: Vec<_> = properties.into_iter().map(edm::Property::name).collect();
    (!names.is_empty()).then(|| format!("set by the server, ignored: {}", names.join(", ")))
}

/// The note on names in `$select` that nobody declared.
pub fn ignored_note(names: &[String]) -> Option<String> {
    (!names.is_empty())
        .then(|| format!("$select: unknown names were ignored: {}", names.join(", ")))
}
