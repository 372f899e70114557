//! `vestibule export`: the users in a file.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::place::Place;
use super::stopped;
use super::terminal::{self, Failure};
use crate::bulk::export::{self, Job};
use crate::bulk::input::Format;
use crate::bulk::progress::grouped;

/// Write the users into a CSV or NDJSON file, as import reads it
#[derive(Args, Debug)]
#[command(
    after_help = "NDJSON holds exactly what the directory holds. CSV has a column for every property
that some user has; it cannot tell an empty text from none. Managers and sponsors are
named by userPrincipalName and stand before those they are linked to. Photos are not
in it.

The file has no passwords. With --include-hashes it has what they are checked
against: whoever gets that file can guess passwords at leisure. It is readable
for its owner alone, and the audit trail says that it was made.

Works beside a running server. The file appears when it is whole.

Examples:
  vestibule export users.csv
  vestibule export names.csv --select displayName,mail,department --guard-formulas
  vestibule export all.ndjson --include-hashes
  vestibule import all.ndjson --keep-ids --dir elsewhere"
)]
pub struct ExportArgs {
    /// The file; its name ends in .csv, .ndjson or .jsonl
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Tenant id or domain, where the instance has several
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Only these properties, with commas between
    #[arg(long, value_name = "PROPERTIES", value_delimiter = ',')]
    select: Vec<String>,
    /// The hashes of passwords, too
    #[arg(long)]
    include_hashes: bool,
    /// Put a ' before cells that begin like a formula (= + - @), for files that go into a spreadsheet
    #[arg(long)]
    guard_formulas: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &ExportArgs) -> Result<(), Failure> {
    let format = Format::of(&args.file).ok_or_else(|| {
        Failure::usage(format!("{} says no format", args.file.display()))
            .because("its name ends neither in .csv nor in .ndjson")
    })?;
    let select = export::select(&args.select).map_err(|name| {
        Failure::usage(format!("{name} is no property of users"))
            .because("docs/properties.md lists them all")
    })?;
    let job = Job {
        file: &args.file,
        format,
        select,
        hashes: args.include_hashes,
        guarded: args.guard_formulas && format == Format::Csv,
    };
    let written = stopped::with_directory(&args.place, async |directory| {
        let tenant = stopped::tenant(directory, args.tenant.as_deref()).await?;
        export::export(directory, &directory.server_actor(tenant.id), &job).await
    })?;
    let file = args.file.display();
    let circles = written.circles.as_ref();
    if args.json {
        let mut summary = json!({ "file": file.to_string(), "users": written.users });
        if let (Some((path, _)), Some(members)) = (circles, summary.as_object_mut()) {
            members.insert("links".to_owned(), path.display().to_string().into());
        }
        return Ok(terminal::print_json(&summary)?);
    }
    let mut text = format!("{} users in {file}\n", grouped(written.users));
    if let Some((path, users)) = circles {
        let path = path.display();
        let _infallible = writeln!(
            text,
            "{users} of them are linked to each other in a circle, which {path} closes:\n\
             vestibule import {path} --on-existing update, when all are there"
        );
    }
    Ok(terminal::print(&text)?)
}
