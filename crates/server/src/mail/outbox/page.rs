//! The page at `/outbox`: the list, and one mail beside it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Value, context};
use store::LetterState;

use super::message::Message;
use super::query::Query;
use crate::mail::templates::{TemplateError, render};

/// Fills the page. Without a chosen mail the newest stands beside the list where the window is wide
/// enough for both.
pub(super) fn render_page(query: &Query, messages: &[Message]) -> Result<String, TemplateError> {
    let chosen = query
        .message
        .and_then(|id| messages.iter().find(|message| message.letter.id == id));
    let open = chosen.or_else(|| messages.first());
    let open_id = open.map(|message| message.letter.id);
    let rows: Vec<Value> = messages
        .iter()
        .map(|message| row(query, message, Some(message.letter.id) == open_id))
        .collect();
    render(
        "outbox.html",
        &context! {
            to => query.to.as_deref(),
            search => query.search.as_deref(),
            all => address(query, None),
            rows,
            count => messages.len(),
            full => messages.len() >= usize::try_from(query.top).unwrap_or(usize::MAX),
            chosen => chosen.is_some(),
            reload => address(query, query.message),
            open => open.map(|message| row(query, message, true)),
        },
    )
}

fn row(query: &Query, message: &Message, open: bool) -> Value {
    let at = message.sent_at.unwrap_or(message.created_at);
    context! {
        id => message.letter.id.to_string(),
        href => address(query, Some(message.letter.id)),
        subject => &message.mail.subject,
        language => &message.mail.language,
        kind => message.kind(),
        to => &message.mail.to,
        cc => message.mail.cc.as_deref(),
        at => at.to_string(),
        time => time(at),
        link => message.letter.kind.link(),
        code => message.letter.kind.code().map(|code| code.split_at_checked(4).map_or_else(|| code.to_owned(), |(a, b)| format!("{a} {b}"))),
        trouble => trouble(message),
        text => &message.mail.text,
        open,
    }
}

/// Why a mail has not gone out, if so.
fn trouble(message: &Message) -> Option<String> {
    let reply = message.last_error.as_deref();
    match (message.state, reply) {
        (LetterState::Sent, _) => None,
        (LetterState::Waiting, None) => Some("Not handed over yet.".to_owned()),
        (LetterState::Waiting, Some(reply)) => Some(format!(
            "Not handed over yet, will be tried again. Last answer: {reply}"
        )),
        (LetterState::Failed, reply) => Some(format!(
            "Could not be delivered: {}",
            reply.unwrap_or("its time ran out")
        )),
        (LetterState::Dropped, _) => {
            Some("Not sent: it had become pointless before it could go out.".to_owned())
        }
    }
}

/// Seconds matter when one looks for the mail that was sent just now; the exact instant stands in
/// the `datetime` attribute.
fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M:%S UTC")
        .to_string()
}

/// The page's own address with another mail open.
fn address(query: &Query, message: Option<uuid::Uuid>) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    if let Some(to) = &query.to {
        parameters.append_pair("to", to);
    }
    if let Some(search) = &query.search {
        parameters.append_pair("search", search);
    }
    if let Some(message) = message {
        parameters.append_pair("message", &message.to_string());
    }
    let parameters = parameters.finish();
    if parameters.is_empty() {
        "/outbox".to_owned()
    } else {
        format!("/outbox?{parameters}")
    }
}
