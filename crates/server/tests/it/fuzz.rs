//! The corpus of each fuzz target, replayed and mutated.

use oracle::replay;
use testkit::fuzz;

/// Mutations of each case of a corpus: sealing and opening is what most of them cost.
const MUTATIONS: usize = 1_000;

/// What is special in files and tokens, to strew in.
const WORDS: [&str; 24] = [
    ",",
    ";",
    "\t",
    "\"",
    "\"\"",
    "\n",
    "\r\n",
    "\r",
    "\\",
    "[",
    "{\"a\":",
    "]",
    "'",
    "=",
    "/",
    "x",
    "displayName",
    "employeeOrgData/division",
    "manager",
    "identities",
    "\u{feff}",
    "\u{0}",
    "ø",
    "AQAB",
];

#[test]
fn corpora() {
    for (name, target) in fuzz::TARGETS {
        let folder = format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
        for case in std::fs::read_dir(&folder).unwrap() {
            let case = std::fs::read(case.unwrap().path()).unwrap();
            replay(target, &case, &WORDS, MUTATIONS);
        }
    }
}
