//! Threats and rules: each entry of `docs/threats.md` names tests that exist, those that an entry
//! of `docs/rules.md` names exist, and no other list of threats is cited.
//!
//! A threat without a test is a sentence that nothing holds: the code may stop keeping it, and
//! nobody sees that.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use super::Findings;
use crate::shell;

/// The list of threats.
const LIST: &str = "docs/threats.md";

/// The rules, some of which no test can show.
const RULES: &str = "docs/rules.md";

/// Holds examples of what is refused.
const SELF: &str = "xtask/src/tidy/threats.rs";

/// Kinds of files in which a threat may be cited.
const KINDS: &[&str] = &["rs", "md", "toml", "html", "sh", "yml"];

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let list = std::fs::read_to_string(shell::root().join(LIST)).context(LIST)?;
    let mut tests = BTreeSet::new();
    for path in shell::tracked()? {
        let place = path.display().to_string();
        let kind = path.extension().and_then(|extension| extension.to_str());
        if !kind.is_some_and(|kind| KINDS.contains(&kind)) || place == SELF {
            continue;
        }
        let text = std::fs::read_to_string(shell::root().join(&path)).context(place.clone())?;
        elsewhere(&place, &text, findings);
        if kind == Some("rs") {
            tests.extend(tests_of(&text).map(str::to_owned));
        }
    }
    entries(&list, &tests, findings);
    let rules = std::fs::read_to_string(shell::root().join(RULES)).context(RULES)?;
    for entry in rules.split("\n### ").skip(1) {
        let number = entry.split_whitespace().next().unwrap_or_default();
        absent(RULES, number, entry, &tests, findings);
    }
    Ok(())
}

/// Names of the functions that are marked as tests.
fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
            return None;
        }
        // Other attributes, and a comment, may stand between the mark and the function.
        if !is_test || line.starts_with("#[") || line.starts_with("//") {
            return None;
        }
        is_test = false;
        let (_, function) = line.split_once("fn ")?;
        function.split(['(', '<']).next()
    })
}

/// Each entry is numbered and names tests that are there.
fn entries(list: &str, tests: &BTreeSet<String>, findings: &mut Findings) {
    let mut seen = 0;
    for entry in list.split("\n### ").skip(1) {
        let entry = entry.split("\n## ").next().unwrap_or(entry);
        let number = entry.split_whitespace().next().unwrap_or_default();
        let digits = number.strip_prefix("T-").unwrap_or_default();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            findings.push(format!("{LIST}: `### {number}` is no number of a threat"));
            continue;
        }
        seen += 1;
        if absent(LIST, number, entry, tests, findings) == 0 {
            findings.push(format!("{LIST}: {number} names no test"));
        }
    }
    if seen == 0 {
        findings.push(format!("{LIST}: no entries"));
    }
}

/// Reports the tests that an entry names and that do not exist; how many it names.
fn absent(
    place: &str,
    number: &str,
    entry: &str,
    tests: &BTreeSet<String>,
    findings: &mut Findings,
) -> usize {
    let mut named = 0;
    for name in names(entry) {
        named += 1;
        if !tests.contains(name) {
            findings.push(format!("{place}: {number}: there is no test `{name}`"));
        }
    }
    named
}

/// What stands in backticks behind `Tests:` at the beginning of a line.
fn names(entry: &str) -> impl Iterator<Item = &str> {
    let behind = entry.split_once("\nTests:").map_or("", |(_, after)| after);
    let paragraph = behind.split("\n\n").next().unwrap_or(behind);
    paragraph.split('`').skip(1).step_by(2)
}

/// Threats of another list, a letter and a number, are cited nowhere. A comment breaks its line
/// anywhere, so words are followed from line to line.
fn elsewhere(place: &str, text: &str, findings: &mut Findings) {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '/' | '!' | '#' | '*' | '>');
    let words = text.lines().enumerate().flat_map(|(at, line)| {
        let words = line.trim_start_matches(is_mark).split_whitespace();
        words.map(move |word| (at + 1, word))
    });
    let mut after_threat = false;
    for (at, word) in words {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_letter_and_number = word.split_at_checked(1).is_some_and(|(letter, digits)| {
            let digits = digits
                .split_once([',', ':', ')'])
                .map_or(digits, |(d, _)| d);
            letter.bytes().all(|byte| byte.is_ascii_uppercase())
                && !digits.is_empty()
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        if after_threat && is_letter_and_number {
            findings.push(format!(
                "{place}:{at}: `threat {word}`: cite {LIST}, as (T-7)"
            ));
        }
        after_threat = word.eq_ignore_ascii_case("threat") || word.eq_ignore_ascii_case("threats");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str) -> Findings {
        let tests = ["one_wins", "two_lose"].map(str::to_owned).into();
        let mut findings = Findings::new();
        entries(list, &tests, &mut findings);
        findings
    }

    #[test]
    fn every_entry_names_tests_that_exist() {
        let good = "# Threats\n\n## Links\n\n### T-1 Guessing\n\nText `two`.\n\nDecided in `a.rs`.\n\
                    Tests: `one_wins`,\n`two_lose`.\n\n## Mail\n\nNot `three`.\n";
        assert_eq!(found(good), Findings::new());
        let expected = ["docs/threats.md: T-1: there is no test `two_win`"];
        assert_eq!(found(&good.replace("two_lose", "two_win")), expected);
        let expected = ["docs/threats.md: T-1 names no test"];
        assert_eq!(found(&good.replace("Tests:", "Test:")), expected);
        let unnumbered = good.replace("T-1 ", "");
        let expected = [
            "docs/threats.md: `### Guessing` is no number of a threat",
            "docs/threats.md: no entries",
        ];
        assert_eq!(found(&unnumbered), expected);
        let second = format!("{good}\n### T-2 Flooding\n\nText.\n");
        assert_eq!(found(&second), ["docs/threats.md: T-2 names no test"]);
    }

    #[test]
    fn a_test_is_a_function_that_is_marked() {
        let text =
            "#[test]\nfn one() {}\nfn two() {}\n#[tokio::test(flavor = \"x\")]\n#[expect(x)]\n\
                    // why\nasync fn three() {}\n    #[test]\n    fn four<T>() {}\nconst FN: u8 =
                    // 1;\n";
        let found: Vec<&str> = tests_of(text).collect();
        assert_eq!(found, ["one", "three", "four"]);
    }

    #[test]
    fn another_list_is_not_cited() {
        // Put together here: whoever searches the code for such citations finds none.
        let nine = 9;
        let one = format!("/// Kept (threat B{nine}, more).");
        let two = format!("/// Kept (threats\n/// B{nine}, B10). Threat R{nine}: so");
        for (text, expected) in [
            (&*one, &[1][..]),
            (&*two, &[2, 2]),
            (
                "A threat in B4, threats T-9, threat (T-7), threat model B",
                &[],
            ),
            ("[threat](B31)", &[]),
        ] {
            let mut findings = Findings::new();
            elsewhere("a.rs", text, &mut findings);
            let lines: Vec<usize> = findings
                .iter()
                .map(|one| one.split(':').nth(1).unwrap().parse().unwrap())
                .collect();
            assert_eq!(lines, expected, "{text}");
        }
    }
}
