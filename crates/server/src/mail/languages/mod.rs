//! The sentences of the mails, one file per language.
//!
//! A language is complete or it is not here: `Sentences` has no optional field, so a missing
//! sentence does not compile. Values are put into the `{place}`s of a sentence in one pass, so that
//! an organisation that calls itself `{inviter}` stays just that.

mod ar;
mod de;
mod en;
mod ja;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Everything our mails say, in one language. Places are written `{inviter}`, `{organisation}`,
/// `{domain}`, `{address}`, `{host}`, `{minutes}`, `{date}`, `{person}`, `{contact}` and
/// `{member}`.
pub(crate) struct Sentences {
    /// BCP 47 tag, for `lang`.
    pub tag: &'static str,
    /// `ltr` or `rtl`, for `dir`.
    pub direction: &'static str,
    /// Subject and heading of an invitation by a person.
    pub invitation: &'static str,
    /// Subject and heading of an invitation where no person is known to have invited.
    pub invitation_plain: &'static str,
    /// Subject and heading of the copy for a cc recipient: who was invited, masked.
    pub copy: &'static str,
    /// Subject and heading of the copy where no person is known to have invited.
    pub copy_plain: &'static str,
    /// First sentence of an invitation: who invites whom, under which address.
    pub standing: &'static str,
    /// First sentence of a copy: why the reader has it and where the link is.
    pub copy_notice: &'static str,
    /// Above the words of the person who invites.
    pub wrote: &'static str,
    /// Above the words of an invitation where no person is known.
    pub wrote_plain: &'static str,
    /// On the button.
    pub open: &'static str,
    /// Above the link in full.
    pub open_by_hand: &'static str,
    /// How long the link works.
    pub until: &'static str,
    /// What to do with an unexpected invitation.
    pub unexpected: &'static str,
    /// Subject of a code mail. It does not hold the code: subjects show on locked screens.
    pub code: &'static str,
    /// What the code is for.
    pub code_purpose: &'static str,
    /// How long and where the code works.
    pub code_lifetime: &'static str,
    /// Nobody asks for it.
    pub code_secret: &'static str,
    /// What to do with an unexpected code.
    pub code_unexpected: &'static str,
    /// Subject and heading when somebody's joining was approved.
    pub member_in: &'static str,
    /// That it was, and by whom.
    pub member_in_text: &'static str,
    /// The name to sign in with.
    pub member_in_name: &'static str,
    /// Subject and heading when it was declined.
    pub member_out: &'static str,
    /// That it was, and what follows.
    pub member_out_text: &'static str,
    /// Whom to ask.
    pub member_contact: &'static str,
    /// What to do with an unexpected letter about joining.
    pub member_unexpected: &'static str,
    /// Subject and heading for whoever approves.
    pub request: &'static str,
    /// Who asked for whom.
    pub request_text: &'static str,
    /// What waits for the decision, and where it is taken.
    pub request_next: &'static str,
    /// The small print.
    pub sent_by: &'static str,
    /// What follows it where replies lead nowhere.
    pub unread: &'static str,
    /// How an instant is written; places `{day}`, `{month}`, `{year}` and `{time}`.
    pub date: &'static str,
    /// January to December.
    pub months: [&'static str; 12],
}

/// The sentences for a BCP 47 tag: by its primary subtag, English where we do not speak it.
pub(crate) fn of(tag: Option<&str>) -> &'static Sentences {
    let primary = tag
        .and_then(|tag| tag.split(['-', '_']).next())
        .unwrap_or_default();
    ALL.into_iter()
        .find(|sentences| sentences.tag.eq_ignore_ascii_case(primary))
        .unwrap_or(&en::SENTENCES)
}

/// Every language we speak.
pub(crate) const ALL: [&Sentences; 4] = [
    &en::SENTENCES,
    &de::SENTENCES,
    &ja::SENTENCES,
    &ar::SENTENCES,
];

/// What goes into the places of a sentence.
#[derive(Clone, Copy, Default)]
pub(crate) struct Places<'a> {
    pub inviter: &'a str,
    pub organisation: &'a str,
    pub domain: &'a str,
    pub address: &'a str,
    pub host: &'a str,
    pub minutes: &'a str,
    pub date: &'a str,
    pub person: &'a str,
    pub contact: &'a str,
    pub member: &'a str,
}

impl Places<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "inviter" => Some(self.inviter),
            "organisation" => Some(self.organisation),
            "domain" => Some(self.domain),
            "address" => Some(self.address),
            "host" => Some(self.host),
            "minutes" => Some(self.minutes),
            "date" => Some(self.date),
            "person" => Some(self.person),
            "contact" => Some(self.contact),
            "member" => Some(self.member),
            _ => None,
        }
    }
}

impl Sentences {
    /// A sentence with its places filled.
    pub(crate) fn fill(&self, sentence: &str, places: &Places<'_>) -> String {
        fill(sentence, |name| {
            places.get(name).map(|value| self.isolated(value))
        })
    }

    /// Keeps a value's own direction from turning the words around it: an Arabic name in an English
    /// sentence would take the full stop with it. Pure left-to-right text in a left-to-right
    /// sentence needs no marks, and most mails stay free of them.
    fn isolated(&self, value: &str) -> String {
        if self.direction == "ltr" && !value.chars().any(turns) {
            value.to_owned()
        } else {
            format!("\u{2068}{}\u{2069}", balanced(value))
        }
    }

    /// An instant in words, in UTC: the reader's zone is not known.
    pub(crate) fn instant(&self, instant: Timestamp) -> String {
        let at = instant.to_zoned(TimeZone::UTC);
        let month = usize::try_from(at.month() - 1)
            .ok()
            .and_then(|month| self.months.get(month))
            .copied()
            .unwrap_or_default();
        fill(self.date, |name| match name {
            "day" => Some(at.day().to_string()),
            "month" => Some(month.to_owned()),
            "year" => Some(at.year().to_string()),
            "time" => Some(format!("{:02}:{:02}", at.hour(), at.minute())),
            _ => None,
        })
    }
}

/// Replaces each `{name}` that `value` knows, in one pass from left to right; everything else stays
/// as it stands.
fn fill(sentence: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(sentence.len() + 64);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let found = after
            .split_once('}')
            .and_then(|(name, tail)| value(name).map(|value| (value, tail)));
        if let Some((value, tail)) = found {
            filled.push_str(&value);
            rest = tail;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

/// Whether a character makes its surroundings run from right to left, or changes direction by
/// command.
fn turns(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
        || directs(c)
}

/// The invisible commands of the bidirectional algorithm.
fn directs(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A name without directional commands: `\u{2069}\u{202E}` in one would close our isolate and turn
/// the rest of the sentence round.
fn balanced(value: &str) -> String {
    value.chars().filter(|c| !directs(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places_in(sentence: &str) -> Vec<&str> {
        let mut names: Vec<&str> = sentence
            .split('{')
            .skip(1)
            .filter_map(|part| part.split('}').next())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn sentences(s: &Sentences) -> Vec<(&'static str, &'static str)> {
        vec![
            ("invitation", s.invitation),
            ("invitation_plain", s.invitation_plain),
            ("copy", s.copy),
            ("copy_plain", s.copy_plain),
            ("wrote_plain", s.wrote_plain),
            ("unread", s.unread),
            ("standing", s.standing),
            ("copy_notice", s.copy_notice),
            ("wrote", s.wrote),
            ("open", s.open),
            ("open_by_hand", s.open_by_hand),
            ("until", s.until),
            ("unexpected", s.unexpected),
            ("code", s.code),
            ("code_purpose", s.code_purpose),
            ("code_lifetime", s.code_lifetime),
            ("code_secret", s.code_secret),
            ("code_unexpected", s.code_unexpected),
            ("member_in", s.member_in),
            ("member_in_text", s.member_in_text),
            ("member_in_name", s.member_in_name),
            ("member_out", s.member_out),
            ("member_out_text", s.member_out_text),
            ("member_contact", s.member_contact),
            ("member_unexpected", s.member_unexpected),
            ("request", s.request),
            ("request_text", s.request_text),
            ("request_next", s.request_next),
            ("sent_by", s.sent_by),
            ("date", s.date),
        ]
    }

    #[test]
    fn every_language_names_what_english_names() {
        let english = sentences(ALL[0]);
        for language in ALL {
            for ((name, text), (_, original)) in sentences(language).into_iter().zip(&english) {
                assert!(!text.trim().is_empty(), "{}: {name}", language.tag);
                assert_eq!(
                    places_in(text),
                    places_in(original),
                    "{}: {name}",
                    language.tag
                );
            }
        }
    }

    #[test]
    fn tags_find_their_language() {
        for (tag, expected) in [
            (None, "en"),
            (Some("de"), "de"),
            (Some("de-AT"), "de"),
            (Some("JA-jp"), "ja"),
            (Some("ar_EG"), "ar"),
            (Some("x-klingon"), "en"),
            (Some("den"), "en"),
            (Some(""), "en"),
        ] {
            assert_eq!(of(tag).tag, expected, "{tag:?}");
        }
    }

    #[test]
    fn values_are_never_read_again() {
        let places = Places {
            inviter: "{organisation}",
            organisation: "{x",
            ..Places::default()
        };
        assert_eq!(
            of(None).fill("{inviter} {nobody} {organisation} }{", &places),
            "{organisation} {nobody} {x }{"
        );
    }

    #[test]
    fn a_name_cannot_turn_the_sentence_round() {
        let places = Places {
            inviter: "Eve\u{202E}\u{2069}",
            organisation: "Contoso",
            ..Places::default()
        };
        assert_eq!(
            of(None).fill("{inviter} of {organisation}.", &places),
            "\u{2068}Eve\u{2069} of Contoso."
        );
        assert_eq!(
            of(Some("ar")).fill("{organisation}.", &places),
            "\u{2068}Contoso\u{2069}."
        );
    }

    #[test]
    fn instants_in_words() {
        let instant: Timestamp = "2026-12-03T09:05:00Z".parse().unwrap();
        for (tag, expected) in [
            ("en", "3 December 2026, 09:05 UTC"),
            ("de", "3. Dezember 2026, 09:05 Uhr (UTC)"),
            ("ja", "2026年12月3日 09:05(UTC)"),
            ("ar", "3 ديسمبر 2026، الساعة 09:05 (UTC)"),
        ] {
            assert_eq!(of(Some(tag)).instant(instant), expected);
        }
    }
}
