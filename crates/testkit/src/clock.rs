//! A clock that stands still until it is told to go on.

use std::sync::atomic::{AtomicI64, Ordering};

use directory::Clock;
use jiff::{SignedDuration, Timestamp};

/// Where every test begins: 2026-01-15T10:00:00Z, in microseconds.
const BEGIN: i64 = 1_768_471_200_000_000;

/// Stands at an instant.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// Stands at 2026-01-15T10:00:00Z.
    pub const fn new() -> Self {
        Self(AtomicI64::new(BEGIN))
    }

    /// Stands so many seconds after 1970-01-01T00:00:00Z.
    pub const fn at(second: i64) -> Self {
        Self(AtomicI64::new(second * 1_000_000))
    }

    /// Goes on by so much; backwards where it is negative.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).expect("a test's time fits 292,000 years");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let micros = self.0.load(Ordering::SeqCst);
        Timestamp::from_microsecond(micros).expect("a test's instant is one")
    }
}
