//! The list of common passwords: a value is refused when the whole of it, caselessly, stands
//! on the list. The list is a few hundred values and a few hundred words written out, and the rules
//! by which people decorate them: digits and marks behind the word, letters turned into
//! look-alikes, words doubled, keys walked along, dates. Written as rules, it stands for some
//! millions of values.

use std::collections::HashSet;
use std::sync::LazyLock;

static VALUES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").split_whitespace().collect());
static WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("words.txt").split_whitespace().collect());

/// Paths a finger takes over a keyboard; walked either way, from any key on.
const WALKS: &[&str] = &[
    "1234567890-=",
    "qwertyuiop[]",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "yxcvbnm",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujmikolp",
    "qweasdzxc",
    "!@#$%^&*()_+",
    "147258369",
    "741852963",
    "159753",
];

/// At most this many characters behind a word count as decoration: a year, a number, two marks.
/// More is no pattern but a password of its own.
const DECORATION: usize = 6;
/// A unit up to this long that fills the whole value by being repeated is no secret: `abab…`,
/// `123123…`.
const UNIT: usize = 5;

/// Whether `password` is on the list. Takes the value after NFKC, of a length that passwords have.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let chars: Vec<char> = lower.chars().collect();
    VALUES.contains(lower.as_str())
        || is_word(&lower)
        || is_walk(&lower)
        || is_run(&chars)
        || is_repeated(&chars)
        || is_date(&lower)
}

/// A listed word, plain or with look-alikes, bare or decorated behind or (digits only) before.
fn is_word(lower: &str) -> bool {
    let bare = lower.trim_start_matches(|c: char| c.is_ascii_digit());
    [lower, bare].into_iter().any(|value| {
        let letters = value.trim_end_matches(|c: char| !c.is_alphabetic());
        // Look-alikes may end the word (`passw0rd` does not, `hell0` does), so every cut of the
        // decoration is tried.
        let shortest = letters.len().max(value.len().saturating_sub(DECORATION));
        (shortest..=value.len()).any(|cut| value.get(..cut).is_some_and(is_plain_word))
    })
}

/// A listed word, doubled or not, after undoing look-alikes. `1` and `!` stand for two letters;
/// both readings are tried.
fn is_plain_word(value: &str) -> bool {
    ['i', 'l'].into_iter().any(|one| {
        let plain: String = value.chars().map(|c| look_alike(c, one)).collect();
        let half = plain
            .get(..plain.len() / 2)
            .filter(|half| plain.get(half.len()..) == Some(*half));
        WORDS.contains(plain.as_str()) || half.is_some_and(|half| WORDS.contains(half))
    })
}

/// The letter a mark or digit stands for.
const fn look_alike(c: char, one: char) -> char {
    match c {
        '@' | '4' => 'a',
        '0' => 'o',
        '3' => 'e',
        '$' | '5' => 's',
        '7' => 't',
        '1' | '!' => one,
        _ => c,
    }
}

/// A walk over the keyboard, forwards or backwards.
fn is_walk(lower: &str) -> bool {
    let backwards: String = lower.chars().rev().collect();
    WALKS
        .iter()
        .any(|walk| walk.contains(lower) || walk.contains(&backwards))
}

/// Characters that follow each other: `abcdefgh`, `87654321`; nine is followed by zero.
fn is_run(chars: &[char]) -> bool {
    let step = |from: char, to: char| match (from, to) {
        ('9', '0') => 1,
        ('0', '9') => -1,
        _ => i64::from(u32::from(to)) - i64::from(u32::from(from)),
    };
    let mut steps = chars
        .iter()
        .zip(chars.iter().skip(1))
        .map(|(from, to)| step(*from, *to));
    let Some(first) = steps.next() else {
        return false;
    };
    (-1..=1).contains(&first) && steps.all(|other| other == first)
}

/// One short unit over and over.
fn is_repeated(chars: &[char]) -> bool {
    (1..=UNIT).any(|unit| {
        chars.len() >= 2 * unit
            && chars
                .iter()
                .zip(chars.iter().skip(unit))
                .all(|(a, b)| a == b)
    })
}

/// Eight digits that are a day between 1900 and 2099 in one of the three usual orders.
fn is_date(lower: &str) -> bool {
    if lower.len() != 8 || !lower.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let number = |from: usize, to: usize| {
        lower
            .get(from..to)
            .and_then(|digits| digits.parse::<u16>().ok())
            .unwrap_or(0)
    };
    let is_day = |year: u16, month: u16, day: u16| {
        (1900..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
    };
    is_day(number(0, 4), number(4, 6), number(6, 8))
        || is_day(number(4, 8), number(2, 4), number(0, 2))
        || is_day(number(4, 8), number(0, 2), number(2, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_hold_lower_case_entries_once() {
        for text in [include_str!("common.txt"), include_str!("words.txt")] {
            let entries: Vec<_> = text.split_whitespace().collect();
            assert!(entries.len() >= 300);
            assert!(entries.iter().all(|entry| entry.to_lowercase() == *entry));
        }
    }

    #[test]
    fn common_passwords_are_known() {
        for common in [
            "password",
            "PASSWORD1",
            "Passw0rd!",
            "P@ssw0rd123",
            "pa55w0rd",
            "Welcome2026!",
            "Summer2026",
            "winter24!!",
            "December#1",
            "qwertyuiop",
            "poiuytrewq",
            "asdfghjkl",
            "1qaz2wsx3edc",
            "12345678",
            "0123456789",
            "7890123456",
            "abcdefgh",
            "hgfedcba",
            "aaaaaaaa",
            "abcabcabc",
            "1212121212",
            "passwordpassword",
            "letmein123",
            "adm1n1strator",
            "admin12345",
            "31121999",
            "12311999",
            "19991231",
            "123password",
            "iloveyou",
            "trustno1",
            "Contoso1!",
            "!@#$%^&*",
            "monkey12",
        ] {
            assert!(is_common(common), "{common}");
        }
    }

    #[test]
    fn others_are_not() {
        for fine in [
            "password-value",
            "xWwvJ]6NMw+bWH-d",
            "password and more",
            "summerhouse7",
            "31139999",
            "99999998x",
            "kXq-pLwe",
            "passwordvalue",
            "welcome to the house",
            "qwert-zuiop",
            "monkey1234567",
        ] {
            assert!(!is_common(fine), "{fine}");
        }
    }
}
