//! What is left of a request's body when the answer is there.
//!
//! Many answers are made before the body is read: a wrong path, no token, a verb that is not
//! allowed, too many bytes. If the remainder were dropped then, HTTP/1.1 would have to cut the
//! connection, because the next request begins behind the body; a client that still sends loses the
//! answer with it. HTTP/2 would reset the stream, which some clients report instead of the answer.
//! So the remainder is read and thrown away here, beside the answer, with a limit on bytes and
//! time. Where that is more than we read, HTTP/1.1 is told `Connection: close` with the answer.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, Request, Version};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, Incoming, SizeHint};

use super::limits::{BODY_TIME, PHOTO_BYTES};

/// Bytes that are read only to be thrown away: twice the largest body that any route takes, so that
/// a request which only lacked a token, or sent somewhat too much, keeps its connection.
const REMAINDER_BYTES: u64 = 2 * PHOTO_BYTES as u64;

/// How long the remainder may take: as long as a body that is wanted.
const REMAINDER_TIME: Duration = BODY_TIME;

/// The body of one request, shared by its handler and by the task that reads the remainder.
struct Shared {
    body: Incoming,
    /// Somebody has asked for the body. Before that, a client that sent `Expect: 100-continue` may
    /// never send it.
    begun: bool,
    /// Nothing more comes.
    ended: bool,
}

impl Shared {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.begun = true;
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.ended = true;
        }
        polled
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // Only hyper can panic while the lock is held, and then the body is of no use any more.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The handler's side of a body.
struct Reading(Arc<Mutex<Shared>>);

impl HttpBody for Reading {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        lock(&self.0).poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        let shared = lock(&self.0);
        shared.ended || shared.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).body.size_hint()
    }
}

/// The unread part of a request's body, for after the answer.
pub(super) struct Remainder {
    shared: Arc<Mutex<Shared>>,
    /// HTTP/2 has a stream for each request: what is left on one holds up no other request.
    is_multiplexed: bool,
    /// The client may be waiting for `100 Continue` before it sends the body.
    expects: bool,
}

/// Gives the handler its request, and keeps hold of the body, where there is one.
pub(super) fn keep(request: Request<Incoming>) -> (Request<Body>, Option<Remainder>) {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return (Request::from_parts(parts, Body::empty()), None);
    }
    let shared = Arc::new(Mutex::new(Shared {
        body,
        begun: false,
        ended: false,
    }));
    let remainder = Remainder {
        shared: Arc::clone(&shared),
        is_multiplexed: parts.version == Version::HTTP_2,
        expects: parts.headers.contains_key(EXPECT),
    };
    let body = Body::new(Reading(shared));
    (Request::from_parts(parts, body), Some(remainder))
}

impl Remainder {
    /// Reads the remainder beside the answer. The answer does not wait for it: a client may send
    /// the body only when it has the answer.
    pub(super) fn settle(self, answer: &mut Response) {
        let is_too_much = {
            let shared = lock(&self.shared);
            if shared.ended || shared.body.is_end_stream() {
                return;
            }
            let unasked = self.expects && !shared.begun;
            unasked || shared.body.size_hint().lower() > REMAINDER_BYTES
        };
        if is_too_much && !self.is_multiplexed {
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(CONNECTION, close);
            return;
        }
        tokio::spawn(async move {
            // Read or not, dropping the body ends it.
            let _read = tokio::time::timeout(REMAINDER_TIME, self.read()).await;
        });
    }

    async fn read(self) {
        let mut reading = Reading(self.shared);
        let mut left = REMAINDER_BYTES;
        while let Some(Ok(frame)) = reading.frame().await {
            let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
            let Some(fewer) = left.checked_sub(bytes) else {
                return;
            };
            left = fewer;
        }
    }
}
