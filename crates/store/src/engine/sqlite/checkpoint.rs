//! Carrying the log over into the database file, without making a commit wait for it.
//!
//! A thread of its own does so whenever the log has grown by [`SOFT`] pages, beside reading and
//! writing. The log starts over only when a write finds all of it carried over, which under steady
//! load never happens by itself; so from [`HARD`] pages on the writer does the small rest between
//! two batches. If reads of some seconds overlap all the time, one of them always needs the log.
//! So from [`Options::log`] on new lists wait until those under way have ended and the log has
//! started over ([`LogGate`], decision record 0081).

use super::log_gate::LogGate;
use super::{of, open};
use crate::engine::writer::Tend;
use crate::{Options, Place, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// 14 MiB: some seconds of heavy writing, quickly read again after a crash. A page that many writes
/// changed since is carried over once. Twice this is close below [`HARD`], so that little is left
/// for the writer.
const SOFT: i64 = 3584;
/// 32 MiB. While nobody reads, the log stays below twice this.
const HARD: i64 = 8192;
/// 4 MiB: from [`HARD`] on an attempt is made so often, because each one may meet a reader.
const AGAIN: i64 = 1024;
/// Bytes of a page.
const PAGE: u64 = 4096;
/// How long a cancelled list may need until it ends.
const ENDING: Duration = Duration::from_millis(500);
/// How long the gate stays closed, once no list is under way, for a write that restarts the log. A
/// look-up may prevent the restart, but only for microseconds.
const BEGINNING: Duration = Duration::from_millis(250);

/// Starts the thread; what comes back is to be called between batches. It ends with the writer.
pub(crate) fn start(
    writer: &mut rusqlite::Connection,
    options: &Options,
    gate: Arc<LogGate>,
) -> Result<Tend, StoreError> {
    if matches!(options.place, Place::Memory(_)) {
        return Ok(never());
    }
    let beside = open::writer(&options.place)?;
    let longest = options.read_time.saturating_add(ENDING);
    let of_thread = Arc::clone(&gate);
    let (wake, woken) = mpsc::sync_channel::<()>(1);
    let thread = std::thread::Builder::new()
        .name("store-checkpoint".into())
        .spawn(move || {
            while woken.recv().is_ok() {
                let is_closed = of_thread.is_closed();
                if is_closed {
                    of_thread.wait_for_lists(Instant::now() + longest);
                }
                carry_over(&beside);
                if is_closed {
                    of_thread.wait_for_opening(Instant::now() + BEGINNING);
                    of_thread.open();
                }
            }
        })
        .map_err(|error| StoreError::Driver(format!("no checkpoint thread: {error}")))?;
    let beside = CheckpointThread {
        wake: Some(wake),
        thread: Some(thread),
        gate,
    };
    let pages = Arc::new(AtomicI64::new(0));
    let log = Arc::clone(&pages);
    writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
        log.store(i64::from(pages), Ordering::Relaxed);
        Ok(())
    }))?;
    let mut policy = Policy::new(options.log);
    Ok(Box::new(move |tx, broke| {
        let gate = &beside.gate;
        let pages = pages.load(Ordering::Relaxed);
        if policy.begins_anew(pages) {
            gate.open();
        }
        let action = match broke {
            // No room for the log to grow: what is in it may still fit into the file, and then it
            // starts over in its place.
            Some(StoreError::Full) => CheckpointAction::Here,
            // The next write finds the log carried over, and no list that needs it.
            _ if gate.is_drained() => CheckpointAction::Here,
            _ => policy.after_commit(pages),
        };
        if policy.is_too_long(pages) {
            gate.close();
            // Carries over, and opens the gate where no write does.
            beside.wake();
        }
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
    gate: Arc<LogGate>,
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
        self.gate.end();
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
    /// Pages that are too many.
    most: i64,
    /// Length at which lists were held back last.
    held: i64,
}

impl Policy {
    fn new(most_bytes: u64) -> Self {
        Self {
            most: i64::try_from(most_bytes / PAGE).unwrap_or(i64::MAX).max(1),
            ..Self::default()
        }
    }

    /// Whether the last commit began the log anew.
    fn begins_anew(&mut self, pages: i64) -> bool {
        let is_anew = pages < self.last;
        if is_anew {
            self.acted = 0;
            self.held = 0;
        }
        self.last = pages;
        is_anew
    }

    /// Whether lists are to wait. Where that was in vain, because another process keeps reading,
    /// they wait again when the log has grown as much again.
    fn is_too_long(&mut self, pages: i64) -> bool {
        let is_too_long = pages - self.held >= self.most;
        if is_too_long {
            self.held = pages;
        }
        is_too_long
    }

    fn after_commit(&mut self, pages: i64) -> CheckpointAction {
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
    use super::{AGAIN, CheckpointAction, HARD, PAGE, Policy, SOFT};
    use crate::Options;

    #[test]
    fn policy() {
        let mut policy = Policy::new(Options::LOG);
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
            policy.begins_anew(pages);
            assert_eq!(policy.after_commit(pages), step, "at {pages}");
        }
    }

    #[test]
    fn lists_wait_once_for_each_such_length() {
        let mut policy = Policy::new(100 * PAGE);
        for (pages, is_anew, is_too_long) in [
            (99, false, false),
            (100, false, true),
            (101, false, false),
            (199, false, false),
            (200, false, true),
            (201, false, false),
            (5, true, false),
            (99, false, false),
            (140, false, true),
        ] {
            assert_eq!(policy.begins_anew(pages), is_anew, "at {pages}");
            assert_eq!(policy.is_too_long(pages), is_too_long, "at {pages}");
        }
    }
}
