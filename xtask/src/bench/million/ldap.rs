//! As much of LDAP as a load generator needs: three requests written, answers measured, nothing
//! decoded.
//!
//! A library would decode every entry, and on a machine that server and generator share that would
//! be measured as the server's slowness; the HTTP side reads no more of its answers either.

use anyhow::{Result, bail};

/// An element of the encoding: its tag, its length, its content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if let Ok(short @ 0..=127) = u8::try_from(length) {
        out.push(short);
    } else {
        // Two bytes hold every length that is written here.
        out.push(0x82);
        out.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    }
    out.extend_from_slice(content);
    out
}

fn octets(text: &str) -> Vec<u8> {
    element(0x04, text.as_bytes())
}

fn integer(value: i32) -> Vec<u8> {
    element(0x02, &value.to_be_bytes())
}

fn message(id: i32, operation: &[u8]) -> Vec<u8> {
    element(0x30, &[integer(id), operation.to_vec()].concat())
}

/// A simple bind.
pub(crate) fn bind(name: &str, password: &str) -> Vec<u8> {
    let content = [integer(3), octets(name), element(0x80, password.as_bytes())].concat();
    message(1, &element(0x60, &content))
}

/// What a search looks for.
pub(crate) enum Sought<'a> {
    /// The attribute has this value.
    Equal(&'a str, &'a str),
    /// The attribute begins so.
    Prefix(&'a str, &'a str),
}

/// A search below `base` for at most `limit` entries (0: all), with all their attributes.
pub(crate) fn search(base: &str, sought: &Sought<'_>, limit: i32) -> Vec<u8> {
    let filter = match sought {
        Sought::Equal(name, value) => element(0xA3, &[octets(name), octets(value)].concat()),
        Sought::Prefix(name, value) => {
            let parts = element(0x30, &element(0x80, value.as_bytes()));
            element(0xA4, &[octets(name), parts].concat())
        }
    };
    let content = [
        octets(base),
        // The whole subtree; aliases never followed; entries, time; values too.
        element(0x0A, &[2]),
        element(0x0A, &[0]),
        integer(limit),
        integer(0),
        element(0x01, &[0]),
        filter,
        element(0x30, &[]),
    ]
    .concat();
    message(2, &element(0x63, &content))
}

/// Adds an entry.
pub(crate) fn add(name: &str, attributes: &[(&str, String)]) -> Vec<u8> {
    let list: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, value)| {
            element(
                0x30,
                &[octets(name), element(0x31, &octets(value))].concat(),
            )
        })
        .collect();
    message(
        3,
        &element(0x68, &[octets(name), element(0x30, &list)].concat()),
    )
}

/// Looks whether `bytes` hold a whole answer: its result code and its length. Entries of a search
/// stand before its end.
pub(crate) fn measured(bytes: &[u8]) -> Result<Option<(u16, usize)>> {
    let mut at = 0;
    while let Some((start, end)) = content(bytes, at, 0x30)? {
        // The id, then the operation.
        let Some((_, after_id)) = content(bytes, start, 0x02)? else {
            bail!("an answer without an id");
        };
        let tag = bytes.get(after_id).copied().unwrap_or(0);
        if tag != 0x64 && tag != 0x73 {
            let Some((inside, _)) = content(bytes, after_id, tag)? else {
                bail!("an answer without a result");
            };
            let Some((code, _)) = content(bytes, inside, 0x0A)? else {
                bail!("a result without a code");
            };
            return Ok(Some((
                u16::from(bytes.get(code).copied().unwrap_or(255)),
                end,
            )));
        }
        at = end;
    }
    Ok(None)
}

/// Where the content of the element at `at` begins and ends; `None` when not all of it is there
/// yet.
fn content(bytes: &[u8], at: usize, tag: u8) -> Result<Option<(usize, usize)>> {
    let Some([found, first, rest @ ..]) = bytes.get(at..) else {
        return Ok(None);
    };
    if *found != tag {
        bail!("tag {found:#x} where {tag:#x} was expected");
    }
    let (length, start) = if *first < 0x80 {
        (usize::from(*first), at + 2)
    } else {
        let count = usize::from(first & 0x7F);
        let Some(digits) = rest.get(..count) else {
            return Ok(None);
        };
        let length = digits
            .iter()
            .fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
        (length, at + 2 + count)
    };
    let end = start + length;
    Ok((bytes.len() >= end).then_some((start, end)))
}

#[cfg(test)]
mod tests {
    use super::{Sought, add, measured, search};

    #[test]
    fn an_answer_is_whole_when_its_result_is_there() {
        // Two entries, then a search result done with code 4 (size limit).
        let entry = [0x30, 5, 2, 1, 2, 0x64, 0];
        let done = [0x30, 12, 2, 1, 2, 0x65, 7, 0x0A, 1, 4, 4, 0, 4, 0];
        let whole = [&entry[..], &entry[..], &done[..]].concat();
        assert_eq!(measured(&whole).unwrap(), Some((4, whole.len())));
        for cut in 0..whole.len() {
            assert_eq!(measured(&whole[..cut]).unwrap(), None, "{cut}");
        }
        assert!(measured(b"HTTP/1.1 200 OK").is_err());
    }

    #[test]
    fn lengths_above_127_take_two_bytes() {
        let long = search("ou=people", &Sought::Equal("uid", &"x".repeat(200)), 1);
        assert_eq!(long[..2], [0x30, 0x82]);
        assert_eq!(
            usize::from(u16::from_be_bytes([long[2], long[3]])),
            long.len() - 4
        );
        assert!(add("uid=a", &[("uid", "a".into())]).len() < 127);
    }
}
