//! The files of the database take no writes for a while. Writing is refused, `/readyz` says so,
//! reading goes on, and the same process is ready again once that is over. A server is not started
//! on such a file, or on a damaged one.

use std::fmt::Write as _;
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
/// How long damage is remembered after the last request that met it, and some more.
const CURED: Duration = Duration::from_secs(90);
/// Users in the database that is damaged.
const USERS: usize = 30_000;
/// An answer later than this is none that a client waits for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Carries the log over into the file, whose first page it might hold.
const CARRY_OVER: &str =
    "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('pragma wal_checkpoint(truncate)')";

pub(super) fn run() -> Result<Outcome> {
    let (_kept, folder) = faultshim::folder()?;
    let Some(place) = SealableFolder::find(&folder)? else {
        let why = "not here: files cannot be made immutable, and nothing can be mounted";
        return Ok(Outcome::Skipped(why.to_owned()));
    };
    let dev = Instance::start(&place.folder, &[])?;
    let graph = Graph::connect(&dev)?;
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

    dev.kill();
    starts(&place.folder)?;
    damaged_while_running(&folder.join("damaged"))?;
    Ok(Outcome::Passed(format!(
        "{}: writes 503, reads 200, not ready, ready again without a restart; not started on an immutable or damaged file, and the reason named; \
         not ready while damage is met, ready again once the file is restored",
        place.how
    )))
}

/// A folder in which a file can be made immutable, also for those who have it open.
struct SealableFolder {
    folder: PathBuf,
    how: &'static str,
    mounted: bool,
}

impl SealableFolder {
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

impl Drop for SealableFolder {
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

/// The database and its log. What lies in memory between processes (`-shm`) stays writable: it is
/// mapped.
fn database(folder: &Path) -> Vec<PathBuf> {
    let file = |ending: &str| folder.join(format!("dev/vestibule.db{ending}"));
    vec![file(""), file("-wal")]
}

fn write(dev: &Instance, graph: &Graph, name: &str) -> Result<Answer> {
    let body = json!({
        "accountEnabled": true,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": format!("{name}@{}", dev.get("DOMAIN")),
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
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

/// Half of the file becomes garbage under a running server. Once a request meets that, the server
/// is not ready; it is again when the file is as it was and no request has met damage for a minute.
fn damaged_while_running(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let dev = Instance::start(folder, &[])?;
    let graph = Graph::connect(&dev)?;
    // More than the caches hold, so that pages are read again.
    let mut table = "userPrincipalName,displayName,mailNickname,accountEnabled\n".to_owned();
    for number in 0..USERS {
        let domain = dev.get("DOMAIN");
        writeln!(table, "u{number}@{domain},User {number},u{number},true")?;
    }
    let list = folder.join("users.csv");
    std::fs::write(&list, table)?;
    let import = Command::new(binary()?)
        .arg("import")
        .arg(&list)
        .arg("--dir")
        .arg(folder.join("dev"))
        .arg("--results")
        .arg(folder.join("results.csv"))
        .output()?;
    ensure!(
        import.status.success(),
        "{}",
        String::from_utf8_lossy(&import.stderr)
    );
    let files = database(folder);
    let path = files.first().context("no database")?;
    shell::run(Command::new("python3").args(["-c", CARRY_OVER]).arg(path))?;
    let whole = std::fs::read(path)?;
    let file = std::fs::OpenOptions::new().write(true).open(path)?;
    let from = whole.len() / 4;
    file.write_all_at(&vec![0xa5; 2 * from], u64::try_from(from)?)?;
    let met = (0..200).find_map(|number| {
        let answer = write(&dev, &graph, &format!("late{number}"));
        answer.ok().filter(|answer| answer.status >= 500)
    });
    ensure!(met.is_some(), "200 writes met no damage");
    ready_within(&dev, false, SOON)?;
    file.write_all_at(&whole, 0)?;
    ready_within(&dev, true, CURED)
}

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
    shell::run(Command::new("python3").args(["-c", CARRY_OVER]).arg(path))?;
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
