//! What a write costs, of this build and of another one in turn: the server's CPU time, the pages
//! written to the log and the bytes written to the disk, for each user created and each invitation.
//!
//! Short slices of both alternate, because other work on the machine then slows both alike. What is
//! compared is CPU time, not rates.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use super::figures::{Target, median};
use super::million::Person;
use super::{load, process};
use crate::journeys::Instance;
use crate::shell;

const CONNECTIONS: u32 = 64;
const SLICE: Duration = Duration::from_millis(1_500);
/// How many slices are measured of each build and kind. One more runs before them, not counted.
const ROUNDS: u32 = 7;
/// People in the larger directory, unless `VESTIBULE_BENCH_PEOPLE` says otherwise.
const PEOPLE: u64 = 100_000;

/// The other build: a `vestibule` of any revision.
pub(super) const AGAINST: &str = "VESTIBULE_AGAINST";

#[derive(Debug, Clone, Copy)]
enum WriteKind {
    Create,
    Invite,
}

/// A running server of one of the builds.
struct MeasuredBuild {
    target: Target,
    log: Log,
    /// Makes names that nobody has yet.
    round: u32,
}

/// What one write cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    cpu: f64,
    pages: f64,
    bytes: f64,
    /// Writes that shared a commit.
    shared: f64,
}

/// Alternates the build under test and the other one, in an empty directory and in a large one.
///
/// # Errors
/// A server did not start or did not answer as it must.
pub(super) fn run(ours: &Path, other: &Path) -> Result<()> {
    let asked = std::env::var("VESTIBULE_BENCH_PEOPLE").ok();
    let people = asked.and_then(|text| text.parse().ok()).unwrap_or(PEOPLE);
    println!("  ours: {}, the other: {}", ours.display(), other.display());
    for people in [0, people] {
        println!("\n  a directory with {people} users, medians of {ROUNDS} rounds");
        let mut builds = [
            MeasuredBuild::start(other, people)?,
            MeasuredBuild::start(ours, people)?,
        ];
        for kind in [WriteKind::Create, WriteKind::Invite] {
            compare(&mut builds, kind)?;
        }
    }
    Ok(())
}

fn compare(builds: &mut [MeasuredBuild; 2], kind: WriteKind) -> Result<()> {
    let mut costs: [Vec<Cost>; 2] = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (build, costs) in builds.iter_mut().zip(&mut costs) {
            let cost = build.slice(kind)?;
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    let [theirs, ours] = &costs;
    let of = |read: fn(&Cost) -> f64| {
        let middle = |costs: &[Cost]| median(&mut costs.iter().map(read).collect::<Vec<_>>());
        let mut ratios: Vec<f64> = ours
            .iter()
            .zip(theirs)
            .map(|(ours, theirs)| read(ours) / read(theirs))
            .collect();
        let ratio = median(&mut ratios);
        let spread = (ratios.first().copied(), ratios.last().copied());
        (middle(ours), middle(theirs), ratio, spread)
    };
    println!("  {kind:?}:");
    for (name, read) in [
        ("server CPU, us", (|cost| cost.cpu) as fn(&Cost) -> f64),
        ("pages to the log", |cost| cost.pages),
        ("bytes to the disk", |cost| cost.bytes),
        ("writes in a commit", |cost| cost.shared),
    ] {
        let (ours, theirs, ratio, (least, most)) = of(read);
        println!(
            "    {name:<20} {ours:>9.1}, the other {theirs:>9.1}: {ratio:.2} times ({:.2} to {:.2})",
            least.unwrap_or_default(),
            most.unwrap_or_default(),
        );
    }
    Ok(())
}

impl MeasuredBuild {
    /// Makes an instance of the build with so many people, and starts it.
    fn start(binary: &Path, people: u64) -> Result<Self> {
        let folder = tempfile::tempdir_in(shell::target())?;
        if people > 0 {
            Instance::start_of(binary, folder.path())?.kill();
            import(binary, folder.path(), people)?;
        }
        let target = Target::start_of(binary, folder)?;
        let log = Log::watch(target.dev.dir().join("vestibule.db-shm"));
        Ok(Self {
            target,
            log,
            round: 0,
        })
    }

    fn slice(&mut self, kind: WriteKind) -> Result<Cost> {
        let pid = self.target.dev.pid();
        self.round += 1;
        let (round, host, token) = (
            self.round,
            self.target.host.clone(),
            self.target.token.clone(),
        );
        let before = (
            process::cpu_seconds(pid)?,
            process::written_bytes(pid)?,
            self.log.read(),
        );
        let request = move |connection: u32, number: u64| match kind {
            WriteKind::Create => {
                let body = newcomer(round, connection, number);
                load::bytes("POST", "/v1.0/users", &host, &token, &body)
            }
            WriteKind::Invite => {
                let person = somebody(round, connection, number);
                let body = json!({
                    "invitedUserEmailAddress": format!("{}@fabrikam.example", person.local),
                    "inviteRedirectUrl": "https://myapp.contoso.com",
                    "sendInvitationMessage": false,
                });
                load::bytes(
                    "POST",
                    "/v1.0/invitations",
                    &host,
                    &token,
                    &body.to_string(),
                )
            }
        };
        let answers = load::http(&[201]);
        let counted = load::run(self.target.at, CONNECTIONS, SLICE, answers, request)?;
        // The last frames are seen by the next look.
        std::thread::sleep(4 * LOOK);
        let (pages, commits) = self.log.read();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 of each")]
        let each = |sum: u64| sum as f64 / counted.answers as f64;
        Ok(Cost {
            cpu: (process::cpu_seconds(pid)? - before.0) * 1e6 * each(1),
            pages: each(pages - before.2.0),
            bytes: each(process::written_bytes(pid)?.saturating_sub(before.1)),
            shared: 1.0 / each((commits - before.2.1).max(1)),
        })
    }
}

/// Somebody whom no directory has yet.
fn somebody(round: u32, connection: u32, number: u64) -> Person {
    let place = (u64::from(round * CONNECTIONS + connection) << 32) | number;
    Person::new((1 << 40) + place)
}

/// Somebody new with the usual properties, who signs in elsewhere: a password's hash would cost
/// more than the write.
fn newcomer(round: u32, connection: u32, number: u64) -> String {
    let person = somebody(round, connection, number);
    let mut body: serde_json::Value = serde_json::from_str(&person.json()).unwrap_or_default();
    // Their manager would be as new as they are.
    if let Some(members) = body.as_object_mut() {
        members.remove("manager@odata.bind");
    }
    body["identities"] = json!([{
        "signInType": "federated", "issuer": "idp.fabrikam.example", "issuerAssignedId": person.local
    }]);
    body.to_string()
}

fn import(binary: &Path, folder: &Path, people: u64) -> Result<()> {
    let lines = folder.join("people.ndjson");
    let mut out = BufWriter::new(File::create(&lines)?);
    for number in 0..people {
        writeln!(out, "{}", Person::new(number).json())?;
    }
    out.flush()?;
    let mut command = Command::new(binary);
    command.arg("import").arg(&lines).arg("--dir");
    let command = command.arg(folder.join("dev"));
    command.stdout(std::process::Stdio::null());
    shell::run(command)?;
    Ok(std::fs::remove_file(lines)?)
}

/// How often the head of the log's index is looked at. The log starts over after thousands of
/// pages, so what is written between the last look and that is not worth counting.
const LOOK: Duration = Duration::from_millis(2);

/// Counts pages and commits from outside, in the same way for every build: the head of the log's
/// index, `vestibule.db-shm`, holds a counter of commits and the number of the last page.
struct Log {
    sums: Arc<(AtomicU64, AtomicU64)>,
    ends: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Log {
    fn watch(index: PathBuf) -> Self {
        let sums = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
        let ends = Arc::new(AtomicBool::new(false));
        let (to, end) = (Arc::clone(&sums), Arc::clone(&ends));
        let thread = std::thread::spawn(move || {
            let mut last: Option<(u32, u32)> = None;
            while !end.load(Ordering::Relaxed) {
                if let Ok((commits, pages)) = head(&index) {
                    if let Some((before, written)) = last {
                        let more = pages.checked_sub(written).unwrap_or(pages);
                        to.0.fetch_add(u64::from(more), Ordering::Relaxed);
                        let more = commits.wrapping_sub(before);
                        to.1.fetch_add(u64::from(more), Ordering::Relaxed);
                    }
                    last = Some((commits, pages));
                }
                std::thread::sleep(LOOK);
            }
        });
        Self {
            sums,
            ends,
            thread: Some(thread),
        }
    }

    fn read(&self) -> (u64, u64) {
        (
            self.sums.0.load(Ordering::Relaxed),
            self.sums.1.load(Ordering::Relaxed),
        )
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Commits and pages. The head is there twice: where the copies differ, it is being written.
fn head(index: &Path) -> Result<(u32, u32)> {
    use std::io::Read as _;
    let mut both = [0_u8; 96];
    File::open(index)?.read_exact(&mut both)?;
    let (one, other) = both.split_at(48);
    anyhow::ensure!(one == other, "it is being written");
    let number = |at: usize| -> Result<u32> {
        let bytes = one.get(at..at + 4).context("no number")?;
        Ok(u32::from_ne_bytes(bytes.try_into()?))
    };
    Ok((number(8)?, number(16)?))
}
