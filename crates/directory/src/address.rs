//! E-mail addresses: what is accepted, how it is kept, and the one key by which two spellings are
//! the same mailbox.
//!
//! The key is NFC, the local part in ASCII lower case, the domain as UTS-46 A-labels, compared byte
//! for byte (T-55). There is no Unicode case folding and no compatibility mapping: a character that
//! some mapping turns into ASCII (`ı`, `ſ`, the Kelvin sign, full-width letters) must never reach
//! the mailbox of the ASCII spelling.
//!
//! The forbidden characters are those the invitation document lists, except `+`: plus-addressing is
//! a mailbox of its own, in daily use, and refusing it keeps people out for no gain.

mod domain;
mod twin;

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

pub use domain::canonical as canonical_domain;
pub(crate) use twin::is_invisible;

/// Longest local part in bytes (RFC 5321, 4.5.3.1.1).
pub const MAX_LOCAL: usize = 64;
/// Longest address in bytes: a path of 256 holds the two angle brackets (RFC 5321, 4.5.3.1.3, and
/// erratum 1690 of RFC 3696).
pub const MAX_ADDRESS: usize = 254;
/// Longest domain of a user principal name, and so of a tenant.
pub(crate) const LONGEST_DOMAIN: usize = 48;
/// Longest text worth normalising: 254 bytes of A-labels come from at most as many characters of
/// four bytes.
const MAX_SENT: usize = 4 * MAX_ADDRESS;

/// Which local parts are taken (R-39: non-ASCII only where SMTPUTF8 is switched on).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LocalParts {
    /// ASCII only; every mail server can deliver these.
    #[default]
    Ascii,
    /// Non-ASCII too; the configured mail server speaks SMTPUTF8.
    Utf8,
}

/// Why a text is not an address we take. The text of each is a public sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Nothing before or after the `@`, or nothing at all.
    #[error("it must have the form name@domain")]
    Form,
    /// More than one `@`, a list separator, or a display name: exactly one address is taken (T-57).
    #[error("it must be exactly one address")]
    NotOne,
    /// Over 64 bytes before the `@`, or over 254 in all.
    #[error("it is too long")]
    TooLong,
    /// White space or a control or formatting character (T-19).
    #[error("it must not hold spaces or control characters")]
    Control,
    /// A character that invitations do not take.
    #[error("it holds a character that is not allowed")]
    Character,
    /// A look-alike of `@` or of the dot, or a character that some mapping turns into ASCII (T-55).
    #[error("it holds a character that looks like another one")]
    LookAlike,
    /// The part before the `@` is quoted, or `.` or `-` stands at an end or `.` twice.
    #[error("the part before the @ is not valid")]
    Local,
    /// Non-ASCII before the `@` while SMTPUTF8 is off.
    #[error("the part before the @ must be ASCII")]
    NonAsciiLocal,
    /// Not a domain name with at least two labels.
    #[error("the domain is not valid")]
    Domain,
}

/// One checked e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    stored: String,
    key: String,
    /// Byte length of the local part in `stored` and in `key`: ASCII lower-casing does not change
    /// it.
    local: usize,
}

impl Address {
    /// Checks `text` as exactly one `addr-spec`.
    ///
    /// # Errors
    /// [`AddressFault`] says which rule failed first.
    pub fn parse(text: &str, locals: LocalParts) -> Result<Self, AddressFault> {
        if text.len() > MAX_SENT {
            return Err(AddressFault::TooLong);
        }
        if text.chars().any(twin::is_separator_look_alike) {
            return Err(AddressFault::LookAlike);
        }
        if text.chars().any(twin::is_invisible) {
            return Err(AddressFault::Control);
        }
        let (local, domain) = text.split_once('@').ok_or(AddressFault::Form)?;
        if domain.contains('@') || text.contains([',', ';', '<', '>']) {
            return Err(AddressFault::NotOne);
        }
        if local.is_empty() || domain.is_empty() {
            return Err(AddressFault::Form);
        }
        let local = check_local(local, locals)?;
        let domain = domain::canonical(domain)?;
        if local.len() > MAX_LOCAL || local.len() + 1 + domain.len() > MAX_ADDRESS {
            return Err(AddressFault::TooLong);
        }
        let key = format!("{}@{domain}", local.to_ascii_lowercase());
        Ok(Self {
            stored: format!("{local}@{domain}"),
            key,
            local: local.len(),
        })
    }

    /// The address as kept and mailed to: the local part as sent, the domain as A-labels.
    pub fn as_str(&self) -> &str {
        &self.stored
    }

    /// The canonical key: two addresses with one key are one mailbox (T-55, T-56).
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The part before the `@`, as sent.
    pub fn local(&self) -> &str {
        self.stored.get(..self.local).unwrap_or_default()
    }

    /// The domain as lower-case A-labels.
    pub fn domain(&self) -> &str {
        self.stored.get(self.local + 1..).unwrap_or_default()
    }

    /// The address as a stranger may see it: `j•••@e•••.com` (T-6).
    pub fn masked(&self) -> String {
        masked(&self.stored)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.stored)
    }
}

/// Stands for an address in log lines: the first 16 hexadecimal digits of the SHA-256 of its stored
/// form in lower case. With the address one finds its lines; a reader of the log does not learn
/// addresses.
pub fn hash(stored: &str) -> String {
    let lower = stored.to_ascii_lowercase();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, lower.as_bytes());
    digest
        .as_ref()
        .iter()
        .take(8)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Masks a stored address: the first character of each side and the last label of the domain stay
/// (T-6).
///
/// There are three dots whatever the length, so that the mask does not tell it. A-labels are shown
/// as the person knows them.
pub fn masked(stored: &str) -> String {
    let (local, domain) = stored.split_once('@').unwrap_or((stored, ""));
    let (domain, _) = idna::domain_to_unicode(domain);
    let (name, last) = domain.rsplit_once('.').unwrap_or((&domain, ""));
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    let dot = if last.is_empty() { "" } else { "." };
    format!("{}•••@{}•••{dot}{last}", first(local), first(name))
}

/// Checks the local part and brings it to NFC.
fn check_local(local: &str, locals: LocalParts) -> Result<Cow<'_, str>, AddressFault> {
    if local.starts_with('"') || local.ends_with('"') {
        return Err(AddressFault::Local);
    }
    if !local.is_ascii() {
        if locals == LocalParts::Ascii {
            return Err(AddressFault::NonAsciiLocal);
        }
        // NFC alone turns the Kelvin sign into K: without this the two would share a key.
        if local.chars().any(twin::composes_to_ascii) {
            return Err(AddressFault::LookAlike);
        }
    }
    let local = ComposingNormalizerBorrowed::new_nfc().normalize(local);
    if local
        .chars()
        .any(|c| c.is_ascii() && !is_local_character(c))
    {
        return Err(AddressFault::Character);
    }
    let ends = |c: char| local.starts_with(c) || local.ends_with(c);
    if ends('.') || ends('-') || local.contains("..") {
        return Err(AddressFault::Local);
    }
    Ok(local)
}

/// RFC 5321 `atext` and the dot, without what the invitation document forbids; `+` stays (see the
/// module's head).
fn is_local_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '\'' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(&str, &str), AddressFault>) {
        let found = Address::parse(text, LocalParts::Ascii);
        let found = found
            .as_ref()
            .map(|a| (a.as_str(), a.key()))
            .map_err(|fault| *fault);
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn one_address_has_one_key() {
        check(
            "Sam@Fabrikam.Example",
            Ok(("Sam@fabrikam.example", "sam@fabrikam.example")),
        );
        check(
            "sam+list@fabrikam.com",
            Ok(("sam+list@fabrikam.com", "sam+list@fabrikam.com")),
        );
        check(
            "o'brien_x@a-b.example",
            Ok(("o'brien_x@a-b.example", "o'brien_x@a-b.example")),
        );
        check(
            "sam@Bücher.example",
            Ok(("sam@xn--bcher-kva.example", "sam@xn--bcher-kva.example")),
        );
        check(
            "sam@bu\u{308}cher.example",
            Ok(("sam@xn--bcher-kva.example", "sam@xn--bcher-kva.example")),
        );
        check(
            "sam@XN--BCHER-KVA.example",
            Ok(("sam@xn--bcher-kva.example", "sam@xn--bcher-kva.example")),
        );
        check(
            "sam@straße.example",
            Ok(("sam@xn--strae-oqa.example", "sam@xn--strae-oqa.example")),
        );
    }

    #[test]
    fn hostile_texts_are_refused() {
        use AddressFault::{
            Character, Control, Domain, Form, Local, LookAlike, NonAsciiLocal, NotOne, TooLong,
        };
        let long_local = format!("{}@a.example", "a".repeat(65));
        let long_domain = format!("a@{}example", "abcdefghi.".repeat(25));
        let huge = "a".repeat(5000);
        for (text, fault) in [
            ("", Form),
            ("sam", Form),
            ("@fabrikam.com", Form),
            ("sam@", Form),
            ("a@x.com, b@y.com", Control),
            ("a@x.com,b@y.com", NotOne),
            ("a@x.com;b@y.com", NotOne),
            ("a@b@c.com", NotOne),
            ("<a@x.com>", NotOne),
            ("Sam<a@x.com>", NotOne),
            ("Sam <a@x.com>", Control),
            (" a@x.com", Control),
            ("a@x.com ", Control),
            ("a@x.com\r\nBcc: b@y.com", Control),
            ("a@x.com\u{85}", Control),
            ("a@x.com\u{2028}", Control),
            ("a\0@x.com", Control),
            ("a\u{200b}@x.com", Control),
            ("a\u{202e}@x.com", Control),
            ("\"a b\"@x.com", Control),
            ("\"ab\"@x.com", Local),
            ("a(b)@x.com", Character),
            ("a!b@x.com", Character),
            ("a%b@x.com", Character),
            ("a/b@x.com", Character),
            ("a#EXT#@x.com", Character),
            (".a@x.com", Local),
            ("a.@x.com", Local),
            ("-a@x.com", Local),
            ("a-@x.com", Local),
            ("a..b@x.com", Local),
            ("jörg@x.com", NonAsciiLocal),
            ("a\u{ff20}x.com", LookAlike),
            ("a@b\u{fe6b}x.com", LookAlike),
            ("a@x\u{3002}com", LookAlike),
            ("a@x\u{ff0e}com", LookAlike),
            ("a@x\u{ff61}com", LookAlike),
            ("a@x\u{2024}com", LookAlike),
            ("a@fabri\u{212a}am.com", LookAlike),
            ("a@\u{ff46}abrikam.com", LookAlike),
            ("a@fa\u{ad}brikam.com", Control),
            ("a@localhost", Domain),
            ("a@x.com.", Domain),
            ("a@.x.com", Domain),
            ("a@x..com", Domain),
            ("a@-x.com", Domain),
            ("a@x-.com", Domain),
            ("a@x_y.com", Domain),
            ("a@[127.0.0.1]", Domain),
            ("a@127.0.0.1", Domain),
            ("a@xn--zzzzzzzz99999.com", Domain),
            ("a@x.com:25", Domain),
            ("a@x%2ecom", Domain),
            (&long_local, TooLong),
            (&long_domain, TooLong),
            (&huge, TooLong),
        ] {
            check(text, Err(fault));
        }
    }

    #[test]
    fn smtputf8_keeps_the_local_part_but_no_twin() {
        let parse = |text| Address::parse(text, LocalParts::Utf8);
        assert_eq!(parse("JÖRG@x.com").unwrap().key(), "jÖrg@x.com");
        assert_eq!(parse("jo\u{308}rg@x.com").unwrap().key(), "jörg@x.com");
        assert_ne!(parse("ſam@x.com").unwrap().key(), "sam@x.com");
        assert_eq!(parse("\u{212a}im@x.com"), Err(AddressFault::LookAlike));
    }

    #[test]
    fn pages_show_the_mask() {
        for (stored, expected) in [
            ("john@example.com", "j•••@e•••.com"),
            ("j@e.co", "j•••@e•••.co"),
            ("sam@mail.fabrikam.example", "s•••@m•••.example"),
            ("sam@xn--bcher-kva.example", "s•••@b•••.example"),
        ] {
            assert_eq!(masked(stored), expected);
        }
    }
}
