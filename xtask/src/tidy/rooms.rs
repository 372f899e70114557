//! The arrows between rooms, as ARCHITECTURE.md forbids them and as the code's imports run.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::Findings;
use crate::shell;

/// A room's row: `| folder | never imports |`, after this heading.
const HEADING: &str = "## Arrows between rooms";

/// A folder or file, and the paths that stand in none of its sources.
struct Room {
    folder: String,
    never: Vec<String>,
}

fn drawn(text: &str) -> Vec<Room> {
    let after = text.split_once(HEADING).map_or("", |(_, after)| after);
    let section = after.split("\n## ").next().unwrap_or_default();
    let mut rows = Vec::new();
    for line in section.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, folder, never, _] = cells.as_slice() else {
            continue;
        };
        let Some(folder) = folder
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'))
        else {
            continue;
        };
        let never = never
            .split(',')
            .map(|one| one.trim().trim_matches('`').to_owned())
            .collect();
        rows.push(Room {
            folder: folder.to_owned(),
            never,
        });
    }
    rows
}

/// The paths of the code, each with its line: those of a `use` with braces whole, all others as
/// they stand.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut outer: Vec<String> = Vec::new();
    let (mut line, mut path) = (1, String::new());
    for c in code.chars().chain(['\n']) {
        match c {
            c if c.is_alphanumeric() || c == '_' || c == ':' => path.push(c),
            '{' if path.ends_with("::") || !outer.is_empty() => {
                let inner = outer.last().map_or("", String::as_str).to_owned() + &path;
                outer.push(inner);
                path.clear();
            }
            _ => {
                if !path.is_empty() {
                    let before = outer.last().map_or("", String::as_str);
                    found.push((line, before.to_owned() + &path));
                    path.clear();
                }
                if c == '}' {
                    outer.pop();
                }
            }
        }
        if c == '\n' {
            line += 1;
        }
    }
    found
}

/// The forbidden paths in a source, each with its line. What stands in comments and behind
/// `#[cfg(test)]` does not count: a room's tests may bring a neighbour along.
fn broken<'a>(source: &str, never: &'a [String]) -> Vec<(usize, &'a str)> {
    let shipped = source.split("#[cfg(test)]\nmod ").next().unwrap_or(source);
    let code: Vec<&str> = shipped
        .lines()
        .map(|line| line.split("//").next().unwrap_or(line))
        .collect();
    let mut found = Vec::new();
    for (number, named) in paths(&code.join("\n")) {
        let is_in = |path: &&String| {
            let rest = named.strip_prefix(path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let room = never.iter().filter(is_in);
        found.extend(room.map(|path| (number, path.as_str())));
    }
    found
}

/// Whether the folder's `mod.rs` declares the file as one of tests.
fn is_of_tests(path: &Path) -> bool {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let declared = std::fs::read_to_string(path.with_file_name("mod.rs")).unwrap_or_default();
    path.ends_with("tests.rs") || declared.contains(&format!("#[cfg(test)]\nmod {name};"))
}

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) -> Result<()> {
    if folder.is_file() {
        found.push(folder.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        let is_source = path.extension().is_some_and(|end| end == "rs");
        if path.is_dir() || (is_source && !is_of_tests(&path)) {
            sources(&path, found)?;
        }
    }
    Ok(())
}

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let root = shell::root();
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).context("ARCHITECTURE.md")?;
    let rooms = drawn(&text);
    if rooms.is_empty() {
        bail!("ARCHITECTURE.md: no row under \"{HEADING}\"");
    }
    for room in rooms {
        let mut files = Vec::new();
        sources(&root.join(&room.folder), &mut files)?;
        if files.is_empty() {
            findings.push(format!("ARCHITECTURE.md: no source in `{}`", room.folder));
        }
        for file in files {
            let source = std::fs::read_to_string(&file)?;
            let shown = file.strip_prefix(&root).unwrap_or(&file).display();
            for (line, path) in broken(&source, &room.never) {
                findings.push(format!(
                    "{shown}:{line}: `{path}`, which `{}` never imports",
                    room.folder
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{broken, drawn};

    #[test]
    fn rows_are_read_under_their_heading_alone() {
        let text = "| `a` | `b` |\n## Arrows between rooms\n\n| room | never |\n|---|---|\n| `c/d` | `e`, `f::g` |\n\n## Next\n| `h` | `i` |\n";
        let rooms = drawn(text);
        let [room] = rooms.as_slice() else {
            panic!("{} rows", rooms.len());
        };
        assert_eq!((room.folder.as_str(), room.never.len()), ("c/d", 2));
    }

    #[test]
    fn a_forbidden_path_is_found_as_a_whole_in_code_alone() {
        let never = ["crate::graph".to_owned()];
        let check = |source: &str, expected: usize| {
            assert_eq!(broken(source, &never).len(), expected, "{source}");
        };
        check("use crate::graph::envelope::GraphError;", 1);
        check("    crate::graph::routes()", 1);
        check("use crate::{graph, http};", 1);
        check(
            "use crate::{\n    http::{self, front},\n    graph::{self, Call},\n};",
            2,
        );
        check(
            "use crate::{http::graph, oauth};\nfn graph() { crate::http::graph(); }",
            0,
        );
        check("use crate::graphics;", 0);
        check("use other_crate::graph;", 0);
        check("// see crate::graph", 0);
        check(
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    use crate::graph;\n}",
            0,
        );
    }
}
