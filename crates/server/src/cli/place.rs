//! Where a command finds its instance or its running server: `--dir`, `--config`, or the
//! environment.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use super::dev_env::{self, name};
use crate::config::Config;
use crate::instance::DEV_ENV;
use crate::terminal::Failure;

/// dev's folder when nothing else is said.
pub const DEFAULT_DIR: &str = ".vestibule";

/// What wins, for every command that talks to a server; part of their help.
pub const ORDER: &str = "\
Which server: --dir or --config, else BASE_URL with CA_FILE of the environment, else
the folder .vestibule. Who asks there: the flags, else TENANT, CLIENT_ID and
CLIENT_SECRET of the environment, else the app of that folder. An app that is named
needs its own secret; the folder's goes with no other.";

/// Which instance a command is about.
#[derive(Args, Clone, Debug, Default)]
pub struct InstanceArgs {
    /// Folder of a dev instance [default: .vestibule]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    pub dir: Option<PathBuf>,
    /// Configuration file of a service
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// How a client reaches a running server, and who it is there.
#[derive(Clone, Debug)]
pub struct Access {
    /// `https://host[:port]`
    pub base_url: String,
    /// The address of this server without TLS, where it has such a listener: no certificate warning
    /// in a browser.
    pub http_url: Option<String>,
    /// The tenant's id or one of its domains.
    pub tenant: Option<String>,
    /// The app.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<String>,
    /// The secret is the one that belongs to the folder's app, and goes with no other.
    pub secret_of_folder: bool,
    /// The certificate authority to trust; the system's where none is named.
    pub ca_file: Option<PathBuf>,
}

impl Access {
    /// The address to open in a browser.
    pub fn for_people(&self) -> &str {
        self.http_url.as_deref().unwrap_or(&self.base_url)
    }
}

impl InstanceArgs {
    /// The folder, where the instance is dev's.
    pub fn dev_dir(&self) -> PathBuf {
        self.dir
            .clone()
            .unwrap_or_else(|| PathBuf::from(DEFAULT_DIR))
    }

    /// How to reach the server, and who asks there: [`ORDER`] is the rule.
    pub fn access(&self) -> Result<Access, Failure> {
        if let Some(path) = &self.config {
            return Self::of_service(path);
        }
        let environment = environment();
        if self.dir.is_none() && environment.contains_key(name::BASE_URL) {
            return from_variables(&environment, "the environment");
        }
        let file = self.dev_dir().join(DEV_ENV);
        let text = fs::read_to_string(&file).map_err(|error| {
            Failure::new("no server is known here")
                .because(format!("{}: {error}", file.display()))
                .mend("vestibule dev   (starts one here), or name one with --dir or --config")
        })?;
        let mut access = from_variables(&dev_env::read(&text), &file.display().to_string())?;
        access.secret_of_folder = true;
        access.asked_by(environment);
        Ok(access)
    }

    fn of_service(path: &Path) -> Result<Access, Failure> {
        let config = read_config(path)?;
        let mut environment = environment();
        let tenants = &config.tenants;
        let only_tenant = tenants
            .keys()
            .next()
            .filter(|_| tenants.len() == 1)
            .cloned();
        let mut take = |name| environment.remove(name);
        Ok(Access {
            base_url: config
                .origins()
                .map_or_else(|_| String::new(), |origins| origins.first().to_owned()),
            http_url: None,
            tenant: take(name::TENANT).or(only_tenant),
            client_id: take(name::CLIENT_ID),
            client_secret: take(name::CLIENT_SECRET),
            secret_of_folder: false,
            ca_file: take(name::CA_FILE).map(PathBuf::from),
        })
    }
}

impl Access {
    /// Who asks, where the environment says so.
    fn asked_by(&mut self, mut environment: BTreeMap<String, String>) {
        let mut take = |name| environment.remove(name);
        let (tenant, id, secret) = (
            take(name::TENANT),
            take(name::CLIENT_ID),
            take(name::CLIENT_SECRET),
        );
        self.tenant = tenant.or(self.tenant.take());
        self.set_client(id, secret);
    }

    /// An app and its secret, either of which may be left out. The secret of the folder's app goes
    /// with no other app: a mistyped id must not be answered with the token of one who may do
    /// everything.
    pub fn set_client(&mut self, id: Option<String>, secret: Option<String>) {
        if id.is_some() && self.secret_of_folder {
            self.client_secret = None;
            self.secret_of_folder = false;
        }
        if secret.is_some() {
            self.secret_of_folder = false;
        }
        self.client_id = id.or(self.client_id.take());
        self.client_secret = secret.or(self.client_secret.take());
    }
}

/// Reads a configuration; the error names file, line and setting.
pub fn read_config(path: &Path) -> Result<Config, Failure> {
    Config::read(path)
        .map_err(|error| Failure::new("the configuration cannot be used").because(error))
}

fn environment() -> BTreeMap<String, String> {
    let names = [
        name::BASE_URL,
        name::HTTP_URL,
        name::TENANT,
        name::CLIENT_ID,
        name::CLIENT_SECRET,
        name::CA_FILE,
    ];
    names
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), env::var(name).ok()?)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn from_variables(values: &BTreeMap<String, String>, source: &str) -> Result<Access, Failure> {
    let value = |name: &str| values.get(name).filter(|value| !value.is_empty()).cloned();
    let base_url = value(name::BASE_URL).ok_or_else(|| {
        Failure::new(format!("{source} has no {}", name::BASE_URL))
            .mend("vestibule dev   (writes it)")
    })?;
    Ok(Access {
        base_url: base_url.trim_end_matches('/').to_owned(),
        http_url: value(name::HTTP_URL),
        tenant: value(name::TENANT),
        client_id: value(name::CLIENT_ID),
        client_secret: value(name::CLIENT_SECRET),
        secret_of_folder: false,
        ca_file: value(name::CA_FILE).map(PathBuf::from),
    })
}
