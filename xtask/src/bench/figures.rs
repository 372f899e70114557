//! The figures of `docs/performance.md`: each prints its value, its aim and what it was measured
//! with.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::load::{self, Counted};
use super::{bare, process};
use crate::journeys::{Instance, binary};

/// One figure: its name and how it is measured.
type Figure = (&'static str, fn() -> Result<()>);

/// All figures.
pub(super) const ALL: &[Figure] = &[
    (
        "read: GET /users/{id} with a bearer token, against bare hyper answering the same bytes",
        read,
    ),
    (
        "invite: durable POST /invitations at 64 connections",
        invite,
    ),
    (
        "start: from exec to the first answer, on an existing folder",
        start,
    ),
    ("memory: resident at rest", memory),
];

const CONNECTIONS: u32 = 64;
/// One slice of an alternating measurement: short enough that a noisy neighbour hits both sides.
const SLICE: Duration = Duration::from_secs(2);
const ROUNDS: u32 = 7;

/// A server, a token and where it listens.
pub(super) struct Target {
    /// The server.
    pub(super) dev: Instance,
    /// Of dev's app.
    pub(super) token: String,
    /// Name and port.
    pub(super) host: String,
    /// Its listener without TLS.
    pub(super) at: SocketAddr,
    folder: tempfile::TempDir,
}

impl Target {
    fn start() -> Result<Self> {
        Self::start_in(tempfile::tempdir_in(crate::shell::target())?)
    }

    /// Starts the server on a folder that may hold an instance already.
    ///
    /// # Errors
    /// It did not start.
    pub(super) fn start_in(folder: tempfile::TempDir) -> Result<Self> {
        Self::start_of(&binary()?, folder)
    }

    /// Starts the server of another build.
    ///
    /// # Errors
    /// It did not start.
    pub(super) fn start_of(binary: &Path, folder: tempfile::TempDir) -> Result<Self> {
        let dev = Instance::start_of(binary, folder.path())?;
        let host = dev.get("HTTP_URL").trim_start_matches("http://").to_owned();
        let port = host
            .rsplit(':')
            .next()
            .and_then(|text| text.parse().ok())
            .context("no port")?;
        let url = format!(
            "{}/{}/oauth2/v2.0/token",
            dev.get("HTTP_URL"),
            dev.get("TENANT")
        );
        let answer: Value = ureq::post(url)
            .send_form([
                ("grant_type", "client_credentials"),
                ("client_id", dev.get("CLIENT_ID")),
                ("client_secret", dev.get("CLIENT_SECRET")),
                ("scope", "https://graph.microsoft.com/.default"),
            ])?
            .body_mut()
            .read_json()?;
        let token = answer["access_token"]
            .as_str()
            .context("no token")?
            .to_owned();
        Ok(Self {
            dev,
            token,
            host,
            at: SocketAddr::from(([127, 0, 0, 1], port)),
            folder,
        })
    }

    /// Ends the server and leaves its folder.
    pub(super) fn stop(self) -> tempfile::TempDir {
        self.dev.kill();
        self.folder
    }

    /// The bytes of a GET.
    pub(super) fn get(&self, path: &str) -> Vec<u8> {
        load::bytes("GET", path, &self.host, &self.token, "")
    }
}

/// The same head and body as Vestibule's answer, for the peer.
fn recorded(target: &Target, path: &str) -> Result<bare::Answer> {
    let mut answer = ureq::get(format!("http://{}{path}", target.host))
        .header("Authorization", format!("Bearer {}", target.token))
        .call()?;
    let own = ["date", "content-length", "connection"];
    let head = answer
        .headers()
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
        .collect::<Result<_>>()?;
    let body = answer.body_mut().read_to_string()?;
    Ok(bare::Answer { head, body })
}

fn read() -> Result<()> {
    let target = Target::start()?;
    let list: Value = ureq::get(format!("http://{}/v1.0/users?$top=1", target.host))
        .header("Authorization", format!("Bearer {}", target.token))
        .call()?
        .body_mut()
        .read_json()?;
    let id = list["value"][0]["id"]
        .as_str()
        .context("no user")?
        .to_owned();
    let path = format!("/v1.0/users/{id}");
    let answer = recorded(&target, &path)?;
    let peer = bare::Peer::start(&answer)?;
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (ours, our_cost) = slice(target.at, target.dev.pid(), target.get(&path))?;
        let (theirs, their_cost) = slice(peer.at, peer.pid(), target.get(&path))?;
        println!(
            "  {:>7.0}/s {our_cost:>5.1} us CPU (p99 {:?})   bare {:>7.0}/s {their_cost:>5.1} us CPU (p99 {:?})",
            ours.rate(),
            ours.percentile(0.99),
            theirs.rate(),
            theirs.percentile(0.99)
        );
        rates.push(ours.rate() / theirs.rate());
        costs.push(their_cost / our_cost);
    }
    println!(
        "  ratio {:.2} (aim >= 0.60), of server CPU alone {:.2}; medians of {ROUNDS} rounds, {} bytes, {CONNECTIONS} connections",
        median(&mut rates),
        median(&mut costs),
        answer.body.len()
    );
    Ok(())
}

/// The middle one.
pub(super) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// One slice against a server: what was counted, and the server's CPU time for each answer in
/// microseconds.
fn slice(at: SocketAddr, pid: u32, request: Vec<u8>) -> Result<(Counted, f64)> {
    let before = process::cpu_seconds(pid)?;
    let counted = load::run(at, CONNECTIONS, SLICE, load::http(&[200]), move |_, _| {
        request.clone()
    })?;
    let cpu = process::cpu_seconds(pid)? - before;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 answers")]
    let each = cpu * 1e6 / counted.answers as f64;
    Ok((counted, each))
}

fn invite() -> Result<()> {
    for send in [false, true] {
        let target = Target::start()?;
        let disk = process::fdatasync_rate(&target.dev.dir())?;
        let (host, token) = (target.host.clone(), target.token.clone());
        let before = (process::cpu_seconds(target.dev.pid())?, commits(&target)?);
        let counted = load::run(
            target.at,
            CONNECTIONS,
            Duration::from_secs(5),
            load::http(&[201]),
            move |connection, number| {
                let body = format!(
                    "{{\"invitedUserEmailAddress\":\"c{connection}n{number}@fabrikam.example\",\
                 \"inviteRedirectUrl\":\"https://myapp.contoso.com\",\"sendInvitationMessage\":{send}}}"
                );
                load::bytes("POST", "/v1.0/invitations", &host, &token, &body)
            },
        )?;
        let cpu = process::cpu_seconds(target.dev.pid())? - before.0;
        let after = commits(&target)?;
        let aim = (3.0 * disk).min(1500.0 * cpu / counted.took.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 answers")]
        let per_commit = counted.answers as f64 / (after - before.1).max(1.0);
        println!(
            "  {} message: {:.0}/s (aim >= {aim:.0}: the lesser of 3 x {disk:.0} fdatasync/s and 1,500 x {:.2} server CPU), \
             {:.1} per commit, {:.0} per server CPU-second, p50 {:?}, p99 {:?}",
            if send { "with a" } else { "without" },
            counted.rate(),
            cpu / counted.took.as_secs_f64(),
            per_commit,
            counted.rate() * counted.took.as_secs_f64() / cpu,
            counted.percentile(0.5),
            counted.percentile(0.99),
        );
    }
    Ok(())
}

/// Commits so far, each one durable write of the log: from the server's own counters.
fn commits(target: &Target) -> Result<f64> {
    let text = ureq::get(format!("http://{}/metrics", target.host))
        .call()?
        .body_mut()
        .read_to_string()?;
    text.lines()
        .find_map(|line| line.strip_prefix("vestibule_store_commits_total "))
        .and_then(|value| value.trim().parse().ok())
        .context("/metrics counts no commits")
}

fn start() -> Result<()> {
    let folder = tempfile::tempdir_in(crate::shell::target())?;
    Instance::start(folder.path(), &[])?.kill();
    let mut times = Vec::new();
    for _ in 0..9 {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let begun = Instant::now();
        let mut child = std::process::Command::new(binary()?)
            .args([
                "dev",
                "--https",
                "127.0.0.1:0",
                "--http",
                &format!("127.0.0.1:{port}"),
                "--dir",
            ])
            .arg(folder.path().join("dev"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()?;
        let took = loop {
            if answers(port) {
                break begun.elapsed();
            }
            if begun.elapsed() > Duration::from_secs(10) {
                break begun.elapsed();
            }
            std::thread::sleep(Duration::from_micros(500));
        };
        child.kill()?;
        child.wait()?;
        times.push(took);
    }
    times.sort_unstable();
    println!(
        "  median {:?}, worst {:?} of {} (aim <= 50 ms)",
        times[times.len() / 2],
        times[times.len() - 1],
        times.len()
    );
    Ok(())
}

fn answers(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut first = [0_u8; 12];
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .is_ok()
        && stream.read_exact(&mut first).is_ok()
        && first.ends_with(b"200")
}

fn memory() -> Result<()> {
    let target = Target::start()?;
    std::thread::sleep(Duration::from_secs(2));
    let (all, private) = process::memory(target.dev.pid())?;
    println!("  {all:.1} MB resident, {private:.1} MB of it private (aim <= 40 MB)");
    Ok(())
}
