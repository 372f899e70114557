//! `vestibule config`: what `serve` would say of a configuration, without serving.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use directory::Policy;
use serde_json::json;

use super::output::OutputArgs;
use super::place::read_config;
use super::{running, start};
use crate::config::Config;
use crate::instance::open::OpenFor;
use crate::terminal::{Failure, Style};

/// What can be done with a configuration.
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Check a configuration and everything it names, as `serve` would at its start
    #[command(
        after_help = "Goes through the list of checks that `serve` begins with: the configuration, the master key, the
certificate, templates, logos, mail settings, and what the database holds. Names all that is
wrong and changes nothing. A database that a start would bring to a new schema is copied to
TMPDIR, and the copy is checked. Works beside a running server, whose ports it does not try.

Example:
  vestibule config check --config vestibule.toml

Exit codes: 0 a server would start, 1 it would not, 2 wrong usage."
    )]
    Check(CheckArgs),
}

/// Which configuration.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    shape: OutputArgs,
}

/// Runs the command.
pub fn run(command: &ConfigCommand) -> Result<(), Failure> {
    let ConfigCommand::Check(args) = command;
    let file = args.config.display().to_string();
    let config = read_config(&args.config);
    if let (Err(failure), true) = (&config, args.shape.is_json()) {
        // For people the failure itself says it; a program reads the same as of any other fault.
        let problems = failure.reasons();
        let json = json!({ "file": file, "good": false, "problems": problems, "notes": [] });
        args.shape.show(&json, String::new)?;
    }
    let config = config?;
    let looking = async {
        tokio::select! {
            found = look(&config, &args.config) => Ok(found),
            // Dropped halfway, it takes the copy of the database away with it.
            told = running::until_told(&[]) => {
                told.and(Err(Failure::new("the check was ended before it was done")))
            }
        }
    };
    let Findings { problems, notes } = running::runtime()?.block_on(looking)?;
    let good = problems.is_empty();
    let json = json!({ "file": file, "good": good, "problems": problems, "notes": notes });
    if good {
        return args.shape.show(&json, || {
            let good = format!("{} {file}\n", Style::stdout().green("good:"));
            notes
                .iter()
                .fold(good, |text, note| text + "note: " + note + "\n")
        });
    }
    if args.shape.is_json() {
        args.shape.show(&json, String::new)?;
    }
    let failure = Failure::new(format!("a server would not start with {file}"));
    Err(problems.into_iter().fold(failure, Failure::because))
}

#[derive(Default)]
struct Findings {
    problems: Vec<String>,
    notes: Vec<String>,
}

/// What a start would find.
async fn look(config: &Config, path: &Path) -> Findings {
    let mut found = Findings::default();
    let filter = &config.log.filter;
    let settings = start::settings(config, path, filter, OpenFor::Looking).await;
    let (key, logos) = match settings {
        Ok(settings) => (settings.key, settings.logos),
        Err(faults) => {
            found.problems.extend(faults.lines());
            let Some(key) = faults.key else { return found };
            (key, Vec::new())
        }
    };
    let policy = config.origins().map_or_else(
        |_| Policy::idle(),
        |origins| start::policy(config, &origins),
    );
    match start::database(config, &key, policy, &logos, OpenFor::Looking).await {
        Ok(instance) => {
            found.notes.extend(instance.opened.note.clone());
            instance.directory.store().close().await;
        }
        Err(faults) => {
            found.problems.extend(faults.lines());
            found.notes.extend(faults.note);
        }
    }
    found
}
