//! The arrows between the crates, as ARCHITECTURE.md draws them and as Cargo knows them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

use super::Findings;
use crate::shell;

/// The table's row per crate: `| crate | knows | never knows | uses |`.
fn drawn(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, name, _, _, uses, _] = cells.as_slice() else {
            continue;
        };
        let Some(name) = name
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'))
        else {
            continue;
        };
        let uses = uses
            .split(',')
            .map(|one| one.trim().trim_matches('`').to_owned())
            .filter(|one| !one.is_empty() && one != "none")
            .collect();
        rows.insert(name.to_owned(), uses);
    }
    rows
}

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let text = std::fs::read_to_string(shell::root().join("ARCHITECTURE.md"))
        .context("ARCHITECTURE.md")?;
    let drawn = drawn(&text);
    let metadata = MetadataCommand::new()
        .current_dir(shell::root())
        .no_deps()
        .exec()?;
    let members: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    for package in &metadata.packages {
        // Tests may look down from above (server's tests use testkit); the arrows are about what is
        // shipped.
        let real: BTreeSet<String> = package
            .dependencies
            .iter()
            .filter(|dependency| {
                dependency.kind == DependencyKind::Normal && members.contains(&dependency.name)
            })
            .map(|dependency| dependency.name.clone())
            .collect();
        match drawn.get(package.name.as_str()) {
            None => findings.push(format!(
                "ARCHITECTURE.md: no row for the crate `{}`",
                package.name
            )),
            Some(uses) if *uses != real => findings.push(format!(
                "ARCHITECTURE.md: `{}` uses {uses:?} there, {real:?} in its Cargo.toml",
                package.name
            )),
            Some(_) => {}
        }
    }
    for name in drawn.keys().filter(|name| !members.contains(*name)) {
        findings.push(format!(
            "ARCHITECTURE.md: `{name}` is no crate of the workspace"
        ));
    }
    Ok(())
}
