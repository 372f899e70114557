//! `vestibule init`, `app`, `role` and `serve`: a service from nothing to its end.

#![expect(clippy::unwrap_used, reason = "a failing step is a failing test")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use directory::{Clock, SystemClock};
use serde_json::Value;
use server::cli::client::Client;
use server::cli::dev_env;
use server::instance::certificates::{self, CertificateFiles};
use server::instance::master_key::{self, Purpose};

use super::cli_process::{Running, done, run, vestibule, wait_for};

/// A port nobody listens on; somebody may take it before we do, which the operating system avoids
/// for a while.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Sends a request as it stands; the status of the answer.
fn raw(port: u16, line: &str, header: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n{header}\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

/// What no log may hold, whatever the request is answered (T-30).
const TICKET: &str = "TicketThatIsInNoLog_TicketThatIsInNoLog_aaaa";
const WRONG: &str = "a-secret-with-a-typing-mistake";
const PASSWORD: &str = "a-password-that-nobody-logs";
const COOKIE: &str = "CookieThatIsInNoLog";

/// Secrets in every place a request has for them.
fn send_secrets(port: u16, app: &Value, token: &str) {
    let (tenant, id) = (
        app["tenant"].as_str().unwrap(),
        app["clientId"].as_str().unwrap(),
    );
    let link = format!("/redeem/?tenant={tenant}&user={id}&ticket={TICKET}&lc=1033&ver=2.0");
    let form = |id: &str, secret: &str| {
        format!("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=x")
    };
    let user = format!("{{\"passwordProfile\":{{\"password\":\"{PASSWORD}\"}},\"x\":");
    let at = format!("POST /{tenant}/oauth2/v2.0/token");
    let typed = "content-type: application/x-www-form-urlencoded".to_owned();
    let (bearer, cookie) = (
        format!("authorization: Bearer {token}"),
        format!("cookie: __Host-vestibule-redeem={COOKIE}"),
    );
    for (line, header, body, status) in [
        (format!("GET {link}"), &cookie, String::new(), "404"),
        (
            "GET /redeem/start".to_owned(),
            &cookie,
            String::new(),
            "200",
        ),
        (at.clone(), &typed, form(id, WRONG), "401"),
        // A secret in the wrong field.
        (at, &typed, form(WRONG, id), "401"),
        (
            format!("GET /v1.0/users?access_token={token}"),
            &cookie,
            String::new(),
            "401",
        ),
        (
            "GET /v1.0/users".to_owned(),
            &format!("{bearer}x"),
            String::new(),
            "401",
        ),
        ("POST /v1.0/users".to_owned(), &bearer, user, "403"),
    ] {
        assert_eq!(raw(port, &line, header, &body), status, "{line}");
    }
}

/// Refused clients are logged with the request they made, and nothing secret is.
fn check_log(log: &str, client: &str, secrets: &[&str]) {
    let refused: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("no token"))
        .collect();
    assert_eq!(refused.len(), 2, "{log}");
    assert!(
        refused.iter().all(|line| line.contains("request_id")),
        "{log}"
    );
    assert!(refused.first().unwrap().contains(client), "{log}");
    for never in secrets.iter().chain(&[TICKET, WRONG, PASSWORD, COOKIE]) {
        assert!(!log.contains(never), "a secret is in the log:\n{log}");
    }
}

fn init(dir: &Path, port: u16) -> (i32, String, String) {
    let line = format!(
        "init --tenant-name Fabrikam --initial-domain fabrikam.onmicrosoft.com \
         --domain fabrikam.example --federated-domain corp.fabrikam.example \
         --public-origin http://127.0.0.1:{port} --listen 127.0.0.1:{port} --dir"
    );
    run(vestibule(&line).arg(dir))
}

#[test]
fn a_service_is_set_up_serves_and_ends() {
    let home = tempfile::tempdir().unwrap();
    let (port, watched) = (free_port(), free_port());
    let (code, out, err) = init(home.path(), port);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("vestibule app add --config"), "{out}");
    let config = home.path().join("vestibule.toml");
    assert_eq!(
        fs::metadata(home.path().join("master.key"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
    let before = fs::read(&config).unwrap();
    let (code, _, err) = init(home.path(), port);
    assert_eq!(
        (code, fs::read(&config).unwrap()),
        (1, before),
        "nothing is overwritten"
    );
    assert!(err.contains("exists already"), "{err}");

    let text = fs::read_to_string(&config).unwrap();
    let text = text.replace(
        "# listen = \"127.0.0.1:9464\"",
        &format!("listen = \"127.0.0.1:{watched}\""),
    );
    fs::write(
        &config,
        text + "redirect_hosts = [\"portal.example.com\"]\n",
    )
    .unwrap();
    let operations = format!("http://127.0.0.1:{watched}");
    let server = Running::serve(&config, &format!("{operations}/readyz"));

    // Beside the running server.
    let add = "app add --name Sync --permission User.Read.All --json --config";
    let app: Value = serde_json::from_str(&done(vestibule(add).arg(&config))).unwrap();
    let (id, secret) = (
        app["clientId"].as_str().unwrap(),
        app["clientSecret"].as_str().unwrap(),
    );
    let secret_file = home.path().join("secret");
    fs::write(&secret_file, secret).unwrap();
    let give = format!("role add --principal {id} --role");
    let given = done(
        vestibule(&give)
            .args(["directory readers", "--config"])
            .arg(&config),
    );
    assert!(given.contains("now holds Directory Readers"), "{given}");
    let ask = format!("token --client-id {id} --client-secret-file");
    let token = done(
        vestibule(&ask)
            .arg(&secret_file)
            .arg("--config")
            .arg(&config),
    );
    let token = token.trim_end();

    let client = Client::new(None).unwrap();
    let get = |url: &str, token| client.get(url, token).unwrap();
    let users = get(&format!("http://127.0.0.1:{port}/v1.0/users"), Some(token));
    assert_eq!(users.status, 200, "{}", users.text);
    let metrics = get(&format!("{operations}/metrics"), None).text;
    for line in [
        "route=\"/v1.0/users\",method=\"GET\",status=\"2xx\"} 1\n",
        "vestibule_outbox_waiting 0\n",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }

    send_secrets(port, &app, token);

    let (code, out, log) = server.end();
    assert_eq!((code, out.as_str()), (0, ""));
    for line in log.lines() {
        let event: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event["message"].is_string(), "{line}");
    }
    for word in ["audit head", "\"request_id\":\"", "\"route\":\"/redeem/\""] {
        assert!(log.contains(word), "{word}\n{log}");
    }
    check_log(&log, id, &[token, secret]);
}

/// A configuration of its own folder, with changes.
fn config_with(dir: &Path, from: &str, to: &str) -> PathBuf {
    let path = dir.join("vestibule.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    let changed = dir.join("changed.toml");
    fs::write(&changed, text.replace(from, to)).unwrap();
    changed
}

fn refused(config: &Path, words: &[&str]) {
    let (code, out, err) = run(vestibule("serve --config").arg(config));
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    for word in words {
        assert!(err.contains(word), "{word}:\n{err}");
    }
}

#[test]
fn unsafe_instances_are_refused_and_the_reason_named() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path();
    assert_eq!(init(dir, 0).0, 0);
    let key = dir.join("master.key");
    let path = dir.join("vestibule.toml");

    refused(
        &config_with(dir, "data_dir", "datadir"),
        &["changed.toml:", "datadir"],
    );
    refused(
        &config_with(dir, "behind_proxy = true", "behind_proxy = 1"),
        &["changed.toml:", "boolean"],
    );
    refused(
        &config_with(dir, "http://127.0.0.1:0", "http://invite.example.com"),
        &["public_origins", "https"],
    );
    refused(
        &config_with(dir, "# factor = 1", "[store]\nsynchronous = \"off\""),
        &["store.synchronous"],
    );
    refused(
        &config_with(dir, "data_dir = \"data\"", "data_dir = \"elsewhere\""),
        &["no database", "vestibule init"],
    );

    let hosts = "# redirect_hosts = [\"portal.example.com\"]";
    for wrong in [
        "https://portal.example.com",
        "*.example.com",
        "portal.example.com/a",
    ] {
        let setting = format!("redirect_hosts = [\"{wrong}\"]");
        refused(
            &config_with(dir, hosts, &setting),
            &["redirect_hosts", "host"],
        );
    }
    let listed = "redirect_hosts = [\"portal.example.com\"]\n";
    for (hosts_too, wrong) in [
        ("", "http://portal.example.com/"),
        (listed, "https://elsewhere.example.com/"),
    ] {
        let setting = format!("{hosts_too}default_redirect = \"{wrong}\"");
        refused(&config_with(dir, hosts, &setting), &["default_redirect"]);
    }
    refused(
        &config_with(
            dir,
            "# listen = \"127.0.0.1:9464\"",
            "listen = \"0.0.0.0:0\"",
        ),
        &["operations.listen", "exposed = true"],
    );

    let data = dir.join("data");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    refused(&path, &["data_dir", "755", "chmod 700"]);
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();

    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    refused(&path, &["key_file", "640", "chmod 600"]);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    fs::write(dir.join("data/dev.env"), dev_env::write(&[])).unwrap();
    refused(&path, &["data_dir", "vestibule dev"]);
    fs::remove_file(dir.join("data/dev.env")).unwrap();

    let saved = fs::read(&key).unwrap();
    master_key::create(&key, Purpose::Dev).unwrap();
    refused(&path, &["key_file", "vestibule dev"]);
    fs::write(&key, saved).unwrap();
}

/// A server certificate of an authority of its own.
fn certificate(dir: &Path) -> CertificateFiles {
    fs::create_dir(dir).unwrap();
    certificates::prepare(dir, SystemClock.now()).unwrap()
}

#[test]
fn a_certificate_is_changed_without_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let (port, watched) = (free_port(), free_port());
    let old = certificate(&home.path().join("old"));
    let new = certificate(&home.path().join("new"));
    let line = format!(
        "init --tenant-name Fabrikam --initial-domain fabrikam.onmicrosoft.com \
         --public-origin https://localhost:{port} --listen 127.0.0.1:{port}"
    );
    let dir = home.path().join("service");
    done(
        vestibule(&line)
            .arg("--certificate")
            .arg(&old.certificate)
            .arg("--key")
            .arg(&old.key)
            .arg("--dir")
            .arg(&dir),
    );
    let config = config_with(
        &dir,
        "# listen = \"127.0.0.1:9464\"",
        &format!("listen = \"127.0.0.1:{watched}\""),
    );
    let server = Running::serve(&config, &format!("http://127.0.0.1:{watched}/readyz"));

    let healthy = |ca: &Path| {
        let client = Client::new(Some(ca)).unwrap();
        client
            .get(&format!("https://localhost:{port}/healthz"), None)
            .is_ok_and(|answer| answer.status == 200)
    };
    assert_eq!((healthy(&old.ca), healthy(&new.ca)), (true, false));
    fs::copy(&new.certificate, &old.certificate).unwrap();
    fs::copy(&new.key, &old.key).unwrap();
    server.signal("HUP");
    wait_for(|| healthy(&new.ca));
    assert!(!healthy(&old.ca));

    fs::write(&old.key, "not a key").unwrap();
    server.signal("HUP");
    assert!(
        healthy(&new.ca),
        "a certificate that cannot be read changes nothing"
    );
    let (code, _, log) = server.end();
    assert_eq!(code, 0);
    assert!(log.contains("certificate read again"), "{log}");
}
