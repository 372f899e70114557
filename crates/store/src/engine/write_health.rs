//! What stands in the way of writing, as the last writes found it.

use crate::StoreError;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A damaged database may take one write and refuse the next. So a good write ends that trouble
/// only when no write met the damage for so long.
const DAMAGE: Duration = Duration::from_mins(1);

/// The last trouble with writing.
#[derive(Debug, Default)]
pub(crate) struct WriteHealth(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    /// The last trouble that no write has shown to be over.
    trouble: Option<(StoreError, Instant)>,
    written: Option<Instant>,
}

impl WriteHealth {
    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A write failed with this.
    pub(crate) fn note(&self, error: &StoreError) {
        // Other errors are about the one write: it took too long, or asked for something that does
        // not exist.
        if let StoreError::Full
        | StoreError::Corrupt(_)
        | StoreError::Driver(_)
        | StoreError::Busy = error
        {
            self.lock().trouble = Some((error.clone(), Instant::now()));
        }
    }

    /// A write was committed.
    pub(crate) fn is_over(&self) {
        let mut last = self.lock();
        last.written = Some(Instant::now());
        let lasts =
            matches!(&last.trouble, Some((StoreError::Corrupt(_), at)) if at.elapsed() < DAMAGE);
        if !lasts {
            last.trouble = None;
        }
    }

    /// Whether a write was committed so short a time ago.
    pub(crate) fn wrote_within(&self, time: Duration) -> bool {
        let written = self.lock().written;
        written.is_some_and(|at| at.elapsed() < time)
    }

    /// The trouble as it stands now.
    pub(crate) fn now(&self) -> Option<StoreError> {
        self.lock().trouble.as_ref().map(|(error, _)| error.clone())
    }
}
