//! Who may connect: so many in all, and so many of one address, so that nobody takes the places of all others.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::origin::Network;
use super::unread::{Account, Ending, Unread};

/// Connections served at once when nothing is configured: below the usual limit of 1,024 open files a process, with
/// room for the database, the log and the mail server.
pub const DEFAULT_CONNECTIONS: usize = 900;

/// Of one address when nothing is configured. An application's pool holds some ten; an office behind one address, each of
/// whose people has one or two, still fits. A ninth of all, so that one address cannot take every connection.
pub const DEFAULT_PER_ADDRESS: usize = 100;

/// Bytes of answers that wait for slow readers, in all, when nothing is configured: with them the server still fits into
/// the 256 MiB that small containers have.
pub const DEFAULT_UNREAD: usize = 64 * 1024 * 1024;

/// A place is taken from a connection only when it was quiet for so long: a client that has just connected has a moment
/// to ask.
const QUIET: Duration = Duration::from_secs(2);

/// How often to look again for a quiet connection while all are taken.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Refusals are counted always and logged so often.
const LOG_EVERY: Duration = Duration::from_mins(1);

/// What is allowed.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections of one address.
    pub per_address: usize,
    /// Bytes of answers that were not taken yet, in all.
    pub unread: usize,
    /// Peers whose address says nothing about the client: proxies. They count against the whole alone, and their
    /// connections are not closed to make room.
    pub proxies: Vec<Network>,
}

impl Limits {
    /// So many connections, from whatever address: for listeners that only this machine or the operators reach.
    pub const fn of_whole(connections: usize) -> Self {
        Self {
            connections,
            per_address: connections,
            unread: DEFAULT_UNREAD,
            proxies: Vec::new(),
        }
    }
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
    /// Open now; refused, as their address had too many; ended by us: quiet, not reading, quiet in a full house; bytes of
    /// answers not taken yet.
    pub fn figures(&self) -> [(&'static str, &'static str, &'static str, u64); 6] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let unread = lock(&self.unread)
            .iter()
            .map(|unread| unread.bytes() as u64)
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
                "Connections refused because their address had too many.",
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
                "Quiet connections closed to make room for others.",
                read(&self.evicted),
            ),
            (
                "vestibule_unread_bytes",
                "gauge",
                "Bytes of answers that clients have not taken yet.",
                unread,
            ),
        ]
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

    fn refuse(&self, peer: SocketAddr, per_address: usize) {
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
            "connections refused: too many from one address"
        );
    }
}

/// The open connections.
pub(super) struct Places {
    limits: Limits,
    unread: Arc<Unread>,
    table: Mutex<Table>,
    /// Told whenever a place is given back.
    freed: Notify,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Open>,
    by_address: HashMap<IpAddr, usize>,
}

struct Open {
    account: Arc<Account>,
    /// What it counts under; nothing for a proxy.
    address: Option<IpAddr>,
}

/// One connection's place, given back when it is dropped.
pub(super) struct Place {
    number: u64,
    places: Arc<Places>,
    pub(super) account: Arc<Account>,
}

/// A panic elsewhere must not end all accepting: the table is consistent at every moment, so the poisoned lock is used on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What connections are counted by: an IPv4 address, or the network of 64 bits that one IPv6 client has to itself.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Places {
    pub(super) fn new(limits: Limits, counts: Arc<Counts>) -> Self {
        let unread = Arc::new(Unread::new(limits.unread));
        lock(&counts.unread).push(Arc::clone(&unread));
        Self {
            limits,
            unread,
            table: Mutex::default(),
            freed: Notify::new(),
            counts,
        }
    }

    /// A place for the peer, as soon as there is one; `None` when its address has too many.
    pub(super) async fn take(self: &Arc<Self>, peer: SocketAddr) -> Option<Place> {
        loop {
            match self.try_take(peer) {
                Taken::Place(place) => return Some(place),
                Taken::TooMany => {
                    self.counts.refuse(peer, self.limits.per_address);
                    return None;
                }
                // A connection that is to leave may take a moment, and a busy one may fall quiet.
                Taken::Full => drop(timeout(LOOK_AGAIN, self.freed.notified()).await),
            }
        }
    }

    fn try_take(self: &Arc<Self>, peer: SocketAddr) -> Taken {
        let is_proxy = self
            .limits
            .proxies
            .iter()
            .any(|network| network.contains(peer.ip()));
        let address = (!is_proxy).then(|| counted(peer.ip()));
        let mut table = lock(&self.table);
        let held = |address| table.by_address.get(&address).copied().unwrap_or(0);
        if address.is_some_and(|address| held(address) >= self.limits.per_address) {
            return Taken::TooMany;
        }
        if table.open.len() >= self.limits.connections {
            if let Some(quiet) = table.quietest() {
                quiet.evict();
            }
            return Taken::Full;
        }
        let account = Arc::new(Account::new(Arc::clone(&self.unread)));
        let number = table.next;
        table.next += 1;
        let open = Open {
            account: Arc::clone(&account),
            address,
        };
        table.open.insert(number, open);
        if let Some(address) = address {
            *table.by_address.entry(address).or_default() += 1;
        }
        drop(table);
        self.counts.open.fetch_add(1, Ordering::Relaxed);
        Taken::Place(Place {
            number,
            places: Arc::clone(self),
            account,
        })
    }

    /// Waits until nobody is connected any more.
    pub(super) async fn empty(&self) {
        loop {
            let freed = self.freed.notified();
            if lock(&self.table).open.is_empty() {
                return;
            }
            drop(timeout(LOOK_AGAIN, freed).await);
        }
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }
}

enum Taken {
    Place(Place),
    TooMany,
    Full,
}

impl Table {
    /// The connection that was quiet longest, of the address that has most. A whole walk, once per connection that finds
    /// the house full.
    fn quietest(&self) -> Option<&Account> {
        let quiet = self.open.values().filter_map(|open| {
            let address = open.address?;
            let quiet = open.account.idle().filter(|quiet| *quiet >= QUIET)?;
            let held = self.by_address.get(&address).copied().unwrap_or(0);
            Some((held, quiet, &*open.account))
        });
        quiet
            .max_by_key(|(held, quiet, _)| (*held, *quiet))
            .map(|(.., account)| account)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = lock(&self.places.table);
        let address = table
            .open
            .remove(&self.number)
            .and_then(|open| open.address);
        if let Some(address) = address
            && let Some(held) = table.by_address.get_mut(&address)
        {
            *held -= 1;
            if *held == 0 {
                table.by_address.remove(&address);
            }
        }
        drop(table);
        self.places.counts.open.fetch_sub(1, Ordering::Relaxed);
        self.places.freed.notify_one();
    }
}
