//! The disk is full for a while: writing says so and can be tried again, reading goes on, and when
//! there is room the same process writes again.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::Instance;
use super::faultshim::{self, Faults, Shim};
use super::web::Graph;
use crate::report::Outcome;
use crate::scale;

/// The server's database in the journey's folder.
const DATABASE: &str = "dev/vestibule.db";
/// Writes before the disk is full: enough for some of the log to be carried over before.
const BEFORE: u32 = 80;
/// Connections that write while there is no room.
const WRITERS: u32 = 4;
/// How long there is no room in one round.
const FULL: Duration = Duration::from_millis(2500);
/// Within this time of there being room again, a write succeeds.
const RECOVERY: Duration = Duration::from_secs(5);
/// An answer later than this is none that a client waits for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How the disk is full. `grow`: the file system overwrites in place, and only new blocks are
/// refused; a log that has room inside still takes writes, so a 201 is right as long as it is kept.
/// `all`: nothing is taken.
const KINDS: [&str; 2] = ["all", "grow"];

/// The server above the shim.
struct Site {
    dev: Instance,
    /// While it exists, the disk is full.
    control: PathBuf,
    /// What reaches the disk.
    log: PathBuf,
}

/// An acknowledged user or guest.
#[derive(Clone)]
struct Told {
    /// Mail or user principal name.
    name: String,
    id: String,
    /// What the replay looks for.
    line: Value,
}

/// What writing came to.
#[derive(Default)]
struct Written {
    told: Vec<Told>,
    /// How many of them while the disk was full, in room that the log had.
    inside: usize,
    /// Names of what was refused.
    refused: Vec<String>,
}

pub(super) fn run(full: bool) -> Result<Outcome> {
    if let Some(why) = faultshim::missing() {
        return Ok(Outcome::Skipped(why));
    }
    let rounds = scale::count("diskfull_rounds", full)?;
    let cuts = scale::count("diskfull_cuts", full)?;
    let (_kept, folder) = faultshim::folder()?;
    let (control, log) = (folder.join("full"), folder.join("log"));
    let environment = Shim::build()?.under(Faults {
        files: Some(folder.join(DATABASE)),
        log: Some(log.clone()),
        full: Some(control.clone()),
        ..Faults::default()
    });
    let dev = Instance::start_under(&folder, &[], &environment)?;
    let site = Site { dev, control, log };
    let graph = Graph::connect(&site.dev)?;
    let mut written = Written::default();
    for number in 0..BEFORE {
        write(&site, &graph, "before", number, &mut written)?;
    }
    ensure!(
        written.refused.is_empty(),
        "refused before the disk was full"
    );
    let stop = AtomicBool::new(false);
    let reads = AtomicU32::new(0);
    let known = written.told.clone();
    let slowest = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read(&site.dev, &known, &stop, &reads));
        let slowest = (0..rounds.times)
            .map(|round| fill(&site, round, &mut written))
            .try_fold(Duration::ZERO, |slowest, took| Ok(slowest.max(took?)));
        stop.store(true, Ordering::Relaxed);
        let read = reader
            .join()
            .map_err(|_| anyhow::anyhow!("the reader panicked"))?;
        slowest.and_then(|slowest: Duration| read.map(|()| slowest))
    })?;
    check_kept(&site.dev, &written)?;
    // What the process remembers is one thing, what it gave to the system another, and what is on
    // the disk a third.
    site.dev.kill();
    let verdict = faultshim::replay(
        &folder,
        DATABASE,
        "server",
        written.told.iter().map(|told| &told.line),
        cuts.times,
    )?;
    verdict.ensure_sound()?;
    let dev = Instance::start(&folder, &[])?;
    check_kept(&dev, &written)?;
    Ok(Outcome::Passed(format!(
        "full {rounds} times: {} writes refused with 503 and Retry-After, {} reads 200, writing again after {} ms at most; \
         {} acknowledged, {} of them in room that the log had, 0 lost, none of the refused is there; {cuts} power cuts, {} checked, 0 lost, 0 corrupt",
        written.refused.len(),
        reads.into_inner(),
        slowest.as_millis(),
        written.told.len(),
        written.inside,
        verdict.checked
    )))
}

/// Everything that reads, over and over: 200 each time.
fn read(dev: &Instance, known: &[Told], stop: &AtomicBool, reads: &AtomicU32) -> Result<()> {
    let mut known = known.iter().cycle();
    while !stop.load(Ordering::Relaxed) {
        let one = known.next().context("nothing was written")?;
        // A new token each time: signing in is reading too.
        let graph = Graph::connect(dev).context("no token while the disk is full")?;
        for path in [
            format!("/users/{}", one.id),
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
fn fill(site: &Site, round: u32, written: &mut Written) -> Result<Duration> {
    let kind = KINDS
        .iter()
        .cycle()
        .nth(round as usize)
        .copied()
        .unwrap_or("all");
    std::fs::write(&site.control, kind)?;
    let parts: Vec<Result<Written>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..WRITERS)
            .map(|writer| scope.spawn(move || try_to_write(site, kind, round, writer)))
            .collect();
        running
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|_| bail!("a writer panicked")))
            .collect()
    });
    std::fs::remove_file(&site.control)?;
    let free = Instant::now();
    let mut refused = 0;
    for part in parts {
        let part = part?;
        refused += part.refused.len();
        written.inside += part.told.len();
        written.told.extend(part.told);
        written.refused.extend(part.refused);
    }
    // Where only growing is refused, a log that was begun anew may have room for a whole round.
    ensure!(
        refused > 0 || kind == "grow",
        "round {round}: the disk was full and no write noticed"
    );
    let graph = Graph::connect(&site.dev)?;
    let before = written.told.len();
    let mut number = 0;
    while written.told.len() == before {
        ensure!(
            free.elapsed() < RECOVERY,
            "no write within {RECOVERY:?} of there being room"
        );
        write(site, &graph, &format!("after{round}"), number, written)?;
        number += 1;
    }
    let took = free.elapsed();
    ensure!(
        took < RECOVERY,
        "the first write after there was room took {took:?}"
    );
    Ok(took)
}

fn try_to_write(site: &Site, kind: &str, round: u32, writer: u32) -> Result<Written> {
    let graph = Graph::connect(&site.dev)?;
    let mut written = Written::default();
    let started = Instant::now();
    let mut number = 0;
    while started.elapsed() < FULL {
        write(
            site,
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
        written.told.first().map(|told| &told.name)
    );
    Ok(written)
}

/// Invites a guest or creates a user, by turns. Only yes, or 503 with a time to come back, will do.
fn write(site: &Site, graph: &Graph, name: &str, number: u32, written: &mut Written) -> Result<()> {
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
        let address = format!("{local}@{}", site.dev.get("DOMAIN"));
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
        (201, Some(id), _) => {
            let line = json!({
                "at": std::fs::metadata(&site.log)?.len(),
                "address": address,
                "guest": id,
                "invitation": invites.then(|| &answer.body["id"]),
            });
            written.told.push(Told {
                name: address,
                id: id.to_owned(),
                line,
            });
        }
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
    for Told { name, id, .. } in &written.told {
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
