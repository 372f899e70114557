//! A Debian package: an `ar` archive of a version and two tar archives.

use anyhow::Result;

use super::program::Program;
use super::tar::{ROOT, Tar, gzip};
use super::{About, licence};

/// Where `init` is told to write, and what the unit reads.
const UNIT: &str = include_str!("../../../dist/vestibule.service");
const USER: &str = include_str!("../../../dist/sysusers.conf");
const AFTER_INSTALL: &str = include_str!("../../../dist/postinst");
const BEFORE_REMOVAL: &str = include_str!("../../../dist/prerm");

/// The file's name and its bytes.
pub(super) fn package(about: &About, program: &Program) -> Result<(String, Vec<u8>)> {
    let mut data = Tar::new(about.seconds);
    for folder in [
        "./",
        "./etc/",
        "./usr/",
        "./usr/bin/",
        "./usr/lib/",
        "./usr/lib/systemd/",
        "./usr/lib/systemd/system/",
        "./usr/lib/sysusers.d/",
        "./usr/share/",
        "./usr/share/doc/",
        "./usr/share/doc/vestibule/",
    ] {
        data.folder(folder, 0o755, ROOT)?;
    }
    // The master key will lie in it. The script after the installation gives the folder to the
    // service's user.
    data.folder("./etc/vestibule/", 0o750, ROOT)?;
    data.file("./usr/bin/vestibule", 0o755, &program.bytes)?;
    let unit = "./usr/lib/systemd/system/vestibule.service";
    data.file(unit, 0o644, UNIT.as_bytes())?;
    let user = "./usr/lib/sysusers.d/vestibule.conf";
    data.file(user, 0o644, USER.as_bytes())?;
    let copyright = "./usr/share/doc/vestibule/copyright";
    data.file(copyright, 0o644, licence()?.as_bytes())?;

    let depends = match program.libc {
        Some((major, minor)) => format!("Depends: libc6 (>= {major}.{minor}), libgcc-s1\n"),
        None => String::new(),
    };
    let control = format!(
        "Package: vestibule\nVersion: {version}\nArchitecture: amd64\nMaintainer: {owner}\n\
         Installed-Size: {size}\nSection: net\nPriority: optional\n{depends}\
         Description: {about}\n A service is set up with `vestibule init --dir /etc/vestibule`.\n",
        version = about.version,
        owner = super::OWNER,
        size = program.bytes.len() / 1024 + 1,
        about = super::SENTENCE,
    );
    let mut scripts = Tar::new(about.seconds);
    scripts.folder("./", 0o755, ROOT)?;
    scripts.file("./control", 0o644, control.as_bytes())?;
    scripts.file("./postinst", 0o755, AFTER_INSTALL.as_bytes())?;
    scripts.file("./prerm", 0o755, BEFORE_REMOVAL.as_bytes())?;

    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", gzip(&scripts.finish()?)?),
        ("data.tar.gz", gzip(&data.finish()?)?),
    ] {
        let seconds = about.seconds;
        let head = format!(
            "{name:<16}{seconds:<12}{:<6}{:<6}{:<8}{:<10}`\n",
            0,
            0,
            100_644,
            content.len()
        );
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(&content);
        if content.len() % 2 == 1 {
            bytes.push(b'\n');
        }
    }
    Ok((format!("vestibule_{}_amd64.deb", about.version), bytes))
}
