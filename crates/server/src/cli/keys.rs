//! `vestibule keys`: the keys that sign tokens, and the master key that everything is sealed under.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use directory::{Keys, OtherKeys, Policy};
use serde_json::json;
use store::{Resealed, Role};

use super::output::OutputArgs;
use super::place::InstanceArgs;
use super::running;
use super::stopped::{self, refused};
use crate::instance::{master_key, open};
use crate::oauth::keys::{AFTER, AHEAD, stages};
use crate::terminal::Failure;

/// What can be done with keys.
#[derive(Subcommand, Debug)]
pub enum KeysCommand {
    /// List the keys that sign access tokens
    #[command(after_help = "Example:
  vestibule keys list --config vestibule.toml")]
    List(ListArgs),
    /// Make a new signing key, or a new master key
    Rotate(RotateArgs),
}

/// Which instance's.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    place: InstanceArgs,
    #[command(flatten)]
    shape: OutputArgs,
}

/// Make a new signing key, or a new master key
#[derive(Args, Debug)]
#[command(
    after_help = "Works beside a running server, which takes the new signing key within a second: it is \
        published at once, signs an hour later, when every client has seen it, and the old one stays \
        published until its last token has ended. --at-once is for a key that has leaked.

--master needs the server stopped. What the master key sealed is sealed anew; one-time codes that are on \
        their way become void. The old key stays beside the new one, for copies of the database that were \
        made before. A run that was killed is carried to its end by the next command.

Examples:
  vestibule keys rotate --config vestibule.toml
  vestibule keys rotate --config vestibule.toml --at-once
  vestibule keys rotate --config vestibule.toml --master"
)]
pub struct RotateArgs {
    #[command(flatten)]
    place: InstanceArgs,
    /// Withdraw all other signing keys now: every access token issued so far is refused
    #[arg(long)]
    at_once: bool,
    /// Change the master key instead
    #[arg(long, conflicts_with = "at_once")]
    master: bool,
    #[command(flatten)]
    shape: OutputArgs,
}

/// Runs the command.
pub fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::List(args) => list(&args),
        KeysCommand::Rotate(args) if args.master => rotate_master(&args),
        KeysCommand::Rotate(args) => rotate(&args),
    }
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let (keys, now) = stopped::with_directory(&args.place, async |directory| {
        let keys = directory.signing_keys().await;
        let keys = keys.map_err(|error| Failure::new("cannot read the keys").because(error))?;
        Ok((keys, directory.now()))
    })?;
    let made: Vec<_> = keys.iter().map(|key| key.created_at).collect();
    let stages = stages(&made, now);
    let rows = keys.iter().zip(&stages);
    let json = rows
        .clone()
        .map(
            |(key, stage)| json!({ "kid": key.kid, "made": key.created_at, "state": stage.word() }),
        )
        .collect();
    let cells: Vec<_> = rows
        .map(|(key, stage)| {
            vec![
                key.kid.clone(),
                key.created_at.to_string(),
                stage.word().into(),
            ]
        })
        .collect();
    args.shape.list(json, &["KEY", "MADE", "STATE"], &cells)
}

fn rotate(args: &RotateArgs) -> Result<(), Failure> {
    let others = if args.at_once {
        OtherKeys::Withdrawn
    } else {
        OtherKeys::Stay
    };
    let (kid, now) = stopped::with_directory(&args.place, async |directory| {
        let key = open::add_signing_key(directory, others)
            .await
            .map_err(|error| Failure::new("no signing key was made").because(error))?;
        Ok((key.kid().to_owned(), directory.now()))
    })?;
    let (signs, ends) = if args.at_once {
        (now, now)
    } else {
        (now + AHEAD, now + AHEAD + AFTER)
    };
    let json = json!({ "kid": kid, "signsFrom": signs, "othersPublishedUntil": ends });
    args.shape.show(&json, || {
        if args.at_once {
            format!("{kid} signs from now on; tokens of all other keys are refused\n")
        } else {
            format!("{kid} is published, and signs from {signs} on; the key before it stays until {ends}\n")
        }
    })
}

fn rotate_master(args: &RotateArgs) -> Result<(), Failure> {
    let (data_dir, key_file) = stopped::instance_paths(&args.place)?;
    let (resealed, kept) = running::runtime()?.block_on(change(&data_dir, &key_file))?;
    let Resealed {
        signing_keys,
        letters,
        answers,
        codes,
    } = resealed;
    let json = json!({
        "keyFile": key_file, "oldKeyFile": kept,
        "resealed": { "signingKeys": signing_keys, "letters": letters, "answers": answers },
        "voidCodes": codes,
    });
    args.shape.show(&json, || {
        format!(
            "{} holds a new key; sealed anew: {signing_keys} signing keys, {letters} letters, {answers} kept answers\n\
             {codes} one-time codes are void\n\
             the old key is in {}: copies of the database made before now need it\n",
            key_file.display(),
            kept.display()
        )
    })
}

/// The steps, each of which leaves something that can be gone on from: the new key lies beside the
/// old one before anything is sealed under it; one transaction seals everything anew; the file
/// takes the old one's place. Killed after the transaction, [`open::master_key`] does the rest.
async fn change(
    data_dir: &std::path::Path,
    key_file: &std::path::Path,
) -> Result<(Resealed, PathBuf), Failure> {
    let failed =
        |why: &dyn std::fmt::Display| Failure::new("the master key was not changed").because(why);
    stopped::has_database(data_dir)?;
    let key = open::master_key(data_dir, key_file, open::OpenFor::Serving)
        .await
        .map_err(|error| failed(&error))?;
    // As the server: while one runs, its keys in memory would be the wrong ones.
    let store = open::store(data_dir, &key, Role::Server).map_err(|error| match error {
        store::StoreError::Locked => failed(&"a server runs on it, with the old key in its memory")
            .mend("stop the server, then the same command"),
        other => failed(&other),
    })?;
    let directory = open::directory(store, &key, Policy::idle());
    let done = async {
        directory
            .signing_keys()
            .await
            .map_err(|error| failed(&error))?;
        let next = master_key::create(&master_key::next(key_file), key.purpose)
            .map_err(|error| failed(&error))?;
        directory
            .change_master_key(Keys::derive(&next.secret))
            .await
            .map_err(|refusal| refused("the master key was not changed", &refusal))
    }
    .await;
    directory.store().close().await;
    let resealed = done?;
    let kept = master_key::install(key_file).map_err(|error| {
        Failure::new("everything is sealed under the new key, but its file is not in place")
            .because(error)
            .mend("any command that opens the instance puts it there")
    })?;
    Ok((resealed, kept))
}
