//! `vestibule import`: many users from a file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use directory::Tenant;
use directory::users::bulk::{Key, OnExisting, Rules};
use serde_json::json;

use super::place::InstanceArgs;
use super::stopped;
use crate::bulk::input::{Reading, with_suffix};
use crate::bulk::progress::{elapsed, grouped};
use crate::bulk::run::{self, Job, REFUSED, Start, Summary};
use crate::terminal::{self, Failure, Screen};

/// Bring users in from a CSV or NDJSON file, by the rules of POST /users
#[derive(Args, Debug)]
#[command(
    after_help = "CSV: the header names properties in any case, members behind a slash
(employeeOrgData/division), elements of collections parted by semicolons. The
Entra portal's form for creating users is read in any language, and so are the
lists of users of the portal and of the Microsoft 365 admin centre. UTF-8, or
UTF-16 with its mark. NDJSON: one user in each line, as POST /users takes it.

A column passwordHash (in NDJSON the annotation @vestibule.passwordHash) takes
hashes of other directories: argon2, bcrypt, scrypt, PBKDF2, {SSHA}, and the $5$
and $6$ of /etc/shadow. They are replaced by Argon2id at the next sign-in.

Works beside a running server. Every row ends by itself; the results say how,
line by line. The same file twice makes nobody twice.

Examples:
  vestibule import users.csv --dry-run
  vestibule import users.csv
  vestibule import users.csv --resume
  vestibule import hr.csv --key mail --on-existing update --ignore-unknown
  vestibule import users.ndjson --config vestibule.toml --json

Exit codes: 0 every row passed, 1 rows were refused or it stopped, 2 wrong usage."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct ImportArgs {
    /// The file; its name ends in .csv, .ndjson or .jsonl
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    place: InstanceArgs,
    /// Tenant id or domain, where the instance has several
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// The property by which a row and a user are the same
    #[arg(long, value_name = "PROPERTY", default_value = Key::UserPrincipalName.property().name(), value_parser = key)]
    key: Key,
    /// What becomes of a row whose user exists
    #[arg(long, value_enum, default_value = "skip", value_name = "WHAT")]
    on_existing: Existing,
    /// Do everything but write; the results go to FILE.dry-run.csv
    #[arg(long)]
    dry_run: bool,
    /// Where the results go [default: FILE.results.csv]
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Go on with an import that was interrupted, where its results end
    #[arg(long, conflicts_with_all = ["restart", "dry_run"])]
    resume: bool,
    /// Forget an import that was interrupted and begin anew
    #[arg(long)]
    restart: bool,
    /// Take over ids, instants and the rest that otherwise the server sets, from a file that export
    /// wrote
    #[arg(long)]
    keep_ids: bool,
    /// Leave out columns and members that are no property, instead of refusing them
    #[arg(long)]
    ignore_unknown: bool,
    /// Take off the ' that export --guard-formulas put before cells
    #[arg(long)]
    guard_formulas: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Existing {
    /// The user stays unchanged
    Skip,
    /// The row changes the user, as PATCH
    Update,
    /// The row is refused
    Fail,
}

fn key(text: &str) -> Result<Key, String> {
    let known = Key::ALL
        .into_iter()
        .find(|key| key.property().name().eq_ignore_ascii_case(text));
    known.ok_or_else(|| {
        let names: Vec<_> = Key::ALL.iter().map(|key| key.property().name()).collect();
        format!("there are: {}", names.join(", "))
    })
}

/// Runs the command.
pub fn run(args: &ImportArgs) -> Result<(), Failure> {
    let ending = if args.dry_run {
        ".dry-run.csv"
    } else {
        ".results.csv"
    };
    let job = Job {
        file: &args.file,
        results: args
            .results
            .clone()
            .unwrap_or_else(|| with_suffix(&args.file, ending)),
        reading: Reading {
            ignore_unknown: args.ignore_unknown,
            guarded: args.guard_formulas,
        },
        rules: Rules {
            key: args.key,
            on_existing: match args.on_existing {
                Existing::Skip => OnExisting::Skip,
                Existing::Update => OnExisting::Update,
                Existing::Fail => OnExisting::Fail,
            },
            keep: args.keep_ids,
            dry_run: args.dry_run,
        },
        start: match (args.resume, args.restart) {
            (true, _) => Start::Resume,
            (_, true) => Start::Restart,
            _ => Start::New,
        },
    };
    let (tenant, summary) = stopped::with_directory(&args.place, async |directory| {
        let tenant = stopped::tenant(directory, args.tenant.as_deref()).await?;
        let summary = run::import(directory, &tenant, &job).await?;
        Ok((tenant, summary))
    })?;
    show(args, &job, &tenant, &summary)?;
    match summary.count(REFUSED) {
        0 => Ok(()),
        refused => Err(Failure::new(format!(
            "{} of {} rows were refused",
            grouped(refused),
            grouped(summary.rows())
        ))
        .because(format!("{} says which and why", job.results.display()))
        .mend(format!("grep ,{REFUSED}, {}", job.results.display()))),
    }
}

/// The outcomes in the order in which they are told.
const OUTCOMES: [&str; 4] = ["created", "updated", "skipped", REFUSED];

fn show(
    args: &ImportArgs,
    job: &Job<'_>,
    tenant: &Tenant,
    summary: &Summary,
) -> std::io::Result<()> {
    if args.json {
        let mut value = json!({
            "tenant": tenant.id.0,
            "run": summary.run,
            "file": args.file.display().to_string(),
            "dryRun": args.dry_run,
            "rows": summary.rows(),
            "withoutPassword": summary.without_password,
            "milliseconds": summary.millis,
            "rowsPerSecond": summary.rate,
            "results": job.results.display().to_string(),
            "reasons": summary.reasons.json(),
        });
        if let Some(members) = value.as_object_mut() {
            members.extend(OUTCOMES.map(|word| (word.to_owned(), summary.count(word).into())));
        }
        return terminal::print_json(&value);
    }
    let mut screen = Screen::new(8);
    screen.line(format!(
        "{} {} {} {}: {} rows in {}, {} a second",
        if args.dry_run { "Tried" } else { "Imported" },
        args.file.display(),
        if args.dry_run { "against" } else { "into" },
        tenant.initial_domain,
        grouped(summary.rows()),
        elapsed(summary.millis),
        grouped(summary.rate),
    ));
    for outcome in OUTCOMES {
        let count = summary.count(outcome);
        if count > 0 {
            screen.row(outcome, format!("{:>9}", grouped(count)));
        }
    }
    screen.row("results", format!(" {}", job.results.display()));
    if summary.without_password > 0 {
        screen.line(without_password(summary.without_password));
    }
    summary.reasons.show(&mut screen);
    screen.show()
}

fn without_password(count: u64) -> String {
    let who = match count {
        1 => "1 user has no password.".to_owned(),
        many => format!("{} users have no password.", grouped(many)),
    };
    who + " They cannot sign in here until one is set."
}
