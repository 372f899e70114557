//! Carrying the log over into the database file, without making a commit wait for it.
//!
//! A thread of its own does so whenever the log has grown by [`SOFT`] pages, beside reading and
//! writing. The log starts over only when a write finds all of it carried over, which under steady
//! load never happens by itself; so from [`HARD`] pages on the writer does the small rest between
//! two batches.

use super::{of, open};
use crate::engine::writer::Tend;
use crate::{Place, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// 14 MiB: some seconds of heavy writing, quickly read again after a crash. A page that many writes
/// changed since is carried over once. Twice this is close below [`HARD`], so that little is left
/// for the writer.
const SOFT: i64 = 3584;
/// 32 MiB. While nobody reads, the log stays below twice this. It begins anew only where no read
/// needs it any more, so reads of some seconds that overlap let it grow (docs/operating.md).
const HARD: i64 = 8192;
/// 4 MiB: from [`HARD`] on an attempt is made so often, because each one may meet a reader.
const AGAIN: i64 = 1024;

/// Starts the thread; what comes back is to be called between batches. It ends with the writer.
pub(crate) fn start(writer: &mut rusqlite::Connection, place: &Place) -> Result<Tend, StoreError> {
    if matches!(place, Place::Memory(_)) {
        return Ok(never());
    }
    let beside = open::writer(place)?;
    let (wake, woken) = mpsc::sync_channel::<()>(1);
    let thread = std::thread::Builder::new()
        .name("store-checkpoint".into())
        .spawn(move || {
            while woken.recv().is_ok() {
                carry_over(&beside);
            }
        })
        .map_err(|error| StoreError::Driver(format!("no checkpoint thread: {error}")))?;
    let beside = CheckpointThread {
        wake: Some(wake),
        thread: Some(thread),
    };
    let pages = Arc::new(AtomicI64::new(0));
    let log = Arc::clone(&pages);
    writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
        log.store(i64::from(pages), Ordering::Relaxed);
        Ok(())
    }))?;
    let mut policy = Policy::default();
    Ok(Box::new(move |tx, broke| {
        let action = match broke {
            // No room for the log to grow: what is in it may still fit into the file, and then it
            // starts over in its place.
            Some(StoreError::Full) => CheckpointAction::Here,
            _ => policy.after_commit(pages.load(Ordering::Relaxed)),
        };
        match action {
            CheckpointAction::Nothing => {}
            CheckpointAction::CheckpointThread => beside.wake(),
            CheckpointAction::Here => carry_over(of(tx.connection())),
        }
    }))
}

/// For a connection that writes no log.
pub(crate) fn never() -> Tend {
    Box::new(|_, _| ())
}

/// The thread. Its connection is closed once this is dropped, since the next process may want the
/// database for itself.
struct CheckpointThread {
    wake: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl CheckpointThread {
    fn wake(&self) {
        if let Some(wake) = &self.wake {
            // An error means that it is woken already.
            let _woken = wake.try_send(());
        }
    }
}

impl Drop for CheckpointThread {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// PASSIVE does not wait: it carries over what no reader still needs.
fn carry_over(on: &rusqlite::Connection) {
    if let Err(error) = on.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the write-ahead log could not be checkpointed");
    }
}

#[derive(Debug, PartialEq, Eq)]
enum CheckpointAction {
    Nothing,
    CheckpointThread,
    Here,
}

/// Decides when, by the length of the log after each commit.
#[derive(Debug, Default)]
struct Policy {
    last: i64,
    /// Length at which something was done last.
    acted: i64,
}

impl Policy {
    fn after_commit(&mut self, pages: i64) -> CheckpointAction {
        if pages < self.last {
            self.acted = 0;
        }
        self.last = pages;
        let is_over_now = self.acted < HARD && pages >= HARD;
        let step = if pages < HARD { SOFT } else { AGAIN };
        if pages - self.acted < step && !is_over_now {
            return CheckpointAction::Nothing;
        }
        self.acted = pages;
        if pages < HARD {
            CheckpointAction::CheckpointThread
        } else {
            CheckpointAction::Here
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AGAIN, CheckpointAction, HARD, Policy, SOFT};

    #[test]
    fn policy() {
        let mut policy = Policy::default();
        let steps = [
            (10, CheckpointAction::Nothing),
            (SOFT, CheckpointAction::CheckpointThread),
            (SOFT + 9, CheckpointAction::Nothing),
            (2 * SOFT, CheckpointAction::CheckpointThread),
            (HARD - 1, CheckpointAction::Nothing),
            (HARD, CheckpointAction::Here),
            (HARD + 1, CheckpointAction::Nothing),
            // The log began anew.
            (3, CheckpointAction::Nothing),
            (SOFT, CheckpointAction::CheckpointThread),
            (HARD, CheckpointAction::Here),
            (HARD + 1, CheckpointAction::Nothing),
            (HARD + AGAIN, CheckpointAction::Here),
            (HARD + AGAIN + 1, CheckpointAction::Nothing),
            (HARD + 2 * AGAIN, CheckpointAction::Here),
        ];
        for (pages, step) in steps {
            assert_eq!(policy.after_commit(pages), step, "at {pages}");
        }
    }
}
