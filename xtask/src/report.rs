//! What ran, what was skipped and why, and the closing lines.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How a step ended.
pub(crate) enum Outcome {
    /// Ran and held; the text says what was counted or measured.
    Passed(String),
    /// Could not run here; the text says what is missing.
    Skipped(String),
}

/// The steps of one run, in order.
pub(crate) struct Report {
    lines: Vec<(&'static str, &'static str, Duration, String)>,
    strict: bool,
}

impl Report {
    /// A run; under `CI=true` a skipped step is a failed one.
    pub(crate) fn new() -> Self {
        let strict = std::env::var("CI").is_ok_and(|value| value == "true");
        Self {
            lines: Vec::new(),
            strict,
        }
    }

    /// Runs one step and keeps its outcome; the run goes on after a failure so that one run shows
    /// all of them.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Outcome>) {
        println!("\n=== {name}");
        let started = Instant::now();
        let (verdict, text) = match work() {
            Ok(Outcome::Passed(text)) => ("passed", text),
            Ok(Outcome::Skipped(why)) if self.strict => {
                ("failed", format!("skipped under CI: {why}"))
            }
            Ok(Outcome::Skipped(why)) => ("skipped", why),
            Err(error) => ("failed", format!("{error:#}")),
        };
        println!("--- {name}: {verdict} {text}");
        self.lines.push((name, verdict, started.elapsed(), text));
    }

    /// Prints the table and the closing line.
    ///
    /// # Errors
    /// A step failed.
    pub(crate) fn close(self) -> Result<()> {
        println!();
        for (name, verdict, took, text) in &self.lines {
            println!(
                "{verdict:<8} {name:<14} {:>6.1} s  {text}",
                took.as_secs_f64()
            );
        }
        let count = |wanted: &str| {
            self.lines
                .iter()
                .filter(|(_, verdict, ..)| *verdict == wanted)
                .count()
        };
        println!(
            "\n{} passed, {} failed, {} skipped",
            count("passed"),
            count("failed"),
            count("skipped")
        );
        if count("failed") > 0 {
            bail!("not everything holds");
        }
        Ok(())
    }
}
