//! The database cannot be written for a while: its files, or their file system, take no writes, or garbage lies in the middle
//! of it. Writing is refused, `/readyz` says so, reading goes on where it can, and the same process is ready again once
//! that is over.

use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use super::web::{Answer, Graph};
use super::{Instance, binary, faultshim};
use crate::report::Outcome;
use crate::shell;

/// How long readiness may take to follow.
const SOON: Duration = Duration::from_secs(5);
/// Damage is over when no write has met it for a minute.
const CALM: Duration = Duration::from_secs(90);
/// An answer later than this is none that a client waits for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Users that make the database larger than the server's caches, and how many other addresses each has.
const USERS: u32 = 300;
const ADDRESSES: u32 = 200;

pub(super) fn run() -> Result<Outcome> {
    let (_kept, folder) = faultshim::folder()?;
    let Some(place) = Place::find(&folder)? else {
        let why = "not here: files cannot be made immutable, and nothing can be mounted";
        return Ok(Outcome::Skipped(why.to_owned()));
    };
    let dev = Instance::start(&place.folder, &[])?;
    let graph = Graph::connect(&dev)?;
    for number in 0..USERS {
        let made = write(&dev, &graph, &format!("before{number}"))?;
        ensure!(made.status == 201, "{}", made.body);
    }
    let known = graph.get("/users?$top=1&$select=id")?["value"][0]["id"].clone();
    let known = format!("/users/{}", known.as_str().context("nobody is there")?);
    ready_within(&dev, true, SOON)?;

    let files = database(&place.folder);
    let held = Immutable::make(&files)?;
    refused(&dev, &graph, "readonly")?;
    ready_within(&dev, false, SOON)?;
    ensure!(status(&dev, "healthz")? == 200, "the process lives");
    graph.get(&known).context("reading goes on")?;
    drop(held);
    ready_within(&dev, true, SOON)?;
    let made = write(&dev, &graph, "writable")?;
    ensure!(made.status == 201, "{}", made.body);

    let over = damaged(&dev, &graph, &place.folder)?;
    ready_within(&dev, true, CALM)?;
    let made = write(&dev, &graph, "mended")?;
    ensure!(made.status == 201, "{}", made.body);
    dev.kill();
    starts(&place.folder)?;
    Ok(Outcome::Passed(format!(
        "{}: no writes, 503 and not ready, ready again without a restart; {over} writes met the damage, and the same; \
         an immutable or damaged file is not started on, and the reason is named",
        place.how
    )))
}

/// A folder in which a file can be made immutable, also for those who have it open.
struct Place {
    folder: PathBuf,
    how: &'static str,
    mounted: bool,
}

impl Place {
    /// The folder itself, or a file system of our own in it.
    fn find(folder: &Path) -> Result<Option<Self>> {
        if holds(folder)? {
            let folder = folder.to_owned();
            return Ok(Some(Self {
                folder,
                how: "immutable files",
                mounted: false,
            }));
        }
        let (image, mount) = (folder.join("image"), folder.join("mounted"));
        std::fs::create_dir_all(&mount)?;
        std::fs::File::create(&image)?.set_len(512 << 20)?;
        let made = quietly(Command::new("mkfs.ext4").arg("-q").arg(&image))
            && quietly(
                Command::new("mount")
                    .args(["-o", "loop"])
                    .arg(&image)
                    .arg(&mount),
            );
        let place = Self {
            folder: mount,
            how: "immutable files of a mounted image",
            mounted: made,
        };
        Ok((made && holds(&place.folder)?).then_some(place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.mounted {
            quietly(Command::new("umount").arg("-l").arg(&self.folder));
        }
    }
}

/// Whether a write to an open file is refused once it is immutable.
fn holds(folder: &Path) -> Result<bool> {
    let path = folder.join("probe");
    let file = std::fs::File::create(&path)?;
    let Ok(held) = Immutable::make(std::slice::from_ref(&path)) else {
        return Ok(false);
    };
    let refused = file.write_all_at(b"x", 0).is_err();
    drop(held);
    Ok(refused)
}

/// Files that take no writes while it exists.
struct Immutable(Vec<PathBuf>);

impl Immutable {
    fn make(files: &[PathBuf]) -> Result<Self> {
        let held = Self(files.to_vec());
        ensure!(
            quietly(Command::new("chattr").arg("+i").args(files)),
            "chattr +i is refused"
        );
        Ok(held)
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        quietly(Command::new("chattr").arg("-i").args(&self.0));
    }
}

fn quietly(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The database and its log. What lies in memory between processes (`-shm`) stays writable: it is mapped.
fn database(folder: &Path) -> Vec<PathBuf> {
    let file = |ending: &str| folder.join(format!("dev/vestibule.db{ending}"));
    vec![file(""), file("-wal")]
}

fn write(dev: &Instance, graph: &Graph, name: &str) -> Result<Answer> {
    let mails = (0..ADDRESSES).map(|number| format!("{name}.{number}@fabrikam.example"));
    let body = json!({
        "accountEnabled": true,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": format!("{name}@{}", dev.get("DOMAIN")),
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
        "otherMails": mails.collect::<Vec<_>>(),
    });
    let started = Instant::now();
    let answer = graph.send("/users", &body)?;
    let took = started.elapsed();
    ensure!(took < PATIENCE, "POST /users took {took:?}");
    Ok(answer)
}

fn refused(dev: &Instance, graph: &Graph, name: &str) -> Result<()> {
    for number in 0..3 {
        let answer = write(dev, graph, &format!("{name}{number}"))?;
        ensure!(
            answer.status == 503 && answer.retry_after.is_some(),
            "answered {} with Retry-After {:?}: {}",
            answer.status,
            answer.retry_after,
            answer.body
        );
    }
    Ok(())
}

fn status(dev: &Instance, path: &str) -> Result<u16> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build()
        .into();
    let url = format!("{}/{path}", dev.get("HTTP_URL"));
    Ok(agent.get(url).call()?.status().as_u16())
}

fn ready_within(dev: &Instance, is_ready: bool, time: Duration) -> Result<()> {
    let wanted = if is_ready { 200 } else { 503 };
    let started = Instant::now();
    loop {
        let found = status(dev, "readyz")?;
        if found == wanted {
            return Ok(());
        }
        ensure!(
            started.elapsed() < time,
            "/readyz is {found} after {time:?}, not {wanted}"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Garbage in the middle of the file until writes have met it; how many did.
fn damaged(dev: &Instance, graph: &Graph, folder: &Path) -> Result<u32> {
    let path = folder.join("dev/vestibule.db");
    // What is in the log would hide the damage, and be written over it.
    shell::read(Command::new("python3").args(["-c", CHECKPOINT]).arg(&path))?;
    let whole = std::fs::read(&path)?;
    let eighth = whole.len() / 8 / 4096 * 4096;
    let file = std::fs::OpenOptions::new().write(true).open(&path)?;
    file.write_all_at(&vec![0xa5; 6 * eighth], eighth as u64)?;
    let mut met = 0;
    for number in 0..20 {
        let answer = write(dev, graph, &format!("damaged{number}"))?;
        match answer.status {
            201 => {}
            500 | 503 => met += 1,
            other => bail!("POST /users answered {other}: {}", answer.body),
        }
    }
    ensure!(met > 0, "no write met the damage");
    ready_within(dev, false, SOON)?;
    ensure!(status(dev, "healthz")? == 200, "the process lives");
    let middle = whole.get(eighth..7 * eighth).context("a short file")?;
    file.write_all_at(middle, eighth as u64)?;
    Ok(met)
}

const CHECKPOINT: &str = "import sqlite3, sys
on = sqlite3.connect(sys.argv[1])
on.execute('pragma wal_checkpoint(truncate)')
# One more commit, so that the server looks at the file anew instead of at its cache.
on.execute(\"insert or replace into settings (name, value) values ('looked at', '')\")
on.commit()
";

/// What a start says of a file that cannot be written, or that is damaged.
fn starts(folder: &Path) -> Result<()> {
    let files = database(folder);
    let path = files.first().context("no database")?;
    let held = Immutable::make(std::slice::from_ref(path))?;
    let said = not_started(folder)?;
    ensure!(
        said.contains("vestibule.db") || said.contains("readonly"),
        "{said}"
    );
    drop(held);
    let whole = std::fs::read(path)?;
    let file = std::fs::OpenOptions::new().write(true).open(path)?;
    file.write_all_at(&[0xa5; 4096], 0)?;
    let said = not_started(folder)?;
    ensure!(said.contains("not a database"), "{said}");
    file.write_all_at(whole.get(..4096).context("a short file")?, 0)?;
    let dev = Instance::start(folder, &[])?;
    ready_within(&dev, true, SOON)
}

/// Starts `dev`, which must end by itself; what it says.
fn not_started(folder: &Path) -> Result<String> {
    let mut child = Command::new(binary()?)
        .args([
            "dev",
            "--http",
            "127.0.0.1:0",
            "--https",
            "127.0.0.1:0",
            "--dir",
        ])
        .arg(folder.join("dev"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let started = Instant::now();
    while child.try_wait()?.is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            child.kill()?;
            child.wait()?;
            bail!("it started on a database that cannot be used");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output()?;
    ensure!(!output.status.success(), "it ended well");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}
