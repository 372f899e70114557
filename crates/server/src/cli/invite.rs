//! `vestibule invite`: many guests from a file.

mod one;

use std::path::PathBuf;

use clap::Args;
use directory::Policy;
use serde_json::json;

use super::dev::QUOTA_FACTOR;
use super::place::{InstanceArgs, read_config};
use super::start;
use super::stopped;
use crate::bulk::guests::{self, BLOCKED, Job};
use crate::bulk::input::with_suffix;
use crate::bulk::progress::grouped;
use crate::bulk::reasons::Reasons;
use crate::bulk::results::Counts;
use crate::bulk::run::{REFUSED, Start};
use crate::terminal::{self, Failure, Screen, Style};

/// Invite the guests of a CSV or NDJSON file, by the rules and quotas of POST /invitations
#[derive(Args, Debug)]
#[command(
    after_help = "CSV has the columns email, name, redirect, message, language, send, and properties
of the guest: department, companyName, jobTitle, usageLocation, preferredLanguage,
givenName, surname, mobilePhone, officeLocation. Only email is needed where
--redirect says where guests land. The titles of the Entra portal's form for
inviting in bulk are read as well. NDJSON: in each line the body of POST /invitations.

The running server sends the mails; without one they wait. Guests who were
invited before are skipped, so that the same file twice mails nobody twice. Who
asked never to be invited again is counted as blocked, and nothing is made.

Examples:
  vestibule invite sam@fabrikam.example --redirect https://portal.contoso.com
  vestibule invite guests.csv --redirect https://portal.contoso.com
  vestibule invite guests.csv --resume
  vestibule invite guests.csv --config vestibule.toml --language de --json

Exit codes: 0 every row passed, 1 rows were refused or blocked or it stopped,
2 wrong usage."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct InviteArgs {
    /// The file, whose name ends in .csv, .ndjson or .jsonl; or the address of one guest
    #[arg(value_name = "FILE or ADDRESS")]
    file: PathBuf,
    #[command(flatten)]
    place: InstanceArgs,
    /// Tenant id or domain, where the instance has several
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Where guests land whose row does not say
    #[arg(long, value_name = "URL")]
    redirect: Option<String>,
    /// Language of the mails where a row does not say, such as de
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Where the results go [default: FILE.results.csv]
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Invite guests again who were invited before, which ends the links they have
    #[arg(long)]
    again: bool,
    /// Leave out columns that an invitation does not have, instead of ending
    #[arg(long)]
    ignore_unknown: bool,
    /// Write each guest's link into the results, which are then readable for their owner alone
    #[arg(long)]
    show_links: bool,
    /// Go on with a run that was interrupted, where its results end
    #[arg(long, conflicts_with = "restart")]
    resume: bool,
    /// Forget a run that was interrupted and begin anew
    #[arg(long)]
    restart: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &InviteArgs) -> Result<(), Failure> {
    if one::is_meant(args) {
        return one::run(args);
    }
    let job = Job {
        file: &args.file,
        results: args
            .results
            .clone()
            .unwrap_or_else(|| with_suffix(&args.file, ".results.csv")),
        redirect: args.redirect.clone(),
        language: args.language.clone(),
        again: args.again,
        ignore_unknown: args.ignore_unknown,
        show_links: args.show_links,
        start: match (args.resume, args.restart) {
            (true, _) => Start::Resume,
            (_, true) => Start::Restart,
            _ => Start::New,
        },
    };
    if args.show_links {
        warn(&job);
    }
    let policy = policy(&args.place)?;
    let (counts, reasons) = stopped::with_policy(&args.place, policy, async |directory| {
        let tenant = stopped::tenant(directory, args.tenant.as_deref()).await?;
        guests::invite(directory, &tenant, &job).await
    })?;
    show(args, &job, &counts, &reasons)?;
    let count = |outcome: &str| counts.get(outcome).copied().unwrap_or(0);
    let (refused, blocked) = (count(REFUSED), count(BLOCKED));
    let all = grouped(counts.values().sum());
    let what = match (refused, blocked) {
        (0, 0) => return Ok(()),
        (refused, 0) => format!("{} of {all} guests were refused", grouped(refused)),
        (0, blocked) => format!(
            "{} of {all} guests asked not to be invited",
            grouped(blocked)
        ),
        (refused, blocked) => format!(
            "{} of {all} guests were refused, and {} asked not to be invited",
            grouped(refused),
            grouped(blocked)
        ),
    };
    let results = job.results.display();
    Err(Failure::new(what)
        .because(format!("{results} says which and why"))
        .mend(format!("grep -E ',({REFUSED}|{BLOCKED}),' {results}")))
}

fn warn(job: &Job<'_>) {
    use std::io::Write as _;
    let text = format!(
        "{} whoever reads {} can take the guests' places\n",
        Style::stderr().red("warning:"),
        job.results.display()
    );
    // With standard error gone there is nobody left to warn.
    let _gone = std::io::stderr().write_all(text.as_bytes());
}

/// As the server that the instance belongs to would decide.
pub(super) fn policy(place: &InstanceArgs) -> Result<Policy, Failure> {
    if let Some(path) = &place.config {
        let config = read_config(path)?;
        let origins = config.origins().map_err(|(setting, why)| {
            Failure::new("the configuration cannot be used").because(format!("{setting}: {why}"))
        })?;
        return Ok(start::policy(&config, &origins));
    }
    Ok(Policy {
        public_origin: place.access()?.for_people().to_owned(),
        mail_configured: true,
        smtputf8: false,
        quota_factor: QUOTA_FACTOR,
        keep_letters: true,
    })
}

fn show(
    args: &InviteArgs,
    job: &Job<'_>,
    counts: &Counts,
    reasons: &Reasons,
) -> std::io::Result<()> {
    const OUTCOMES: [&str; 4] = ["invited", "skipped", BLOCKED, REFUSED];
    let count = |outcome: &str| counts.get(outcome).copied().unwrap_or(0);
    let results = job.results.display().to_string();
    if args.json {
        return terminal::print_json(&json!({
            "file": args.file.display().to_string(),
            "invited": count("invited"),
            "skipped": count("skipped"),
            BLOCKED: count(BLOCKED),
            REFUSED: count(REFUSED),
            "results": results,
            "reasons": reasons.json(),
        }));
    }
    let mut screen = Screen::new(8);
    let all = grouped(counts.values().sum());
    screen.line(format!("Invited from {}: {all} rows", args.file.display()));
    for outcome in OUTCOMES.into_iter().filter(|outcome| count(outcome) > 0) {
        screen.row(outcome, format!("{:>9}", grouped(count(outcome))));
    }
    screen.row("results", format!(" {results}"));
    if count(BLOCKED) > 0 {
        screen.line(
            "Blocked addresses asked not to be invited again: no invitation was made for them.",
        );
    }
    reasons.show(&mut screen);
    screen.show()
}
