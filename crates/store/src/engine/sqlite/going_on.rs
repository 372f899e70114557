//! A write that ignores a fault and goes on.

use super::faults::{InjectedFault, Loss, Script, TENANT, inject, job, name, transaction};
use crate::engine::batch;
use crate::engine::job::{Job, Write};
use crate::engine::writer::Counters;
use crate::rows::audit::AuditKey;
use crate::{AttemptKind, StoreError, TenantId, Tx};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;
use uuid::Uuid;

/// After a fault a write runs no further statement, whether the transaction is lost or stands. The
/// next write does.
#[test]
fn a_write_that_goes_on_gets_its_fault_again() {
    type Said = Mutex<Vec<Result<(), StoreError>>>;
    fn go_on<'a>(
        tx: &'a mut Tx,
        (fault, said): &'a (InjectedFault, Arc<Said>),
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            tx.put_setting("on", "before").await?;
            let at = Timestamp::UNIX_EPOCH;
            tx.record_attempt(AttemptKind::CodeSent, "on", at).await?;
            let injected = inject(tx, *fault).await;
            let on = [
                injected,
                tx.record_attempt(AttemptKind::CodeSent, "on", at).await,
                tx.setting("on").await.map(drop),
                tx.connection()
                    .number(TenantId(Uuid::max()))
                    .await
                    .map(drop),
                tx.put_setting("on", "").await,
            ];
            said.lock().unwrap().extend(on);
            Ok(())
        })
    }
    let lost = StoreError::Driver("the engine gave the transaction up".into());
    let cases = [
        (InjectedFault::Interrupt, Err(StoreError::Overdue), 2),
        (InjectedFault::Full, Err(StoreError::Full), 2),
        (InjectedFault::On(Loss::Silent), Err(lost), 2),
        (
            InjectedFault::Corrupt,
            Err(StoreError::Corrupt("column 0 has another type".into())),
            1,
        ),
    ];
    for (fault, expected, runs) in cases {
        let mut tx = transaction(&name());
        let said = Arc::new(Said::default());
        let (reply, mut told) = oneshot::channel();
        let swallows: Box<dyn Job> = Box::new(Write {
            tenant: TENANT,
            input: (fault, Arc::clone(&said)),
            work: go_on,
            outcome: Err(StoreError::Gone),
            reply,
        });
        let good = Script {
            index: 1,
            fault: None,
            always: false,
            runs: AtomicU32::new(0),
        };
        let (good, mut answer) = job(good, &Arc::default());
        let key = AuditKey::new(&[1; 32]);
        batch::run(&mut tx, &key, vec![swallows, good], &Counters::default())
            .now_or_never()
            .unwrap();
        assert_eq!(told.try_recv().unwrap(), expected, "{fault:?}");
        assert_eq!(answer.try_recv().unwrap(), Ok(()), "{fault:?}");
        let mut all = vec![expected; 5];
        if fault == InjectedFault::On(Loss::Silent) {
            all[0] = Ok(());
        }
        assert_eq!(*said.lock().unwrap(), vec![all; runs].concat(), "{fault:?}");
        let setting = tx.setting("on").now_or_never().unwrap();
        assert_eq!(setting, Ok(None), "{fault:?}");
    }
}
