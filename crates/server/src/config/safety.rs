//! What a service must not run on. Everything found is named at once, so that it is mended at once.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use url::Url;

use super::Config;
use crate::http::origin::Origins;
use crate::instance::files;
use crate::instance::master_key::{MasterKey, Purpose};

/// One reason not to serve.
#[derive(Debug, PartialEq, Eq)]
pub struct Danger {
    /// The setting.
    pub setting: &'static str,
    /// Why it is unsafe, and what to write instead.
    pub why: String,
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.why)
    }
}

/// Everything unsafe in the settings themselves; looks at no file.
pub fn dangers(config: &Config) -> Vec<Danger> {
    let mut found = Vec::new();
    let mut add = |setting, why| found.push(Danger { setting, why });
    for origin in config.origins().iter().flat_map(Origins::listed) {
        if !origin.is_secure() && !origin.is_loopback() {
            let why = format!(
                "{} would carry tokens and links in clear; use https",
                origin.as_str()
            );
            add("public_origins", why);
        }
    }
    for address in &config.listen.http {
        if !config.listen.behind_proxy && !address.ip().to_canonical().is_loopback() {
            let why = format!(
                "{address} is reachable from outside without TLS; use `https`, or `behind_proxy = true`"
            );
            add("listen.http", why);
        }
    }
    for network in &config.listen.trusted_proxies {
        if network.ends_with("/0") {
            add(
                "listen.trusted_proxies",
                format!("{network} believes everybody's forwarding headers"),
            );
        }
    }
    let synchronous = &config.store.synchronous;
    if !synchronous.eq_ignore_ascii_case("full") {
        let why = format!(
            "{synchronous:?} loses acknowledged writes in a power cut; leave the setting out"
        );
        add("store.synchronous", why);
    }
    if config
        .mail
        .as_ref()
        .is_some_and(|mail| plain_to_elsewhere(&mail.url))
    {
        let why =
            "links and codes would cross the network in clear; leave `tls=none` out".to_owned();
        add("mail.url", why);
    }
    found
}

/// Everything unsafe in the files: who can read them, and whether `dev` made them. `path` is the configuration's own.
pub fn dangers_on_disk(config: &Config, path: &Path, key: &MasterKey) -> Vec<Danger> {
    let mut secrets = vec![("key_file", config.key_file.as_path())];
    secrets.extend(
        config
            .listen
            .key
            .as_deref()
            .map(|path| ("listen.key", path)),
    );
    if let Some(mail) = &config.mail {
        secrets.extend(
            mail.password_file
                .as_deref()
                .map(|path| ("mail.password_file", path)),
        );
        if Url::parse(&mail.url).is_ok_and(|url| url.password().is_some()) {
            secrets.push(("mail.url", path));
        }
    }
    let mut found: Vec<Danger> = secrets
        .into_iter()
        .filter_map(|(setting, path)| {
            // A file that cannot be looked at is reported by whoever opens it.
            let mode = files::exposed(path).ok()??;
            let path = path.display();
            let why = format!(
                "{path} holds a secret and is open to others (mode {mode:o}); run: chmod 600 {path}"
            );
            Some(Danger { setting, why })
        })
        .collect();
    if key.purpose == Purpose::Dev {
        let why = format!(
            "{} was made by `vestibule dev`; make one with `vestibule init`",
            config.key_file.display()
        );
        found.push(Danger {
            setting: "key_file",
            why,
        });
    }
    if config.data_dir.join(crate::instance::DEV_ENV).exists() {
        let dir = config.data_dir.display();
        let why = format!("{dir} belongs to `vestibule dev`, whose client secret everybody knows");
        found.push(Danger {
            setting: "data_dir",
            why,
        });
    }
    found
}

/// Whether the URL asks for unencrypted SMTP to anything but this machine (threat B33).
fn plain_to_elsewhere(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    url.query_pairs()
        .any(|(name, value)| name == "tls" && value == "none")
        && !host.eq_ignore_ascii_case("localhost")
        && !host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::instance::master_key;

    fn check(origin: &str, listen: &str, rest: &str, expected: &[&str]) {
        let text = format!(
            "public_origins = [\"{origin}\"]\ndata_dir = \"d\"\nkey_file = \"k\"\n[listen]\n{listen}\n{rest}"
        );
        let config = Config::parse(&text, "v.toml").unwrap();
        let found: Vec<&str> = dangers(&config)
            .iter()
            .map(|danger| danger.setting)
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn unsafe_settings_are_named() {
        let loopback = "http = [\"127.0.0.1:8080\", \"[::1]:8080\"]";
        let open = "http = [\"0.0.0.0:8080\"]";
        let proxy = "behind_proxy = true\ntrusted_proxies =";
        let mail = |url: &str| format!("[mail]\nfrom = \"a@example.com\"\nurl = \"{url}\"");
        let https = "https://a.example";
        check(https, loopback, "", &[]);
        check("http://localhost:8080", loopback, "", &[]);
        check("http://a.example", loopback, "", &["public_origins"]);
        check(https, open, "", &["listen.http"]);
        check(https, &format!("{open}\n{proxy} [\"10.0.0.0/8\"]"), "", &[]);
        check(
            https,
            &format!("{open}\n{proxy} [\"0.0.0.0/0\"]"),
            "",
            &["listen.trusted_proxies"],
        );
        check(
            https,
            loopback,
            "[store]\nsynchronous = \"NORMAL\"",
            &["store.synchronous"],
        );
        check(https, loopback, "[store]\nsynchronous = \"FULL\"", &[]);
        check(https, loopback, &mail("smtp://mail.example"), &[]);
        check(https, loopback, &mail("smtp://[::1]:25?tls=none"), &[]);
        check(
            https,
            loopback,
            &mail("smtp://mail.example?tls=none"),
            &["mail.url"],
        );
        check(
            "http://a.example",
            open,
            &mail("smtp://b.example?tls=none"),
            &["public_origins", "listen.http", "mail.url"],
        );
    }

    #[test]
    fn unsafe_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("v.toml");
        let text = "public_origins = [\"https://a.example\"]\ndata_dir = \".\"\nkey_file = \"k\"\n\
                    [listen]\nhttps = [\"0.0.0.0:443\"]\ncertificate = \"c\"\nkey = \"tls.key\"\n\
                    [mail]\nurl = \"smtp://u:p@mail.example\"\nfrom = \"a@example.com\"\npassword_file = \"pw\"\n";
        let put = |name: &str, mode: u32| {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let found = |key: &MasterKey| {
            let config = Config::read(&path).unwrap();
            dangers_on_disk(&config, &path, key)
                .into_iter()
                .map(|danger| danger.setting)
                .collect::<Vec<_>>()
        };
        for name in ["v.toml", "tls.key", "pw"] {
            put(name, 0o600);
        }
        let key = master_key::create(&dir.path().join("k"), Purpose::Service).unwrap();
        assert!(found(&key).is_empty());
        put("v.toml", 0o644);
        put("tls.key", 0o640);
        put("pw", 0o604);
        fs::set_permissions(dir.path().join("k"), fs::Permissions::from_mode(0o660)).unwrap();
        put(crate::instance::DEV_ENV, 0o600);
        let dev = MasterKey {
            purpose: Purpose::Dev,
            ..key
        };
        assert_eq!(
            found(&dev),
            [
                "key_file",
                "listen.key",
                "mail.password_file",
                "mail.url",
                "key_file",
                "data_dir"
            ]
        );
    }
}
