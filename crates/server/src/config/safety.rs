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
    for why in too_wide(&config.listen.trusted_proxies) {
        add("listen.trusted_proxies", why);
    }
    let watched = config.operations.listen;
    if !watched.ip().to_canonical().is_loopback() && !config.operations.exposed {
        let why = format!(
            "{watched} shows metrics and readiness without authentication to whoever reaches it; use a loopback \
             address, or `exposed = true` where only operators reach it"
        );
        add("operations.listen", why);
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

/// Everything unsafe in the files: who can read them, and whether `dev` made them. `path` is the
/// configuration's own.
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
    // The database's own files are closed by whoever opens it; a folder that is open lets others
    // take and replace them.
    if let Ok(Some(mode)) = files::exposed(&config.data_dir) {
        let dir = config.data_dir.display();
        found.push(Danger {
            setting: "data_dir",
            why: format!("{dir} is open to others (mode {mode:o}); run: chmod 700 {dir}"),
        });
    }
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

/// Networks of proxies that are too wide to be anybody's proxies. Ranges for private use may be as
/// wide as they are; a public one as wide as the widest of a content network.
fn too_wide(networks: &[String]) -> Vec<String> {
    /// The shortest prefixes of public networks.
    const PUBLIC_V4: u32 = 8;
    const PUBLIC_V6: u32 = 16;
    /// Public IPv4 addresses in all: a sixteenth of them.
    const MOST: u64 = 1 << 28;
    let mut found = Vec::new();
    let mut total: u64 = 0;
    for network in networks {
        // One that is no network was refused when the file was read.
        let Some((address, bits)) = network.split_once('/') else {
            continue;
        };
        let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u32>()) else {
            continue;
        };
        let everybody = |shortest| {
            (bits < shortest).then(|| {
                format!("{network} is so wide that it believes the forwarding headers of strangers")
            })
        };
        match address {
            IpAddr::V4(address) if address.is_private() || address.is_loopback() => {
                found.extend(everybody(PUBLIC_V4));
            }
            IpAddr::V4(_) => {
                total += 1 << (32 - bits.min(32));
                found.extend(everybody(PUBLIC_V4));
            }
            IpAddr::V6(address)
                if address.to_ipv4_mapped().is_some() || address.is_unspecified() =>
            {
                found.extend(everybody(96 + PUBLIC_V4));
            }
            // fc00::/7
            IpAddr::V6(address) if address.is_unique_local() => found.extend(everybody(7)),
            IpAddr::V6(_) => found.extend(everybody(PUBLIC_V6)),
        }
    }
    if found.is_empty() && total > MOST {
        found.push("together the networks hold a good part of the internet".to_owned());
    }
    found
}

/// Whether the URL asks for unencrypted SMTP to anything but this machine (T-21).
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
        for wide in [
            "\"0.0.0.0/1\", \"128.0.0.0/1\"",
            "\"::/0\"",
            "\"::ffff:0.0.0.0/96\"",
            "\"2000::/3\"",
            "\"10.0.0.0/7\"",
            &(1..=20)
                .map(|n| format!("\"{n}.0.0.0/8\""))
                .collect::<Vec<_>>()
                .join(","),
        ] {
            let listen = format!("{open}\n{proxy} [{wide}]");
            let config = format!(
                "public_origins = [\"{https}\"]\ndata_dir = \"d\"\nkey_file = \"k\"\n[listen]\n{listen}"
            );
            let found = dangers(&Config::parse(&config, "v.toml").unwrap());
            assert!(
                !found.is_empty()
                    && found
                        .iter()
                        .all(|it| it.setting == "listen.trusted_proxies"),
                "{wide}: {found:?}"
            );
        }
        for fair in [
            "10.0.0.0/8",
            "172.16.0.0/12",
            "104.16.0.0/13",
            "fd00::/8",
            "fc00::/7",
            "2400:cb00::/32",
        ] {
            check(https, &format!("{open}\n{proxy} [\"{fair}\"]"), "", &[]);
        }
        let watched = |rest: &str| format!("[operations]\nlisten = {rest}");
        for public in ["\"0.0.0.0:9464\"", "\"[::]:9464\"", "\"10.1.2.3:9464\""] {
            check(https, loopback, &watched(public), &["operations.listen"]);
            let said = format!("{public}\nexposed = true");
            check(https, loopback, &watched(&said), &[]);
        }
        check(https, loopback, &watched("\"[::1]:9464\""), &[]);
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
        let open = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode));
        open(0o700).unwrap();
        let key = master_key::create(&dir.path().join("k"), Purpose::Service).unwrap();
        assert!(found(&key).is_empty());
        open(0o750).unwrap();
        assert_eq!(found(&key), ["data_dir"]);
        open(0o700).unwrap();
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
