//! Inviting the guests of a file, one after another, each as POST /invitations does.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use directory::invitations::{Idempotency, Invited};
use directory::{Actor, Directory, Quota, Refusal, Tenant, UserKey};
use edm::body::{self, Purpose};
use edm::invitation::{self, message_info};
use edm::{Json, Property, Version, user};
use serde_json::Map;

use super::guest_columns::{self, GuestColumn};
use super::input::{FileFault, Lines, Raw};
use super::progress::{Meter, Progress};
use super::reasons::Reasons;
use super::results::{self, Counts, ResultLine, Results, RowError, Unfinished};
use super::run::{REFUSED, Start, fault, fingerprint};
use crate::terminal::Failure;

/// Guests between two writings of the results: what is lost of them is told again by the
/// idempotency key.
const FLUSH: u64 = 20;
/// The outcome of a row whose address nobody may invite.
pub const BLOCKED: &str = "blocked";
/// The columns beside those of every import.
const STATUS: &str = "status";
const LINK: &str = "link";
/// What to do.
#[derive(Debug)]
pub struct Job<'a> {
    /// The file.
    pub file: &'a Path,
    /// Where results go.
    pub results: PathBuf,
    /// Where guests land whose row does not say.
    pub redirect: Option<String>,
    /// In which language to write to those whose row does not say.
    pub language: Option<String>,
    /// Also those who were invited before.
    pub again: bool,
    /// Columns that say nothing of an invitation are left out instead of ending the run.
    pub ignore_unknown: bool,
    /// Links into the results.
    pub show_links: bool,
    /// From where.
    pub start: Start,
}

/// A row as the body of POST /invitations.
struct Guest {
    line: u64,
    body: Json,
    address: Option<String>,
}

/// Invites them; how the rows ended, and why some were refused.
pub async fn invite(
    directory: &Directory,
    tenant: &Tenant,
    job: &Job<'_>,
) -> Result<(Counts, Reasons), Failure> {
    let file = fingerprint(job.file, &job.results)?;
    let mut lines = Lines::open(job.file).map_err(|fault| unreadable(job, &fault))?;
    // Before anybody is asked: a column that is not understood may be the one that says where
    // guests land.
    let schema = directory.schema(tenant.id).await;
    let schema = schema
        .map_err(|refusal| Failure::new("cannot read the tenant's definitions").because(refusal))?;
    let columns = guest_columns::of(&lines, schema.entity(&user::TYPE), job.ignore_unknown)
        .map_err(|fault| unreadable(job, &fault))?;
    let (state, mut results, written) = begin(directory, tenant, job, &file.sha256)?;
    let actor = Actor::server(tenant.id, schema, state.run);
    let mut seen: HashMap<String, u64> = HashMap::new();
    let mut counts = written.counts;
    let mut progress = Progress {
        rows: counts.values().sum(),
        ..Progress::default()
    };
    let mut meter = Meter::new(file.bytes, directory.now());
    let mut is_first = true;
    while let Some(raw) = lines
        .next_line()
        .map_err(|error| unreadable(job, &error.into()))?
    {
        let line = raw.line();
        let guest = guest(raw, &columns, job);
        let repeated = match &guest {
            Ok(Guest {
                address: Some(address),
                ..
            }) => {
                let key = address.to_lowercase();
                let earlier = seen.get(&key).copied();
                seen.entry(key).or_insert(line);
                earlier
            }
            _ => None,
        };
        progress.bytes = lines.bytes();
        if line <= written.line {
            continue;
        }
        if std::mem::take(&mut is_first) {
            meter.from(progress);
        }
        let (line, more) = match guest {
            Err(line) => (*line, [String::new(), String::new()]),
            Ok(guest) => invite_one(directory, &actor, &guest, repeated, job)
                .await
                .inspect_err(|_| {
                    meter.clear();
                    // Without it the rows before would be asked for once more, and answered from
                    // memory.
                    let _unwritable = results.flush();
                })?,
        };
        *counts.entry(line.outcome.to_owned()).or_default() += 1;
        progress.rows += 1;
        progress.refused += u64::from(line.fault.is_some());
        let more: Vec<_> = more.iter().map(String::as_str).collect();
        results.push(
            &line,
            more.get(..more_columns(job).len()).unwrap_or_default(),
        );
        if progress.rows.is_multiple_of(FLUSH) {
            results.flush().map_err(|error| unwritable(job, &error))?;
        }
        meter.show(progress, directory.now());
    }
    meter.clear();
    let reasons = results.finish().map_err(|error| unwritable(job, &error))?;
    Ok((counts, reasons))
}

/// Invites one guest, or says why not.
async fn invite_one(
    directory: &Directory,
    actor: &Actor,
    guest: &Guest,
    repeated: Option<u64>,
    job: &Job<'_>,
) -> Result<(ResultLine, [String; 2]), Failure> {
    let mut line = ResultLine {
        line: guest.line,
        key: guest.address.clone(),
        id: None,
        outcome: "skipped",
        fault: None,
        note: None,
    };
    let nothing = || [String::new(), String::new()];
    if let Some(earlier) = repeated {
        line.note = Some(format!("line {earlier} has the same address"));
        return Ok((line, nothing()));
    }
    match ask(directory, actor, guest, job).await {
        Ok(InviteOutcome::Known(id)) => {
            line.id = Some(id);
            line.note = Some("the guest was invited before; --again invites them again".to_owned());
            Ok((line, nothing()))
        }
        Ok(InviteOutcome::Blocked) => {
            line.outcome = BLOCKED;
            line.note = Some(
                "who reads this mailbox asked not to be invited again; no invitation was made"
                    .to_owned(),
            );
            Ok((line, nothing()))
        }
        Ok(InviteOutcome::Invited(invited)) => {
            line.outcome = "invited";
            line.id = Some(invited.user);
            line.note = invited.notes().first().map(|note| note.text().to_owned());
            let status = member(&invited, invitation::STATUS.name());
            Ok((line, [status, invited.link]))
        }
        Err(
            refusal @ (Refusal::Quota {
                quota: Quota::InvitationsPerTenant,
                ..
            }
            | Refusal::MailNotConfigured { .. }
            | Refusal::InvitationsOff
            | Refusal::Unavailable(_)
            | Refusal::Internal { .. }),
        ) => Err(
            Failure::new(format!("inviting stopped at line {}", guest.line))
                .because(fault(refusal).message)
                .mend("the same command with --resume goes on"),
        ),
        Err(refusal) => {
            line.outcome = REFUSED;
            line.fault = Some(fault(refusal));
            Ok((line, nothing()))
        }
    }
}

enum InviteOutcome {
    Known(uuid::Uuid),
    Blocked,
    Invited(Box<Invited>),
}

async fn ask(
    directory: &Directory,
    actor: &Actor,
    guest: &Guest,
    job: &Job<'_>,
) -> Result<InviteOutcome, Refusal> {
    let bytes = guest.body.to_string();
    let hash = digest::digest(&digest::SHA256, bytes.as_bytes());
    let mut body_hash = [0; 32];
    body_hash.copy_from_slice(hash.as_ref());
    // An interrupted run that had invited somebody without coming to say so gets its own answer
    // again.
    let idempotency = Idempotency {
        key: format!("{}:{}", actor.request_id, guest.line),
        body_hash,
    };
    let is_answered = directory.answered_before(actor, &idempotency).await?;
    // An invitation would mail nobody, and no code would be sent to prove the mailbox: its link
    // could never be used.
    if !is_answered
        && let Some(address) = &guest.address
        && directory.refuses_invitations(actor, address).await?
    {
        return Ok(InviteOutcome::Blocked);
    }
    if !job.again
        && !is_answered
        && let Some(address) = &guest.address
        && let Some(id) = directory.invited_guest(actor, address).await?
    {
        return Ok(InviteOutcome::Known(id));
    }
    let body = body::check(
        &guest.body,
        actor.entity(&invitation::TYPE),
        Version::V1,
        Purpose::Create,
    )?
    .map_binds(UserKey::of_reference);
    let invited = directory
        .invite(actor, Version::V1, &body, Some(idempotency))
        .await?;
    Ok(InviteOutcome::Invited(Box::new(invited)))
}

/// A member of the answer.
fn member(invited: &Invited, name: &str) -> String {
    let answer: Option<Json> = serde_json::from_str(&format!("{{{}}}", invited.members)).ok();
    answer
        .as_ref()
        .and_then(|answer| answer.get(name)?.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn more_columns(job: &Job<'_>) -> &'static [&'static str] {
    if job.show_links {
        &[STATUS, LINK]
    } else {
        &[STATUS]
    }
}

/// The body of a row.
fn guest(raw: Raw, columns: &[GuestColumn], job: &Job<'_>) -> Result<Guest, Box<ResultLine>> {
    let refused = |line, fault| {
        Box::new(ResultLine {
            line,
            key: None,
            id: None,
            outcome: REFUSED,
            fault: Some(fault),
            note: None,
        })
    };
    let (line, mut members) = match raw {
        Raw::Fault { line, why } => return Err(refused(line, RowError::row(why))),
        Raw::Object(line, members, _) => (line, members),
        Raw::Cells(line, cells) => {
            let members = guest_columns::members(columns, &cells).map_err(|fault| {
                let fault = RowError {
                    property: Some(fault.property),
                    ..RowError::row(fault.why.to_owned())
                };
                refused(line, fault)
            })?;
            (line, members)
        }
    };
    let mut default = |property: &Property, value: Option<Json>| {
        let is_there = members
            .keys()
            .any(|name| name.eq_ignore_ascii_case(property.name()));
        if let (false, Some(value)) = (is_there, value) {
            members.insert(property.name().to_owned(), value);
        }
    };
    default(
        &invitation::INVITE_REDIRECT_URL,
        job.redirect.clone().map(Json::String),
    );
    // Who invites from a file wants mails to go; a request has to say so.
    default(&invitation::SEND_INVITATION_MESSAGE, Some(Json::Bool(true)));
    if let Some(language) = &job.language {
        let info = members
            .entry(invitation::INVITED_USER_MESSAGE_INFO.name())
            .or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(info) = info {
            info.entry(message_info::MESSAGE_LANGUAGE.name())
                .or_insert_with(|| Json::String(language.clone()));
        }
    }
    let address = members
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(invitation::INVITED_USER_EMAIL_ADDRESS.name()))
        .and_then(|(_, value)| value.as_str())
        .map(str::to_owned);
    Ok(Guest {
        line,
        body: Json::Object(members),
        address,
    })
}

fn begin(
    directory: &Directory,
    tenant: &Tenant,
    job: &Job<'_>,
    sha256: &str,
) -> Result<(Unfinished, Results, results::Written), Failure> {
    let state = Unfinished {
        run: directory.ids().uuid(),
        sha256: sha256.to_owned(),
        tenant: tenant.id.0,
        options: format!(
            "invite {:?} {:?} {} {} {}",
            job.redirect, job.language, job.again, job.show_links, job.ignore_unknown
        ),
        started: directory.now().to_string(),
        is_load: false,
    };
    results::start(
        &job.results,
        job.start,
        state,
        true,
        more_columns(job),
        job.show_links,
    )
}

fn unreadable(job: &Job<'_>, fault: &FileFault) -> Failure {
    let failure = Failure::new(format!("{} cannot be read", job.file.display())).because(fault);
    match fault {
        FileFault::Column(..) => {
            failure.mend("--ignore-unknown leaves out columns that an invitation does not have")
        }
        _ => failure,
    }
}

fn unwritable(job: &Job<'_>, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written", job.results.display())).because(error)
}
