//! The faults of `faults.rs` within a group that stands in a batch: each at each place in the
//! group, and in a neighbour. Whatever strikes, the group is stored whole or not at all, and its
//! neighbours do not suffer for it.

use super::faults::{Event, InjectedFault, JOBS, LOSSES, Script, TENANT, job, name, transaction};
use crate::engine::batch;
use crate::engine::group::GroupJob;
use crate::engine::job::Job;
use crate::engine::writer::Counters;
use crate::rows::attempts::{self, AttemptKind};
use crate::rows::audit::{self, AuditKey, AuditVerdict};
use crate::{StoreError, TenantId};
use futures_util::FutureExt;
use jiff::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// Writes in the group.
const MEMBERS: usize = 3;
/// The group's place in the batch.
const PLACE: usize = 4;

/// One batch: jobs 0 to 7, with the members 8 to 10 as one job in the place of job 4.
fn check(fault: InjectedFault, struck: usize, always: bool, fails: bool) {
    let case = format!("{fault:?} at {struck}, always {always}");
    let mut tx = transaction(&name());
    let key = AuditKey::new(&[1; 32]);
    let log = Arc::new(Mutex::new(Vec::new()));
    let committed = Arc::new(AtomicBool::new(false));
    let script = |index| Script {
        index,
        fault: (index == struck).then_some(fault),
        always,
        runs: AtomicU32::new(0),
    };
    let (mut jobs, mut answers): (Vec<Box<dyn Job>>, Vec<_>) =
        (0..JOBS).map(|index| job(script(index), &log)).unzip();
    let (members, of_members): (Vec<Box<dyn Job>>, Vec<_>) = (JOBS..JOBS + MEMBERS)
        .map(|index| job(script(index), &log))
        .unzip();
    answers.extend(of_members);
    drop(jobs.remove(PLACE));
    let group = GroupJob {
        tenant: TENANT,
        jobs: members,
        failed: false,
        committed: Arc::clone(&committed),
    };
    jobs.insert(PLACE, Box::new(group));
    batch::run(&mut tx, &key, jobs, &Counters::default())
        .now_or_never()
        .unwrap();

    let told: Vec<_> = answers
        .iter_mut()
        .enumerate()
        .filter(|(index, _)| *index != PLACE)
        .map(|(index, answer)| (index, answer.try_recv().expect("answered")))
        .collect();
    let group_fails = fails && struck >= JOBS;
    let expected = |index: usize| !(fails && index == struck || group_fails && index >= JOBS);
    let on = tx.connection();
    for (index, answer) in &told {
        assert_eq!(
            answer.is_ok(),
            expected(*index),
            "{case}: {index} {answer:?}"
        );
        let key = Uuid::from_u128(*index as u128).to_string();
        let window = attempts::attempts(on, TENANT, AttemptKind::WrongCode, &key, Timestamp::MIN);
        let stored = window.now_or_never().unwrap().unwrap().count;
        assert_eq!(stored, u64::from(answer.is_ok()), "{case}: {index}");
        // A write undone by another's refusal is told so; a write that breaks the transaction is
        // told what broke.
        let quiet = matches!(
            fault,
            InjectedFault::Refusal
                | InjectedFault::Constraint
                | InjectedFault::Panic
                | InjectedFault::Pending
        );
        if group_fails && quiet && *index >= JOBS && *index != struck {
            assert_eq!(*answer, Err(StoreError::Undone), "{case}: {index}");
        }
    }
    assert_eq!(committed.load(Ordering::Relaxed), !group_fails, "{case}");
    let good = told.iter().filter(|(_, answer)| answer.is_ok()).count();
    let changes = crate::rows::changes::changes(on, TENANT, 0, 100);
    assert_eq!(
        changes.now_or_never().unwrap().unwrap().len(),
        good,
        "{case}"
    );
    let verdict = audit::verify(on, (&[], &key), TENANT)
        .now_or_never()
        .unwrap();
    let AuditVerdict::Sound(head) = verdict.unwrap() else {
        panic!("{case}: the chain is broken")
    };
    assert_eq!(usize::try_from(head.seq).unwrap(), good, "{case}");
    let log = log.lock().unwrap();
    let answered = log
        .iter()
        .filter(|event| matches!(event, Event::Answered(_)));
    assert_eq!(answered.count(), JOBS - 1 + MEMBERS, "{case}");
}

#[test]
fn each_fault_at_each_place_of_a_group() {
    // fault, whether it strikes every time, whether its write fails in the end
    let cases = [
        (InjectedFault::Refusal, true, true),
        (InjectedFault::Constraint, true, true),
        (InjectedFault::Panic, true, true),
        (InjectedFault::Pending, true, true),
        (InjectedFault::Corrupt, true, true),
        (InjectedFault::Interrupt, false, false),
        (InjectedFault::Interrupt, true, true),
        (InjectedFault::Swallowed, false, false),
        (InjectedFault::Swallowed, true, true),
        (InjectedFault::Full, false, false),
        (InjectedFault::Full, true, true),
        (InjectedFault::Commit, false, false),
        (InjectedFault::Commit, true, true),
        (InjectedFault::Flush, false, false),
        (InjectedFault::Flush, true, true),
        (InjectedFault::Head, false, false),
        (InjectedFault::Head, true, true),
    ];
    let on = LOSSES.map(InjectedFault::On);
    let on = on.map(|fault| [(fault, false, false), (fault, true, true)]);
    for (fault, always, fails) in cases.into_iter().chain(on.into_iter().flatten()) {
        // Each member, and the neighbours before and after.
        for struck in [PLACE - 1, PLACE + 1]
            .into_iter()
            .chain(JOBS..JOBS + MEMBERS)
        {
            check(fault, struck, always, fails);
        }
    }
}

#[test]
fn nobody_is_struck() {
    check(InjectedFault::Refusal, usize::MAX, true, false);
    assert_ne!(TENANT, TenantId::INSTANCE);
}
