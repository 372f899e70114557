//! Writes that happen together or not at all.
//!
//! Each member of a group is a request of its own, which reads, plans and then writes as if it were
//! alone. Its write waits here until every other member has come to its own write, or to its end
//! without one. Then all of them run in their order inside one savepoint, and no caller is answered
//! before COMMIT. When one is refused the savepoint is rolled back; when a member fails before it
//! writes, nothing is run at all.
//!
//! The task tells which member writes, not an argument: a write that forgot the argument would be
//! made by itself, at once, and its group would be broken silently.

use crate::engine::job::{Job, Ran};
use crate::{Store, StoreError, TenantId, Tx};
use futures_util::future::BoxFuture;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

tokio::task_local! {
    static MEMBER: Member;
}

/// A group being gathered. Clones are the same group.
#[derive(Clone)]
pub struct Group {
    shared: Arc<Shared>,
}

struct Shared {
    store: Store,
    gathered: Mutex<Gathered>,
    committed: Arc<AtomicBool>,
}

struct Gathered {
    /// One for each member, in the order of their writes.
    members: Vec<MemberState>,
    /// A member failed: no write of the group is run any more.
    failed: bool,
}

enum MemberState {
    /// The member is under way.
    Open,
    /// It wants to write.
    Waiting(Box<dyn Job>),
    /// It ended without a write, or its write is on the way.
    Closed,
}

/// The member that a task runs.
#[derive(Clone)]
pub(crate) struct Member {
    group: Group,
    place: usize,
}

impl Member {
    /// The member of the present task, if it runs one.
    pub(crate) fn of_this_task() -> Option<Self> {
        MEMBER.try_with(Clone::clone).ok()
    }

    /// Takes the member's write. It is answered in any case.
    pub(crate) fn write(&self, mut job: Box<dyn Job>) {
        let refused = {
            let mut gathered = self.group.gathered();
            match gathered.refuses(self.place, &*job) {
                None => {
                    if let Some(member) = gathered.members.get_mut(self.place) {
                        *member = MemberState::Waiting(job);
                    }
                    drop(gathered);
                    return self.group.send();
                }
                Some(error) => error,
            }
        };
        job.fail(refused);
        job.answer();
    }
}

impl Gathered {
    /// Why a member's write is not taken.
    fn refuses(&self, place: usize, job: &dyn Job) -> Option<StoreError> {
        let driver = |text: &str| Some(StoreError::Driver(text.into()));
        if self.failed {
            return Some(StoreError::Undone);
        }
        let mut others = self.members.iter().filter_map(|member| match member {
            MemberState::Waiting(job) => Some(job.tenant()),
            MemberState::Open | MemberState::Closed => None,
        });
        if others.any(|tenant| tenant != job.tenant()) {
            return driver("a group of two tenants");
        }
        match self.members.get(place) {
            Some(MemberState::Open) => None,
            // The member's first write is done or on the way, and cannot wait for this one.
            _ => driver("a second write of one member of a group"),
        }
    }

    /// All writes, once no member is under way any more.
    fn ready(&mut self) -> Option<Vec<Box<dyn Job>>> {
        if self.failed
            || self
                .members
                .iter()
                .any(|member| matches!(member, MemberState::Open))
        {
            return None;
        }
        let jobs = self.take();
        (!jobs.is_empty()).then_some(jobs)
    }

    fn take(&mut self) -> Vec<Box<dyn Job>> {
        let waiting =
            |member: &mut MemberState| match std::mem::replace(member, MemberState::Closed) {
                MemberState::Waiting(job) => Some(job),
                MemberState::Open | MemberState::Closed => None,
            };
        self.members.iter_mut().filter_map(waiting).collect()
    }
}

impl Group {
    pub(crate) fn new(store: Store, members: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                gathered: Mutex::new(Gathered {
                    members: (0..members).map(|_| MemberState::Open).collect(),
                    failed: false,
                }),
                committed: Arc::new(AtomicBool::new(false)),
            }),
        }
    }

    /// Runs a member's work; what it writes belongs to the group. `place` is its place in the order
    /// of writing, from 0; `good` says whether it ended well. A member that did not, or was
    /// dropped, makes the whole group fail, unless the group's writes are done or on the way
    /// already.
    ///
    /// All members must be under way at the same time: each waits for all others.
    pub async fn join<T>(
        &self,
        place: usize,
        work: impl Future<Output = T>,
        good: impl FnOnce(&T) -> bool,
    ) -> T {
        let mut ending = Ending {
            group: self,
            place,
            good: false,
        };
        let member = Member {
            group: self.clone(),
            place,
        };
        let output = MEMBER.scope(member, work).await;
        ending.good = good(&output);
        output
    }

    /// Whether the group's writes are in the database.
    pub fn is_committed(&self) -> bool {
        self.shared.committed.load(Ordering::Acquire)
    }

    /// Whether a member failed before the writes were run.
    pub fn is_undone(&self) -> bool {
        self.gathered().failed
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        // Nothing under this lock panics.
        self.shared
            .gathered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the writes over once all are there.
    fn send(&self) {
        let Some(jobs) = self.gathered().ready() else {
            return;
        };
        let tenant = jobs.first().map_or(TenantId::INSTANCE, |job| job.tenant());
        self.shared.store.engine().submit(Box::new(GroupJob {
            tenant,
            jobs,
            failed: false,
            committed: Arc::clone(&self.shared.committed),
        }));
    }

    /// A member has ended.
    fn end(&self, place: usize, good: bool) {
        let undone = {
            let mut gathered = self.gathered();
            match gathered.members.get_mut(place) {
                // Its write was answered, or is on the way.
                None | Some(MemberState::Closed) => Vec::new(),
                Some(member) if good => {
                    *member = MemberState::Closed;
                    Vec::new()
                }
                Some(_) => {
                    gathered.failed = true;
                    gathered.take()
                }
            }
        };
        for mut job in undone {
            job.fail(StoreError::Undone);
            job.answer();
        }
        self.send();
    }
}

/// Reports a member's end, also when it panics or its caller has stopped waiting.
struct Ending<'a> {
    group: &'a Group,
    place: usize,
    good: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.group.end(self.place, self.good);
    }
}

/// The writes of a group, as one job of the writer.
pub(crate) struct GroupJob {
    pub(crate) tenant: TenantId,
    pub(crate) jobs: Vec<Box<dyn Job>>,
    pub(crate) failed: bool,
    pub(crate) committed: Arc<AtomicBool>,
}

impl Job for GroupJob {
    fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Runs them in order, up to the first that is refused or breaks something. What they leave for
    /// the end of the batch gathers in the transaction, which is bound once for all of them.
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran> {
        Box::pin(async move {
            self.failed = false;
            let mut refused = None;
            for (at, job) in self.jobs.iter_mut().enumerate() {
                let ran = job.run(tx).await;
                if ran == Ran::Refused || tx.connection().is_faulty() {
                    refused = Some(at);
                    break;
                }
            }
            let Some(refused) = refused else {
                return Ran::Done;
            };
            self.failed = true;
            for (at, job) in self.jobs.iter_mut().enumerate() {
                if at != refused {
                    job.fail(StoreError::Undone);
                }
            }
            Ran::Refused
        })
    }

    fn fail(&mut self, error: StoreError) {
        self.failed = true;
        for job in &mut self.jobs {
            job.fail(error.clone());
        }
    }

    fn answer(self: Box<Self>) {
        // Reported first: a caller that is answered may ask for it.
        self.committed.store(!self.failed, Ordering::Release);
        for job in self.jobs {
            job.answer();
        }
    }
}
