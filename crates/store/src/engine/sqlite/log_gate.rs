//! Makes lists wait while the write-ahead log has to restart from its beginning.
//!
//! The log can restart only while no read needs it. If reads of some seconds overlap all the time,
//! there is no such moment, and the log would grow without end. So when it is too long, new lists
//! wait until those under way have ended. Look-ups, short lists and writes go on. A list waits
//! once, and not much longer than one read may take: then the gate opens, whether the log has
//! restarted or not.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// The gate that every list passes before it reads.
#[derive(Default)]
pub(crate) struct LogGate {
    state: Mutex<State>,
    /// Wakes the waiting threads when the gate opens or the last list under way ends.
    changed: Condvar,
    opened: Notify,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    /// The checkpoint thread is ending. Nobody would open the gate any more, so it stays open.
    is_over: bool,
    /// Lists under way.
    passed: usize,
}

/// A list under way.
pub(crate) struct Pass(Arc<LogGate>);

impl LogGate {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a list through, at once or when the gate opens next. One that has waited passes even if
    /// the gate has been closed again since.
    pub(crate) async fn pass(self: &Arc<Self>) -> Pass {
        // Made before the gate is looked at: an opening in between would be missed otherwise.
        let opened = self.opened.notified();
        if let Some(pass) = self.pass_at_once() {
            return pass;
        }
        opened.await;
        self.lock().passed += 1;
        Pass(Arc::clone(self))
    }

    fn pass_at_once(self: &Arc<Self>) -> Option<Pass> {
        let mut state = self.lock();
        if state.is_closed {
            return None;
        }
        state.passed += 1;
        Some(Pass(Arc::clone(self)))
    }

    /// Lets no further list through.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = !state.is_over;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Whether it is closed and no list is under way any more.
    pub(super) fn is_drained(&self) -> bool {
        let state = self.lock();
        state.is_closed && state.passed == 0
    }

    /// Lets lists through again.
    pub(super) fn open(&self) {
        self.lock().is_closed = false;
        self.opened.notify_waiters();
        self.changed.notify_all();
    }

    /// Opens it for good.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.open();
    }

    /// Waits until no list is under way or the gate is open, but no longer than that.
    pub(super) fn wait_for_lists(&self, until: Instant) {
        self.wait(until, |state| state.is_closed && state.passed > 0);
    }

    /// Waits until the gate is open, but no longer than that.
    pub(super) fn wait_for_opening(&self, until: Instant) {
        self.wait(until, |state| state.is_closed);
    }

    fn wait(&self, until: Instant, goes_on: impl Fn(&State) -> bool) {
        let mut state = self.lock();
        while goes_on(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.passed = state.passed.saturating_sub(1);
        if state.passed == 0 {
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LogGate;
    use futures_util::FutureExt as _;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    #[test]
    fn lists_wait_until_the_gate_opens() {
        let gate = Arc::new(LogGate::default());
        let under_way = gate.pass().now_or_never().unwrap();
        gate.close();
        assert!(!gate.is_drained());
        let mut waiting = Box::pin(gate.pass());
        assert!(waiting.as_mut().now_or_never().is_none());
        // Those under way are waited for, but not for ever.
        gate.wait_for_lists(Instant::now());
        let hour = Instant::now() + Duration::from_hours(1);
        std::thread::scope(|threads| {
            threads.spawn(|| drop(under_way));
            gate.wait_for_lists(hour);
        });
        assert!(gate.is_drained());
        assert!(waiting.as_mut().now_or_never().is_none());
        std::thread::scope(|threads| {
            threads.spawn(|| gate.open());
            gate.wait_for_opening(hour);
        });
        // One that has waited is not held back again.
        gate.close();
        assert!(waiting.as_mut().now_or_never().is_some());
    }

    #[test]
    fn nothing_closes_it_after_the_end() {
        let gate = Arc::new(LogGate::default());
        gate.close();
        let mut waiting = Box::pin(gate.pass());
        assert!(waiting.as_mut().now_or_never().is_none());
        gate.end();
        gate.close();
        assert!(waiting.as_mut().now_or_never().is_some());
        assert!(gate.pass().now_or_never().is_some());
    }
}
