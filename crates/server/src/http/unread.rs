//! Answers that were made and that their client has not taken yet.
//!
//! Over HTTP/2 a client decides by its windows when it takes an answer, and may ask a hundred
//! things meanwhile. What lies ready is therefore counted, by connection and in all, and a
//! connection that has much of it is asked to take some before its next request is looked at. So
//! the memory that clients can fill by not reading is bounded, and none of them fills it for the
//! others: a connection that owes nothing is always served.
//!
//! What a batch gathers is counted while it gathers (see [`Gathering`]), since it may become much
//! more than what its request reserved.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::Method;
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::counts::lock;
use super::guarded::WRITE_TIME;

/// Answers on one connection: eight pages of a thousand users, or a hundred clients' worth of
/// single ones.
const ONE_CONNECTION: usize = 8 * 1024 * 1024;

/// Bytes reserved for a request that reads, until its answer is made: a page of a thousand users.
/// So not more than 32 of them are worked on at a time for one connection.
const OF_READING: usize = 256 * 1024;

/// Bytes reserved for other requests, whose answers are small.
const OF_WRITING: usize = 32 * 1024;

/// Bytes reserved for `$batch` and `getByIds`: some pages in one answer. What a batch gathers
/// beyond it is counted as it comes.
const OF_MANY: usize = 2 * 1024 * 1024;

/// Answers up to this size are not counted: what all connections can hold of them is less than one
/// page each.
const SMALL: usize = 2 * 1024;

/// Bytes handed over at a time, so that it shows whether an answer is being taken: a TLS record's
/// worth.
const SLICE: usize = 16 * 1024;

/// How often a request that waits for room looks whether there is some.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long a connection may leave its answers untouched while there are too many in all.
const PRESSED: Duration = Duration::from_secs(5);

/// What all connections hold together.
#[derive(Debug)]
pub(super) struct Unread {
    bytes: AtomicUsize,
    /// Bytes reserved for answers that are being made.
    reserved: AtomicUsize,
    /// What batches that are being answered have gathered; beyond their reservation it is in
    /// `reserved` as well.
    gathered: AtomicUsize,
    growing: Mutex<Growing>,
    most: usize,
}

/// Batches that have gathered more than was reserved for them, by age.
#[derive(Debug, Default)]
struct Growing {
    next: u64,
    numbers: BTreeSet<u64>,
}

impl Unread {
    pub(super) fn new(most: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
            gathered: AtomicUsize::new(0),
            growing: Mutex::default(),
            most,
        }
    }

    /// Bytes in memory.
    pub(super) fn bytes_in_memory(&self) -> usize {
        self.bytes.load(Ordering::Relaxed) + self.gathered.load(Ordering::Relaxed)
    }

    fn is_full(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) + self.reserved.load(Ordering::Relaxed) >= self.most
    }
}

/// What one connection holds, and when it last did anything.
#[derive(Debug)]
pub(super) struct Account {
    all: Arc<Unread>,
    bytes: AtomicUsize,
    /// Requests whose answer is not made yet, and the bytes reserved for them.
    requests: AtomicUsize,
    reserved: AtomicUsize,
    /// Told whenever one of the above falls.
    less: Notify,
    /// What the next two count from.
    begin: Instant,
    /// When a request last came or was answered, in milliseconds.
    active: AtomicU64,
    /// When some of an answer was last taken.
    taken: AtomicU64,
    /// Told when the connection is to make room for another.
    leave: Notify,
    is_leaving: AtomicBool,
    /// Told when it has no more time for that.
    cut: Notify,
    /// Its batches that grow, a part of those of all.
    growing: Mutex<BTreeSet<u64>>,
}

/// Bytes to reserve for a request until its answer is made.
fn cost(method: &Method, path: &str) -> usize {
    if method == Method::GET || method == Method::HEAD {
        OF_READING
    } else if names(path, &["$batch", "getbyids"]) {
        OF_MANY
    } else {
        OF_WRITING
    }
}

/// Whether a request changes nothing.
pub(crate) fn only_reads(method: &Method, path: &str) -> bool {
    method == Method::GET || method == Method::HEAD || names(path, &["getbyids"])
}

/// Whether one of the words stands in the path. It is looked at as the routes will read it.
fn names(path: &str, words: &[&str]) -> bool {
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let path = path.to_ascii_lowercase();
    words.iter().any(|word| path.contains(word))
}

/// Why a connection is ended from our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nothing was asked for long enough.
    Idle,
    /// Answers lie ready and none of them is taken.
    Stalled,
    /// Every slot is taken, and this connection gives way to a new one.
    Evicted,
}

impl Account {
    pub(super) fn new(all: Arc<Unread>) -> Self {
        Self {
            all,
            bytes: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
            less: Notify::new(),
            begin: Instant::now(),
            active: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            leave: Notify::new(),
            is_leaving: AtomicBool::new(false),
            cut: Notify::new(),
            growing: Mutex::default(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn since(&self, then: &AtomicU64) -> Duration {
        Duration::from_millis(self.now().saturating_sub(then.load(Ordering::Relaxed)))
    }

    /// Whether a request is being answered, or an answer is being sent.
    pub(super) fn is_answering(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0 || self.bytes.load(Ordering::Relaxed) > 0
    }

    /// For how long nothing has been under way; `None` while something is.
    pub(super) fn idle(&self) -> Option<Duration> {
        let is_busy = self.is_answering() || self.is_leaving.load(Ordering::Relaxed);
        (!is_busy).then(|| self.since(&self.active))
    }

    /// Tells the connection to make room.
    pub(super) fn evict(&self) {
        self.is_leaving.store(true, Ordering::Relaxed);
        self.leave.notify_one();
    }

    /// Tells a connection that makes room to end at once.
    pub(super) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Waits for that.
    pub(super) async fn was_cut(&self) {
        self.cut.notified().await;
    }

    /// Waits until the connection has room for one more answer.
    pub(super) async fn admit(self: &Arc<Self>, method: &Method, path: &str) -> Admitted {
        let cost = cost(method, path);
        if self.has_room(cost) {
            return self.admitted(cost);
        }
        loop {
            let less = self.less.notified();
            let mut less = std::pin::pin!(less);
            less.as_mut().enable();
            if self.has_room(cost) {
                return self.admitted(cost);
            }
            // Others' answers count as well, and when those are taken nobody tells us.
            drop(timeout(LOOK_AGAIN, less).await);
        }
    }

    fn admitted(self: &Arc<Self>, cost: usize) -> Admitted {
        // With no room in all, only what a page costs: the rest of a batch then waits for room.
        let cost = if self.all.is_full() {
            cost.min(OF_READING)
        } else {
            cost
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.reserved.fetch_add(cost, Ordering::Relaxed);
        self.all.reserved.fetch_add(cost, Ordering::Relaxed);
        self.active.store(self.now(), Ordering::Relaxed);
        Admitted {
            account: Arc::clone(self),
            cost,
        }
    }

    /// Two requests that look at the same moment may both find the last room: then it is one answer
    /// more.
    fn has_room(&self, cost: usize) -> bool {
        let own = self.bytes.load(Ordering::Relaxed) + self.reserved.load(Ordering::Relaxed);
        own == 0 || (own + cost <= ONE_CONNECTION && !self.all.is_full())
    }

    /// Waits until the connection is to be ended. `idle` is how long nothing may be asked.
    pub(super) async fn ending(&self, idle: Duration) -> Ending {
        loop {
            let wait = match self.idle() {
                Some(quiet) if quiet >= idle => return Ending::Idle,
                Some(quiet) => idle.saturating_sub(quiet).min(PRESSED),
                None => PRESSED,
            };
            if self.bytes.load(Ordering::Relaxed) > 0 {
                let patience = if self.all.is_full() {
                    PRESSED
                } else {
                    WRITE_TIME
                };
                if self.since(&self.taken) >= patience {
                    return Ending::Stalled;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.leave.notified() => return Ending::Evicted,
            }
        }
    }

    fn fell(&self) {
        self.less.notify_waiters();
    }

    /// Whether a batch may gather so many bytes beyond its reservation. Where batches hold the room
    /// together, the oldest goes on: it ends, and then the next is the oldest, so that they never
    /// all wait for each other. Where it is answers that nobody takes, all wait: those are taken,
    /// or their connection is cut.
    fn may_grow(&self, number: u64, bytes: usize) -> bool {
        let unread = self.bytes.load(Ordering::Relaxed);
        let own = unread + self.reserved.load(Ordering::Relaxed);
        let has_own_turn =
            unread < ONE_CONNECTION / 2 && lock(&self.growing).first() == Some(&number);
        let has_turn = self.all.bytes.load(Ordering::Relaxed) < self.all.most / 2
            && lock(&self.all.growing).numbers.first() == Some(&number);
        (own + bytes <= ONE_CONNECTION || has_own_turn) && (!self.all.is_full() || has_turn)
    }
}

/// What a batch gathers before its answer is whole, counted against its connection and in all.
#[derive(Clone, Debug)]
pub(crate) struct Gathering(Arc<Gathered>);

#[derive(Debug)]
struct Gathered {
    account: Arc<Account>,
    /// What was reserved for the request.
    reserved: usize,
    bytes: AtomicUsize,
    /// Its place among the batches that grow, once it is one of them.
    number: Mutex<Option<u64>>,
}

impl Gathering {
    /// Waits until so many bytes more may be held, and counts them.
    pub(crate) async fn add(&self, bytes: usize) {
        let Self(gathered) = self;
        let account = &gathered.account;
        loop {
            let less = account.less.notified();
            let mut less = std::pin::pin!(less);
            less.as_mut().enable();
            let beyond = gathered.beyond(gathered.bytes.load(Ordering::Relaxed), bytes);
            if beyond == 0 || account.may_grow(gathered.number(), beyond) {
                return self.add_at_once(bytes);
            }
            drop(timeout(LOOK_AGAIN, less).await);
        }
    }

    /// Counts so many bytes more, whether there is room or not.
    pub(crate) fn add_at_once(&self, bytes: usize) {
        let Self(gathered) = self;
        let account = &gathered.account;
        let before = gathered.bytes.fetch_add(bytes, Ordering::Relaxed);
        let beyond = gathered.beyond(before, bytes);
        account.all.gathered.fetch_add(bytes, Ordering::Relaxed);
        account.all.reserved.fetch_add(beyond, Ordering::Relaxed);
        account.reserved.fetch_add(beyond, Ordering::Relaxed);
    }
}

impl Gathered {
    /// How many of the bytes that come after `before` are beyond the reservation.
    fn beyond(&self, before: usize, bytes: usize) -> usize {
        let beyond = |sum: usize| sum.saturating_sub(self.reserved);
        beyond(before.saturating_add(bytes)) - beyond(before)
    }

    fn number(&self) -> u64 {
        let mut number = lock(&self.number);
        *number.get_or_insert_with(|| {
            let mut growing = lock(&self.account.all.growing);
            let number = growing.next;
            growing.next += 1;
            growing.numbers.insert(number);
            lock(&self.account.growing).insert(number);
            number
        })
    }
}

impl Drop for Gathered {
    fn drop(&mut self) {
        let account = &self.account;
        let bytes = self.bytes.load(Ordering::Relaxed);
        let beyond = self.beyond(0, bytes);
        account.all.gathered.fetch_sub(bytes, Ordering::Relaxed);
        account.all.reserved.fetch_sub(beyond, Ordering::Relaxed);
        account.reserved.fetch_sub(beyond, Ordering::Relaxed);
        if let Some(number) = *lock(&self.number) {
            lock(&account.all.growing).numbers.remove(&number);
            lock(&account.growing).remove(&number);
        }
        account.fell();
    }
}

/// A request that is being answered.
pub(super) struct Admitted {
    account: Arc<Account>,
    cost: usize,
}

impl Admitted {
    /// For a handler that gathers its answer from many.
    pub(super) fn gathering(&self) -> Gathering {
        Gathering(Arc::new(Gathered {
            account: Arc::clone(&self.account),
            reserved: self.cost,
            bytes: AtomicUsize::new(0),
            number: Mutex::default(),
        }))
    }

    /// Counts the answer for as long as any of it is in memory.
    pub(super) fn count(self, answer: Response) -> Response {
        if answer
            .body()
            .size_hint()
            .exact()
            .is_some_and(|bytes| bytes <= SMALL as u64)
        {
            return answer;
        }
        let (parts, body) = answer.into_parts();
        // Answers are made whole before they are sent, so nothing is waited for.
        let body = match body.collect().now_or_never() {
            Some(Ok(whole)) => Body::new(Slices::new(whole.to_bytes(), &self.account)),
            Some(Err(error)) => {
                tracing::error!(%error, "an answer that is in memory could not be read");
                Body::empty()
            }
            None => {
                tracing::error!("an answer was not whole");
                Body::empty()
            }
        };
        Response::from_parts(parts, body)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let account = &self.account;
        account.reserved.fetch_sub(self.cost, Ordering::Relaxed);
        let all = &account.all.reserved;
        all.fetch_sub(self.cost, Ordering::Relaxed);
        account.active.store(account.now(), Ordering::Relaxed);
        account.requests.fetch_sub(1, Ordering::Relaxed);
        account.fell();
    }
}

/// The bytes of an answer. They are counted until the last piece of them is gone, wherever it lies.
struct Counted {
    bytes: Bytes,
    account: Arc<Account>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let account = &self.account;
        account
            .all
            .bytes
            .fetch_sub(self.bytes.len(), Ordering::Relaxed);
        account.active.store(account.now(), Ordering::Relaxed);
        account.bytes.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        account.fell();
    }
}

/// An answer, handed over piece by piece.
struct Slices {
    left: Bytes,
    account: Arc<Account>,
}

impl Slices {
    fn new(bytes: Bytes, account: &Arc<Account>) -> Self {
        account.all.bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        if account.bytes.fetch_add(bytes.len(), Ordering::Relaxed) == 0 {
            account.taken.store(account.now(), Ordering::Relaxed);
        }
        let counted = Counted {
            bytes,
            account: Arc::clone(account),
        };
        Self {
            left: Bytes::from_owner(counted),
            account: Arc::clone(account),
        }
    }
}

impl HttpBody for Slices {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let account = &self.account;
        account.taken.store(account.now(), Ordering::Relaxed);
        let bytes = self.left.len().min(SLICE);
        let slice = if bytes == self.left.len() {
            std::mem::take(&mut self.left)
        } else {
            self.left.split_to(bytes)
        };
        Poll::Ready(Some(Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
