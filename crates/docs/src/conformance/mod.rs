//! What of the documented service Vestibule answers, and how: every operation, query option,
//! operator, function and header in one table, each row with a request that shows it and the test
//! that proves it.
//!
//! `docs/conformance.md` is made from it. The rows of operations follow the route table, those of
//! the query language its own lists of words, so that neither can have what stands nowhere here.
//! The tests send every request of the table and compare the answer with its row; that a linked
//! test exists is checked against the sources.

mod absent;
mod language;
mod protocol;
mod tokens;

use std::fmt::Write as _;

use crate::differences;
use crate::generated;
pub use server::graph::routes::{Answer, Documented, Test};
use server::graph::routes::{ROUTES, Route};

/// An integration test of `server`.
const fn test(module: &'static str, name: &'static str) -> Test {
    Test {
        package: "server",
        module,
        name,
    }
}

/// The source file of a test, relative to the repository.
fn file_of(test: &Test) -> String {
    format!("crates/{}/tests/it/{}.rs", test.package, test.module)
}

/// A request that shows a row. `{id}`, `{other}`, `{invitation}`, `{tenant}`, `{client}` and
/// `{secret}` stand for what the test made before.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The verb.
    pub method: &'static str,
    /// Path and query below the version, not percent-encoded; whole where it begins with a slash.
    pub target: &'static str,
    /// `Name: value`; without a value, the header that is not to be sent.
    pub headers: &'static [&'static str],
    /// JSON; empty for none.
    pub body: &'static str,
}

const fn get(target: &'static str) -> Example {
    ask("GET", target)
}

const fn post(target: &'static str, body: &'static str) -> Example {
    Example {
        body,
        ..ask("POST", target)
    }
}

const fn ask(method: &'static str, target: &'static str) -> Example {
    Example {
        method,
        target,
        headers: &[],
        body: "",
    }
}

impl Example {
    const fn with(self, headers: &'static [&'static str]) -> Self {
        Self { headers, ..self }
    }

    /// As people read it.
    fn text(&self) -> String {
        let Self {
            method,
            target,
            headers,
            body,
        } = self;
        let slash = if target.starts_with('/') { "" } else { "/" };
        let mut text = format!("`{method} {slash}{target}`");
        let is_shown =
            |header: &&&str| !header.ends_with(": ") && !header.starts_with("Content-Type");
        for header in headers.iter().filter(is_shown) {
            // Writing to a String cannot fail.
            let _ = write!(text, " `{header}`");
        }
        match body.len() {
            0 => {}
            1..=BODY_SHOWN => {
                let _ = write!(text, " `{body}`");
            }
            _ => text.push_str(" with a body"),
        }
        text
    }
}

/// Bytes of a body that is shown: a longer one makes a table that nobody reads, and its row says
/// what it is about.
const BODY_SHOWN: usize = 120;

/// One feature.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What people ask for.
    pub what: &'static str,
    /// A request that shows it.
    pub example: Example,
    /// How the answer stands to the documented one.
    pub answer: Answer,
    /// The status of the example's answer.
    pub status: u16,
    /// What is to be known of it.
    pub says: &'static str,
    /// What proves it, beside the example itself.
    pub test: Test,
}

/// `what, example => answer, status, says, test;` for each row. A macro, so that a row stays a line
/// or two to read.
macro_rules! rows {
    ($($what:expr, $example:expr => $answer:expr, $status:literal, $says:expr, $test:expr;)*) => {
        &[$(crate::conformance::Row {
            what: $what,
            example: $example,
            answer: $answer,
            status: $status,
            says: $says,
            test: $test,
        },)*]
    };
}
use rows;

/// Rows about one thing.
pub struct Section {
    /// The heading.
    pub title: &'static str,
    /// What holds for all rows.
    pub intro: &'static str,
    /// Each example that is answered must find some users and not all: a condition that is passed
    /// over would find all.
    pub finds: bool,
    /// The rows.
    pub rows: &'static [Row],
}

/// All but the operations, in the order of the document.
pub const SECTIONS: &[Section] = &[
    absent::USERS,
    absent::NEIGHBOURS,
    language::OPTIONS,
    language::FILTER,
    language::SEARCH,
    language::EXPAND,
    language::DELTA,
    protocol::HEADERS,
    protocol::BODIES,
    protocol::INVITATIONS,
    protocol::BATCH,
    tokens::TOKENS,
];

/// `docs/conformance.md`.
pub fn markdown() -> String {
    let mut text = String::from(
        "# What Vestibule answers\n\n\
         Made from the table in `crates/docs/src/conformance` and the rows beside the handlers; a test keeps it current \
         (`UPDATE_DOCS=1 cargo test -p docs conformance` writes it).\n\n\
         Each row shows a request, the status it gets from a tenant with users in it, and how the answer stands to the \
         documented service:\n\n\
         - **documented**: as the public documents say, refusals among them.\n\
         - **wider**: answered, although the documented service refuses or ignores it; `x-vestibule-note` says what it \
         would want, and a tenant served in the strict manner does as it does ([queries.md](queries.md)).\n\
         - **differs**: answered, with a difference that [differences.md](differences.md) tells at the place named.\n\
         - **ours**: not in the documented service.\n\
         - **not served**: refused with the status shown, naming what is not served. Nothing here is answered as if it \
         had been done.\n\n\
         Every operation is called by \
         [`every_write_leaves_one_audit_record_of_its_request`](../crates/server/tests/it/graph_ratchet.rs) and its \
         neighbours, every other request below is sent by \
         [`every_row_is_answered_as_it_says`](../crates/server/tests/it/graph_conformance.rs), in both manners by \
         [`the_strict_manner_is_as_wide_as_the_documented_service`](../crates/server/tests/it/graph_conformance.rs); the \
         last column names the test that looks closely. Where the published examples are at hand, \
         [`every_documented_example_is_answered`](../crates/server/tests/it/graph_documented.rs) replays them.\n",
    );
    operations(&mut text);
    for section in SECTIONS {
        let _ = write!(text, "\n## {}\n\n{}\n\n", section.title, section.intro);
        generated::titles(
            &mut text,
            ["What", "Request", "Status", "Answer", "Note", "Test"],
        );
        for row in section.rows {
            let (example, status) = (row.example.text(), row.status.to_string());
            let (answer, proof) = (standing(row.answer), link(&row.test));
            let cells = [row.what, &example, &status, &answer, row.says, &proof];
            generated::row(&mut text, cells);
        }
    }
    text
}

fn operations(text: &mut String) {
    text.push_str(
        "\n## Operations\n\nUnder `/v1.0` and `/beta` alike, but for those with the version before them. `{id}` is an object id or, of users, a userPrincipalName; \
         `users('{id}')` is the same. Actions and functions may be qualified (`microsoft.graph.delta()`), HEAD is \
         answered as GET, and another verb is 405 with `Allow`. Permissions are those of the documents, from one table in \
         `crates/directory/src/permission/rows.rs`.\n\n",
    );
    table(text, |route| !is_me(route));
    text.push_str(
        "\n## Operations on oneself\n\n`/me` is whom the token is about. A token of an app gets the documented 400. People \
         do not sign in here yet, so that such a token can only come from the server's own key, as the tests make it; the \
         status is that of a token with the scope.\n\n",
    );
    table(text, is_me);
}

/// What the document tells of a route.
pub fn of(route: &Route) -> Documented {
    let told = route.documented();
    if route.pattern.starts_with("me/") {
        // A person who does this for themselves passes the same code with other rights: one test
        // walks all of it.
        let test = test("graph_ratchet", "every_route_of_oneself_answers_the_person");
        return Documented { test, ..told };
    }
    told
}

fn is_me(route: &Route) -> bool {
    route.pattern == "me" || route.pattern.starts_with("me/")
}

fn table(text: &mut String, is_in: impl Fn(&Route) -> bool) {
    generated::titles(text, ["Request", "Status", "Answer", "Note", "Test"]);
    for route in ROUTES.iter().filter(|route| is_in(route)) {
        let told = of(route);
        let path = route.pattern.replace("{key}", "{id}").replace("()", "");
        let path = match route.only {
            Some(only) => format!("{only}/{path}"),
            None => path,
        };
        let request = format!("`{} /{path}`", route.method);
        let (answer, proof) = (standing(told.answer), link(&told.test));
        let status = told.status.to_string();
        generated::row(text, [&request, &status, &answer, told.says, &proof]);
    }
}

fn standing(answer: Answer) -> String {
    match answer {
        Answer::Served => "documented".to_owned(),
        Answer::Wider => "wider".to_owned(),
        Answer::Differs(place) => format!("[differs](differences.md): {place}"),
        Answer::Ours(place) => format!("[ours](differences.md): {place}"),
        Answer::Refused => "not served".to_owned(),
    }
}

fn link(test: &Test) -> String {
    format!("[`{}`](../{})", test.name, file_of(test))
}

/// Whether the table of differences has a row at that place.
pub fn is_place(place: &str) -> bool {
    differences::all().any(|one| one.place == place)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use odata::{OptionName, vocabulary};

    use super::{Answer, ROUTES, SECTIONS, Test, file_of, is_place, language, markdown, of};

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

    fn rows() -> impl Iterator<Item = (Answer, Test)> {
        let rows = SECTIONS.iter().flat_map(|section| section.rows);
        let routes = ROUTES.iter().map(of);
        rows.map(|row| (row.answer, row.test))
            .chain(routes.map(|told| (told.answer, told.test)))
    }

    #[test]
    fn the_document_is_current() {
        crate::generated::check("conformance.md", &markdown());
    }

    /// A function of that name, marked as a test, in the file that the document links.
    #[test]
    fn every_linked_test_exists() {
        let mut sources = HashMap::new();
        for (_, test) in rows() {
            let source = sources.entry(file_of(&test)).or_insert_with_key(|file| {
                std::fs::read_to_string(format!("{ROOT}/{file}"))
                    .unwrap_or_else(|error| panic!("{file}: {error}"))
            });
            let mut lines = source.lines().zip(source.lines().skip(1));
            let name = format!("fn {}()", test.name);
            let found = lines.any(|(before, line)| {
                (before == "#[test]" || before == "#[tokio::test]") && line.contains(&name)
            });
            assert!(found, "no test {} in {}", test.name, file_of(&test));
        }
    }

    #[test]
    fn every_difference_has_its_place() {
        for (answer, _) in rows() {
            if let Answer::Differs(place) | Answer::Ours(place) = answer {
                assert!(is_place(place), "{place}");
            }
        }
    }

    /// The query language has no word that stands nowhere in the document.
    #[test]
    fn every_word_of_the_language_has_a_row() {
        let has = |rows: &[super::Row], word: &str| {
            let word = format!("`{word}");
            rows.iter().any(|row| {
                let after = row.what.split(&word).nth(1);
                after.is_some_and(|after| !after.starts_with(char::is_alphanumeric))
            })
        };
        for option in OptionName::ALL {
            let name = option.as_str();
            assert!(has(language::OPTIONS.rows, name), "{name}");
        }
        let words = vocabulary::operators()
            .chain(vocabulary::functions())
            .chain(vocabulary::other_functions());
        for word in words {
            assert!(has(language::FILTER.rows, word), "{word}");
        }
    }
}
