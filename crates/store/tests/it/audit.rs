use crate::fixtures::{OTHER, TENANT, id, record, store, write};
use store::{AuditHead, AuditVerdict, ChangeKind, StoreError, TenantId};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chains_grow_under_load() {
    let store = store().await;
    let writers: Vec<_> = (0..100u128)
        .map(|n| {
            let store = store.clone();
            let tenant = if n % 4 == 0 { OTHER } else { TENANT };
            tokio::spawn(async move {
                write!(store, tenant, n, tx, n => {
                    tx.audit(record("first"));
                    tx.audit(record("second"));
                    tx.changed(id(*n), ChangeKind::Updated);
                    if n % 10 == 3 { Err(StoreError::Busy) } else { Ok(()) }
                })
            })
        })
        .collect();
    for (n, writer) in writers.into_iter().enumerate() {
        assert_eq!(writer.await.unwrap().is_ok(), n % 10 != 3);
    }
    // Refused writes leave neither record nor change: 10 of 100 were, all of the first tenant.
    for (tenant, writes) in [(TENANT, 65i64), (OTHER, 25)] {
        let reader = store.read(tenant);
        let head = reader.audit_head().await.unwrap();
        assert_eq!(
            store.verify_audit(tenant).await.unwrap(),
            AuditVerdict::Sound(head)
        );
        assert_eq!(head.seq, 2 * writes);
        let changes = reader.changes(0, 1000).await.unwrap();
        let seqs: Vec<_> = changes.iter().map(|change| change.seq).collect();
        assert_eq!(seqs, (1..=writes).collect::<Vec<_>>());
        assert_eq!(reader.change_state().await.unwrap().head, writes);
        assert_eq!(reader.changes(writes - 1, 9).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn records_come_back_whole() {
    let store = store().await;
    write!(store, tx => {
        tx.audit(record("one"));
        tx.audit(record("two"));
        Ok(())
    })
    .unwrap();
    let reader = store.read(TENANT);
    let rows = reader.audit(0, 10).await.unwrap();
    assert_eq!(
        (rows[0].seq, &rows[0].record, rows[0].prev_hash),
        (1, &record("one"), [0; 32])
    );
    assert_eq!(
        (rows[1].seq, &rows[1].record, rows[1].prev_hash),
        (2, &record("two"), rows[0].hash)
    );
    assert_eq!(
        reader.audit_head().await.unwrap(),
        AuditHead {
            seq: 2,
            hash: rows[1].hash
        }
    );
    let newest: Vec<_> = reader
        .latest_audit(None, 1)
        .await
        .unwrap()
        .iter()
        .map(|row| row.seq)
        .collect();
    assert_eq!(newest, [2]);
    assert_eq!(reader.latest_audit(Some(2), 10).await.unwrap()[0].seq, 1);
}

/// The same records chain differently in another tenant: a trail cannot be carried over.
#[tokio::test]
async fn chains_belong_to_their_tenant() {
    let store = store().await;
    for tenant in [TENANT, OTHER] {
        write!(store, tenant, (), tx, _none => {
            tx.audit(record("same"));
            Ok(())
        })
        .unwrap();
    }
    let heads = [
        store.read(TENANT).audit_head().await.unwrap(),
        store.read(OTHER).audit_head().await.unwrap(),
    ];
    assert_ne!(heads[0].hash, heads[1].hash);
    let nobody = TenantId(id(77));
    assert_eq!(
        store.verify_audit(nobody).await.unwrap(),
        AuditVerdict::Sound(AuditHead::START)
    );
}

/// More than one page of the walk.
#[tokio::test]
async fn long_chains() {
    let store = store().await;
    write!(store, tx => {
        for _ in 0..1100 {
            tx.audit(record("step"));
        }
        Ok(())
    })
    .unwrap();
    assert!(
        matches!(store.verify_audit(TENANT).await.unwrap(), AuditVerdict::Sound(head) if head.seq == 1100)
    );
}
