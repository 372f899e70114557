//! The README's story by HTTP: `vestibule try invite ADDRESS --headless`.

use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use super::{Instance, binary};
use crate::report::Outcome;

pub(super) fn run() -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let dev = Instance::start(folder.path(), &[])?;
    let started = Instant::now();
    let output = Command::new(binary()?)
        .args([
            "try",
            "invite",
            "sam@fabrikam.example",
            "--headless",
            "--dir",
        ])
        .arg(dev.dir())
        .output()?;
    let took = started.elapsed();
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || said.trim_end().lines().last().map(str::trim) != Some("Accepted")
    {
        bail!(
            "{}\n{said}{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let audited = Command::new(binary()?)
        .args(["audit", "verify", "--dir"])
        .arg(dev.dir())
        .output()?;
    if !audited.status.success() {
        bail!(
            "the audit trail does not verify: {}",
            String::from_utf8_lossy(&audited.stderr)
        );
    }
    Ok(Outcome::Passed(format!(
        "Accepted in {} ms",
        took.as_millis()
    )))
}
