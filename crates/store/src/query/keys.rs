//! The keys an object is found by: one for each filterable property, one for each element of a
//! collection, and the tokens of the name.
//!
//! A key is never null: one byte 0 for null, else one byte 1 and the value in a form that
//! compares byte by byte as the value does. So `eq`, `gt` and the rest are comparisons of bytes,
//! and nulls stand together, first ascending.

use super::kinds::USERS;
use crate::query::kind::{self, Member, Table};
use aws_lc_rs::digest::{SHA256, digest};
use edm::{Property, Record, Type, Value, fold};
use jiff::Timestamp;
use odata::filter::{Comparison, Literal, Matching, Node};
use std::borrow::Cow;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The key of null.
pub(crate) const NULL: &[u8] = &[0];
/// The first byte of the key of every other value.
pub(crate) const SOME: u8 = 1;

/// Most bytes of a token that are kept: a display name has 256 characters, and hardly anybody types
/// that many in a row. Longer searches are decided by the documents.
pub(crate) const TOKEN: usize = 255;

/// The kept part of a token: nearly always the whole, else as much of its beginning as fits.
pub(crate) fn kept_token(token: &str) -> &str {
    token
        .get(..token.floor_char_boundary(TOKEN))
        .unwrap_or_default()
}

/// Most bytes of a folded text that are its key as a whole; a longer text's key is its beginning
/// and a hash of all of it. So no key is longer than 1,058 bytes (decision record 0084). A display
/// name of 256 letters of four bytes is kept whole, and lists by name are in the order of names.
///
/// Beginnings end between two characters, and the byte behind them is in no text. So keys stand in
/// the order of the values, except for two long values with the same beginning, and equal keys are
/// equal values.
const WHOLE: usize = 1_024;
/// Stands between the beginning and the hash.
const CUT: u8 = u8::MAX;
/// Most bytes of the key of a text that is kept whole. A key with more is cut, so that its length
/// alone tells (`sql::IS_CUT`).
pub(crate) const WHOLE_KEY: usize = WHOLE + 1;
/// Bytes of the hash of a text.
const HASH: usize = 32;
/// Most bytes of a key: what is kept whole is shorter than a beginning with a hash.
pub(crate) const LONGEST: usize = WHOLE_KEY + 1 + HASH;

/// Whether a key has the form that this build gives keys. A page token of an earlier build may hold
/// a long key that is not cut: it has no place among those that are.
pub(crate) fn is_of_this_form(key: &[u8]) -> bool {
    if key.len() <= WHOLE_KEY {
        return true;
    }
    let mark = key.len().checked_sub(HASH + 1).and_then(|at| key.get(at));
    key.len() <= LONGEST && mark == Some(&CUT)
}
/// Most bytes that a character has when it is folded: a note with a stem and a flag (U+1D160)
/// becomes three characters of four bytes.
pub(crate) const FOLDED: usize = 12;

/// Whether a value of the property can be so long that its key is cut.
pub(crate) fn may_be_cut(property: &Property) -> bool {
    let is_long = |most: u32| usize::try_from(most).is_ok_and(|most| most > WHOLE / FOLDED);
    matches!(property.ty, Type::String | Type::Binary)
        && property.values.is_any()
        && property.max_len.is_none_or(is_long)
}

/// Whether a comparison asks for more of a value than a cut key has. Of values whose keys are cut
/// the documents decide it.
pub(crate) fn needs_whole(node: &Node) -> bool {
    match node {
        Node::Compare {
            op: Comparison::Gt | Comparison::Ge | Comparison::Lt | Comparison::Le,
            value: Literal::Text(text),
            ..
        }
        | Node::Text {
            how: Matching::StartsWith,
            text,
            ..
        } => text.len() > WHOLE,
        Node::Text { text, .. } => !text.is_empty(),
        _ => false,
    }
}

/// The keys of one object. Made from the record whenever it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectKeys {
    /// In the order of the table's key columns.
    pub(crate) columns: Vec<Cow<'static, [u8]>>,
    /// What the member is stored under, and the key of an element.
    pub(crate) values: BTreeSet<(Cow<'static, str>, Vec<u8>)>,
    /// Folded tokens.
    pub(crate) tokens: BTreeSet<String>,
}

impl ObjectKeys {
    /// Version of how keys are made of folded texts, and texts of display names cut into tokens.
    /// Raise it when the same document has other keys: databases store it, and where theirs is
    /// older the next start makes all keys anew (decision record 0069).
    pub const FORM: u32 = 2;

    /// From the record of a user, which was read with the tenant's definitions: the keys of their
    /// own properties are among them.
    pub fn of_user(record: &Record) -> Self {
        Self::of(&USERS, record)
    }

    /// From the record of an object in that table.
    pub(crate) fn of(table: &'static Table, record: &Record) -> Self {
        let columns = table
            .columns
            .iter()
            .map(|column| match record.get(column.property) {
                // Most properties are unset, and their key needs no memory.
                None | Some(Value::Null) => Cow::Borrowed(NULL),
                Some(value) => Cow::Owned(key(value)),
            })
            .collect();
        let mut values = BTreeSet::new();
        for member in &table.members {
            for_each(record, member, |value| {
                values.insert((Cow::Borrowed(&*member.kept), key(value)));
            });
        }
        if table.has_own_values {
            for_each_own(record, |name, key| {
                values.insert((name.into(), key));
            });
        }
        let tokens = table
            .tokens
            .and_then(|property| record.text(property))
            .map(odata::tokens)
            .unwrap_or_default();
        Self {
            columns,
            values,
            tokens: tokens
                .iter()
                .map(|token| kept_token(token).to_owned())
                .collect(),
        }
    }
}

/// The values of a member: each element of a collection, or the one of a complex value when it is
/// set.
fn for_each(record: &Record, member: &Member, mut with: impl FnMut(&Value)) {
    match (record.get(&member.property), &member.inner) {
        (Some(Value::List(elements)), None) => elements.iter().for_each(with),
        (Some(Value::List(elements)), Some(inner)) => {
            for element in elements.iter().filter_map(Value::as_complex) {
                if let Some(value) = element.get(inner).filter(|value| !value.is_unset()) {
                    with(value);
                }
            }
        }
        (Some(Value::Complex(complex)), Some(inner)) => {
            if let Some(value) = complex.get(inner).filter(|value| !value.is_unset()) {
                with(value);
            }
        }
        _ => {}
    }
}

/// The values of a tenant's own properties that have keys, each with what it is stored under.
fn for_each_own(record: &Record, mut with: impl FnMut(String, Vec<u8>)) {
    for (property, value) in record.iter().filter(|(one, _)| one.id().is_own()) {
        if let Value::Complex(members) = value {
            for (inner, value) in members.iter().filter(|(_, value)| !value.is_unset()) {
                if let Some(name) = kind::own_name(property, Some(inner)) {
                    with(name, key(value));
                }
            }
            continue;
        }
        let Some(name) = kind::own_name(property, None) else {
            continue;
        };
        match value {
            Value::List(elements) => {
                for element in elements {
                    with(name.clone(), own_key(property, element));
                }
            }
            value if !value.is_unset() => with(name, own_key(property, value)),
            _ => {}
        }
    }
}

/// The key of a value of a tenant's own property.
fn own_key(property: &Property, value: &Value) -> Vec<u8> {
    match value {
        Value::Text(text) => self::text(&property.compared_text(text)),
        value => key(value),
    }
}

/// The key of a stored value. A value without an order (a list, a complex value) has no key and
/// counts as null.
pub(crate) fn key(value: &Value) -> Vec<u8> {
    match value {
        Value::Null | Value::List(_) | Value::Complex(_) | Value::Open(_) => NULL.to_vec(),
        Value::Bool(value) => vec![SOME, u8::from(*value)],
        Value::Int(value) => number(*value),
        Value::Text(text) => self::text(&fold::display(text)),
        Value::Instant(at) => instant(*at),
        Value::Guid(id) => guid(*id),
    }
}

/// The key that a constant is compared with. `None` where the property has another type: then
/// nothing equals the constant.
pub(crate) fn constant(ty: &Type, value: &Literal) -> Option<Vec<u8>> {
    match (ty, value) {
        (_, Literal::Null) => Some(NULL.to_vec()),
        (Type::Boolean, Literal::Bool(value)) => Some(vec![SOME, u8::from(*value)]),
        (Type::Int32 | Type::Int64, Literal::Int(value)) => Some(number(*value)),
        (ty, Literal::Text(text)) if is_text(ty) => Some(self::text(text)),
        (Type::DateTimeOffset, Literal::Instant(at)) => Some(instant(*at)),
        (Type::Guid, Literal::Guid(id)) => Some(guid(*id)),
        _ => None,
    }
}

/// The key of a constant that the order of values is compared with. It is never cut, so it has its
/// place among the keys that are not cut.
pub(crate) fn limit(ty: &Type, value: &Literal) -> Option<Vec<u8>> {
    match value {
        Literal::Text(text) if is_text(ty) => Some(whole(text)),
        _ => constant(ty, value),
    }
}

/// Kept as text, and compared as such.
pub(crate) fn is_text(ty: &Type) -> bool {
    matches!(
        ty,
        Type::String | Type::TimeOfDay | Type::Binary | Type::Enum(_)
    )
}

/// The key of a folded text.
pub(crate) fn text(folded: &str) -> Vec<u8> {
    let Some(mut key) = beginning(folded) else {
        return whole(folded);
    };
    key.push(CUT);
    key.extend_from_slice(digest(&SHA256, folded.as_bytes()).as_ref());
    key
}

/// A folded text as a key that is never cut.
pub(crate) fn whole(folded: &str) -> Vec<u8> {
    some(folded.as_bytes())
}

/// What the key of a long text begins with; `None` where the key is the whole text.
pub(crate) fn beginning(folded: &str) -> Option<Vec<u8>> {
    let end = folded.floor_char_boundary(WHOLE);
    (folded.len() > WHOLE).then(|| some(folded.as_bytes().get(..end).unwrap_or_default()))
}

fn some(bytes: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(bytes.len() + 1);
    key.push(SOME);
    key.extend_from_slice(bytes);
    key
}

/// Big-endian with the sign bit flipped, so that negative numbers stand first.
fn number(value: i64) -> Vec<u8> {
    some(&(value ^ i64::MIN).to_be_bytes())
}

/// Microseconds since 1970, what is finer cut off towards the past.
pub(crate) fn instant(at: Timestamp) -> Vec<u8> {
    let micros = at.as_nanosecond().div_euclid(1_000);
    number(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// In the order of its text.
fn guid(id: Uuid) -> Vec<u8> {
    some(id.as_bytes())
}

/// The end of the range of keys that begin with this one: the first key above all of them; `None`
/// when there is none.
pub(crate) fn above(prefix: &[u8]) -> Option<Vec<u8>> {
    let kept = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=kept)?.to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::{ObjectKeys, above, constant, key};
    use edm::{Type, Value, fold};
    use jiff::Timestamp;
    use odata::filter::Literal;

    #[test]
    fn keys_stand_in_the_order_of_their_values() {
        let at = |micros| Value::Instant(Timestamp::from_microsecond(micros).unwrap());
        let rising = [
            vec![Value::Null, Value::Bool(false), Value::Bool(true)],
            vec![
                Value::Null,
                Value::Int(i64::MIN),
                Value::Int(-1),
                Value::Int(0),
                Value::Int(i64::MAX),
            ],
            vec![
                Value::Null,
                at(-62_135_596_800_000_000),
                at(-1),
                at(0),
                at(1),
            ],
            vec![
                Value::Null,
                "".into(),
                "Anna".into(),
                "ANNAB".into(),
                "b".into(),
                "é".into(),
                "猫".into(),
                "😀".into(),
            ],
        ];
        for values in rising {
            let keys: Vec<_> = values.iter().map(key).collect();
            assert!(keys.is_sorted_by(|a, b| a < b), "{values:?}");
        }
    }

    /// No key is longer than 1,058 bytes, and keys stand in the order of the values wherever the
    /// beginnings differ, also where one of them is cut and the other is not.
    #[test]
    fn long_values_are_cut() {
        let a = "a".repeat(1_021);
        let ends = [
            "",
            "a",
            "aaa",
            "aaaé",
            "aaa😀",
            "aaé",
            "aa猫",
            "aa😀",
            "aé",
            "aéé",
            "a猫",
            "a猫b",
            "a😀",
            "é",
            "éa",
            "é猫",
            "猫",
            "猫猫",
            "\u{fffd}",
            "\u{ffff}",
            "😀",
            "😀b",
            "\u{10ffff}",
        ];
        let mut texts: Vec<String> = ends.iter().map(|end| format!("{a}{end}")).collect();
        texts.extend([
            "😀".repeat(257),
            "猫".repeat(1024),
            "x".repeat(1_023) + "猫",
        ]);
        texts.sort();
        for (one, other) in texts.iter().zip(texts.iter().skip(1)) {
            let keys = [one, other].map(|text| self::super::text(text));
            let [first, second] = keys.each_ref();
            assert!(first.len() <= super::LONGEST && second.len() <= super::LONGEST);
            assert_ne!(first, second);
            let begin = |text: &str| {
                text.get(..text.floor_char_boundary(1_024))
                    .map(str::to_owned)
            };
            let is_cut = |text: &str| text.len() > 1_024;
            let undecided = begin(one) == begin(other) && is_cut(one) && is_cut(other);
            assert!(undecided || first < second, "{one} {other}");
        }
        // The longest that is kept whole, and the shortest that is cut; a shorter beginning of one
        // that is cut ends before a character of four bytes.
        for (text, length) in [
            ("a".repeat(1_024), 1_025),
            ("a".repeat(1_025), 1_058),
            ("a".repeat(1_021) + "😀", 1_055),
        ] {
            let key = super::text(&text);
            assert_eq!(key.len(), length);
            assert_eq!(key.len() > super::WHOLE_KEY, text.len() > 1_024);
        }
    }

    /// No character folds to more bytes than `may_be_cut` counts with.
    #[test]
    fn no_character_folds_to_more_bytes() {
        let mut most = 0;
        for letter in '\0'..=char::MAX {
            most = most.max(fold::display(&letter.to_string()).len());
        }
        assert_eq!(most, super::FOLDED);
    }

    /// Folding and cutting of every letter, as one number (FNV-1a). Where it changes, keys in
    /// databases are no longer those that are looked for: raise `edm::fold::VERSION` or
    /// `ObjectKeys::FORM`, and note the new number.
    #[test]
    fn another_folding_has_another_version() {
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |text: &str| {
            for byte in text.bytes().chain([0xff]) {
                sum = (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for letter in '\0'..=char::MAX {
            add(&fold::display(&letter.to_string()));
        }
        for letter in '\0'..='\u{2ffff}' {
            for token in odata::tokens(&format!("a{letter}b")) {
                add(&token);
            }
        }
        let versions = (fold::VERSION, ObjectKeys::FORM);
        assert_eq!((versions, sum), ((1, 2), 8_326_303_308_205_234_544));
    }

    #[test]
    fn constants_meet_the_values_they_equal() {
        assert_eq!(
            constant(&Type::String, &Literal::Text("anna".into())),
            Some(key(&"ANNA".into()))
        );
        assert_eq!(
            constant(&Type::String, &Literal::Null),
            Some(key(&Value::Null))
        );
        assert_eq!(constant(&Type::String, &Literal::Int(1)), None);
        assert_eq!(
            constant(&Type::Boolean, &Literal::Text("true".into())),
            None
        );
    }

    #[test]
    fn prefixes_end() {
        for (prefix, end) in [
            (&b"\x01ab"[..], Some(&b"\x01ac"[..])),
            (b"\x01", Some(b"\x02")),
            (b"\x01\xff\xff", Some(b"\x02")),
            (b"\xff", None),
        ] {
            assert_eq!(above(prefix).as_deref(), end, "{prefix:?}");
        }
    }
}
