//! A `vestibule dev` of the release binary in a folder of its own, on ports of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::shell;

/// Names the binary to run when it is not that of the release profile: `bench` sets it to the one
/// that is shipped.
pub(crate) const BINARY: &str = "VESTIBULE_BINARY";

/// The binary under test: that of the release profile, or the one that [`BINARY`] names.
///
/// # Errors
/// It was not built.
pub(crate) fn binary() -> Result<PathBuf> {
    let path = std::env::var_os(BINARY)
        .map_or_else(|| shell::target().join("release/vestibule"), PathBuf::from);
    if !path.is_file() {
        bail!("{} is missing: cargo build --release", path.display());
    }
    Ok(path)
}

/// A running `vestibule dev`; ended when dropped.
pub(crate) struct Instance {
    child: Child,
    folder: PathBuf,
    /// What `dev.env` says: `BASE_URL`, `HTTP_URL`, `TENANT` and the others.
    pub(crate) env: BTreeMap<String, String>,
}

/// How long a start may take before it counts as failed; the aim itself is measured by the bench.
const START: Duration = Duration::from_secs(30);

impl Instance {
    /// Starts `dev` in `folder` on free ports and waits until it answers.
    ///
    /// # Errors
    /// It ended early or did not answer in time; its output is in `folder/output.txt`.
    pub(crate) fn start(folder: &Path, extra: &[&str]) -> Result<Self> {
        Self::start_at(folder, 0, 0, extra)
    }

    /// Starts the binary of another build.
    ///
    /// # Errors
    /// As [`Instance::start`].
    pub(crate) fn start_of(binary: &Path, folder: &Path) -> Result<Self> {
        Self::launch(binary, folder, (0, 0), &[], &[])
    }

    /// Starts one with variables in its environment, for a journey that preloads a library.
    ///
    /// # Errors
    /// As [`Instance::start`].
    pub(crate) fn start_under(
        folder: &Path,
        extra: &[&str],
        environment: &[(&str, OsString)],
    ) -> Result<Self> {
        Self::launch(&binary()?, folder, (0, 0), extra, environment)
    }

    /// Starts one on given ports, for a journey that must know the address before the start.
    ///
    /// # Errors
    /// As [`Instance::start`].
    pub(crate) fn start_at(folder: &Path, http: u16, https: u16, extra: &[&str]) -> Result<Self> {
        Self::launch(&binary()?, folder, (http, https), extra, &[])
    }

    fn launch(
        binary: &Path,
        folder: &Path,
        (http, https): (u16, u16),
        extra: &[&str],
        environment: &[(&str, OsString)],
    ) -> Result<Self> {
        let dir = folder.join("dev");
        let written = dir.join("dev.env");
        // A file from an earlier start would name ports that are no longer ours.
        let _ = std::fs::remove_file(&written);
        let output = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("output.txt"))?;
        let child = Command::new(binary)
            .arg("dev")
            .args([
                "--http",
                &format!("127.0.0.1:{http}"),
                "--https",
                &format!("127.0.0.1:{https}"),
                "--dir",
            ])
            .arg(&dir)
            .args(extra)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("cannot start vestibule dev")?;
        let mut instance = Self {
            child,
            folder: folder.to_path_buf(),
            env: BTreeMap::new(),
        };
        instance.wait(&written)?;
        Ok(instance)
    }

    fn wait(&mut self, written: &Path) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                let said =
                    std::fs::read_to_string(self.folder.join("output.txt")).unwrap_or_default();
                bail!("vestibule dev ended with {status}:\n{said}");
            }
            if let Ok(text) = std::fs::read_to_string(written) {
                self.env = shell_variables(&text);
                if self.env.contains_key("DOMAIN") && self.healthy() {
                    return Ok(());
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!(
            "vestibule dev did not answer within {START:?}; see {}",
            self.folder.display()
        );
    }

    fn healthy(&self) -> bool {
        let url = format!("{}/healthz", self.get("HTTP_URL"));
        ureq::get(&url)
            .call()
            .is_ok_and(|answer| answer.status() == 200)
    }

    /// One variable of `dev.env`; empty when it has none of that name.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.env.get(name).map_or("", String::as_str)
    }

    /// The instance's own folder, as `--dir` takes it.
    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.join("dev")
    }

    /// The server's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// kill -9, and waits until the process is gone.
    pub(crate) fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `NAME=value` lines, with or without `export` and quotes.
fn shell_variables(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(|line| line.trim().trim_start_matches("export "))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        .collect()
}
