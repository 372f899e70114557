//! Small parts the journeys share: free ports, a web server to land on, and Graph calls by plain
//! HTTP.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Instance;

/// A loopback port that was free a moment ago.
///
/// # Errors
/// The machine has none.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Serves `answer` to every request on a free loopback port until the process ends.
///
/// # Errors
/// No port can be bound.
pub(super) fn serve(answer: String) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A browser opens spare connections and says nothing on them: each gets its own thread.
            let answer = answer.clone();
            std::thread::spawn(move || respond(stream, &answer));
        }
    });
    Ok(port)
}

fn respond(mut stream: TcpStream, answer: &str) {
    let mut request = [0_u8; 4096];
    if stream.read(&mut request).is_ok_and(|read| read > 0) {
        let _ = stream.write_all(answer.as_bytes());
    }
}

/// A page that says `title`.
pub(super) fn page(title: &str) -> String {
    let body = format!("<!doctype html><title>{title}</title><h1>{title}</h1>");
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// A redirect to `url`.
pub(super) fn redirect(url: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

/// What a write was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    /// `Retry-After` in seconds.
    pub(super) retry_after: Option<u32>,
    pub(super) body: Value,
}

/// Graph calls with one token.
pub(super) struct Graph {
    base: String,
    token: String,
    agent: ureq::Agent,
}

impl Graph {
    /// Gets a token with the credentials of `dev.env`.
    ///
    /// # Errors
    /// The server gave none.
    pub(super) fn connect(dev: &Instance) -> Result<Self> {
        Self::sign_in(
            dev.get("HTTP_URL"),
            dev.get("TENANT"),
            dev.get("CLIENT_ID"),
            dev.get("CLIENT_SECRET"),
        )
    }

    /// Gets a token with these credentials.
    ///
    /// # Errors
    /// The server gave none.
    pub(super) fn sign_in(base: &str, tenant: &str, client: &str, secret: &str) -> Result<Self> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(std::time::Duration::from_secs(20)))
            .build()
            .into();
        let mut answer = agent
            .post(format!("{base}/{tenant}/oauth2/v2.0/token"))
            .send_form([
                ("grant_type", "client_credentials"),
                ("client_id", client),
                ("client_secret", secret),
                ("scope", "https://graph.microsoft.com/.default"),
            ])?;
        let body: Value = answer.body_mut().read_json()?;
        let token = body["access_token"]
            .as_str()
            .with_context(|| format!("no token: {body}"))?
            .to_owned();
        Ok(Self {
            base: base.to_owned(),
            token,
            agent,
        })
    }

    /// `GET /v1.0{path}`.
    ///
    /// # Errors
    /// No answer, or another status than 200.
    pub(super) fn get(&self, path: &str) -> Result<Value> {
        let mut answer = self
            .agent
            .get(format!("{}/v1.0{path}", self.base))
            .header("Authorization", format!("Bearer {}", self.token))
            .call()?;
        let body: Value = answer.body_mut().read_json()?;
        if answer.status() != 200 {
            bail!("GET {path}: {} {body}", answer.status());
        }
        Ok(body)
    }

    /// `POST /v1.0{path}`; the status and the body, whatever they are.
    ///
    /// # Errors
    /// No answer, which says nothing about whether it happened.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<(u16, Value)> {
        self.send(path, body)
            .map(|answer| (answer.status, answer.body))
    }

    /// Sends a POST; the answer includes `Retry-After`.
    ///
    /// # Errors
    /// As [`Graph::post`].
    pub(super) fn send(&self, path: &str, body: &Value) -> Result<Answer> {
        let mut answer = self
            .agent
            .post(format!("{}/v1.0{path}", self.base))
            .header("Authorization", format!("Bearer {}", self.token))
            .send_json(body)?;
        let retry_after = answer
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer {
            status: answer.status().as_u16(),
            retry_after,
            body: answer.body_mut().read_json()?,
        })
    }

    /// Invites `address` and returns the 201's body.
    ///
    /// # Errors
    /// No answer, or another status than 201.
    pub(super) fn invite(&self, address: &str, redirect: &str, send: bool) -> Result<Value> {
        let (status, body) = self.post(
            "/invitations",
            &serde_json::json!({
                "invitedUserEmailAddress": address,
                "inviteRedirectUrl": redirect,
                "sendInvitationMessage": send,
            }),
        )?;
        if status != 201 {
            bail!("POST /invitations: {status} {body}");
        }
        Ok(body)
    }
}
