//! A mail server for tests: speaks SMTP over a real socket, keeps what it is handed, and misbehaves
//! as told.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's server stops at the first surprise"
)]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Leave to start TLS, and answers to everything that would be said within it.
const INJECTED: &str =
    "220 go ahead\r\n250-evil.example\r\n250 AUTH LOGIN\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken";

/// What the sink offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// None; STARTTLS is not offered.
    Plain,
    /// STARTTLS is offered.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS is offered, and its leave is followed, in the same packet, by lines for the
    /// encrypted session: an attacker's.
    Injecting,
}

/// One way to misbehave; each is used up by the connection or message it befalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The greeting is this line.
    Greeting(&'static str),
    /// Never greets.
    Silence,
    /// MAIL is answered so.
    Mail(&'static str),
    /// RCPT is answered so.
    Rcpt(&'static str),
    /// DATA is answered so.
    Data(&'static str),
    /// The message is read whole and answered so, and not kept.
    Message(&'static str),
    /// The message is read whole and kept; the connection is cut before the answer.
    CutAfterMessage,
    /// The message is taken and answered; then the connection is cut.
    CutWhenDone,
}

/// One message as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) mail_from: String,
    pub(crate) recipients: Vec<String>,
    /// The lines between DATA and the lone dot, dots still doubled.
    pub(crate) wire: String,
    pub(crate) encrypted: bool,
    pub(crate) login: Option<String>,
}

#[derive(Default)]
struct Seen {
    received: Vec<Received>,
    connections: usize,
    /// Every command line of every connection.
    commands: Vec<String>,
    faults: VecDeque<Fault>,
}

/// A running sink; stops when dropped.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    pub(crate) ca_file: PathBuf,
    seen: Arc<Mutex<Seen>>,
    task: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

#[derive(Clone)]
struct Manners {
    encryption: Encryption,
    login: Option<(&'static str, &'static str)>,
    tls: TlsAcceptor,
}

impl Sink {
    /// Starts one on a free port.
    pub(crate) async fn start(encryption: Encryption, faults: &[Fault]) -> Self {
        Self::with_login(encryption, None, faults).await
    }

    /// Starts one that asks for a login.
    pub(crate) async fn with_login(
        encryption: Encryption,
        login: Option<(&'static str, &'static str)>,
        faults: &[Fault],
    ) -> Self {
        let certified = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, certified.cert.pem()).unwrap();
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certified.cert.der().clone()],
                PrivateKeyDer::Pkcs8(key),
            )
            .unwrap();
        let manners = Manners {
            encryption,
            login,
            tls: TlsAcceptor::from(Arc::new(config)),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Seen {
            faults: faults.iter().copied().collect(),
            ..Seen::default()
        }));
        let shared = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let (manners, shared) = (manners.clone(), Arc::clone(&shared));
                // A client that goes away ends its session with an error, which is the client's
                // affair.
                tokio::spawn(async move { session(tcp, manners, shared).await });
            }
        });
        Self {
            address,
            ca_file,
            seen,
            task,
            _folder: folder,
        }
    }

    /// One more fault, for what comes next.
    pub(crate) fn then(&self, fault: Fault) {
        self.seen.lock().unwrap().faults.push_back(fault);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.seen.lock().unwrap().received.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn session(tcp: TcpStream, manners: Manners, seen: Arc<Mutex<Seen>>) -> std::io::Result<()> {
    let implicit = manners.encryption == Encryption::Implicit;
    if implicit {
        let tls = manners.tls.accept(tcp).await?;
        Talk::new(tls, &manners, &seen, true).run(true).await?;
        return Ok(());
    }
    let talk = Talk::new(tcp, &manners, &seen, false);
    if let Some(tcp) = talk.run(true).await? {
        let tls = manners.tls.accept(tcp).await?;
        Talk::new(tls, &manners, &seen, true).run(false).await?;
    }
    Ok(())
}

/// What a command leads to.
enum Next {
    GoOn,
    StartTls,
    HangUp,
}

/// One conversation, in plain text or within TLS.
struct Talk<'a, S> {
    stream: BufStream<S>,
    manners: &'a Manners,
    seen: &'a Mutex<Seen>,
    encrypted: bool,
    login: Option<String>,
    message: Option<Received>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Talk<'a, S> {
    fn new(stream: S, manners: &'a Manners, seen: &'a Mutex<Seen>, encrypted: bool) -> Self {
        Self {
            stream: BufStream::new(stream),
            manners,
            seen,
            encrypted,
            login: None,
            message: None,
        }
    }

    /// Until the client leaves (`None`) or starts TLS (the stream).
    async fn run(mut self, greets: bool) -> std::io::Result<Option<S>> {
        if greets && !self.greet().await? {
            return Ok(None);
        }
        while let Some(line) = read(&mut self.stream).await? {
            self.seen.lock().unwrap().commands.push(line.clone());
            match self.obey(&line).await? {
                Next::GoOn => {}
                Next::StartTls => return Ok(Some(self.stream.into_inner())),
                Next::HangUp => return Ok(None),
            }
        }
        Ok(None)
    }

    async fn greet(&mut self) -> std::io::Result<bool> {
        match self.take(|fault| matches!(fault, Fault::Greeting(_) | Fault::Silence)) {
            Some(Fault::Silence) => {
                while read(&mut self.stream).await?.is_some() {}
                Ok(false)
            }
            Some(Fault::Greeting(line)) => self.say(line).await.map(|()| false),
            _ => {
                let line = "220-sink.example\r\n220 at your service";
                self.say(line).await.map(|()| true)
            }
        }
    }

    async fn obey(&mut self, line: &str) -> std::io::Result<Next> {
        let verb = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => self.ehlo().await?,
            "STARTTLS" => {
                let injects = self.manners.encryption == Encryption::Injecting;
                self.say(if injects { INJECTED } else { "220 go ahead" })
                    .await?;
                return Ok(Next::StartTls);
            }
            "AUTH" => self.auth(line).await?,
            "MAIL" => self.mail(line).await?,
            "RCPT" => self.recipient(line).await?,
            "DATA" => return self.data().await,
            "QUIT" => {
                self.say("221 bye").await?;
                return Ok(Next::HangUp);
            }
            _ => self.say("502 what?").await?,
        }
        Ok(Next::GoOn)
    }

    async fn ehlo(&mut self) -> std::io::Result<()> {
        let mut answer = "250-sink.example\r\n250-8BITMIME\r\n".to_owned();
        if self.manners.login.is_some() && self.encrypted {
            answer.push_str("250-AUTH PLAIN LOGIN\r\n");
        }
        let offers = matches!(
            self.manners.encryption,
            Encryption::StartTls | Encryption::Injecting
        );
        if offers && !self.encrypted {
            answer.push_str("250-starttls\r\n");
        }
        answer.push_str("250 SMTPUTF8");
        self.say(&answer).await
    }

    async fn auth(&mut self, line: &str) -> std::io::Result<()> {
        let given = STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap();
        let (user, password) = self.manners.login.unwrap();
        if given == format!("\0{user}\0{password}").into_bytes() {
            self.login = Some(user.to_owned());
            self.say("235 welcome").await
        } else {
            self.say("535 5.7.8 wrong").await
        }
    }

    async fn mail(&mut self, line: &str) -> std::io::Result<()> {
        if let Some(Fault::Mail(answer)) = self.take(|fault| matches!(fault, Fault::Mail(_))) {
            return self.say(answer).await;
        }
        self.message = Some(Received {
            mail_from: path(line),
            recipients: Vec::new(),
            wire: String::new(),
            encrypted: self.encrypted,
            login: self.login.clone(),
        });
        self.say("250 ok").await
    }

    async fn recipient(&mut self, line: &str) -> std::io::Result<()> {
        if let Some(Fault::Rcpt(answer)) = self.take(|fault| matches!(fault, Fault::Rcpt(_))) {
            return self.say(answer).await;
        }
        self.message.as_mut().unwrap().recipients.push(path(line));
        self.say("250 ok").await
    }

    async fn data(&mut self) -> std::io::Result<Next> {
        if let Some(Fault::Data(answer)) = self.take(|fault| matches!(fault, Fault::Data(_))) {
            return self.say(answer).await.map(|()| Next::GoOn);
        }
        self.say("354 go").await?;
        let mut received = self.message.take().unwrap();
        while let Some(line) = read(&mut self.stream).await? {
            if line == "." {
                break;
            }
            received.wire.push_str(&line);
            received.wire.push_str("\r\n");
        }
        let fault = self.take(|fault| {
            matches!(
                fault,
                Fault::Message(_) | Fault::CutAfterMessage | Fault::CutWhenDone
            )
        });
        if let Some(Fault::Message(answer)) = fault {
            return self.say(answer).await.map(|()| Next::GoOn);
        }
        self.seen.lock().unwrap().received.push(received);
        if fault == Some(Fault::CutAfterMessage) {
            return Ok(Next::HangUp);
        }
        self.say("250 taken").await?;
        Ok(if fault == Some(Fault::CutWhenDone) {
            Next::HangUp
        } else {
            Next::GoOn
        })
    }

    /// The next fault of that kind, used up.
    fn take(&self, wanted: fn(&Fault) -> bool) -> Option<Fault> {
        let mut seen = self.seen.lock().unwrap();
        let at = seen.faults.iter().position(wanted)?;
        seen.faults.remove(at)
    }

    async fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        self.stream.flush().await
    }
}

/// One line without its CRLF. A line that ends in anything else is a broken client, and panics.
async fn read<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufStream<S>,
) -> std::io::Result<Option<String>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    let line = String::from_utf8(line).unwrap();
    let bare = line.strip_suffix("\r\n").unwrap();
    assert!(!bare.contains('\r'), "a bare CR: {bare:?}");
    Ok(Some(bare.to_owned()))
}

fn path(command: &str) -> String {
    command.split(['<', '>']).nth(1).unwrap().to_owned()
}

impl Received {
    /// The message with dots undoubled, as a mailbox would store it.
    pub(crate) fn text(&self) -> String {
        let lines = self.wire.split_inclusive("\r\n");
        lines
            .map(|line| line.strip_prefix('.').unwrap_or(line))
            .collect()
    }

    /// Header fields in their order, unfolded, encoded words not yet decoded.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        headers(&self.text())
    }

    /// The names of the header fields, in order.
    pub(crate) fn header_names(&self) -> Vec<String> {
        self.headers().into_iter().map(|(name, _)| name).collect()
    }

    /// One header field, encoded words decoded.
    pub(crate) fn header(&self, wanted: &str) -> Option<String> {
        let headers = self.headers();
        let (_, value) = headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(decode_words(value))
    }

    /// The two parts, decoded: text, then HTML.
    pub(crate) fn parts(&self) -> (String, String) {
        let kind = self.header("Content-Type").unwrap();
        let boundary = kind
            .split("boundary=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let text = self.text();
        let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4, "preamble, text, HTML, the end");
        assert_eq!(parts[3].trim_end(), "--");
        (
            decode_part(parts[1], "text/plain"),
            decode_part(parts[2], "text/html"),
        )
    }
}

fn headers(message: &str) -> Vec<(String, String)> {
    let (head, _) = message.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let field = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_owned(), value.to_owned())
    };
    unfolded.split("\r\n").map(field).collect()
}

fn decode_part(part: &str, kind: &str) -> String {
    let part = part.strip_prefix("\r\n").unwrap();
    let headers = headers(part);
    let get = |wanted: &str| &headers.iter().find(|(name, _)| name == wanted).unwrap().1;
    assert!(get("Content-Type").starts_with(kind));
    let body = part.split_once("\r\n\r\n").unwrap().1;
    let body = body.strip_suffix("\r\n").unwrap();
    let bytes = match get("Content-Transfer-Encoding").as_str() {
        "base64" => STANDARD.decode(body.replace("\r\n", "")).unwrap(),
        "quoted-printable" => decode_quoted(&body.replace("=\r\n", "")),
        other => panic!("{other}"),
    };
    String::from_utf8(bytes).unwrap()
}

fn decode_quoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let pair = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    bytes
}

/// RFC 2047: `=?utf-8?b?…?=`, and nothing between two neighbours.
fn decode_words(value: &str) -> String {
    const START: &str = "=?utf-8?b?";
    let mut decoded = Vec::new();
    let mut rest = value;
    while let Some((before, word)) = rest.split_once(START) {
        if decoded.is_empty() || !before.trim().is_empty() {
            decoded.extend_from_slice(before.as_bytes());
        }
        let (text, after) = word.split_once("?=").unwrap();
        decoded.extend(STANDARD.decode(text).unwrap());
        rest = after;
    }
    decoded.extend_from_slice(rest.as_bytes());
    String::from_utf8(decoded).unwrap()
}
