//! The built binary as a process: run to its end, or a `dev` server that is ended when dropped.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a failing step is a failing test"
)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use server::cli::client::Client;
use server::cli::dev_env;

/// Far above what a start takes, also under load.
const PATIENCE: Duration = Duration::from_mins(1);

/// The binary with a line of arguments, parted at spaces, in an environment of its own.
pub(crate) fn vestibule(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command
        .args(line.split_whitespace())
        .env_clear()
        .stdin(Stdio::null());
    command
}

/// Runs to a good end without complaint, and gives its output.
pub(crate) fn done(command: &mut Command) -> String {
    let (code, out, err) = run(command);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    out
}

/// Runs to the end: exit code, standard output, standard error.
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    (
        status.code().expect("it ended by itself"),
        text(stdout),
        text(stderr),
    )
}

/// A running server.
pub(crate) struct Running {
    child: Child,
    /// dev's folder.
    pub(crate) dir: PathBuf,
    /// What `dev.env` says.
    pub(crate) env: BTreeMap<String, String>,
}

impl Running {
    /// `dev` on free ports, ready to answer.
    pub(crate) fn dev(dir: &Path) -> Self {
        Self::dev_with(dir, &[])
    }

    /// `dev` with further arguments.
    pub(crate) fn dev_with(dir: &Path, more: &[&str]) -> Self {
        let file = dir.join("dev.env");
        // From an earlier start: other ports.
        let _absent = std::fs::remove_file(&file);
        let child = vestibule(if more.contains(&"--http") {
            "dev --https 127.0.0.1:0 --dir"
        } else {
            "dev --http 127.0.0.1:0 --https 127.0.0.1:0 --dir"
        })
        .arg(dir)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
        let mut running = Self {
            child,
            dir: dir.to_owned(),
            env: BTreeMap::new(),
        };
        running.wait_until(|running| {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            running.env = dev_env::read(&text);
            running.env.contains_key("INITIAL_DOMAIN")
        });
        running
    }

    /// `serve`, ready when its health says so.
    pub(crate) fn serve(config: &Path, health: &str) -> Self {
        let child = vestibule("--log debug serve --config")
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut running = Self {
            child,
            dir: PathBuf::new(),
            env: BTreeMap::new(),
        };
        let client = Client::new(None).expect("a client");
        running.wait_until(|_| {
            client
                .get(health, None)
                .is_ok_and(|answer| answer.status == 200)
        });
        running
    }

    fn wait_until(&mut self, mut ready: impl FnMut(&mut Self) -> bool) {
        let started = Instant::now();
        while !ready(self) {
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                panic!("it ended with {status}: {}", self.output());
            }
            assert!(started.elapsed() < PATIENCE, "it was not ready in time");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// One of dev.env's values.
    pub(crate) fn env(&self, name: &str) -> &str {
        self.env
            .get(name)
            .unwrap_or_else(|| panic!("dev.env has no {name}"))
    }

    /// A client that trusts dev's authority.
    pub(crate) fn client(&self) -> Client {
        Client::new(Some(Path::new(self.env("CA_FILE")))).expect("a client")
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .expect("kill runs");
        assert!(sent.success());
    }

    /// SIGTERM, and waits for the end: exit code, standard output, standard error.
    pub(crate) fn end(mut self) -> (i32, String, String) {
        self.signal("TERM");
        let status = self.child.wait().expect("a child can be waited for");
        let out = drain(self.child.stdout.take());
        (
            status.code().expect("it ended by itself"),
            out,
            drain(self.child.stderr.take()),
        )
    }

    fn output(&mut self) -> String {
        drain(self.child.stdout.take()) + &drain(self.child.stderr.take())
    }
}

/// Waits for something that a server does in its own time.
pub(crate) fn wait_for(happened: impl Fn() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "it did not happen in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn drain(pipe: Option<impl Read>) -> String {
    let mut text = String::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_string(&mut text).expect("output is UTF-8");
    }
    text
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        let _ended = (self.child.kill(), self.child.wait());
    }
}
