//! The examples of `docs/operating.md` for nginx, Caddy and systemd, taken from the page itself:
//! `serve` behind each proxy on loopback, with other ports and a certificate of our own, and what
//! the unit's own tool says of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::binary;
use super::web::free_port;
use crate::report::Outcome;
use crate::shell;

const PAGE: &str = "docs/operating.md";
/// The name in the examples.
const HOST: &str = "invite.contoso.com";

pub(super) fn run() -> Result<Outcome> {
    let wanted = ["nginx", "caddy", "curl", "openssl", "systemd-analyze"];
    let missing: Vec<_> = wanted
        .into_iter()
        .filter(|name| !shell::has(name))
        .collect();
    if !missing.is_empty() {
        return Ok(Outcome::Skipped(format!("{} missing", missing.join(", "))));
    }
    let page = std::fs::read_to_string(shell::root().join(PAGE))?;
    let folder = tempfile::tempdir()?;
    let site = Site::set_up(folder.path())?;
    for (name, example) in [
        ("nginx", example(&page, "    server {\n")?),
        ("caddy", example(&page, "    invite.contoso.com {\n")?),
    ] {
        let port = free_port()?;
        let _proxy = site.proxy(name, &example, port)?;
        site.asked_through(port)
            .with_context(|| format!("behind {name}"))?;
    }
    let unit = example(&page, "    [Unit]\n")?;
    site.unit(&unit)?;
    Ok(Outcome::Passed(
        "behind nginx and Caddy: TLS, HTTP/1.1 and HTTP/2, URLs of the public origin, a redemption page, Graph reads, refused \
         bodies, forged headers, other hosts; the unit verifies"
            .into(),
    ))
}

/// The indented block of the page that begins with that line.
fn example(page: &str, first: &str) -> Result<String> {
    let at = page
        .find(first)
        .with_context(|| format!("{PAGE} has no example that begins with {first:?}"))?;
    let lines = page.get(at..).unwrap_or_default().lines();
    let mut text = String::new();
    for line in lines.take_while(|line| line.is_empty() || line.starts_with("    ")) {
        writeln!(text, "{}", line.strip_prefix("    ").unwrap_or(line))?;
    }
    Ok(text)
}

/// The example with something else in the place of what must be there.
fn adapted(example: &str, changes: &[(&str, String)]) -> Result<String> {
    let mut text = example.to_owned();
    for (from, to) in changes {
        ensure!(text.contains(from), "the example has no {from:?}:\n{text}");
        text = text.replace(from, to);
    }
    Ok(text)
}

/// A process that is ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service behind a proxy that is not there yet.
struct Site {
    folder: PathBuf,
    /// Where it listens for the proxy.
    port: u16,
    app: Value,
    _server: Running,
}

impl Site {
    fn set_up(folder: &Path) -> Result<Self> {
        let (port, operations) = (free_port()?, free_port()?);
        shell::run(
            Command::new("openssl")
                .args([
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                ])
                .args(["-subj", &format!("/CN={HOST}")])
                .args(["-addext", &format!("subjectAltName=DNS:{HOST}")])
                .args(["-keyout", "key.pem", "-out", "cert.pem"])
                .current_dir(folder)
                .stderr(Stdio::null()),
        )?;
        let listen = format!("127.0.0.1:{port}");
        let service = folder.join("service");
        shell::run(
            Command::new(binary()?)
                .args(["init", "--tenant-name", "Contoso"])
                .args(["--initial-domain", "contoso.onmicrosoft.com"])
                .args(["--public-origin", &format!("https://{HOST}")])
                .args(["--listen", &listen, "--dir"])
                .arg(&service)
                .stdout(Stdio::null()),
        )?;
        let config = service.join("vestibule.toml");
        let text = std::fs::read_to_string(&config)?;
        let mail = "[mail]\nurl = \"smtp://127.0.0.1:9?tls=none\"\nfrom = \"a@contoso.com\"\n[log]";
        let changes = [
            (
                "# listen = \"127.0.0.1:9464\"",
                format!("listen = \"127.0.0.1:{operations}\""),
            ),
            ("[log]", mail.to_owned()),
        ];
        std::fs::write(&config, adapted(&text, &changes)?)?;
        let app = shell::read(
            Command::new(binary()?)
                .args(["app", "add", "--name", "Portal", "--output", "json"])
                .args(["--permission", "User.Invite.All"])
                .args(["--permission", "User.ReadWrite.All", "--config"])
                .arg(&config),
        )?;
        let log = std::fs::File::create(folder.join("log.jsonl"))?;
        let server = Command::new(binary()?)
            .args(["serve", "--config"])
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let server = Running(server);
        reached(&format!("http://127.0.0.1:{operations}/readyz"))?;
        Ok(Self {
            folder: folder.to_owned(),
            port,
            app: serde_json::from_str(&app)?,
            _server: server,
        })
    }

    /// Runs the proxy with the example, on that port.
    fn proxy(&self, name: &str, example: &str, port: u16) -> Result<Running> {
        let dir = self.folder.join(name);
        std::fs::create_dir_all(&dir)?;
        let file = |name: &str| self.folder.join(name).display().to_string();
        let upstream = ("127.0.0.1:8080", format!("127.0.0.1:{}", self.port));
        let home = dir.display();
        let (text, mut command) = if name == "nginx" {
            let changes = [
                upstream,
                ("listen 443", format!("listen 127.0.0.1:{port}")),
                ("/etc/ssl/invite.pem", file("cert.pem")),
                ("/etc/ssl/invite.key", file("key.pem")),
            ];
            let server = adapted(example, &changes)?;
            // One process, so that nothing is left when it is ended.
            let text = format!(
                "daemon off;\nmaster_process off;\npid {home}/pid;\nerror_log {home}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{server}}}\n"
            );
            let mut command = Command::new("nginx");
            command.arg("-c").arg(dir.join("config"));
            (text, command)
        } else {
            let (certificate, key) = (file("cert.pem"), file("key.pem"));
            let changes = [
                upstream,
                (
                    "invite.contoso.com {",
                    format!("{HOST}:{port} {{\n    bind 127.0.0.1\n    tls {certificate} {key}"),
                ),
            ];
            let server = adapted(example, &changes)?;
            let text = format!(
                "{{\n    admin off\n    auto_https disable_redirects\n    storage file_system {home}/data\n}}\n{server}"
            );
            let mut command = Command::new("caddy");
            command.args(["run", "--adapter", "caddyfile", "--config"]);
            command.arg(dir.join("config")).env("HOME", &dir);
            (text, command)
        };
        std::fs::write(dir.join("config"), text)?;
        let log = std::fs::File::create(dir.join("output"))?;
        let child = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut running = Running(child);
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = running.0.try_wait()? {
                let said = std::fs::read_to_string(dir.join("output"))?;
                bail!("{name} ended with {status}:\n{said}");
            }
            ensure!(
                started.elapsed() < Duration::from_secs(15),
                "{name} does not listen"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(running)
    }

    /// Asks with curl: the status, the version of HTTP, and the body.
    fn curl(&self, port: u16, args: &[&str]) -> Result<(String, String)> {
        let to = format!("{HOST}:443:127.0.0.1:{port}");
        let output = Command::new("curl")
            .args(["-sS", "--max-time", "30", "--connect-to", &to])
            .args(["-w", "\n%{http_code} %{http_version}", "--cacert"])
            .arg(self.folder.join("cert.pem"))
            .args(args)
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            output.status.success(),
            "curl {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let (body, status) = text.rsplit_once('\n').context("curl said nothing")?;
        Ok((status.to_owned(), body.to_owned()))
    }

    fn asked_through(&self, port: u16) -> Result<()> {
        let of = |name: &str| self.app[name].as_str().unwrap_or_default().to_owned();
        let origin = format!("https://{HOST}");
        let expect = |wanted: &str, args: &[&str]| -> Result<String> {
            let (status, body) = self.curl(port, args)?;
            ensure!(status == wanted, "{args:?}: {status}, not {wanted}: {body}");
            Ok(body)
        };
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://graph.microsoft.com/.default",
            of("clientId"),
            of("clientSecret")
        );
        let tokens = format!("{origin}/{}/oauth2/v2.0/token", of("tenant"));
        let token: Value = serde_json::from_str(&expect("200 2", &[&tokens, "-d", &form])?)?;
        let bearer = format!(
            "Authorization: Bearer {}",
            token["access_token"].as_str().context("no token")?
        );
        let json = "Content-Type: application/json";
        let users = format!("{origin}/v1.0/users");
        for version in ["--http1.1", "--http2"] {
            let wanted = version.replace("--http", "200 ");
            let page = expect(&wanted, &[version, "-H", &bearer, &users])?;
            let context = format!("{origin}/v1.0/$metadata#users");
            ensure!(page.contains(&context), "not of the public origin: {page}");
        }
        let invitation = "{\"invitedUserEmailAddress\":\"kim@partner.example\",\"inviteRedirectUrl\":\"https://portal.contoso.com\"}";
        let invitations = format!("{origin}/v1.0/invitations");
        let made = [&*invitations, "-H", &bearer, "-H", json, "-d", invitation];
        let made: Value = serde_json::from_str(&expect("201 2", &made)?)?;
        let link = made["inviteRedeemUrl"].as_str().context("no link")?;
        ensure!(link.starts_with(&format!("{origin}/redeem/")), "{link}");
        let jar = self.folder.join("jar").display().to_string();
        let shown = expect("200 2", &["-L", "-c", &jar, "-b", &jar, link])?;
        ensure!(shown.contains("/redeem/code"), "no form: {shown}");
        // Refused before the body was read: the answer arrives, and it is Graph's.
        let large = self.folder.join("large");
        std::fs::write(&large, "x".repeat(3 << 20))?;
        let large = format!("@{}", large.display());
        for version in ["--http1.1", "--http2"] {
            let end = version.replace("--http", " ");
            let sent = [version, "-H", json, "--data-binary", &large, &users];
            let body = expect(&format!("401{end}"), &sent)?;
            ensure!(body.contains("InvalidAuthenticationToken"), "{body}");
            let sent = [&["-H", &*bearer][..], &sent].concat();
            let body = expect(&format!("413{end}"), &sent)?;
            ensure!(body.contains("RequestEntityTooLarge"), "{body}");
        }
        // What a client says of itself does not count.
        let forged = [
            "-H",
            "X-Forwarded-Host: evil.example",
            "-H",
            "X-Forwarded-Proto: http",
            "-H",
            "X-Forwarded-For: 198.51.100.7",
            "-H",
            &bearer,
            &users,
        ];
        let page = expect("200 2", &forged)?;
        ensure!(page.contains(&origin), "{page}");
        let other = ["-H", "Host: evil.example", "--http1.1", &users];
        let (status, body) = self.curl(port, &other)?;
        ensure!(
            !status.starts_with('5') && !body.contains("value"),
            "{status}: {body}"
        );
        Ok(())
    }

    /// The unit with our binary and configuration, as systemd's own tool reads it.
    fn unit(&self, unit: &str) -> Result<()> {
        let program = binary()?.display().to_string();
        let changes = [
            ("/usr/local/bin/vestibule", program),
            (
                "/etc/vestibule/vestibule.toml",
                self.folder
                    .join("service/vestibule.toml")
                    .display()
                    .to_string(),
            ),
        ];
        let path = self.folder.join("vestibule.service");
        std::fs::write(&path, adapted(unit, &changes)?)?;
        let output = Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(&path)
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let ours: Vec<_> = said
            .lines()
            .filter(|line| line.contains("vestibule.service"))
            .collect();
        ensure!(
            output.status.success() && ours.is_empty(),
            "systemd-analyze verify: {said}"
        );
        Ok(())
    }
}

fn reached(url: &str) -> Result<()> {
    let started = Instant::now();
    while !ureq::get(url)
        .call()
        .is_ok_and(|answer| answer.status() == 200)
    {
        ensure!(
            started.elapsed() < Duration::from_secs(20),
            "{url} does not answer"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
