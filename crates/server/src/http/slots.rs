//! Which connections are let in: a limit on all of them, a limit on those of one address, and a
//! rule for when all slots are taken.
//!
//! A connection holds a slot while it is open. When every slot is taken, a new connection takes the
//! slot of one from the network that holds the most, if that network holds at least twice as many
//! as the newcomer's would. So somebody who holds every slot, and keeps all of them busy, gives way
//! to everybody else, and nobody who holds fewer slots than the newcomer loses one. Otherwise it
//! takes the slot of a quiet connection, and otherwise it waits a little.
//!
//! Networks are compared from wide to narrow (see [`networks`]): an IPv6 subscriber often has a /56
//! or a /48, that is thousands of networks of 64 bits, which must not count as thousands of
//! clients.
//!
//! Trusted proxies: their address says nothing about the client, so their connections have no limit
//! of their own and are never closed to make room. A new connection of a proxy is treated as one of
//! a network that holds no slot yet.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::counts::{Counts, lock};
use super::origin::Network;
use super::unread::{Account, Unread};

/// Connections served at once when nothing is configured: below the usual limit of 1,024 open files
/// a process, with room for the database, the log and the mail server.
pub const DEFAULT_CONNECTIONS: usize = 900;

/// Of one address when nothing is configured. An application's pool holds some ten; an office
/// behind one address, each of whose people has one or two, still fits. A ninth of all, so that one
/// address cannot take every connection.
pub const DEFAULT_PER_ADDRESS: usize = 100;

/// Bytes of answers that wait for slow readers, in all, when nothing is configured: with them the
/// server still fits into the 256 MiB that small containers have.
pub const DEFAULT_UNREAD: usize = 64 * 1024 * 1024;

/// When no network holds clearly more than the newcomer's, a slot is taken only from a connection
/// that was quiet for so long: a client that has just connected has a moment to ask.
const QUIET: Duration = Duration::from_secs(2);

/// How long a new connection waits while no other has to give way to it. Then it is closed, so that
/// its client can try again.
const WAIT: Duration = Duration::from_secs(10);

/// New connections that may wait at a time. Each has an open file, in addition to the slots.
const WAITING: usize = 32;

/// New connections of one network that may wait, so that one cannot fill that list either.
const WAITING_PER_NETWORK: usize = 4;

/// How often to look again for a slot while all are taken.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What is allowed.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections of one address.
    pub per_address: usize,
    /// Bytes of answers that were not taken yet, in all.
    pub unread: usize,
    /// Peers whose address says nothing about the client: proxies. They count against the whole
    /// alone, and their connections are not closed to make room.
    pub proxies: Vec<Network>,
}

impl Limits {
    /// So many connections, from whatever address: for listeners that only this machine or the
    /// operators reach.
    pub const fn of_whole(connections: usize) -> Self {
        Self {
            connections,
            per_address: connections,
            unread: DEFAULT_UNREAD,
            proxies: Vec::new(),
        }
    }
}

/// The open connections.
pub(super) struct Slots {
    limits: Limits,
    /// Connections that may be on their way out, on top of those that are served.
    leaving: usize,
    unread: Arc<Unread>,
    table: Mutex<Table>,
    /// Told whenever a slot is given back.
    freed: Notify,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Open>,
    by_address: HashMap<IpAddr, usize>,
    /// Connections that wait for a slot, by their widest network.
    waiting: HashMap<IpAddr, usize>,
}

struct Open {
    account: Arc<Account>,
    /// What it counts under; nothing for a proxy.
    networks: Option<Networks>,
    departure: Option<Departure>,
}

/// A connection that was told to make room.
struct Departure {
    since: Instant,
    /// It was also told that there is no more time.
    is_cut: bool,
}

/// One connection's slot, given back when it is dropped.
pub(super) struct Slot {
    number: u64,
    slots: Arc<Slots>,
    pub(super) account: Arc<Account>,
}

/// What a new connection gets.
pub(super) enum Entry {
    /// A slot.
    Slot(Slot),
    /// Nothing yet: to be waited for beside the accept loop, so that nobody behind it waits too.
    Waiting(Waiting),
}

/// A connection that waits for a slot.
pub(super) struct Waiting {
    slots: Arc<Slots>,
    peer: SocketAddr,
    networks: Networks,
}

/// The networks that an address belongs to, from wide to narrow.
type Networks = [IpAddr; 3];

/// An IPv4 address stands for itself. Of an IPv6 address these are the network of 48 bits, the most
/// that one site is usually given, of 56 bits, what a household gets, and of 64 bits, the smallest
/// that anybody has to themselves.
fn networks(address: IpAddr) -> Networks {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            [0, d & 0xff00, d].map(|d| IpAddr::from([a, b, c, d, 0, 0, 0, 0]))
        }
        v4 @ IpAddr::V4(_) => [v4; 3],
    }
}

impl Slots {
    pub(super) fn new(limits: Limits, counts: Arc<Counts>) -> Self {
        let unread = Arc::new(Unread::new(limits.unread));
        counts.watch(Arc::clone(&unread));
        Self {
            // With the usual limits 56, which with the rest still fits into 1,024 open files.
            leaving: (limits.connections / 16).max(1),
            limits,
            unread,
            table: Mutex::default(),
            freed: Notify::new(),
            counts,
        }
    }

    /// Lets the peer in. `None`: it is refused.
    pub(super) async fn enter(self: &Arc<Self>, peer: SocketAddr) -> Option<Entry> {
        let is_proxy = self
            .limits
            .proxies
            .iter()
            .any(|network| network.contains(peer.ip()));
        let client = (!is_proxy).then(|| networks(peer.ip()));
        loop {
            match (self.try_take(client), client) {
                (SlotOutcome::Slot(slot), _) => return Some(Entry::Slot(slot)),
                (SlotOutcome::TooMany, _) => {
                    self.counts.refuse(peer, self.limits.per_address);
                    return None;
                }
                (SlotOutcome::Full, Some(networks)) => {
                    return self.wait(peer, networks).map(Entry::Waiting);
                }
                // A proxy's next connections wait behind this one in the system's queue; it has
                // others that it can use. Nobody else is kept out by that: a client finds a slot
                // only where a proxy would have found one.
                (SlotOutcome::Full, None) | (SlotOutcome::Soon, _) => {
                    drop(timeout(LOOK_AGAIN, self.freed.notified()).await);
                }
            }
        }
    }

    /// Puts a connection on the list of those that wait, if there is room.
    fn wait(self: &Arc<Self>, peer: SocketAddr, networks: Networks) -> Option<Waiting> {
        let mut table = lock(&self.table);
        let all: usize = table.waiting.values().sum();
        let own = table.waiting.get(&networks[0]).copied().unwrap_or(0);
        if all >= WAITING || own >= WAITING_PER_NETWORK {
            drop(table);
            self.counts.refuse(peer, self.limits.per_address);
            return None;
        }
        table.waiting.insert(networks[0], own + 1);
        drop(table);
        Some(Waiting {
            slots: Arc::clone(self),
            peer,
            networks,
        })
    }

    fn try_take(self: &Arc<Self>, client: Option<Networks>) -> SlotOutcome {
        let address = client.map(|[.., narrow]| narrow);
        let mut table = lock(&self.table);
        let held = |address| table.by_address.get(&address).copied().unwrap_or(0);
        if address.is_some_and(|address| held(address) >= self.limits.per_address) {
            return SlotOutcome::TooMany;
        }
        if table.open.len() >= self.limits.connections {
            if table.served() >= self.limits.connections && !table.make_room(client) {
                return SlotOutcome::Full;
            }
            if table.open.len() >= self.limits.connections + self.leaving {
                table.hasten();
                return SlotOutcome::Soon;
            }
        }
        let account = Arc::new(Account::new(Arc::clone(&self.unread)));
        let number = table.next;
        table.next += 1;
        let open = Open {
            account: Arc::clone(&account),
            networks: client,
            departure: None,
        };
        table.open.insert(number, open);
        if let Some(address) = address {
            *table.by_address.entry(address).or_default() += 1;
        }
        drop(table);
        self.counts.opened();
        SlotOutcome::Slot(Slot {
            number,
            slots: Arc::clone(self),
            account,
        })
    }

    /// Waits until no connection is open any more.
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

enum SlotOutcome {
    Slot(Slot),
    /// The address has as many as it may have.
    TooMany,
    /// There will be a slot as soon as a connection that leaves is gone.
    Soon,
    /// Every slot is taken, and none can be taken from another.
    Full,
}

impl Waiting {
    /// The slot, once there is one; `None` when that takes too long.
    pub(super) async fn slot(self) -> Option<Slot> {
        let slots = &self.slots;
        let slot = async {
            loop {
                match slots.try_take(Some(self.networks)) {
                    SlotOutcome::Slot(slot) => return Some(slot),
                    SlotOutcome::TooMany => return None,
                    SlotOutcome::Soon | SlotOutcome::Full => {
                        drop(timeout(LOOK_AGAIN, slots.freed.notified()).await);
                    }
                }
            }
        };
        let slot = timeout(WAIT, slot).await.ok().flatten();
        if slot.is_none() {
            slots.counts.refuse(self.peer, slots.limits.per_address);
        }
        slot
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut table = lock(&self.slots.table);
        give_back(&mut table.waiting, self.networks[0]);
    }
}

/// One less; what is nothing is not kept.
fn give_back(counts: &mut HashMap<IpAddr, usize>, address: IpAddr) {
    if let Some(count) = counts.get_mut(&address) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&address);
        }
    }
}

impl Table {
    /// Open connections that were not told to leave.
    fn served(&self) -> usize {
        let served = |open: &&Open| open.departure.is_none();
        self.open.values().filter(served).count()
    }

    /// Tells a connection to leave for the newcomer's sake; false where none has to.
    fn make_room(&mut self, newcomer: Option<Networks>) -> bool {
        let Some(number) = self.victim(newcomer) else {
            return false;
        };
        if let Some(open) = self.open.get_mut(&number) {
            open.departure = Some(Departure {
                since: Instant::now(),
                is_cut: false,
            });
            open.account.evict();
        }
        true
    }

    /// Which connection has to leave for the newcomer: one of the network that holds the most, if
    /// that is clearly more than the newcomer's; otherwise a quiet one of a network that holds no
    /// less. A whole walk, once per connection that finds every slot taken.
    fn victim(&self, newcomer: Option<Networks>) -> Option<u64> {
        let clients = || {
            let served = self.open.iter().filter(|(_, it)| it.departure.is_none());
            served.filter_map(|(number, open)| Some((*number, open.networks?, &*open.account)))
        };
        let mut held: HashMap<(usize, IpAddr), usize> = HashMap::new();
        for (_, networks, _) in clients() {
            for at in networks.into_iter().enumerate() {
                *held.entry(at).or_default() += 1;
            }
        }
        let held = |networks: Networks, level: usize| {
            let network = networks.get(level).map(|network| (level, *network));
            network.and_then(|at| held.get(&at)).copied().unwrap_or(0)
        };
        // What theirs and the newcomer's networks hold, at the first level at which they are
        // different ones.
        let compared = |theirs: Networks| {
            let Some(own) = newcomer else {
                return Some((held(theirs, 0), 0));
            };
            let differ = |level: &usize| theirs.get(*level) != own.get(*level);
            let level = (0..theirs.len()).find(differ)?;
            Some((held(theirs, level), held(own, level)))
        };
        let claimed = clients().filter(|(_, networks, _)| {
            // Twice as many: after giving one up, their network still holds no fewer, so a slot
            // never goes to and fro.
            compared(*networks).is_some_and(|(theirs, own)| theirs >= 2 * (own + 1))
        });
        let claimed = claimed.max_by_key(|(number, networks, account)| {
            let [wide, middle, narrow] = [0, 1, 2].map(|level| held(*networks, level));
            // An answer that is being made or sent is cut off only where the whole network has
            // nothing else.
            let rest = account.idle();
            (wide, rest.is_some(), middle, narrow, rest, Reverse(*number))
        });
        let quiet = || {
            let quiet = clients().filter_map(|(number, networks, account)| {
                let rest = account.idle().filter(|rest| *rest >= QUIET)?;
                let is_no_less = compared(networks).is_none_or(|(theirs, own)| theirs >= own);
                is_no_less.then(|| (held(networks, 0), rest, number))
            });
            quiet.max().map(|(.., number)| number)
        };
        claimed.map(|(number, ..)| number).or_else(quiet)
    }

    /// Ends the connection that has been leaving for longest.
    fn hasten(&mut self) {
        let leaving = self.open.values_mut().filter_map(|open| {
            let departure = open.departure.as_mut().filter(|it| !it.is_cut)?;
            Some((departure, &open.account))
        });
        if let Some((departure, account)) = leaving.min_by_key(|(departure, _)| departure.since) {
            departure.is_cut = true;
            account.cut();
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut table = lock(&self.slots.table);
        let open = table.open.remove(&self.number);
        if let Some([.., narrow]) = open.and_then(|open| open.networks) {
            give_back(&mut table.by_address, narrow);
        }
        drop(table);
        self.slots.counts.closed();
        self.slots.freed.notify_one();
    }
}

#[cfg(test)]
mod tests;
