//! The peer of the read figure: a hyper server that answers every request with the same bytes and
//! does nothing else.
//!
//! It runs in a process of its own, as Vestibule does, so that the CPU time of both can be read in
//! the same way.
#![expect(
    clippy::print_stdout,
    reason = "the parent process reads the address from the pipe"
)]

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};

/// What the peer answers to everything.
#[derive(Serialize, Deserialize)]
pub(super) struct Answer {
    /// Header lines but those hyper writes itself.
    pub(super) head: Vec<(String, String)>,
    /// The body.
    pub(super) body: String,
}

/// A running peer; ended when dropped.
pub(super) struct Peer {
    child: Child,
    /// Where it listens.
    pub(super) at: SocketAddr,
}

impl Peer {
    /// Starts this program once more, as the peer.
    ///
    /// # Errors
    /// It did not start.
    pub(super) fn start(answer: &Answer) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("bench-peer")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut input = child.stdin.take().context("no pipe to the peer")?;
        writeln!(input, "{}", serde_json::to_string(answer)?)?;
        let output = child.stdout.take().context("no pipe from the peer")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let at = line.trim().parse().context("the peer did not start")?;
        Ok(Self { child, at })
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves the answer read from standard input on a free port until the process is ended; says
/// where. As many worker threads as Vestibule has.
///
/// # Errors
/// There was no answer to read, or no port can be bound.
pub(crate) fn serve() -> Result<()> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let answer: Answer = serde_json::from_str(&line)?;
    let head: Vec<(HeaderName, HeaderValue)> = answer
        .head
        .iter()
        .map(|(name, value)| Ok((name.parse()?, value.parse()?)))
        .collect::<Result<_>>()?;
    let body = Bytes::from(answer.body);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (head, body) = (head.clone(), body.clone());
            tokio::spawn(async move {
                let service = service_fn(move |_| {
                    let mut answer = Response::new(Full::new(body.clone()));
                    answer.headers_mut().extend(head.iter().cloned());
                    async move { Ok::<_, Infallible>(answer) }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    })
}
