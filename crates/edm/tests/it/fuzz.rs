//! The corpus of each fuzz target, replayed and mutated.

use oracle::{bodies, replay};

/// Mutations of each case of a corpus.
const MUTATIONS: usize = 1_500;

/// What is special in bodies, to strew in.
const WORDS: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u",
    "\\ud83d",
    "\\u0000",
    "null",
    "true",
    "-",
    "e9",
    "0",
    "1.5",
    " ",
    "\n",
    "\u{feff}",
    "@odata.type",
    "@odata.id",
    "@odata.bind",
    "\"id\":",
    "\"displayName\":",
    "\"otherMails\":[",
    "\"employeeOrgData\":{",
    "\"invitedUser\":{",
    "/",
    "ø",
];

#[test]
fn corpora() {
    for (name, target) in bodies::TARGETS {
        let folder = format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
        for case in std::fs::read_dir(&folder).expect(&folder) {
            let case = std::fs::read(case.expect(&folder).path()).expect(&folder);
            replay(target, &case, &WORDS, MUTATIONS);
        }
    }
}
