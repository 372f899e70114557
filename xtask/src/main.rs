//! The house's tools: `cargo xtask test | tidy | journey | bench | dist`.
//!
//! `test` is what a landing must pass and what the README tells people to run; the other commands
//! are its parts, for use while working.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value answers null for what it lacks; elsewhere a panic is a failed run"
)]

mod bench;
mod dist;
mod journeys;
mod needs;
mod report;
mod scale;
mod shell;
mod test;
mod tidy;

use clap::{Parser, Subcommand};

/// The house's tools.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything a landing must pass; installs what the tests need when it may.
    Test {
        /// Use the full counts of xtask/scale.toml.
        #[arg(long)]
        full: bool,
    },
    /// Check the house rules that need no build.
    Tidy,
    /// Run one journey against the release binary.
    Journey {
        /// Which one.
        name: journeys::Name,
        /// Use the full counts of xtask/scale.toml.
        #[arg(long)]
        full: bool,
    },
    /// Measure the binary that is shipped; prints ratios, asserts nothing.
    Bench {
        /// Only the figures whose name contains this.
        only: Option<String>,
    },
    /// Make what people are given: an archive, packages for Debian, Python and npm, an image.
    /// Nothing is published.
    Dist {
        /// Pack this program instead of building one.
        #[arg(long, value_name = "FILE")]
        binary: Option<std::path::PathBuf>,
        /// Folder to write into [default: dist-files in the target folder].
        #[arg(long, value_name = "DIR")]
        out: Option<std::path::PathBuf>,
    },
    /// The bare server that `bench` compares with; it starts it itself.
    #[command(hide = true)]
    BenchPeer,
}

fn main() -> std::process::ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test { full } => test::run(full),
        Command::Tidy => tidy::run().map(|()| println!("tidy: the house rules hold")),
        Command::Journey { name, full } => journeys::run_one(name, full),
        Command::Bench { only } => bench::run(only.as_deref()),
        Command::Dist { binary, out } => dist::run(binary, out).map(|files| {
            for file in files {
                println!("{}", file.display());
            }
        }),
        Command::BenchPeer => bench::serve_peer(),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
