//! Open extensions: named objects within a user, whose properties nobody declared (P-extensions-1).
//!
//! What an app sends is kept as text, so that numbers, the order of members and the spelling of
//! texts come back as they were sent. Nothing here recurses: [`crate::json`] has bounded the depth,
//! and a walk over the text needs to know no more than whether it stands in a string.

use crate::body::is_annotation;
use crate::rows::{properties, text};
use crate::type_names::TYPE as ODATA_TYPE;
use crate::{Blank, BodyError, EntityType, Json, Members, Op, Rule, entity};
use std::collections::HashSet;

pub use crate::entity::ID;

crate::rows::order! {
    "openTypeExtension"
    ID
    EXTENSION_NAME
}

properties! {
    EXTENSION_NAME "extensionName" "The name, which is the id, too."
        = text().not_null().by_default().created().filter(&[Op::Eq], &[]);
}

/// `graph.extension`: what stands in `extensions`.
pub static EXTENSION: EntityType = EntityType {
    name: "extension",
    resource: "Extension",
    set: "",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: true,
    properties: &[&ID],
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};

/// `graph.openTypeExtension`, the one kind of extensions there is.
pub static TYPE: EntityType = EntityType {
    name: "openTypeExtension",
    resource: "OpenTypeExtension",
    set: "",
    base: Some(&EXTENSION),
    open: true,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};

/// The documented size of an extension (P-extensions-2).
pub const MOST_BYTES: usize = 2 * 1024;

/// Bytes of a name. None is published. It stands in a key of the store and in a URL.
pub const NAME_BYTES: usize = 256;

/// The type of a list of texts.
const TEXTS: &str = "#Collection(String)";

/// What stands before a name in the fully qualified form.
const QUALIFIED: &str = "microsoft.graph.openTypeExtension.";

/// An extension as a body describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// `extensionName`, where it was sent.
    pub name: Option<String>,
    /// Its own properties and their annotations: members of an object, without white space.
    pub members: String,
}

/// The name without what the fully qualified form puts before it.
pub fn plain_name(name: &str) -> &str {
    match name.split_at_checked(QUALIFIED.len()) {
        Some((start, plain)) if start.eq_ignore_ascii_case(QUALIFIED) && !plain.is_empty() => plain,
        _ => name,
    }
}

/// What tells two names apart: names match caselessly, as all names do.
pub fn key(name: &str) -> String {
    plain_name(name).to_ascii_lowercase()
}

/// Bytes of an extension, the definition included as documented: its name and all of its own.
pub const fn size(name: &str, members: &str) -> usize {
    name.len() + members.len()
}

/// Checks a body. `json` is what [`crate::json::parse`] made of `bytes`. `known` is the name of the
/// extension that is replaced; a new one has none.
///
/// Of annotations, `@odata.type` is checked, the type of a property is kept with the property, and
/// all others are passed over: clients send back what they read.
pub fn check(json: &Json, bytes: &[u8], known: Option<&str>) -> Result<Sent, BodyError> {
    let Json::Object(object) = json else {
        return Err(fault(
            "",
            Rule::Malformed {
                expected: "an object",
            },
        ));
    };
    let text = compact(bytes);
    if text.has_nul {
        let expected = "a text without U+0000";
        return Err(fault("", Rule::Malformed { expected }));
    }
    let inner = text
        .text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let raw = parts(inner.unwrap_or_default());
    let mut sent = Sent {
        name: None,
        members: String::new(),
    };
    let mut id = None;
    let mut members = Members::new();
    for ((name, value), raw) in object.iter().zip(raw) {
        if name.eq_ignore_ascii_case(EXTENSION_NAME.name()) {
            sent.name = Some(extension_name(value)?);
        } else if name.eq_ignore_ascii_case(ID.name()) {
            id = Some(value);
        } else if name.eq_ignore_ascii_case(ODATA_TYPE) {
            check_type(value)?;
        } else if is_annotation(name) {
            let of = annotated(name).filter(|of| !is_fixed(of));
            let of = of.and_then(|of| object.get(of));
            // What every answer tells is not kept: sent back, it would make the extension larger.
            let is_usual = |of: &Json| are_texts(of) && value == TEXTS;
            if value.is_string() && of.is_some_and(|of| !is_usual(of)) {
                members.append_text(raw);
            }
        } else {
            check_property(name)?;
            members.append_text(raw);
        }
    }
    let is_known = |told: &str| match (known, &sent.name) {
        (Some(known), _) => key(known) == key(told),
        (None, Some(name)) => key(name) == key(told),
        (None, None) => false,
    };
    // Only what does not contradict the path.
    if let (Some(_), Some(name)) = (known, &sent.name)
        && !is_known(name)
    {
        return Err(fault(EXTENSION_NAME.name(), Rule::ReadOnly));
    }
    if id.is_some_and(|id| !id.as_str().is_some_and(is_known)) {
        return Err(fault(ID.name(), Rule::ReadOnly));
    }
    sent.members = members.into_text();
    Ok(sent)
}

fn fault(target: &str, rule: Rule) -> BodyError {
    BodyError {
        target: target.to_owned(),
        resource: TYPE.resource,
        property: None,
        rule,
    }
}

fn extension_name(value: &Json) -> Result<String, BodyError> {
    let refused = |rule| Err(fault(EXTENSION_NAME.name(), rule));
    let name = match value {
        Json::String(name) => name,
        Json::Null => return refused(Rule::NotNullable),
        _ => {
            let expected = "Edm.String".to_owned();
            return refused(Rule::WrongType { expected });
        }
    };
    if name.is_empty() {
        return refused(Rule::Empty);
    }
    if name.len() > NAME_BYTES {
        let max = u32::try_from(NAME_BYTES).unwrap_or(u32::MAX);
        return refused(Rule::TooLong { max });
    }
    let has_edges = name.trim() != name;
    if has_edges || name.chars().any(char::is_control) || plain_name(name) != name {
        let expected = "a name without its type, control characters and blanks around it";
        return refused(Rule::Malformed { expected });
    }
    Ok(name.clone())
}

/// The type, with or without `#`.
fn check_type(value: &Json) -> Result<(), BodyError> {
    let expected = format!("#{}", crate::metadata::qualified(&TYPE));
    let is_it = |text: &str| {
        let plain = expected.trim_start_matches('#');
        text.strip_prefix('#')
            .unwrap_or(text)
            .eq_ignore_ascii_case(plain)
    };
    if value.as_str().is_some_and(is_it) {
        return Ok(());
    }
    let allowed = vec![expected];
    Err(fault(ODATA_TYPE, Rule::NotAllowed { allowed }))
}

/// The characters that the protocol gives a meaning of their own in names.
fn check_property(name: &str) -> Result<(), BodyError> {
    let is_taken = |c: char| matches!(c, '@' | '.' | ':') || c.is_control();
    if name.is_empty() || name.chars().any(is_taken) {
        let expected = "a name of a property: it holds no '@', '.', ':' and no control character";
        return Err(fault(name, Rule::Malformed { expected }));
    }
    Ok(())
}

/// Whether it is one of the two that are declared.
fn is_fixed(name: &str) -> bool {
    let mut declared = PROPERTIES.iter();
    declared.any(|own| own.name().eq_ignore_ascii_case(name))
}

/// Of which property an annotation tells the type.
fn annotated(name: &str) -> Option<&str> {
    let (of, term) = name.split_once('@')?;
    let is_type = term.eq_ignore_ascii_case(ODATA_TYPE.trim_start_matches('@'));
    (is_type && !of.is_empty()).then_some(of)
}

/// A JSON text without the white space between its tokens.
struct Compact {
    text: String,
    /// Whether a string holds U+0000, which no other value of the directory does.
    has_nul: bool,
}

fn compact(bytes: &[u8]) -> Compact {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let mut found = Compact {
        text: String::with_capacity(text.len()),
        has_nul: false,
    };
    let mut walk = Walk::default();
    for (at, c) in text.char_indices() {
        if walk.escaped && c == 'u' {
            let digits = text.get(at + 1..at + 5);
            found.has_nul |= digits == Some("0000");
        }
        let in_string = walk.in_string;
        walk.step(c);
        if in_string || !matches!(c, ' ' | '\t' | '\r' | '\n') {
            found.text.push(c);
        }
    }
    found
}

/// Where in a JSON text a walk is.
#[derive(Default)]
struct Walk {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Walk {
    fn step(&mut self, c: char) {
        match c {
            _ if self.escaped => self.escaped = false,
            '\\' if self.in_string => self.escaped = true,
            '"' => self.in_string = !self.in_string,
            '{' | '[' if !self.in_string => self.depth += 1,
            '}' | ']' if !self.in_string => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

/// The members of an object, or the elements of a list, without the brackets around them.
fn parts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    if text.is_empty() {
        return found;
    }
    let mut walk = Walk::default();
    let mut start = 0;
    for (at, c) in text.char_indices() {
        if c == ',' && walk.depth == 0 && !walk.in_string {
            found.extend(text.get(start..at));
            start = at + 1;
        }
        walk.step(c);
    }
    found.extend(text.get(start..));
    found
}

/// The elements of a list that is the member `name` of an object, each as it stands in the text,
/// but for white space between tokens. Like [`check`], it takes bytes that were read as JSON.
pub fn elements(bytes: &[u8], name: &str) -> Vec<String> {
    let text = compact(bytes).text;
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let found = parts(inner.unwrap_or_default())
        .into_iter()
        .filter_map(member)
        .find(|(known, _)| known.eq_ignore_ascii_case(name));
    let list = found.and_then(|(_, list)| list.strip_prefix('[')?.strip_suffix(']'));
    parts(list.unwrap_or_default())
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// An object without the member `name`, as [`elements`] gives objects.
pub fn without(object: &str, name: &str) -> String {
    let inner = object
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'));
    let mut kept = Members::new();
    for part in parts(inner.unwrap_or_default()) {
        if member(part).is_none_or(|(known, _)| known != name) {
            kept.append_text(part);
        }
    }
    kept.object()
}

/// The name of a member, read, and its value as text.
fn member(text: &str) -> Option<(String, &str)> {
    let mut walk = Walk::default();
    let colon = text.char_indices().find(|(_, c)| {
        let is_it = *c == ':' && !walk.in_string;
        walk.step(*c);
        is_it
    });
    let (at, _) = colon?;
    let name = serde_json::from_str(text.get(..at)?).ok()?;
    Some((name, text.get(at + 1..)?))
}

/// What an answer shows of an extension.
#[derive(Clone, Copy, Debug, Default)]
pub struct View<'a> {
    /// The names that were selected; `None` is all.
    pub selected: Option<&'a [String]>,
    /// Without annotations, for clients that want none.
    pub bare: bool,
}

impl View<'_> {
    fn shows(&self, name: &str) -> bool {
        let is_it = |selected: &String| selected == "*" || selected.eq_ignore_ascii_case(name);
        self.selected.is_none_or(|names| names.iter().any(is_it))
    }
}

/// The extension's members as answers show them. A list of texts whose type was not sent gets it,
/// as documented (P-extensions-3): JSON cannot tell what the elements of an undeclared list are.
pub fn shown(name: &str, stored: &str, view: View<'_>) -> Members {
    let mut out = Members::new();
    if !view.bare {
        out.text(
            ODATA_TYPE,
            &format!("#{}", crate::metadata::qualified(&TYPE)),
        );
    }
    for property in [&ID, &EXTENSION_NAME] {
        if view.shows(property.name()) {
            out.text(property.name(), name);
        }
    }
    let members: Vec<_> = parts(stored)
        .into_iter()
        .filter_map(|text| member(text).map(|(name, value)| (text, name, value)))
        .collect();
    let names = members.iter().map(|(_, name, _)| name);
    let told: HashSet<_> = names.filter_map(|name| annotated(name)).collect();
    for (text, name, value) in &members {
        let of = annotated(name);
        if !view.shows(of.unwrap_or(name)) || (of.is_some() && view.bare) {
            continue;
        }
        if of.is_none() && !view.bare && holds_texts(value) && !told.contains(name.as_str()) {
            out.text(&format!("{name}{ODATA_TYPE}"), TEXTS);
        }
        out.append_text(text);
    }
    out
}

/// Whether a value is a list of texts, with one at least.
fn are_texts(value: &Json) -> bool {
    let elements = value.as_array().map(Vec::as_slice).unwrap_or_default();
    !elements.is_empty() && elements.iter().all(Json::is_string)
}

/// Whether a value, as it is stored, is a list of texts, with one at least.
fn holds_texts(value: &str) -> bool {
    let inner = value
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let elements = inner.map(parts).unwrap_or_default();
    !elements.is_empty() && elements.iter().all(|element| element.starts_with('"'))
}
