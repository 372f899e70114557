//! The official Graph clients, installed by their own package managers and not changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::{Instance, snippets};
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

/// The folder of programs of a virtual environment that holds one package.
///
/// # Errors
/// Python or its package index cannot be had.
pub(super) fn python_with(name: &str, package: &str) -> Result<PathBuf> {
    let folder = place(name)?;
    let bin = folder.join("bin");
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|text| text == package) {
        return Ok(bin);
    }
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    shell::run(Command::new(bin.join("python")).args(install).arg(package))?;
    std::fs::write(stamp, package)?;
    Ok(bin)
}

pub(super) fn python() -> Result<Outcome> {
    if !shell::has("python3") {
        return Ok(Outcome::Skipped("python3 is missing".into()));
    }
    let python = python_home()?;
    let temporary = tempfile::tempdir()?;
    let dev = Instance::start(temporary.path(), &[])?;
    let program = temporary.path().join("users.py");
    snippets::write("Python", &program)?;
    snippets::run("Python", Command::new(&python).arg(program), &dev)?;
    talk(
        Command::new(python).arg(shell::root().join("journeys/python/graph_client.py")),
        &dev,
    )
}

/// The program for curl, which needs nothing beside.
pub(super) fn curl() -> Result<Outcome> {
    if !shell::has("curl") {
        return Ok(Outcome::Skipped("curl is missing".into()));
    }
    let temporary = tempfile::tempdir()?;
    let dev = Instance::start(temporary.path(), &[])?;
    let program = temporary.path().join("users.sh");
    snippets::write("curl", &program)?;
    snippets::run("curl", Command::new("sh").arg("-eu").arg(program), &dev)?;
    Ok(Outcome::Passed("the document's own text".into()))
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
    snippets::write("JavaScript", &folder.join("users.mjs"))?;
    let mut program = Command::new(&node);
    program
        .current_dir(&folder)
        .arg("users.mjs")
        .env("NODE_EXTRA_CA_CERTS", dev.get("CA_FILE"));
    snippets::run("JavaScript", &mut program, &dev)?;
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

/// The oldest Go that fetches by itself the version that the sign-in library wants.
const GO: u32 = 21;

pub(super) fn go() -> Result<Outcome> {
    if !shell::has("go") {
        return Ok(Outcome::Skipped("go is missing".into()));
    }
    let said = shell::read(Command::new("go").args(["env", "GOVERSION"]))?;
    let minor = said.trim().trim_start_matches("go1.").split('.').next();
    if minor.and_then(|text| text.parse().ok()).unwrap_or(0) < GO {
        let why = format!("{} is too old: 1.{GO} or later", said.trim());
        return Ok(Outcome::Skipped(why));
    }
    let folder = place("go")?;
    let snippet = folder.join("snippet");
    std::fs::create_dir_all(&snippet)?;
    let source = shell::root().join("journeys/go");
    for name in ["go.mod", "go.sum", "main.go"] {
        std::fs::copy(source.join(name), folder.join(name))?;
    }
    snippets::write("Go", &snippet.join("main.go"))?;
    let build = |package: &str, program: &str| {
        // What go.sum does not name is not taken.
        let arguments = ["build", "-mod=readonly", "-o", program, package];
        shell::run(Command::new("go").current_dir(&folder).args(arguments))
    };
    build(".", "client")?;
    build("./snippet", "users")?;
    let temporary = tempfile::tempdir()?;
    let dev = Instance::start(temporary.path(), &[])?;
    let trusting = |program: &str| {
        let mut command = Command::new(folder.join(program));
        command.env("SSL_CERT_FILE", dev.get("CA_FILE"));
        command
    };
    snippets::run("Go", &mut trusting("users"), &dev)?;
    talk_trusting(&mut trusting("client"), &dev)
}

/// What the trust store of a test is locked with; there is nothing in it but a public certificate.
const STORE_PASSWORD: &str = "changeit";

pub(super) fn java() -> Result<Outcome> {
    if let Some(missing) = ["java", "keytool", "mvn"]
        .iter()
        .find(|program| !shell::has(program))
    {
        return Ok(Outcome::Skipped(format!("{missing} is missing")));
    }
    let folder = place("java")?;
    let source = shell::root().join("journeys/java");
    for name in ["pom.xml", "GraphClient.java"] {
        std::fs::copy(source.join(name), folder.join(name))?;
    }
    snippets::write("Java", &folder.join("Users.java"))?;
    shell::run(Command::new("mvn").current_dir(&folder).args([
        "--batch-mode",
        "--quiet",
        "dependency:copy-dependencies",
        "-DoutputDirectory=jars",
    ]))?;
    let temporary = tempfile::tempdir()?;
    let dev = Instance::start(temporary.path(), &[])?;
    let store = temporary.path().join("trust.p12");
    trust_store(Path::new(dev.get("CA_FILE")), &store)?;
    let running = |file: &str| {
        let mut command = Command::new("java");
        command
            .current_dir(&folder)
            .arg(format!("-Djavax.net.ssl.trustStore={}", store.display()))
            .arg(format!(
                "-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}"
            ))
            .args(["-cp", "jars/*", file]);
        command
    };
    snippets::run("Java", &mut running("Users.java"), &dev)?;
    talk(&mut running("GraphClient.java"), &dev)
}

/// Makes the store in which Java looks for whom to trust.
fn trust_store(authority: &Path, store: &Path) -> Result<()> {
    let mut command = Command::new("keytool");
    command
        .args(["-importcert", "-noprompt", "-alias", "vestibule"])
        .args(["-storetype", "PKCS12", "-storepass", STORE_PASSWORD])
        .arg("-file")
        .arg(authority)
        .arg("-keystore")
        .arg(store);
    shell::run(&mut command)
}

/// Runs a client with the variables of `dev.env`; its last line counts the steps.
fn talk(command: &mut Command, dev: &Instance) -> Result<Outcome> {
    // An inherited bundle would win over the file the client is given.
    talk_trusting(command.env_remove("SSL_CERT_FILE"), dev)
}

/// Runs a client that takes the certificates to trust from `SSL_CERT_FILE`. The last line that it
/// prints counts its steps.
fn talk_trusting(command: &mut Command, dev: &Instance) -> Result<Outcome> {
    let output = command
        .envs(&dev.env)
        .env_remove("REQUESTS_CA_BUNDLE")
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
