//! `vestibule config check`: what it calls good starts, what does not start is named, and nothing
//! is changed.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use directory::{Clock as _, SystemClock};
use serde_json::Value;
use server::instance::certificates;
use server::instance::master_key::{self, Purpose};

use super::cli_process::{done, run, vestibule};

fn init(dir: &Path) -> PathBuf {
    let line = "init --tenant-name Fabrikam --initial-domain fabrikam.onmicrosoft.com \
                --public-origin http://127.0.0.1:0 --listen 127.0.0.1:0 --dir";
    done(vestibule(line).arg(dir));
    let config = dir.join("vestibule.toml");
    // Any free port: `serve` binds before it looks at the database.
    let text = fs::read_to_string(&config).unwrap();
    let watched = "# listen = \"127.0.0.1:9464\"";
    fs::write(&config, text.replace(watched, "listen = \"127.0.0.1:0\"")).unwrap();
    config
}

/// What `config check` says, and that its exit code fits.
fn checked(config: &Path) -> Value {
    let mut command = vestibule("config check --output json --config");
    let (code, out, err) = run(command.arg(config));
    let said: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}\n{err}"));
    assert_eq!(said["good"], code == 0, "{out}\n{err}");
    said
}

/// A server does not start with it, and the check names why, with the same words and nothing else.
fn faulty(config: &Path, words: &[&str]) {
    let said = checked(config);
    let problems = said["problems"].as_array().unwrap();
    let [problem] = problems.as_slice() else {
        panic!("{words:?}: {problems:?}")
    };
    let problem = problem.as_str().unwrap();
    let (code, _, err) = run(vestibule("serve --config").arg(config));
    assert_eq!(code, 1, "{err}");
    for word in words {
        assert!(problem.contains(word), "{word}: {problem}");
        assert!(err.contains(word), "{word}: {err}");
    }
    let file = config.file_name().unwrap().to_str().unwrap();
    let (_, _, err) = run(vestibule("config check --config").arg(config));
    assert!(err.contains(file), "{err}");
}

/// The files of a folder and of those in it, with their length and a sum of their bytes.
fn files(dir: &Path) -> Vec<(PathBuf, usize, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                let mut sum = DefaultHasher::new();
                bytes.hash(&mut sum);
                found.push((path, bytes.len(), sum.finish()));
            }
        }
    }
    found.sort();
    found
}

/// The configuration with something in the place of something else.
struct Changed(PathBuf, String);

impl Changed {
    fn with(&self, from: &str, to: &str) -> PathBuf {
        let Self(dir, text) = self;
        assert!(text.contains(from), "{from}");
        let path = dir.join("changed.toml");
        fs::write(&path, text.replace(from, to)).unwrap();
        path
    }

    /// With something at its end.
    fn and(&self, more: &str) -> PathBuf {
        let Self(dir, text) = self;
        let path = dir.join("changed.toml");
        fs::write(&path, format!("{text}\n{more}\n")).unwrap();
        path
    }
}

fn private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn faults_of_the_configuration_and_of_its_files() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    let config = init(dir);
    let before = files(dir);
    let said = checked(&config);
    assert_eq!(
        (&said["good"], &said["problems"]),
        (&true.into(), &Value::Array(vec![]))
    );
    assert_eq!(before, files(dir), "nothing is changed");

    let change = Changed(dir.to_owned(), fs::read_to_string(&config).unwrap());
    let front = "[listen]";
    let broken = change.with(front, "[listen]\nhtps = []");
    let (code, _, err) = run(vestibule("config check --config").arg(&broken));
    assert_eq!((code, err.contains("changed.toml:")), (1, true), "{err}");
    assert!(err.contains("htps"), "{err}");

    let filter = change.with("[log]", "[log]\nfilter = \"server=loud\"");
    faulty(&filter, &["log.filter"]);
    let unsafe_origin = change.with("http://127.0.0.1:0", "http://invite.example.com");
    faulty(&unsafe_origin, &["public_origins", "https"]);
    faulty(
        &change.with("master.key", "no.key"),
        &["key_file", "no.key"],
    );

    let mail = |more: &str| {
        let url = "[mail]\nfrom = \"a@fabrikam.example\"\nurl = \"smtp://localhost?tls=none\"\n";
        change.and(&format!("{url}{more}"))
    };
    faulty(&mail("ca = \"no.pem\""), &["mail", "no.pem"]);
    faulty(
        &mail("password_file = \"no.password\""),
        &["mail.password_file", "no.password"],
    );

    // Templates of pages and of mails.
    let templates = change.with("data_dir = ", "templates_dir = \"own\"\ndata_dir = ");
    faulty(&templates, &["templates_dir", "own"]);
    fs::create_dir_all(dir.join("own/mail")).unwrap();
    assert_eq!(checked(&templates)["good"], true);
    fs::write(dir.join("own/nobodys.html"), "").unwrap();
    faulty(&templates, &["templates_dir", "nobodys.html"]);
    fs::remove_file(dir.join("own/nobodys.html")).unwrap();
    fs::write(dir.join("own/mail/nobodys.txt"), "").unwrap();
    faulty(&templates, &["templates_dir", "nobodys.txt"]);

    // Logos and tenants.
    let logo = change.and("logo = \"logo.png\"");
    faulty(&logo, &["logo", "logo.png"]);
    fs::write(dir.join("logo.png"), "no picture").unwrap();
    faulty(&logo, &["logo", "neither PNG nor JPEG"]);
    fs::write(dir.join("logo.png"), vec![0; 70_000]).unwrap();
    faulty(&logo, &["logo", "64 KiB"]);
    let nobodys = change.and("[tenants.\"nobody.onmicrosoft.com\"]\naccent = \"#0f5f4b\"");
    faulty(&nobodys, &["tenants", "nobody.onmicrosoft.com"]);
    let hosts = change.and("redirect_hosts = [\"https://a.example\"]");
    faulty(&hosts, &["tenants", "redirect_hosts"]);

    // Certificates.
    let tls = change.with(
        front,
        "[listen]\nhttps = [\"127.0.0.1:0\"]\ncertificate = \"tls/server.pem\"\nkey = \"tls/server.key\"",
    );
    faulty(&tls, &["listen", "server.pem"]);
    fs::create_dir(dir.join("tls")).unwrap();
    let made = certificates::prepare(&dir.join("tls"), SystemClock.now()).unwrap();
    assert_eq!(checked(&tls)["good"], true);
    private(&made.key, b"no key");
    faulty(&tls, &["listen", "server.key"]);

    // Two at a time are both named.
    let two =
        change.and("[mail]\nfrom = \"nobody\"\nurl = \"ftp://a\"\n[store]\nsynchronous = \"off\"");
    let said = checked(&two)["problems"].to_string();
    assert!(
        said.contains("mail.url") && said.contains("store.synchronous"),
        "{said}"
    );
    let (code, _, err) = run(vestibule("serve --config").arg(&two));
    assert!(
        code == 1 && err.contains("mail.url") && err.contains("store.synchronous"),
        "{err}"
    );
}

#[test]
fn faults_of_the_database() {
    let home = tempfile::tempdir().unwrap();
    let config = init(home.path());
    let data = home.path().join("data");
    let database = data.join("vestibule.db");
    let whole = fs::read(&database).unwrap();
    let key = home.path().join("master.key");
    let saved = fs::read(&key).unwrap();

    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    faulty(&config, &["data_dir", "chmod 700"]);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();

    master_key::create(&key, Purpose::Service).unwrap();
    faulty(&config, &["key_file", "do not open with this master key"]);
    private(&key, b"nothing");
    faulty(&config, &["key_file", "not a Vestibule master key"]);
    private(&key, &saved);

    private(&database, b"");
    faulty(&config, &["data_dir", "empty"]);
    private(&database, b"not a database, though as long as a hundred bytes: that is what a file must have before it is looked at");
    faulty(&config, &["data_dir", "not a database"]);
    fs::remove_file(&database).unwrap();
    faulty(&config, &["data_dir", "vestibule.db"]);
    assert!(!database.exists(), "none is made");
    private(&database, &whole);
    let said = checked(&config);
    assert_eq!(said["good"], true, "{said}");
}

/// dev's own objects under a service's key, in a database that an earlier build made: it would be
/// brought to today's schema.
#[test]
fn an_older_database_is_looked_at_in_a_copy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders/6cf734f");
    let home = tempfile::tempdir().unwrap();
    let copies = tempfile::tempdir().unwrap();
    let config = init(home.path());
    let key = fs::read_to_string(folder.join("master.key")).unwrap();
    private(
        &home.path().join("master.key"),
        key.replacen("dev", "service", 1).as_bytes(),
    );
    let database = home.path().join("data/vestibule.db");
    private(&database, &fs::read(folder.join("vestibule.db")).unwrap());
    let before = files(home.path());
    let mut command = vestibule("config check --output json --config");
    let (code, out, err) = run(command.arg(&config).env("TMPDIR", copies.path()));
    let said: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}\n{err}"));
    assert_eq!(code, 1, "{said}");
    let problems = said["problems"].to_string();
    assert!(problems.contains("vestibule dev"), "{problems}");
    let notes = said["notes"].to_string();
    assert!(
        notes.contains("schema") && notes.contains("backup"),
        "{notes}"
    );
    let after = files(home.path());
    let changed = before.iter().find(|file| !after.contains(file));
    assert_eq!(changed, None);
    assert_eq!(files(copies.path()), [], "the copy is gone");
}
