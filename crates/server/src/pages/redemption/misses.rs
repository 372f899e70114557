//! Counts the links that led nowhere, per network (T-1, R-61).
//!
//! Only an answer that would be 404 counts and only such an answer is replaced by 429: somebody
//! with a good link is never locked out by a neighbour behind the same address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Links that lead nowhere, per network and window (T-1).
const MAX_MISSES: u32 = 30;

/// The window, in seconds.
const WINDOW_SECONDS: i64 = 60;

/// Networks remembered at once: about 1 MiB. A limit per network does not hold somebody who
/// commands more networks than that; 256-bit tickets do.
const MAX_NETWORKS: usize = 16_384;

struct Window {
    began: i64,
    misses: u32,
}

/// The counts of this process. They need not outlive it: a restart forgives at most a minute.
#[derive(Default)]
pub(in crate::pages) struct Misses {
    windows: Mutex<HashMap<IpAddr, Window>>,
}

impl Misses {
    /// Counts one miss. `Err` holds the whole seconds until the network may miss again.
    pub(super) fn count(&self, address: IpAddr, now: Timestamp) -> Result<(), u64> {
        let now = now.as_second();
        let current = |window: &Window| (0..WINDOW_SECONDS).contains(&(now - window.began));
        // The map holds counts only; after a panic in another thread they are as good as before.
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_NETWORKS {
            windows.retain(|_, window| current(window));
            if windows.len() >= MAX_NETWORKS {
                windows.clear();
            }
        }
        let window = windows.entry(network(address)).or_insert(Window {
            began: now,
            misses: 0,
        });
        if !current(window) {
            *window = Window {
                began: now,
                misses: 0,
            };
        }
        if window.misses >= MAX_MISSES {
            let left = window.began + WINDOW_SECONDS - now;
            return Err(u64::try_from(left).unwrap_or(1).max(1));
        }
        window.misses += 1;
        Ok(())
    }
}

/// One subscriber: the address itself for IPv4, the /64 for IPv6, within which addresses are free.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn thirty_a_minute_per_network() {
        let misses = Misses::default();
        let check = |address: &str, second, expected| {
            assert_eq!(
                misses.count(address.parse().unwrap(), at(second)),
                expected,
                "{address} at {second}"
            );
        };
        for _ in 0..30 {
            check("192.0.2.1", 100, Ok(()));
        }
        check("192.0.2.1", 100, Err(60));
        check("::ffff:192.0.2.1", 115, Err(45));
        check("192.0.2.2", 115, Ok(()));
        check("192.0.2.1", 159, Err(1));
        check("192.0.2.1", 160, Ok(()));
        for n in 0..30 {
            check(&format!("2001:db8::{n}"), 200, Ok(()));
        }
        check("2001:db8::ffff:1", 201, Err(59));
        check("2001:db8:0:1::1", 201, Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let misses = Misses::default();
        for n in 0..40_000_u32 {
            assert_eq!(misses.count(IpAddr::from(n.to_be_bytes()), at(0)), Ok(()));
        }
        assert!(misses.windows.lock().unwrap().len() <= MAX_NETWORKS);
    }
}
