//! Housekeeping: deletes rows that no rule needs any more.

use jiff::{SignedDuration, Timestamp};
use store::TenantId;

use crate::directory::Directory;
use crate::invitations::ANSWER_LIFE;
use crate::quota;
use crate::refusal::Refusal;

/// How long settled letters stay, to answer questions about a mail: as long as an invitation can be
/// accepted.
const LETTERS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long changes are known: a client that follows users may stay away for so long.
pub(crate) const CHANGES: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often the end of the changes is marked; changes are kept for up to this much longer.
const MARKS: SignedDuration = SignedDuration::from_hours(24);

/// Changes deleted in one write: it takes some 20 ms, for which other writes wait.
const CHANGES_AT_ONCE: u32 = 5_000;

/// How many rows of each kind went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Events of the sliding windows.
    pub attempts: u64,
    /// Redemption sessions that are over.
    pub redemptions: u64,
    /// Stored answers older than 24 hours.
    pub answers: u64,
    /// Settled letters older than 30 days.
    pub letters: u64,
    /// Changes older than 30 days.
    pub changes: u64,
    /// Users deleted 30 days ago or more.
    pub users: u64,
}

impl Directory {
    /// Deletes what is over in one tenant. No rule depends on it (T-3): it only keeps the tables
    /// small.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn prune(&self, tenant: TenantId) -> Result<Pruned, Refusal> {
        let (now, life) = (self.now(), self.expiry_now());
        let ago = |from: Timestamp, span| from.checked_sub(span).unwrap_or(Timestamp::MIN);
        let before = move |span: SignedDuration| ago(now, span);
        let mut pruned = self
            .store()
            .write::<_, _, Refusal, _>(tenant, (), move |tx, ()| {
                Box::pin(async move {
                    tx.mark_changes(now, before(MARKS)).await?;
                    Ok(Pruned {
                        attempts: quota::prune(tx, life).await?,
                        redemptions: tx.prune_redemptions(life).await?,
                        answers: tx.prune_answers(ago(life, ANSWER_LIFE)).await?,
                        letters: tx.prune_letters(ago(life, LETTERS)).await?,
                        changes: 0,
                        users: 0,
                    })
                })
            })
            .await?;
        pruned.users = self.purge_old(tenant).await?;
        loop {
            let gone: u64 = self
                .store()
                .write::<_, _, Refusal, _>(tenant, (), move |tx, ()| {
                    Box::pin(async move {
                        Ok(tx.prune_changes(before(CHANGES), CHANGES_AT_ONCE).await?)
                    })
                })
                .await?;
            if gone == 0 {
                return Ok(pruned);
            }
            pruned.changes += gone;
        }
    }
}
