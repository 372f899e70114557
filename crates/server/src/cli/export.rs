//! `vestibule export`: the users in a file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use edm::user;
use serde_json::json;

use super::place::InstanceArgs;
use super::stopped;
use crate::bulk::export::{self, Job, To};
use crate::bulk::input::Format;
use crate::bulk::progress::grouped;
use crate::terminal::{self, Failure};

/// Write the users into a CSV or NDJSON file, as import reads it
#[derive(Args, Debug)]
#[command(
    after_help = "NDJSON holds exactly what the directory holds. CSV has a column for every property
that some user has; it cannot tell an empty text from none. Managers and sponsors are
named by userPrincipalName and stand before those they are linked to. Open extensions
are in NDJSON alone, and photos in neither.

The file has no passwords. With --include-hashes it has what they are checked
against: whoever gets that file can guess passwords at leisure. It is readable
for its owner alone, and the audit trail says that it was made.

Works beside a running server. The file appears when it is whole; one that is
there already stays, unless --force says otherwise. - is standard output: NDJSON,
or CSV with --format csv.

Examples:
  vestibule export users.csv
  vestibule export - | jq .userPrincipalName
  vestibule export names.csv --select displayName,mail,department --guard-formulas
  vestibule export all.ndjson --include-hashes
  vestibule import all.ndjson --keep-ids --dir elsewhere"
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct ExportArgs {
    /// The file; its name ends in .csv, .ndjson or .jsonl. - is standard output
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the file holds, where its name does not say
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Written>,
    /// Overwrite a file that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    place: InstanceArgs,
    /// Tenant id or domain, where the instance has several
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Only these properties, with commas between
    #[arg(long, value_name = "PROPERTIES", value_delimiter = ',')]
    select: Vec<String>,
    /// The hashes of passwords, too
    #[arg(long)]
    include_hashes: bool,
    /// Put a ' before cells that begin like a formula (= + - @), for files that go into a
    /// spreadsheet
    #[arg(long)]
    guard_formulas: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// The name of a file that stands for standard output.
const STDOUT: &str = "-";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Written {
    /// A column for each property
    Csv,
    /// A user in each line
    Ndjson,
}

impl From<Written> for Format {
    fn from(written: Written) -> Self {
        match written {
            Written::Csv => Self::Csv,
            Written::Ndjson => Self::Ndjson,
        }
    }
}

fn beside_stdout(written: &export::Written) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut beside = std::io::stderr();
    if let Some(note) = left_out(written) {
        writeln!(beside, "{note}")?;
    }
    if written.open_circles == 0 {
        return Ok(());
    }
    writeln!(
        beside,
        "{} users are linked to each other in a circle, and the links that close it are not in this output: \
         an export into a file writes them beside it",
        written.open_circles
    )
}

/// What CSV does not hold and the directory does.
fn left_out(written: &export::Written) -> Option<String> {
    let users = written.without_extensions as u64;
    (users > 0).then(|| {
        format!(
            "open extensions of {} users are not in it: a file named .ndjson has them",
            grouped(users)
        )
    })
}

/// Runs the command.
pub fn run(args: &ExportArgs) -> Result<(), Failure> {
    let is_stdout = args.file == Path::new(STDOUT);
    let named = args.format.map(Format::from).or(Format::of(&args.file));
    let format = named
        .or(is_stdout.then_some(Format::Ndjson))
        .ok_or_else(|| {
            Failure::usage(format!("{} says no format", args.file.display()))
                .because("name the file .csv or .ndjson")
                .mend("or say it with --format")
        })?;
    let mut job = Job {
        file: &args.file,
        to: match (is_stdout, args.force) {
            (true, _) => To::Stdout,
            (_, true) => To::AnyFile,
            _ => To::NewFile,
        },
        format,
        select: Vec::new(),
        hashes: args.include_hashes,
        guarded: args.guard_formulas && format == Format::Csv,
    };
    let written = stopped::with_directory(&args.place, async |directory| {
        let tenant = stopped::tenant(directory, args.tenant.as_deref()).await?;
        let actor = stopped::actor(directory, tenant.id).await?;
        job.select = export::select(&args.select, actor.entity(&user::TYPE)).map_err(|name| {
            Failure::usage(format!("{name} is no property of users"))
                .because("docs/properties.md lists them, beside those that the tenant has defined")
        })?;
        export::export(directory, &actor, &job).await
    })?;
    if is_stdout {
        // What is printed is the file; all else goes beside it.
        return Ok(beside_stdout(&written)?);
    }
    let file = args.file.display();
    let circles = written.circles.as_ref();
    if args.json {
        let mut summary = json!({ "file": file.to_string(), "users": written.users });
        if let (Some((path, _)), Some(members)) = (circles, summary.as_object_mut()) {
            members.insert("links".to_owned(), path.display().to_string().into());
        }
        if let (1.., Some(members)) = (written.without_extensions, summary.as_object_mut()) {
            let users = written.without_extensions.into();
            members.insert("usersWithExtensionsLeftOut".to_owned(), users);
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
    if let Some(note) = left_out(&written) {
        text.push_str(&note);
        text.push('\n');
    }
    Ok(terminal::print(&text)?)
}
