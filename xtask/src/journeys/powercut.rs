//! The power fails at any moment: what was acknowledged is on the disk.
//!
//! kill -9 cannot show this, for the system keeps what a dead process wrote. So the server runs
//! above a shim that logs each write and each sync, and afterwards the files are rebuilt as they
//! may have been at many moments of that log. The rig first proves that it can tell: a writer that
//! syncs too rarely must lose what it acknowledged, one that syncs in time must not, and the
//! server's own log must lose once its syncs are struck out.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Instance;
use super::faultshim::{self, Faults, Shim};
use super::web::Graph;
use crate::report::Outcome;
use crate::scale::{self, Count};
use crate::shell;

/// The server's database in the journey's folder.
const DATABASE: &str = "dev/vestibule.db";
/// Connections that invite at the same time, so that one commit carries several invitations.
const CLIENTS: u32 = 8;
/// Invitations under way when the server is killed; more than it answers in that time.
const LAST: u32 = 400;
/// Rows of the small writer.
const ROWS: &str = "300";
/// Cuts of the small writer's log; enough for each of the four modes at both kinds of moments
/// several times.
const PROOF_CUTS: u32 = 60;
pub(super) fn run(full: bool) -> Result<Outcome> {
    if let Some(why) = faultshim::missing() {
        return Ok(Outcome::Skipped(why));
    }
    let cuts = scale::count("powercut_cuts", full)?;
    let invitations = scale::count("powercut_invitations", full)?;
    let (_kept, folder) = faultshim::folder()?;
    let shim = Shim::build()?;
    let proof = prove(&shim, &folder)?;
    let told = serve(&shim, &folder, invitations)?;
    let verdict = faultshim::replay(&folder, DATABASE, "server", &told, cuts.times)?;
    ensure!(
        verdict.carried > 0 && verdict.restarts > 1 && verdict.unsynced > 0,
        "the run was too small: {} pages carried over, {} logs begun, {} cuts with something unsynced",
        verdict.carried,
        verdict.restarts,
        verdict.unsynced
    );
    verdict.ensure_sound()?;
    let blind = faultshim::replay_unsynced(&folder, DATABASE, "server", &told, PROOF_CUTS)?;
    ensure!(
        blind.lost > 0,
        "the rig cannot tell: without any sync the server's log loses nothing"
    );
    Ok(Outcome::Passed(format!(
        "{cuts} cuts in {} records, {} of them with something unsynced; {} invitations, {} acknowledgements checked, 0 lost, \
         0 corrupt; the rig can tell: {proof}, syncs struck out {} lost",
        verdict.records,
        verdict.unsynced,
        told.len(),
        verdict.checked,
        blind.lost
    )))
}

/// The rig tried on a writer whose fate is known.
fn prove(shim: &Shim, folder: &Path) -> Result<String> {
    let mut said = Vec::new();
    for setting in ["FULL", "NORMAL", "OFF"] {
        let place = folder.join(setting);
        std::fs::create_dir(&place)?;
        let environment = shim.under(Faults {
            files: Some(place.join("writer.db")),
            log: Some(place.join("log")),
            ..Faults::default()
        });
        let printed = shell::read(
            Command::new("python3")
                .arg(faultshim::source("writer.py"))
                .arg(place.join("writer.db"))
                .args([ROWS, setting])
                .envs(environment),
        )?;
        let told = printed
            .lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect::<Result<Vec<Value>>>()?;
        let verdict = faultshim::replay(&place, "writer.db", "writer", &told, PROOF_CUTS)?;
        let (lost, corrupt) = (verdict.lost, verdict.corrupt);
        let holds = match setting {
            "FULL" => lost == 0 && corrupt == 0,
            "NORMAL" => lost > 0,
            _ => lost > 0 || corrupt > 0,
        };
        ensure!(
            holds,
            "the rig cannot tell: a writer with synchronous={setting} has {lost} lost and {corrupt} corrupt: {}",
            verdict.why.join("; ")
        );
        said.push(format!("{setting} {lost} lost {corrupt} corrupt"));
    }
    Ok(said.join(", "))
}

/// Runs the server above the shim and invites, until it is killed; what the clients were told.
fn serve(shim: &Shim, folder: &Path, invitations: Count) -> Result<Vec<Value>> {
    let log = folder.join("log");
    let environment = shim.under(Faults {
        files: Some(folder.join(DATABASE)),
        log: Some(log.clone()),
        ..Faults::default()
    });
    let dev = Instance::start_under(folder, &[], &environment)?;
    faultshim::ensure_logged(&log)?;
    let clients = (0..CLIENTS)
        .map(|_| Graph::connect(&dev))
        .collect::<Result<Vec<_>>>()?;
    let told = invite(&clients, "guest", invitations.times, &log)?;
    // The last words of the log are writes under way, which were acknowledged to nobody.
    std::thread::scope(|scope| {
        let clients = &clients;
        let last = scope.spawn(|| invite(clients, "last", LAST, &log));
        std::thread::sleep(Duration::from_millis(20));
        dev.kill();
        drop(last.join());
    });
    Ok(told)
}

/// Invites `count` guests; what each client was told, and how long the log was when it had read
/// that.
fn invite(clients: &[Graph], name: &str, count: u32, log: &Path) -> Result<Vec<Value>> {
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        for (client, graph) in clients.iter().enumerate() {
            running.push(scope.spawn(move || {
                let mut told = Vec::new();
                for number in 0..count / CLIENTS {
                    let address = format!("{name}{client}n{number}@fabrikam.example");
                    let body = graph.invite(&address, "https://myapp.contoso.com", true)?;
                    told.push(json!({
                        "at": std::fs::metadata(log)?.len(),
                        "address": address,
                        "guest": body["invitedUser"]["id"],
                        "invitation": body["id"],
                    }));
                }
                Ok(told)
            }));
        }
        let mut told = Vec::new();
        for one in running {
            let answers: Result<Vec<Value>> = one
                .join()
                .map_err(|_| anyhow::anyhow!("a client panicked"))?;
            told.extend(answers?);
        }
        Ok(told)
    })
}
