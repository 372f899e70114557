//! From the facts of a letter to the words of a mail.
//!
//! The text part says everything by itself; the HTML part says the same in a table that mail programs understand. The inviter's own words stand
//! quoted under his name, escaped, and no link is made of anything in them (threats B12, B13).

use directory::Mail;
use directory::letter::{InvitationText, Letter, LetterKind, MemberText};
use directory::redemption::CODE_SECONDS;
use minijinja::context;

use super::languages::{self, Places, Sentences};
use super::templates::{TemplateError, render};

/// The words of a letter.
///
/// # Errors
/// [`TemplateError`], which no letter can provoke.
pub fn write(letter: &Letter) -> Result<Mail, TemplateError> {
    let sentences = languages::of(letter.language.as_deref());
    let (subject, text, html) = match &letter.kind {
        LetterKind::Invitation {
            invitation, link, ..
        } => write_invitation(sentences, invitation, Some(link))?,
        LetterKind::InvitationCopy { invitation, .. } => {
            write_invitation(sentences, invitation, None)?
        }
        LetterKind::Code {
            organisation, code, ..
        } => write_code(sentences, organisation, code)?,
        LetterKind::Membership {
            member,
            approved,
            sign_in_name,
            contact,
        } => write_membership(
            sentences,
            member,
            *approved,
            sign_in_name,
            contact.as_deref(),
        )?,
        LetterKind::MembershipRequest {
            member,
            asked_by,
            address,
        } => write_request(sentences, member, asked_by, address)?,
    };
    Ok(Mail {
        message_id: letter.message_id.clone(),
        to: letter.to.clone(),
        from_name: None,
        cc: letter.kind.cc().map(str::to_owned),
        subject,
        text,
        html,
        language: sentences.tag.to_owned(),
    })
}

fn write_invitation(
    s: &Sentences,
    invitation: &InvitationText,
    link: Option<&str>,
) -> Result<(String, String, String), TemplateError> {
    let masked = invitation.invited_masked();
    let date = s.instant(invitation.expires_at);
    let places = Places {
        inviter: &invitation.inviter,
        organisation: &invitation.organisation,
        domain: &invitation.organisation_domain,
        // A copy's reader learns who was invited only as far as a masked address tells.
        address: if link.is_some() {
            &invitation.invited
        } else {
            &masked
        },
        host: &invitation.redirect_host,
        date: &date,
        ..Places::default()
    };
    let say = |sentence: &str| s.fill(sentence, &places);
    let subject = say(if link.is_some() { s.invitation } else { s.copy });
    let message = invitation
        .message
        .as_deref()
        .map(plain_lines)
        .filter(|message| !message.trim().is_empty());
    let message_lines: Option<Vec<String>> = message
        .as_ref()
        .map(|message| message.split('\n').map(str::to_owned).collect());
    let values = context! {
        lang => s.tag,
        dir => s.direction,
        title => &subject,
        organisation => &invitation.organisation,
        heading => &subject,
        copy_notice => link.is_none().then(|| say(s.copy_notice)),
        standing => say(s.standing),
        wrote => say(s.wrote),
        message,
        message_lines,
        link,
        open => say(s.open),
        open_by_hand => say(s.open_by_hand),
        until => say(s.until),
        next => say(s.next),
        steps => [say(s.next_steps), say(s.told), say(s.next_host)],
        unexpected => say(s.unexpected),
        never_again => say(s.never_again),
        sent_by => say(s.sent_by),
    };
    let text = render("invitation.txt", &values)?;
    let html = render("invitation.html", &values)?;
    Ok((subject, text, html))
}

fn write_code(
    s: &Sentences,
    organisation: &str,
    code: &str,
) -> Result<(String, String, String), TemplateError> {
    let places = Places {
        organisation,
        // From when it was asked for: a code mail that would come after that is not sent at all (decision 32).
        minutes: &(CODE_SECONDS / 60).to_string(),
        ..Places::default()
    };
    let say = |sentence: &str| s.fill(sentence, &places);
    let subject = say(s.code);
    let values = context! {
        lang => s.tag,
        dir => s.direction,
        title => &subject,
        organisation,
        heading => &subject,
        purpose => say(s.code_purpose),
        code => grouped(code),
        lifetime => say(s.code_lifetime),
        secret => say(s.code_secret),
        unexpected => say(s.code_unexpected),
        sent_by => say(s.sent_by),
    };
    let text = render("code.txt", &values)?;
    let html = render("code.html", &values)?;
    Ok((subject, text, html))
}

/// To somebody whose joining was decided.
fn write_membership(
    s: &Sentences,
    member: &MemberText,
    approved: bool,
    sign_in_name: &str,
    contact: Option<&str>,
) -> Result<(String, String, String), TemplateError> {
    let places = Places {
        address: sign_in_name,
        contact: contact.unwrap_or_default(),
        ..about(member)
    };
    let subject = s.fill(if approved { s.member_in } else { s.member_out }, &places);
    let decided: &[&str] = if approved {
        &[s.member_in_text, s.member_in_name]
    } else {
        &[s.member_out_text]
    };
    let ask = contact.map(|_| s.member_contact);
    let sentences = decided
        .iter()
        .copied()
        .chain(ask)
        .chain([s.member_unexpected]);
    let paragraphs = sentences
        .map(|sentence| s.fill(sentence, &places))
        .collect();
    plain(s, &places, subject, paragraphs)
}

/// To whoever approves.
fn write_request(
    s: &Sentences,
    member: &MemberText,
    asked_by: &str,
    address: &str,
) -> Result<(String, String, String), TemplateError> {
    let id = member.member.to_string();
    let places = Places {
        inviter: asked_by,
        address,
        member: &id,
        ..about(member)
    };
    let subject = s.fill(s.request, &places);
    let paragraphs = [s.request_text, s.request_next]
        .map(|sentence| s.fill(sentence, &places))
        .to_vec();
    plain(s, &places, subject, paragraphs)
}

fn about(member: &MemberText) -> Places<'_> {
    Places {
        organisation: &member.organisation,
        domain: &member.organisation_domain,
        person: &member.person,
        ..Places::default()
    }
}

/// A letter that is a heading and some paragraphs.
fn plain(
    s: &Sentences,
    places: &Places<'_>,
    subject: String,
    paragraphs: Vec<String>,
) -> Result<(String, String, String), TemplateError> {
    let values = context! {
        lang => s.tag,
        dir => s.direction,
        title => &subject,
        organisation => places.organisation,
        heading => &subject,
        paragraphs,
        sent_by => s.fill(s.sent_by, places),
    };
    let text = render("plain.txt", &values)?;
    let html = render("plain.html", &values)?;
    Ok((subject, text, html))
}

/// `12345678` as `1234 5678`: two halves are kept in mind better than eight digits.
fn grouped(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((left, right)) if !right.is_empty() => format!("{left} {right}"),
        _ => code.to_owned(),
    }
}

/// Text with one kind of line end, so that each of its lines is quoted in the text part.
fn plain_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace(
            ['\r', '\u{85}', '\u{2028}', '\u{2029}', '\u{b}', '\u{c}'],
            "\n",
        )
        .replace('\0', "\u{fffd}")
}
