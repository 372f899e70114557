//! One connection to the relay: TCP, TLS, greeting, AUTH, and one message after another.
//!
//! The part before STARTTLS is spoken here, a byte at a time, and not by the SMTP library. A
//! library that reads ahead would take lines that an attacker sent in plain text for the relay's
//! answers within the encrypted session (T-21). Here nothing is read past the line that allows TLS;
//! what follows it goes to the TLS handshake, which refuses it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::relay::{Relay, Security};

/// From the first packet to the end of AUTH. A relay that is up answers within a second; a slow one
/// is tried again later.
const SETUP: Duration = Duration::from_secs(30);
/// From MAIL to the answer to the last line. RFC 5321 allows a relay ten minutes for its last
/// answer, but a letter's lease must outlive the wait, and giving up too early costs no more than a
/// second delivery with the same Message-ID.
const HANDOVER: Duration = Duration::from_mins(2);
/// A goodbye nobody needs.
const FAREWELL: Duration = Duration::from_secs(2);
/// An answer before TLS: EHLO lists some twenty extensions of a few dozen bytes.
const ANSWER_MAX: usize = 8 * 1024;

/// Why a message was not handed over, and what that means for the next attempt.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The relay could not be reached or would not have us. Says nothing about the recipient.
    #[error("{0}")]
    Setup(String),
    /// The relay went away before it had seen any of the message. On a reused connection: it had
    /// grown tired of waiting.
    #[error("{0}")]
    Gone(String),
    /// The relay refused for now, or fell silent with the message in hand.
    #[error("{0}")]
    Later(String),
    /// The relay refused this recipient or this message for good.
    #[error("{0}")]
    Never(String),
}

/// An open, greeted and authenticated connection.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    /// Messages handed over on it.
    pub(super) used: u32,
}

impl Connection {
    /// Connects, encrypts and authenticates as the relay's URL asks for, or fails.
    pub(super) async fn open(
        relay: &Relay,
        tls: &Arc<ClientConfig>,
        hello: &str,
    ) -> Result<Self, Broken> {
        timeout(SETUP, Self::set_up(relay, tls, hello))
            .await
            .map_err(|_| Broken::Setup(format!("no greeting within {} s", SETUP.as_secs())))?
    }

    async fn set_up(relay: &Relay, tls: &Arc<ClientConfig>, hello: &str) -> Result<Self, Broken> {
        let tcp = reach(relay).await?;
        let hello_id = ClientId::Domain(hello.to_owned());
        let mut smtp = match relay.security {
            Security::None => greet(Box::new(tcp), &hello_id).await?,
            Security::Tls => {
                let stream = Encrypted::new(tcp, relay, tls, Vec::new()).await?;
                greet(Box::new(stream), &hello_id).await?
            }
            Security::StartTls => {
                let (tcp, go_ahead) = ask_for_tls(tcp, hello).await?;
                let stream = Encrypted::new(tcp, relay, tls, go_ahead).await?;
                greet(Box::new(stream), &hello_id).await?
            }
        };
        if let Some(login) = &relay.credentials {
            let credentials = Credentials::new(login.user.clone(), login.password.clone());
            // A refused password is the operator's to mend, never a verdict on the recipient.
            smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .await
                .map_err(|error| Broken::Setup(format!("AUTH: {error}")))?;
        }
        Ok(Self { smtp, used: 0 })
    }

    /// Hands one message over. After any error the connection is of no further use.
    pub(super) async fn hand_over(
        &mut self,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<(), Broken> {
        self.used += 1;
        timeout(HANDOVER, self.converse(envelope, message))
            .await
            .map_err(|_| Broken::Later(format!("no answer within {} s", HANDOVER.as_secs())))?
    }

    async fn converse(&mut self, envelope: &Envelope, message: &[u8]) -> Result<(), Broken> {
        let smtp = &mut self.smtp;
        smtp.command(Mail::new(envelope.from().cloned(), vec![]))
            .await
            .map_err(|error| match error.status().map(u16::from) {
                // 421 is how a relay takes leave of a client that kept it waiting.
                None | Some(421) => Broken::Gone(format!("MAIL: {error}")),
                // Refusing the sender is about us, not about the recipient.
                Some(_) => Broken::Later(format!("MAIL: {error}")),
            })?;
        for recipient in envelope.to() {
            smtp.command(Rcpt::new(recipient.clone(), vec![]))
                .await
                .map_err(|error| verdict("RCPT", &error))?;
        }
        smtp.command(Data)
            .await
            .map_err(|error| verdict("DATA", &error))?;
        smtp.message(message)
            .await
            .map_err(|error| verdict("message", &error))?;
        Ok(())
    }

    /// Says goodbye, without insisting.
    pub(super) async fn close(mut self) {
        let _ = timeout(FAREWELL, self.smtp.command(Quit)).await;
    }
}

/// What a refusal means: 5xx is for good, except the codes that speak of our own login (RFC 4954);
/// everything else is for now.
fn verdict(step: &str, error: &lettre::transport::smtp::Error) -> Broken {
    let reply = format!("{step}: {error}");
    let about_us = error
        .status()
        .is_some_and(|code| matches!(u16::from(code), 503 | 530 | 534 | 535 | 538));
    if error.is_permanent() && !about_us {
        Broken::Never(reply)
    } else {
        Broken::Later(reply)
    }
}

/// Opens the TCP connection, trying each address the name resolves to.
async fn reach(relay: &Relay) -> Result<TcpStream, Broken> {
    let addresses = tokio::net::lookup_host((relay.host.as_str(), relay.port))
        .await
        .map_err(|error| Broken::Setup(format!("{}: {error}", relay.host)))?;
    let mut last = format!("{} resolves to no usable address", relay.host);
    for address in addresses {
        // `localhost` is a name like any other to the resolver; unencrypted mail stays on this
        // machine whatever it answers.
        if relay.security == Security::None && !address.ip().is_loopback() {
            continue;
        }
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = format!("{address}: {error}"),
        }
    }
    Err(Broken::Setup(last))
}

/// Reads the greeting, says EHLO.
async fn greet(
    stream: Box<dyn AsyncTokioStream>,
    hello: &ClientId,
) -> Result<AsyncSmtpConnection, Broken> {
    AsyncSmtpConnection::connect_with_transport(stream, hello)
        .await
        .map_err(|error| Broken::Setup(format!("greeting: {error}")))
}

/// Speaks plain text up to the relay's leave to start TLS. Gives the stream back with that one
/// answer, which stands in for the greeting that a relay does not repeat after the handshake.
async fn ask_for_tls(mut tcp: TcpStream, hello: &str) -> Result<(TcpStream, Vec<u8>), Broken> {
    expect(&mut tcp, "greeting", b"220").await?;
    say(&mut tcp, &format!("EHLO {hello}\r\n")).await?;
    let offered = expect(&mut tcp, "EHLO", b"250").await?;
    if !offers_starttls(&offered) {
        let _ = say(&mut tcp, "QUIT\r\n").await;
        return Err(Broken::Setup(
            "the relay does not offer STARTTLS; nothing was sent".to_owned(),
        ));
    }
    say(&mut tcp, "STARTTLS\r\n").await?;
    let go_ahead = expect(&mut tcp, "STARTTLS", b"220").await?;
    Ok((tcp, go_ahead))
}

async fn say(tcp: &mut TcpStream, line: &str) -> Result<(), Broken> {
    tcp.write_all(line.as_bytes())
        .await
        .map_err(|error| lost(&error))
}

/// One whole answer, which must begin with the given code.
async fn expect(tcp: &mut TcpStream, step: &str, code: &[u8; 3]) -> Result<Vec<u8>, Broken> {
    let mut answer = Vec::new();
    let mut line = 0;
    loop {
        answer.push(tcp.read_u8().await.map_err(|error| lost(&error))?);
        if answer.len() > ANSWER_MAX {
            return Err(Broken::Setup(format!("{step}: the answer has no end")));
        }
        if answer.ends_with(b"\n") {
            // `250-` goes on, `250 ` ends.
            if answer.get(line + 3) != Some(&b'-') {
                break;
            }
            line = answer.len();
        }
    }
    if answer.starts_with(code) {
        Ok(answer)
    } else {
        let reply = String::from_utf8_lossy(&answer)
            .trim()
            .escape_debug()
            .to_string();
        Err(Broken::Setup(format!("{step}: {reply}")))
    }
}

fn lost(error: &io::Error) -> Broken {
    Broken::Setup(format!("connection lost: {error}"))
}

fn offers_starttls(ehlo: &[u8]) -> bool {
    ehlo.split(|byte| *byte == b'\n').any(|line| {
        line.get(4..)
            .is_some_and(|word| word.trim_ascii().eq_ignore_ascii_case(b"STARTTLS"))
    })
}

/// A TLS stream that first gives back what was read before the handshake.
#[derive(Debug)]
struct Encrypted {
    before: io::Cursor<Vec<u8>>,
    tls: tokio_rustls::client::TlsStream<TcpStream>,
}

impl Encrypted {
    async fn new(
        tcp: TcpStream,
        relay: &Relay,
        config: &Arc<ClientConfig>,
        before: Vec<u8>,
    ) -> Result<Self, Broken> {
        let name = ServerName::try_from(relay.host.clone())
            .map_err(|_| Broken::Setup(format!("{:?} cannot be in a certificate", relay.host)))?;
        let tls = TlsConnector::from(Arc::clone(config))
            .connect(name, tcp)
            .await
            .map_err(|error| Broken::Setup(format!("TLS: {error}")))?;
        Ok(Self {
            before: io::Cursor::new(before),
            tls,
        })
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tls.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let at = usize::try_from(self.before.position()).unwrap_or(usize::MAX);
        let length = self.before.get_ref().len();
        if at < length {
            return Pin::new(&mut self.before).poll_read(context, buffer);
        }
        Pin::new(&mut self.tls).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tls).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }
}
