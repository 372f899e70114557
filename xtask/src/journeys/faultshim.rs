//! The fault shim: a disk and a clock that can fail, put under the release binary without changing
//! it.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::shell;

/// What must be on the machine for the failure ring; the first that is not.
pub(super) fn missing() -> Option<String> {
    ["cc", "python3"]
        .into_iter()
        .find(|program| !shell::has(program))
        .map(|program| format!("{program} is missing"))
}

/// The shim, built.
pub(super) struct Shim {
    object: PathBuf,
}

/// Which faults are under a program. Each path is a file that the shim reads or writes; see
/// `journeys/faultshim/shim.c`.
#[derive(Default)]
pub(super) struct Faults {
    /// Only files whose path contains this are touched.
    pub(super) files: Option<PathBuf>,
    /// Where every change of them is logged.
    pub(super) log: Option<PathBuf>,
    /// While this file exists there is no room on the disk.
    pub(super) full: Option<PathBuf>,
    /// By how many seconds the wall clock runs ahead.
    pub(super) clock: Option<PathBuf>,
}

impl Shim {
    /// Compiles the shim below the target folder.
    ///
    /// # Errors
    /// The compiler refuses it.
    pub(super) fn build() -> Result<Self> {
        let folder = shell::target().join("journeys/faultshim");
        std::fs::create_dir_all(&folder)?;
        let object = folder.join("shim.so");
        shell::run(
            Command::new("cc")
                .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"])
                .arg("-o")
                .arg(&object)
                .arg(source("shim.c"))
                .args(["-ldl", "-lpthread"]),
        )?;
        let object = object
            .canonicalize()
            .context("the fault shim was not built")?;
        Ok(Self { object })
    }

    /// The environment that puts these faults under a program.
    pub(super) fn under(&self, faults: Faults) -> Vec<(&'static str, OsString)> {
        let settings = [
            ("LD_PRELOAD", Some(self.object.clone())),
            ("FAULT_FILES", faults.files),
            ("FAULT_LOG", faults.log),
            ("FAULT_FULL", faults.full),
            ("FAULT_CLOCK", faults.clock),
        ];
        settings
            .into_iter()
            .filter_map(|(name, path)| Some((name, path?.into_os_string())))
            .collect()
    }
}

/// A file of the rig.
pub(super) fn source(name: &str) -> PathBuf {
    shell::root().join("journeys/faultshim").join(name)
}

/// A folder for a journey, under its real name: the shim compares with what the system calls it,
/// and a temporary folder may lie behind a link.
///
/// # Errors
/// None can be made.
pub(super) fn folder() -> Result<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().canonicalize()?;
    Ok((folder, path))
}

/// Whether `path` is in use by the shim: a log that stays empty means that the program never met
/// it.
///
/// # Errors
/// The program is not under the shim.
pub(super) fn ensure_logged(path: &Path) -> Result<()> {
    let length = std::fs::metadata(path).map_or(0, |about| about.len());
    ensure!(
        length > 0,
        "the shim saw nothing: is the program linked statically?"
    );
    Ok(())
}

/// Of the cuts and of what they leave: the same in every run, so that a failure can be seen again.
const SEED: &str = "20";

/// What the replay of a log says.
#[derive(Deserialize)]
pub(super) struct Verdict {
    /// Changes and syncs in the log.
    pub(super) records: u64,
    /// Acknowledgements looked for, over all cuts.
    pub(super) checked: u64,
    /// Those of them whose rows are not all there.
    pub(super) lost: u64,
    /// Images that SQLite refuses, or that hold a transaction by half.
    pub(super) corrupt: u64,
    /// Cuts at which something was not synced: elsewhere a cut proves nothing.
    pub(super) unsynced: u64,
    /// Pages that went from the write-ahead log into the database.
    pub(super) carried: u64,
    /// Write-ahead logs begun from their start.
    pub(super) restarts: u64,
    /// The first few findings.
    pub(super) why: Vec<String>,
}

impl Verdict {
    /// Fails with the findings when anything was lost or corrupt.
    ///
    /// # Errors
    /// Then.
    pub(super) fn ensure_sound(&self) -> Result<()> {
        ensure!(
            self.lost == 0 && self.corrupt == 0,
            "power cuts: {} of {} acknowledged lost, {} images corrupt: {}",
            self.lost,
            self.checked,
            self.corrupt,
            self.why.join("; ")
        );
        Ok(())
    }
}

/// Judges `cuts` moments of `folder/log`, in which `told` was acknowledged; see
/// `journeys/faultshim/replay.py`.
///
/// # Errors
/// The log cannot be replayed.
pub(super) fn replay<'a>(
    folder: &Path,
    database: &str,
    subject: &str,
    told: impl IntoIterator<Item = &'a Value>,
    cuts: u32,
) -> Result<Verdict> {
    judge(folder, database, subject, told, cuts, &[])
}

/// Replays without the syncs in the log. This must lose something, or the test could not notice a
/// missing sync.
///
/// # Errors
/// The log cannot be replayed.
pub(super) fn replay_unsynced<'a>(
    folder: &Path,
    database: &str,
    subject: &str,
    told: impl IntoIterator<Item = &'a Value>,
    cuts: u32,
) -> Result<Verdict> {
    judge(
        folder,
        database,
        subject,
        told,
        cuts,
        &["--as-if-never-synced"],
    )
}

fn judge<'a>(
    folder: &Path,
    database: &str,
    subject: &str,
    told: impl IntoIterator<Item = &'a Value>,
    cuts: u32,
    extra: &[&str],
) -> Result<Verdict> {
    let path = folder.join("told.jsonl");
    let mut file = std::fs::File::create(&path)?;
    for one in told {
        writeln!(file, "{one}")?;
    }
    drop(file);
    let said = shell::read(
        Command::new("python3")
            .arg(source("replay.py"))
            .arg(folder.join("log"))
            .arg(folder.join(database))
            .arg(path)
            .arg(subject)
            .arg(cuts.to_string())
            .arg(SEED)
            .args(extra),
    )?;
    serde_json::from_str(&said).context("the replay said something else")
}
