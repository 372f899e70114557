//! Percent-decoding that remembers where each byte came from, so that errors point into what was
//! sent.

use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};

/// Decoded text with the place of each of its bytes in the query string.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Offset in the query string of each byte of `text`, and of what follows the last.
    places: Vec<usize>,
}

impl Decoded {
    /// The part between two offsets of `text`, with its places.
    pub(crate) fn part(&self, from: usize, to: usize) -> Self {
        Self {
            text: self.text.get(from..to).unwrap_or_default().to_owned(),
            places: self.places.get(from..=to).unwrap_or_default().to_vec(),
        }
    }

    /// The offset in the query string of the byte of `text` at `at`; of the end for anything
    /// beyond.
    pub(crate) fn place(&self, at: usize) -> usize {
        self.places
            .get(at)
            .or(self.places.last())
            .copied()
            .unwrap_or_default()
    }
}

/// A value of a query string as it was meant, and a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuePosition {
    /// The decoded value.
    pub text: String,
    /// Characters of it before the place.
    pub position: usize,
}

/// The value that an offset in a query string points into, decoded; `None` where it points into a
/// name, or beyond.
pub fn position_in_value(query: &str, offset: usize) -> Option<ValuePosition> {
    let mut start = 0;
    for pair in query.split('&') {
        let end = start + pair.len();
        if offset <= end {
            let name = pair.find('=')? + 1;
            let value = decode(pair.get(name..)?, start + name).ok()?;
            let byte = value.places.iter().position(|place| *place == offset)?;
            let before = value.text.get(..byte)?;
            return Some(ValuePosition {
                position: before.chars().count(),
                text: value.text,
            });
        }
        start = end + 1;
    }
    None
}

/// Decodes a name or a value that stands at `start` of the query string: `%XX` is a byte, `+` a
/// space, as forms write it and some clients send it.
pub(crate) fn decode(raw: &str, start: usize) -> Result<Decoded, SyntaxFault> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut places = Vec::with_capacity(raw.len() + 1);
    let mut left = raw.as_bytes();
    loop {
        let place = start + raw.len() - left.len();
        places.push(place);
        let (byte, rest) = match left {
            [] => break,
            [b'%', rest @ ..] => {
                let (byte, rest) = escaped(rest).ok_or((place, SyntaxErrorKind::Escape))?;
                (byte, rest)
            }
            [b'+', rest @ ..] => (b' ', rest),
            [byte, rest @ ..] => (*byte, rest),
        };
        if byte == 0 {
            return Err((place, SyntaxErrorKind::NotText));
        }
        bytes.push(byte);
        left = rest;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text, places }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err((
                places.get(at).copied().unwrap_or(start),
                SyntaxErrorKind::NotText,
            ))
        }
    }
}

fn escaped(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let [high, low, rest @ ..] = bytes else {
        return None;
    };
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    Some((digit(*high)? * 16 + digit(*low)?, rest))
}

/// Appends text to a query string: what may stand there unencoded in a value does, the rest is
/// percent-encoded.
pub(crate) fn encode(out: &mut String, text: &str) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/*,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(HEX.get(usize::from(byte >> 4)));
            out.extend(HEX.get(usize::from(byte & 15)));
        }
    }
}
