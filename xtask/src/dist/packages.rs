//! The same program as a Python wheel and as an npm package, each installed from its file.

use std::fmt::Write as _;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::program::Program;
use super::tar::{Tar, gzip};
use super::zip::Zip;
use super::{About, SENTENCE, digest};

const LICENCE: &str = "MIT OR Apache-2.0";

/// The wheel's name and its bytes. The program lies where installers put commands, so no Python
/// runs when it is started.
pub(super) fn wheel(about: &About, program: &Program) -> Result<(String, Vec<u8>)> {
    let version = &about.version;
    let platform = match program.libc {
        Some((major, minor)) => format!("manylinux_{major}_{minor}_x86_64"),
        None => "manylinux_2_17_x86_64.musllinux_1_1_x86_64".to_owned(),
    };
    let mut tags = String::new();
    for tag in platform.split('.') {
        writeln!(tags, "Tag: py3-none-{tag}")?;
    }
    let info = format!("vestibule-{version}.dist-info");
    let metadata = format!(
        "Metadata-Version: 2.1\nName: vestibule\nVersion: {version}\nSummary: {SENTENCE}\n\
         License: {LICENCE}\nRequires-Python: >=3.8\nDescription-Content-Type: text/markdown\n\n{}",
        about.readme
    );
    let about_wheel =
        format!("Wheel-Version: 1.0\nGenerator: xtask\nRoot-Is-Purelib: false\n{tags}");
    let files: [(String, u32, &[u8]); 3] = [
        (
            format!("vestibule-{version}.data/scripts/vestibule"),
            0o755,
            &program.bytes,
        ),
        (format!("{info}/METADATA"), 0o644, metadata.as_bytes()),
        (format!("{info}/WHEEL"), 0o644, about_wheel.as_bytes()),
    ];
    let mut zip = Zip::new();
    let mut record = String::new();
    for (name, mode, content) in files {
        let sum = URL_SAFE_NO_PAD.encode(digest(content));
        writeln!(record, "{name},sha256={sum},{}", content.len())?;
        zip.file(&name, mode, content)?;
    }
    writeln!(record, "{info}/RECORD,,")?;
    zip.file(&format!("{info}/RECORD"), 0o644, record.as_bytes())?;
    let name = format!("vestibule-{version}-py3-none-{platform}.whl");
    Ok((name, zip.finish()?))
}

/// The npm package's name and its bytes. The command is the program itself.
pub(super) fn npm(about: &About, program: &Program) -> Result<(String, Vec<u8>)> {
    let version = &about.version;
    let package = json!({
        "name": "vestibule",
        "version": version,
        "description": SENTENCE,
        "license": LICENCE,
        "bin": {"vestibule": "bin/vestibule"},
        "os": ["linux"],
        "cpu": ["x64"],
        "files": ["bin/vestibule"],
    });
    let mut tar = Tar::new(about.seconds);
    let text = serde_json::to_string_pretty(&package)?;
    tar.file("package/package.json", 0o644, text.as_bytes())?;
    tar.file("package/README.md", 0o644, about.readme.as_bytes())?;
    tar.file("package/bin/vestibule", 0o755, &program.bytes)?;
    Ok((format!("vestibule-{version}.tgz"), gzip(&tar.finish()?)?))
}
