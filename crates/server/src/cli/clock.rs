//! `vestibule clock`: the time by which links and codes end, and the way back from a clock that
//! once ran far ahead.

use std::path::Path;

use clap::{Args, Subcommand};
use directory::{Directory, Policy, TimeTurnedBack};
use serde_json::json;
use store::{Role, StoreError};

use super::output::OutputArgs;
use super::place::InstanceArgs;
use super::running;
use super::stopped::{self, refused};
use crate::instance::open;
use crate::terminal::Failure;

/// What can be done with the time of links.
#[derive(Subcommand, Debug)]
pub enum ClockCommand {
    /// Show the clock, and the instant by which links and codes end
    #[command(after_help = "Example:
  vestibule clock show --config vestibule.toml")]
    Show(ShowArgs),
    /// Take the time of links back to the clock, after a clock that ran ahead
    #[command(
        after_help = "Links and codes end by the highest instant that the directory has seen, so that a clock which is set
back revives nothing. A clock that once stood in 2099 leaves links that end in 2099. This takes that
instant back to the clock. Links that had ended by it stay ended: invite those guests again. What was
made since the clock was wrong is moved back with it. Guests on their way open their link again, and
what limits counted meanwhile is forgotten.

It needs the server stopped, and the clock set right. See what it would do first.

Examples:
  vestibule clock turn-back --config vestibule.toml --dry-run
  vestibule clock turn-back --config vestibule.toml"
    )]
    TurnBack(TurnBackArgs),
}

/// Which instance's.
#[derive(Args, Debug)]
pub struct ShowArgs {
    #[command(flatten)]
    place: InstanceArgs,
    #[command(flatten)]
    shape: OutputArgs,
}

/// Which instance's, and whether it is only tried.
#[derive(Args, Debug)]
pub struct TurnBackArgs {
    #[command(flatten)]
    place: InstanceArgs,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    shape: OutputArgs,
}

/// Runs the command.
pub fn run(command: ClockCommand) -> Result<(), Failure> {
    match command {
        ClockCommand::Show(args) => show(&args),
        ClockCommand::TurnBack(args) => turn_back(&args),
    }
}

fn show(args: &ShowArgs) -> Result<(), Failure> {
    let (clock, highest) = stopped::with_directory(&args.place, async |directory| {
        let highest = directory.highest_instant().await;
        let highest = highest.map_err(|refusal| refused("cannot read the time", &refusal))?;
        Ok((directory.now(), highest))
    })?;
    let links = highest.map_or(clock, |highest| highest.max(clock));
    let json = json!({ "clock": clock, "links": links });
    args.shape.show(&json, || {
        format!("the clock says                 {clock}\nlinks and codes end by         {links}\n")
    })
}

fn turn_back(args: &TurnBackArgs) -> Result<(), Failure> {
    let (data_dir, key_file) = stopped::instance_paths(&args.place)?;
    let turned = running::runtime()?.block_on(turned_back(&data_dir, &key_file, args.dry_run))?;
    let TimeTurnedBack { from, to, rows } = turned;
    let json = json!({
        "from": from, "to": to, "dryRun": args.dry_run,
        "endedInvitations": rows.ended, "movedInvitations": rows.moved, "endedLetters": rows.letters,
        "voidSessions": rows.sessions, "forgottenEvents": rows.events,
    });
    args.shape.show(&json, || {
        if from <= to {
            return format!(
                "links and codes end by the clock, {to}: there is nothing to turn back\n"
            );
        }
        let (done, stay) = if args.dry_run {
            ("would be taken back", "would stay")
        } else {
            ("was taken back", "stay")
        };
        format!(
            "the time of links {done} from {from} to {to}\n\
             {} invitations that had ended by it {stay} ended, {} are moved back with it\n\
             {} waiting letters are too old, {} guests on their way open their link again, \
             {} counted events are forgotten\n",
            rows.ended, rows.moved, rows.letters, rows.sessions, rows.events
        )
    })
}

async fn turned_back(
    data_dir: &Path,
    key_file: &Path,
    trial: bool,
) -> Result<TimeTurnedBack, Failure> {
    let failed =
        |why: &dyn std::fmt::Display| Failure::new("the time was not turned back").because(why);
    stopped::has_database(data_dir)?;
    let key = open::master_key(data_dir, key_file, open::OpenFor::Serving)
        .await
        .map_err(|error| failed(&error))?;
    // As the server: while one runs, it would put the instant in its memory back.
    let store = open::store(data_dir, &key, Role::Server).map_err(|error| match error {
        StoreError::Locked => failed(&"a server runs on it, with that time in its memory")
            .mend("stop the server, then the same command"),
        other => failed(&other),
    })?;
    let directory: Directory = open::directory(store, &key, Policy::idle());
    let turned = async {
        // Under another key the record would break the audit trail.
        directory
            .signing_keys()
            .await
            .map_err(|error| failed(&error))?;
        let turned = directory.turn_time_back(trial).await;
        turned.map_err(|refusal| refused("the time was not turned back", &refusal))
    }
    .await;
    directory.store().close().await;
    turned
}
