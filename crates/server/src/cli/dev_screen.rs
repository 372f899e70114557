//! What `dev` says when it is ready, on one screen or as JSON.

use std::path::Path;

use directory::ServiceMode;

use super::dev::{DevFolder, Urls};
use super::dev_env;
use super::place::DEFAULT_DIR;
use crate::instance::sample;
use crate::terminal::{self, Screen};

/// What there is to say when it is ready.
pub(super) struct Start<'a> {
    pub(super) urls: &'a Urls,
    pub(super) made: &'a DevFolder,
    /// The folder as it was asked for.
    pub(super) asked: &'a Path,
    pub(super) env: &'a Path,
    pub(super) manner: ServiceMode,
    pub(super) token: Option<&'a str>,
    pub(super) has_outbox: bool,
    /// What links in mails begin with.
    pub(super) links: &'a str,
    /// The first `--host`.
    pub(super) first_host: Option<&'a str>,
}

impl Start<'_> {
    /// One screen. The token comes last: its many columns push nothing away that is to be read.
    pub(super) fn screen(&self) -> Screen {
        let (urls, made) = (self.urls, self.made);
        let mut screen = Screen::new(9);
        let style = screen.style();
        screen.line(format!(
            "{} {}  {}",
            style.bold("Vestibule dev"),
            env!("CARGO_PKG_VERSION"),
            style.green("is ready")
        ));
        let tenant = sample::TENANT_NAME.to_lowercase();
        screen
            .row("Graph", format!("{}/v1.0", urls.https()))
            .row("", format!("{}/v1.0", urls.http()));
        // With a password in it the address of a mail server is not shown.
        let mails = if self.has_outbox {
            format!("{}/outbox", urls.http())
        } else {
            "go to the mail server of --smtp".to_owned()
        };
        screen.row("Mails", mails);
        if self.links != urls.http() {
            screen.row("Links", format!("begin with {}", self.links));
        } else if let Some(host) = self.first_host {
            let hint = format!("--host-links makes them lead to {host}");
            screen.row("Links", format!("lead to localhost  {}", style.dim(&hint)));
        }
        screen
            .row("Folder", made.dir.display().to_string())
            .row(
                "Tenant",
                format!("{tenant}  {}  {}", sample::DOMAIN, sample::TENANT_ID),
            )
            .row(
                "Manner",
                format!(
                    "{}  {}",
                    self.manner.name(),
                    style.dim(&format!(
                        "--manner {} {}",
                        self.manner.other().name(),
                        self.manner.other().summary()
                    ))
                ),
            )
            .row("App", sample::CLIENT_ID.to_string())
            .row("Secret", sample::CLIENT_SECRET)
            .row("Authority", urls.https())
            .row("Trust", made.certificates.ca.display().to_string());
        let mut invite = format!("{} try invite sam@fabrikam.example", terminal::own_name());
        if Path::new(DEFAULT_DIR) != self.asked {
            invite = invite + " --dir " + &dev_env::quoted(&made.dir.to_string_lossy());
        }
        let source = format!(". {}", dev_env::quoted(&self.env.to_string_lossy()));
        screen
            .heading("Next, in a second terminal (Ctrl-C ends this one)")
            .line(format!("  {}", style.bold(&invite)))
            .line(format!(
                "  {source}   {}",
                style.dim("for shells and tools")
            ));
        // Without one the app does not take the published secret: somebody gave it another.
        if self.token.is_none() {
            let instead =
                "Somebody changed the secret of this folder's app; the one above is not taken.";
            screen.heading("No token").line(instead);
        }
        if let Some(token) = self.token {
            screen.heading("A token, good for an hour").line(token);
        }
        screen
    }

    /// What the screen says as JSON, for programs.
    pub(super) fn json(&self) -> serde_json::Value {
        let (base, http) = (self.urls.https(), self.urls.http());
        serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "graph": format!("{base}/v1.0"),
            "baseUrl": base,
            "httpUrl": http,
            "outbox": self.has_outbox.then(|| format!("{http}/outbox")),
            "links": self.links,
            "authority": base,
            "tenant": sample::TENANT_ID,
            "domain": sample::DOMAIN,
            "initialDomain": sample::INITIAL_DOMAIN,
            "manner": self.manner.name(),
            "clientId": sample::CLIENT_ID,
            "clientSecret": sample::CLIENT_SECRET,
            "caFile": self.made.certificates.ca.display().to_string(),
            "folder": self.made.dir.display().to_string(),
            "env": self.env.display().to_string(),
            "token": self.token,
        })
    }
}
