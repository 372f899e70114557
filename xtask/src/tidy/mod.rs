//! The house rules that need no build. Each is a ratchet: an exception list may only shrink.

mod arrows;
mod citations;
mod dependencies;
mod documents;
mod files;
mod rooms;
mod threats;

use anyhow::{Result, bail};

/// What one rule found: one line each, with the place.
type Findings = Vec<String>;

/// Checks every rule and reports all findings together.
///
/// # Errors
/// A rule is broken, or something a rule reads is missing.
pub(crate) fn run() -> Result<()> {
    let mut findings = Findings::new();
    arrows::check(&mut findings)?;
    citations::check(&mut findings)?;
    dependencies::check(&mut findings)?;
    documents::check(&mut findings)?;
    files::check(&mut findings)?;
    rooms::check(&mut findings)?;
    threats::check(&mut findings)?;
    if findings.is_empty() {
        return Ok(());
    }
    bail!("{} broken:\n  {}", findings.len(), findings.join("\n  "));
}
