//! Source files: their length, silenced lints, and rules that live in one file only.

use std::path::Path;

use anyhow::Result;

use super::Findings;
use crate::shell;

/// About 400 is the measure; past this a file is split along a noun.
const LONGEST: usize = 550;

/// Columns of a comment: what an editor shows of two files side by side.
const WIDEST: usize = 100;

/// Words that may stand in one place only, and that place.
///
/// What the friendly and the strict manner differ in is decided in one file: decided twice,
/// the two answers drift apart. Others may carry a tenant's manner there, not look into it.
const ONE_PLACE: &[(&str, &str)] = &[
    ("ServiceMode::Strict", "crates/directory/src/manner.rs"),
    ("ServiceMode::Friendly", "crates/directory/src/manner.rs"),
];

/// What no source file may hold, each with what to write instead.
const NEVER: &[(&str, &str)] = &[
    ("#[allow(", "use #[expect(lint, reason = \"…\")]"),
    ("#![allow(", "use #![expect(lint, reason = \"…\")]"),
    ("#[ignore", "a test that does not run is no test"),
    ("unimplemented!(", "build it or leave it out"),
    ("todo!(", "build it or leave it out"),
];

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    for path in shell::tracked()? {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(shell::root().join(&path))?;
        one_file(&path, &text, findings);
    }
    Ok(())
}

fn one_file(path: &Path, text: &str, findings: &mut Findings) {
    let place = path.display().to_string();
    let length = text.lines().count();
    if length > LONGEST {
        findings.push(format!("{place}: {length} lines, more than {LONGEST}"));
    }
    if place == "xtask/src/tidy/files.rs" {
        return;
    }
    for (number, line) in text.lines().enumerate() {
        if is_too_wide(line) {
            findings.push(format!(
                "{place}:{}: a comment beyond column {WIDEST}",
                number + 1
            ));
        }
        let code = line.split("//").next().unwrap_or(line);
        for (word, instead) in NEVER {
            if code.contains(word) {
                findings.push(format!("{place}:{}: `{word}`: {instead}", number + 1));
            }
        }
        for (word, home) in ONE_PLACE {
            if code.contains(word) && place != *home && !place.contains("/tests/") {
                findings.push(format!(
                    "{place}:{}: `{word}` belongs in {home}",
                    number + 1
                ));
            }
        }
    }
}

/// Whether the line is a comment that could be wrapped earlier. Tables and what stands in
/// backquotes or brackets are not broken.
fn is_too_wide(line: &str) -> bool {
    let text = line.trim_start().trim_start_matches(['/', '!']);
    let is_comment = line.trim_start().starts_with("//");
    let start = line.len() - text.len();
    let is_table = text.trim_start().starts_with('|');
    if !is_comment || is_table || line.chars().count() <= WIDEST {
        return false;
    }
    let ends = line.char_indices().enumerate();
    let fits = ends.filter(|(column, (at, c))| *c == ' ' && *at > start && *column <= WIDEST);
    fits.map(|(_, (at, _))| line.get(start..at).unwrap_or_default())
        .any(|before| {
            let count = |c: char| before.matches(c).count();
            !before.trim().is_empty() && count('`') % 2 == 0 && count('[') <= count(']')
        })
}

#[cfg(test)]
mod tests {
    use super::is_too_wide;

    #[test]
    fn only_what_could_be_wrapped_is_too_wide() {
        let long = "word ".repeat(25);
        for (line, expected) in [
            (format!("    /// {long}"), true),
            (format!("// {long}"), true),
            (format!("let text = \"{long}\";"), false),
            (format!("/// `{long}`"), false),
            (format!("/// {}", "x".repeat(120)), false),
            (format!("//! | {long} |"), false),
            ("/// short".to_owned(), false),
        ] {
            assert_eq!(is_too_wide(&line), expected, "{line}");
        }
    }
}
