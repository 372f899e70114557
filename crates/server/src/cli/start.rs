//! What a start needs: one list of checks, which `serve` runs before it starts and `config check`
//! runs instead.
//!
//! The checks write nothing. Opening for `serve` does: it migrates an older schema and finishes a
//! change of the master key. [`settings`] checks the configuration and the files that it names,
//! [`database`] what the database holds. Each goes through its whole list and returns every fault,
//! so that all can be mended at once. Each reason begins with the setting.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use directory::{Directory, MailPicture, Mailer, Policy};
use store::TenantId;

use super::mail;
use crate::config::Config;
use crate::config::safety::{self, Danger};
use crate::http::listener::Limits;
use crate::http::origin::Origins;
use crate::http::tls::Tls;
use crate::instance::master_key::MasterKey;
use crate::instance::open::{self, OpenFor, Opened};
use crate::instance::sample;
use crate::log;
use crate::mail::{Branding, LOGO_BYTES, picture};
use crate::pages::Pages;
use crate::terminal::Failure;

/// What the configuration and its files give.
pub struct Settings {
    /// Where clients find the server.
    pub origins: Origins,
    /// What connections may take.
    pub limits: Limits,
    /// The certificate, where TLS ends here.
    pub tls: Option<Arc<Tls>>,
    /// How mail leaves, where it does.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// The pages, without logos.
    pub pages: Pages,
    /// The master key.
    pub key: MasterKey,
    /// The logos of `[tenants]`.
    pub logos: Logos,
}

/// Logos by the names of their tenants in the configuration.
pub type Logos = Vec<(String, MailPicture)>;

/// What the database gives.
pub struct Instance {
    /// The rules over the open database.
    pub directory: Directory,
    /// The logos of `[tenants]`.
    pub logos: HashMap<TenantId, MailPicture>,
    /// A database that was opened only to look may be a copy: it lasts as long as this.
    pub opened: Opened,
}

/// The faults that were found.
#[derive(Default)]
pub struct Faults {
    found: Vec<Failure>,
    /// The master key, where that was good: with it the database can be looked at all the same.
    pub key: Option<MasterKey>,
    /// What a start would do to the database before it serves.
    pub note: Option<String>,
}

impl Faults {
    fn check<T>(&mut self, checked: Result<T, Failure>) -> Option<T> {
        checked.map_err(|failure| self.found.push(failure)).ok()
    }

    /// One line for each reason.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        let lines = |failure: &Failure| failure.reasons().to_vec();
        self.found.iter().flat_map(lines)
    }

    /// Why `serve` does not start.
    pub fn failure(self) -> Failure {
        let lines: Vec<_> = self.lines().collect();
        let mut all = self.found.into_iter();
        if let (Some(only), None) = (all.next(), all.next()) {
            return only;
        }
        let failure = Failure::new("cannot start with this configuration");
        lines.into_iter().fold(failure, Failure::because)
    }
}

/// Checks the configuration and the files that it names. `filter` is the log's.
pub async fn settings(
    config: &Config,
    path: &Path,
    filter: &str,
    why: OpenFor,
) -> Result<Settings, Faults> {
    let mut faults = Faults::default();
    faults.check(refuse(safety::dangers(config)));
    faults.check(log::check(filter).map_err(|error| {
        Failure::new("log.filter cannot be used").because(format!("log.filter: {error}"))
    }));
    let unusable = |(setting, why): (&str, String)| {
        Failure::new("the configuration cannot be used").because(format!("{setting}: {why}"))
    };
    let origins = faults.check(config.origins().map_err(unusable));
    let limits = faults.check(config.limits().map_err(unusable));
    let tls = faults.check(tls(config));
    let hello = origins
        .as_ref()
        .and_then(|origins| origins.listed().first())
        .map_or("localhost", |origin| origin.host());
    let mailer = faults.check(mail::of_service(config.mail.as_ref(), hello));
    let logos = faults.check(logos(config));
    let pages = faults.check(templates(config));
    let key = open::master_key(&config.data_dir, &config.key_file, why).await;
    let key = faults.check(key.map_err(|error| {
        Failure::new("the master key cannot be read")
            .because(format!("key_file: {error}"))
            .mend("vestibule init makes a configuration with its key")
    }));
    if let Some(key) = &key {
        faults.check(refuse(safety::dangers_on_disk(config, path, key)));
    }
    match (origins, limits, tls, mailer, logos, pages, key) {
        (
            Some(origins),
            Some(limits),
            Some(tls),
            Some(mailer),
            Some(logos),
            Some(pages),
            Some(key),
        ) if faults.found.is_empty() => Ok(Settings {
            origins,
            limits,
            tls,
            mailer,
            pages,
            key,
            logos,
        }),
        (.., key) => {
            faults.key = key;
            Err(faults)
        }
    }
}

/// Names all dangers at once.
fn refuse(dangers: Vec<Danger>) -> Result<(), Failure> {
    if dangers.is_empty() {
        return Ok(());
    }
    let failure = Failure::new("refused to serve: the configuration is not safe");
    Err(dangers.into_iter().fold(failure, Failure::because))
}

fn tls(config: &Config) -> Result<Option<Arc<Tls>>, Failure> {
    let (Some(certificate), Some(key)) = (&config.listen.certificate, &config.listen.key) else {
        return Ok(None);
    };
    let tls = Tls::load(certificate, key).map_err(|error| {
        Failure::new("TLS cannot be set up").because(format!("listen: {error}"))
    })?;
    Ok(Some(Arc::new(tls)))
}

fn templates(config: &Config) -> Result<Pages, Failure> {
    let unusable = |error| {
        Failure::new("the templates cannot be used").because(format!("templates_dir: {error}"))
    };
    let folder = config.templates_dir.as_deref();
    // Those of mails are parsed again once the logos are known by their tenants.
    Branding::load([], folder).map_err(unusable)?;
    Pages::load(folder).map_err(unusable)
}

/// The logos of `[tenants]`, by the tenant's name.
fn logos(config: &Config) -> Result<Logos, Failure> {
    let mut found = Vec::new();
    let mut failure = None;
    for (name, settings) in &config.tenants {
        let Some(path) = &settings.logo else { continue };
        match logo(path) {
            Ok(picture) => found.push((name.clone(), picture)),
            Err(why) => {
                let line = format!("tenants.{name:?}.logo: {}: {why}", path.display());
                let so_far = failure.unwrap_or_else(|| Failure::new("a logo cannot be used"));
                failure = Some(so_far.because(line));
            }
        }
    }
    failure.map_or(Ok(found), Err)
}

fn logo(path: &Path) -> Result<MailPicture, String> {
    let size = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if size > LOGO_BYTES as u64 {
        return Err("more than 64 KiB; every mail carries it".to_owned());
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    picture(bytes).ok_or_else(|| "neither PNG nor JPEG".to_owned())
}

/// Opens the database and checks what it holds. What was opened is closed again where something is
/// wrong.
pub async fn database(
    config: &Config,
    key: &MasterKey,
    policy: Policy,
    pictures: &Logos,
    why: OpenFor,
) -> Result<Instance, Faults> {
    let mut faults = Faults::default();
    let dir = config.data_dir.display();
    let there = open::is_there(&config.data_dir).map_err(|error| {
        Failure::new(format!("there is no database in {dir}"))
            .because(format!("data_dir: {error}"))
            .mend("vestibule init makes one")
    });
    if faults.check(there).is_none() {
        return Err(faults);
    }
    let opened = open::opened(&config.data_dir, key, why).map_err(|error| {
        Failure::new(format!("cannot open the database in {dir}"))
            .because(format!("data_dir: {error}"))
    });
    let Some(opened) = faults.check(opened) else {
        return Err(faults);
    };
    let directory = open::directory(opened.store.clone(), key, policy);
    faults.check(no_dev_objects(&directory).await);
    // Before settings and signing keys are written: rows sealed under another master key could
    // never be opened.
    faults.check(open::stored_keys(&directory).await.map_err(|error| {
        Failure::new("the instance cannot be opened").because(format!("key_file: {error}"))
    }));
    let unreadable =
        |error| Failure::new("cannot read the database").because(format!("data_dir: {error}"));
    faults.check(directory.restore_expiry_clock().await.map_err(unreadable));
    faults.check(tenants(config, &directory).await);
    let mut logos = HashMap::new();
    for (name, picture) in pictures {
        // One that is not there was named by the check before.
        if let Ok(tenant) = directory.find_tenant(name).await {
            logos.insert(tenant.id, picture.clone());
        }
    }
    if !faults.found.is_empty() {
        faults.note = opened.note.clone();
        directory.store().close().await;
        return Err(faults);
    }
    Ok(Instance {
        directory,
        logos,
        opened,
    })
}

/// What the configuration decides for the whole instance.
pub fn policy(config: &Config, origins: &Origins) -> Policy {
    Policy {
        public_origin: origins.first().to_owned(),
        mail_configured: config.mail.is_some(),
        smtputf8: config.mail.as_ref().is_some_and(|mail| mail.smtputf8),
        quota_factor: config.quotas.factor,
        keep_letters: false,
    }
}

/// Refuses a database without a tenant, which has lost its content, and one that `dev` made: moved
/// and under another key it still has dev's app and its known secret.
async fn no_dev_objects(directory: &Directory) -> Result<(), Failure> {
    let unreadable =
        |refusal| Failure::new("cannot read the database").because(format!("data_dir: {refusal}"));
    let tenants = directory.tenants().await.map_err(unreadable)?;
    if tenants.is_empty() {
        return Err(Failure::new("refused to serve: the database is empty")
            .because("data_dir: `vestibule init` makes a database with a tenant, so this is not what it made")
            .mend("restore the database from a backup"));
    }
    for tenant in tenants {
        let found = directory.app(tenant.id, sample::CLIENT_ID).await;
        if found.map_err(unreadable)?.is_some() {
            return Err(Failure::new(
                "refused to serve: the database holds the app of `vestibule dev`",
            )
            .because(format!(
                "data_dir: the client id {} and secret of `vestibule dev` are printed in the documentation",
                sample::CLIENT_ID
            ))
            .mend("vestibule init makes a database of its own"));
        }
    }
    Ok(())
}

/// Whether the settings of `[tenants]` can be applied. Unchanged settings are checked too: an
/// earlier version took what this one refuses.
async fn tenants(config: &Config, directory: &Directory) -> Result<(), Failure> {
    let mut failure = None;
    for (name, settings) in &config.tenants {
        let checked = match directory.find_tenant(name).await {
            Ok(_) => directory.check_settings(&settings.clone().into()),
            Err(refusal) => Err(refusal),
        };
        if let Err(refusal) = checked {
            let line = format!("tenants.{name:?}: {refusal}");
            let so_far = failure
                .unwrap_or_else(|| Failure::new("the settings of a tenant cannot be applied"));
            failure = Some(so_far.because(line));
        }
    }
    failure.map_or(Ok(()), Err)
}
