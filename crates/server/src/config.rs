//! Configuration of `serve`: one TOML file, every setting named here and nowhere else.
//!
//! Reading has two steps. [`Config::read`] says whether the file can be understood;
//! [`safety::dangers`] says whether a service may run on it.

pub mod safety;
mod tenants;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use self::tenants::TenantSettings;
use crate::graph::throttle::UNITS;
use crate::http::listener::{DEFAULT_CONNECTIONS, DEFAULT_PER_ADDRESS, DEFAULT_UNREAD, Limits};
use crate::http::origin::{Network, Origin, Origins};
use crate::pages::{Colour, LANGUAGES};

/// A configuration is a page of text; more is another file given by mistake.
const MAX_BYTES: u64 = 256 * 1024;

/// The whole file. Paths in it are relative to the folder that it lies in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where clients find this server, `https://host[:port]`; the first one goes into mails (R-15).
    pub public_origins: Vec<String>,
    /// Folder of the database.
    pub data_dir: PathBuf,
    /// The master key file that `vestibule init` wrote; back it up apart from the database.
    pub key_file: PathBuf,
    /// Folder with page templates that replace the built-in ones of the same name.
    pub templates_dir: Option<PathBuf>,
    /// Where to listen.
    pub listen: Listen,
    /// The listener for those who run the server.
    #[serde(default)]
    pub operations: Operations,
    /// How mail leaves. Without it nobody can be invited (R-24).
    pub mail: Option<Mail>,
    /// What the log shows.
    #[serde(default)]
    pub log: Log,
    /// Limits on invitations.
    #[serde(default)]
    pub quotas: Quotas,
    /// The database.
    #[serde(default)]
    pub store: StoreSettings,
    /// Settings of tenants, by initial domain; they replace what the database holds at every start.
    #[serde(default)]
    pub tenants: BTreeMap<String, TenantSettings>,
}

/// `[listen]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Addresses served with TLS by this server itself, `address:port`.
    #[serde(default)]
    pub https: Vec<SocketAddr>,
    /// Addresses served without TLS: loopback, or any with `behind_proxy`.
    #[serde(default)]
    pub http: Vec<SocketAddr>,
    /// PEM file with the certificate chain, the server's own first. Read again on SIGHUP.
    pub certificate: Option<PathBuf>,
    /// PEM file with its private key.
    pub key: Option<PathBuf>,
    /// A proxy ends TLS in front of `http`.
    #[serde(default)]
    pub behind_proxy: bool,
    /// Networks of those proxies, `address/bits`: only their forwarding headers are believed
    /// (T-37).
    #[serde(default)]
    pub trusted_proxies: Vec<String>,
    /// Connections served at once.
    #[serde(default = "default_connections")]
    pub max_connections: usize,
    /// Connections of one address; those of trusted proxies are not counted so.
    #[serde(default = "default_per_address")]
    pub max_connections_per_address: usize,
    /// MiB of answers that slow clients have not taken yet.
    #[serde(default = "default_unread")]
    pub max_unread_mib: usize,
}

const fn default_connections() -> usize {
    DEFAULT_CONNECTIONS
}

const fn default_per_address() -> usize {
    DEFAULT_PER_ADDRESS
}

const fn default_unread() -> usize {
    DEFAULT_UNREAD / MIB
}

const MIB: usize = 1024 * 1024;

/// `[operations]`: `/metrics`, `/healthz` and `/readyz`, without authentication.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// Loopback, or a network that only the operators reach.
    #[serde(default = "default_operations")]
    pub listen: SocketAddr,
    /// The word that a `listen` other than loopback needs: whoever reaches it reads it.
    #[serde(default)]
    pub exposed: bool,
}

const fn default_operations() -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464)
}

impl Default for Operations {
    fn default() -> Self {
        Self {
            listen: default_operations(),
            exposed: false,
        }
    }
}

/// `[mail]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtp://[user@]host[:port]` (STARTTLS required) or `smtps://…` (TLS from the start);
    /// `?tls=none` towards this machine only.
    pub url: String,
    /// File with the password of the user named in `url`.
    pub password_file: Option<PathBuf>,
    /// Sender of every mail: `Name <address>` or an address.
    pub from: String,
    /// PEM file with a certificate authority to trust for the mail server, besides the system's
    /// own.
    pub ca: Option<PathBuf>,
    /// Accepts addresses with letters beyond ASCII before the `@` (R-39).
    #[serde(default)]
    pub smtputf8: bool,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A level, or a list such as `info,server=debug`; `--log` and `VESTIBULE_LOG` win.
    #[serde(default = "default_filter")]
    pub filter: String,
}

fn default_filter() -> String {
    "info".to_owned()
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: default_filter(),
        }
    }
}

/// `[quotas]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    /// Multiplies the limits on invitations and mails (T-17); guesses at codes are never raised
    /// (R-22).
    #[serde(default = "one")]
    pub factor: u32,
    /// Resource units that one app may read in ten seconds.
    #[serde(default = "read_units")]
    pub read_units: u32,
}

const fn one() -> u32 {
    1
}

const fn read_units() -> u32 {
    UNITS
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            factor: one(),
            read_units: read_units(),
        }
    }
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `full`, the only value there is: an answer is given after its write is on the disk.
    #[serde(default = "full")]
    pub synchronous: String,
}

fn full() -> String {
    "full".to_owned()
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            synchronous: full(),
        }
    }
}

/// Why a configuration cannot be read. `place` is `file:line` where the line is known.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// `file:line`, or the file alone.
    pub place: String,
    /// What is wrong, naming the setting.
    pub what: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file and makes its paths absolute.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let failed = |what: String| ConfigError {
            place: path.display().to_string(),
            what,
        };
        let found = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        if found.len() > MAX_BYTES {
            return Err(failed("far too large for a configuration file".to_owned()));
        }
        let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let mut config = Self::parse(&text, &path.display().to_string())?;
        let base = std::path::absolute(path).map_err(|error| failed(error.to_string()))?;
        config.resolve(base.parent().unwrap_or(Path::new("/")));
        Ok(config)
    }

    /// Reads the text; `name` is the file's, for errors.
    pub fn parse(text: &str, name: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError {
            place: match error.span() {
                Some(span) => format!("{name}:{}", line_of(text, span.start)),
                None => name.to_owned(),
            },
            what: error.message().trim_end().to_owned(),
        })?;
        config.check().map_err(|(key, what)| ConfigError {
            place: line_of_key(text, key)
                .map_or_else(|| name.to_owned(), |line| format!("{name}:{line}")),
            what: format!("{key}: {what}"),
        })?;
        Ok(config)
    }

    /// The origins and the proxies that may speak for clients.
    pub fn origins(&self) -> Result<Origins, (&'static str, String)> {
        let listed = self.public_origins.iter().map(|text| Origin::parse(text));
        let listed = listed
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| ("public_origins", error.to_string()))?;
        let proxies = self.proxies()?;
        Origins::new(listed, proxies).map_err(|error| ("public_origins", error.to_string()))
    }

    fn proxies(&self) -> Result<Vec<Network>, (&'static str, String)> {
        let proxies = self.listen.trusted_proxies.iter();
        proxies
            .map(|text| Network::parse(text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| ("trusted_proxies", error.to_string()))
    }

    /// What connections may take.
    pub fn limits(&self) -> Result<Limits, (&'static str, String)> {
        Ok(Limits {
            connections: self.listen.max_connections,
            per_address: self.listen.max_connections_per_address,
            unread: self.listen.max_unread_mib.saturating_mul(MIB),
            proxies: self.proxies()?,
        })
    }

    /// What the types cannot say: settings that need each other.
    fn check(&self) -> Result<(), (&'static str, String)> {
        self.origins()?;
        let listen = &self.listen;
        let wrong = |key, what: &str| Err((key, what.to_owned()));
        if listen.https.is_empty() && listen.http.is_empty() {
            return wrong("listen", "name at least one address in `https` or `http`");
        }
        if !listen.https.is_empty() && (listen.certificate.is_none() || listen.key.is_none()) {
            return wrong("https", "needs `certificate` and `key`, two PEM files");
        }
        if listen.behind_proxy && listen.trusted_proxies.is_empty() {
            return wrong(
                "behind_proxy",
                "needs `trusted_proxies`, the networks the proxy connects from",
            );
        }
        if !listen.behind_proxy && !listen.trusted_proxies.is_empty() {
            return wrong(
                "trusted_proxies",
                "has a meaning only with `behind_proxy = true`",
            );
        }
        for (key, value) in [
            ("max_connections", listen.max_connections),
            (
                "max_connections_per_address",
                listen.max_connections_per_address,
            ),
            ("max_unread_mib", listen.max_unread_mib),
        ] {
            if value == 0 {
                return wrong(key, "must be at least 1");
            }
        }
        if !(1..=1000).contains(&self.quotas.factor) {
            return wrong("factor", "must be between 1 and 1000");
        }
        let unknown = |tag: &&str| !LANGUAGES.iter().any(|known| is_of(tag, known.tag));
        let mut tags = self
            .tenants
            .values()
            .filter_map(|tenant| tenant.default_language.as_deref());
        if tags.any(|tag| unknown(&tag)) {
            return wrong("default_language", "must be one of en, de, ja and ar");
        }
        if self.quotas.read_units < 100 {
            return wrong("read_units", "must be at least 100");
        }
        let mut accents = self
            .tenants
            .values()
            .filter_map(|tenant| tenant.accent.as_deref());
        if accents.any(|accent| Colour::parse(accent).is_none()) {
            return wrong("accent", "must be a colour like \"#0f5f4b\"");
        }
        Ok(())
    }

    fn resolve(&mut self, base: &Path) {
        let place = |path: &mut PathBuf| *path = base.join(&*path);
        place(&mut self.data_dir);
        place(&mut self.key_file);
        let mail = self
            .mail
            .iter_mut()
            .flat_map(|mail| [&mut mail.ca, &mut mail.password_file]);
        let own = [
            &mut self.templates_dir,
            &mut self.listen.certificate,
            &mut self.listen.key,
        ];
        let logos = self.tenants.values_mut().map(|tenant| &mut tenant.logo);
        own.into_iter()
            .chain(logos)
            .chain(mail)
            .filter_map(Option::as_mut)
            .for_each(place);
    }
}

/// Whether a language tag is of a language: `de-AT` is `de`.
fn is_of(tag: &str, language: &str) -> bool {
    let primary = tag.split('-').next().unwrap_or(tag);
    primary.eq_ignore_ascii_case(language)
}

/// The line that the byte at `offset` stands on, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
}

/// The first line that sets `key` or opens its table.
fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let position = text.lines().position(|line| {
        let line = line.trim_start().trim_start_matches('[');
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with(['=', ']']))
    })?;
    Some(position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"public_origins = ["https://invite.example.com"]
data_dir = "data"
key_file = "master.key"
[listen]
http = ["127.0.0.1:8080"]
"#;

    #[test]
    fn the_smallest_file_gets_the_defaults() {
        let config = Config::parse(GOOD, "v.toml").unwrap();
        assert_eq!(config.operations.listen.to_string(), "127.0.0.1:9464");
        assert_eq!(
            (config.quotas.factor, config.log.filter.as_str()),
            (1, "info")
        );
        assert_eq!(config.listen.max_connections, DEFAULT_CONNECTIONS);
        assert!(config.mail.is_none());
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("v.toml");
        fs::write(
            &path,
            format!("{GOOD}certificate = \"/etc/a.pem\"\nkey = \"b.pem\"\n"),
        )
        .unwrap();
        let config = Config::read(&path).unwrap();
        assert_eq!(config.data_dir, dir.path().join("data"));
        assert_eq!(config.listen.certificate.unwrap(), Path::new("/etc/a.pem"));
        assert_eq!(config.listen.key.unwrap(), dir.path().join("b.pem"));
    }

    fn check(text: &str, place: &str, word: &str) {
        let error = Config::parse(text, "v.toml").unwrap_err();
        assert_eq!(error.place, place, "{text}\n{error}");
        assert!(error.what.contains(word), "{text}\n{error}");
    }

    #[test]
    fn errors_name_the_line_and_the_setting() {
        check("", "v.toml:1", "public_origins");
        check(&GOOD.replace("data_dir", "datadir"), "v.toml:2", "datadir");
        check(&format!("{GOOD}htps = []\n"), "v.toml:6", "htps");
        check(
            &GOOD.replace("\"127.0.0.1:8080\"", "\"localhost\""),
            "v.toml:5",
            "socket address",
        );
        check(&GOOD.replace("\"data\"", "7"), "v.toml:2", "string");
        check("public_origins = [", "v.toml:1", "array");
        let pale = "[tenants.\"contoso.onmicrosoft.com\"]\naccent = \"pale\"\n";
        check(&format!("{GOOD}{pale}"), "v.toml:7", "#0f5f4b");
        check(
            &GOOD.replace("example.com", "example.com/path"),
            "v.toml:1",
            "is not an origin",
        );
        check(
            &GOOD.replace("\"https://invite.example.com\"", ""),
            "v.toml:1",
            "at least one",
        );
        check(
            &GOOD.replace("http = [\"127.0.0.1:8080\"]", ""),
            "v.toml:4",
            "at least one address",
        );
        check(
            &GOOD.replace("http =", "https ="),
            "v.toml:5",
            "`certificate` and `key`",
        );
        check(
            &format!("{GOOD}behind_proxy = true\n"),
            "v.toml:6",
            "trusted_proxies",
        );
        check(
            &format!("{GOOD}trusted_proxies = [\"10.0.0.0/8\"]\n"),
            "v.toml:6",
            "behind_proxy",
        );
        check(
            &format!("{GOOD}trusted_proxies = [\"10.0.0.0/99\"]\n"),
            "v.toml:6",
            "not a network",
        );
        check(
            &format!("{GOOD}max_connections = 0\n"),
            "v.toml:6",
            "at least 1",
        );
        check(
            &format!("{GOOD}max_connections_per_address = 0\n"),
            "v.toml:6",
            "at least 1",
        );
        check(
            &format!("{GOOD}max_unread_mib = 0\n"),
            "v.toml:6",
            "at least 1",
        );
        check(
            &format!("{GOOD}[quotas]\nfactor = 0\n"),
            "v.toml:7",
            "between",
        );
        check(
            &format!("{GOOD}[quotas]\nread_units = 99\n"),
            "v.toml:7",
            "at least 100",
        );
        check(
            &format!("{GOOD}[mail]\nurl = \"smtp://a\"\n"),
            "v.toml:6",
            "from",
        );
    }
}
