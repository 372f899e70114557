//! Which language a page speaks: the invitation's, else the browser's, else English.

use super::text::{LANGUAGES, Language};

/// Ranges looked at in one `Accept-Language`; browsers send fewer than ten, and what follows is
/// noise.
const MAX_RANGES: usize = 32;

/// English, and what every other language falls back to.
pub(in crate::pages) fn fallback() -> &'static Language {
    let [first, ..] = LANGUAGES;
    first
}

/// The page language for an invitation's `messageLanguage` (absent where it names none) and the
/// request's `Accept-Language`.
///
/// An invitation in a language we do not have is answered in English, not in the browser's: the
/// inviter chose, and mail and pages should agree.
pub(in crate::pages) fn choose(
    invitation: Option<&str>,
    accept: Option<&str>,
) -> &'static Language {
    match invitation {
        Some(tag) => find(tag).unwrap_or_else(fallback),
        None => accept.and_then(preferred).unwrap_or_else(fallback),
    }
}

/// By primary subtag: `de-CH` is German.
fn find(tag: &str) -> Option<&'static Language> {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag).trim();
    LANGUAGES
        .iter()
        .copied()
        .find(|language| language.tag.eq_ignore_ascii_case(primary))
}

/// The best of what the browser reads and we have. Equal weights: the first listed wins.
fn preferred(accept: &str) -> Option<&'static Language> {
    let mut best: Option<(u16, &'static Language)> = None;
    for range in accept.split(',').take(MAX_RANGES) {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or("").trim();
        let weight = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(Some(1000), thousandths);
        let language = if tag == "*" {
            Some(fallback())
        } else {
            find(tag)
        };
        if let (Some(weight @ 1..), Some(language)) = (weight, language)
            && best.is_none_or(|(so_far, _)| weight > so_far)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// RFC 9110 weights: `0`, `0.5`, `1.000`; anything else makes the range void.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invitation_decides_before_the_browser() {
        let check = |invitation, accept, expected: &str| {
            assert_eq!(
                choose(invitation, accept).tag,
                expected,
                "{invitation:?} {accept:?}"
            );
        };
        check(Some("de-DE"), Some("ja"), "de");
        check(Some("AR"), None, "ar");
        check(Some("pt-BR"), Some("ja"), "en");
        check(None, Some("ja,en;q=0.8"), "ja");
        check(None, Some("fr, de;q=0.7, en;q=0.8"), "en");
        check(None, Some("fr;q=1, de;q=0.700, ar;q=0.7"), "de");
        check(None, Some("de;q=0, ar;q=0.1"), "ar");
        check(None, Some("de;q=2, *;q=0.1"), "en");
        check(None, Some("zh-Hant"), "en");
        check(None, Some(";;q=,,"), "en");
        check(None, None, "en");
    }
}
