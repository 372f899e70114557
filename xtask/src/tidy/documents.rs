//! Documents: what they name exists, and the README holds the commands people type.

use std::path::Path;

use anyhow::Result;

use super::Findings;
use crate::shell;

/// What must stand in the README to the letter.
const README: &[&str] = &[
    "cargo run --release -- dev",
    "cargo run --release -- try invite sam@fabrikam.example",
    "cargo xtask test",
];

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let root = shell::root();
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    for command in README {
        if !readme.contains(command) {
            findings.push(format!("README.md: the command `{command}` is missing"));
        }
    }
    for path in shell::tracked()? {
        if path.extension().is_some_and(|extension| extension == "md") {
            let text = std::fs::read_to_string(root.join(&path))?;
            links(&path, &text, findings);
            folders(&path, &text, findings);
        }
    }
    Ok(())
}

/// Relative links lead somewhere.
fn links(path: &Path, text: &str, findings: &mut Findings) {
    for part in text.split("](").skip(1) {
        let Some(link) = part.split(')').next() else {
            continue;
        };
        let file = link.split('#').next().unwrap_or(link);
        if file.is_empty() || file.contains("://") || file.starts_with("mailto:") {
            continue;
        }
        let base = shell::root().join(path.parent().unwrap_or(Path::new("")));
        if !base.join(file).exists() {
            findings.push(format!(
                "{}: the link to {file} leads nowhere",
                path.display()
            ));
        }
    }
}

/// A path of ours in backticks exists: documents that name vanished folders mislead worse than
/// none.
fn folders(path: &Path, text: &str, findings: &mut Findings) {
    for quoted in text.split('`').skip(1).step_by(2) {
        let ours = ["crates/", "xtask/", "docs/", "journeys/", "fuzz/"]
            .iter()
            .any(|start| quoted.starts_with(start));
        if ours
            && !quoted.contains([' ', '*', '{', '<', '…'])
            && !shell::root().join(quoted).exists()
        {
            findings.push(format!("{}: `{quoted}` does not exist", path.display()));
        }
    }
}
