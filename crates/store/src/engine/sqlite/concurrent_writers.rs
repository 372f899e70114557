//! Statements that decide, run after another writer's change that came between the reading and the
//! deciding (decision record 0085). On SQLite no such change comes, since one connection writes;
//! here the same connection makes it.

use super::faults::{TENANT, name, record, transaction};
use super::of;
use crate::engine::batch;
use crate::engine::job::{Job, Write};
use crate::engine::writer::Counters;
use crate::rows::audit::{self, AuditHead, AuditKey, AuditVerdict};
use crate::{StoreError, Tx};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::oneshot;

fn now<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    answer.now_or_never().unwrap()
}

/// Of two writers that read the same end of the trail, the second one is undone, also where the
/// trail is empty.
#[test]
fn records_are_chained_only_to_the_head_that_was_read() {
    let key = AuditKey::new(&[1; 32]);
    for before in [0, 3] {
        let mut tx = transaction(&name());
        let on = tx.connection();
        let old: Vec<_> = (0..before).map(|n| record(&format!("step {n}"))).collect();
        now(audit::flush(on, &key, TENANT, &old)).unwrap();
        let head = now(audit::audit_head(on, TENANT)).unwrap();
        assert_eq!(head.seq, before);
        // The other one is faster.
        now(audit::flush(on, &key, TENANT, &[record("other")])).unwrap();
        let own = [record("own"), record("more")];
        let late = now(audit::append_to_head(on, &key, (TENANT, head), &own));
        assert_eq!(late, Err(StoreError::Busy));
        let AuditVerdict::Sound(end) = now(audit::verify(on, (&[], &key), TENANT)).unwrap() else {
            panic!("the trail is broken");
        };
        assert_eq!(end.seq, before + 1);
        // Run again, it finds the end as it is.
        now(audit::append_to_head(on, &key, (TENANT, end), &own)).unwrap();
    }
}

/// Writes, and lets another process come between as often as the number says.
fn beside_another<'a>(
    tx: &'a mut Tx,
    meets: &'a AtomicU32,
) -> BoxFuture<'a, Result<(), StoreError>> {
    Box::pin(async move {
        tx.put_setting("own", "written").await?;
        tx.audit(record("own"));
        if meets.load(Ordering::Relaxed) > 0 {
            meets.fetch_sub(1, Ordering::Relaxed);
            of(tx.connection())
                .execute_batch("INSERT INTO audit_heads VALUES (1, 9, zeroblob(32))")
                .unwrap();
        }
        Ok(())
    })
}

/// A write whose tenant got a record while it ran is undone as a whole and run once more.
#[test]
fn a_write_that_met_another_process_runs_again() {
    let key = AuditKey::new(&[1; 32]);
    for meets in [1, 2] {
        let mut tx = transaction(&name());
        let (reply, mut answer) = oneshot::channel();
        let write = Write {
            tenant: TENANT,
            input: AtomicU32::new(meets),
            work: beside_another,
            outcome: Err(StoreError::Gone),
            reply,
        };
        let jobs: Vec<Box<dyn Job>> = vec![Box::new(write)];
        let counters = Counters::default();
        let broke = batch::run(&mut tx, &key, jobs, &counters).now_or_never();
        assert_eq!(broke, Some(Some(StoreError::Busy)));
        let is_run = meets == 1;
        let expected = if is_run {
            Ok(())
        } else {
            Err(StoreError::Busy)
        };
        assert_eq!(answer.try_recv().unwrap(), expected);
        let on = tx.connection();
        let head = now(audit::audit_head(on, TENANT)).unwrap();
        assert_eq!(head.seq, i64::from(is_run));
        let kept = now(crate::rows::tenants::setting(on, "own")).unwrap();
        assert_eq!(kept.is_some(), is_run);
        assert_eq!(head == AuditHead::START, !is_run);
    }
}

/// A setting moves only from the value that was read.
#[test]
fn an_instant_moves_only_from_the_value_that_was_read() {
    let mut tx = transaction(&name());
    assert!(now(tx.move_setting("instant", None, "5")).unwrap());
    assert!(!now(tx.move_setting("instant", None, "4")).unwrap());
    assert!(now(tx.move_setting("instant", Some("5"), "7")).unwrap());
    assert!(!now(tx.move_setting("instant", Some("5"), "6")).unwrap());
    assert_eq!(now(tx.setting("instant")).unwrap().as_deref(), Some("7"));
}
