//! `cargo xtask bench`: ratios from one run of the release binary, every check on. Prints, asserts nothing.
//!
//! The load generator and the bare peer are part of this tool and run from its release build: an unoptimised
//! generator would measure itself.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

mod bare;
mod figures;
mod load;
mod process;

use anyhow::Result;

use crate::shell;

/// Measures the figures whose name contains `only`.
///
/// # Errors
/// A build failed or the server did not answer as it must.
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    shell::run(shell::cargo().args(["build", "--release"]))?;
    if cfg!(debug_assertions) {
        let mut again = shell::cargo();
        again.args([
            "run",
            "--release",
            "--quiet",
            "--package",
            "xtask",
            "--",
            "bench",
        ]);
        return shell::run(again.args(only));
    }
    println!("machine: {}", process::machine());
    for (name, figure) in figures::ALL {
        if only.is_none_or(|wanted| name.contains(wanted)) {
            println!("\n{name}");
            figure()?;
        }
    }
    Ok(())
}
