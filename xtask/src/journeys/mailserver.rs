//! The SMTP server of the journeys: aiosmtpd, which keeps each message as one line of JSON.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::clients::python_home;
use crate::shell;

/// One message as the server took it.
#[derive(Deserialize, Clone, Debug)]
pub(super) struct Message {
    /// Envelope recipients.
    pub(super) to: Vec<String>,
    /// The Message-ID header.
    pub(super) id: String,
    /// The text part.
    pub(super) text: Option<String>,
}

/// A running SMTP server; ended when dropped.
pub(super) struct MailServer {
    child: Child,
    file: PathBuf,
    /// The loopback port it listens on.
    pub(super) port: u16,
}

impl MailServer {
    /// Starts the server; with `tls` it refuses mail before STARTTLS.
    ///
    /// # Errors
    /// Python or aiosmtpd cannot be had, or it did not start.
    pub(super) fn start(folder: &Path, tls: Option<(&Path, &Path)>) -> Result<Self> {
        let file = folder.join("mail.jsonl");
        std::fs::write(&file, "")?;
        let mut command = Command::new(python_home()?);
        command
            .arg(shell::root().join("journeys/python/smtp_server.py"))
            .arg("0");
        match tls {
            Some((certificate, key)) => command.arg(certificate).arg(key).arg(&file),
            None => command.args(["-", "-"]).arg(&file).arg("plain"),
        };
        Self::launch(command, file)
    }

    /// Starts the server that fails, on a port that is known beforehand; what arrived before stays
    /// in the file.
    ///
    /// # Errors
    /// Python cannot be had, or it did not start.
    pub(super) fn start_faulty(folder: &Path, port: u16, phase: &Path) -> Result<Self> {
        let file = folder.join("mail.jsonl");
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&file)?;
        let mut command = Command::new("python3");
        command
            .arg(shell::root().join("journeys/python/faulty_smtp_server.py"))
            .arg(port.to_string())
            .arg(&file)
            .arg(phase);
        Self::launch(command, file)
    }

    fn launch(mut command: Command, file: PathBuf) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let port = line
            .trim()
            .rsplit(' ')
            .next()
            .and_then(|text| text.parse().ok());
        let Some(port) = port else {
            let _ = child.kill();
            let _ = child.wait();
            bail!("the SMTP server did not start: {line}");
        };
        Ok(Self { child, file, port })
    }

    /// Every message taken so far, oldest first.
    ///
    /// # Errors
    /// The file is unreadable.
    pub(super) fn messages(&self) -> Result<Vec<Message>> {
        let text = std::fs::read_to_string(&self.file)?;
        // The last line may still be being written.
        let whole = text
            .rfind('\n')
            .map_or("", |end| text.get(..end).unwrap_or_default());
        whole
            .lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }

    /// Waits for the first message that `wanted` picks.
    ///
    /// # Errors
    /// None came within `patience`.
    pub(super) fn wait(
        &self,
        patience: Duration,
        wanted: impl Fn(&Message) -> bool,
    ) -> Result<Message> {
        let started = Instant::now();
        while started.elapsed() < patience {
            if let Some(found) = self.messages()?.into_iter().find(&wanted) {
                return Ok(found);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("no such mail within {patience:?}")
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The code in a mail: 8 digits alone on a line, because the ids in links hold digits too.
pub(super) fn passcode(text: &str) -> Option<String> {
    text.lines()
        .map(|line| line.replace(char::is_whitespace, ""))
        .find(|line| line.len() == 8 && line.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The first redemption link in a mail.
pub(super) fn link(text: &str) -> Option<String> {
    text.split_whitespace()
        .find(|word| word.contains("/redeem/?tenant="))
        .map(|word| word.trim_matches(['<', '>', '(', ')', '"']).to_owned())
}
