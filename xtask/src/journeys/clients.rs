//! The official Graph clients, installed by their own package managers and not changed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::Instance;
use crate::report::Outcome;
use crate::shell;

/// Where the clients are installed: below the target folder, so that a checkout stays clean.
fn place(name: &str) -> Result<PathBuf> {
    let folder = shell::target().join("journeys").join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The Python of a virtual environment that holds the pinned requirements.
///
/// # Errors
/// Python or its package index cannot be had.
pub(super) fn python_home() -> Result<PathBuf> {
    let folder = place("python")?;
    let python = folder.join("bin/python");
    let wanted = std::fs::read_to_string(shell::root().join("journeys/python/requirements.txt"))?;
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == wanted) && python.is_file() {
        return Ok(python);
    }
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    shell::run(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "-r",
            ])
            .arg(shell::root().join("journeys/python/requirements.txt")),
    )?;
    std::fs::write(stamp, wanted)?;
    Ok(python)
}

pub(super) fn python() -> Result<Outcome> {
    if !shell::has("python3") {
        return Ok(Outcome::Skipped("python3 is missing".into()));
    }
    let python = python_home()?;
    let temporary = tempfile::tempdir()?;
    let dev = Instance::start(temporary.path(), &[])?;
    talk(
        Command::new(python).arg(shell::root().join("journeys/python/graph_client.py")),
        &dev,
    )
}

/// The oldest Node.js that the sign-in library runs on.
const NODE: u32 = 20;

pub(super) fn javascript() -> Result<Outcome> {
    if !shell::has("node") || !shell::has("npm") {
        return Ok(Outcome::Skipped("node or npm is missing".into()));
    }
    let folder = place("javascript")?;
    let source = shell::root().join("journeys/javascript");
    for name in ["package.json", "package-lock.json", "graph_client.mjs"] {
        std::fs::copy(source.join(name), folder.join(name))?;
    }
    shell::run(Command::new("npm").current_dir(&folder).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]))?;
    let node = node(&folder)?;
    let temporary = tempfile::tempdir()?;
    let dev = Instance::start(temporary.path(), &[])?;
    let mut command = Command::new(node);
    command
        .current_dir(&folder)
        .arg("graph_client.mjs")
        .env("NODE_EXTRA_CA_CERTS", dev.get("CA_FILE"));
    talk(&mut command, &dev)
}

/// The machine's Node.js, or one from its package registry where the distribution's is too old.
fn node(folder: &std::path::Path) -> Result<PathBuf> {
    let said = shell::read(Command::new("node").arg("--version"))?;
    let major = said
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    if major >= NODE {
        return Ok(PathBuf::from("node"));
    }
    let install = [
        "install",
        "--no-save",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "node@20",
    ];
    shell::run(Command::new("npm").current_dir(folder).args(install))?;
    Ok(folder.join("node_modules/.bin/node"))
}

/// Runs a client with the variables of `dev.env`; its last line counts the steps.
fn talk(command: &mut Command, dev: &Instance) -> Result<Outcome> {
    let output = command
        .envs(&dev.env)
        // An inherited bundle would win over the file the client is given.
        .env_remove("REQUESTS_CA_BUNDLE")
        .env_remove("SSL_CERT_FILE")
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{said}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(Outcome::Passed(
        said.trim_end()
            .lines()
            .last()
            .unwrap_or_default()
            .to_owned(),
    ))
}
