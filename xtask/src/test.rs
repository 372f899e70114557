//! `cargo xtask test`: everything a landing must pass, in the order in which failing early is cheapest.

use anyhow::Result;

use crate::report::{Outcome, Report};
use crate::{journeys, needs, shell, tidy};

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
    report.step("rings", || {
        cargo(&["test", "--workspace", "--no-fail-fast"])
    });
    report.step("documents", || cargo(&["doc", "--workspace", "--no-deps"]));
    report.step("release", || cargo(&["build", "--release"]));
    for name in journeys::Name::ALL {
        report.step(name.title(), || journeys::run(*name, full));
    }
    report.close()
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    let mut command = shell::cargo();
    if arguments.first() == Some(&"doc") {
        command.env("RUSTDOCFLAGS", "-D warnings");
    }
    shell::run(command.args(arguments))?;
    Ok(Outcome::Passed(String::new()))
}
