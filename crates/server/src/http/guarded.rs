//! A connection's bytes, guarded against a peer that does not read, and ended so that the last
//! answer arrives.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long a write may make no progress at all. A client that reads anything takes some bytes in
/// that time; one that reads nothing must not keep its answers in our memory.
pub(super) const WRITE_TIME: Duration = Duration::from_secs(30);

/// How long the peer's bytes are read and thrown away after our last one. Closing a socket with
/// unread bytes in it makes the kernel send a reset, and a reset makes the peer's kernel forget an
/// answer that its program has not read yet.
const LINGER_TIME: Duration = Duration::from_secs(3);

/// How many of the peer's bytes are read and thrown away: as many as a client on a fast line sends
/// before it notices the answer.
const LINGER_BYTES: usize = 16 * 1024 * 1024;

/// A stream with those limits.
pub(super) struct Guarded<S> {
    inner: S,
    /// Runs while a write waits.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once our side is shut.
    linger: Option<Pin<Box<Sleep>>>,
    thrown_away: usize,
    /// Set when the server ends: nobody lingers then.
    hurry: Arc<AtomicBool>,
    /// Set with the first byte that the peer sends.
    heard: Arc<AtomicBool>,
}

impl<S> Guarded<S> {
    pub(super) fn new(inner: S, hurry: Arc<AtomicBool>, heard: Arc<AtomicBool>) -> Self {
        Self {
            inner,
            stalled: None,
            linger: None,
            thrown_away: 0,
            hurry,
            heard,
        }
    }

    /// Passes on what came of writing; too long without any is an error.
    fn progress<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let timer = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(WRITE_TIME)));
        ready!(timer.as_mut().poll(cx));
        let why = "the peer does not read";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
}

impl<S: AsyncRead + Unpin> Guarded<S> {
    /// Reads until the peer has ended as well, or for long enough.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self
            .linger
            .get_or_insert_with(|| Box::pin(sleep(LINGER_TIME)));
        if self.hurry.load(Ordering::Relaxed) {
            timer.as_mut().reset(Instant::now());
        }
        if timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let mut bin = [0; 8 * 1024];
        loop {
            let mut bytes = ReadBuf::new(&mut bin);
            match ready!(Pin::new(&mut self.inner).poll_read(cx, &mut bytes)) {
                Ok(()) if !bytes.filled().is_empty() && self.thrown_away < LINGER_BYTES => {
                    self.thrown_away += bytes.filled().len();
                }
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = bytes.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, bytes);
        if bytes.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.progress(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.progress(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(cx);
        self.progress(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            let polled = Pin::new(&mut self.inner).poll_shutdown(cx);
            ready!(self.progress(cx, polled))?;
        }
        ready!(self.poll_linger(cx));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_is_given_up() {
        let (ours, mut theirs) = duplex(16);
        let mut guarded = Guarded::new(ours, Arc::default(), Arc::default());
        let began = Instant::now();
        // A peer that reads a little, ever so slowly, has its answer in the end.
        let slowly = async {
            let mut bytes = [0; 8];
            for _ in 0..8 {
                tokio::time::sleep(WRITE_TIME * 9 / 10).await;
                theirs.read_exact(&mut bytes).await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(guarded.write_all(&[0; 64]), slowly);
        written.unwrap();
        assert!(began.elapsed() > 2 * WRITE_TIME);
        guarded.write_all(&[0; 16]).await.unwrap();
        let began = Instant::now();
        let error = guarded.write_all(&[0; 16]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= WRITE_TIME);
    }

    #[tokio::test(start_paused = true)]
    async fn what_still_comes_is_read_until_the_peer_ends_or_long_enough() {
        let (ours, mut theirs) = duplex(64);
        let mut guarded = Guarded::new(ours, Arc::default(), Arc::default());
        let sending = async move {
            theirs.write_all(&[0; 5_000]).await.unwrap();
            let mut rest = Vec::new();
            theirs.read_to_end(&mut rest).await.unwrap();
        };
        let began = Instant::now();
        let (shut, ()) = tokio::join!(guarded.shutdown(), sending);
        shut.unwrap();
        assert!(began.elapsed() < LINGER_TIME);

        let (ours, _theirs) = duplex(64);
        let hurry = Arc::<AtomicBool>::default();
        let mut guarded = Guarded::new(ours, Arc::clone(&hurry), Arc::default());
        let began = Instant::now();
        guarded.shutdown().await.unwrap();
        assert!(began.elapsed() >= LINGER_TIME);

        let (ours, _theirs) = duplex(64);
        hurry.store(true, Ordering::Relaxed);
        let mut guarded = Guarded::new(ours, hurry, Arc::default());
        let began = Instant::now();
        guarded.shutdown().await.unwrap();
        assert!(began.elapsed() < LINGER_TIME);
    }
}
