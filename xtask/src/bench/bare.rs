//! The peer of the read figure: a hyper server that answers every request with the same bytes and does nothing else.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

/// Serves `head` and `body` on a free port until the process ends. As many worker threads as Vestibule has.
///
/// # Errors
/// No port can be bound.
pub(super) fn serve(head: Vec<(HeaderName, HeaderValue)>, body: Bytes) -> Result<SocketAddr> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            send.send(listener.local_addr()?)?;
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
    });
    receive.recv().context("the bare server did not start")
}
