//! `vestibule dev`: a whole server at a desk, with a tenant, an app and a mailbox to look into.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use directory::{Directory, Policy, ServiceMode};
use store::Role;

use super::client::Client;
use super::dev_env::{self, name};
use super::dev_screen::Start;
use super::operations;
use super::place::DEFAULT_DIR;
use super::running::{self, BoundListener};
use crate::app::{App, AppState, Mode};
use crate::http::listener::{DEFAULT_CONNECTIONS, Limits};
use crate::http::origin::{Origin, Origins};
use crate::http::tls::Tls;
use crate::instance::files::{self, Access};
use crate::instance::master_key::{self, MasterKey, Purpose};
use crate::instance::open::OpenFor;
use crate::instance::{DEV_ENV, MASTER_KEY, certificates, open, sample, seed};
use crate::log;
use crate::mail::Branding;
use crate::pages::Pages;
use crate::router::{Endpoints, router};
use crate::terminal::{self, Failure};

/// By how much dev raises the quotas on invitations and mails.
pub(super) const QUOTA_FACTOR: u32 = 100;

/// Start a server for your desk: a tenant, an app and a mailbox to look into
#[derive(Args, Debug)]
#[command(
    after_help = "The first start makes DIR with a database, keys, a certificate authority and \
        sample objects; everything outlives a restart. DIR/dev.env holds BASE_URL, CLIENT_ID and \
        the others for shells and tools. It listens on loopback addresses only, since its client secret \
        is printed in the documentation; --host opens it to a network of containers that you trust.

Examples:
  vestibule dev
  vestibule dev --http 127.0.0.1:0 --https 127.0.0.1:0   any free ports; see dev.env
  vestibule dev --http 0.0.0.0:8080 --host vestibule     for other containers, as http://vestibule:8080
  vestibule dev --http 0.0.0.0:8080 --host vestibule --host-links    links in mails lead there, too
  vestibule dev --smtp 'smtp://127.0.0.1:1025?tls=none'  mails go to that server"
)]
pub struct DevArgs {
    /// Folder of the instance
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DIR)]
    dir: PathBuf,
    /// Address or port without TLS; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    http: SocketAddr,
    /// Address or port with TLS; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443", value_parser = address)]
    https: SocketAddr,
    /// Further names it is reached by, with commas between; a port where it is another one outside
    #[arg(
        long = "host",
        value_name = "NAME",
        env = "VESTIBULE_HOSTS",
        hide_env_values = true,
        value_delimiter = ',',
        value_parser = host
    )]
    hosts: Vec<String>,
    /// Links in mails begin with the first `--host`, for who is to open them there; else they lead
    /// to localhost
    #[arg(long, requires = "hosts", conflicts_with = "public_origin")]
    host_links: bool,
    /// Origin that links begin with, when a proxy or tunnel stands in front
    /// [default: `http://localhost:PORT`]
    #[arg(long, value_name = "URL")]
    public_origin: Option<String>,
    /// Send mails to a real server instead: `smtp://…` or `smtps://…`, with `?tls=none` for one on
    /// this machine
    #[arg(long, value_name = "URL")]
    smtp: Option<String>,
    /// Serve the tenant `friendly` (more than the documented service, with notes) or `strict`
    /// (refuses what it refuses); kept in the folder
    #[arg(long, value_name = "MANNER", value_parser = manner)]
    manner: Option<ServiceMode>,
    /// Print what the start screen says as one line of JSON
    #[arg(long)]
    json: bool,
}

/// `8080`, `localhost:8080` and `127.0.0.1:8080` are the same.
fn address(text: &str) -> Result<SocketAddr, String> {
    let loopback = |port: &str| {
        let port = port.parse().ok()?;
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    };
    text.parse()
        .ok()
        .or_else(|| loopback(text))
        .or_else(|| loopback(text.strip_prefix("localhost:")?))
        .ok_or_else(|| "write a port, or an address such as 127.0.0.1:8080".to_owned())
}

/// A name as it stands in a URL, with or without a port.
fn host(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    match Origin::parse(&format!("http://{text}")) {
        // Parsing drops the default port: `vestibule:80` becomes the authority `vestibule`, and is
        // meant all the same.
        Ok(origin) if origin.authority() == text || text.ends_with(":80") => Ok(text),
        _ => Err("write a name such as vestibule or vestibule:8080".to_owned()),
    }
}

fn manner(text: &str) -> Result<ServiceMode, String> {
    ServiceMode::named(text).ok_or_else(|| "it is friendly or strict".to_owned())
}

/// Runs the command until it is told to end.
pub fn run(args: &DevArgs, filter: Option<&str>) -> Result<(), Failure> {
    for (flag, address) in [("--http", args.http), ("--https", args.https)] {
        if address.ip().is_loopback() {
            continue;
        }
        if args.hosts.is_empty() {
            return Err(Failure::usage(format!("{flag} {address} is not a loopback address"))
                .because("dev's client secret is printed in the documentation; from outside, anybody could use it")
                .mend(format!("vestibule dev {flag} 127.0.0.1:{}, or with --host NAME in a network of containers that you trust, \
                               or set up a service with vestibule init", address.port())));
        }
        let style = terminal::Style::stderr();
        let warning = format!(
            "{} whoever reaches {address} may do everything here: dev's client secret is printed in the documentation\n",
            style.red("warning:")
        );
        // With standard error gone there is nobody left to warn.
        let _gone = std::io::Write::write_all(&mut std::io::stderr(), warning.as_bytes());
    }
    log::install(filter.unwrap_or("warn"), log::Format::Text)
        .map_err(|error| Failure::usage(error.to_string()))?;
    let failed = running::runtime()?.block_on(serve(args));
    // A port or a folder that is taken, most often by the server that somebody forgot.
    failed.map_err(|failure| runs_already(&args.dir).unwrap_or(failure))
}

/// Says so where the folder's own server answers, told by its certificate: another one may have its
/// port by now.
fn runs_already(dir: &Path) -> Option<Failure> {
    let text = std::fs::read_to_string(dir.join(DEV_ENV)).ok()?;
    let values = dev_env::read(&text);
    let base = values.get(name::BASE_URL)?;
    let authority = PathBuf::from(values.get(name::CA_FILE)?);
    let client = Client::new(Some(&authority)).ok()?;
    let answer = client.get(&format!("{base}/healthz"), None).ok()?;
    let shows_mails = client.shows_mails(base).unwrap_or(false);
    answer.status.is_success().then(|| {
        let mut at = format!("Graph: {base}/v1.0");
        if shows_mails {
            let outbox = values.get(name::HTTP_URL).unwrap_or(base);
            at = format!("{at}  Mails: {outbox}/outbox");
        }
        Failure::new(format!("the server of {} runs already", dir.display()))
            .because(at)
            .mend("use that one, end it with Ctrl-C, or name another folder with --dir")
    })
}

async fn serve(args: &DevArgs) -> Result<(), Failure> {
    // Bound first: a port in use is the commonest failure, and should leave no half-made folder
    // behind.
    let http = running::bind(args.http, "--http").await?;
    let https = running::bind(args.https, "--https").await?;
    let urls = Urls {
        http: running::address_of(&http)?.port(),
        https: running::address_of(&https)?.port(),
    };
    let mail = super::mail::of_dev(args.smtp.as_deref())?;
    let origins = urls.origins(args)?;
    let links = origins.first().to_owned();

    let made = DevFolder::in_dir(&args.dir, &args.hosts).await?;
    let policy = Policy {
        public_origin: origins.first().to_owned(),
        mail_configured: true,
        smtputf8: false,
        quota_factor: QUOTA_FACTOR,
        keep_letters: args.smtp.is_none(),
    };
    let directory = made.directory(&policy).await?;
    if let Some(manner) = args.manner {
        seed::set_manner(&directory, manner)
            .await
            .map_err(|refusal| made.unusable(&refusal))?;
    }
    let signing = open::signing_keys(&directory)
        .await
        .map_err(|error| made.unusable(&error))?;
    let pages = Pages::load(None)
        .map_err(|error| Failure::new("the pages cannot be loaded").because(error))?;
    let state = AppState::new(directory.clone(), origins, Mode::Dev, signing, pages);
    let app = App::new(state);

    let router = router(app.clone()).merge(operations::measured(app.clone()));
    let tls = Arc::new(
        Tls::load(&made.certificates.certificate, &made.certificates.key)
            .map_err(|error| made.unusable(&error))?,
    );
    let mut sockets =
        also_on_ipv6(&[(args.http, &http, None), (args.https, &https, Some(&tls))]).await;
    sockets.push(BoundListener {
        socket: http,
        tls: None,
    });
    sockets.push(BoundListener {
        socket: https,
        tls: Some(tls),
    });
    // Before the first answer: a script that waits until the server answers reads its addresses
    // from this file.
    // Before somebody reads in `dev.env` that the server is there, and ends it.
    let mut signals = running::Signals::listen()?;
    let file = made.write_env(&urls)?;
    // All clients of a desk come from its one address.
    let limits = Limits::of_whole(DEFAULT_CONNECTIONS);
    let listeners = running::listen(router.clone(), sockets, limits, &app.metrics.connections);
    super::mail::tell_whether_it_works(Arc::clone(&mail));
    let background = running::Background::start(&app, Some(mail), Branding::default());

    let token = ready_token(router, &urls).await;
    let tenant = directory.find_tenant(&sample::TENANT_ID.to_string()).await;
    let manner = tenant
        .map_err(|refusal| made.unusable(&refusal))?
        .settings
        .manner;
    let start = Start {
        urls: &urls,
        made: &made,
        asked: &args.dir,
        env: &file,
        manner,
        token: token.as_deref(),
        has_outbox: args.smtp.is_none(),
        links: &links,
        first_host: args.hosts.first().map(String::as_str),
    };
    if args.json {
        terminal::print(&format!("{}\n", start.json()))?;
    } else {
        start.screen().show()?;
    }

    signals.wait(&[]).await;
    running::end(listeners, background, &directory).await
}

/// The host of `vestibule:8080`, `vestibule` and `[fd00::1]`.
fn host_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    }
}

/// The origin of a host that may have a port of its own.
fn origin(scheme: &str, host: &str, port: u16) -> String {
    if host_of(host) == host {
        format!("{scheme}://{host}:{port}")
    } else {
        format!("{scheme}://{host}")
    }
}

/// The ports that the sockets were bound to.
pub(super) struct Urls {
    http: u16,
    https: u16,
}

impl Urls {
    pub(super) fn http(&self) -> String {
        format!("http://localhost:{}", self.http)
    }

    pub(super) fn https(&self) -> String {
        format!("https://localhost:{}", self.https)
    }

    /// Plain http on localhost comes first, so that the first link shows no certificate warning
    ///
    fn origins(&self, args: &DevArgs) -> Result<Origins, Failure> {
        let wrong = |error| Failure::usage(format!("--public-origin: {error}"));
        let mut listed = Vec::new();
        if let Some(public) = &args.public_origin {
            listed.push(Origin::parse(public).map_err(wrong)?);
        }
        let own = ["localhost", "127.0.0.1", "[::1]"];
        // The first origin begins the links.
        let first = args.hosts.iter().take(usize::from(args.host_links));
        let hosts = first.map(String::as_str).chain(own);
        for host in hosts.chain(args.hosts.iter().map(String::as_str)) {
            for (scheme, port) in [("http", self.http), ("https", self.https)] {
                let origin = Origin::parse(&self::origin(scheme, host, port)).map_err(wrong)?;
                if !listed.contains(&origin) {
                    listed.push(origin);
                }
            }
        }
        Origins::new(listed, Vec::new()).map_err(wrong)
    }
}

/// `localhost` is `::1` first for many clients. Where the IPv4 loopback was asked for, the same
/// port of the IPv6 one is served too if it can be had; a machine without IPv6 works as well.
async fn also_on_ipv6(
    asked: &[(SocketAddr, &tokio::net::TcpListener, Option<&Arc<Tls>>)],
) -> Vec<BoundListener> {
    let mut more = Vec::new();
    for (address, socket, tls) in asked {
        let Ok(real) = running::address_of(socket) else {
            continue;
        };
        if address.ip() != IpAddr::V4(Ipv4Addr::LOCALHOST) {
            continue;
        }
        let twin = SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), real.port());
        match tokio::net::TcpListener::bind(twin).await {
            Ok(socket) => more.push(BoundListener {
                socket,
                tls: tls.map(Arc::clone),
            }),
            Err(error) => {
                tracing::warn!(%twin, %error, "cannot listen there too; clients that prefer IPv6 may not find this server");
            }
        }
    }
    more
}

/// The folder, made at the first start.
pub(super) struct DevFolder {
    pub(super) dir: PathBuf,
    key: MasterKey,
    pub(super) certificates: certificates::CertificateFiles,
}

impl DevFolder {
    async fn in_dir(dir: &Path, hosts: &[String]) -> Result<Self, Failure> {
        let failed = |why: &dyn std::fmt::Display| {
            Failure::new(format!("cannot use the folder {}", dir.display())).because(why)
        };
        let dir = std::path::absolute(dir).map_err(|error| failed(&error))?;
        files::make_private_dir(&dir).map_err(|error| failed(&error))?;
        let path = dir.join(MASTER_KEY);
        let key = if path.exists() {
            open::master_key(&dir, &path, OpenFor::Serving)
                .await
                .map_err(|error| failed(&error))?
        } else if open::database(&dir).exists() {
            return Err(failed(&format!(
                "it has a database but no {MASTER_KEY}, without which the database cannot be read"
            ))
            .mend("put the key file back, or start over in another folder with --dir"));
        } else {
            master_key::create(&path, Purpose::Dev).map_err(|error| failed(&error))?
        };
        if key.purpose != Purpose::Dev {
            return Err(failed(
                &"it belongs to a service; dev would open it to everybody at this machine",
            )
            .mend("vestibule dev --dir OTHER, or vestibule serve --config FILE"));
        }
        let now = directory::Clock::now(&directory::SystemClock);
        let hosts: Vec<_> = hosts
            .iter()
            .map(|host| host_of(host).trim_matches(['[', ']']).to_owned())
            .collect();
        let certificates =
            certificates::prepare_for(&dir, now, &hosts).map_err(|error| failed(&error))?;
        Ok(Self {
            dir,
            key,
            certificates,
        })
    }

    fn unusable(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::new(format!("cannot use the folder {}", self.dir.display())).because(why)
    }

    async fn directory(&self, policy: &Policy) -> Result<Directory, Failure> {
        let store = open::store(&self.dir, &self.key, Role::Server).map_err(|error| {
            self.unusable(&error).mend(
                "if another vestibule runs on it, end that one or name another folder with --dir",
            )
        })?;
        let directory = open::directory(store.clone(), &self.key, policy.clone());
        let with_ids = |ids| open::directory_with(store.clone(), &self.key, policy.clone(), ids);
        seed::seed(&directory, with_ids)
            .await
            .map_err(|refusal| self.unusable(&refusal))?;
        directory
            .restore_expiry_clock()
            .await
            .map_err(|refusal| self.unusable(&refusal))?;
        Ok(directory)
    }

    fn write_env(&self, urls: &Urls) -> Result<PathBuf, Failure> {
        let (base, http) = (urls.https(), urls.http());
        let tenant = sample::TENANT_ID.to_string();
        let client_id = sample::CLIENT_ID.to_string();
        let ca_file = self.certificates.ca.to_string_lossy();
        let text = dev_env::write(&[
            (name::BASE_URL, &base),
            (name::HTTP_URL, &http),
            (name::AUTHORITY, &base),
            (name::TENANT, &tenant),
            (name::CLIENT_ID, &client_id),
            (name::CLIENT_SECRET, sample::CLIENT_SECRET),
            (name::CA_FILE, &ca_file),
            (name::DOMAIN, sample::DOMAIN),
            (name::INITIAL_DOMAIN, sample::INITIAL_DOMAIN),
        ]);
        let path = self.dir.join(DEV_ENV);
        files::write(&path, text.as_bytes(), Access::Private)
            .map_err(|error| self.unusable(&error))?;
        Ok(path)
    }
}

/// Asks our own router, as a client would; without a token the screen is still worth showing.
async fn ready_token(router: Endpoints, urls: &Urls) -> Option<String> {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt as _;

    /// A token answer is about two kilobytes.
    const MAX_ANSWER: usize = 64 * 1024;
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("scope", "https://graph.microsoft.com/.default")
        .append_pair("client_id", &sample::CLIENT_ID.to_string())
        .append_pair("client_secret", sample::CLIENT_SECRET)
        .finish();
    let mut request = Request::post(format!("/{}/oauth2/v2.0/token", sample::TENANT_ID))
        .header("host", format!("localhost:{}", urls.https))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .ok()?;
    let peer = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    request
        .extensions_mut()
        .insert(crate::http::origin::Connection { peer, tls: true });
    let answer = router.oneshot(request).await.ok()?;
    let body = to_bytes(answer.into_body(), MAX_ANSWER).await.ok()?;
    let json: serde_json::Value = serde_json::from_slice(&body).ok()?;
    Some(json.get("access_token")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_hosts() {
        for (text, expected) in [
            ("8080", Some("127.0.0.1:8080")),
            ("0", Some("127.0.0.1:0")),
            ("localhost:8080", Some("127.0.0.1:8080")),
            ("0.0.0.0:80", Some("0.0.0.0:80")),
            ("[::1]:80", Some("[::1]:80")),
            ("localhost", None),
            ("70000", None),
            ("vestibule:8080", None),
            (":8080", None),
            ("", None),
        ] {
            let found = address(text).ok().map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("Vestibule", Some("vestibule")),
            (" vestibule:9000 ", Some("vestibule:9000")),
            ("10.1.2.3", Some("10.1.2.3")),
            ("[fd00::1]:80", Some("[fd00::1]:80")),
            ("http://vestibule", None),
            ("vestibule/x", None),
            ("a b", None),
            ("", None),
        ] {
            assert_eq!(host(text).ok().as_deref(), expected, "{text}");
        }
        assert_eq!(host_of("[fd00::1]:80"), "[fd00::1]");
        assert_eq!(host_of("[fd00::1]"), "[fd00::1]");
    }
}
