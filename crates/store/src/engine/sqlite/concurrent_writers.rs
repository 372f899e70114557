//! Statements that decide, run after another writer's change that came between the reading and the
//! deciding (decision record 0085). On SQLite no such change comes, since one connection writes;
//! here the same connection makes it.

use super::faults::{TENANT, name, record, transaction};
use super::of;
use crate::engine::batch;
use crate::engine::job::{Job, Write};
use crate::engine::writer::Counters;
use crate::rows::audit::{self, AuditHead, AuditKey, AuditVerdict};
use crate::{ExtensionAdded, Lookup, OpenExtensionRow, StoreError, Tx};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::oneshot;
use uuid::Uuid;

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

/// Another writer takes, between the look at an app's slots and the adding, the slots that were
/// free. The keys decide, so that an app has two extensions on a user and never three.
#[test]
fn a_slot_that_another_writer_takes_is_taken() {
    let user = Uuid::from_u128(7);
    let row = |name: &str, app| OpenExtensionRow {
        name: name.to_owned(),
        version: 1,
        app,
        members: String::new(),
    };
    let app = Uuid::from_u128(9);
    for (taken, expected) in [
        (0, ExtensionAdded::Yes),
        (1, ExtensionAdded::Yes),
        (2, ExtensionAdded::Full),
    ] {
        let mut tx = transaction(&name());
        tx.bind(TENANT);
        let found = now(tx.open_extension(user, "own")).unwrap();
        assert_eq!(found, None);
        // The other one is faster. Each takes the lowest slot that it found free.
        for slot in 1..=taken {
            // The tenant's number is 1.
            let other = format!(
                "INSERT INTO open_extensions (tenant_id, user_id, name_key, name, version, app_id, slot, members) \
                 VALUES (1, ?1, ?2, 'other', 1, ?3, {slot}, '')"
            );
            let key = format!("other{slot}");
            of(tx.connection())
                .execute(
                    &other,
                    (
                        user.as_bytes().as_slice(),
                        key.as_bytes(),
                        app.as_bytes().as_slice(),
                    ),
                )
                .unwrap();
        }
        let added = now(tx.add_open_extension(user, "own", &row("own", Some(app)))).unwrap();
        assert_eq!(added, expected, "{taken}");
        // An extension of no app, and one of another, have slots of their own.
        let none = now(tx.add_open_extension(user, "server", &row("server", None))).unwrap();
        let other = Some(Uuid::from_u128(10));
        let others = now(tx.add_open_extension(user, "app", &row("app", other))).unwrap();
        assert_eq!((none, others), (ExtensionAdded::Yes, ExtensionAdded::Yes));
        // A name that is taken meanwhile is told as taken, even where no slot is free.
        let again = now(tx.add_open_extension(user, "server", &row("server", Some(app)))).unwrap();
        assert_eq!(again, ExtensionAdded::Exists, "{taken}");
    }
}

/// Of two writers who read the same version, the second changes and removes nothing.
#[test]
fn an_extension_changes_only_from_the_version_that_was_read() {
    let user = Uuid::from_u128(7);
    let mut tx = transaction(&name());
    tx.bind(TENANT);
    let row = OpenExtensionRow {
        name: "own".to_owned(),
        version: 5,
        app: None,
        members: String::new(),
    };
    now(tx.add_open_extension(user, "own", &row)).unwrap();
    assert!(now(tx.replace_open_extension(user, "own", (5, "\"a\":1"))).unwrap());
    assert!(!now(tx.replace_open_extension(user, "own", (5, "\"a\":2"))).unwrap());
    assert!(!now(tx.remove_open_extension(user, "own", 5)).unwrap());
    let kept = now(tx.open_extension(user, "own")).unwrap().unwrap();
    assert_eq!((kept.version, kept.members.as_str()), (6, "\"a\":1"));
    assert!(now(tx.remove_open_extension(user, "own", 6)).unwrap());
}
