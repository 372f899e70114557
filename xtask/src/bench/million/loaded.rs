//! A directory filled by `vestibule import`, and running.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::custom::Own;
use super::people::Person;
use crate::bench::figures::Target;
use crate::journeys::{Instance, binary};
use crate::shell;

/// A loaded directory.
pub(super) struct Loaded {
    /// The running server.
    pub(super) target: Target,
    /// How many were loaded.
    pub(super) people: u64,
    /// How many a second.
    pub(super) rate: f64,
    /// Object ids of people all over the directory.
    pub(super) ids: Vec<String>,
    own: Option<Own>,
    took: Duration,
}

/// How many ids are looked up beforehand.
const IDS: u64 = 500;

impl Loaded {
    /// Makes an instance, loads `people` into it and starts it.
    ///
    /// # Errors
    /// A command failed.
    pub(super) fn load(people: u64) -> Result<Self> {
        let folder = tempfile::tempdir_in(shell::target())?;
        // Makes the folder with tenant and app.
        Instance::start(folder.path(), &[])?.kill();
        Self::load_into(folder, people, None)
    }

    /// [`Loaded::load`] with definitions of the tenant's own, of which each person has values.
    ///
    /// # Errors
    /// A command failed, or a definition was refused.
    pub(super) fn load_with_definitions(people: u64) -> Result<Self> {
        let first = Target::start_in(tempfile::tempdir_in(shell::target())?)?;
        let own = Own::define(&first)?;
        Self::load_into(first.stop(), people, Some(own))
    }

    fn load_into(folder: tempfile::TempDir, people: u64, own: Option<Own>) -> Result<Self> {
        let lines = folder.path().join("people.ndjson");
        let mut out = BufWriter::new(File::create(&lines)?);
        for number in 0..people {
            let person = Person::new(number);
            let line = own
                .as_ref()
                .map_or_else(|| person.json(), |own| own.json(&person));
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        let started = Instant::now();
        shell::run(
            Command::new(binary()?)
                .arg("import")
                .arg(&lines)
                .arg("--dir")
                .arg(folder.path().join("dev")),
        )?;
        let took = started.elapsed();
        std::fs::remove_file(lines)?;
        let target = Target::start_in(folder)?;
        let mut loaded = Self {
            target,
            people,
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52 people")]
            rate: people as f64 / took.as_secs_f64(),
            ids: Vec::new(),
            own,
            took,
        };
        for place in 0..IDS {
            let person = Person::new(place * (people / IDS));
            let user = loaded.read(&format!("/v1.0/users/{}?$select=id", person.upn()))?;
            loaded
                .ids
                .push(user["id"].as_str().context("no id")?.to_owned());
        }
        Ok(loaded)
    }

    /// The definitions of the tenant's own.
    ///
    /// # Errors
    /// It was loaded without.
    pub(super) fn own(&self) -> Result<Own> {
        self.own.clone().context("no definitions")
    }

    /// Host, and token with the header that advanced queries want.
    pub(super) fn access(&self) -> (String, String) {
        (
            self.target.host.clone(),
            format!("{}\r\nConsistencyLevel: eventual", self.target.token),
        )
    }

    /// Imports so many more while the server runs; how many a second.
    ///
    /// # Errors
    /// A command failed.
    pub(super) fn import_beside(&self, people: u64) -> Result<f64> {
        let folder = tempfile::tempdir_in(shell::target())?;
        let lines = folder.path().join("more.ndjson");
        let mut out = BufWriter::new(File::create(&lines)?);
        for number in self.people..self.people + people {
            writeln!(out, "{}", Person::new(number).json())?;
        }
        out.flush()?;
        let started = Instant::now();
        shell::run(
            Command::new(binary()?)
                .arg("import")
                .arg(&lines)
                .arg("--dir")
                .arg(self.target.dev.dir()),
        )?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 people")]
        Ok(people as f64 / started.elapsed().as_secs_f64())
    }

    /// An answer as JSON.
    ///
    /// # Errors
    /// It was no success.
    pub(super) fn read(&self, path: &str) -> Result<Value> {
        let url = format!("http://{}{path}", self.target.host);
        let mut answer = ureq::get(url)
            .header("Authorization", format!("Bearer {}", self.target.token))
            .header("ConsistencyLevel", "eventual")
            .call()
            .with_context(|| path.to_owned())?;
        Ok(answer.body_mut().read_json()?)
    }

    /// Prints what loading took and what it left on the disk.
    ///
    /// # Errors
    /// The folder is gone.
    pub(super) fn tell(&self) -> Result<()> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.target.dev.dir())? {
            bytes += entry?.metadata()?.len();
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
        let gigabytes = bytes as f64 / 1e9;
        println!(
            "  {} people loaded in {:.1} s: {:.0}/s (aim >= 30,000 into an empty directory); {gigabytes:.2} GB on disk (aim <= 2.5 at 1,000,000)",
            self.people,
            self.took.as_secs_f64(),
            self.rate
        );
        Ok(())
    }
}
