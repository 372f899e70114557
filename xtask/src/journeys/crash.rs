//! kill -9 in the middle of inviting: nothing acknowledged is lost, no mail is lost, and none
//! doubles under another Message-ID.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::Instance;
use super::mailserver::{MailServer, Message};
use super::web::Graph;
use crate::report::Outcome;
use crate::{scale, shell};

/// What one client was told: address and guest id of every 201 it read.
type Told = Vec<(String, String)>;

pub(super) fn run(full: bool) -> Result<Outcome> {
    if !shell::has("python3") {
        return Ok(Outcome::Skipped("python3 is missing".into()));
    }
    let kills = scale::count("crash_kills", full)?;
    let clients = scale::count("crash_clients", full)?;
    let folder = tempfile::tempdir()?;
    let mail = MailServer::start(folder.path(), None)?;
    let smtp = format!("smtp://127.0.0.1:{}?tls=none", mail.port);
    let mut told = Told::new();
    for round in 0..kills.times {
        let dev = Instance::start(folder.path(), &["--smtp", &smtp])?;
        // Spread over the start, the steady state and the middle of deliveries; prime steps do not
        // line up with the worker's own rhythm.
        let pause = Duration::from_millis(150 + u64::from(round) * 137 % 900);
        told.extend(invite_until_killed(dev, clients.times, round, pause)?);
    }
    ensure!(
        !told.is_empty(),
        "no invitation was acknowledged before any kill: the journey proves nothing"
    );
    let dev = Instance::start(folder.path(), &["--smtp", &smtp])?;
    check_kept(&dev, &told)?;
    let (delivered, doubled) = check_mail(&mail, &told)?;
    Ok(Outcome::Passed(format!(
        "{kills} kills, {} acknowledged, 0 lost; {delivered} mails, {doubled} came twice with the same Message-ID",
        told.len()
    )))
}

/// Invites from several connections, kills the server in the middle, returns what was acknowledged.
fn invite_until_killed(dev: Instance, clients: u32, round: u32, pause: Duration) -> Result<Told> {
    let stop = Arc::new(AtomicBool::new(false));
    let mut threads = Vec::new();
    for client in 0..clients {
        let graph = Graph::connect(&dev)?;
        let stop = Arc::clone(&stop);
        threads.push(std::thread::spawn(move || {
            let mut told = Told::new();
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                let address = format!("r{round}c{client}n{number}@fabrikam.example");
                // A lost answer says nothing: the invitation may or may not have happened.
                if let Ok(body) = graph.invite(&address, "https://myapp.contoso.com", true)
                    && let Some(guest) = body["invitedUser"]["id"].as_str()
                {
                    told.push((address, guest.to_owned()));
                }
            }
            told
        }));
    }
    std::thread::sleep(pause);
    dev.kill();
    stop.store(true, Ordering::Relaxed);
    let mut told = Told::new();
    for thread in threads {
        told.extend(
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))?,
        );
    }
    Ok(told)
}

/// Every acknowledged guest is there, with the address it was invited by.
fn check_kept(dev: &Instance, told: &Told) -> Result<()> {
    let graph = Graph::connect(dev)?;
    for (address, guest) in told {
        let user = graph
            .get(&format!("/users/{guest}?$select=mail,externalUserState"))
            .with_context(|| format!("{address} was acknowledged and is lost"))?;
        ensure!(user["mail"] == address.as_str(), "{address} became {user}");
        ensure!(
            user["externalUserState"] == "PendingAcceptance",
            "{address} became {user}"
        );
    }
    Ok(())
}

/// How long no mail at all may come before what is missing counts as lost: many kills leave many
/// mails waiting.
const QUIET: Duration = Duration::from_mins(1);

/// Every acknowledged invitation's mail arrived, under one Message-ID however often.
fn check_mail(mail: &MailServer, told: &Told) -> Result<(usize, usize)> {
    let messages = all_mail(mail, told)?;
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut doubled = 0;
    for message in &messages {
        ensure!(
            message.to.len() == 1,
            "an envelope with {} recipients",
            message.to.len()
        );
        let known = ids.entry(message.to.concat()).or_default();
        if !known.insert(message.id.clone()) {
            doubled += 1;
        }
        ensure!(
            known.len() == 1,
            "{} got mails with different Message-IDs",
            message.to.concat()
        );
    }
    Ok((messages.len(), doubled))
}

/// Waits until every address that was acknowledged got a mail.
fn all_mail(mail: &MailServer, told: &Told) -> Result<Vec<Message>> {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        let messages = mail.messages()?;
        let reached: BTreeSet<&str> = messages
            .iter()
            .flat_map(|message| message.to.iter().map(String::as_str))
            .collect();
        let missing: Vec<&str> = told
            .iter()
            .map(|(address, _)| address.as_str())
            .filter(|address| !reached.contains(address))
            .collect();
        let Some(first) = missing.first() else {
            return Ok(messages);
        };
        if messages.len() > seen {
            (seen, since) = (messages.len(), Instant::now());
        }
        ensure!(
            since.elapsed() < QUIET,
            "{} mails are lost, the first of them to {first}",
            missing.len()
        );
        std::thread::sleep(Duration::from_millis(500));
    }
}
