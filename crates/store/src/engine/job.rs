//! A write as the writer sees it: something to run, any number of times, and then to answer once.

use crate::engine::at_once;
use crate::{StoreError, TenantId, Tx};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::panic::AssertUnwindSafe;
use tokio::sync::oneshot;

/// How a run of a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// What it wrote is to be kept.
    Done,
    /// What it wrote is to be undone.
    Refused,
}

/// One write in the queue.
pub(crate) trait Job: Send {
    fn tenant(&self) -> TenantId;
    /// Runs it. The outcome of an earlier run is dropped.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran>;
    /// It failed, whatever the run answered.
    fn fail(&mut self, error: StoreError);
    /// Tells the caller, who may have gone.
    fn answer(self: Box<Self>);
}

pub(crate) struct Write<I, T, E, W> {
    pub(crate) tenant: TenantId,
    pub(crate) input: I,
    pub(crate) work: W,
    pub(crate) outcome: Result<T, E>,
    pub(crate) reply: oneshot::Sender<Result<T, E>>,
}

impl<I, T, E, W> Job for Write<I, T, E, W>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    W: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
{
    fn tenant(&self) -> TenantId {
        self.tenant
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran> {
        Box::pin(async move {
            // Nothing half-done survives the unwinding: the savepoint is rolled back, and the Tx is
            // bound anew.
            let work = async { (self.work)(tx, &self.input).await };
            let ended = at_once(AssertUnwindSafe(work).catch_unwind());
            let failed = |why: &str| Err(StoreError::Driver(why.into()).into());
            self.outcome = match ended {
                Some(Ok(outcome)) => outcome,
                Some(Err(_)) => failed("a write panicked"),
                None => failed("a write awaited something that is not its transaction"),
            };
            if self.outcome.is_ok() {
                Ran::Done
            } else {
                Ran::Refused
            }
        })
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Err(error.into());
    }

    fn answer(self: Box<Self>) {
        // If the request was cancelled, no caller waits any more; the write stands nevertheless.
        drop(self.reply.send(self.outcome));
    }
}
