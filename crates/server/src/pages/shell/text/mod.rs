//! The words of the redemption pages, one constant table per language.
//!
//! A table is a struct without defaults: a sentence missing in one language does not compile.
//! Sentences hold `{name}` places; which ones belong to a sentence is decided by the English table,
//! and a test holds the other languages to it.

use serde::Serialize;

mod ar;
mod de;
mod en;
mod ja;

/// One language of the pages.
#[derive(Debug)]
pub struct Language {
    /// BCP 47 tag, for `<html lang>` and `Content-Language`.
    pub tag: &'static str,
    /// `ltr` or `rtl`, for `<html dir>`.
    pub dir: &'static str,
    /// The sentences.
    pub text: &'static Text,
    /// A span of time in words, from whole seconds.
    pub duration: fn(u64) -> String,
}

/// The languages that are complete; the first is what the others fall back to.
pub static LANGUAGES: [&Language; 4] = [&en::LANGUAGE, &de::LANGUAGE, &ja::LANGUAGE, &ar::LANGUAGE];

/// An error or a farewell: a heading, what happened, what to do now.
#[derive(Debug, Serialize)]
pub struct Notice {
    /// Page heading and title.
    pub title: &'static str,
    /// What happened.
    pub text: &'static str,
    /// What to do now.
    pub next: &'static str,
}

/// Every sentence of the pages.
#[derive(Debug, Serialize)]
pub struct Text {
    /// Small print at the foot: which software made the page.
    pub made_with: &'static str,
    /// `{n}` of `{count}`.
    pub step: &'static str,

    /// Title of the landing page; `{organisation}`.
    pub landing_title: &'static str,
    /// Heading; `{inviter}`, `{organisation}`.
    pub landing_invited_by: &'static str,
    /// Heading when no person is known to have invited; `{organisation}`.
    pub landing_invited: &'static str,
    /// Whom the invitation is for; `{address}`.
    pub landing_for: &'static str,
    /// Above the words of the person who invites; `{inviter}`.
    pub wrote: &'static str,
    /// Above the words of an invitation where no person is known; `{organisation}`.
    pub wrote_organisation: &'static str,
    /// Heading of the list of steps.
    pub next_heading: &'static str,
    /// First step; `{address}`.
    pub next_code: &'static str,
    /// Second step; `{organisation}`.
    pub next_consent: &'static str,
    /// Where the person lands; `{host}`.
    pub next_land: &'static str,
    /// Where the person lands when that is our own last page.
    pub next_land_here: &'static str,
    /// The landing page's one button. Says "code".
    pub send_code: &'static str,
    /// What to do with an invitation nobody waited for.
    pub landing_quiet: &'static str,
    /// A code that still works was sent to this browser's visit.
    pub code_waits: &'static str,
    /// Leads to the code page.
    pub code_enter: &'static str,

    /// Heading of the code page.
    pub code_title: &'static str,
    /// `{address}`, `{time}`, `{digits}`.
    pub code_sent: &'static str,
    /// Label of the field.
    pub code_label: &'static str,
    /// Beside the field; `{digits}`.
    pub code_hint: &'static str,
    /// Submits the code.
    pub code_button: &'static str,
    /// Wrong, used, expired and foreign codes alike (T-10, T-11).
    pub code_wrong: &'static str,
    /// 429: this code took its last guess (T-8).
    pub code_void: &'static str,
    /// `{count}` guesses are left at this code.
    pub code_left: &'static str,
    /// Not as many digits as a code has, or none; `{digits}`.
    pub code_incomplete: &'static str,
    /// 429: others guessed so much at this address that its codes are longer now; `{digits}`.
    pub code_outdated: &'static str,
    /// Heading of the part about sending again.
    pub resend_heading: &'static str,
    /// Where to look first.
    pub resend_spam: &'static str,
    /// `{time}` until a further code may be asked for.
    pub resend_wait: &'static str,
    /// A further code may be asked for.
    pub resend_now: &'static str,
    /// `{count}` more codes may be asked for in this browser.
    pub resend_left: &'static str,
    /// No further code from this browser; `{time}` until the link from the mail begins anew.
    pub resend_spent: &'static str,
    /// No further code from this browser, now that the link begins anew.
    pub resend_reopen: &'static str,
    /// Asks for a further code. Says "code".
    pub resend_button: &'static str,

    /// Title of the consent page; `{organisation}`.
    pub consent_title: &'static str,
    /// `{inviter}`, `{organisation}`.
    pub consent_by: &'static str,
    /// What will be shared; `{organisation}`.
    pub consent_shares: &'static str,
    /// Label of the name.
    pub consent_name: &'static str,
    /// Label of the address.
    pub consent_address: &'static str,
    /// Label of the answer.
    pub consent_answer: &'static str,
    /// What of the answer is kept.
    pub consent_answer_text: &'static str,
    /// Who sees what of the way so far; `{organisation}`.
    pub consent_told: &'static str,
    /// `{host}`: where Accept leads.
    pub consent_next: &'static str,
    /// Accept leads to our own last page.
    pub consent_next_here: &'static str,
    /// Yes.
    pub accept: &'static str,
    /// No.
    pub decline: &'static str,

    /// Heading of the last page; `{organisation}`.
    pub done_title: &'static str,
    /// `{organisation}`.
    pub done_text: &'static str,
    /// Heading where the page knows no organisation.
    pub done_plain_title: &'static str,
    /// `done_text` where the page knows no organisation.
    pub done_plain: &'static str,
    /// The stored target is not allowed any more (T-14); `{organisation}`.
    pub done_no_target: &'static str,
    /// Nothing else to do.
    pub close: &'static str,

    /// Heading after declining.
    pub declined_title: &'static str,
    /// `{organisation}`.
    pub declined_text: &'static str,
    /// The link goes on working.
    pub declined_mind: &'static str,

    /// The quiet way out, as link and as button.
    pub never_button: &'static str,
    /// Heading of the page that asks again; `{organisation}`.
    pub never_title: &'static str,
    /// `{organisation}`, `{address}`.
    pub never_text: &'static str,
    /// The mailbox has to be proved first.
    pub never_proof: &'static str,
    /// What entering the code does on this way; `{organisation}`.
    pub never_code: &'static str,
    /// Leads back to the landing page.
    pub back_to_start: &'static str,
    /// Heading afterwards.
    pub never_done_title: &'static str,
    /// `{organisation}`, `{address}`.
    pub never_done_text: &'static str,

    /// A used link: the way on for whoever accepted it; `{host}`.
    pub used_onward: &'static str,
    /// The page's title when something is wrong; `{title}`.
    pub error_title: &'static str,

    /// 404: never was a link (T-1).
    pub not_valid: Notice,
    /// 410: used or over (T-2, T-3).
    pub ended: Notice,
    /// No cookie for this invitation.
    pub reopen: Notice,
    /// 403: not a form of this browser (T-26).
    pub stale_form: Notice,
    /// 403: the account is disabled (T-15).
    pub disabled: Notice,
    /// 400: not a form of ours.
    pub unreadable: Notice,
    /// 429 by peer; `{time}`.
    pub many_links: Notice,
    /// 429 by codes asked for; `{time}`.
    pub many_codes: Notice,
    /// 503; `{time}`.
    pub unavailable: Notice,
    /// 404 and 405 under /redeem that name no invitation.
    pub no_page: Notice,
}

/// Seconds as (count, unit) rounded up, in the largest unit that stays readable: 90 s are "2
/// minutes", and an hour and a second "2 hours", because a time that is too short sends people into
/// the same refusal again.
fn rounded(seconds: u64) -> (u64, Unit) {
    match seconds {
        0..=90 => (seconds.max(1), Unit::Second),
        91..=5400 => (seconds.div_ceil(60), Unit::Minute),
        _ => (seconds.div_ceil(3600), Unit::Hour),
    }
}

#[derive(Clone, Copy)]
enum Unit {
    Second,
    Minute,
    Hour,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `{name}` places of every sentence, by JSON path, in sorted order.
    fn places(text: &Text) -> Vec<(String, Vec<String>)> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), serde_json::to_value(text).unwrap())];
        while let Some((path, value)) = open.pop() {
            match value {
                serde_json::Value::Object(members) => {
                    open.extend(
                        members
                            .into_iter()
                            .map(|(name, v)| (format!("{path}/{name}"), v)),
                    );
                }
                serde_json::Value::String(sentence) => {
                    assert!(!sentence.trim().is_empty(), "{path} is empty");
                    let mut names: Vec<String> = sentence
                        .split('{')
                        .skip(1)
                        .map(|rest| rest.split('}').next().unwrap().to_owned())
                        .collect();
                    names.sort();
                    found.push((path, names));
                }
                other => panic!("{path}: {other}"),
            }
        }
        found.sort();
        found
    }

    #[test]
    fn every_language_fills_the_same_places() {
        let english = places(en::LANGUAGE.text);
        for language in LANGUAGES {
            assert_eq!(places(language.text), english, "{}", language.tag);
        }
    }

    #[test]
    fn no_sentence_shouts() {
        for language in LANGUAGES {
            let all = serde_json::to_string(language.text).unwrap();
            assert!(!all.contains(['!', '！']), "{}", language.tag);
        }
    }

    #[test]
    fn durations_read_naturally() {
        let check = |tag: &str, seconds, expected: &str| {
            let language = LANGUAGES.iter().find(|l| l.tag == tag).unwrap();
            assert_eq!((language.duration)(seconds), expected, "{tag} {seconds}");
        };
        check("en", 0, "1 second");
        check("en", 42, "42 seconds");
        check("en", 600, "10 minutes");
        check("en", 3599, "60 minutes");
        check("en", 86_399, "24 hours");
        check("de", 1, "1 Sekunde");
        check("de", 120, "2 Minuten");
        check("de", 7200, "2 Stunden");
        check("ja", 60, "60秒");
        check("ja", 600, "10分");
        check("ja", 86_400, "24時間");
        check("ar", 1, "ثانية واحدة");
        check("ar", 2, "ثانيتين");
        check("ar", 600, "10 دقائق");
        check("ar", 60, "60 ثانية");
        check("ar", 86_400, "24 ساعة");
    }
}
