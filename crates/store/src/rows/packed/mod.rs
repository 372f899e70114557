//! The texts of a user as they lie in the row: what they repeat of other columns, and the names of
//! their members, are codes there (decision record 0026).
//!
//! JSON holds no byte below 0x20, because a control character within a string is escaped (RFC 8259
//! section 7). So such a byte is a code here, and stands for a piece of text: one that other
//! columns of the row say, or a name with the punctuation around it. Unpacking replaces each code
//! by its piece and looks at nothing else, so that neither the meaning nor the order of a text
//! plays a part. A text without codes is its own packed form.

#[cfg(test)]
mod tests;
mod words;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use edm::instant;
use jiff::Timestamp;
use uuid::Uuid;

use self::words::WORDS;
use crate::StoreError;

/// The values of other columns of the row.
#[derive(Debug, Clone)]
pub(crate) struct RowValues<'a> {
    id: Uuid,
    upn: &'a str,
    /// To the microsecond, as its column keeps it.
    created_at: Timestamp,
    /// `created_at` as documents spell it, once somebody asked.
    created: OnceCell<String>,
}

// The codes. They are part of the file format: never give one another meaning. 0x00 is none,
// because PostgreSQL keeps no text with it.

/// At the start: the rest is unpacked text, which had control characters of its own.
const AS_IS: u8 = 0x01;
/// The id, in its usual form.
const ID: u8 = 0x02;
/// The `userPrincipalName`.
const UPN: u8 = 0x03;
/// Its part before the last `@`.
const LOCAL: u8 = 0x04;
/// Its part after the last `@`.
const DOMAIN: u8 = 0x05;
/// The instant of creation, as documents spell it.
const CREATED: u8 = 0x06;
/// The word whose number is in the next byte.
const WORD: u8 = 0x07;
/// The first of the codes of a member's name, by what stands [`BEFORE`] and [`AFTER`] it; the
/// name's number is in the next byte.
const MEMBER: u8 = 0x08;

/// What ends the member before a name.
const BEFORE: [&str; 5] = ["", ",", "\",", "],", "\"],"];
/// What begins the value after a name.
const AFTER: [&str; 4] = ["", "\"", "null", "[\""];

/// Bytes below it are codes.
const PLAIN: u8 = 0x20;
const _: () = assert!(MEMBER as usize + BEFORE.len() * AFTER.len() <= PLAIN as usize);

/// How many times as long as packed a text usually is.
const USUAL: usize = 5;
/// Shorter pieces are not worth their code.
const SHORT: usize = 3;

static NUMBERS: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
    // From 1, so that no byte is 0; up to 127, so that each is a character of its own.
    WORDS.iter().copied().zip(1..=0x7F).collect()
});

/// A name as columns keep it that hold nothing else: its number behind a code, or itself.
pub(crate) fn short(name: &str) -> String {
    match NUMBERS.get(name) {
        Some(number) => [WORD, *number].map(char::from).iter().collect(),
        None => name.to_owned(),
    }
}

/// What each code of a member stands for, shape by shape, in each shape word by word.
static MEMBERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut all = Vec::with_capacity(BEFORE.len() * AFTER.len() * WORDS.len());
    for before in BEFORE {
        for after in AFTER {
            let members = WORDS.iter();
            all.extend(members.map(|name| format!("{before}\"{name}\":{after}")));
        }
    }
    all
});

impl<'a> RowValues<'a> {
    pub(crate) fn new(id: Uuid, upn: &'a str, created_at: Timestamp) -> Self {
        // An imported instant may be finer; then the text says more than the column will, and no
        // code stands for it.
        let kept = Timestamp::from_microsecond(created_at.as_microsecond());
        Self {
            id,
            upn,
            created_at: kept.unwrap_or(created_at),
            created: OnceCell::new(),
        }
    }

    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    fn parts(&self) -> (&'a str, &'a str) {
        self.upn.rsplit_once('@').unwrap_or((self.upn, ""))
    }

    fn created(&self) -> &str {
        self.created
            .get_or_init(|| instant::render(self.created_at))
    }

    /// Packs a text. [`RowValues::unpack`] gives back any text unchanged.
    pub(crate) fn pack(&self, text: &str) -> String {
        if text.bytes().any(|byte| byte < PLAIN) {
            return format!("{}{text}", char::from(AS_IS));
        }
        let (local, domain) = self.parts();
        let mut id = Uuid::encode_buffer();
        let id: &str = self.id.hyphenated().encode_lower(&mut id);
        // The whole name comes before its parts, since they begin and end like it.
        let pieces = [
            (UPN, self.upn),
            (ID, id),
            (CREATED, self.created()),
            (DOMAIN, domain),
            (LOCAL, local),
        ];
        let pieces =
            pieces.map(|(code, piece)| (code, if piece.len() < SHORT { "" } else { piece }));
        let mut begins = [false; 256];
        let firsts = pieces.iter().filter_map(|(_, piece)| piece.bytes().next());
        for first in firsts.chain([b'"']) {
            if let Some(begins) = begins.get_mut(usize::from(first)) {
                *begins = true;
            }
        }
        let mut packer = Packer::new(text);
        loop {
            packer.plain_until(&begins);
            let Some(first) = packer.left.bytes().next() else {
                return packer.out;
            };
            if first == b'"' {
                packer.word();
                continue;
            }
            let piece = pieces
                .iter()
                .find(|(_, piece)| !piece.is_empty() && packer.left.starts_with(piece));
            match piece {
                Some((code, piece)) => packer.code(*code, None, piece.len()),
                None => packer.plain(),
            }
        }
    }

    /// What was packed. [`StoreError::Corrupt`] where there is a code that no version up to this
    /// one wrote.
    pub(crate) fn unpack(&self, packed: &str) -> Result<String, StoreError> {
        if let Some(text) = packed.strip_prefix(char::from(AS_IS)) {
            return Ok(text.to_owned());
        }
        let mut out = String::with_capacity(USUAL * packed.len());
        let mut left = packed;
        while let Some(at) = left.bytes().position(|byte| byte < PLAIN) {
            let (plain, coded) = left.split_at(at);
            out.push_str(plain);
            left = self.expand(coded, &mut out).ok_or_else(|| {
                StoreError::Corrupt(format!("text of user {}: unknown code", self.id))
            })?;
        }
        out.push_str(left);
        Ok(out)
    }

    /// Appends the piece for the code at the start of the text, and returns the rest.
    fn expand<'t>(&self, coded: &'t str, out: &mut String) -> Option<&'t str> {
        let (code, left) = coded.as_bytes().split_first()?;
        match *code {
            ID => {
                let mut text = Uuid::encode_buffer();
                out.push_str(self.id.hyphenated().encode_lower(&mut text));
            }
            UPN => out.push_str(self.upn),
            LOCAL => out.push_str(self.parts().0),
            DOMAIN => out.push_str(self.parts().1),
            CREATED => out.push_str(self.created()),
            code => {
                let word = usize::from(*left.first()?).checked_sub(1)?;
                if word >= WORDS.len() {
                    return None;
                }
                out.push_str(match code {
                    WORD => WORDS.get(word)?,
                    code => {
                        let shape = usize::from(code.checked_sub(MEMBER)?);
                        MEMBERS.get(shape * WORDS.len() + word)?
                    }
                });
                return coded.get(2..);
            }
        }
        coded.get(1..)
    }
}

/// A text being packed: what is done and what is left of it.
struct Packer<'t> {
    out: String,
    /// Where in `out` what stands behind the last code begins.
    plain_from: usize,
    left: &'t str,
}

impl<'t> Packer<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            out: String::with_capacity(text.len()),
            plain_from: 0,
            left: text,
        }
    }

    /// Takes everything before the next byte that something may begin with, which is no byte within
    /// a character.
    fn plain_until(&mut self, begins: &[bool; 256]) {
        let begins = |byte| begins.get(usize::from(byte)).copied().unwrap_or(true);
        let at = self.left.bytes().position(begins);
        let (plain, left) = self.left.split_at(at.unwrap_or(self.left.len()));
        self.out.push_str(plain);
        self.left = left;
    }

    /// Takes the next character as it is.
    fn plain(&mut self) {
        let mut chars = self.left.chars();
        self.out.extend(chars.next());
        self.left = chars.as_str();
    }

    /// Writes a code for the next `length` bytes.
    fn code(&mut self, code: u8, number: Option<u8>, length: usize) {
        self.out.push(char::from(code));
        self.out.extend(number.map(char::from));
        self.plain_from = self.out.len();
        self.left = self.left.get(length..).unwrap_or_default();
    }

    /// Takes the quotation mark that is here, and a known word behind it.
    fn word(&mut self) {
        let inside = self.left.get(1..).unwrap_or_default();
        let Some((text, number)) = known_word(inside) else {
            return self.plain();
        };
        let behind = inside.get(text.len() + 1..).unwrap_or_default();
        let Some(value) = behind.strip_prefix(':') else {
            self.plain();
            return self.code(WORD, Some(number), text.len());
        };
        let plain = self.out.get(self.plain_from..).unwrap_or_default();
        let (before, end) = longest(&BEFORE, |end| plain.ends_with(end));
        let (after, start) = longest(&AFTER, |start| value.starts_with(start));
        let length = self.left.len() - value.len() + start.len();
        self.out.truncate(self.out.len() - end.len());
        let shape = u8::try_from(before * AFTER.len() + after).unwrap_or(0);
        self.code(MEMBER + shape, Some(number), length);
        if let Some((text, number)) = known_word(self.left).filter(|_| start.ends_with('"')) {
            self.code(WORD, Some(number), text.len());
        }
    }
}

/// The word before the next quotation mark, if it is one.
fn known_word(text: &str) -> Option<(&str, u8)> {
    let (text, _) = text.split_once('"')?;
    Some((text, *NUMBERS.get(text)?))
}

/// The longest that fits, and its place.
fn longest<'a>(of: &[&'a str], fits: impl Fn(&str) -> bool) -> (usize, &'a str) {
    of.iter()
        .copied()
        .enumerate()
        .filter(|(_, one)| fits(one))
        .max_by_key(|(_, one)| one.len())
        .unwrap_or((0, ""))
}
