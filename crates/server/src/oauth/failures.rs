//! Failed client authentications, counted by client and address, so that guessing costs the guesser
//! time and not the server its log.
//!
//! A budget that is spent refuses wrong secrets unseen, and never the right one: behind one address
//! there may be the guesser and the app itself, and the guesser must not be able to lock the app
//! out. That gives nothing away, since a secret has 256 random bits, and costs one look-up and one
//! quick hash, as every request does. For the same reason the counts are kept in memory only: no
//! number of guesses that a restart forgives comes near a secret.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use quick_cache::sync::Cache;
use store::TenantId;
use uuid::Uuid;

/// Budgets remembered. Who has more addresses than this can make the server forget their own
/// failures; see above.
const CAPACITY: usize = 10_000;

/// Failures allowed in a window: a person mistyping, or a fleet of one client restarting with an
/// old secret behind one address, is still told what is wrong.
const ALLOWED: u32 = 20;

/// Length of a window in seconds.
const WINDOW: i64 = 60;

/// Whose failures are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guesser {
    network: IpAddr,
    tenant: TenantId,
    client: Option<Uuid>,
}

impl Guesser {
    /// Who asks from that address for a token of a client. The client is its parsed id, so that
    /// another spelling is no new budget; all that is no id counts as one client.
    pub fn new(from: IpAddr, tenant: TenantId, client: Option<Uuid>) -> Self {
        Self {
            network: network(from),
            tenant,
            client,
        }
    }
}

/// One window of failures.
#[derive(Debug, Default)]
struct Window {
    began: AtomicI64,
    failures: AtomicU32,
}

/// The counters. Bounded.
#[derive(Debug)]
pub struct FailedClients(Cache<Guesser, Arc<Window>>);

impl FailedClients {
    /// No failures yet.
    pub fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// Counts a failure at `now` (seconds since 1970). Where the budget of the window was spent
    /// before, the seconds until the next one.
    pub fn count(&self, guesser: Guesser, now: i64) -> Option<u32> {
        let window = self.0.get(&guesser).unwrap_or_else(|| {
            let fresh = Arc::new(Window::default());
            self.0.insert(guesser, Arc::clone(&fresh));
            fresh
        });
        if now >= window.began.load(Ordering::Relaxed) + WINDOW {
            window.began.store(now, Ordering::Relaxed);
            window.failures.store(0, Ordering::Relaxed);
        }
        // Saturates far below the width of the counter: a window is a minute.
        let before = window.failures.fetch_add(1, Ordering::Relaxed);
        let left = window.began.load(Ordering::Relaxed) + WINDOW - now;
        (before >= ALLOWED).then(|| u32::try_from(left).unwrap_or(1).max(1))
    }
}

impl Default for FailedClients {
    fn default() -> Self {
        Self::new()
    }
}

/// The address, or for IPv6 its /64: one customer has that many. An IPv4 address inside IPv6, as a
/// socket for both shows it, is that IPv4 address and not one of a network that holds all of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use store::TenantId;
    use uuid::Uuid;

    use super::{ALLOWED, FailedClients, Guesser, WINDOW};

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));
    const CLIENT: Option<Uuid> = Some(Uuid::from_u128(2));

    fn at(address: &str) -> Guesser {
        let address: IpAddr = address.parse().unwrap();
        Guesser::new(address, TENANT, CLIENT)
    }

    fn spent(failed: &FailedClients, guesser: Guesser, now: i64) {
        for _ in 0..ALLOWED {
            assert_eq!(failed.count(guesser, now), None);
        }
    }

    #[test]
    fn failures_count_per_client_and_address_and_are_forgiven() {
        let failed = FailedClients::new();
        let here = at("203.0.113.5");
        spent(&failed, here, 1_000);
        assert_eq!(failed.count(here, 1_000), Some(60));
        assert_eq!(failed.count(here, 1_059), Some(1));
        let address = "203.0.113.5".parse().unwrap();
        let others = [
            at("203.0.113.6"),
            Guesser::new(address, TENANT, Some(Uuid::from_u128(3))),
            Guesser::new(address, TENANT, None),
            Guesser::new(address, TenantId(Uuid::from_u128(4)), CLIENT),
        ];
        for other in others {
            assert_eq!(failed.count(other, 1_000), None, "{other:?}");
        }
        assert_eq!(failed.count(here, 1_000 + WINDOW), None);
    }

    #[test]
    fn a_customers_ipv6_addresses_are_one_and_ipv4_inside_ipv6_is_ipv4() {
        let failed = FailedClients::new();
        for host in 0..ALLOWED {
            assert_eq!(failed.count(at(&format!("2001:db8::{host:x}")), 0), None);
        }
        assert!(failed.count(at("2001:db8::ffff"), 0).is_some());
        assert_eq!(failed.count(at("2001:db8:0:1::1"), 0), None);
        spent(&failed, at("::ffff:198.51.100.1"), 0);
        assert!(failed.count(at("198.51.100.1"), 0).is_some());
        assert_eq!(failed.count(at("::ffff:198.51.100.2"), 0), None);
    }
}
