//! From the facts of a letter to the words of a mail.
//!
//! The text part says everything by itself; the HTML part says the same in a table that mail
//! programs understand. The inviter's own words stand quoted under their name, escaped, and no link
//! is made of anything in them: an inviter could otherwise put their own link under our name.

use directory::Mail;
use directory::letter::{InvitationText, Letter, LetterKind, MemberText};
use directory::redemption::CODE_SECONDS;
use minijinja::{Value, context};

use super::branding::Brand;
use super::languages::{self, Places, Sentences};
use super::templates::TemplateError;

/// The words of a letter.
///
/// # Errors
/// [`TemplateError`], which no letter can provoke: the templates were tried out at start.
pub fn write(letter: &Letter, brand: &Brand) -> Result<Mail, TemplateError> {
    let language = letter
        .language
        .as_deref()
        .or(brand.default_language.as_deref());
    let sentences = languages::of(language);
    let words = words(sentences, &letter.kind);
    let values = context! { ..words.values.clone(), ..frame(sentences, &words, brand) };
    let text = brand.render(&format!("{}.txt", words.template), &values)?;
    let html = brand.render(&format!("{}.html", words.template), &values)?;
    Ok(Mail {
        message_id: letter.message_id.clone(),
        to: letter.to.clone(),
        from_name: None,
        cc: letter.kind.cc().map(str::to_owned),
        reply_to: brand.reply_to.clone(),
        unsubscribe: letter.kind.unsubscribe(),
        logo: brand.logo.clone(),
        subject: words.subject.replace(WORD_JOINER, ""),
        text,
        html,
        language: sentences.tag.to_owned(),
    })
}

/// Keeps Japanese particles on the line of the word before them. A header has no lines, and some
/// programs show it as a box.
const WORD_JOINER: char = '\u{2060}';

/// What a letter says, before its template.
pub(super) struct Words {
    pub(super) template: &'static str,
    subject: String,
    organisation: String,
    pub(super) values: Value,
}

/// The words of a kind of letter.
pub(super) fn words(s: &Sentences, kind: &LetterKind) -> Words {
    match kind {
        LetterKind::Invitation {
            invitation, link, ..
        } => write_invitation(s, invitation, Some(link)),
        LetterKind::InvitationCopy { invitation, .. } => write_invitation(s, invitation, None),
        LetterKind::Code {
            organisation, code, ..
        } => write_code(s, organisation, code),
        LetterKind::Membership {
            member,
            approved,
            sign_in_name,
            contact,
        } => write_membership(s, member, *approved, sign_in_name, contact.as_deref()),
        LetterKind::MembershipRequest {
            member,
            asked_by,
            address,
        } => write_request(s, member, asked_by, address),
    }
}

/// What stands around every letter: the organisation's colour and logo, the small print.
pub(super) fn frame(s: &Sentences, words: &Words, brand: &Brand) -> Value {
    let places = Places {
        organisation: &words.organisation,
        ..Places::default()
    };
    let mut sent_by = s.fill(s.sent_by, &places);
    if brand.reply_to.is_none() {
        // Japanese has no blanks between sentences.
        let joint = if s.tag == "ja" { "" } else { " " };
        sent_by = sent_by + joint + s.unread;
    }
    let colours = brand.accent.map(|accent| {
        let [light, dark] = accent.for_both_themes();
        context! { light, dark, on_light => "#ffffff", on_dark => "#101514" }
    });
    let footer: Vec<String> = brand
        .footer
        .iter()
        .flat_map(|text| text.lines().map(str::to_owned))
        .collect();
    context! {
        lang => s.tag,
        dir => s.direction,
        title => &words.subject,
        heading => &words.subject,
        organisation => &words.organisation,
        sent_by,
        footer,
        logo => brand.logo.is_some(),
        colours,
    }
}

fn write_invitation(s: &Sentences, invitation: &InvitationText, link: Option<&str>) -> Words {
    let masked = invitation.invited_masked();
    let date = s.instant(invitation.expires_at);
    // A person of the organisation's own name would read "Contoso invited you to join Contoso".
    let person = invitation.by_person
        && !invitation.inviter.trim().is_empty()
        && invitation.inviter.trim() != invitation.organisation;
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
    let subject = say(match (link.is_some(), person) {
        (true, true) => s.invitation,
        (true, false) => s.invitation_plain,
        (false, true) => s.copy,
        (false, false) => s.copy_plain,
    });
    let message = invitation
        .message
        .as_deref()
        .map(plain_lines)
        .filter(|message| !message.trim().is_empty());
    let message_lines: Option<Vec<String>> = message
        .as_ref()
        .map(|message| message.split('\n').map(str::to_owned).collect());
    let values = context! {
        copy_notice => link.is_none().then(|| say(s.copy_notice)),
        standing => say(s.standing),
        wrote => say(if person { s.wrote } else { s.wrote_plain }),
        message,
        message_lines,
        link,
        open => say(s.open),
        open_by_hand => say(s.open_by_hand),
        until => say(s.until),
        unexpected => say(s.unexpected),
    };
    Words {
        template: "invitation",
        subject,
        organisation: invitation.organisation.clone(),
        values,
    }
}

fn write_code(s: &Sentences, organisation: &str, code: &str) -> Words {
    let places = Places {
        organisation,
        // From when it was asked for: a code mail that would come after that is not sent at all
        //
        minutes: &(CODE_SECONDS / 60).to_string(),
        ..Places::default()
    };
    let say = |sentence: &str| s.fill(sentence, &places);
    let subject = say(s.code);
    let values = context! {
        purpose => say(s.code_purpose),
        code => grouped(code),
        lifetime => say(s.code_lifetime),
        secret => say(s.code_secret),
        unexpected => say(s.code_unexpected),
    };
    Words {
        template: "code",
        subject,
        organisation: organisation.to_owned(),
        values,
    }
}

/// To somebody whose joining was decided.
fn write_membership(
    s: &Sentences,
    member: &MemberText,
    approved: bool,
    sign_in_name: &str,
    contact: Option<&str>,
) -> Words {
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
    let paragraphs: Vec<String> = sentences
        .map(|sentence| s.fill(sentence, &places))
        .collect();
    plain(&places, subject, &paragraphs)
}

/// To whoever approves.
fn write_request(s: &Sentences, member: &MemberText, asked_by: &str, address: &str) -> Words {
    let id = member.member.to_string();
    let places = Places {
        inviter: asked_by,
        address,
        member: &id,
        ..about(member)
    };
    let subject = s.fill(s.request, &places);
    let paragraphs = [s.request_text, s.request_next].map(|sentence| s.fill(sentence, &places));
    plain(&places, subject, &paragraphs)
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
fn plain(places: &Places<'_>, subject: String, paragraphs: &[String]) -> Words {
    Words {
        template: "plain",
        subject,
        organisation: places.organisation.to_owned(),
        values: context! { paragraphs => paragraphs.to_vec() },
    }
}

/// `12345678` as `1234 5678`: groups of four are kept in mind better than eight digits.
fn grouped(code: &str) -> String {
    let digits: Vec<char> = code.chars().collect();
    let groups: Vec<String> = digits
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
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
