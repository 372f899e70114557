//! The outbox: letters written in the transaction that caused them, handed over later by a worker
//! that survives restarts.
//!
//! A claim is a lease: it moves `next_at` to the lease's end, so that a letter whose worker died is
//! due again by itself. `attempts` numbers the claims; a worker whose lease ran out cannot report a
//! failure of a letter that another one has claimed.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, only};
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{InvitationStatus, StoreError, TenantId, Tx};
use jiff::Timestamp;
use uuid::Uuid;

codes! {
    /// What a letter is. Only [`LetterKind::Invitation`] moves the invitation's status.
    pub enum LetterKind {
        /// The invitation, to the stored address.
        Invitation = 1,
        /// Its copy without the link.
        InvitationCopy = 2,
        /// A one-time code.
        Code = 3,
        /// About somebody who joins: to them, or to an approver.
        Membership = 4,
    }
}

codes! {
    /// Where a letter stands.
    pub enum LetterState {
        /// To be handed over, now or at `next_at`.
        Waiting = 1,
        /// Handed over.
        Sent = 2,
        /// Given up.
        Failed = 3,
        /// Not wanted any more: expired, revoked or refused by its recipient.
        Dropped = 4,
    }
}

/// One letter, one envelope, one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterRow {
    /// Letter id, the same for every delivery.
    pub id: Uuid,
    /// What it is.
    pub kind: LetterKind,
    /// Where it stands.
    pub state: LetterState,
    /// The invitation it belongs to.
    pub invitation_id: Option<Uuid>,
    /// The one RCPT.
    pub recipient: String,
    /// Canonical key of the recipient.
    pub recipient_key: String,
    /// For a copy: the letter it is a copy of.
    pub copy_of: Option<Uuid>,
    /// What the letter says, sealed; `None` once erased.
    pub sealed: Option<Vec<u8>>,
    /// Message-ID, the same for every delivery.
    pub message_id: String,
    /// Claims so far.
    pub attempts: u32,
    /// Due from here on; while claimed, the end of the lease.
    pub next_at: Timestamp,
    /// From here on it is not handed over any more.
    pub expires_at: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
    /// What the mail server said last.
    pub last_error: Option<String>,
}

/// What happens to the sealed part when a letter is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Erased (serve).
    Erase,
    /// Kept (dev shows its mails).
    Keep,
}

impl Sealed {
    fn erase(self) -> bool {
        self == Self::Erase
    }
}

/// Which letters to list, newest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Letters<'a> {
    /// Only those to this address key.
    pub recipient_key: Option<&'a str>,
    /// Only those written before this instant.
    pub before: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

macro_rules! letter_columns {
    () => {
        "id, kind, state, invitation_id, recipient, recipient_key, copy_of, sealed, message_id, attempts, next_at, \
         expires_at, created_at, sent_at, last_error"
    };
}

statements! {
    Tenant LETTER = concat!("SELECT ", letter_columns!(), " FROM outbox WHERE tenant_id = ?1 AND id = ?2");
    Tenant LETTERS = concat!("SELECT ", letter_columns!(), " FROM outbox \
        WHERE tenant_id = ?1 AND created_at < ?2 ORDER BY created_at DESC, id LIMIT ?3");
    Tenant LETTERS_TO = concat!("SELECT ", letter_columns!(), " FROM outbox \
        WHERE tenant_id = ?1 AND created_at < ?2 AND recipient_key = ?4 ORDER BY created_at DESC, id LIMIT ?3");
    Tenant ENQUEUE = "INSERT INTO outbox (tenant_id, id, kind, state, invitation_id, recipient, recipient_key, copy_of, \
        sealed, message_id, attempts, next_at, expires_at, created_at, sent_at, last_error) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT DO NOTHING";
    // The letter's own row says once more that it is due. Two workers may choose the same letters;
    // the second one waits for the first one's rows, and finds them leased (decision record 0085).
    // Adding 0 keeps planners from looking these up by the index of what is due.
    Tenant CLAIM = concat!("UPDATE outbox SET attempts = attempts + 1, next_at = ?3 WHERE tenant_id = ?1 AND id IN \
        (SELECT o.id FROM outbox o WHERE o.tenant_id = ?1 AND o.state = 1 AND o.next_at <= ?2 AND o.expires_at > ?2 \
        ORDER BY o.next_at LIMIT ?4) AND state + 0 = 1 AND next_at + 0 <= ?2 RETURNING ", letter_columns!());
    Tenant RESUME = "UPDATE outbox SET next_at = ?2 WHERE tenant_id = ?1 AND state = 1 AND next_at > ?2";
    Tenant SENT = "UPDATE outbox SET state = 2, sent_at = ?3, last_error = NULL, \
        sealed = CASE WHEN ?4 = 1 THEN NULL ELSE sealed END \
        WHERE tenant_id = ?1 AND id = ?2 AND state = 1 RETURNING kind, invitation_id";
    Tenant RETRY = "UPDATE outbox SET next_at = ?4, last_error = ?5 \
        WHERE tenant_id = ?1 AND id = ?2 AND state = 1 AND attempts = ?3";
    Tenant FAILED = "UPDATE outbox SET state = 3, last_error = ?4, sealed = CASE WHEN ?5 = 1 THEN NULL ELSE sealed END \
        WHERE tenant_id = ?1 AND id = ?2 AND state = 1 AND attempts = ?3 RETURNING kind, invitation_id";
    // A code that is too late is useless; an invitation that could not be delivered is a failure to
    // report.
    Tenant EXPIRE = "UPDATE outbox SET state = CASE WHEN kind = 1 THEN 3 ELSE 4 END, \
        sealed = CASE WHEN ?4 = 1 THEN NULL ELSE sealed END \
        WHERE tenant_id = ?1 AND id IN (SELECT o.id FROM outbox o WHERE o.tenant_id = ?1 AND o.state = 1 \
        AND o.expires_at <= ?2 AND o.next_at <= ?2 LIMIT ?3) AND state + 0 = 1 AND next_at + 0 <= ?2 \
        RETURNING kind, invitation_id";
    // `next_at > 0` is true of every letter; it leads planners to the index of what waits.
    Tenant DROP_OF_INVITATION = "UPDATE outbox SET state = 4, sealed = CASE WHEN ?3 = 1 THEN NULL ELSE sealed END \
        WHERE tenant_id = ?1 AND state = 1 AND next_at > 0 AND invitation_id = ?2";
    Tenant DROP_TO = "UPDATE outbox SET state = 4, sealed = CASE WHEN ?3 = 1 THEN NULL ELSE sealed END \
        WHERE tenant_id = ?1 AND state = 1 AND next_at > 0 AND recipient_key = ?2 RETURNING kind, invitation_id";
    Tenant DELIVERY = "UPDATE invitations SET status = ?3, status_key = ?4 \
        WHERE tenant_id = ?1 AND id = ?2 AND status = 1";
    Tenant PRUNE_LETTERS = "DELETE FROM outbox WHERE tenant_id = ?1 AND created_at <= ?2 AND state <> 1";
    Instance DUE_TENANTS = "SELECT id FROM (SELECT DISTINCT tenant_id FROM outbox WHERE state = 1 AND next_at <= ?1 \
        LIMIT ?2) due JOIN tenant_numbers ON tenant_numbers.tenant_id = due.tenant_id";
    Instance WAITING_LETTERS = "SELECT COUNT(*) FROM outbox WHERE state = 1";
}

fn read_letter(row: &mut Columns<'_>) -> Result<LetterRow, StoreError> {
    Ok(LetterRow {
        id: row.take()?,
        kind: row.take()?,
        state: row.take()?,
        invitation_id: row.take()?,
        recipient: row.take()?,
        recipient_key: row.take()?,
        copy_of: row.take()?,
        sealed: row.take()?,
        message_id: row.take()?,
        attempts: row.take()?,
        next_at: row.take()?,
        expires_at: row.take()?,
        created_at: row.take()?,
        sent_at: row.take()?,
        last_error: row.take()?,
    })
}

type Settled = (LetterKind, Option<Uuid>);

fn read_settled(row: &mut Columns<'_>) -> Result<Settled, StoreError> {
    Ok((row.take()?, row.take()?))
}

pub(crate) async fn letter(
    on: &mut Connection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<LetterRow>, StoreError> {
    on.row(&LETTER, binds![tenant, id], read_letter).await
}

pub(crate) async fn letters(
    on: &mut Connection,
    tenant: TenantId,
    which: Letters<'_>,
) -> Result<Vec<LetterRow>, StoreError> {
    let before = which.before.unwrap_or(Timestamp::MAX);
    match which.recipient_key {
        Some(key) => {
            on.rows(
                &LETTERS_TO,
                binds![tenant, before, which.limit, key],
                read_letter,
            )
            .await
        }
        None => {
            on.rows(&LETTERS, binds![tenant, before, which.limit], read_letter)
                .await
        }
    }
}

pub(crate) async fn due_tenants(
    on: &mut Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<TenantId>, StoreError> {
    on.rows(&DUE_TENANTS, binds![now, limit], only).await
}

pub(crate) async fn waiting_letters(on: &mut Connection) -> Result<u64, StoreError> {
    let count: Option<i64> = on.row(&WAITING_LETTERS, binds![], only).await?;
    Ok(count.unwrap_or(0).unsigned_abs())
}

impl Tx {
    /// Puts a letter into the outbox, in the transaction that caused it.
    pub async fn enqueue_letter(&mut self, row: &LetterRow) -> Result<(), StoreError> {
        let binds = binds![
            self.tenant(),
            row.id,
            row.kind,
            row.state,
            row.invitation_id,
            &row.recipient,
            &row.recipient_key,
            row.copy_of,
            row.sealed.as_ref(),
            &row.message_id,
            row.attempts,
            row.next_at,
            row.expires_at,
            row.created_at,
            row.sent_at,
            row.last_error.as_ref(),
        ];
        match self.connection().execute(&ENQUEUE, binds).await? {
            1 => Ok(()),
            _ => Err(crate::Conflict::Id.into()),
        }
    }

    /// Leases up to `limit` due letters until `lease_until`; each comes back with its claim counted
    /// in `attempts`.
    pub async fn claim_letters(
        &mut self,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<LetterRow>, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .rows(&CLAIM, binds![tenant, now, lease_until, limit], read_letter)
            .await
    }

    /// Makes every waiting letter due now: leases of a worker that died, and pauses between
    /// attempts. Only for the one server of the database, before its worker starts. How many there
    /// were.
    pub async fn resume_letters(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&RESUME, binds![tenant, now])
            .await
    }

    /// The letter was handed over; its invitation becomes Completed in the same write. `false` when
    /// it was settled before. No lease is needed: the mail has left, whichever worker reports it.
    pub async fn letter_sent(
        &mut self,
        id: Uuid,
        now: Timestamp,
        sealed: Sealed,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        let settled = self
            .connection()
            .row(&SENT, binds![tenant, id, now, sealed.erase()], read_settled)
            .await?;
        self.settle(settled, InvitationStatus::Completed)
            .await
            .map(|count| count == 1)
    }

    /// The letter is to be tried again at `next_at`. `false` when it is settled or another worker
    /// claimed it since `attempt`.
    pub async fn retry_letter(
        &mut self,
        id: Uuid,
        attempt: u32,
        next_at: Timestamp,
        error: &str,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&RETRY, binds![tenant, id, attempt, next_at, error])
            .await?
            == 1)
    }

    /// The letter failed for good; its invitation becomes Error in the same write. `false` as in
    /// [`Tx::retry_letter`].
    pub async fn letter_failed(
        &mut self,
        id: Uuid,
        attempt: u32,
        error: &str,
        sealed: Sealed,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        let binds = binds![tenant, id, attempt, error, sealed.erase()];
        let settled = self.connection().row(&FAILED, binds, read_settled).await?;
        self.settle(settled, InvitationStatus::Error)
            .await
            .map(|count| count == 1)
    }

    /// Settles up to `limit` letters that outlived their time and are not leased: codes and copies
    /// are dropped, invitations have failed, and theirs becomes Error. How many there were.
    pub async fn expire_letters(
        &mut self,
        now: Timestamp,
        limit: u32,
        sealed: Sealed,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        let settled = self
            .connection()
            .rows(
                &EXPIRE,
                binds![tenant, now, limit, sealed.erase()],
                read_settled,
            )
            .await?;
        self.settle(settled, InvitationStatus::Error).await
    }

    /// Drops the waiting letters of an invitation (revoked); its status stays the caller's
    /// business. How many there were.
    pub async fn drop_letters_of(
        &mut self,
        invitation: Uuid,
        sealed: Sealed,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(
                &DROP_OF_INVITATION,
                binds![tenant, invitation, sealed.erase()],
            )
            .await
    }

    /// Drops the waiting letters to an address ("never again"); their invitations become Error. How
    /// many there were.
    pub async fn drop_letters_to(
        &mut self,
        recipient_key: &str,
        sealed: Sealed,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        let binds = binds![tenant, recipient_key, sealed.erase()];
        let settled = self
            .connection()
            .rows(&DROP_TO, binds, read_settled)
            .await?;
        self.settle(settled, InvitationStatus::Error).await
    }

    /// Deletes settled letters written up to `before`; how many.
    pub async fn prune_letters(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&PRUNE_LETTERS, binds![tenant, before])
            .await
    }

    async fn settle(
        &mut self,
        letters: impl IntoIterator<Item = Settled> + Send,
        status: InvitationStatus,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        let letters: Vec<Settled> = letters.into_iter().collect();
        for (kind, invitation) in &letters {
            if let (LetterKind::Invitation, Some(invitation)) = (*kind, *invitation) {
                self.connection()
                    .execute(&DELIVERY, binds![tenant, invitation, status, &status.key()])
                    .await?;
            }
        }
        Ok(letters.len() as u64)
    }
}
