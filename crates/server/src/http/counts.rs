//! Counts of connections, for `/metrics`, and the log's line about refused ones.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::unread::{Ending, Unread};

/// Refusals are counted always and logged so often.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// A panic elsewhere must not end all accepting: what these locks protect is consistent at every
/// moment, so a poisoned one is used on.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts of connections, for `/metrics`.
#[derive(Debug, Default)]
pub struct Counts {
    open: AtomicU64,
    refused: AtomicU64,
    idle: AtomicU64,
    stalled: AtomicU64,
    evicted: AtomicU64,
    unread: Mutex<Vec<Arc<Unread>>>,
    logged: Mutex<Option<(Instant, u64)>>,
}

impl Counts {
    /// Open now; refused; ended by us: idle, not reading, to make room for another; bytes of
    /// answers not taken yet.
    pub fn figures(&self) -> [(&'static str, &'static str, &'static str, u64); 6] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let unread = lock(&self.unread)
            .iter()
            .map(|unread| unread.bytes_in_memory() as u64)
            .sum();
        [
            (
                "vestibule_connections",
                "gauge",
                "Open connections.",
                read(&self.open),
            ),
            (
                "vestibule_connections_refused_total",
                "counter",
                "Connections refused: their address had too many, or every slot was taken.",
                read(&self.refused),
            ),
            (
                "vestibule_connections_idle_total",
                "counter",
                "Connections closed because nothing was asked on them.",
                read(&self.idle),
            ),
            (
                "vestibule_connections_stalled_total",
                "counter",
                "Connections closed because their client did not read its answers.",
                read(&self.stalled),
            ),
            (
                "vestibule_connections_evicted_total",
                "counter",
                "Connections closed to make room for others.",
                read(&self.evicted),
            ),
            (
                "vestibule_unread_bytes",
                "gauge",
                "Bytes of answers that clients have not taken yet, and of batches that are being answered.",
                unread,
            ),
        ]
    }

    /// Counts what the listener's answers hold, too.
    pub(super) fn watch(&self, unread: Arc<Unread>) {
        lock(&self.unread).push(unread);
    }

    /// Counts a connection that was let in.
    pub(super) fn opened(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one less.
    pub(super) fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a connection that we ended.
    pub(super) fn ended(&self, why: Ending) {
        let counter = match why {
            Ending::Idle => &self.idle,
            Ending::Stalled => &self.stalled,
            Ending::Evicted => &self.evicted,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was not let in.
    pub(super) fn refuse(&self, peer: SocketAddr, per_address: usize) {
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        let mut logged = lock(&self.logged);
        let before = match *logged {
            Some((at, _)) if at.elapsed() < LOG_EVERY => return,
            Some((_, before)) => before,
            None => 0,
        };
        *logged = Some((Instant::now(), refused));
        tracing::warn!(
            refused = refused - before,
            last = %peer.ip(),
            per_address,
            "connections refused: too many from one address, or every slot is taken"
        );
    }
}
