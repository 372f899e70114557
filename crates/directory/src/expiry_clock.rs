//! The clock by which codes, links and sessions end: it follows the wall clock forwards and never
//! goes back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;

/// The highest instant so far.
#[derive(Debug, Default)]
pub(crate) struct ExpiryClock(Mutex<Highest>);

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Highest {
    /// The instant, and the process's monotonic time then.
    seen: Option<(Timestamp, Duration)>,
    /// The value in the database.
    pub(crate) saved: Option<Timestamp>,
}

impl ExpiryClock {
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Highest) -> T) -> T {
        // Two instants, each of them valid at any time: a panic in another thread leaves nothing
        // half done.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn now(&self, clock: &dyn Clock) -> Timestamp {
        let (wall, elapsed) = (clock.now(), clock.elapsed());
        self.with(|highest| {
            let reckoned = highest.seen.map_or(wall, |(instant, then)| {
                let passed = SignedDuration::try_from(elapsed.saturating_sub(then));
                instant
                    .saturating_add(passed.unwrap_or(SignedDuration::ZERO))
                    .unwrap_or(Timestamp::MAX)
            });
            let now = wall.max(reckoned);
            highest.seen = Some((now, elapsed));
            now
        })
    }

    /// An instant that an earlier process, or another one, has seen.
    pub(crate) fn learn(&self, instant: Timestamp, elapsed: Duration) {
        self.with(|highest| {
            highest.saved = highest.saved.max(Some(instant));
            if highest.seen.is_none_or(|(seen, _)| seen < instant) {
                highest.seen = Some((instant, elapsed));
            }
        });
    }
}
