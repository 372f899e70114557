//! Accept loops: plain and TLS.
//!
//! Each connection is a task of its own from the moment it is accepted, so that a slow TLS
//! handshake holds up nobody. Everything a peer can make us wait for has a limit; how long a
//! request itself may take is the router's affair.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tower::Service;

pub use super::counts::Counts;
use super::guarded::Guarded;
use super::origin::Connection;
use super::remainder;
pub use super::slots::{DEFAULT_CONNECTIONS, DEFAULT_PER_ADDRESS, DEFAULT_UNREAD, Limits};
use super::slots::{Entry, Slot, Slots};
use super::tls::Tls;
use super::unread::Ending;

/// A handshake takes two round trips; 10 s is a bad mobile line, not an attack's whole afternoon.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// HTTP/1.1: for one request's head, and for the pause between two requests on a kept connection.
const HEAD: Duration = Duration::from_secs(30);
/// Either version: how long a connection stays on which nothing is asked. Longer than the pause
/// above, since a client that multiplexes has one connection where another has a pool. Only
/// requests count: a client that sends nothing but PING, or a head that never ends, is as idle as
/// one that is silent.
const IDLE: Duration = Duration::from_mins(1);
/// The read buffer bounds a request's head. 64 KiB holds every URL the router answers with 414
/// (above 8 KiB) together with a large token; beyond that (and at most one read more) hyper itself
/// answers 414 or 431.
const HEAD_BYTES: u32 = 64 * 1024;
/// Streams a client may have open on one HTTP/2 connection: the value RFC 9113 names as the least
/// sensible one.
const STREAMS: u32 = 100;
/// Bytes that lie in the send buffer of one stream: four slices of an answer, so that one is always
/// ready.
const STREAM_BYTES: usize = 64 * 1024;
/// How often a quiet HTTP/2 connection is asked whether it lives.
const PING_EVERY: Duration = Duration::from_secs(30);
/// How long it may take to say so.
const PING_ANSWER: Duration = Duration::from_secs(10);
/// How long a connection that we end may take to close.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long a connection that has to make room for another may take to close, if it is being
/// answered.
const UNDER_WAY: Duration = Duration::from_secs(5);
/// How long requests under way may take once shutdown has begun.
const DRAIN: Duration = Duration::from_secs(10);
/// Pause after a failed accept: out of file descriptors, only time helps.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers the requests of connections. It returns no error: an error is an answer, too.
pub trait Answering: Send + Sync + 'static {
    /// Answers one.
    fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response>;
}

impl Answering for Router {
    fn answer(&self, request: Request<Body>) -> BoxFuture<'static, Response> {
        let answered = self.clone().call(request);
        async move { answered.await.unwrap_or_else(|never| match never {}) }.boxed()
    }
}

/// The listeners of one server: they share their limits on connections and one end.
pub struct Listeners {
    router: Arc<dyn Answering>,
    slots: Arc<Slots>,
    idle: Duration,
    /// Set at the end, for connections that wait for their peers to close.
    hurry: Arc<AtomicBool>,
    stop: watch::Sender<bool>,
    loops: Vec<tokio::task::JoinHandle<()>>,
}

impl Listeners {
    /// Nothing listens yet. `counts` counts the connections.
    pub fn new(router: impl Answering, limits: Limits, counts: Arc<Counts>) -> Self {
        Self {
            router: Arc::new(router),
            slots: Arc::new(Slots::new(limits, counts)),
            idle: IDLE,
            hurry: Arc::default(),
            stop: watch::channel(false).0,
            loops: Vec::new(),
        }
    }

    /// Closes connections after another time without a request, for those accepted by later calls
    /// of [`Listeners::accept`].
    pub fn idle_after(&mut self, idle: Duration) {
        self.idle = idle;
    }

    /// Starts to accept on a bound socket, with TLS when given.
    pub fn accept(&mut self, socket: TcpListener, tls: Option<Arc<Tls>>) {
        let accepting = Accepting {
            socket,
            tls,
            router: Arc::clone(&self.router),
            slots: Arc::clone(&self.slots),
            idle: self.idle,
            hurry: Arc::clone(&self.hurry),
        };
        self.loops
            .push(tokio::spawn(accepting.run(self.stop.subscribe())));
    }

    /// Stops accepting, lets requests under way finish for at most ten seconds, and says whether
    /// all did.
    pub async fn shut_down(self) -> bool {
        self.hurry.store(true, Ordering::Relaxed);
        self.stop.send_replace(true);
        for accepting in self.loops {
            // A loop that panicked has stopped too.
            let _ended = accepting.await;
        }
        timeout(DRAIN, self.slots.empty()).await.is_ok()
    }
}

struct Accepting {
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
    router: Arc<dyn Answering>,
    slots: Arc<Slots>,
    idle: Duration,
    hurry: Arc<AtomicBool>,
}

impl Accepting {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            let next = async {
                let (stream, peer) = self.socket.accept().await?;
                // Takes a moment at most, except for trusted proxies.
                let entry = self.slots.enter(peer).await;
                Ok::<_, io::Error>((entry, stream, peer))
            };
            tokio::select! {
                () = stop_requested(&mut stop) => return,
                accepted = next => match accepted {
                    Ok((Some(entry), stream, peer)) => self.spawn(stream, peer, entry, stop.clone()),
                    // Refused: closing the socket is all that it costs.
                    Ok((None, ..)) => {}
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
    }

    fn spawn(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        entry: Entry,
        mut stop: watch::Receiver<bool>,
    ) {
        let tls = self.tls.clone();
        let router = Arc::clone(&self.router);
        let connection = Connection {
            peer,
            tls: tls.is_some(),
        };
        let slots = Arc::clone(&self.slots);
        let idle = self.idle;
        let hurry = Arc::clone(&self.hurry);
        // Answers are written whole; waiting to fill a segment would only delay them. A failure
        // shows at the first read.
        let _unset = stream.set_nodelay(true);
        tokio::spawn(async move {
            let slot = match entry {
                Entry::Slot(slot) => Some(slot),
                Entry::Waiting(waiting) => tokio::select! {
                    () = stop_requested(&mut stop) => return,
                    slot = waiting.slot() => slot,
                },
            };
            let Some(slot) = slot else { return };
            let serving = Serving {
                router,
                connection,
                slot,
                slots,
                idle,
                hurry,
            };
            match tls {
                None => serving.serve(stream, Protocol::Http1, stop).await,
                Some(tls) => serving.shake_hands(&tls, stream, stop).await,
            }
        });
    }
}

/// The answer to plain HTTP on a port with TLS, which is most often a forgotten `s`.
const PLAIN_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 61\r\n\
    connection: close\r\n\r\n\
    This port speaks TLS: begin its address with https:// instead";
/// Most of a request that is read away behind that answer. What lies unread when a socket is closed
/// makes the system cut the connection, and the answer with it.
const PLAIN_BYTES: usize = 64 * 1024;

/// The TLS handshake. Its first byte is no letter; that of a request is.
async fn shaken(tls: &Tls, mut stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 || !first[0].is_ascii_uppercase() {
        return tls.acceptor().accept(stream).await;
    }
    stream.write_all(PLAIN_HTTP).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(PLAIN_BYTES as u64);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Err(io::Error::other("plain HTTP on a port with TLS"))
}

/// Waits for the end. A sender that is gone means the same.
async fn stop_requested(stop: &mut watch::Receiver<bool>) {
    let _told = stop.wait_for(|stop| *stop).await.is_ok();
}

/// Settled before the first byte of HTTP, by ALPN: waiting for a preface to tell them apart would
/// be a wait without limit.
#[derive(Clone, Copy)]
enum Protocol {
    Http1,
    Http2,
}

/// One connection, from its first byte of HTTP to its end.
struct Serving {
    router: Arc<dyn Answering>,
    connection: Connection,
    slot: Slot,
    slots: Arc<Slots>,
    idle: Duration,
    hurry: Arc<AtomicBool>,
}

impl Serving {
    /// Serves a connection with TLS.
    async fn shake_hands(self, tls: &Tls, stream: TcpStream, mut stop: watch::Receiver<bool>) {
        let peer = self.connection.peer;
        let handshake = timeout(HANDSHAKE, shaken(tls, stream));
        let account = Arc::clone(&self.slot.account);
        let shaken = tokio::select! {
            // Nothing was asked yet, so nothing is lost; waiting would only delay the end.
            () = stop_requested(&mut stop) => return,
            why = account.ending(HANDSHAKE) => return self.slots.counts().ended(why),
            shaken = handshake => shaken,
        };
        match shaken {
            Ok(Ok(stream)) => {
                let protocol = match stream.get_ref().1.alpn_protocol() {
                    Some(b"h2") => Protocol::Http2,
                    _ => Protocol::Http1,
                };
                self.serve(stream, protocol, stop).await;
            }
            Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
        }
    }

    async fn serve<S>(self, stream: S, protocol: Protocol, mut stop: watch::Receiver<bool>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self {
            router, connection, ..
        } = &self;
        let account = &self.slot.account;
        let service = service_fn(|mut request: Request<Incoming>| {
            request.extensions_mut().insert(*connection);
            let router = Arc::clone(router);
            let account = Arc::clone(account);
            async move {
                let admitted = account.admit(request.method(), request.uri().path()).await;
                // Only handlers of POST gather answers.
                if request.method() == Method::POST {
                    request.extensions_mut().insert(admitted.gathering());
                }
                let (request, remainder) = remainder::keep(request);
                let mut answer = router.answer(request).await;
                if let Some(remainder) = remainder {
                    remainder.settle(&mut answer);
                }
                Ok::<_, Infallible>(admitted.count(answer))
            }
        });
        let builder = builder(protocol);
        let heard = Arc::<AtomicBool>::default();
        let stream = Guarded::new(stream, Arc::clone(&self.hurry), Arc::clone(&heard));
        let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut ending = pin!(account.ending(self.idle));
        let why = tokio::select! {
            result = served.as_mut() => return self.log(result),
            // A peer that has sent nothing is owed nothing; HTTP/1 would wait for its first
            // request.
            () = stop_requested(&mut stop) => {
                if !heard.load(Ordering::Relaxed) {
                    return;
                }
                None
            }
            why = ending.as_mut() => Some(why),
        };
        if let Some(why) = why {
            self.slots.counts().ended(why);
            tracing::debug!(peer = %self.connection.peer, ?why, "connection closed");
            if why == Ending::Stalled {
                return;
            }
        }
        served.as_mut().graceful_shutdown();
        // At the server's end it is the listeners that set the limit; an idle connection has
        // nothing left to finish.
        let enough = async {
            match why {
                Some(Ending::Evicted) if account.is_answering() => sleep(UNDER_WAY).await,
                Some(_) => sleep(GOODBYE).await,
                None => pending().await,
            }
        };
        tokio::select! {
            result = served => self.log(result),
            () = enough => {}
            () = account.was_cut() => {}
        }
    }

    fn log<E: std::fmt::Display>(&self, ended: Result<(), E>) {
        if let Err(error) = ended {
            // Peers that go away, malformed heads (answered by hyper), timeouts: the client's
            // doing, not ours.
            tracing::debug!(peer = %self.connection.peer, %error, "connection ended");
        }
    }
}

fn builder(protocol: Protocol) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // Headers in one request: hyper's own limit is 100, four times what browsers and proxies send.
    // Setting the same number makes it fill two tables of that length for each request.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD_BYTES)
        .max_send_buf_size(STREAM_BYTES)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER);
    match protocol {
        Protocol::Http1 => builder.http1_only(),
        Protocol::Http2 => builder.http2_only(),
    }
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::http::Uri;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A listener over a router that tells what it was given.
    async fn start(connections: usize) -> (Listeners, SocketAddr) {
        let told = |uri: Uri, Extension(connection): Extension<Connection>| async move {
            format!(
                "{} {} {}",
                uri.to_string().len(),
                connection.peer.ip(),
                connection.tls
            )
        };
        let router = Router::new()
            .route(
                "/slow",
                get(|| async { tokio::time::sleep(Duration::from_millis(50)).await }),
            )
            .fallback(told);
        // One address may have more than there are, so that it is the whole that limits here.
        let limits = Limits {
            per_address: connections + 1,
            ..Limits::of_whole(connections)
        };
        let mut listeners = Listeners::new(router, limits, Arc::default());
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        listeners.accept(socket, None);
        (listeners, address)
    }

    async fn exchange(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may answer and close before it has read all of it.
        let _sent = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn long_urls_reach_the_router_and_endless_heads_do_not() {
        let (listeners, address) = start(8).await;
        let get = |path: &str, more: &str| {
            format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{more}\r\n")
        };
        let long = format!("/{}", "u".repeat(60_000));
        for (request, status, body) in [
            (get("/", ""), "200", "1 127.0.0.1 false"),
            (get(&long, ""), "200", "60001 127.0.0.1 false"),
            (get(&format!("/{}", "u".repeat(70_000)), ""), "414", ""),
            (
                get("/", &format!("x: {}\r\n", "h".repeat(200_000))),
                "431",
                "",
            ),
            (get("/", &"x: y\r\n".repeat(101)), "431", ""),
            ("nonsense\r\n\r\n".to_owned(), "400", ""),
        ] {
            let answer = exchange(address, &request).await;
            let shown = request.get(..40.min(request.len())).unwrap_or_default();
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{shown} {answer}"
            );
            assert!(answer.ends_with(body), "{shown} {answer}");
        }
        assert!(listeners.shut_down().await);
    }

    #[tokio::test]
    async fn the_end_waits_for_answers_under_way_and_for_nobody_else() {
        let (listeners, address) = start(8).await;
        let idle = TcpStream::connect(address).await.unwrap();
        let slow = tokio::spawn(exchange(address, "GET /slow HTTP/1.1\r\nhost: a\r\n\r\n"));
        let ready = exchange(
            address,
            "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        )
        .await;
        assert!(ready.starts_with("HTTP/1.1 200"));
        let began = tokio::time::Instant::now();
        assert!(listeners.shut_down().await);
        assert!(
            began.elapsed() < DRAIN,
            "an idle connection holds nothing up"
        );
        assert!(slow.await.unwrap().starts_with("HTTP/1.1 200"));
        assert!(
            TcpStream::connect(address).await.is_err(),
            "nobody listens any more"
        );
        drop(idle);
    }

    #[tokio::test]
    async fn a_connection_too_many_waits_its_turn() {
        let (listeners, address) = start(1).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        let slow = b"GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        first.write_all(slow).await.unwrap();
        let second = tokio::spawn(exchange(
            address,
            "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        ));
        // The first one is answered whole: a connection in use is not closed for another.
        let mut answer = String::new();
        first.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        drop(first);
        assert!(second.await.unwrap().starts_with("HTTP/1.1 200"));
        let third = exchange(
            address,
            "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        )
        .await;
        assert!(third.starts_with("HTTP/1.1 200"), "{third}");
        assert!(listeners.shut_down().await);
    }
}
