//! `vestibule migrate`: what a start does to the database of an older build, without a start.

use clap::Args;
use serde_json::json;
use store::{Role, StoreError};

use super::output::OutputArgs;
use super::place::InstanceArgs;
use super::stopped;
use crate::instance::open::{self, OpenFor};
use crate::log;
use crate::terminal::Failure;

/// Bring the database of an older version up to date
#[derive(Args, Debug)]
#[command(
    after_help = "Brings the schema up to date, and makes the keys anew that users are found by where this version
makes others. A start does the same before it serves; in a large directory it takes minutes, and
here its progress is seen. Ended in between, it goes on where it was. The server must not run. The
version before refuses the database afterwards: make a backup first.

Example:
  vestibule migrate --config vestibule.toml"
)]
pub struct MigrateArgs {
    #[command(flatten)]
    place: InstanceArgs,
    #[command(flatten)]
    shape: OutputArgs,
}

/// Runs the command.
pub fn run(args: &MigrateArgs, filter: Option<&str>) -> Result<(), Failure> {
    log::install(filter.unwrap_or("info"), log::Format::Text)
        .map_err(|error| Failure::new("the log cannot be set up").because(error))?;
    let (data_dir, key_file) = stopped::instance_paths(&args.place)?;
    stopped::has_database(&data_dir)?;
    let place = data_dir.display();
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format!("cannot migrate the database in {place}")).because(error)
    };
    super::running::runtime()?.block_on(async {
        let key = open::master_key(&data_dir, &key_file, OpenFor::Serving);
        let key = key.await.map_err(|error| failed(&error))?;
        let was = match open::store(&data_dir, &key, Role::Look) {
            Err(
                old @ (StoreError::Outdated { .. }
                | StoreError::OldKeys { .. }
                | StoreError::UnfinishedKeys),
            ) => Some(old.to_string()),
            Err(error) => return Err(failed(&error)),
            Ok(store) => {
                store.close().await;
                None
            }
        };
        let store = open::store(&data_dir, &key, Role::Tool);
        let store = store.map_err(|error| match error {
            StoreError::Locked => failed(&error).mend("stop the server first"),
            error => failed(&error),
        })?;
        store.close().await;
        let json = json!({ "migrated": was.is_some(), "was": was });
        args.shape.show(&json, || match &was {
            Some(was) => format!("{place} is up to date now; before: {was}\n"),
            None => format!("{place} is up to date\n"),
        })
    })
}
