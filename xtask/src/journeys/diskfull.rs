//! The disk is full for a while: writing says so and can be tried again, reading goes on, and when there is room the same
//! process writes again.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::Instance;
use super::faultshim::{self, Faults, Shim};
use super::web::Graph;
use crate::report::Outcome;
use crate::scale;

/// Connections that write while there is no room.
const WRITERS: u32 = 4;
/// How long there is no room in one round.
const FULL: Duration = Duration::from_millis(2500);
/// Within this time of there being room again, a write succeeds.
const RECOVERY: Duration = Duration::from_secs(5);
/// An answer later than this is none that a client waits for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How the disk is full. `grow`: the file system overwrites in place, and only new blocks are refused; a log that has room
/// inside still takes writes, so a 201 is right as long as it is kept. `all`: nothing is taken.
const KINDS: [&str; 2] = ["all", "grow"];

/// What writing came to while the disk was full.
#[derive(Default)]
struct Written {
    /// Mail or user principal name, and id, of what was acknowledged.
    told: Vec<(String, String)>,
    /// Names of what was refused.
    refused: Vec<String>,
}

pub(super) fn run(full: bool) -> Result<Outcome> {
    if let Some(why) = faultshim::missing() {
        return Ok(Outcome::Skipped(why));
    }
    let rounds = scale::count("diskfull_rounds", full)?;
    let (_kept, folder) = faultshim::folder()?;
    let control = folder.join("full");
    let environment = Shim::build()?.under(Faults {
        files: Some(folder.join("dev")),
        full: Some(control.clone()),
        ..Faults::default()
    });
    let dev = Instance::start_under(&folder, &[], &environment)?;
    let graph = Graph::connect(&dev)?;
    let mut written = Written::default();
    for number in 0..20 {
        write(
            &dev,
            &graph,
            &format!("before{number}"),
            number,
            &mut written,
        )?;
    }
    ensure!(
        written.refused.is_empty(),
        "refused before the disk was full"
    );
    let stop = AtomicBool::new(false);
    let reads = AtomicU32::new(0);
    let known = written.told.clone();
    let slowest = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read(&dev, &known, &stop, &reads));
        let slowest = (0..rounds.times)
            .map(|round| fill(&dev, &control, round, &mut written))
            .try_fold(Duration::ZERO, |slowest, took| Ok(slowest.max(took?)));
        stop.store(true, Ordering::Relaxed);
        let read = reader
            .join()
            .map_err(|_| anyhow::anyhow!("the reader panicked"))?;
        slowest.and_then(|slowest: Duration| read.map(|()| slowest))
    })?;
    check_kept(&dev, &written)?;
    // What the process remembers is one thing, what is on the disk another.
    dev.kill();
    let dev = Instance::start(&folder, &[])?;
    check_kept(&dev, &written)?;
    Ok(Outcome::Passed(format!(
        "full {rounds} times: {} writes refused with 503 and Retry-After, {} reads 200, writing again after {} ms at most; \
         {} acknowledged, 0 lost, none of the refused is there",
        written.refused.len(),
        reads.into_inner(),
        slowest.as_millis(),
        written.told.len()
    )))
}

/// Everything that reads, over and over: 200 each time.
fn read(
    dev: &Instance,
    known: &[(String, String)],
    stop: &AtomicBool,
    reads: &AtomicU32,
) -> Result<()> {
    let mut known = known.iter().cycle();
    while !stop.load(Ordering::Relaxed) {
        let (_, id) = known.next().context("nothing was written")?;
        // A new token each time: signing in is reading too.
        let graph = Graph::connect(dev).context("no token while the disk is full")?;
        for path in [
            format!("/users/{id}"),
            "/users?$top=5".to_owned(),
            "/invitations?$top=5".to_owned(),
        ] {
            let started = Instant::now();
            graph.get(&path).context("while the disk was full")?;
            ensure!(
                started.elapsed() < PATIENCE,
                "GET {path} took {:?}",
                started.elapsed()
            );
            reads.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// One round: no room, writers that try, room again. How long until a write succeeded.
fn fill(dev: &Instance, control: &Path, round: u32, written: &mut Written) -> Result<Duration> {
    let kind = KINDS
        .iter()
        .cycle()
        .nth(round as usize)
        .copied()
        .unwrap_or("all");
    std::fs::write(control, kind)?;
    let parts: Vec<Result<Written>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || try_to_write(dev, kind, round, writer)))
            .collect();
        running
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|_| bail!("a writer panicked")))
            .collect()
    });
    std::fs::remove_file(control)?;
    let free = Instant::now();
    let mut refused = 0;
    for part in parts {
        let part = part?;
        refused += part.refused.len();
        written.told.extend(part.told);
        written.refused.extend(part.refused);
    }
    ensure!(
        refused > 0,
        "round {round}: the disk was full and no write noticed"
    );
    let graph = Graph::connect(dev)?;
    let before = written.told.len();
    let mut number = 0;
    while written.told.len() == before {
        ensure!(
            free.elapsed() < RECOVERY,
            "no write within {RECOVERY:?} of there being room"
        );
        write(dev, &graph, &format!("after{round}"), number, written)?;
        number += 1;
    }
    let took = free.elapsed();
    ensure!(
        took < RECOVERY,
        "the first write after there was room took {took:?}"
    );
    Ok(took)
}

fn try_to_write(dev: &Instance, kind: &str, round: u32, writer: u32) -> Result<Written> {
    let graph = Graph::connect(dev)?;
    let mut written = Written::default();
    let started = Instant::now();
    let mut number = 0;
    while started.elapsed() < FULL {
        write(
            dev,
            &graph,
            &format!("r{round}w{writer}"),
            number,
            &mut written,
        )?;
        number += 1;
    }
    ensure!(
        kind == "grow" || written.told.is_empty(),
        "the disk takes nothing, and {:?} was acknowledged",
        written.told.first()
    );
    Ok(written)
}

/// Invites a guest or creates a user, by turns. Only yes, or 503 with a time to come back, will do.
fn write(
    dev: &Instance,
    graph: &Graph,
    name: &str,
    number: u32,
    written: &mut Written,
) -> Result<()> {
    let local = format!("{name}n{number}");
    let invites = number.is_multiple_of(2);
    let (path, address, body) = if invites {
        let address = format!("{local}@fabrikam.example");
        let body = json!({
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": "https://myapp.contoso.com",
            "sendInvitationMessage": true,
        });
        ("/invitations", address, body)
    } else {
        let address = format!("{local}@{}", dev.get("DOMAIN"));
        let body = json!({
            "accountEnabled": true,
            "displayName": local,
            "mailNickname": local,
            "userPrincipalName": address,
            "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
        });
        ("/users", address, body)
    };
    let started = Instant::now();
    let answer = graph.send(path, &body)?;
    ensure!(
        started.elapsed() < PATIENCE,
        "POST {path} took {:?}",
        started.elapsed()
    );
    let id = if invites {
        &answer.body["invitedUser"]["id"]
    } else {
        &answer.body["id"]
    };
    match (answer.status, id.as_str(), answer.retry_after) {
        (201, Some(id), _) => written.told.push((address, id.to_owned())),
        (503, None, Some(_)) => written.refused.push(address),
        _ => bail!(
            "POST {path} answered {} with Retry-After {:?}: {}",
            answer.status,
            answer.retry_after,
            answer.body
        ),
    }
    Ok(())
}

/// What was acknowledged is there; what was refused did not happen.
fn check_kept(dev: &Instance, written: &Written) -> Result<()> {
    let graph = Graph::connect(dev)?;
    let users = everybody(&graph)?;
    let named =
        |user: &Value, name: &str| user["mail"] == name || user["userPrincipalName"] == name;
    for (name, id) in &written.told {
        ensure!(
            users
                .iter()
                .any(|user| user["id"] == id.as_str() && named(user, name)),
            "{name} was acknowledged and is lost"
        );
    }
    for name in &written.refused {
        ensure!(
            !users.iter().any(|user| named(user, name)),
            "{name} was refused with 503 and is there"
        );
    }
    Ok(())
}

/// All users, page by page.
fn everybody(graph: &Graph) -> Result<Vec<Value>> {
    let mut users = Vec::new();
    let mut path = Some("/users?$top=500&$select=id,mail,userPrincipalName".to_owned());
    while let Some(page) = path {
        let body = graph.get(&page)?;
        users.extend(
            body["value"]
                .as_array()
                .context("no page of users")?
                .iter()
                .cloned(),
        );
        path = body["@odata.nextLink"]
            .as_str()
            .and_then(|link| link.split_once("/v1.0"))
            .map(|(_, rest)| rest.to_owned());
    }
    Ok(users)
}
