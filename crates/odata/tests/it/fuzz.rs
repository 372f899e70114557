//! The corpus of each fuzz target, replayed and mutated from a fixed seed; and queries made to be expensive.

use edm::Version::V1;
use edm::user;
use odata::{Mode, Shape, fuzz, limits};

/// Mutations of each line of a corpus.
const MUTATIONS: usize = 1_500;

/// What is special in the grammar, to strew in.
const WORDS: [&str; 34] = [
    "'", "\"", "(", ")", "[", "]", "{", "}", ",", ";", ":", "/", "$", "@", "%", "%27", "%2", "%c3",
    "+", " ", " and ", " or ", "not ", " eq ", " in (", "null", "/any(x:", "/$count", "$it", "-",
    "1", "ø", "\u{0}", "=",
];

/// A small generator of its own, so that a failure comes again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).expect("a bound")).expect("below it")
    }
}

fn mutate(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    let end = (at + chance.below(8)).min(bytes.len());
    match chance.below(5) {
        0 => {
            bytes.drain(at..end);
        }
        1 => {
            let word = WORDS[chance.below(WORDS.len())];
            bytes.splice(at..at, word.bytes());
        }
        2 => {
            let piece = bytes[at..end].repeat(1 + chance.below(6));
            bytes.splice(at..at, piece);
        }
        3 => {
            let byte = u8::try_from(chance.below(256)).expect("a byte");
            bytes.splice(at..end, [byte]);
        }
        _ => {
            let piece = bytes[at..end].to_vec();
            let to = chance.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
    }
}

#[test]
fn corpora() {
    for (name, target) in fuzz::TARGETS {
        let file = format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
        let corpus = std::fs::read_to_string(&file).expect(&file);
        let mut chance = Chance(0x5eed_0000_0000_0001);
        for line in corpus.lines() {
            target(line.as_bytes());
            let mut bytes = line.as_bytes().to_vec();
            for _ in 0..MUTATIONS {
                mutate(&mut bytes, &mut chance);
                bytes.truncate(2_000);
                target(&bytes);
                // Now and then from the beginning, lest it all become noise.
                if chance.below(12) == 0 {
                    bytes = line.as_bytes().to_vec();
                }
            }
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
            odata::check(syntax, &user::TYPE, V1, Shape::Collection, Mode::default()).is_ok()
        });
        assert!(!answered, "{before}{piece}");
        // A token and what it closes for each byte at most, and far less where a limit bites: no machine is too slow.
        let steps = fuzz::steps(&text);
        assert!(steps <= 2 * text.len(), "{before}{piece}: {steps} steps");
        for option in ["$orderby", "$search", "$expand", "$select"] {
            let _ = odata::parse(&format!("{option}={text}"), V1);
        }
    }
}
