//! Journeys: the release binary, real clients, a real browser and a real SMTP server.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

mod azure;
mod browser;
mod clients;
mod crash;
mod deadmail;
mod diskfull;
mod dist;
mod driver;
mod faultshim;
mod instance;
mod mailserver;
mod powercut;
mod proxy;
mod serve;
mod snippets;
mod story;
mod unwritable;
mod web;

use anyhow::{Result, bail};

use crate::report::Outcome;
use crate::shell;

pub(crate) use instance::{BINARY, Instance, binary};

/// One journey.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Name {
    /// `try invite --headless`: the README's story, by HTTP.
    Story,
    /// The story in headless Chromium over TLS, with screenshots.
    Browser,
    /// `init`, `serve` and an SMTP server that requires STARTTLS.
    Serve,
    /// The official Python Graph client.
    Python,
    /// The official JavaScript Graph client.
    Javascript,
    /// The document's lines for curl.
    Curl,
    /// The sign-in library of Go.
    Go,
    /// The sign-in library of Java.
    Java,
    /// The Azure CLI; in the full run only.
    Az,
    /// kill -9 in the middle of inviting.
    Crash,
    /// A disk that is full for a while.
    Diskfull,
    /// A database that takes no writes, or is damaged, for a while.
    Unwritable,
    /// A mail server that is absent, slow, busy and rude.
    Deadmail,
    /// A power cut at any moment, replayed from what reached the disk.
    Powercut,
    /// The documented examples of nginx, Caddy and systemd.
    Proxy,
    /// The packages of the release binary: unpacked, installed, run.
    Dist,
}

impl Name {
    /// All journeys, the quickest first.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Story,
        Self::Curl,
        Self::Python,
        Self::Javascript,
        Self::Go,
        Self::Java,
        Self::Serve,
        Self::Browser,
        Self::Crash,
        Self::Diskfull,
        Self::Unwritable,
        Self::Deadmail,
        Self::Powercut,
        Self::Proxy,
        Self::Az,
        Self::Dist,
    ];

    /// Whether it only belongs to the full run.
    pub(crate) const fn only_full(self) -> bool {
        matches!(self, Self::Az)
    }

    /// The name people type.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Story => "story",
            Self::Browser => "browser",
            Self::Serve => "serve",
            Self::Python => "python",
            Self::Javascript => "javascript",
            Self::Curl => "curl",
            Self::Go => "go",
            Self::Java => "java",
            Self::Az => "az",
            Self::Crash => "crash",
            Self::Diskfull => "diskfull",
            Self::Unwritable => "unwritable",
            Self::Deadmail => "deadmail",
            Self::Powercut => "powercut",
            Self::Proxy => "proxy",
            Self::Dist => "dist",
        }
    }
}

/// Runs one journey against the release binary that is there.
///
/// # Errors
/// A step did not hold.
pub(crate) fn run(name: Name, full: bool) -> Result<Outcome> {
    match name {
        Name::Story => story::run(),
        Name::Browser => browser::run(),
        Name::Serve => serve::run(),
        Name::Python => clients::python(),
        Name::Javascript => clients::javascript(),
        Name::Curl => clients::curl(),
        Name::Go => clients::go(),
        Name::Java => clients::java(),
        Name::Az => azure::run(),
        Name::Crash => crash::run(full),
        Name::Diskfull => diskfull::run(full),
        Name::Unwritable => unwritable::run(),
        Name::Deadmail => deadmail::run(full),
        Name::Powercut => powercut::run(full),
        Name::Proxy => proxy::run(),
        Name::Dist => dist::run(),
    }
}

/// Builds the release binary, then runs one journey.
///
/// # Errors
/// The build failed, a step did not hold, or the journey cannot run here.
pub(crate) fn run_one(name: Name, full: bool) -> Result<()> {
    shell::run(shell::cargo().args(["build", "--release"]))?;
    match run(name, full)? {
        Outcome::Passed(text) => println!("{}: {text}", name.title()),
        Outcome::Skipped(why) => bail!("{} cannot run here: {why}", name.title()),
    }
    Ok(())
}
