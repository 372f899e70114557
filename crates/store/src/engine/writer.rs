//! The writer: one thread that owns the only writing connection. What waits when it is free becomes
//! the next batch, so batches grow with the load and a lone write does not wait.

use crate::engine::batch::Transaction as _;
use crate::engine::group::Member;
use crate::engine::job::{Job, Write};
use crate::engine::write_health::WriteHealth;
use crate::engine::{Stats, at_once, batch};
use crate::rows::audit::AuditKey;
use crate::{StoreError, TenantId, Tx};
use futures_util::future::BoxFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// How long a write may wait for another process that holds the write lock, from when it was asked
/// for: so that it is answered within five seconds. Were it counted from when its batch begins, a
/// thousand callers would wait for each other's five seconds.
const PATIENCE: Duration = Duration::from_secs(4);
/// A wait that is shorter by less than this is not worth telling the engine.
const NUANCE: Duration = Duration::from_millis(100);

enum Command {
    Job(Box<dyn Job>, Instant),
    Close(oneshot::Sender<()>),
}

/// What the writer counts.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    jobs: AtomicU64,
    commits: AtomicU64,
    batches: AtomicU64,
    reruns: AtomicU64,
    largest: AtomicU64,
    trouble: Arc<WriteHealth>,
}

impl Counters {
    pub(crate) fn round(&self, jobs: usize) {
        let jobs = jobs as u64;
        self.jobs.fetch_add(jobs, Ordering::Relaxed);
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(jobs, Ordering::Relaxed);
    }

    pub(crate) fn commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.trouble.is_over();
    }

    /// A write failed for a cause outside it.
    pub(crate) fn hurt(&self, error: &StoreError) {
        self.trouble.note(error);
    }

    pub(crate) fn rerun(&self) {
        self.reruns.fetch_add(1, Ordering::Relaxed);
    }
}

/// The queue to the writer thread.
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Command>>,
    counters: Arc<Counters>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What is done between two batches, knowing what broke the last one.
pub(crate) type Tend = Box<dyn FnMut(&mut Tx, Option<&StoreError>) + Send>;

/// What the thread works with, and what it does besides jobs.
pub(crate) struct Work {
    pub(crate) tx: Tx,
    pub(crate) key: Arc<AuditKey>,
    /// Most jobs in a batch.
    pub(crate) batch: usize,
    pub(crate) tend: Tend,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        work: Work,
        queue: usize,
        trouble: Arc<WriteHealth>,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let counters = Arc::new(Counters {
            trouble,
            ..Counters::default()
        });
        let shared = Arc::clone(&counters);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || serve(work, receiver, &shared))
            .map_err(|error| StoreError::Driver(format!("no writer thread: {error}")))?;
        Ok(Self {
            queue: Some(sender),
            counters,
            thread: Mutex::new(Some(thread)),
        })
    }

    pub(crate) async fn write<I, T, E, W>(
        &self,
        tenant: TenantId,
        input: I,
        work: W,
    ) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Write {
            tenant,
            input,
            work,
            outcome: Err(StoreError::Gone.into()),
            reply,
        });
        match Member::of_this_task() {
            Some(member) => member.write(job),
            None => self.submit(job),
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Gone.into()))
    }

    /// Queues a job, or answers it with `Busy` when the queue is full.
    pub(crate) fn submit(&self, job: Box<dyn Job>) {
        let Some(queue) = &self.queue else { return };
        let (refused, error) = match queue.try_send(Command::Job(job, Instant::now())) {
            Ok(()) => return,
            Err(mpsc::error::TrySendError::Full(command)) => (command, StoreError::Busy),
            Err(mpsc::error::TrySendError::Closed(command)) => (command, StoreError::Gone),
        };
        if let Command::Job(mut job, _) = refused {
            job.fail(error);
            job.answer();
        }
    }

    /// The last trouble with writing, if it lasts.
    pub(crate) fn trouble(&self) -> &WriteHealth {
        &self.counters.trouble
    }

    pub(crate) fn stats(&self) -> Stats {
        let counters = &self.counters;
        let waiting = self
            .queue
            .as_ref()
            .map_or(0, |queue| queue.max_capacity() - queue.capacity());
        Stats {
            jobs: counters.jobs.load(Ordering::Relaxed),
            commits: counters.commits.load(Ordering::Relaxed),
            batches: counters.batches.load(Ordering::Relaxed),
            reruns: counters.reruns.load(Ordering::Relaxed),
            largest: counters.largest.load(Ordering::Relaxed),
            waiting: waiting as u64,
            leases: 0,
        }
    }

    /// Lets the thread finish what waits and end. Jobs sent meanwhile are refused.
    pub(crate) async fn close(&self) {
        let Some(queue) = &self.queue else { return };
        let (done, closed) = oneshot::channel();
        if queue.send(Command::Close(done)).await.is_ok() {
            // An error means that the thread has ended, which is what we wait for.
            drop(closed.await);
        }
    }
}

impl Drop for Writer {
    /// Waits for the thread, so that the database is closed when this returns.
    fn drop(&mut self) {
        self.queue = None;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // The last store may be dropped with the input of a job, on this very thread, which cannot
        // wait for itself.
        if let Some(thread) =
            thread.filter(|thread| thread.thread().id() != std::thread::current().id())
        {
            drop(thread.join());
        }
    }
}

fn serve(mut work: Work, mut queue: mpsc::Receiver<Command>, counters: &Counters) {
    let mut closing = Vec::new();
    let mut patience = None;
    while let Some(first) = queue.blocking_recv() {
        let mut jobs = Vec::new();
        let mut waited = Duration::ZERO;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Job(job, since) => {
                    waited = waited.max(since.elapsed());
                    jobs.push(job);
                }
                Command::Close(done) => {
                    queue.close();
                    closing.push(done);
                }
            }
            next = if jobs.len() < work.batch.max(1) {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        if !jobs.is_empty() {
            let left = PATIENCE.saturating_sub(waited);
            let tx = &mut work.tx;
            let round = async {
                if patience.is_none_or(|told: Duration| told.abs_diff(left) > NUANCE) {
                    patience = tx.wait_at_most(left).await.is_ok().then_some(left);
                }
                batch::run(tx, &work.key, jobs, counters).await
            };
            // Each job is polled once, and so is all around them: this thread has nothing to wait
            // for.
            let broke = at_once(round).unwrap_or_else(|| {
                at_once(work.tx.rollback());
                Some(StoreError::Driver("a batch awaited something".into()))
            });
            (work.tend)(&mut work.tx, broke.as_ref());
        }
    }
    // The connection closes before the answer: the caller may open the file again at once.
    drop(work);
    for done in closing {
        // The caller may have stopped waiting.
        done.send(()).ok();
    }
}
