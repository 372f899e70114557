//! Dependencies: each with a sentence, and one crypto stack in the resolved tree.

use anyhow::{Context, Result};

use super::Findings;
use crate::shell;

/// Crates that would bring a second TLS or crypto stack. `deny.toml` bans the same names.
const BANNED: &[&str] = &["ring", "openssl", "openssl-sys", "native-tls"];

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let text = std::fs::read_to_string(shell::root().join("Cargo.toml")).context("Cargo.toml")?;
    let mut before = "";
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[workspace.dependencies]";
        } else if inside
            && line.contains('=')
            && !line.contains("path = ")
            && !before.starts_with('#')
        {
            findings.push(format!(
                "Cargo.toml: no sentence above `{}`",
                line.split('=').next().unwrap_or(line).trim()
            ));
        }
        before = line;
    }
    // The lock file also lists what is only ever optional, so ask for what is built.
    let tree = shell::read(shell::cargo().args([
        "tree",
        "--workspace",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--locked",
    ]))?;
    for name in BANNED {
        if tree
            .lines()
            .any(|line| line.split(' ').next() == Some(name))
        {
            findings.push(format!(
                "`{name}` is built: aws-lc-rs is the one crypto stack"
            ));
        }
    }
    Ok(())
}
