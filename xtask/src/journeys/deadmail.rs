//! The mail server is absent, busy, slow and rude: the API does not notice, no mail is lost, and
//! what comes twice comes under one Message-ID.
//!
//! The outbox waits 30 seconds and more before it tries again, and there is no setting to shorten
//! that. So the server runs above the fault shim, which moves its wall clock forward: the waits are
//! the real ones, and nobody sits them out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Instance;
use super::faultshim::{self, Faults, Shim};
use super::mailserver::MailServer;
use super::web::{Graph, free_port};
use crate::report::Outcome;
use crate::scale;

/// What may happen to a letter while the server is up: the recipient's local part asks for it
/// (`faulty_smtp_server.py`).
const FATES: [&str; 6] = ["plain", "later", "full", "cut", "half", "never"];
/// The fate of a recipient that nobody has.
const NEVER: &str = "never";
/// No answer may wait for a mail server; this is far above what a busy machine makes of a few
/// milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);
/// The worker looks for what is due once a second.
const LOOK: Duration = Duration::from_millis(1200);
/// More than the longest first wait of the back-off.
const STEP: u64 = 40;
/// While nothing is in hand: a letter whose worker was killed waits five minutes for its lease to
/// end.
const LEAP: u64 = 100;
/// Letters that the worker has in hand at once: so many may come twice after a kill.
const IN_HAND: usize = 4;

/// One acknowledged invitation.
struct Told {
    address: String,
    invitation: String,
}

/// The server, its mail server and the clock between them.
struct Scene {
    folder: PathBuf,
    shim: Shim,
    port: u16,
    /// Seconds by which the clock was moved.
    ahead: u64,
    told: Vec<Told>,
    /// How long each invitation took.
    answers: BTreeMap<&'static str, Vec<Duration>>,
}

pub(super) fn run(full: bool) -> Result<Outcome> {
    if let Some(why) = faultshim::missing() {
        return Ok(Outcome::Skipped(why));
    }
    let letters = scale::count("deadmail_letters", full)?;
    let (_kept, folder) = faultshim::folder()?;
    let mut scene = Scene {
        folder,
        shim: Shim::build()?,
        port: free_port()?,
        ahead: 0,
        told: Vec::new(),
        answers: BTreeMap::new(),
    };
    let dev = scene.start()?;
    scene.invite(&dev, "absent", letters.times)?;
    scene.pass(STEP)?;

    let mail = scene.mail_server("busy")?;
    scene.invite(&dev, "busy", letters.times)?;
    scene.pass(STEP)?;
    ensure!(mail.messages()?.is_empty(), "a busy mail server got a mail");

    scene.phase("slow")?;
    scene.invite(&dev, "slow", letters.times)?;
    scene.pass(STEP)?;
    // With letters in hand: they are tried again when their lease ends.
    dev.kill();
    let dev = scene.start()?;

    // Gone again, in the middle of everything, and back.
    drop(mail);
    scene.invite(&dev, "gone", letters.times)?;
    let mail = scene.mail_server("ok")?;
    for fate in FATES {
        scene.invite(&dev, fate, letters.times.div_ceil(6))?;
    }
    let steps = scene.deliver(&dev, &mail)?;
    let (delivered, doubled) = scene.check_mails(&mail, 1)?;
    let refused = scene
        .told
        .iter()
        .filter(|told| told.address.starts_with(NEVER))
        .count();
    Ok(Outcome::Passed(format!(
        "{} invitations ({letters} in each trouble), {delivered} mails, 0 lost, {doubled} came twice with the same Message-ID, \
         {refused} refused by 550 ended as Error; invited within {} ms (99 of 100) without a mail server, {} ms with one; \
         clock moved {} s in {steps} steps",
        scene.told.len(),
        scene.slowest(&["absent", "gone"]),
        scene.slowest(&FATES),
        scene.ahead
    )))
}

impl Scene {
    fn start(&self) -> Result<Instance> {
        let clock = self.folder.join("clock");
        std::fs::write(&clock, self.ahead.to_string())?;
        let environment = self.shim.under(Faults {
            clock: Some(clock),
            ..Faults::default()
        });
        let relay = format!("smtp://127.0.0.1:{}?tls=none", self.port);
        Instance::start_under(&self.folder, &["--smtp", &relay], &environment)
    }

    fn phase(&self, phase: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.join("phase"), phase)?)
    }

    fn mail_server(&self, phase: &str) -> Result<MailServer> {
        self.phase(phase)?;
        MailServer::start_faulty(&self.folder, self.port, &self.folder.join("phase"))
    }

    /// Lets the worker try, moves the clock, lets it try again.
    fn pass(&mut self, seconds: u64) -> Result<()> {
        std::thread::sleep(LOOK);
        self.ahead += seconds;
        // Written beside and renamed: the shim must not read half a number.
        let beside = self.folder.join("clock.new");
        std::fs::write(&beside, self.ahead.to_string())?;
        std::fs::rename(beside, self.folder.join("clock"))?;
        std::thread::sleep(LOOK);
        Ok(())
    }

    /// Invites `count` guests: 201 `InProgress` at once, whatever the mail server does.
    fn invite(&mut self, dev: &Instance, name: &'static str, count: u32) -> Result<()> {
        let graph = Graph::connect(dev)?;
        let mut took = Vec::new();
        for number in 0..count {
            let address = format!("{name}{number}@fabrikam.example");
            let started = Instant::now();
            let body = graph.invite(&address, "https://myapp.contoso.com", true)?;
            took.push(started.elapsed());
            ensure!(
                body["status"] == "InProgress",
                "{address}: status {}",
                body["status"]
            );
            let invitation = body["id"].as_str().context("an invitation without id")?;
            self.told.push(Told {
                address,
                invitation: invitation.to_owned(),
            });
        }
        took.sort_unstable();
        let slowest = took.last().copied().unwrap_or_default();
        ensure!(
            slowest < PATIENCE,
            "an invitation took {slowest:?} with a mail server that is {name}"
        );
        self.answers.insert(name, took);
        Ok(())
    }

    /// Milliseconds within which 99 of 100 invitations were answered.
    fn slowest(&self, names: &[&str]) -> u128 {
        let mut all: Vec<Duration> = names
            .iter()
            .filter_map(|name| self.answers.get(name))
            .flatten()
            .copied()
            .collect();
        all.sort_unstable();
        let rank = (all.len() * 99).div_ceil(100).saturating_sub(1);
        all.get(rank).map_or(0, Duration::as_millis)
    }

    /// Waits until every invitation's status is what it must become; moves the clock whenever
    /// nothing happens any more.
    fn deliver(&mut self, dev: &Instance, mail: &MailServer) -> Result<u32> {
        let patience =
            Duration::from_secs(40) + Duration::from_millis(60) * u32::try_from(self.told.len())?;
        let started = Instant::now();
        let mut open: BTreeSet<usize> = (0..self.told.len()).collect();
        let mut steps = 0;
        let mut arrived = 0;
        while started.elapsed() < patience {
            let before = arrived;
            arrived = mail.messages()?.len();
            if arrived > before {
                // Moving on now would end the lease of a letter that is on its way.
                std::thread::sleep(LOOK);
                continue;
            }
            let graph = Graph::connect(dev)?;
            for index in open.clone() {
                if self.settled(&graph, index)? {
                    open.remove(&index);
                }
            }
            if open.is_empty() {
                return Ok(steps);
            }
            self.pass(LEAP)?;
            steps += 1;
        }
        let left: Vec<&str> = open
            .iter()
            .take(5)
            .filter_map(|index| self.told.get(*index))
            .map(|told| told.address.as_str())
            .collect();
        bail!(
            "{} invitations are not settled after {patience:?}, among them {left:?}",
            open.len()
        )
    }

    fn settled(&self, graph: &Graph, index: usize) -> Result<bool> {
        let told = self.told.get(index).context("no such invitation")?;
        let body = graph
            .get(&format!("/invitations/{}", told.invitation))
            .with_context(|| format!("the invitation of {} is lost", told.address))?;
        let wanted = if told.address.starts_with(NEVER) {
            "Error"
        } else {
            "Completed"
        };
        match body["status"].as_str() {
            Some("InProgress") => Ok(false),
            Some(status) if status == wanted => Ok(true),
            status => bail!("{} became {status:?} instead of {wanted}", told.address),
        }
    }

    /// Each mail came, none under two Message-IDs, and twice only where the server could not know
    /// that it had come.
    fn check_mails(&self, mail: &MailServer, kills: usize) -> Result<(usize, usize)> {
        let mut came: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for message in mail.messages()? {
            came.entry(message.to.concat())
                .or_default()
                .push(message.id);
        }
        let mut after_kill = 0;
        let mut doubled = 0;
        for told in &self.told {
            let ids = came.get(&told.address).map_or(&[][..], Vec::as_slice);
            let different: BTreeSet<&String> = ids.iter().collect();
            let never = told.address.starts_with(NEVER);
            ensure!(
                ids.is_empty() == never,
                "{} got {} mails",
                told.address,
                ids.len()
            );
            ensure!(
                different.len() < 2,
                "{} got mails with different Message-IDs",
                told.address
            );
            let again = ids.len().saturating_sub(1);
            doubled += again;
            if told.address.starts_with("cut") {
                ensure!(
                    again == 1,
                    "{} was cut off once and got {} mails",
                    told.address,
                    ids.len()
                );
            } else {
                after_kill += again;
            }
        }
        ensure!(
            after_kill <= kills * IN_HAND,
            "{after_kill} mails came twice after {kills} kill, more than the worker had in hand"
        );
        Ok((came.values().map(Vec::len).sum(), doubled))
    }
}
