//! A real instance: `init`, `app add`, `serve` over TLS, and an SMTP server that requires STARTTLS.
//!
//! Afterwards nothing secret stands in the log, and the audit trail verifies with the server
//! stopped.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::binary;
use super::clients::python_home;
use super::mailserver::MailServer;
use super::web::free_port;
use crate::report::Outcome;
use crate::shell;

pub(super) fn run() -> Result<Outcome> {
    if !shell::has("python3") {
        return Ok(Outcome::Skipped("python3 is missing".into()));
    }
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let python = python_home()?;
    let script = |name: &str| shell::root().join("journeys/python").join(name);
    shell::run(
        Command::new(&python)
            .arg(script("certificate.py"))
            .arg(folder),
    )?;
    let mail = MailServer::start(
        folder,
        Some((&folder.join("server.pem"), &folder.join("server.key"))),
    )?;
    let (port, operations) = (free_port()?, free_port()?);
    configure(folder, port, operations, mail.port)?;
    let app = register(folder)?;

    let mut server = Service::start(folder, operations)?;
    let output = Command::new(&python)
        .arg(script("service.py"))
        .arg(folder.join("mail.jsonl"))
        .env("BASE_URL", format!("https://localhost:{port}"))
        .env("TENANT", "contoso.onmicrosoft.com")
        .env("CLIENT_ID", app["clientId"].as_str().unwrap_or_default())
        .env(
            "CLIENT_SECRET",
            app["clientSecret"].as_str().unwrap_or_default(),
        )
        .env("CA_FILE", folder.join("ca.pem"))
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || said.trim_end().lines().last() != Some("Accepted") {
        let log = std::fs::read_to_string(folder.join("log.jsonl")).unwrap_or_default();
        bail!("{said}{}\n{log}", String::from_utf8_lossy(&output.stderr));
    }
    server.stop()?;

    let mut secrets: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("secret: "))
        .collect();
    secrets.push(app["clientSecret"].as_str().context("no secret")?);
    let lines = check_log(folder, &secrets)?;
    let mut verify = Command::new(binary()?);
    verify
        .args(["audit", "verify", "--config"])
        .arg(folder.join("instance/vestibule.toml"));
    shell::run(verify.stdout(Stdio::null()))?;
    Ok(Outcome::Passed(format!(
        "Accepted over TLS and STARTTLS; {lines} log lines without a secret"
    )))
}

/// `init`, and the mail settings a person would add by hand.
fn configure(folder: &Path, port: u16, operations: u16, smtp: u16) -> Result<()> {
    let instance = folder.join("instance");
    let mut init = Command::new(binary()?);
    init.arg("init").arg("--dir").arg(&instance);
    init.args(["--tenant-name", "Contoso", "--domain", "contoso.com"]);
    init.args(["--initial-domain", "contoso.onmicrosoft.com"]);
    init.args(["--public-origin", &format!("https://localhost:{port}")]);
    init.args(["--listen", &format!("127.0.0.1:{port}")]);
    init.arg("--certificate").arg(folder.join("server.pem"));
    init.arg("--key").arg(folder.join("server.key"));
    shell::run(init.stdout(Stdio::null()))?;
    let path = instance.join("vestibule.toml");
    let mail = format!(
        "[mail]\nurl = \"smtp://localhost:{smtp}\"\nfrom = \"Contoso <invitations@contoso.com>\"\nca = \"{}\"\n",
        folder.join("ca.pem").display()
    );
    let text = std::fs::read_to_string(&path)?.replace(
        "[operations]\n",
        &format!("{mail}\n[operations]\nlisten = \"127.0.0.1:{operations}\"\n"),
    );
    std::fs::write(path, text)?;
    Ok(())
}

/// `app add`: the id and the secret, shown once.
fn register(folder: &Path) -> Result<Value> {
    let text = shell::read(
        Command::new(binary()?)
            .args([
                "app",
                "add",
                "--json",
                "--name",
                "Onboarding",
                "--permission",
                "User.Invite.All",
            ])
            .args(["--permission", "User.Read.All", "--config"])
            .arg(folder.join("instance/vestibule.toml")),
    )?;
    Ok(serde_json::from_str(&text)?)
}

/// A running `vestibule serve`; ended when dropped.
struct Service(Child);

impl Service {
    fn start(folder: &Path, operations: u16) -> Result<Self> {
        let log = std::fs::File::create(folder.join("log.jsonl"))?;
        let child = Command::new(binary()?)
            .args(["serve", "--config"])
            .arg(folder.join("instance/vestibule.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut service = Self(child);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            let ready = ureq::get(format!("http://127.0.0.1:{operations}/readyz")).call();
            if ready.is_ok_and(|answer| answer.status() == 200) {
                return Ok(service);
            }
            if let Some(status) = service.0.try_wait()? {
                let log = std::fs::read_to_string(folder.join("log.jsonl"))?;
                bail!("vestibule serve ended with {status}:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("vestibule serve is not ready")
    }

    /// SIGTERM, as a service manager sends it: it must end by itself, and well.
    fn stop(&mut self) -> Result<()> {
        shell::run(Command::new("kill").args(["-TERM", &self.0.id().to_string()]))?;
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(15) {
            if let Some(status) = self.0.try_wait()? {
                ensure!(status.success(), "after SIGTERM it ended with {status}");
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("it went on for 15 s after SIGTERM")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Every line is JSON and none holds a secret of this run (T-30, T-47).
fn check_log(folder: &Path, secrets: &[&str]) -> Result<usize> {
    let text = std::fs::read_to_string(folder.join("log.jsonl"))?;
    for line in text.lines() {
        let _: Value =
            serde_json::from_str(line).with_context(|| format!("not a line of JSON: {line}"))?;
    }
    for secret in secrets {
        ensure!(
            secret.len() >= 8,
            "`{secret}` is too short to look for in a log"
        );
        ensure!(!text.contains(secret), "the log holds a secret: {secret}");
    }
    for file in walk(folder)? {
        let bytes = std::fs::read(&file)?;
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            ensure!(!found, "{} holds a secret in clear", file.display());
        }
    }
    Ok(text.lines().count())
}

/// The database and what lies beside it.
fn walk(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder.join("instance/data"))? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "no database to look into");
    Ok(files)
}
