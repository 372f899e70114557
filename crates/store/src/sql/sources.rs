//! Where SQL may stand. Every source file of the crate is read, in every folder: a text that looks
//! like SQL stands in `statements!`, where the registry's lint finds it, or is pushed into a
//! composed statement, which the tests of `query` lint. The engine's own folder and the migrations
//! have texts of their own, which run while nothing else does.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders and files whose texts are not the registry's.
const OWN: &[&str] = &[
    "engine/sqlite/",
    "migrations/",
    "sql/",
    "query/writes.rs",
    "registry.rs",
];

/// Beginnings and pieces of SQL that prose does not have.
const BEGINNINGS: &[&str] = &[
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE ",
    "CREATE ",
    "DROP ",
    "ALTER ",
    "PRAGMA ",
    "WITH ",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "ATTACH ",
    "VACUUM",
];
const PIECES: &[&str] = &[" FROM ", " WHERE ", " VALUES (", " SET ", " ORDER BY "];

fn is_sql(literal: &str) -> bool {
    let literal = literal.trim_start();
    BEGINNINGS.iter().any(|word| literal.starts_with(word))
        || PIECES.iter().any(|word| literal.contains(word))
}

/// A source file: its code with comments and the insides of literals blanked, and the literals.
struct Source {
    code: String,
    literals: Vec<(usize, String)>,
}

impl Source {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut code = bytes.to_vec();
        let mut literals = Vec::new();
        let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
        let mut place = 0;
        while place < bytes.len() {
            let start = place;
            match (at(place), at(place + 1)) {
                (b'/', b'/') => {
                    while place < bytes.len() && at(place) != b'\n' {
                        place += 1;
                    }
                    blank(&mut code, start..place);
                }
                // A quotation mark as a character.
                (b'\'', b'"') => place += 3,
                (b'\'', b'\\') => place += 4,
                (b'"', _) => {
                    place += 1;
                    while place < bytes.len() && at(place) != b'"' {
                        place += if at(place) == b'\\' { 2 } else { 1 };
                    }
                    let inside = text.get(start + 1..place).unwrap_or_default();
                    literals.push((start, inside.to_owned()));
                    blank(&mut code, start + 1..place);
                    place += 1;
                }
                _ => place += 1,
            }
        }
        let code = String::from_utf8_lossy(&code).into_owned();
        Self { code, literals }
    }

    /// The places of the blocks of `statements!`.
    fn statements(&self) -> Vec<std::ops::Range<usize>> {
        let word = "statements! {";
        let starts = self.code.match_indices(word);
        let calls = starts.filter(|(at, _)| !self.code[..*at].ends_with("macro_rules! "));
        calls
            .map(|(start, _)| {
                let mut depth = 0_u32;
                let inside = self.code[start..].char_indices().find(|(_, letter)| {
                    depth += u32::from(*letter == '{');
                    depth -= u32::from(*letter == '}');
                    *letter == '}' && depth == 0
                });
                start..start + inside.map_or(0, |(at, _)| at)
            })
            .collect()
    }

    /// Where the tests of the file begin, which stand at its end.
    fn tests(&self) -> usize {
        let tests = self.code.find("#[cfg(test)]\nmod tests {");
        tests.unwrap_or(self.code.len())
    }

    /// Texts that look like SQL and stand where no lint reads them.
    fn stray(&self) -> Vec<&str> {
        let (blocks, tests) = (self.statements(), self.tests());
        let is_composed = self.code.contains("Composed");
        let stray = self.literals.iter().filter(|(at, literal)| {
            let before = self.code[..*at].trim_end();
            let pushed = before.ends_with("push(")
                || before.ends_with(": &str =") && is_composed
                || before.ends_with("push(if wide {");
            is_sql(literal)
                && *at < tests
                && !blocks.iter().any(|block| block.contains(at))
                && !(is_composed && pushed)
        });
        stray.map(|(_, literal)| literal.as_str()).collect()
    }
}

fn blank(code: &mut [u8], range: std::ops::Range<usize>) {
    for byte in code.get_mut(range).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Every source file below `src`, by its path there.
fn files() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (Vec::new(), vec![src.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path
                    .strip_prefix(&src)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn no_sql_elsewhere() {
    let files = files();
    assert!(files.len() > 75, "only {} files seen", files.len());
    let mut faults = Vec::new();
    for (name, text) in &files {
        let is_test = name.ends_with("tests.rs");
        if is_test || OWN.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let source = Source::of(text);
        faults.extend(source.stray().iter().map(|sql| format!("{name}: {sql}")));
        let names_driver = source.code.get(..source.tests()).unwrap_or_default();
        if names_driver.contains("rusqlite") {
            faults.push(format!("{name}: names an engine's driver"));
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// The registry misses a file's statements unless its folder lists them, and those of a folder's
/// own file unless the registry lists them.
#[test]
fn every_file_with_statements_is_in_the_registry() {
    let mut missing = Vec::new();
    let mut seen = 0;
    let files = files();
    let text_of = |wanted: &str| {
        let found = files.iter().find(|(name, _)| name == wanted);
        found.map(|(_, text)| text.as_str()).unwrap_or_default()
    };
    for (name, text) in &files {
        if name.starts_with("sql/") || Source::of(text).statements().is_empty() {
            continue;
        }
        seen += 1;
        let module = name.trim_end_matches(".rs").trim_end_matches("/mod");
        let (list, module) = match module.rsplit_once('/') {
            Some((folder, file)) => (format!("{folder}/mod.rs"), file),
            None => ("registry.rs".to_owned(), module),
        };
        if !text_of(&list).contains(&format!("{module}::SQL")) {
            missing.push(format!("{name} in {list}"));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(seen > 20, "only {seen} files with statements seen");
}

#[test]
fn the_lint_bites() {
    let stray = |text: &str| Source::of(text).stray().len();
    for text in [
        "fn f() { on.execute(\"DELETE FROM users\"); }",
        "fn f() { format!(\"SELECT {columns} FROM {table}\"); }",
        "const TEXT: &str = \"UPDATE users SET a = 1\";",
        "statements! { Tenant A = \"SELECT 1\"; }\nfn f() { run(\"SELECT 2\"); }",
        "fn f() { let quote = '\"'; run(\"BEGIN\"); }",
        "fn f(out: &mut Composed) { out.other(\"SELECT u.id\"); }",
    ] {
        assert_eq!(stray(text), 1, "{text}");
    }
    for text in [
        "statements! { Tenant A = concat!(\"SELECT a\", b!(), \" FROM t\"); }",
        "// \"SELECT 1\"\nfn f() { say(\"the selection\"); }",
        "fn f(out: &mut Composed) { out.push(\"SELECT u.id\"); }",
        "fn f() {}\n#[cfg(test)]\nmod tests { fn g() { run(\"SELECT 1\"); } }",
    ] {
        assert_eq!(stray(text), 0, "{text}");
    }
}
