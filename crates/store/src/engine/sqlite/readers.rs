//! Connections for reading. A look-up runs where it is asked for and takes microseconds; a list runs on a thread that may
//! block, and lists never take the last connection, so that look-ups do not wait behind them.

use super::open;
use crate::engine::Link;
use crate::session::Session;
use crate::{Options, StoreError};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

pub(crate) struct Readers {
    sessions: Vec<Arc<Mutex<Session>>>,
    free: Arc<Semaphore>,
    lists: Arc<Semaphore>,
}

/// A connection in use. Let go of before the permits, so that who gets a permit finds one free.
pub(crate) struct Lease {
    session: OwnedMutexGuard<Session>,
    _free: OwnedSemaphorePermit,
    _list: Option<OwnedSemaphorePermit>,
}

impl Lease {
    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.session
    }
}

impl Readers {
    pub(crate) fn open(options: &Options) -> Result<Self, StoreError> {
        let count = options.readers.max(1);
        let sessions = (0..count)
            .map(|_| {
                open::reader(&options.place)
                    .map(|on| Arc::new(Mutex::new(Session::new(Link::Sqlite(on)))))
            })
            .collect::<Result<_, _>>()?;
        let lists = count.saturating_sub(1).max(1);
        Ok(Self {
            sessions,
            free: Arc::new(Semaphore::new(count)),
            lists: Arc::new(Semaphore::new(lists)),
        })
    }

    pub(crate) async fn lease(&self) -> Result<Lease, StoreError> {
        let free = Arc::clone(&self.free)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Gone)?;
        let session = self
            .sessions
            .iter()
            .find_map(|session| Arc::clone(session).try_lock_owned().ok());
        Ok(Lease {
            session: session.ok_or(StoreError::Busy)?,
            _free: free,
            _list: None,
        })
    }

    pub(crate) async fn lease_for_list(&self) -> Result<Lease, StoreError> {
        let list = Arc::clone(&self.lists)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Gone)?;
        Ok(Lease {
            _list: Some(list),
            ..self.lease().await?
        })
    }
}
