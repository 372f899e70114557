//! The audit trail: per tenant a sequence of records, each carrying a keyed hash over itself and
//! the hash before it. Somebody who can write the database but does not have the key
//! cannot change, drop or insert a record unseen.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read};
use crate::rows::{resealing, tenants};
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{StoreError, TenantId};
use aws_lc_rs::hmac;
use jiff::Timestamp;
use std::fmt::Write as _;
use uuid::Uuid;

codes! {
    /// How it went.
    pub enum AuditResult {
        /// It happened.
        Success = 1,
        /// It was refused or failed.
        Failure = 2,
    }
}

codes! {
    /// Who did it.
    pub enum ActorKind {
        /// An app with its own permissions.
        App = 1,
        /// A person through an app.
        Person = 2,
        /// A guest who redeems.
        Guest = 3,
        /// The server by itself.
        Server = 4,
        /// Somebody at the command line.
        Operator = 5,
    }
}

/// What is to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: Timestamp,
    /// What, e.g. `Redeem external user invite`.
    pub activity: String,
    /// How it went.
    pub result: AuditResult,
    /// Who.
    pub actor_kind: ActorKind,
    /// Id of the actor.
    pub actor_id: Option<Uuid>,
    /// Kind of the target: `user`, `invitation`, `app`, …; empty without a target.
    pub target_kind: String,
    /// Id of the target.
    pub target_id: Option<Uuid>,
    /// The request that caused it.
    pub request_id: Option<Uuid>,
    /// The rest, a JSON object without secrets.
    pub details: String,
}

/// A record as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// 1, 2, 3, … per tenant.
    pub seq: i64,
    /// What was recorded.
    pub record: AuditRecord,
    /// Hash of the record before; zeros for the first.
    pub prev_hash: [u8; 32],
    /// HMAC-SHA-256 over `prev_hash` and this record.
    pub hash: [u8; 32],
}

/// The chain's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// Sequence of the last record; 0 where there is none.
    pub seq: i64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl AuditHead {
    /// Before the first record.
    pub const START: Self = Self {
        seq: 0,
        hash: [0; 32],
    };
}

/// Outcome of walking a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every record is there as it was written. Holds the end of the chain.
    Sound(AuditHead),
    /// The record at this sequence is missing, changed, or should not be there.
    Broken {
        /// The first wrong sequence.
        seq: i64,
    },
}

macro_rules! audit_columns {
    () => {
        "seq, at, activity, result, actor_kind, actor_id, target_kind, target_id, request_id, details, prev_hash, hash"
    };
}

statements! {
    Tenant AUDIT_HEAD = "SELECT seq, hash FROM audit_heads WHERE tenant_id = ?1";
    // Moves the head only from where it stood when the write began (decision record 0085).
    Tenant SET_AUDIT_HEAD = "INSERT INTO audit_heads (tenant_id, seq, hash) VALUES (?1, ?2, ?3) \
        ON CONFLICT (tenant_id) DO UPDATE SET seq = ?2, hash = ?3 WHERE audit_heads.seq = ?4";
    Tenant INSERT_AUDIT = concat!("INSERT INTO audit (tenant_id, ", audit_columns!(), ") \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
    Tenant AUDIT = concat!("SELECT ", audit_columns!(), " FROM audit \
        WHERE tenant_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3");
    Tenant LATEST_AUDIT = concat!("SELECT ", audit_columns!(), " FROM audit \
        WHERE tenant_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3");
    // One statement is one snapshot: a record committed in between cannot look like one too many.
    Tenant AUDIT_END = "SELECT COALESCE((SELECT MAX(seq) FROM audit WHERE tenant_id = ?1), 0), \
        COALESCE((SELECT seq FROM audit_heads WHERE tenant_id = ?1), 0), \
        (SELECT hash FROM audit_heads WHERE tenant_id = ?1)";
}

const READ_HEAD: Read<AuditHead> = |row| {
    Ok(AuditHead {
        seq: row.take()?,
        hash: row.take()?,
    })
};

const READ_END: Read<(i64, AuditHead)> = |row| {
    let (last, seq) = (row.take()?, row.take()?);
    let hash: Option<[u8; 32]> = row.take()?;
    Ok((
        last,
        AuditHead {
            seq,
            hash: hash.unwrap_or([0; 32]),
        },
    ))
};

fn read_audit(row: &mut Columns<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        seq: row.take()?,
        record: AuditRecord {
            at: row.take()?,
            activity: row.take()?,
            result: row.take()?,
            actor_kind: row.take()?,
            actor_id: row.take()?,
            target_kind: row.take()?,
            target_id: row.take()?,
            request_id: row.take()?,
            details: row.take()?,
        },
        prev_hash: row.take()?,
        hash: row.take()?,
    })
}

/// A key that a chain had before its present one.
#[derive(Clone, PartialEq, Eq)]
pub struct PastKey {
    /// The key.
    pub key: [u8; 32],
    /// Sequence of the last record under it.
    pub last: i64,
}

/// The key of the chain.
pub(crate) struct AuditKey {
    key: hmac::Key,
    name: String,
}

impl AuditKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let tag = hmac::sign(&key, b"vestibule audit key");
        let mut name = String::with_capacity(32);
        for byte in tag.as_ref().iter().take(16) {
            // Writing to a string does not fail.
            let _infallible = write!(name, "{byte:02x}");
        }
        Self { key, name }
    }

    /// The name of the key in the settings. It reveals nothing of the key.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Hash of a record at its place. Every field is preceded by its length, so that no two records
    /// have the same bytes (`"ab","c"` and `"a","bc"`); absent ids differ from empty ones by having
    /// no length at all but the mark 0xFF….
    fn hash(&self, tenant: TenantId, seq: i64, prev: &[u8; 32], record: &AuditRecord) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"vestibule audit 1");
        context.update(prev);
        let mut field = |bytes: Option<&[u8]>| {
            context.update(
                &bytes
                    .map_or(u64::MAX, |bytes| bytes.len() as u64)
                    .to_be_bytes(),
            );
            context.update(bytes.unwrap_or_default());
        };
        let number = |bind| match bind {
            crate::sql::value::Bind::Int(code) => code,
            _ => 0,
        };
        field(Some(tenant.0.as_bytes()));
        field(Some(&seq.to_be_bytes()));
        field(Some(&record.at.as_microsecond().to_be_bytes()));
        field(Some(record.activity.as_bytes()));
        field(Some(&number(record.result.into()).to_be_bytes()));
        field(Some(&number(record.actor_kind.into()).to_be_bytes()));
        field(record.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(Some(record.target_kind.as_bytes()));
        field(record.target_id.as_ref().map(|id| id.as_bytes().as_slice()));
        field(
            record
                .request_id
                .as_ref()
                .map(|id| id.as_bytes().as_slice()),
        );
        field(Some(record.details.as_bytes()));
        let mut out = [0; 32];
        let tag = context.sign();
        for (to, from) in out.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        out
    }
}

/// Chains a tenant's gathered records to the present head.
pub(crate) async fn flush(
    on: &mut Connection,
    key: &AuditKey,
    tenant: TenantId,
    records: &[AuditRecord],
) -> Result<(), StoreError> {
    let head = audit_head(on, tenant).await?;
    append_to_head(on, key, (tenant, head), records).await
}

/// Chains a tenant's gathered records, and moves the head once: from `head`, as it was read before
/// the first of the writes that these records are of. Where another process has written a record
/// of the tenant since, nothing is moved, and [`StoreError::Busy`] undoes the writes: what they
/// read and decided by may not hold any more. They are run again (decision record 0085).
pub(crate) async fn append_to_head(
    on: &mut Connection,
    key: &AuditKey,
    (tenant, head): (TenantId, AuditHead),
    records: &[AuditRecord],
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Ok(());
    }
    // The master key may have been changed since this process read it.
    let named = tenants::setting(on, resealing::AUDIT_KEY).await?;
    if named.is_some_and(|name| name != key.name) {
        return Err(StoreError::OtherKey);
    }
    let mut last = head;
    let mut chained = Vec::with_capacity(records.len());
    for record in records {
        let seq = last.seq + 1;
        let hash = key.hash(tenant, seq, &last.hash, record);
        chained.push((record, last.hash, seq, hash));
        last = AuditHead { seq, hash };
    }
    // First, so that it is this statement that meets another process's record.
    let binds = binds![tenant, last.seq, &last.hash, head.seq];
    if on.execute(&SET_AUDIT_HEAD, binds).await? == 0 {
        return Err(StoreError::Busy);
    }
    for (record, prev_hash, seq, hash) in chained {
        let binds = binds![
            tenant,
            seq,
            record.at,
            &record.activity,
            record.result,
            record.actor_kind,
            record.actor_id,
            &record.target_kind,
            record.target_id,
            record.request_id,
            &record.details,
            &prev_hash,
            &hash,
        ];
        on.execute(&INSERT_AUDIT, binds).await?;
    }
    Ok(())
}

pub(crate) async fn audit_head(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<AuditHead, StoreError> {
    Ok(on
        .row(&AUDIT_HEAD, binds![tenant], READ_HEAD)
        .await?
        .unwrap_or(AuditHead::START))
}

pub(crate) async fn audit(
    on: &mut Connection,
    tenant: TenantId,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    on.rows(&AUDIT, binds![tenant, after, limit], read_audit)
        .await
}

pub(crate) async fn latest_audit(
    on: &mut Connection,
    tenant: TenantId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    on.rows(
        &LATEST_AUDIT,
        binds![tenant, before.unwrap_or(i64::MAX), limit],
        read_audit,
    )
    .await
}

/// Records of one page of the walk: some 200 KB. Between two pages the snapshot is released, so
/// that it is never held for long.
const PAGE: u32 = 500;

/// Walks one page of a chain from `from` on. Answers how far it is sound, or the first wrong
/// sequence.
async fn verify_page(
    on: &mut Connection,
    keys: (&[(AuditKey, i64)], &AuditKey),
    tenant: TenantId,
    from: AuditHead,
) -> Result<Result<AuditHead, i64>, StoreError> {
    let mut at = from;
    for row in audit(on, tenant, from.seq, PAGE).await? {
        let seq = at.seq + 1;
        let (past, present) = keys;
        let of_then = past.iter().find(|(_, last)| seq <= *last);
        let key = of_then.map_or(present, |(key, _)| key);
        let sound = row.seq == seq
            && row.prev_hash == at.hash
            && row.hash == key.hash(tenant, seq, &at.hash, &row.record);
        if !sound {
            return Ok(Err(seq));
        }
        at = AuditHead {
            seq,
            hash: row.hash,
        };
    }
    Ok(Ok(at))
}

/// Walks the whole chain of a tenant, while others go on writing. The head says how far the chain
/// went, so that a cut tail shows. `past` are the keys it had before the present one, oldest first.
pub(crate) async fn verify(
    on: &mut Connection,
    (past, present): (&[PastKey], &AuditKey),
    tenant: TenantId,
) -> Result<AuditVerdict, StoreError> {
    let past: Vec<_> = past
        .iter()
        .map(|past| (AuditKey::new(&past.key), past.last))
        .collect();
    let keys = (past.as_slice(), present);
    let mut at = AuditHead::START;
    loop {
        let next = match verify_page(on, keys, tenant, at).await? {
            Ok(next) => next,
            Err(seq) => return Ok(AuditVerdict::Broken { seq }),
        };
        if next != at {
            at = next;
            continue;
        }
        let end = on.row(&AUDIT_END, binds![tenant], READ_END).await?;
        let (last, head) = end.unwrap_or((0, AuditHead::START));
        // Records came in since the last page: walk them too. Each such round gets further or finds
        // a fault.
        if last > at.seq && head.seq > at.seq {
            continue;
        }
        return Ok(if last == at.seq && head == at {
            AuditVerdict::Sound(at)
        } else if last == at.seq && head.seq == at.seq {
            AuditVerdict::Broken { seq: at.seq }
        } else {
            AuditVerdict::Broken {
                seq: at.seq.min(head.seq) + 1,
            }
        });
    }
}
