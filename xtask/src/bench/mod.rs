//! `cargo xtask bench`: ratios from one run of the binary that is shipped, every check on. Prints,
//! asserts nothing.
//!
//! The load generator and the bare peer (a process of its own) are part of this tool and are built
//! by the same profile: an unoptimised generator would measure itself.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

mod bare;
mod figures;
mod load;
mod million;
mod process;
mod write;

pub(crate) use bare::serve as serve_peer;

use anyhow::{Context as _, Result};

use crate::{journeys, shell};

/// Measures the figures whose name contains `only`.
///
/// # Errors
/// A build failed or the server did not answer as it must.
pub(crate) fn run(only: Option<&str>) -> Result<()> {
    if only == Some("write") {
        return compare_builds();
    }
    // The same selection of packages as the README's command, since it decides which features
    // dependencies have.
    shell::run(shell::cargo().args(["build", "--profile", "dist"]))?;
    if cfg!(debug_assertions) {
        let mut again = shell::cargo();
        again.env(journeys::BINARY, shell::target().join("dist/vestibule"));
        again.args([
            "run",
            "--profile",
            "dist",
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
    // Minutes long, so only when it is asked for by name.
    if only == Some("million") {
        million::run()?;
    }
    if only == Some("custom") {
        million::custom::run()?;
    }
    Ok(())
}

/// Compares the release build with another build of the same profile, so only when it is asked for
/// by name: nothing is built here but what is missing.
fn compare_builds() -> Result<()> {
    let other = std::env::var_os(write::AGAINST).with_context(|| {
        format!(
            "{} names the binary to compare with, of the release profile",
            write::AGAINST
        )
    })?;
    if std::env::var_os(journeys::BINARY).is_none() {
        shell::run(shell::cargo().args(["build", "--release"]))?;
    }
    println!("machine: {}", process::machine());
    write::run(&journeys::binary()?, std::path::Path::new(&other))
}
