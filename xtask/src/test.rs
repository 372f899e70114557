//! `cargo xtask test`: everything a landing must pass, in the order in which failing early is
//! cheapest.

use anyhow::Result;

use crate::report::{Outcome, Report};
use crate::{journeys, needs, scale, shell, tidy};

/// Runs all steps and prints what held, what failed and what was skipped.
///
/// # Errors
/// A step failed, or was skipped under `CI=true`.
pub(crate) fn run(full: bool) -> Result<()> {
    let mut report = Report::new();
    report.step("tidy", || {
        tidy::run().map(|()| Outcome::Passed("the house rules hold".into()))
    });
    report.step("format", || cargo(&["fmt", "--all", "--check"]));
    report.step("needs", needs::install);
    report.step("lints", || {
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
    });
    report.step("rings", || rings(full));
    report.step("documents", || cargo(&["doc", "--workspace", "--no-deps"]));
    report.step("release", || cargo(&["build", "--release"]));
    for name in journeys::Name::ALL {
        if name.only_full() && !full {
            continue;
        }
        report.step(name.title(), || journeys::run(*name, full));
    }
    report.close()
}

/// The tests of the crates. Those that repeat take their counts from `xtask/scale.toml` themselves.
fn rings(full: bool) -> Result<Outcome> {
    let mut command = shell::cargo();
    if full {
        command.env("VESTIBULE_FULL", "1");
    }
    shell::run(command.args(["test", "--workspace", "--no-fail-fast"]))?;
    Ok(Outcome::Passed(format!(
        "{} random filters, {} walks beside writing",
        scale::count("filters", full)?,
        scale::count("walks", full)?
    )))
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    let mut command = shell::cargo();
    if arguments.first() == Some(&"doc") {
        command.env("RUSTDOCFLAGS", "-D warnings");
    }
    shell::run(command.args(arguments))?;
    Ok(Outcome::Passed(String::new()))
}
