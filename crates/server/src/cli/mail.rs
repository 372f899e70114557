//! How mail leaves, from a flag or from the configuration.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use directory::{Mailer, SystemClock};

use crate::config;
use crate::terminal::{self, Failure};

use crate::mail::{DevMailbox, Relay, SmtpMailer, SmtpOptions};

/// Sender of dev's mails when they go to a real server.
const DEV_FROM: &str = "Vestibule dev <invitations@contoso.com>";

/// dev's relay, if `--smtp` names one; else its own mailbox.
pub fn of_dev(url: Option<&str>) -> Result<Arc<dyn Mailer>, Failure> {
    let Some(url) = url else {
        return Ok(Arc::new(DevMailbox));
    };
    let relay: Relay = url.parse().map_err(|error| {
        Failure::usage("--smtp names no mail server that can be used").because(error)
    })?;
    let options = SmtpOptions {
        relay,
        from: DEV_FROM.to_owned(),
        hello: "localhost".to_owned(),
        ca_file: None,
    };
    mailer(options, "--smtp")
}

/// A service's relay, if `[mail]` is there. `hello` is the host name in its first origin.
pub fn of_service(
    mail: Option<&config::Mail>,
    hello: &str,
) -> Result<Option<Arc<dyn Mailer>>, Failure> {
    let Some(mail) = mail else { return Ok(None) };
    let unusable = |why: &dyn std::fmt::Display| {
        Failure::new("mail cannot be sent with this configuration").because(why)
    };
    let mut relay: Relay = mail
        .url
        .parse()
        .map_err(|error| unusable(&format!("mail.url: {error}")))?;
    if let Some(path) = &mail.password_file {
        let password = password(path).map_err(|error| {
            unusable(&format!("mail.password_file: {}: {error}", path.display()))
        })?;
        relay = relay
            .with_password(&password)
            .map_err(|error| unusable(&format!("mail.url: {error}")))?;
    }
    let options = SmtpOptions {
        relay,
        from: mail.from.clone(),
        hello: hello.to_owned(),
        ca_file: mail.ca.clone(),
    };
    mailer(options, "mail").map(Some)
}

/// Connects to the mail server once, beside the start, and says at the command what is wrong: a
/// certificate that is not trusted, a password that is refused. The start does not wait for it and
/// does not fail by it; mail is tried for two days.
pub fn tell_whether_it_works(mailer: Arc<dyn Mailer>) {
    tokio::spawn(async move {
        if let Err(failure) = mailer.probe().await {
            terminal::warn(&format!("no mail can be sent now: {failure}"));
            tracing::warn!(%failure, "the mail server cannot be used");
        }
    });
}

/// The file's text without the line end that editors add.
fn password(path: &Path) -> std::io::Result<String> {
    Ok(fs::read_to_string(path)?
        .trim_end_matches(['\r', '\n'])
        .to_owned())
}

/// `setting` is where the options come from.
fn mailer(options: SmtpOptions, setting: &str) -> Result<Arc<dyn Mailer>, Failure> {
    let mailer = SmtpMailer::new(options, Arc::new(SystemClock)).map_err(|error| {
        let why = format!("{setting}: {error}");
        Failure::new("mail cannot be sent with these settings").because(why)
    })?;
    Ok(Arc::new(mailer))
}
