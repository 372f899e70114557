//! A running server: listeners, mail worker and housekeeping, from start to orderly end. `dev` and
//! `serve` differ only in what they put in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use directory::{Directory, Mailer};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::app::App;
use crate::http::listener::{Answering, Counts, Limits, Listeners};
use crate::http::tls::Tls;
use crate::instance::{housekeeping, watch};
use crate::mail::{Branding, Worker};
use crate::terminal::Failure;

/// Threads for blocking work: password hashing is bounded by itself, lists read on at most four
/// connections. Each thread brings its own malloc arena, so the default of 512 could keep hundreds
/// of megabytes after one busy minute.
const BLOCKING_THREADS: usize = 16;

/// How long the mails in hand may take at the end. A service manager that waits 90 s, the usual
/// time, sees an orderly end.
const LAST_MAIL: Duration = Duration::from_secs(20);

/// A socket that is bound and not yet served.
pub struct BoundListener {
    /// The socket.
    pub socket: TcpListener,
    /// Its TLS settings, if it has any.
    pub tls: Option<Arc<Tls>>,
}

/// One thread per core for requests, few for blocking work.
pub fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(|error| Failure::new("cannot start threads").because(error))
}

/// Binds a socket. `flag` is what to change when the address cannot be had: `--http` or
/// `listen.https`.
pub async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let failure = Failure::new(format!("cannot listen on {address}"));
        match error.kind() {
            io::ErrorKind::AddrInUse => failure
                .because("another program, perhaps another vestibule, listens there")
                .mend(format!(
                    "choose another port with {flag}, for example {flag} {}",
                    with_other_port(address)
                )),
            io::ErrorKind::PermissionDenied => failure
                .because("ports below 1024 are reserved")
                .mend(format!("choose a port above 1023 with {flag}")),
            io::ErrorKind::AddrNotAvailable => failure
                .because("this machine has no such address")
                .mend(format!("name one of its own with {flag}")),
            _ => failure.because(error),
        }
    })
}

fn with_other_port(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port().checked_add(10).unwrap_or(0))
}

/// The address a socket got, with the real port where 0 was asked for.
pub fn address_of(socket: &TcpListener) -> Result<SocketAddr, Failure> {
    socket
        .local_addr()
        .map_err(|error| Failure::new("a socket lost its address").because(error))
}

/// Starts to accept on every socket.
pub fn listen(
    router: impl Answering,
    sockets: Vec<BoundListener>,
    limits: Limits,
    counts: &Arc<Counts>,
) -> Listeners {
    let mut listeners = Listeners::new(router, limits, Arc::clone(counts));
    for bound in sockets {
        listeners.accept(bound.socket, bound.tls);
    }
    listeners
}

/// The signals that end a server, or make it read its certificates again. From [`Signals::listen`]
/// on none of them ends the process by itself.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on; one that comes before [`Signals::wait`] is not lost.
    pub fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| Failure::new("cannot wait for signals").because(error))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// Waits for SIGTERM or SIGINT. SIGHUP meanwhile reads the certificates again.
    pub async fn wait(&mut self, reloadable: &[Arc<Tls>]) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hang_up.recv() => {
                    for tls in reloadable {
                        match tls.reload() {
                            Ok(()) => tracing::info!("certificate read again"),
                            Err(error) => tracing::error!(%error, "certificate not changed"),
                        }
                    }
                }
            }
        }
    }
}

/// Listens and waits in one.
pub async fn until_told(reloadable: &[Arc<Tls>]) -> Result<(), Failure> {
    Signals::listen()?.wait(reloadable).await;
    Ok(())
}

/// What runs beside the listeners.
pub struct Background {
    stop: tokio::sync::watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Background {
    /// Starts housekeeping and the mail worker. Without a mailer nothing is mailed.
    pub fn start(app: &App, mailer: Option<Arc<dyn Mailer>>, branding: Branding) -> Self {
        let stop = tokio::sync::watch::channel(false).0;
        let mut tasks = vec![
            tokio::spawn(housekeeping::run(app.directory.clone(), stop.subscribe())),
            tokio::spawn(watch::run(app.clone(), stop.subscribe())),
        ];
        if let Some(mailer) = mailer {
            let mut told = stop.subscribe();
            let directory = app.directory.clone();
            tasks.push(tokio::spawn(async move {
                // The database is locked for this process, so every lease in it is a dead one's.
                if let Err(refusal) = directory.outbox_resume().await {
                    tracing::warn!(
                        ?refusal,
                        "mails of an earlier run wait for their leases to end"
                    );
                }
                let stopped = async move {
                    // A sender that is gone means the end as well.
                    let _told = told.wait_for(|stop| *stop).await.is_ok();
                };
                Worker::new(directory, mailer)
                    .branded(branding)
                    .run(stopped)
                    .await;
            }));
        }
        Self { stop, tasks }
    }

    /// Lets the mail under way be handed over and reported; what still waits is in the outbox.
    async fn end(self) -> bool {
        self.stop.send_replace(true);
        let all = async {
            for task in self.tasks {
                // One that panicked has ended too, and the panic is in the log.
                let _ended = task.await;
            }
        };
        timeout(LAST_MAIL, all).await.is_ok()
    }
}

/// The orderly end: no new connections, answers under way, the mail in hand, the store.
pub async fn end(
    listeners: Listeners,
    background: Background,
    directory: &Directory,
) -> Result<(), Failure> {
    if !listeners.shut_down().await {
        tracing::warn!("connections were cut that did not finish in time");
    }
    if !background.end().await {
        tracing::warn!(
            "a mail was being handed over when time was up; it is sent again under the same Message-ID"
        );
    }
    // What has ended until now stays ended, wherever the clock stands at the next start.
    if let Err(refusal) = directory.save_expiry_clock().await {
        tracing::warn!(%refusal, "the latest instant could not be saved");
    }
    // Last: what was answered above is committed before the process is gone.
    directory.store().close().await;
    Ok(())
}
