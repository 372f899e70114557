//! The counts of the repeated tests, from one table with a short and a full column.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Table {
    counts: BTreeMap<String, Columns>,
}

#[derive(Deserialize, Clone, Copy)]
struct Columns {
    short: u32,
    full: u32,
}

/// One count as used in this run.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    /// How often to repeat.
    pub(crate) times: u32,
    /// Below the full count: the result says so.
    pub(crate) short: bool,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}{}",
            self.times,
            if self.short { " (short)" } else { "" }
        )
    }
}

/// The count called `name`.
///
/// # Errors
/// The table is unreadable or has no such row.
pub(crate) fn count(name: &str, full: bool) -> Result<Count> {
    let text = std::fs::read_to_string(crate::shell::root().join("xtask/scale.toml"))?;
    let table: Table = toml::from_str(&text)?;
    let row = table
        .counts
        .get(name)
        .with_context(|| format!("xtask/scale.toml has no row {name}"))?;
    let times = if full { row.full } else { row.short };
    Ok(Count {
        times,
        short: times < row.full,
    })
}
