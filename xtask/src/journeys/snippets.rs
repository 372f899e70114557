//! The programs of `docs/clients.md`, taken from the page itself, so that what people copy is what
//! ran.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Instance;
use crate::shell;

const PAGE: &str = "docs/clients.md";

/// Whom every program must show: one of the users that `dev` begins with.
const SOMEBODY: &str = "Nora Feldmark";

/// A section of the page: its heading, and the first program below it.
struct Section {
    heading: String,
    text: String,
}

fn sections(page: &str) -> Vec<Section> {
    let parts = page.split("\n## ").skip(1);
    parts
        .map(|part| {
            let (heading, text) = part.split_once('\n').unwrap_or((part, ""));
            Section {
                heading: heading.to_owned(),
                text: text.to_owned(),
            }
        })
        .collect()
}

impl Section {
    /// What stands between the first fences.
    fn program(&self) -> Option<&str> {
        let (_, fenced) = self.text.split_once("\n```")?;
        let (_language, rest) = fenced.split_once('\n')?;
        rest.split_once("\n```").map(|(program, _)| program)
    }
}

/// Writes the program of a section into a file.
///
/// # Errors
/// There is no such program, or the file cannot be written.
pub(super) fn write(heading: &str, file: &Path) -> Result<()> {
    let page = std::fs::read_to_string(shell::root().join(PAGE))?;
    let sections = sections(&page);
    let program = sections
        .iter()
        .find(|section| section.heading == heading)
        .and_then(Section::program)
        .with_context(|| format!("{PAGE} has no program under {heading}"))?;
    std::fs::write(file, format!("{program}\n"))?;
    Ok(())
}

/// Runs a program of the page, which must show the users of `dev`.
///
/// # Errors
/// It failed, or shows something else.
pub(super) fn run(heading: &str, command: &mut Command, dev: &Instance) -> Result<()> {
    let output = command
        .envs(&dev.env)
        .env_remove("REQUESTS_CA_BUNDLE")
        .output()
        .with_context(|| format!("the program under {heading} does not start"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !said.contains(SOMEBODY) {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("the program under {heading} in {PAGE} does not show the users:\n{said}{errors}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PAGE, sections};
    use crate::shell;

    /// Sections whose programs a journey runs.
    const RUN: [&str; 6] = ["curl", "Python", "JavaScript", "Go", "Java", "Azure CLI"];

    #[test]
    fn the_page_says_which_programs_are_run() {
        let page = std::fs::read_to_string(shell::root().join(PAGE)).unwrap();
        let mut run = 0;
        for section in sections(&page) {
            let Some(program) = section.program() else {
                continue;
            };
            assert!(!program.is_empty());
            let heading = section.heading.as_str();
            let is_run = section.text.trim_start().starts_with("Run by our tests");
            let is_not = section
                .text
                .trim_start()
                .starts_with("Not run by our tests.");
            assert_ne!(is_run, is_not, "{heading} says whether it is run");
            assert_eq!(is_run, RUN.contains(&heading), "{heading}");
            run += usize::from(is_run);
        }
        assert_eq!(run, RUN.len());
    }

    /// The README shows some of them: the same ones.
    #[test]
    fn the_readme_shows_programs_of_the_page() {
        let page = std::fs::read_to_string(shell::root().join(PAGE)).unwrap();
        let readme = std::fs::read_to_string(shell::root().join("README.md")).unwrap();
        let mut fenced: Vec<&str> = readme.split("\n```").skip(1).step_by(2).collect();
        // A recipe for CI is no program of a client.
        fenced.retain(|block| !block.starts_with("yaml"));
        assert_eq!(fenced.len(), 3);
        for block in fenced {
            assert!(page.contains(block), "not in {PAGE}:\n{block}");
        }
    }
}
