//! The fault shim: a disk and a clock that can fail, put under the release binary without changing it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

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
    library: PathBuf,
}

/// Which faults are under a program. Each path is a file that the shim reads or writes; see `journeys/faultshim/shim.c`.
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
        let library = folder.join("shim.so");
        shell::run(
            Command::new("cc")
                .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"])
                .arg("-o")
                .arg(&library)
                .arg(source("shim.c"))
                .args(["-ldl", "-lpthread"]),
        )?;
        let library = library
            .canonicalize()
            .context("the fault shim was not built")?;
        Ok(Self { library })
    }

    /// The environment that puts these faults under a program.
    pub(super) fn under(&self, faults: Faults) -> Vec<(&'static str, OsString)> {
        let settings = [
            ("LD_PRELOAD", Some(self.library.clone())),
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

/// A folder for a journey, under its real name: the shim compares with what the system calls it, and a temporary folder
/// may lie behind a link.
///
/// # Errors
/// None can be made.
pub(super) fn folder() -> Result<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().canonicalize()?;
    Ok((folder, path))
}

/// Whether `path` is in use by the shim: a log that stays empty means that the program never met it.
///
/// # Errors
/// The program is not under the shim.
pub(super) fn ensure_logged(path: &Path) -> Result<()> {
    let length = std::fs::metadata(path).map_or(0, |about| about.len());
    anyhow::ensure!(
        length > 0,
        "the shim saw nothing: is the program linked statically?"
    );
    Ok(())
}
