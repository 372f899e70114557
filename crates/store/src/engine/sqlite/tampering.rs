//! A change of the audit trail by hand shows (T-45, R-75).

use super::faults::{TENANT, name, record, transaction};
use super::of;
use crate::rows::audit::{self, AuditKey, AuditVerdict};
use futures_util::FutureExt;

/// Chains ten records, changes the file as somebody who has it could, and walks.
fn tampered(change: &str) -> AuditVerdict {
    let mut tx = transaction(&name());
    let key = AuditKey::new(&[1; 32]);
    let records: Vec<_> = (0..10).map(|n| record(&format!("step {n}"))).collect();
    // Two batches, so that a chain goes on from a stored head.
    for part in records.chunks(5) {
        audit::flush(tx.connection(), &key, TENANT, part)
            .now_or_never()
            .unwrap()
            .unwrap();
    }
    of(tx.connection()).execute_batch(change).unwrap();
    audit::verify(tx.connection(), (&[], &key), TENANT)
        .now_or_never()
        .unwrap()
        .unwrap()
}

#[test]
fn tampering_shows() {
    let cases = [
        ("UPDATE audit SET activity = 'nothing' WHERE seq = 4", 4),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1", 1),
        (
            "UPDATE audit SET actor_id = x'00000000000000000000000000000001' WHERE seq = 6",
            6,
        ),
        ("UPDATE audit SET result = 2 WHERE seq = 10", 10),
        ("DELETE FROM audit WHERE seq = 5", 5),
        ("DELETE FROM audit WHERE seq = 1", 1),
        // The tail cut off, and the whole trail; the head tells.
        ("DELETE FROM audit WHERE seq > 8", 9),
        ("DELETE FROM audit", 1),
        ("DELETE FROM audit_heads", 1),
        ("UPDATE audit_heads SET seq = 8", 9),
        (
            "UPDATE audit_heads SET hash = x'0000000000000000000000000000000000000000000000000000000000000000'",
            10,
        ),
        // Moved and swapped records.
        ("UPDATE audit SET seq = 11 WHERE seq = 10", 10),
        (
            "UPDATE audit SET details = '{}', target_kind = 'user' WHERE seq = 3",
            3,
        ),
    ];
    for (change, seq) in cases {
        assert_eq!(tampered(change), AuditVerdict::Broken { seq }, "{change}");
    }
    assert!(matches!(tampered("SELECT 1"), AuditVerdict::Sound(head) if head.seq == 10));
}
