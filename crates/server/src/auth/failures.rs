//! Failed client authentications, counted by client and address, so that guessing costs the guesser
//! time and not the server processor time and log.
//!
//! Kept in memory only: a client secret has 256 bits, and no number of guesses that a restart
//! forgives comes near it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use quick_cache::sync::Cache;

/// Pairs remembered. Who has more addresses than this can forget his own failures; see above.
const CAPACITY: usize = 10_000;

/// Failures allowed in a window: a person mistyping, or a fleet of one client restarting with an old
/// secret behind one address, still gets through after a minute.
const ALLOWED: u32 = 20;

/// Length of a window in seconds.
const WINDOW: i64 = 60;

/// One window of failures.
#[derive(Debug, Default)]
struct Window {
    began: AtomicI64,
    failures: AtomicU32,
}

/// The counters. Bounded.
#[derive(Debug)]
pub struct FailedClients(Cache<(IpAddr, String), Arc<Window>>);

impl FailedClients {
    /// No failures yet.
    pub fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// Seconds to wait, when this client has failed too often from this address in the window that
    /// holds `now` (seconds since 1970).
    pub fn wait(&self, from: IpAddr, client_id: &str, now: i64) -> Option<u32> {
        let window = self.0.get(&(network(from), client_id.to_owned()))?;
        let left = window.began.load(Ordering::Relaxed) + WINDOW - now;
        let spent = window.failures.load(Ordering::Relaxed) >= ALLOWED;
        if spent && left > 0 {
            u32::try_from(left).ok()
        } else {
            None
        }
    }

    /// Counts a failure.
    pub fn count(&self, from: IpAddr, client_id: &str, now: i64) {
        let key = (network(from), client_id.to_owned());
        let window = self.0.get(&key).unwrap_or_else(|| {
            let fresh = Arc::new(Window::default());
            self.0.insert(key, Arc::clone(&fresh));
            fresh
        });
        if now >= window.began.load(Ordering::Relaxed) + WINDOW {
            window.began.store(now, Ordering::Relaxed);
            window.failures.store(0, Ordering::Relaxed);
        }
        window.failures.fetch_add(1, Ordering::Relaxed);
    }
}

impl Default for FailedClients {
    fn default() -> Self {
        Self::new()
    }
}

/// The address, or for IPv6 its /64: one customer has that many.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{ALLOWED, FailedClients, WINDOW};

    #[test]
    fn failures_count_per_client_and_address_and_are_forgiven() {
        let failed = FailedClients::new();
        let here: IpAddr = "203.0.113.5".parse().unwrap();
        for _ in 0..ALLOWED {
            assert_eq!(failed.wait(here, "a", 1_000), None);
            failed.count(here, "a", 1_000);
        }
        assert_eq!(failed.wait(here, "a", 1_000), Some(60));
        assert_eq!(failed.wait(here, "a", 1_059), Some(1));
        assert_eq!(failed.wait(here, "a", 1_000 + WINDOW), None);
        assert_eq!(failed.wait(here, "b", 1_000), None);
        assert_eq!(
            failed.wait("203.0.113.6".parse().unwrap(), "a", 1_000),
            None
        );
        failed.count(here, "a", 1_000 + WINDOW);
        assert_eq!(failed.wait(here, "a", 1_000 + WINDOW), None);
    }

    #[test]
    fn a_customers_ipv6_addresses_are_one() {
        let failed = FailedClients::new();
        for host in 0..ALLOWED {
            failed.count(format!("2001:db8::{host:x}").parse().unwrap(), "a", 0);
        }
        assert!(
            failed
                .wait("2001:db8::ffff".parse().unwrap(), "a", 0)
                .is_some()
        );
        assert!(
            failed
                .wait("2001:db8:0:1::1".parse().unwrap(), "a", 0)
                .is_none()
        );
    }
}
