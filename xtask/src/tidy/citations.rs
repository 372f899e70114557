//! Citations: every number that code or documents cite is a heading of this repository.
//!
//! A comment that gives its reason by a number helps only those who can look the number up. So
//! numbered texts stand in `docs/`, and what is cited from elsewhere is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

use super::Findings;
use crate::shell;

/// How the numbers of a kind of text begin, and where their headings stand. In one document a
/// number is digits alone (`### R-17 …`); in a folder of documents a word comes first
/// (`### P-users-3 …`).
const NUMBERED: &[(&str, &str)] = &[
    ("R-", "docs/rules.md"),
    ("P-", "docs/protocol/"),
    ("T-", "docs/threats.md"),
];

/// Words that must not be followed by a number, each with what to write instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("decision", NUMBERED_HERE),
    ("decisions", NUMBERED_HERE),
    ("fault", NUMBERED_HERE),
    ("faults", NUMBERED_HERE),
];

/// What to cite in their place.
const NUMBERED_HERE: &str = "cite R-, P- or T-, or a decision record";

/// Kinds of files that are read.
const KINDS: &[&str] = &["rs", "md", "toml", "html", "sh", "yml"];

/// Holds examples of everything that is refused.
const SELF: &str = "xtask/src/tidy/citations.rs";

/// What may be cited.
#[derive(Default)]
struct Known {
    /// Numbers of headings, with their documents.
    headings: BTreeMap<String, String>,
    /// Numbers of decision records: the first four characters of their file names.
    records: BTreeSet<String>,
}

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let tracked = shell::tracked()?;
    let read = |path: &Path| {
        std::fs::read_to_string(shell::root().join(path)).context(path.display().to_string())
    };
    let mut known = Known::default();
    for path in &tracked {
        let place = path.display().to_string();
        if let Some(file) = place.strip_prefix("docs/decisions/") {
            known.records.extend(file.get(..4).map(str::to_owned));
        }
        if NUMBERED.iter().any(|(_, home)| is_home(&place, home)) {
            known.learn(&place, &read(path)?, findings);
        }
    }
    for path in &tracked {
        let place = path.display().to_string();
        let kind = path.extension().and_then(|extension| extension.to_str());
        if kind.is_some_and(|kind| KINDS.contains(&kind)) && place != SELF {
            let text = read(path)?;
            known.judge(&place, &text, findings);
            if matches!(kind, Some("md" | "rs")) {
                names(
                    &place,
                    &text,
                    &|file| shell::root().join(file).exists(),
                    findings,
                );
            }
        }
    }
    Ok(())
}

/// Whether `place` is the document `home`, or lies in the folder of that name.
fn is_home(place: &str, home: &str) -> bool {
    place == home || (home.ends_with('/') && place.starts_with(home))
}

/// Whether the name is that of a document.
fn is_document(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|kind| kind == "md")
}

/// The number at the start of `text`, if one stands there.
fn number<'t>(text: &'t str, (prefix, home): (&str, &str)) -> Option<&'t str> {
    let rest = text.strip_prefix(prefix)?;
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let rest = rest.get(..end)?.trim_end_matches('-');
    let all = |part: &str, is: fn(&char) -> bool| !part.is_empty() && part.chars().all(|c| is(&c));
    let fits = if home.ends_with('/') {
        rest.rsplit_once('-').is_some_and(|(word, digits)| {
            all(word, char::is_ascii_lowercase) && all(digits, char::is_ascii_digit)
        })
    } else {
        all(rest, char::is_ascii_digit)
    };
    if fits {
        text.get(..prefix.len() + rest.len())
    } else {
        None
    }
}

/// Every number of a kind in a line.
fn numbers<'t>(line: &'t str, kind: (&'static str, &'static str)) -> impl Iterator<Item = &'t str> {
    line.match_indices(kind.0).filter_map(move |(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        let is_inside = before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/'));
        if is_inside {
            None
        } else {
            number(line.get(at..)?, kind)
        }
    })
}

/// A line without the marks of a comment, a quotation or a list.
fn plain(line: &str) -> &str {
    line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '!' | '#' | '>' | '*'))
}

impl Known {
    /// Takes the headings of a numbered document.
    fn learn(&mut self, place: &str, text: &str, findings: &mut Findings) {
        for heading in text.lines().filter_map(|line| line.strip_prefix('#')) {
            let heading = heading.trim_start_matches('#').trim_start();
            let found = NUMBERED
                .iter()
                .filter(|(_, home)| is_home(place, home))
                .find_map(|kind| number(heading, *kind));
            let Some(number) = found else {
                continue;
            };
            if let Some(other) = self.headings.insert(number.to_owned(), place.to_owned()) {
                findings.push(format!("{place}: {number} is a heading of {other} already"));
            }
        }
    }

    /// Every number in a file is known, and nothing is cited from elsewhere.
    fn judge(&self, place: &str, text: &str, findings: &mut Findings) {
        for (at, line) in text.lines().enumerate() {
            for kind in NUMBERED {
                for number in numbers(line, *kind) {
                    if !self.headings.contains_key(number) {
                        findings.push(format!(
                            "{place}:{}: {number} is no heading in {}",
                            at + 1,
                            kind.1
                        ));
                    }
                }
            }
        }
        // A comment breaks its line anywhere, so words are followed from line to line.
        let words: Vec<(usize, &str)> = text
            .lines()
            .enumerate()
            .flat_map(|(at, line)| {
                plain(line)
                    .split_whitespace()
                    .map(move |word| (at + 1, word))
            })
            .collect();
        for pair in words.windows(2) {
            let [(at, word), (_, next)] = pair else {
                continue;
            };
            let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
            if !next.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            for (refused, instead) in ELSEWHERE {
                if word.eq_ignore_ascii_case(refused) {
                    findings.push(format!("{place}:{at}: `{word} {next}`: {instead}"));
                }
            }
            let is_record = matches!(word, "record" | "records");
            let record: String = next.chars().take_while(char::is_ascii_digit).collect();
            if is_record && record.len() == 4 && !self.records.contains(&record) {
                findings.push(format!(
                    "{place}:{at}: there is no docs/decisions/{record}-….md"
                ));
            }
        }
    }
}

/// Documents that a comment or a document names exist: from the root, or beside the file. Documents
/// name those of `docs/` without the folder; in code that would be read as another document of the
/// same name.
fn names(place: &str, text: &str, exists: &dyn Fn(&str) -> bool, findings: &mut Findings) {
    let folder = place.rsplit_once('/').map_or("", |(folder, _)| folder);
    for (at, line) in text.lines().enumerate() {
        let said = if is_document(place) {
            line
        } else {
            // Of code only the comments: its texts may name what is to be made.
            match line.split_once("//") {
                Some((before, said)) if !before.contains('"') => said,
                _ => continue,
            }
        };
        for word in said.split_whitespace().filter(|word| !word.contains("://")) {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
            for name in word.split(|c: char| !is_name(c)) {
                let name = name.trim_end_matches('.');
                if !is_document(name) {
                    continue;
                }
                let mut places = vec![name.to_owned(), format!("{folder}/{name}")];
                if is_document(place) {
                    places.push(format!("docs/{name}"));
                }
                if !places.iter().any(|place| exists(place)) {
                    findings.push(format!("{place}:{}: there is no {name}", at + 1));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let mut known = Known::default();
        let mut findings = Findings::new();
        known.learn(
            "docs/rules.md",
            "# Rules\n### R-1 One\ntext\n### R-17 Two\n## R-x none\n",
            &mut findings,
        );
        known.learn(
            "docs/protocol/users.md",
            "### P-users-3 Three\n",
            &mut findings,
        );
        known.records.insert("0025".to_owned());
        assert_eq!(findings, Findings::new());
        known
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut findings = Findings::new();
        known().judge("a.rs", text, &mut findings);
        assert_eq!(findings, expected, "{text}");
    }

    #[test]
    fn a_cited_number_is_a_heading() {
        check("/// Kept so (R-17, P-users-3).", &[]);
        check(
            "/// Kept so (R-2).",
            &["a.rs:1: R-2 is no heading in docs/rules.md"],
        );
        check(
            "//! one\n//! (R-1 and R-170)",
            &["a.rs:2: R-170 is no heading in docs/rules.md"],
        );
        check(
            "/// As documented (P-users-30).",
            &["a.rs:1: P-users-30 is no heading in docs/protocol/"],
        );
        check("(R-17-based, R-1.)", &[]);
    }

    #[test]
    fn other_words_are_no_numbers() {
        for text in [
            "P-256", "PR-9", "UTF-8", "xR-9", "-R-9", "R-x", "P-users-", "/R-9",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn a_number_heads_one_text() {
        let mut findings = Findings::new();
        known().learn("docs/rules.md", "### R-17 Again", &mut findings);
        assert_eq!(
            findings,
            ["docs/rules.md: R-17 is a heading of docs/rules.md already",]
        );
    }

    #[test]
    fn what_is_numbered_elsewhere_is_not_cited() {
        let found = |cited: &str, at: u32| {
            format!("a.rs:{at}: `{cited}`: cite R-, P- or T-, or a decision record")
        };
        // Put together here: whoever searches the code for such citations finds none.
        let (one, three, seven) = (1, 3, 7);
        check(
            &format!("/// Kept (decision {seven})."),
            &[&found(&format!("decision {seven})."), 1)],
        );
        check(
            &format!("/// Decision {seven}: kept."),
            &[&found(&format!("Decision {seven}:"), 1)],
        );
        check(
            &format!("//! kept (decisions\n//! {one}, 2)"),
            &[&found(&format!("decisions {one},"), 1)],
        );
        check(
            &format!("x(); // fault {three}"),
            &[&found(&format!("fault {three}"), 1)],
        );
        check("/// One decision for 7 of them; the default 3.", &[]);
    }

    #[test]
    fn decision_records_exist() {
        check("(decision record 0025)", &[]);
        check(
            "// decision\n// records 0025, and record 0099",
            &["a.rs:2: there is no docs/decisions/0099-….md"],
        );
        check("one record 5 times, 10000 records 2 at a time", &[]);
    }

    #[track_caller]
    fn check_names(place: &str, text: &str, expected: &[&str]) {
        let known = ["README.md", "docs/operating.md"].map(str::to_owned);
        let beside = document("x/notes");
        let exists = |name: &str| known.iter().any(|known| known == name) || name == beside;
        let mut findings = Findings::new();
        names(place, text, &exists, &mut findings);
        assert_eq!(findings, expected, "{text}");
    }

    /// The name of a document. Put together, so that no line here cites one that is not there.
    fn document(stem: &str) -> String {
        format!("{stem}.md")
    }

    #[test]
    fn named_documents_exist() {
        let (notes, users, operating) =
            (document("notes"), document("users"), document("operating"));
        let missing = |place: &str, name: &str| format!("{place}:1: there is no {name}");
        let all = format!("/// (README.md, `docs/operating.md`; {notes}.)");
        check_names("x/a.rs", &all, &[]);
        check_names("y/a.rs", &all, &[&missing("y/a.rs", &notes)]);
        let by_section = format!("//! As said ({users} section 3).");
        check_names("a.rs", &by_section, &[&missing("a.rs", &users)]);
        let bare = format!("/// As said ({operating}).");
        check_names("a.rs", &bare, &[&missing("a.rs", &operating)]);
        let page = document("b");
        check_names(&page, &format!("As said ({operating})."), &[]);
        let literal = format!("let it = \"{users}\"; // and README.md");
        check_names("a.rs", &literal, &[]);
        let address = format!("let it = \"https://example.com/{users}\";");
        check_names("a.rs", &address, &[]);
        let text = format!("See https://example.com/{notes} and {users}.");
        check_names(&page, &text, &[&missing(&page, &users)]);
    }
}
