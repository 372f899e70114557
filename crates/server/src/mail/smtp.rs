//! Hands mails to the operator's relay.

use directory::names::steers;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use directory::{Clock, Mail, MailFailure, Mailer};
use futures_util::future::BoxFuture;
use lettre::message::Mailbox;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;

use super::connection::{Broken, Connection};
use super::mime::{self, Composed};
use super::relay::{Relay, Security};

/// Connections kept for the next mail: as many as the worker delivers at once.
const IDLE_MAX: usize = super::worker::CONCURRENCY;
/// Relays hang up on idle clients after a few minutes at best, the strict ones after half of one.
const IDLE_FOR: Duration = Duration::from_secs(20);
/// Relays count messages per connection and turn slow or rude beyond a hundred.
const USES_MAX: u32 = 50;

/// What sending needs to know.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// The server that takes our mail.
    pub relay: Relay,
    /// Sender of every mail, as in the header: `Name <address>` or the address alone (`mail.from`).
    pub from: String,
    /// How this server introduces itself: its host name, or an address literal such as
    /// `[192.0.2.1]` (RFC 5321 section 4.1.3).
    pub hello: String,
    /// Certificate authorities, PEM, believed besides the system's own.
    pub ca_file: Option<PathBuf>,
}

/// Why mail cannot be set up with these options.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// `from` is not a mailbox.
    #[error("{0:?} is no sender; write \"Name <address@domain>\" or an address")]
    From(String),
    /// `hello` is not a host name.
    #[error("{0:?} is no host name to say hello with")]
    Hello(String),
    /// A user without a password.
    #[error(
        "the relay's URL names a user but there is no password; add it to the URL or give a password file"
    )]
    Password,
    /// The certificate file cannot be read.
    #[error("cannot read certificates from {path}: {why}")]
    Certificates {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// TLS is needed and nobody is trusted.
    #[error(
        "no certificate authority is known on this system; install ca-certificates or name a file"
    )]
    NoRoots,
    /// The TLS library refused its settings.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Delivers through one relay, on a few connections that it keeps for a while.
pub struct SmtpMailer {
    relay: Relay,
    from: Mailbox,
    hello: String,
    tls: Arc<ClientConfig>,
    clock: Arc<dyn Clock>,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

impl SmtpMailer {
    /// Reads the certificates; does not connect yet. The clock dates the mails.
    ///
    /// # Errors
    /// [`SmtpError`], each naming the setting to mend.
    pub fn new(options: SmtpOptions, clock: Arc<dyn Clock>) -> Result<Self, SmtpError> {
        if options.relay.lacks_password() {
            return Err(SmtpError::Password);
        }
        let from = sender(&options.from).ok_or(SmtpError::From(options.from))?;
        if options.hello.is_empty() || !options.hello.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SmtpError::Hello(options.hello));
        }
        let roots = roots(options.ca_file.as_deref())?;
        if roots.is_empty() && options.relay.security != Security::None {
            return Err(SmtpError::NoRoots);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            relay: options.relay,
            from,
            hello: options.hello,
            tls: Arc::new(tls),
            clock,
            idle: Mutex::default(),
        })
    }

    /// Says goodbye on every kept connection. The next mail opens a new one.
    pub async fn close(&self) {
        let kept = std::mem::take(&mut *self.idle());
        for (connection, _) in kept {
            connection.close().await;
        }
    }

    async fn deliver(&self, mail: &Mail) -> Result<(), MailFailure> {
        let composed = mime::compose(mail, &self.from, self.clock.now())
            .map_err(|unfit| MailFailure::Never(unfit.to_string()))?;
        let outcome = match self.take().await {
            Some(kept) => match self.send_over(kept, &composed).await {
                // The relay hung up while the connection lay idle; it has seen nothing of this
                // mail.
                Err(Broken::Gone(_)) => self.anew(&composed).await,
                outcome => outcome,
            },
            None => self.anew(&composed).await,
        };
        outcome.map_err(failure)
    }

    async fn anew(&self, composed: &Composed) -> Result<(), Broken> {
        let connection = Connection::open(&self.relay, &self.tls, &self.hello).await?;
        self.send_over(connection, composed).await
    }

    async fn send_over(
        &self,
        mut connection: Connection,
        composed: &Composed,
    ) -> Result<(), Broken> {
        connection
            .hand_over(&composed.envelope, &composed.bytes)
            .await?;
        self.keep(connection).await;
        Ok(())
    }

    /// The freshest kept connection; those that lay too long are closed.
    async fn take(&self) -> Option<Connection> {
        let (taken, stale) = {
            let mut idle = self.idle();
            let (stale, mut fresh): (Vec<_>, Vec<_>) = idle
                .drain(..)
                .partition(|(_, since)| since.elapsed() > IDLE_FOR);
            let taken = fresh.pop();
            *idle = fresh;
            (taken, stale)
        };
        for (connection, _) in stale {
            connection.close().await;
        }
        taken.map(|(connection, _)| connection)
    }

    async fn keep(&self, connection: Connection) {
        let surplus = {
            let mut idle = self.idle();
            if connection.used < USES_MAX && idle.len() < IDLE_MAX {
                idle.push((connection, Instant::now()));
                None
            } else {
                Some(connection)
            }
        };
        if let Some(connection) = surplus {
            connection.close().await;
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Connection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a mail was not handed over, as the worker takes it.
fn failure(broken: Broken) -> MailFailure {
    match broken {
        Broken::Never(why) => MailFailure::Never(why),
        Broken::Setup(why) | Broken::Gone(why) | Broken::Later(why) => MailFailure::Later(why),
    }
}

impl Mailer for SmtpMailer {
    fn probe(&self) -> BoxFuture<'_, Result<(), MailFailure>> {
        Box::pin(async move {
            let opened = Connection::open(&self.relay, &self.tls, &self.hello).await;
            // Kept for the first mail.
            self.keep(opened.map_err(failure)?).await;
            Ok(())
        })
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailFailure>> {
        Box::pin(self.deliver(mail))
    }
}

/// A sender that fits into a header and an envelope.
fn sender(text: &str) -> Option<Mailbox> {
    if text.contains(steers) {
        return None;
    }
    let mailbox: Mailbox = text.parse().ok()?;
    let address: &str = mailbox.email.as_ref();
    address.is_ascii().then_some(mailbox)
}

/// The system's authorities and those of a file. A broken certificate in the system's store is
/// passed over, one in the file is an error.
fn roots(file: Option<&Path>) -> Result<RootCertStore, SmtpError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let Some(path) = file else {
        return Ok(roots);
    };
    let broken = |why: String| SmtpError::Certificates {
        path: path.to_owned(),
        why,
    };
    let before = roots.len();
    for certificate in
        CertificateDer::pem_file_iter(path).map_err(|error| broken(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| broken(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| broken(error.to_string()))?;
    }
    if roots.len() == before {
        return Err(broken("the file holds no certificate".to_owned()));
    }
    Ok(roots)
}
