//! What the tests want from the machine, and how it is installed.
//!
//! Only through package managers, and only as root: at a desk without root the tests run what can
//! run and name what is missing.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::process::Command;

use anyhow::Result;

use crate::report::Outcome;
use crate::shell;

/// One program and the distribution's packages that bring it.
struct Need {
    program: &'static str,
    packages: &'static [&'static str],
    reason: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "chromium",
        packages: &["chromium"],
        reason: "the redemption pages in a real browser",
    },
    Need {
        program: "chromedriver",
        packages: &["chromium-driver"],
        reason: "drives the browser",
    },
    Need {
        program: "certutil",
        packages: &["libnss3-tools"],
        reason: "makes the browser trust dev's own authority",
    },
    Need {
        program: "python3",
        packages: &["python3"],
        reason: "the Python Graph client, the SMTP servers and the power-cut replay",
    },
    Need {
        program: "cc",
        packages: &["gcc", "libc6-dev"],
        reason: "compiles the fault shim",
    },
    Need {
        program: "node",
        packages: &["nodejs"],
        reason: "the JavaScript Graph client",
    },
    Need {
        program: "npm",
        packages: &["npm"],
        reason: "installs the JavaScript Graph client",
    },
    Need {
        program: "curl",
        packages: &["curl"],
        reason: "the document's first program",
    },
    Need {
        program: "nginx",
        packages: &["nginx-light"],
        reason: "the documented example of a proxy",
    },
    Need {
        program: "caddy",
        packages: &["caddy"],
        reason: "the documented example of a proxy",
    },
    Need {
        program: "go",
        packages: &["golang"],
        reason: "the sign-in library of Go",
    },
    Need {
        program: "java",
        packages: &["default-jdk-headless"],
        reason: "the sign-in library of Java",
    },
    Need {
        program: "mvn",
        packages: &["maven"],
        reason: "installs the sign-in library of Java",
    },
];

/// Installs what is missing, as far as this account may.
///
/// # Errors
/// The package manager refused although it may install.
pub(crate) fn install() -> Result<Outcome> {
    let mut missing: Vec<&Need> = NEEDS
        .iter()
        .filter(|need| !shell::has(need.program))
        .collect();
    // A Python without its venv module answers `python3 --version` and still cannot hold the client
    // library.
    let venv = shell::has("python3") && python_venv();
    let mut packages: Vec<&str> = missing
        .iter()
        .flat_map(|need| need.packages.iter().copied())
        .collect();
    if !venv {
        packages.extend(["python3-venv", "python3-pip"]);
    }
    if packages.is_empty() {
        return Ok(Outcome::Passed("everything is here".into()));
    }
    for need in &missing {
        println!("missing: {} ({})", need.program, need.reason);
    }
    if !shell::has("apt-get") || !is_root() {
        let names = packages.join(" ");
        return Ok(Outcome::Skipped(format!(
            "not installed, no root or no apt-get: {names}"
        )));
    }
    println!("installing: {}", packages.join(" "));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    shell::run(apt().args(["update", "-q"]))?;
    shell::run(
        apt()
            .args(["install", "-yq", "--no-install-recommends"])
            .args(&packages),
    )?;
    missing.retain(|need| !shell::has(need.program));
    if let Some(need) = missing.first() {
        anyhow::bail!(
            "{} is still missing after installing {}",
            need.program,
            need.packages.join(" ")
        );
    }
    Ok(Outcome::Passed(format!("installed {}", packages.join(" "))))
}

fn is_root() -> bool {
    shell::read(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0")
}

fn python_venv() -> bool {
    Command::new("python3")
        .args(["-c", "import venv, ensurepip"])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
