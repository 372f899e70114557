//! `vestibule dev`, and the commands that find it by its folder.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing step is a failing test"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use server::instance::sample;

use super::cli_process::{Running, done, run, vestibule, wait_for};

fn mode(path: &Path) -> u32 {
    fs::metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .permissions()
        .mode()
        & 0o777
}

#[test]
fn the_first_start_makes_an_instance_that_outlives_a_restart() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("it's here/.vestibule");
    let first = Running::dev(&dir);

    let tenant = sample::TENANT_ID.to_string();
    assert_eq!(first.env("TENANT"), tenant);
    assert_eq!(first.env("CLIENT_ID"), sample::CLIENT_ID.to_string());
    assert_eq!(first.env("CLIENT_SECRET"), sample::CLIENT_SECRET);
    assert_eq!(first.env("DOMAIN"), "contoso.com");
    assert!(first.env("BASE_URL").starts_with("https://localhost:"));
    assert!(first.env("HTTP_URL").starts_with("http://localhost:"));
    assert_eq!(first.env("AUTHORITY"), first.env("BASE_URL"));
    assert_eq!(Path::new(first.env("CA_FILE")), dir.join("ca.pem"));
    for (name, expected) in [
        ("", 0o700),
        ("master.key", 0o600),
        ("ca.key", 0o600),
        ("server.key", 0o600),
        ("dev.env", 0o600),
    ] {
        assert_eq!(mode(&dir.join(name)), expected, "{name}");
    }

    for url in [first.env("BASE_URL"), first.env("HTTP_URL")] {
        assert_eq!(
            first
                .client()
                .get(&format!("{url}/healthz"), None)
                .unwrap()
                .status,
            200,
            "{url}"
        );
    }
    let metrics = format!("{}/metrics", first.env("HTTP_URL"));
    let metrics = first.client().get(&metrics, None).unwrap();
    assert!(metrics.text.contains("vestibule_store_commits_total "));
    let token = token(&first);
    let users = first
        .client()
        .get(
            &format!("{}/v1.0/users", first.env("BASE_URL")),
            Some(&token),
        )
        .unwrap();
    assert_eq!(
        users.json()["value"].as_array().unwrap().len(),
        sample::USERS.len(),
        "{}",
        users.text
    );
    let one = format!(
        "{}/v1.0/users/{}",
        first.env("BASE_URL"),
        sample::USERS[0].id
    );
    assert_eq!(first.client().get(&one, Some(&token)).unwrap().status, 200);

    let kept = ["ca.pem", "server.pem", "master.key"].map(|name| fs::read(dir.join(name)).unwrap());
    let (code, out, err) = first.end();
    assert_eq!((code, err.as_str()), (0, ""), "SIGTERM is an orderly end");
    for shown in [
        "/outbox",
        "vestibule try invite",
        sample::CLIENT_SECRET,
        "eyJ",
    ] {
        assert!(out.contains(shown), "the screen lacks {shown}:\n{out}");
    }
    assert!(out.lines().count() <= 24, "one screen:\n{out}");
    assert!(out.lines().last().unwrap().starts_with("eyJ"), "{out}");
    assert!(out.contains("friendly"), "{out}");
    let text = fs::read_to_string(dir.join("dev.env")).unwrap();
    assert!(
        text.lines().all(|line| line.starts_with("export ")),
        "{text}"
    );
    assert!(
        text.contains("export INITIAL_DOMAIN='contoso.onmicrosoft.com'"),
        "{text}"
    );

    // With the server stopped.
    let out = done(vestibule("audit verify --json --dir").arg(&dir));
    let audit: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(audit["value"][0]["sound"], true, "{out}");

    let again = Running::dev(&dir);
    let same = ["ca.pem", "server.pem", "master.key"].map(|name| fs::read(dir.join(name)).unwrap());
    assert_eq!(kept, same, "keys and certificates outlive a restart");
    assert_eq!(
        again
            .client()
            .get(
                &one.replace(host(&one), host(again.env("BASE_URL"))),
                Some(&self::token(&again))
            )
            .unwrap()
            .status,
        200
    );
}

/// `localhost:PORT` of a URL.
fn host(url: &str) -> &str {
    url.split('/').nth(2).unwrap()
}

fn token(server: &Running) -> String {
    let out = done(vestibule("token --dir").arg(&server.dir));
    let token = out.strip_suffix('\n').unwrap();
    assert_eq!(token.split('.').count(), 3, "the token stands alone: {out}");
    token.to_owned()
}

/// What is said of who asks is never passed over for the app of the folder, which may do
/// everything.
#[test]
fn an_app_that_is_named_needs_its_own_secret() {
    let home = tempfile::tempdir().unwrap();
    let server = Running::dev(home.path());
    let ask = |line: &str, variables: &[(&str, &str)]| {
        let mut command = vestibule(line);
        command.arg("--dir").arg(&server.dir);
        command.envs(variables.iter().copied());
        run(&mut command)
    };
    let app = sample::CLIENT_ID.to_string();
    let nonsense = ("CLIENT_ID", "nonsense");
    let secret = ("CLIENT_SECRET", sample::CLIENT_SECRET);
    for (line, variables, expected) in [
        ("token", vec![nonsense], "the client secret is not known"),
        (
            "token --client-id nonsense",
            vec![],
            "the client secret is not known",
        ),
        (
            "try invite a@b.example",
            vec![nonsense],
            "the client secret is not known",
        ),
        ("token", vec![nonsense, secret], "the server answered"),
        (
            "token",
            vec![("CLIENT_SECRET", "nonsense")],
            "the server answered",
        ),
        (
            "token",
            vec![("TENANT", "nowhere.example")],
            "the server answered",
        ),
    ] {
        let (code, out, err) = ask(line, &variables);
        assert!(
            code != 0 && out.is_empty() && err.contains(expected),
            "{line} {variables:?}: {out}{err}"
        );
    }
    for (line, variables) in [
        ("token".to_owned(), vec![]),
        ("token".to_owned(), vec![("CLIENT_ID", "")]),
        (
            "token".to_owned(),
            vec![("CLIENT_ID", app.as_str()), secret],
        ),
        (format!("token --client-id {app}"), vec![nonsense, secret]),
        (
            "token --tenant contoso.com".to_owned(),
            vec![("TENANT", "nowhere.example")],
        ),
    ] {
        let (code, out, err) = ask(&line, &variables);
        assert_eq!(
            (code, out.split('.').count()),
            (0, 3),
            "{line} {variables:?}: {err}"
        );
    }
    let help = done(vestibule("token").arg("--help"));
    assert!(
        help.contains("Who asks there: the flags, else TENANT"),
        "{help}"
    );
}

#[test]
fn a_port_in_use_and_a_folder_in_use_are_named() {
    let home = tempfile::tempdir().unwrap();
    let first = Running::dev(home.path());
    let taken = first
        .env("HTTP_URL")
        .replace("http://localhost", "127.0.0.1");
    let other = tempfile::tempdir().unwrap();
    let (code, out, err) = run(
        vestibule(&format!("dev --http {taken} --https 127.0.0.1:0 --dir"))
            .arg(other.path().join("x")),
    );
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains(&taken) && err.contains("--http"), "{err}");
    assert!(!other.path().join("x").exists(), "nothing half-made stays");

    let (code, _, err) =
        run(vestibule("dev --http 127.0.0.1:0 --https 127.0.0.1:0 --dir").arg(home.path()));
    assert_eq!(code, 1);
    assert!(err.contains("--dir"), "{err}");
    assert!(
        err.contains("runs already") && err.contains(first.env("BASE_URL")),
        "{err}"
    );
    let (code, _, err) =
        run(vestibule(&format!("dev --http {taken} --https 127.0.0.1:0 --dir")).arg(home.path()));
    assert_eq!((code, err.contains("runs already")), (1, true), "{err}");
}

/// For containers: a name of their network is served, in the certificate too, and the outbox stays
/// for this machine.
#[test]
fn a_named_host_is_served_and_warned_of() {
    let home = tempfile::tempdir().unwrap();
    let more = [
        "--host",
        "vestibule,other:81",
        "--http",
        "0.0.0.0:0",
        "--json",
    ];
    let server = Running::dev_with(home.path(), &more);
    let port = server
        .env("HTTP_URL")
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let ask = |host: &str, path: &str| {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let named = format!("vestibule:{port}");
    assert!(ask(&named, "/v1.0/$metadata").starts_with("HTTP/1.1 200"));
    assert!(ask("other:81", "/v1.0/$metadata").starts_with("HTTP/1.1 200"));
    assert!(ask(&named, "/outbox").starts_with("HTTP/1.1 403"));
    // What is shown there works there.
    let page = ask(&named, "/");
    assert!(
        !page.contains("href=\"/outbox\"") && page.contains("own names only"),
        "{page}"
    );
    assert!(
        page.contains(&format!("curl http://{named}/v1.0/")),
        "{page}"
    );
    let page = ask(&format!("localhost:{port}"), "/");
    assert!(
        page.contains("href=\"/outbox\"") && page.contains("dev.env"),
        "{page}"
    );
    let refused = ask("nobody:81", "/v1.0/$metadata");
    assert!(refused.starts_with("HTTP/1.1 421"), "{refused}");
    assert!(
        refused.contains("nobody:81") && refused.contains("--host nobody"),
        "{refused}"
    );
    let hostile = ask("\"><script>:81", "/v1.0/$metadata");
    assert!(!hostile.contains("script"), "{hostile}");
    let (code, out, err) = server.end();
    assert_eq!((code, err.starts_with("warning:")), (0, true), "{err}");
    let said: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (out.lines().count(), &said["manner"]),
        (1, &"friendly".into())
    );
    assert_eq!(said["token"].as_str().unwrap().split('.').count(), 3);
}

/// Links lead to localhost, and to the first host only when that is asked for.
#[test]
fn links_lead_to_the_host_that_is_named_for_them() {
    let home = tempfile::tempdir().unwrap();
    for (more, first) in [
        (&["--host", "vestibule,other:81"][..], "http://localhost:"),
        (
            &["--host", "vestibule,other:81", "--host-links"],
            "http://vestibule:",
        ),
        (
            &["--host", "other:81,vestibule", "--host-links"],
            "http://other:81/",
        ),
    ] {
        let server = Running::dev_with(home.path(), more);
        let out = done(vestibule("try invite sam@fabrikam.example --dir").arg(&server.dir));
        assert!(
            out.contains(first) && out.contains("/redeem/?tenant="),
            "{out}"
        );
        let (code, out, err) = server.end();
        assert_eq!(code, 0, "{err}");
        assert!(
            out.contains("vestibule"),
            "the start screen says where links lead: {out}"
        );
    }
    let (code, _, err) = run(vestibule("dev --host-links --dir").arg(home.path()));
    assert_eq!((code, err.contains("--host")), (2, true), "{err}");
}

#[test]
fn a_folder_without_its_key_is_not_given_another() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("vestibule.db"), "").unwrap();
    let (code, _, err) =
        run(vestibule("dev --http 127.0.0.1:0 --https 127.0.0.1:0 --dir").arg(home.path()));
    assert_eq!(code, 1);
    assert!(err.contains("master.key"), "{err}");
    assert!(!home.path().join("master.key").exists());
}

/// A tunnel's requests come from this machine too; their name tells that their sender sits
/// elsewhere.
#[test]
fn links_and_codes_do_not_leave_through_a_tunnel() {
    let home = tempfile::tempdir().unwrap();
    let server = Running::dev_with(home.path(), &["--public-origin", "http://tunnel.example"]);
    let out = done(vestibule("try invite sam@fabrikam.example --dir").arg(&server.dir));
    assert!(
        out.contains("http://tunnel.example/redeem/?tenant="),
        "{out}"
    );
    let own = server.env("HTTP_URL").trim_start_matches("http://");
    let status = |host: &str, path: &str| {
        let mut stream = TcpStream::connect(own).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    for path in ["/outbox", "/outbox/messages"] {
        assert_eq!(status(own, path), "200", "{path}");
        assert_eq!(status("tunnel.example", path), "403", "{path}");
    }
    assert_eq!(status("tunnel.example", "/redeem/start"), "200");
}

#[test]
fn plain_http_on_the_port_of_tls_gets_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let server = Running::dev(home.path());
    let port = server.env("BASE_URL").rsplit(':').next().unwrap();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let body = "x".repeat(10_000);
    let request = format!("POST /v1.0/users HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(body.contains("https://"), "{answer}");
    assert!(
        head.contains(&format!("content-length: {}\r\n", body.len())),
        "{answer}"
    );
}

#[test]
fn the_whole_story_runs_without_a_browser() {
    let home = tempfile::tempdir().unwrap();
    let server = Running::dev(home.path());
    // Once more at once: people press the up arrow.
    for _ in 0..2 {
        let again = "try invite sam@fabrikam.example --headless --dir";
        let out = done(vestibule(again).arg(&server.dir));
        assert_eq!(out.lines().last(), Some("Accepted"), "{out}");
    }

    // Found by the environment, as after `. dev.env`.
    let invite = "try invite robin@fabrikam.example --redirect https://portal.example/in";
    let out = done(vestibule(invite).envs(&server.env));
    assert!(
        out.contains("/redeem/?tenant=") && out.contains("robin@fabrikam.example"),
        "{out}"
    );
}

/// With a mail server of one's own there is no outbox, and nobody is sent to one.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_mail_server_nobody_is_sent_to_the_outbox() {
    use crate::smtp_sink::{Encryption, Sink};
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let url = format!("smtp://127.0.0.1:{}?tls=none", sink.address.port());
    tokio::task::block_in_place(|| {
        let home = tempfile::tempdir().unwrap();
        let server = Running::dev_with(home.path(), &["--smtp", &url]);
        let out = done(vestibule("try invite sam@fabrikam.example --dir").arg(&server.dir));
        assert!(!out.contains("outbox"), "{out}");
        assert!(out.contains("/redeem/?tenant="), "{out}");
        wait_for(|| !sink.received().is_empty());
        let (code, _, err) =
            run(vestibule("dev --http 127.0.0.1:0 --https 127.0.0.1:0 --dir").arg(&server.dir));
        assert_eq!((code, err.contains("runs already")), (1, true), "{err}");
        assert!(!err.contains("outbox"), "{err}");
        let (_, screen, _) = server.end();
        assert!(screen.contains("the mail server of --smtp"), "{screen}");
        assert!(!screen.contains("outbox"), "{screen}");
    });
    // The story as it usually is, to see that the words looked for above are those of the outbox.
    tokio::task::block_in_place(|| {
        let home = tempfile::tempdir().unwrap();
        let server = Running::dev(home.path());
        let out = done(vestibule("try invite sam@fabrikam.example --dir").arg(&server.dir));
        assert!(out.contains("/outbox"), "{out}");
    });
}
