//! Faults in a batch of eight, each at each position. They are SQLite's own: a progress
//! handler interrupts a statement, a page limit makes the file full, a commit hook makes COMMIT
//! fail.

use super::{migrate, of, open};
use crate::engine::connection::Connection;
use crate::engine::job::{Job, Ran, Write};
use crate::engine::tenant_numbers::Numbers;
use crate::engine::writer::Counters;
use crate::engine::{Driver, batch};
use crate::rows::audit::{self, AuditKey, AuditVerdict};
use crate::{
    ActorKind, AppRow, AttemptKind, AuditRecord, AuditResult, ChangeKind, Lookup, Options, Place,
    Role, StoreError, TenantId, Tx, rows::attempts,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;
use uuid::Uuid;

pub(super) const TENANT: TenantId = TenantId(Uuid::from_u128(7));
pub(super) const JOBS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InjectedFault {
    Refusal,
    Constraint,
    Panic,
    Pending,
    /// Loses the transaction.
    Interrupt,
    /// Loses the transaction, and the write says that all went well.
    Swallowed,
    /// The write goes on besides, as if nothing had happened.
    On(Loss),
    Full,
    /// A cell that this program did not write; the transaction stands.
    Corrupt,
    Commit,
    /// The record cannot be chained at the end of the batch.
    Flush,
    /// The chain cannot be read, which is no constraint. The next write must not be blamed for it.
    Head,
}

/// How a write loses its transaction that then goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    Interrupt,
    Full,
    /// Without an error of any statement.
    Silent,
}

pub(super) const LOSSES: [Loss; 3] = [Loss::Interrupt, Loss::Full, Loss::Silent];

/// What one job does; shared by its runs.
pub(super) struct Script {
    pub(super) index: usize,
    pub(super) fault: Option<InjectedFault>,
    pub(super) always: bool,
    pub(super) runs: AtomicU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Ran(usize),
    Answered(usize),
}

/// Writes down when a job runs and when it is answered.
struct Watched {
    index: usize,
    job: Box<dyn Job>,
    log: Arc<Mutex<Vec<Event>>>,
}

impl Job for Watched {
    fn tenant(&self) -> TenantId {
        self.job.tenant()
    }
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> BoxFuture<'a, Ran> {
        self.log.lock().unwrap().push(Event::Ran(self.index));
        self.job.run(tx)
    }
    fn fail(&mut self, error: StoreError) {
        self.job.fail(error);
    }
    fn answer(self: Box<Self>) {
        self.log.lock().unwrap().push(Event::Answered(self.index));
        self.job.answer();
    }
}

pub(super) fn record(activity: &str) -> AuditRecord {
    AuditRecord {
        at: Timestamp::UNIX_EPOCH,
        activity: activity.into(),
        result: AuditResult::Success,
        actor_kind: ActorKind::Server,
        actor_id: None,
        target_kind: String::new(),
        target_id: None,
        request_id: None,
        details: "{}".into(),
    }
}

/// Ignores the failure, as a careless write would.
async fn lose(tx: &mut Tx, loss: Loss) {
    let said = match loss {
        Loss::Interrupt => Box::pin(inject(tx, InjectedFault::Interrupt)).await,
        Loss::Full => Box::pin(inject(tx, InjectedFault::Full)).await,
        Loss::Silent => of(tx.connection())
            .execute_batch("ROLLBACK")
            .map_err(StoreError::from),
    };
    assert_eq!(said.is_ok(), loss == Loss::Silent);
    assert!(
        of(tx.connection()).is_autocommit(),
        "{loss:?}: it is not lost"
    );
}

pub(super) async fn inject(tx: &mut Tx, fault: InjectedFault) -> Result<(), StoreError> {
    let attempt = AttemptKind::CodeSent;
    match fault {
        InjectedFault::Refusal => Err(StoreError::Busy),
        InjectedFault::Constraint => {
            let app = AppRow {
                client_id: Uuid::nil(),
                object_id: Uuid::nil(),
                display_name: "of no tenant".into(),
                secret_hash: None,
                permissions: "[]".into(),
                enabled: true,
                created_at: Timestamp::UNIX_EPOCH,
            };
            tx.add_app(&app).await.map(drop)
        }
        InjectedFault::Panic => panic!("a bug in a rule"),
        InjectedFault::Pending => {
            std::future::pending::<()>().await;
            Ok(())
        }
        InjectedFault::Interrupt | InjectedFault::Swallowed => {
            of(tx.connection())
                .progress_handler(1, Some(|| true))
                .unwrap();
            let done = tx
                .record_attempt(attempt, "interrupted", Timestamp::UNIX_EPOCH)
                .await;
            of(tx.connection())
                .progress_handler(0, None::<fn() -> bool>)
                .unwrap();
            if fault == InjectedFault::Swallowed {
                Ok(())
            } else {
                done
            }
        }
        InjectedFault::On(loss) => {
            lose(tx, loss).await;
            Ok(())
        }
        InjectedFault::Full => {
            of(tx.connection())
                .execute_batch("PRAGMA max_page_count = 1")
                .unwrap();
            let done = tx.put_setting("large", &"x".repeat(100_000)).await;
            of(tx.connection())
                .execute_batch("PRAGMA max_page_count = 1000000")
                .unwrap();
            done
        }
        InjectedFault::Corrupt => {
            tx.block_address("odd", Timestamp::UNIX_EPOCH).await?;
            of(tx.connection())
                .execute_batch("UPDATE blocked SET at = 'noon'")
                .unwrap();
            tx.blocked_at("odd").await.map(drop)
        }
        InjectedFault::Commit => {
            let failed = AtomicBool::new(false);
            of(tx.connection())
                .commit_hook(Some(move || !failed.swap(true, Ordering::Relaxed)))
                .unwrap();
            Ok(())
        }
        InjectedFault::Flush => {
            tx.audit(record("poison"));
            Ok(())
        }
        InjectedFault::Head => {
            of(tx.connection())
                .execute_batch("REPLACE INTO audit_heads VALUES (1, 'first', x'00')")
                .unwrap();
            Ok(())
        }
    }
}

fn run_script<'a>(tx: &'a mut Tx, script: &'a Script) -> BoxFuture<'a, Result<(), StoreError>> {
    Box::pin(async move {
        let first = script.runs.fetch_add(1, Ordering::Relaxed) == 0;
        let object = Uuid::from_u128(script.index as u128);
        let (kind, key) = (AttemptKind::WrongCode, object.to_string());
        tx.record_attempt(kind, &key, Timestamp::UNIX_EPOCH).await?;
        tx.audit(record("step"));
        tx.changed(object, ChangeKind::Created);
        let fault = script.fault.filter(|_| first || script.always);
        if let Some(fault) = fault {
            inject(tx, fault).await?;
        }
        if let Some(InjectedFault::On(_)) = fault {
            drop(tx.record_attempt(kind, &key, Timestamp::UNIX_EPOCH).await);
        }
        Ok(())
    })
}

pub(super) type Answer = oneshot::Receiver<Result<(), StoreError>>;

pub(super) fn job(script: Script, log: &Arc<Mutex<Vec<Event>>>) -> (Box<dyn Job>, Answer) {
    let index = script.index;
    let (reply, answer) = oneshot::channel();
    let write = Write {
        tenant: TENANT,
        input: script,
        work: run_script,
        outcome: Err(StoreError::Gone),
        reply,
    };
    (
        Box::new(Watched {
            index,
            job: Box::new(write),
            log: Arc::clone(log),
        }),
        answer,
    )
}

/// A name of its own for each memory database: tests run beside each other.
pub(super) fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("faults {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(super) fn transaction(name: &str) -> Tx {
    let options = Options::new(Place::Memory(name.into()), Role::Server, [1; 32]);
    let on = open::writer(&options.place).unwrap();
    let on = migrate::migrate(on, &options).unwrap();
    on.execute_batch(
        "CREATE TEMP TRIGGER poisoned BEFORE INSERT ON main.audit WHEN NEW.activity = 'poison' \
         BEGIN SELECT RAISE(ABORT, 'poison'); END",
    )
    .unwrap();
    // A number without a tenant, so that a row that refers to the tenant breaks a constraint.
    on.execute(
        "INSERT INTO tenant_numbers (tenant_id, id) VALUES (1, ?1) ON CONFLICT DO NOTHING",
        [TENANT.0.as_bytes().as_slice()],
    )
    .unwrap();
    Tx::new(Connection::new(Driver::Sqlite(on), Numbers::default()))
}

/// What one batch came to.
struct Outcome {
    answers: Vec<Result<(), StoreError>>,
    log: Vec<Event>,
    /// Jobs whose write is in the database.
    stored: Vec<usize>,
    changes: usize,
    verdict: AuditVerdict,
    broke: Option<StoreError>,
}

fn batch_with(fault: InjectedFault, position: usize, always: bool) -> Outcome {
    let mut tx = transaction(&name());
    let key = AuditKey::new(&[1; 32]);
    let log = Arc::new(Mutex::new(Vec::new()));
    let (jobs, answers): (Vec<_>, Vec<_>) = (0..JOBS)
        .map(|index| {
            let fault = (index == position).then_some(fault);
            job(
                Script {
                    index,
                    fault,
                    always,
                    runs: AtomicU32::new(0),
                },
                &log,
            )
        })
        .unzip();
    let broke = batch::run(&mut tx, &key, jobs, &Counters::default()).now_or_never();
    let broke = broke.unwrap();
    let on = tx.connection();
    let stored = (0..JOBS)
        .filter(|index| {
            let key = Uuid::from_u128(*index as u128).to_string();
            let window =
                attempts::attempts(on, TENANT, AttemptKind::WrongCode, &key, Timestamp::MIN);
            window.now_or_never().unwrap().unwrap().count == 1
        })
        .collect();
    Outcome {
        answers: answers
            .into_iter()
            .map(|mut answer| answer.try_recv().expect("answered"))
            .collect(),
        log: Arc::into_inner(log).unwrap().into_inner().unwrap(),
        stored,
        changes: crate::rows::changes::changes(on, TENANT, 0, 100)
            .now_or_never()
            .unwrap()
            .unwrap()
            .len(),
        verdict: audit::verify(on, (&[], &key), TENANT)
            .now_or_never()
            .unwrap()
            .unwrap(),
        broke,
    }
}

/// Whatever the fault: a write answered Ok is stored once, chained and numbered; a refused one left
/// no trace; each is answered once, and none while the batch could still be lost.
fn check(fault: InjectedFault, position: usize, always: bool, lost: bool, fails: bool) {
    let outcome = batch_with(fault, position, always);
    let case = format!(
        "{fault:?} at {position}, always {always}: {:?}",
        outcome.answers
    );
    assert_eq!(outcome.broke.is_some(), lost, "{case}");
    let told: Vec<usize> = (0..JOBS)
        .filter(|index| outcome.answers[*index].is_ok())
        .collect();
    let expected: Vec<usize> = (0..JOBS)
        .filter(|index| !(fails && *index == position))
        .collect();
    assert_eq!(told, expected, "{case}");
    assert_eq!(outcome.stored, told, "{case}");
    assert_eq!(outcome.changes, told.len(), "{case}");
    let AuditVerdict::Sound(head) = outcome.verdict else {
        panic!("{case}: {:?}", outcome.verdict)
    };
    assert_eq!(usize::try_from(head.seq).unwrap(), told.len(), "{case}");

    let answered: Vec<usize> = outcome
        .log
        .iter()
        .filter_map(|event| match event {
            Event::Answered(index) => Some(*index),
            Event::Ran(_) => None,
        })
        .collect();
    assert_eq!(answered, (0..JOBS).collect::<Vec<_>>(), "{case}");
    let first_answer = outcome
        .log
        .iter()
        .position(|event| matches!(event, Event::Answered(_)))
        .unwrap();
    let before = &outcome.log[..first_answer];
    if lost {
        // All that the first round ran, then job 0 again by itself, and only then an answer.
        assert_eq!(before.last(), Some(&Event::Ran(0)), "{case}");
        assert_eq!(
            before
                .iter()
                .filter(|event| **event == Event::Ran(0))
                .count(),
            2,
            "{case}"
        );
    } else {
        assert_eq!(
            before,
            (0..JOBS).map(Event::Ran).collect::<Vec<_>>(),
            "{case}"
        );
    }
}

#[test]
fn each_fault_at_each_position() {
    // fault, whether it strikes every time, whether the batch is lost, whether its job fails in the
    // end
    let cases = [
        (InjectedFault::Refusal, true, false, true),
        (InjectedFault::Constraint, true, false, true),
        (InjectedFault::Panic, true, false, true),
        (InjectedFault::Pending, true, false, true),
        (InjectedFault::Corrupt, true, false, true),
        (InjectedFault::Interrupt, false, true, false),
        (InjectedFault::Interrupt, true, true, true),
        (InjectedFault::Swallowed, false, true, false),
        (InjectedFault::Swallowed, true, true, true),
        (InjectedFault::Full, false, true, false),
        (InjectedFault::Full, true, true, true),
        (InjectedFault::Commit, false, true, false),
        (InjectedFault::Commit, true, true, true),
        (InjectedFault::Flush, false, true, false),
        (InjectedFault::Flush, true, true, true),
        (InjectedFault::Head, false, true, false),
        (InjectedFault::Head, true, true, true),
    ];
    let on = LOSSES.map(InjectedFault::On);
    let on = on.map(|fault| [(fault, false, true, false), (fault, true, true, true)]);
    for (fault, always, lost, fails) in cases.into_iter().chain(on.into_iter().flatten()) {
        for position in 0..JOBS {
            check(fault, position, always, lost, fails);
        }
    }
}

#[test]
fn faults_have_their_names() {
    let cases = [
        (InjectedFault::Refusal, StoreError::Busy),
        (InjectedFault::Full, StoreError::Full),
        (
            InjectedFault::Panic,
            StoreError::Driver("a write panicked".into()),
        ),
        (
            InjectedFault::Pending,
            StoreError::Driver("a write awaited something that is not its transaction".into()),
        ),
    ];
    for (fault, expected) in cases {
        assert_eq!(batch_with(fault, 3, true).answers[3], Err(expected));
    }
}

/// While somebody else holds the write lock a batch is refused as a whole, and not waited for once
/// per write.
#[test]
fn a_batch_that_cannot_begin() {
    let mut holder = transaction("cannot begin");
    let mut tx = transaction("cannot begin");
    of(tx.connection())
        .busy_timeout(std::time::Duration::ZERO)
        .unwrap();
    of(holder.connection())
        .execute_batch("BEGIN IMMEDIATE")
        .unwrap();
    let log = Arc::new(Mutex::new(Vec::new()));
    let (jobs, answers): (Vec<_>, Vec<_>) = (0..JOBS)
        .map(|index| {
            job(
                Script {
                    index,
                    fault: None,
                    always: false,
                    runs: AtomicU32::new(0),
                },
                &log,
            )
        })
        .unzip();
    let broke = batch::run(
        &mut tx,
        &AuditKey::new(&[1; 32]),
        jobs,
        &Counters::default(),
    )
    .now_or_never();
    assert_eq!(broke, Some(Some(StoreError::Busy)));
    for mut answer in answers {
        assert_eq!(answer.try_recv().unwrap(), Err(StoreError::Busy));
    }
    assert!(
        !log.lock()
            .unwrap()
            .iter()
            .any(|event| matches!(event, Event::Ran(_)))
    );
}

/// The disk is full: writes say so, reads go on, and writing resumes when there is room again,
/// without reopening.
#[tokio::test]
async fn a_full_disk_and_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::File(folder.path().join("full.db"));
    let store = crate::Store::open(Options::new(place, Role::Server, [1; 32])).unwrap();
    let limit = async |pages: i64| {
        let set: Result<(), StoreError> = store
            .write_instance(pages, |tx, pages| {
                Box::pin(async move {
                    of(tx.connection()).pragma_update_and_check(
                        None,
                        "max_page_count",
                        *pages,
                        |_| Ok(()),
                    )?;
                    Ok(())
                })
            })
            .await;
        set.unwrap();
    };
    let put = async |name: &'static str, size: usize| -> Result<(), StoreError> {
        store
            .write_instance((name, "x".repeat(size)), |tx, input| {
                Box::pin(async move { tx.put_setting(input.0, &input.1).await })
            })
            .await
    };
    put("before", 10).await.unwrap();
    limit(1).await;
    for _ in 0..3 {
        assert_eq!(put("large", 100_000).await, Err(StoreError::Full));
        assert_eq!(
            store.instance().setting("before").await.unwrap().as_deref(),
            Some("xxxxxxxxxx")
        );
    }
    limit(1_000_000).await;
    put("large", 100_000).await.unwrap();
    assert_eq!(
        store
            .instance()
            .setting("large")
            .await
            .unwrap()
            .map(|text| text.len()),
        Some(100_000)
    );
}
