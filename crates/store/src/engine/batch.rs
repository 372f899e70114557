//! Group commit: many writes, one transaction, one flush of the disk.

use crate::engine::connection::lost;
use crate::engine::job::{Job, Ran};
use crate::engine::writer::Counters;
use crate::rows::audit::{self, AuditHead, AuditKey};
use crate::rows::{changes, user_counts};
use crate::tx::Deferred;
use crate::{StoreError, TenantId, Tx};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

/// The transaction around a batch, as an engine with a writer thread does it. It tells the
/// connection where the transaction begins and how it ends, since a write's statements run in it or
/// not at all ([`Connection::begun`]). When a part is undone, the connection forgets the numbers it
/// read ([`Connection::forget_numbers`]). None of this goes through the connection's own
/// statements, which are refused after a fault.
///
/// [`Connection::begun`]: crate::engine::connection::Connection::begun
/// [`Connection::forget_numbers`]: crate::engine::connection::Connection::forget_numbers
pub(crate) trait Transaction {
    /// How long the next transaction may wait for another process to let go of the database.
    async fn wait_at_most(&mut self, wait: Duration) -> Result<(), StoreError>;
    async fn begin(&mut self) -> Result<(), StoreError>;
    async fn savepoint(&mut self) -> Result<(), StoreError>;
    async fn keep(&mut self) -> Result<(), StoreError>;
    async fn undo(&mut self) -> Result<(), StoreError>;
    async fn commit(&mut self) -> Result<(), StoreError>;
    /// Ends whatever is left of the transaction, if anything is.
    async fn rollback(&mut self);
    /// Rows changed on this connection so far.
    fn changed_rows(&mut self) -> u64;
    /// Whether the engine gave the transaction up by itself.
    fn is_lost(&mut self) -> bool;
}

/// Why a round failed as a whole. None of its callers was answered.
enum Lost {
    /// The write lock could not be taken. Trying again at once would wait for it once for each
    /// write.
    NotBegun(StoreError),
    /// The transaction broke under the jobs.
    Broken(StoreError),
}

/// Runs the jobs and answers all of them.
///
/// If the transaction breaks, no caller is answered yet, and each job runs once more in a
/// transaction of its own, so that the cause fails alone. Returns what broke it, if anything did.
pub(crate) async fn run(
    tx: &mut Tx,
    key: &AuditKey,
    jobs: Vec<Box<dyn Job>>,
    counters: &Counters,
) -> Option<StoreError> {
    counters.round(jobs.len());
    let mut jobs = jobs;
    let mut broke = None;
    let mut refusal = match round(tx, key, &mut jobs, counters).await {
        Ok(()) => {
            for job in jobs {
                job.answer();
            }
            return None;
        }
        Err(Lost::NotBegun(error)) => Some(error),
        Err(Lost::Broken(error)) => {
            tracing::warn!(%error, jobs = jobs.len(), "a batch was lost and is run again one by one");
            counters.rerun();
            broke = Some(error);
            None
        }
    };
    for mut job in jobs {
        if refusal.is_none() {
            match round(tx, key, std::slice::from_mut(&mut job), counters).await {
                Ok(()) => {}
                Err(Lost::Broken(error)) => job.fail(error),
                Err(Lost::NotBegun(error)) => refusal = Some(error),
            }
        }
        if let Some(error) = &refusal {
            job.fail(error.clone());
        }
        job.answer();
    }
    broke.or(refusal)
}

/// One transaction with all of `jobs` in it. On `Ok` it is durable, or there was nothing to keep.
async fn round(
    tx: &mut Tx,
    key: &AuditKey,
    jobs: &mut [Box<dyn Job>],
    counters: &Counters,
) -> Result<(), Lost> {
    tx.begin().await.map_err(|error| {
        counters.hurt(&error);
        Lost::NotBegun(error)
    })?;
    let before = tx.changed_rows();
    let done = steps(tx, key, jobs, counters).await;
    // Nothing was written, so there is nothing to flush.
    let nothing = tx.changed_rows() == before;
    match done {
        Ok(kept) if kept == 0 || nothing => {
            tx.rollback().await;
            Ok(())
        }
        Ok(_) => match tx.commit().await {
            Ok(()) => {
                counters.commit();
                Ok(())
            }
            Err(error) => {
                counters.hurt(&error);
                tx.rollback().await;
                Err(Lost::Broken(error))
            }
        },
        Err(error) => {
            counters.hurt(&error);
            tx.rollback().await;
            Err(Lost::Broken(error))
        }
    }
}

/// Whether a job has left something to write for a tenant that does not exist. It would fail at the
/// end of the batch and break the batch.
async fn is_of_no_tenant(tx: &mut Tx) -> Result<bool, StoreError> {
    if tx.left.is_empty() {
        return Ok(false);
    }
    let tenant = tx.tenant();
    let number = tx.connection().number(tenant).await?;
    Ok(number.is_none())
}

/// Everything between BEGIN and COMMIT; how many jobs are to be kept.
async fn steps(
    tx: &mut Tx,
    key: &AuditKey,
    jobs: &mut [Box<dyn Job>],
    counters: &Counters,
) -> Result<usize, StoreError> {
    let mut left = BTreeMap::<TenantId, Deferred>::new();
    // Where each tenant's trail ended before the first of its writes read anything.
    let mut heads = BTreeMap::<TenantId, AuditHead>::new();
    let mut kept = 0;
    for job in jobs {
        if let Entry::Vacant(head) = heads.entry(job.tenant()) {
            head.insert(audit::audit_head(tx.connection(), job.tenant()).await?);
        }
        tx.savepoint().await?;
        tx.bind(job.tenant());
        let mut ran = job.run(tx).await;
        if ran == Ran::Done && !tx.connection().is_faulty() && is_of_no_tenant(tx).await? {
            job.fail(StoreError::Driver("a write for no tenant".into()));
            ran = Ran::Refused;
        }
        let fault = tx.connection().take_fault();
        if tx.is_lost() {
            return Err(fault.unwrap_or_else(lost));
        }
        match (ran, fault) {
            (Ran::Done, None) => {
                tx.keep().await?;
                kept += 1;
                left.entry(job.tenant()).or_default().append(&mut tx.left);
            }
            (Ran::Refused, None) => tx.undo().await?,
            (_, Some(fault)) => {
                tracing::warn!(error = %fault, "a write failed");
                // Damage was told by the connection that met it. A row that cannot be read for
                // another reason says nothing of other writes: it must not make the server unready
                // for as long as somebody asks for it.
                if !matches!(fault, StoreError::Corrupt(_)) {
                    counters.hurt(&fault);
                }
                job.fail(fault);
                tx.undo().await?;
            }
        }
    }
    for (tenant, left) in left {
        let head = heads.get(&tenant).copied().unwrap_or(AuditHead::START);
        audit::append_to_head(tx.connection(), key, (tenant, head), &left.audit).await?;
        user_counts::flush(tx.connection(), tenant, left.users).await?;
        changes::flush(tx.connection(), tenant, &left.changes).await?;
    }
    Ok(kept)
}
