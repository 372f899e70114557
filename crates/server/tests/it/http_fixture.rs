//! Listeners in the test's own process, and clients that see every byte and every reset.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use directory::{Clock as _, SystemClock};
use h2::client::{Connection, SendRequest};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::http::listener::{Answering, Counts, Limits, Listeners};
use server::http::tls::Tls;
use server::instance::certificates;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A server on two ports.
pub(crate) struct Site {
    pub(crate) http: SocketAddr,
    pub(crate) https: SocketAddr,
    pub(crate) counts: Arc<Counts>,
    _listeners: Listeners,
    connector: TlsConnector,
    _certificates: TempDir,
}

/// This machine's second name for itself.
pub(crate) const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

impl Site {
    pub(crate) async fn open(router: impl Answering, limits: Limits) -> Self {
        Self::set_up(router, limits, |_| {}).await
    }

    pub(crate) async fn set_up(
        router: impl Answering,
        limits: Limits,
        set: impl FnOnce(&mut Listeners),
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = certificates::prepare(dir.path(), SystemClock.now()).unwrap();
        let counts = Arc::<Counts>::default();
        let mut listeners = Listeners::new(router, limits, Arc::clone(&counts));
        set(&mut listeners);
        let mut bound = async |tls| {
            let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = socket.local_addr().unwrap();
            listeners.accept(socket, tls);
            address
        };
        let http = bound(None).await;
        let tls = Tls::load(&files.certificate, &files.key).unwrap();
        let https = bound(Some(Arc::new(tls))).await;
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(&files.ca).unwrap())
            .unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self {
            http,
            https,
            counts,
            _listeners: listeners,
            connector: TlsConnector::from(Arc::new(config)),
            _certificates: dir,
        }
    }

    /// A connection over TLS from one of this machine's addresses, on which HTTP/2 was agreed.
    pub(crate) async fn tls(&self, from: Ipv4Addr) -> std::io::Result<TlsStream<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
        let stream = socket.connect(self.https).await?;
        let name = ServerName::try_from("localhost").unwrap();
        self.connector.connect(name, stream).await
    }

    /// A client that speaks HTTP/2, and its connection, which must be driven.
    pub(crate) async fn http2(
        &self,
        from: Ipv4Addr,
        window: u32,
    ) -> (SendRequest<Bytes>, Connection<TlsStream<TcpStream>, Bytes>) {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(window);
        builder.enable_push(false);
        let stream = self.tls(from).await.unwrap();
        builder.handshake(stream).await.unwrap()
    }

    /// One figure of the metrics.
    pub(crate) fn figure(&self, name: &str) -> u64 {
        let figures = self.counts.figures();
        let found = figures.iter().find(|(figure, ..)| *figure == name);
        found.unwrap_or_else(|| panic!("no figure {name}")).3
    }
}

/// An answer of HTTP/1.1: the status, the head, and the body, which has a length.
pub(crate) async fn answer(stream: &mut TcpStream) -> (u16, String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(
            stream.read_u8().await.unwrap_or_else(|error| {
                panic!("{error} after {:?}", String::from_utf8_lossy(&head))
            }),
        );
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    (head[9..12].parse().unwrap(), head, body)
}

/// Sends a text as it stands.
pub(crate) async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}
