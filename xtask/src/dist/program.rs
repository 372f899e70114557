//! The program that is packed, and what it needs around it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// The one machine that is built for: its names at Rust, Debian, Python, npm and in images.
pub(super) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A binary and what it is loaded with.
pub(super) struct Program {
    pub(super) bytes: Vec<u8>,
    /// Shared objects, the loader among them, by the path at which they are looked for. None where
    /// it is static.
    pub(super) objects: Vec<PathBuf>,
    /// The C library's version it needs; none where it is static.
    pub(super) libc: Option<(u32, u32)>,
}

impl Program {
    /// Looks at a binary.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let bytes =
            std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        // ELF, 64 bits, x86-64.
        let is_ours = bytes.starts_with(b"\x7fELF\x02") && bytes.get(18..20) == Some(&[62, 0]);
        if !is_ours {
            bail!("{} is no program for {TARGET}", path.display());
        }
        let objects = objects(path)?;
        let libc = (!objects.is_empty()).then(|| needed_libc(&bytes));
        Ok(Self {
            bytes,
            objects,
            libc,
        })
    }
}

/// Builds it: without shared objects, so that it runs on any distribution and in an image without
/// one. The C library has the look-up of names by DNS built in since 2.34.
pub(super) fn build() -> Result<PathBuf> {
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let mut command = shell::cargo();
    // With a named target the flags are not used for build scripts and macros, which must be shared
    // objects.
    command
        .env(
            "RUSTFLAGS",
            format!("{flags} -C target-feature=+crt-static"),
        )
        .args(["build", "--profile", "dist", "--package", "server"])
        .args(["--target", TARGET]);
    shell::run(&mut command)?;
    Ok(shell::target().join(TARGET).join("dist/vestibule"))
}

/// The shared objects that a program is loaded with, as the loader itself lists them.
fn objects(path: &Path) -> Result<Vec<PathBuf>> {
    let output = Command::new("ldd").arg(path).output();
    let output = output.context("ldd is missing; it tells what a program is loaded with")?;
    let said = String::from_utf8_lossy(&output.stdout);
    // `ldd` ends with an error for a static program, and says so for one that is static and
    // movable.
    if !output.status.success() || said.contains("statically linked") {
        return Ok(Vec::new());
    }
    let mut objects = Vec::new();
    for line in said.lines() {
        // `libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x…)`, or the loader's path alone, or the
        // kernel's own object.
        let place = line.split_once("=>").map_or(line, |(_, place)| place);
        let place = place.split_whitespace().next().unwrap_or_default();
        if place == "not" {
            bail!("{line}: needed and not found");
        }
        if place.starts_with('/') {
            objects.push(PathBuf::from(place));
        }
    }
    Ok(objects)
}

/// The highest version of the C library among the names a program asks for (`GLIBC_2.34`).
fn needed_libc(bytes: &[u8]) -> (u32, u32) {
    let mark = b"GLIBC_";
    let found = bytes.windows(mark.len()).enumerate();
    let found = found.filter(|(_, window)| window == mark);
    let version = |(at, _): (usize, _)| {
        let text: String = bytes
            .get(at + mark.len()..)?
            .iter()
            .map(|byte| char::from(*byte))
            .take_while(|letter| letter.is_ascii_digit() || *letter == '.')
            .take(8)
            .collect();
        let mut parts = text.split('.').map(str::parse);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    };
    found.filter_map(version).max().unwrap_or((2, 17))
}
