//! Who gives way to whom. The connections here are only their slots; those of
//! `tests/it/http_connections.rs` are real.

use std::collections::BTreeMap;

use axum::http::Method;

use super::*;

/// The connections of a test: each with its slot and, where it is busy, the request that it is
/// being asked.
struct Scene {
    slots: Arc<Slots>,
    held: Vec<(Slot, IpAddr, Option<crate::http::unread::Admitted>)>,
}

impl Scene {
    fn new(connections: usize, per_address: usize) -> Self {
        let limits = Limits {
            connections,
            per_address,
            proxies: vec![Network::parse("10.0.0.0/8").unwrap()],
            ..Limits::of_whole(connections)
        };
        Self {
            slots: Arc::new(Slots::new(limits, Arc::default())),
            held: Vec::new(),
        }
    }

    async fn enter(&self, address: &str) -> Option<Entry> {
        let address: IpAddr = address.parse().unwrap();
        self.slots.enter(SocketAddr::new(address, 4711)).await
    }

    /// A connection that gets its slot at once.
    async fn comes(&mut self, address: &str, is_busy: bool) {
        let Some(Entry::Slot(slot)) = self.enter(address).await else {
            panic!("{address} has no slot");
        };
        let admitted = if is_busy {
            Some(slot.account.admit(&Method::GET, "/").await)
        } else {
            None
        };
        self.held.push((slot, address.parse().unwrap(), admitted));
    }

    /// The connections that were told to leave are gone; their addresses, each with how many.
    fn left(&mut self) -> BTreeMap<IpAddr, usize> {
        let leaving: Vec<u64> = {
            let table = lock(&self.slots.table);
            let leaving = table.open.iter().filter(|(_, it)| it.departure.is_some());
            leaving.map(|(number, _)| *number).collect()
        };
        let mut left = BTreeMap::new();
        self.held.retain(|(slot, address, _)| {
            let leaves = leaving.contains(&slot.number);
            if leaves {
                *left.entry(*address).or_default() += 1;
            }
            !leaves
        });
        left
    }

    async fn waits(&self, address: &str) {
        let entry = self.enter(address).await;
        assert!(matches!(entry, Some(Entry::Waiting(_))), "{address}");
    }
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<IpAddr, usize> {
    let parsed = expected
        .iter()
        .map(|(address, count)| (address.parse().unwrap(), *count));
    parsed.collect()
}

#[tokio::test(start_paused = true)]
async fn busy_connections_of_nine_networks_make_room() {
    let mut scene = Scene::new(900, 100);
    for network in 1..=9 {
        for _ in 0..100 {
            scene.comes(&format!("2001:db8:0:{network}::1"), true).await;
        }
    }
    // They are one subscriber's: however many newcomers there are, it is they who give way, down to
    // about a half.
    for newcomer in 0..200 {
        scene.comes(&format!("198.51.100.{newcomer}"), true).await;
        let left = scene.left();
        assert!(
            left.len() == 1 && left.keys().all(IpAddr::is_ipv6),
            "{newcomer} {left:?}"
        );
    }
    // One of their own is no better off than the others.
    let entry = scene.enter("2001:db8:0:9::2").await;
    assert!(!matches!(entry, Some(Entry::Slot(_))));
}

#[tokio::test(start_paused = true)]
async fn networks_of_one_subscriber_are_one() {
    // Each connection from a /64 of its own, in one /56 and in one /48.
    for (shift, same) in [(0, "2001:db8:0:ff::1"), (8, "2001:db8:0:ff00::1")] {
        let mut scene = Scene::new(90, 10);
        for number in 0..90 {
            let address = format!("2001:db8:0:{:x}::1", number << shift);
            scene.comes(&address, true).await;
        }
        // Another one of the same kind takes nothing from the others.
        scene.waits(same).await;
        assert!(scene.left().is_empty());
        for _ in 0..5 {
            scene.comes("2001:db8:1::1", true).await;
            assert_eq!(scene.left().len(), 1);
        }
    }
    // Within the subscriber's networks one that holds many gives way to one that holds none.
    let mut scene = Scene::new(10, 10);
    for _ in 0..10 {
        scene.comes("2001:db8:0:1::1", true).await;
    }
    for near in ["2001:db8:0:2::1", "2001:db8:0:200::1"] {
        scene.comes(near, true).await;
        assert_eq!(scene.left(), counts(&[("2001:db8:0:1::1", 1)]), "{near}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_gives_way_to_one_who_holds_as_much() {
    let mut scene = Scene::new(10, 5);
    for _ in 0..5 {
        scene.comes("192.0.2.1", true).await;
        scene.comes("192.0.2.2", true).await;
    }
    // From each of those that held five.
    for gives_way in ["192.0.2.1", "192.0.2.2"] {
        scene.comes("192.0.2.3", true).await;
        assert_eq!(scene.left(), counts(&[(gives_way, 1)]));
    }
    // Two, four and four: a third would leave three.
    scene.waits("192.0.2.3").await;
    scene.waits("192.0.2.1").await;
    // Where nobody holds more, a quiet connection is taken, and only from one who holds no less.
    let mut scene = Scene::new(4, 4);
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.3"] {
        scene.comes(address, false).await;
    }
    scene.waits("192.0.2.1").await;
    tokio::time::advance(QUIET).await;
    scene.comes("192.0.2.1", false).await;
    assert_eq!(scene.left(), counts(&[("192.0.2.3", 1)]));
    let mut scene = Scene::new(3, 3);
    scene.comes("192.0.2.1", false).await;
    scene.comes("192.0.2.2", true).await;
    scene.comes("192.0.2.2", true).await;
    tokio::time::advance(QUIET).await;
    scene.waits("192.0.2.2").await;
    scene.comes("192.0.2.3", true).await;
    assert_eq!(scene.left(), counts(&[("192.0.2.2", 1)]));
}

#[tokio::test(start_paused = true)]
async fn connections_between_requests_go_first() {
    let mut scene = Scene::new(4, 4);
    for is_busy in [true, true, false, true] {
        scene.comes("192.0.2.1", is_busy).await;
    }
    scene.comes("192.0.2.2", true).await;
    scene.left();
    assert!(scene.held.iter().all(|(.., admitted)| admitted.is_some()));
}

#[tokio::test(start_paused = true)]
async fn proxies_keep_their_connections() {
    let mut scene = Scene::new(6, 4);
    for address in ["10.0.0.1", "10.0.0.1", "192.0.2.1", "192.0.2.1"] {
        scene.comes(address, true).await;
    }
    scene.comes("10.0.0.1", true).await;
    scene.comes("10.0.0.1", true).await;
    // A proxy has a claim like one who holds nothing, and gives up nothing.
    scene.comes("10.0.0.1", true).await;
    assert_eq!(scene.left(), counts(&[("192.0.2.1", 1)]));
    tokio::time::advance(QUIET).await;
    scene.waits("192.0.2.9").await;
    let waiting = timeout(Duration::from_secs(1), scene.enter("10.0.0.2"));
    assert!(
        waiting.await.is_err(),
        "a proxy waits until there is a slot"
    );
}

#[tokio::test(start_paused = true)]
async fn those_that_leave_are_bounded_and_hurried() {
    let mut scene = Scene::new(32, 32);
    for _ in 0..32 {
        scene.comes("192.0.2.1", true).await;
    }
    // A sixteenth may be on its way out.
    scene.comes("192.0.2.2", true).await;
    scene.comes("192.0.2.3", true).await;
    assert_eq!(lock(&scene.slots.table).open.len(), 34);
    let cut: Vec<_> = scene
        .held
        .iter()
        .map(|(slot, ..)| Arc::clone(&slot.account))
        .map(|account| tokio::spawn(async move { account.was_cut().await }))
        .collect();
    let slots = Arc::clone(&scene.slots);
    let next = tokio::spawn(async move {
        let peer = SocketAddr::new("192.0.2.4".parse().unwrap(), 1);
        slots.enter(peer).await.is_some()
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(cut.iter().filter(|cut| cut.is_finished()).count(), 1);
    assert!(!next.is_finished());
    assert_eq!(scene.left().values().sum::<usize>(), 3);
    assert!(next.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn few_may_wait_and_not_for_long() {
    let mut scene = Scene::new(2, 9);
    scene.comes("192.0.2.1", true).await;
    scene.comes("192.0.2.2", true).await;
    let mut waiting = Vec::new();
    for _ in 0..WAITING_PER_NETWORK {
        match scene.enter("192.0.2.1").await {
            Some(Entry::Waiting(one)) => waiting.push(tokio::spawn(one.slot())),
            _ => panic!("it waits"),
        }
    }
    assert!(scene.enter("192.0.2.1").await.is_none(), "of one address");
    // A slot that is given back goes to one of them.
    scene.held.pop();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (served, waiting): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .partition(tokio::task::JoinHandle::is_finished);
    assert_eq!(served.len(), 1);
    drop(served);
    scene.comes("192.0.2.2", true).await;
    for one in waiting {
        assert!(one.await.unwrap().is_none());
    }
    let mut waiting = Vec::new();
    for number in 0..WAITING {
        let entry = scene.enter(&format!("198.51.100.{number}")).await;
        assert!(matches!(entry, Some(Entry::Waiting(_))), "{number}");
        waiting.push(entry);
    }
    assert!(scene.enter("203.0.113.1").await.is_none(), "in all");
    drop(waiting);
    scene.waits("203.0.113.1").await;
}
