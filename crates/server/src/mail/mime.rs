//! A mail as it goes over the wire.
//!
//! The header set is fixed: From, To, Cc where somebody is copied, Reply-To where one is set,
//! List-Unsubscribe for invitations, Subject, Date, Message-ID, MIME-Version, Auto-Submitted,
//! Content-Type. What a stranger typed reaches a header in the subject and the addresses only, and
//! all are checked here again although the directory refused them before (T-19): a row restored
//! from an old backup has not passed today's checks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::names::steers;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, message};

use directory::{Mail, MailPicture};
use jiff::Timestamp;

/// A header line of 78 characters less `Subject: ` (RFC 5322 section 2.1.1); what is longer is
/// folded between encoded words.
const PLAIN_MAX: usize = 69;
/// Bytes in one encoded word: base64 makes 60 characters of 45, and with its frame the word stays
/// below 75 (RFC 2047 section 2).
const WORD_MAX: usize = 45;

/// Why a mail cannot be written down. Final: another attempt would meet the same text.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum Unfit {
    /// A line break or NUL where a header comes from.
    #[error("{0} holds a line break or NUL")]
    LineBreak(&'static str),
    /// Not exactly one address in ASCII.
    #[error("not one plain address")]
    Address,
    /// Not `<left@right>`.
    #[error("the message id is malformed")]
    MessageId,
    /// Refused by the message builder.
    #[error("not a message: {0}")]
    Message(String),
}

/// One recipient and the bytes for DATA, before dot-stuffing.
#[derive(Debug)]
pub(super) struct Composed {
    pub(super) envelope: Envelope,
    pub(super) bytes: Vec<u8>,
}

/// Writes a mail down, from the given sender.
pub(super) fn compose(mail: &Mail, from: &Mailbox, date: Timestamp) -> Result<Composed, Unfit> {
    let to = address(&mail.to)?;
    let mut from = from.clone();
    if let Some(name) = &mail.from_name {
        from.name = Some(header_text("sender's name", name)?);
    }
    let subject = HeaderValue::dangerous_new_pre_encoded(
        HeaderName::new_from_ascii_str("Subject"),
        mail.subject.clone(),
        encoded(&header_text("subject", &mail.subject)?),
    );
    let message_id = message_id(&mail.message_id)?;
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()])
        .map_err(|error| Unfit::Message(error.to_string()))?;
    let html = part(ContentType::TEXT_HTML, &mail.html);
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        // From the Message-ID, so that every delivery of one letter is the same message. No encoded
        // part can hold it: `=_` is neither base64 nor quoted-printable.
        .boundary(format!("=_{}", boundary(&message_id)))
        .singlepart(part(ContentType::TEXT_PLAIN, &mail.text));
    let parts = match &mail.logo {
        None => parts.singlepart(html),
        Some(logo) => parts.multipart(with_picture(html, logo, &message_id)?),
    };
    let mut builder = Message::builder()
        .envelope(envelope.clone())
        .from(from)
        .to(Mailbox::new(None, to));
    if let Some(cc) = &mail.cc {
        builder = builder.cc(Mailbox::new(None, address(cc)?));
    }
    if let Some(reply_to) = &mail.reply_to {
        builder = builder.reply_to(Mailbox::new(None, address(reply_to)?));
    }
    if let Some(page) = &mail.unsubscribe {
        builder = builder.raw_header(unsubscribe(page)?);
    }
    let message = builder
        .raw_header(subject)
        .date(date.into())
        .header(message::header::MessageId::from(message_id))
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ))
        .multipart(parts)
        .map_err(|error| Unfit::Message(error.to_string()))?;
    Ok(Composed {
        envelope,
        bytes: message.formatted(),
    })
}

/// A page that a mail program offers as "unsubscribe" (RFC 2369). There is no
/// `List-Unsubscribe-Post`: a request that a mail program sends by itself proves nothing, and
/// whoever got the mail forwarded could stop invitations to somebody else.
fn unsubscribe(page: &str) -> Result<HeaderValue, Unfit> {
    let plain = page
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
    if !plain {
        return Err(Unfit::LineBreak("unsubscribe address"));
    }
    let (name, value) = ("List-Unsubscribe", format!("<{page}>"));
    Ok(HeaderValue::dangerous_new_pre_encoded(
        HeaderName::new_from_ascii_str(name),
        value.clone(),
        value,
    ))
}

/// The HTML part with the picture it shows as `cid:logo`.
fn with_picture(
    html: SinglePart,
    logo: &MailPicture,
    message_id: &str,
) -> Result<MultiPart, Unfit> {
    let kind =
        ContentType::parse(logo.media_type).map_err(|error| Unfit::Message(error.to_string()))?;
    Ok(MultiPart::builder()
        .kind(MultiPartKind::Related)
        .boundary(format!("=_r{}", boundary(message_id)))
        .singlepart(html)
        .singlepart(Attachment::new_inline("logo".to_owned()).body(logo.bytes.to_vec(), kind)))
}

/// Quoted-printable where the text is mostly ASCII, base64 otherwise; never as it stands, so that
/// no line of a mail is a line somebody typed.
fn part(kind: ContentType, text: &str) -> SinglePart {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let encoding = match Body::new(text.clone()).encoding() {
        ContentTransferEncoding::Base64 => ContentTransferEncoding::Base64,
        _ => ContentTransferEncoding::QuotedPrintable,
    };
    SinglePart::builder()
        .header(kind)
        .header(encoding)
        .body(text)
}

/// Whether a character ends a line for any reader of mail, or ends a text for some.
fn breaks(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\0' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Text for a header. Other control characters say nothing in a subject and become spaces.
fn header_text(name: &'static str, text: &str) -> Result<String, Unfit> {
    if text.contains(breaks) {
        return Err(Unfit::LineBreak(name));
    }
    Ok(text.replace(steers, " "))
}

/// Text as a header carries it: plain where it is short and plain, else in RFC 2047 words. A name
/// that looks like such a word itself (`=?utf-8?q?…?=`) is wrapped too: left alone, a mail program
/// would show what it decodes to, which nobody has checked.
fn encoded(text: &str) -> String {
    let plain = text.is_ascii() && text.len() <= PLAIN_MAX && !text.contains("=?");
    if plain {
        return text.to_owned();
    }
    let mut words: Vec<String> = Vec::new();
    let mut chunk = String::new();
    for c in text.chars() {
        if chunk.len() + c.len_utf8() > WORD_MAX {
            words.push(std::mem::take(&mut chunk));
        }
        chunk.push(c);
    }
    words.push(chunk);
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?utf-8?b?{}?=", STANDARD.encode(word)))
        .collect();
    words.join("\r\n ")
}

fn address(text: &str) -> Result<Address, Unfit> {
    if text.contains(breaks) {
        return Err(Unfit::LineBreak("address"));
    }
    // SMTPUTF8 is not spoken: domains are A-labels by now and local parts ASCII.
    if !text.is_ascii()
        || text
            .contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;:\"\\()[]".contains(c))
    {
        return Err(Unfit::Address);
    }
    text.parse().map_err(|_| Unfit::Address)
}

fn message_id(text: &str) -> Result<String, Unfit> {
    let bare = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
        .unwrap_or(text);
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    match bare.split_once('@') {
        Some((left, right)) if plain(left) && plain(right) => Ok(format!("<{bare}>")),
        _ => Err(Unfit::MessageId),
    }
}

/// The letters and digits of a Message-ID's left part, at most 60: a boundary has at most 70
/// characters.
fn boundary(message_id: &str) -> String {
    message_id
        .split('@')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(60)
        .collect()
}
