//! Inviting the guests of a file, one after another, each as POST /invitations does.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use directory::invitations::{Idempotency, Invited};
use directory::{Actor, Directory, Quota, Refusal, Tenant};
use edm::body::{self, Purpose};
use edm::invitation::{self, message_info};
use edm::{Json, Property, Version, user};
use serde_json::Map;

use super::input::{FileFault, Format, Lines, Raw};
use super::progress::{Meter, Progress};
use super::results::{self, Counts, Fault, ResultLine, Results, Unfinished};
use super::run::{REFUSED, Start, fault, fingerprint};
use crate::cli::terminal::Failure;

/// Guests between two writings of the results: what is lost of them is told again by the idempotency key.
const FLUSH: u64 = 20;
/// The columns beside those of every import.
const STATUS: &str = "status";
const LINK: &str = "link";
/// The short titles of the columns that are no properties of users, and those of the portal's form.
const TITLES: [(&str, &Property); 11] = [
    ("email", &invitation::INVITED_USER_EMAIL_ADDRESS),
    ("inviteeEmail", &invitation::INVITED_USER_EMAIL_ADDRESS),
    ("mail", &invitation::INVITED_USER_EMAIL_ADDRESS),
    ("name", &invitation::INVITED_USER_DISPLAY_NAME),
    ("displayName", &invitation::INVITED_USER_DISPLAY_NAME),
    ("redirect", &invitation::INVITE_REDIRECT_URL),
    ("inviteRedirectURL", &invitation::INVITE_REDIRECT_URL),
    ("send", &invitation::SEND_INVITATION_MESSAGE),
    ("sendEmail", &invitation::SEND_INVITATION_MESSAGE),
    ("message", &message_info::CUSTOMIZED_MESSAGE_BODY),
    ("language", &message_info::MESSAGE_LANGUAGE),
];

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

/// Invites them; how the rows ended.
pub async fn invite(
    directory: &Directory,
    tenant: &Tenant,
    job: &Job<'_>,
) -> Result<Counts, Failure> {
    let file = fingerprint(job.file, &job.results)?;
    let mut lines = Lines::open(job.file).map_err(|fault| unreadable(job, &fault))?;
    let (state, mut results, written) = begin(directory, tenant, job, &file.sha256)?;
    let actor = Actor::server(tenant.id, state.run);
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
        let guest = guest(raw, lines.titles(), job);
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
            Ok(guest) => one(directory, &actor, &guest, repeated, job)
                .await
                .inspect_err(|_| {
                    meter.clear();
                    // Without it the rows before would be asked for once more, and answered from memory.
                    let _unwritable = results.flush();
                })?,
        };
        *counts.entry(line.outcome.to_owned()).or_default() += 1;
        progress.rows += 1;
        progress.refused += u64::from(line.fault.is_some());
        let more: Vec<_> = more.iter().map(String::as_str).collect();
        results.push(&line, more.get(..columns(job).len()).unwrap_or_default());
        if progress.rows.is_multiple_of(FLUSH) {
            results.flush().map_err(|error| unwritable(job, &error))?;
        }
        meter.show(progress, directory.now());
    }
    meter.clear();
    results.finish().map_err(|error| unwritable(job, &error))?;
    Ok(counts)
}

/// Invites one guest, or says why not.
async fn one(
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
        Ok(Asked::Known(id)) => {
            line.id = Some(id);
            line.note = Some("the guest was invited before; --again invites him again".to_owned());
            Ok((line, nothing()))
        }
        Ok(Asked::Invited(invited)) => {
            line.outcome = "invited";
            line.id = Some(invited.user);
            let status = member(&invited, invitation::STATUS.name);
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

enum Asked {
    Known(uuid::Uuid),
    Invited(Box<Invited>),
}

async fn ask(
    directory: &Directory,
    actor: &Actor,
    guest: &Guest,
    job: &Job<'_>,
) -> Result<Asked, Refusal> {
    let bytes = guest.body.to_string();
    let hash = digest::digest(&digest::SHA256, bytes.as_bytes());
    let mut body_hash = [0; 32];
    body_hash.copy_from_slice(hash.as_ref());
    // An interrupted run that had invited somebody without coming to say so gets its own answer again.
    let idempotency = Idempotency {
        key: format!("{}:{}", actor.request_id, guest.line),
        body_hash,
    };
    if !job.again
        && !directory.invited_in(actor, &idempotency).await?
        && let Some(address) = &guest.address
        && let Some(id) = directory.invited_guest(actor, address).await?
    {
        return Ok(Asked::Known(id));
    }
    let body = body::check(&guest.body, &invitation::TYPE, Version::V1, Purpose::Create)?;
    let invited = directory
        .invite(actor, Version::V1, &body, Some(idempotency))
        .await?;
    Ok(Asked::Invited(Box::new(invited)))
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

fn columns(job: &Job<'_>) -> &'static [&'static str] {
    if job.show_links {
        &[STATUS, LINK]
    } else {
        &[STATUS]
    }
}

/// The body of a row.
fn guest(raw: Raw, titles: &[String], job: &Job<'_>) -> Result<Guest, Box<ResultLine>> {
    let (line, mut members) = match raw {
        Raw::Fault { line, why } => {
            return Err(Box::new(ResultLine {
                line,
                key: None,
                id: None,
                outcome: REFUSED,
                fault: Some(Fault::row(why)),
                note: None,
            }));
        }
        Raw::Object(line, members) => (line, members),
        Raw::Cells(line, cells) => (line, of_cells(titles, cells)),
    };
    let mut default = |property: &Property, value: Option<Json>| {
        let is_there = members
            .keys()
            .any(|name| name.eq_ignore_ascii_case(property.name));
        if let (false, Some(value)) = (is_there, value) {
            members.insert(property.name.to_owned(), value);
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
            .entry(invitation::INVITED_USER_MESSAGE_INFO.name)
            .or_insert_with(|| Json::Object(Map::new()));
        if let Json::Object(info) = info {
            info.entry(message_info::MESSAGE_LANGUAGE.name)
                .or_insert_with(|| Json::String(language.clone()));
        }
    }
    let address = members
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(invitation::INVITED_USER_EMAIL_ADDRESS.name))
        .and_then(|(_, value)| value.as_str())
        .map(str::to_owned);
    Ok(Guest {
        line,
        body: Json::Object(members),
        address,
    })
}

/// `email` and `Email address to invite [inviteeEmail] Required` are the same.
fn plain(title: &str) -> &str {
    let inner = title
        .rsplit_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    inner.map_or(title, |(name, _)| name).trim()
}

fn of_cells(titles: &[String], cells: Vec<String>) -> Map<String, Json> {
    let (mut members, mut info, mut guest) = (Map::new(), Map::new(), Map::new());
    for (title, cell) in titles.iter().zip(cells) {
        let cell = cell.trim().to_owned();
        if cell.is_empty() {
            continue;
        }
        let title = plain(title);
        let known = TITLES
            .iter()
            .find(|(short, property)| {
                short.eq_ignore_ascii_case(title) || property.name.eq_ignore_ascii_case(title)
            })
            .map(|(_, property)| *property);
        match known {
            Some(property) if *property == invitation::SEND_INVITATION_MESSAGE => {
                let value = match cell.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "1" => Json::Bool(true),
                    "false" | "no" | "0" => Json::Bool(false),
                    _ => Json::String(cell),
                };
                members.insert(property.name.to_owned(), value);
            }
            Some(property) if message_info::TYPE.properties.contains(&property) => {
                info.insert(property.name.to_owned(), Json::String(cell));
            }
            Some(property) => {
                members.insert(property.name.to_owned(), Json::String(cell));
            }
            None => {
                let name = user::TYPE
                    .property(title, Version::V1)
                    .map_or(title, |property| property.name);
                guest.insert(name.to_owned(), Json::String(cell));
            }
        }
    }
    for (property, inner) in [
        (&invitation::INVITED_USER_MESSAGE_INFO, info),
        (&invitation::INVITED_USER, guest),
    ] {
        if !inner.is_empty() {
            members.insert(property.name.to_owned(), Json::Object(inner));
        }
    }
    members
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
            "invite {:?} {:?} {} {}",
            job.redirect, job.language, job.again, job.show_links
        ),
        started: directory.now().to_string(),
        is_load: false,
    };
    results::start(
        &job.results,
        job.start,
        state,
        true,
        columns(job),
        job.show_links,
    )
}

fn unreadable(job: &Job<'_>, fault: &FileFault) -> Failure {
    Failure::new(format!("{} cannot be read", job.file.display())).because(fault)
}

fn unwritable(job: &Job<'_>, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} cannot be written", job.results.display())).because(error)
}

/// Whether a file of this name can hold guests.
pub fn is_readable(file: &Path) -> bool {
    Format::of(file).is_some()
}
