//! `cargo xtask dist`: everything that people can be given, from one build. Nothing is published.

mod deb;
mod image;
mod packages;
mod program;
mod tar;
mod zip;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use aws_lc_rs::digest;
use aws_lc_rs::digest::SHA256;

use self::program::{Program, TARGET};
use self::tar::{Tar, gzip};
use crate::shell;

/// What it is, in every catalogue.
const SENTENCE: &str =
    "A user directory and guest-invitation server that speaks the Microsoft Graph API";
/// Who Debian's tools name.
const OWNER: &str = "The Vestibule authors <vestibule@example.invalid>";

/// What all of the packages say.
struct About {
    version: String,
    readme: String,
    /// The time of every entry: that of the commit, or in the wheel 1980-01-01, so that packing the
    /// same binary twice on one machine makes the same bytes.
    seconds: u64,
}

/// Makes the files and says where they are.
///
/// # Errors
/// The build failed, or a file could not be written.
pub(crate) fn run(binary: Option<PathBuf>, out: Option<PathBuf>) -> Result<Vec<PathBuf>> {
    let binary = match binary {
        Some(binary) => binary,
        None => program::build()?,
    };
    let program = Program::read(&binary)?;
    let about = About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        readme: std::fs::read_to_string(shell::root().join("README.md"))?,
        seconds: committed()?,
    };
    let out = out.unwrap_or_else(|| shell::target().join("dist-files"));
    std::fs::create_dir_all(&out)?;
    let made = [
        archive(&about, &program)?,
        deb::package(&about, &program)?,
        packages::wheel(&about, &program)?,
        packages::npm(&about, &program)?,
        image::archive(&about, &program)?,
    ];
    let mut sums = String::new();
    let mut paths = Vec::new();
    for (name, bytes) in made {
        writeln!(sums, "{}  {name}", hex(&bytes))?;
        paths.push(write(&out, &name, &bytes)?);
    }
    paths.push(write(&out, "SHA256SUMS", sums.as_bytes())?);
    Ok(paths)
}

fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let path = out.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The program with its licences, to unpack anywhere.
fn archive(about: &About, program: &Program) -> Result<(String, Vec<u8>)> {
    let folder = format!("vestibule-{}-{TARGET}", about.version);
    let mut tar = Tar::new(about.seconds);
    tar.folder(&format!("{folder}/"), 0o755, tar::ROOT)?;
    tar.file(&format!("{folder}/vestibule"), 0o755, &program.bytes)?;
    tar.file(
        &format!("{folder}/README.md"),
        0o644,
        about.readme.as_bytes(),
    )?;
    for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let text = std::fs::read(shell::root().join(name))?;
        tar.file(&format!("{folder}/{name}"), 0o644, &text)?;
    }
    let unit = include_bytes!("../../../dist/vestibule.service");
    tar.file(&format!("{folder}/vestibule.service"), 0o644, unit)?;
    Ok((format!("{folder}.tar.gz"), gzip(&tar.finish()?)?))
}

/// Both licences, for packages that have one file for them.
fn licence() -> Result<String> {
    let read = |name| std::fs::read_to_string(shell::root().join(name));
    let (mit, apache) = (read("LICENSE-MIT")?, read("LICENSE-APACHE")?);
    Ok(format!(
        "Vestibule may be used under either of these licences.\n\n{mit}\n\n{apache}"
    ))
}

/// When the commit that is packed was made.
fn committed() -> Result<u64> {
    let mut git = std::process::Command::new("git");
    git.current_dir(shell::root());
    let text = shell::read(git.args(["log", "-1", "--format=%ct"]))?;
    text.trim().parse().context("git names no instant")
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&SHA256, bytes).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}
