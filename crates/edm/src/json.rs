//! Request bodies as JSON: bounded, and without two members of one name.
//!
//! Of a name that comes twice one reader takes the first value and another the last (T-39). Names
//! match caselessly, so two spellings of one name are refused as well.

use core::cell::RefCell;
use core::fmt;
use std::collections::HashSet;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

/// JSON with its members in the order in which they were sent.
pub type Json = serde_json::Value;

/// Deepest nesting of arrays and objects: ours nest to six; 64 leaves room for open types, and
/// keeps the recursion of reading, writing and dropping a value within a small stack.
pub const MAX_DEPTH: usize = 64;

/// Longest body. The server refuses longer ones by its own, smaller limit before they are read;
/// this one holds for whoever forgets to.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Why a body is not acceptable JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at line {line} column {column}")]
pub struct JsonError {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1; 0 when the line has none.
    pub column: usize,
    /// Bytes before the fault.
    pub offset: usize,
    /// What is wrong.
    pub kind: JsonErrorKind,
}

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// No body, or white space alone.
    #[error("empty")]
    Empty,
    /// Not JSON, or not UTF-8.
    #[error("not JSON")]
    Syntax,
    /// A name twice in one object, whatever its case; as it was spelt the second time.
    #[error("duplicate name {0:?}")]
    Duplicate(String),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("nested too deeply")]
    TooDeep,
    /// Longer than [`MAX_BYTES`].
    #[error("too long")]
    TooLong,
    /// JSON, but no object.
    #[error("not an object")]
    NotAnObject,
}

/// Reads a body, which must be one JSON object. A byte order mark before it is passed over (RFC
/// 8259 section 8.1).
pub fn parse(bytes: &[u8]) -> Result<Json, JsonError> {
    parse_within(bytes, MAX_DEPTH)
}

/// Reads a line of a file, as [`parse`] reads a body. What is a body of its own elsewhere, an open
/// extension, stands there two levels down: in a list of an object.
pub fn parse_line(bytes: &[u8]) -> Result<Json, JsonError> {
    parse_within(bytes, MAX_DEPTH + 2)
}

fn parse_within(bytes: &[u8], depth: usize) -> Result<Json, JsonError> {
    let skipped = if bytes.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let body = bytes.get(skipped..).unwrap_or_default();
    let fail = |offset: usize, kind| Err(JsonError::at(bytes, offset + skipped, kind));
    let Some(start) = body
        .iter()
        .position(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n'))
    else {
        return fail(0, JsonErrorKind::Empty);
    };
    if body.len() > MAX_BYTES {
        return fail(MAX_BYTES, JsonErrorKind::TooLong);
    }
    // Before anything recurses: the depth of the text.
    if let Some(offset) = too_deep(body, depth) {
        return fail(offset, JsonErrorKind::TooDeep);
    }
    let duplicate = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(body);
    let read = Node {
        duplicate: &duplicate,
    }
    .deserialize(&mut reader)
    .and_then(|json| reader.end().map(|()| json));
    match read {
        Ok(json @ Json::Object(_)) => Ok(json),
        Ok(_) => fail(start, JsonErrorKind::NotAnObject),
        Err(error) => {
            let kind = duplicate
                .take()
                .map_or(JsonErrorKind::Syntax, JsonErrorKind::Duplicate);
            fail(offset_of(body, error.line(), error.column()), kind)
        }
    }
}

impl JsonError {
    fn at(bytes: &[u8], offset: usize, kind: JsonErrorKind) -> Self {
        let offset = offset.min(bytes.len());
        let before = bytes.get(..offset).unwrap_or_default();
        let line_start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |at| at + 1);
        Self {
            line: before.split(|b| *b == b'\n').count(),
            column: offset - line_start + 1,
            offset,
            kind,
        }
    }
}

/// Bytes before a reader's position. Its column counts the bytes read of the line, the one at fault
/// among them; none when that is the line feed before it.
fn offset_of(bytes: &[u8], line: usize, column: usize) -> usize {
    let line_start = bytes
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'\n')
        .map(|(at, _)| at + 1)
        .nth(line.wrapping_sub(2))
        .unwrap_or(0);
    (line_start + column).saturating_sub(1)
}

/// Where the text first nests deeper than allowed. Only brackets outside of strings count; whether
/// they match is for the reader to say.
fn too_deep(bytes: &[u8], most: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > most {
                    return Some(at);
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Reads one value. Recurses once per level, of which there are no more than [`MAX_DEPTH`] and two.
#[derive(Clone, Copy)]
struct Node<'a> {
    /// The name found twice, for the error alone.
    duplicate: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Json, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            list.push(element);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object = serde_json::Map::new();
        let mut seen = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !seen.insert(name.to_ascii_lowercase()) {
                *self.duplicate.borrow_mut() = Some(name);
                return Err(A::Error::custom("duplicate name"));
            }
            let value = members.next_value_seed(self)?;
            object.insert(name, value);
        }
        Ok(Json::Object(object))
    }
}
