//! A fair queue for reading lists: the client with the fewest lists under way is next.
//!
//! A list may read for seconds, and there are few connections to read with. If lists were taken in
//! the order in which they come, a client that asks for sixty would make all others wait for all of
//! them. So each client has a queue of its own. The client with the fewest lists under way is next,
//! and no client may have all places.

use crate::StoreError;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use uuid::Uuid;

tokio::task_local! {
    static CLIENT: Uuid;
}

/// Runs `work`, whose lists are read on behalf of that client.
pub fn on_behalf_of<F: Future>(client: Uuid, work: F) -> impl Future<Output = F::Output> {
    CLIENT.scope(client, work)
}

/// The client of the present task; all tasks without one are one client.
fn client() -> Uuid {
    CLIENT.try_with(|client| *client).unwrap_or(Uuid::nil())
}

/// The places for lists.
pub(crate) struct Turns {
    state: Mutex<State>,
    places: usize,
}

#[derive(Default)]
struct State {
    is_closed: bool,
    taken: usize,
    /// Counts up with each turn.
    turn: u64,
    clients: HashMap<Uuid, Client>,
}

#[derive(Default)]
struct Client {
    taken: usize,
    waiting: VecDeque<oneshot::Sender<Turn>>,
    /// When it last had a turn.
    last: u64,
}

/// A place, given back when it is dropped.
pub(crate) struct Turn {
    turns: Option<Arc<Turns>>,
    client: Uuid,
}

impl Turns {
    pub(crate) fn new(places: usize) -> Self {
        Self {
            state: Mutex::default(),
            places: places.max(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a list of the present task's client.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Turn, StoreError> {
        let (told, turn) = oneshot::channel();
        {
            let mut state = self.lock();
            if state.is_closed {
                return Err(StoreError::Gone);
            }
            state
                .clients
                .entry(client())
                .or_default()
                .waiting
                .push_back(told);
        }
        self.hand_out();
        turn.await.map_err(|_| StoreError::Gone)
    }

    /// Places that one client may have.
    fn most(&self) -> usize {
        (self.places - 1).max(1)
    }

    /// Gives the free places to those who wait.
    fn hand_out(self: &Arc<Self>) {
        while let Some((told, client)) = self.next() {
            let turn = Turn {
                turns: Some(Arc::clone(self)),
                client,
            };
            if let Err(mut turn) = told.send(turn) {
                // The waiting task is gone. Dropping the turn here would hand out places from
                // within this function.
                turn.turns = None;
                self.lock().give_back(client);
            }
        }
    }

    fn next(&self) -> Option<(oneshot::Sender<Turn>, Uuid)> {
        let mut state = self.lock();
        if state.is_closed || state.taken >= self.places {
            return None;
        }
        let most = self.most();
        let turn = state.turn + 1;
        let next = state
            .clients
            .iter_mut()
            .map(|(id, client)| (*id, client))
            .filter(|(_, client)| !client.waiting.is_empty() && client.taken < most)
            .min_by_key(|(_, client)| (client.taken, client.last));
        let (id, client) = next?;
        let told = client.waiting.pop_front()?;
        client.taken += 1;
        client.last = turn;
        state.turn = turn;
        state.taken += 1;
        Some((told, id))
    }

    /// Hands out no more places.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        // Dropping the senders tells their receivers.
        for client in state.clients.values_mut() {
            client.waiting.clear();
        }
    }
}

impl State {
    fn give_back(&mut self, id: Uuid) {
        self.taken = self.taken.saturating_sub(1);
        if let Some(client) = self.clients.get_mut(&id) {
            client.taken = client.taken.saturating_sub(1);
            if client.taken == 0 && client.waiting.is_empty() {
                self.clients.remove(&id);
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.turns.take() {
            turns.lock().give_back(self.client);
            turns.hand_out();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    const BUSY: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);
    const THIRD: Uuid = Uuid::from_u128(3);

    type Waiting = std::pin::Pin<Box<dyn Future<Output = Result<Turn, StoreError>>>>;

    /// Asks, and has to wait.
    fn ask(turns: &Arc<Turns>, client: Uuid) -> Waiting {
        let turns = Arc::clone(turns);
        let mut waiting: Waiting =
            Box::pin(on_behalf_of(client, async move { turns.take().await }));
        assert!(waiting.as_mut().now_or_never().is_none(), "had at once");
        waiting
    }

    /// Asks, and has it at once.
    fn had(turns: &Arc<Turns>, client: Uuid) -> Turn {
        let turn = on_behalf_of(client, turns.take()).now_or_never();
        turn.expect("at once").unwrap()
    }

    #[test]
    fn nobody_has_all_places_and_who_has_fewest_is_next() {
        let turns = Arc::new(Turns::new(3));
        let first = had(&turns, BUSY);
        let second = had(&turns, BUSY);
        // Its own next sixty wait, though a place is free.
        let mut queued: Vec<_> = (0..60).map(|_| ask(&turns, BUSY)).collect();
        // Another's is had at once, before all of them.
        let other = had(&turns, OTHER);
        let mut third = ask(&turns, THIRD);
        drop(first);
        let third = third.as_mut().now_or_never().expect("next").unwrap();
        assert!(queued[0].as_mut().now_or_never().is_none());
        drop(third);
        let again = queued[0]
            .as_mut()
            .now_or_never()
            .expect("its turn")
            .unwrap();
        assert!(queued[1].as_mut().now_or_never().is_none());
        // A client that stops waiting keeps no place.
        let given_up = ask(&turns, THIRD);
        drop(given_up);
        drop((other, again, second));
        let taken = queued[1].as_mut().now_or_never().expect("its turn");
        assert!(taken.is_ok());
        turns.close();
        assert!(matches!(
            queued[5].as_mut().now_or_never(),
            Some(Err(StoreError::Gone))
        ));
        assert!(
            on_behalf_of(OTHER, turns.take())
                .now_or_never()
                .unwrap()
                .is_err()
        );
    }

    #[test]
    fn one_place_is_for_everybody() {
        let turns = Arc::new(Turns::new(1));
        let first = had(&turns, BUSY);
        let mut next = ask(&turns, BUSY);
        drop(first);
        assert!(next.as_mut().now_or_never().is_some());
        assert!(turns.lock().clients.is_empty());
    }
}
