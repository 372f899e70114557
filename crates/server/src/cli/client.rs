//! The HTTP client of the commands that talk to a running server.
//!
//! It follows no redirect by itself and treats every status as an answer: the commands show each
//! step.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Error};
use url::Url;

use crate::terminal::{Failure, printable};

/// A whole exchange; the server itself gives up on a request after a minute.
const EXCHANGE: Duration = Duration::from_secs(30);
/// Answers and pages are a few kilobytes; this bounds what a wrong server could make us keep.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;

/// Where distributions keep the certificate authorities they trust; `SSL_CERT_FILE` wins.
const SYSTEM_ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A client with its own cookies.
pub struct Client {
    agent: Agent,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// `Location`, if there is one.
    pub location: Option<String>,
    /// `Retry-After`, if there is one.
    pub retry_after: Option<String>,
    /// The body, with unreadable bytes replaced.
    pub text: String,
}

impl Answer {
    /// The body as JSON; `null` when it is something else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// This answer as a failure: the server's own message where it sent one.
    pub fn failure(&self, step: &str) -> Failure {
        let json = self.json();
        let message = [
            json.pointer("/error/message"),
            json.pointer("/error_description"),
        ]
        .into_iter()
        .flatten()
        .find_map(Value::as_str);
        let failure = Failure::new(format!("{step}: the server answered {}", self.status));
        match (message, &self.retry_after) {
            (Some(message), Some(seconds)) => failure
                .because(printable(message))
                .because(format!("it asks to wait {} s", printable(seconds))),
            (Some(message), None) => failure.because(printable(message)),
            _ => failure,
        }
    }
}

impl Client {
    /// Trusts the authorities in `ca`, or the system's where none is given.
    pub fn new(ca: Option<&Path>) -> Result<Self, Failure> {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots(ca)?)))
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(EXCHANGE))
            .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            agent: config.new_agent(),
        })
    }

    /// GET, with a bearer token when given.
    pub fn get(&self, url: &str, token: Option<&str>) -> Result<Answer, Failure> {
        let mut request = self.agent.get(url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        read(url, request.call())
    }

    /// Whether the server at `base` shows the mails it writes: `vestibule dev` does, unless it
    /// hands them to a real mail server.
    pub fn shows_mails(&self, base: &str) -> Result<bool, Failure> {
        let answer = self.get(&format!("{base}/outbox/messages?top=1"), None)?;
        Ok(answer.status == StatusCode::OK)
    }

    /// POST of a JSON body with a bearer token.
    pub fn post_json(&self, url: &str, token: &str, body: &Value) -> Result<Answer, Failure> {
        let request = self
            .agent
            .post(url)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        read(url, request.send(body.to_string()))
    }

    /// POST of a form.
    pub fn post_form(&self, url: &str, fields: &[(String, String)]) -> Result<Answer, Failure> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let request = self
            .agent
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        read(url, request.send(form.finish()))
    }
}

fn read(url: &str, answer: Result<Response<Body>, Error>) -> Result<Answer, Failure> {
    let failed = |error: Error| unreachable_server(url, &error);
    let mut answer = answer.map_err(failed)?;
    let header = |name| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
    let (location, retry_after) = (header(LOCATION), header(RETRY_AFTER));
    let body = answer
        .body_mut()
        .with_config()
        .limit(MAX_ANSWER)
        .read_to_vec()
        .map_err(failed)?;
    Ok(Answer {
        status: answer.status(),
        location,
        retry_after,
        text: String::from_utf8_lossy(&body).into_owned(),
    })
}

/// Names the server without path and query, which may hold a ticket (T-30).
fn unreachable_server(url: &str, error: &Error) -> Failure {
    let origin =
        Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.origin().ascii_serialization());
    let failure = Failure::new(format!("no answer from {origin}")).because(error);
    match error {
        Error::Io(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => {
            failure.mend("vestibule dev   (in another terminal; then again)")
        }
        Error::Io(io) if is_about_trust(io) => {
            failure.mend("name the server's certificate authority with --ca-file")
        }
        Error::Rustls(_) | Error::Tls(_) => {
            failure.mend("name the server's certificate authority with --ca-file")
        }
        _ => failure,
    }
}

/// Whether the connection was there and its certificate was not trusted: the TLS library's error
/// comes in one of the connection's.
fn is_about_trust(error: &std::io::Error) -> bool {
    let inner = error.get_ref();
    inner.is_some_and(|inner| {
        inner.is::<rustls::Error>() || inner.to_string().contains("certificate")
    })
}

fn roots(ca: Option<&Path>) -> Result<Vec<Certificate<'static>>, Failure> {
    let configured = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let system = || {
        SYSTEM_ROOTS
            .iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
    };
    let Some(path) = ca.map(Path::to_owned).or(configured).or_else(system) else {
        // A server without TLS can still be reached; one with TLS will not be trusted, and the
        // error says so.
        return Ok(Vec::new());
    };
    let unreadable = |why: String| {
        Failure::new(format!("cannot read certificates from {}", path.display())).because(why)
    };
    let pem = std::fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) =
            item.map_err(|error| unreadable(error.to_string()))?
        {
            found.push(certificate);
        }
    }
    Ok(found)
}
