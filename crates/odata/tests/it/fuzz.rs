//! The corpus of each fuzz target, replayed and mutated from a fixed seed; and queries made to be
//! expensive.

use edm::Version::V1;
use edm::user;
use odata::{Mode, Shape, limits};
use oracle::{queries, replay};

/// Mutations of each case of a corpus.
const MUTATIONS: usize = 1_500;

/// What is special in the grammar, to strew in.
const WORDS: [&str; 34] = [
    "'", "\"", "(", ")", "[", "]", "{", "}", ",", ";", ":", "/", "$", "@", "%", "%27", "%2", "%c3",
    "+", " ", " and ", " or ", "not ", " eq ", " in (", "null", "/any(x:", "/$count", "$it", "-",
    "1", "ø", "\u{0}", "=",
];

#[test]
fn corpora() {
    for (name, target) in queries::TARGETS {
        let folder = format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
        let cases = std::fs::read_dir(&folder).expect(&folder);
        for case in cases {
            let case = std::fs::read(case.expect(&folder).path()).expect(&folder);
            replay(target, &case, &WORDS, MUTATIONS);
        }
    }
}

/// What is repeated until a query of 8 KiB is full, and what stands before it.
const HOSTILE: [(&str, &str); 50] = [
    ("", "("),
    ("", ")"),
    ("", "["),
    ("", "{"),
    ("", "{\"a\":"),
    ("", "not "),
    ("", "not("),
    ("", "-"),
    ("", "- "),
    ("", "a/"),
    ("", "a("),
    ("", "a(b="),
    ("", "a/any(x:"),
    ("", "a/all(x:x/"),
    ("", "case("),
    ("", "case(a:"),
    ("", "a or "),
    ("", "a and "),
    ("", "a eq "),
    ("", "a add "),
    ("", "a or b and "),
    ("", "a eq 1 or "),
    ("", "not a or "),
    ("", "a in ("),
    ("", "a in [["),
    ("a in (", "1,"),
    ("a in (", "'x',"),
    ("a in (", "null,"),
    ("f(", "a,"),
    ("[", "1,"),
    ("{", "\"a\":1,"),
    ("case(", "a:1,"),
    ("a eq '", "x"),
    ("a eq '", "''"),
    ("a eq \"", "\\\\"),
    ("a eq \"", "\\u0041"),
    ("contains(a,'", "%"),
    ("contains(a,'", "%25"),
    ("", "a"),
    ("", "@a"),
    ("", "$"),
    ("", "1"),
    ("a eq 1", "1"),
    ("a eq 1.", "1"),
    ("a eq 1e", "1"),
    ("", "-1"),
    ("a eq ", "2024-01-01T00:00:00Z "),
    ("", "0123abcd-0123-0123-0123-0123456789ab "),
    ("", "a%20eq%20%271%27%20or%20"),
    ("a", "()"),
];

#[test]
fn hostile() {
    for (before, piece) in HOSTILE {
        let length = limits::QUERY_BYTES - "$filter=".len();
        let mut text = before.to_owned();
        while text.len() + piece.len() <= length {
            text.push_str(piece);
        }
        let query = format!("$filter={text}");
        let answered = odata::parse(&query, V1).is_ok_and(|syntax| {
            odata::check(
                syntax,
                edm::Entity::core(&user::TYPE),
                V1,
                Shape::Collection,
                Mode::default(),
            )
            .is_ok()
        });
        assert!(!answered, "{before}{piece}");
        // A token and what it closes for each byte at most, and far less where a limit bites: no
        // machine is too slow.
        let steps = odata::steps(&text);
        assert!(steps <= 2 * text.len(), "{before}{piece}: {steps} steps");
        for option in ["$orderby", "$search", "$expand", "$select"] {
            let _ = odata::parse(&format!("{option}={text}"), V1);
        }
    }
}
