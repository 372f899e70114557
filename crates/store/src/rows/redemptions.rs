//! Redemptions: how far one browser session has come with one invitation. A row
//! appears with the first code.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read};
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId, Tx};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// One (session, invitation) pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedemptionRow {
    /// SHA-256 of the session id.
    pub session_hash: [u8; 32],
    /// The invitation.
    pub invitation_id: Uuid,
    /// MAC of the live code; `None` once used or void.
    pub code_mac: Option<[u8; 32]>,
    /// From here on the code is refused.
    pub code_expires_at: Option<Timestamp>,
    /// Wrong guesses at the current code.
    pub wrong: u32,
    /// Codes sent in this session for this invitation.
    pub codes_sent: u32,
    /// When the last one was asked for.
    pub last_code_at: Option<Timestamp>,
    /// When the mailbox was proven.
    pub proven_at: Option<Timestamp>,
    /// When this session accepted.
    pub accepted_at: Option<Timestamp>,
    /// First code.
    pub created_at: Timestamp,
    /// End of the session.
    pub expires_at: Timestamp,
}

/// A code to be set for a session.
#[derive(Debug, Clone, Copy)]
pub struct NewCode {
    /// SHA-256 of the session id.
    pub session: [u8; 32],
    /// The invitation.
    pub invitation: Uuid,
    /// MAC of the code.
    pub mac: [u8; 32],
    /// Now.
    pub now: Timestamp,
    /// End of the code's life.
    pub expires_at: Timestamp,
    /// End of the session, taken when the row is made.
    pub session_expires_at: Timestamp,
    /// Most codes per session (T-17).
    pub max_codes: u32,
    /// Least time between two of them (T-17).
    pub min_gap: SignedDuration,
}

/// A typed code.
#[derive(Debug, Clone, Copy)]
pub struct Guess {
    /// SHA-256 of the session id.
    pub session: [u8; 32],
    /// The invitation.
    pub invitation: Uuid,
    /// MAC of what was typed.
    pub mac: [u8; 32],
    /// Now.
    pub now: Timestamp,
    /// Wrong guesses that void a code (T-8).
    pub max_wrong: u32,
}

/// The outcome of a typed code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessed {
    /// It was the code. It is used up, and the mailbox is proven.
    Right,
    /// It was not the code. Holds the number of wrong guesses at this code.
    Wrong(u32),
    /// Not compared: there is no live code here, or it is expired or void. Read the row to tell
    /// which.
    NotCompared,
}

macro_rules! redemption_columns {
    () => {
        "session_hash, invitation_id, code_mac, code_expires_at, wrong, codes_sent, last_code_at, proven_at, accepted_at, \
         created_at, expires_at"
    };
}

statements! {
    Tenant REDEMPTION = concat!("SELECT ", redemption_columns!(), " FROM redemptions \
        WHERE tenant_id = ?1 AND session_hash = ?2 AND invitation_id = ?3");
    Tenant ISSUE_CODE = "INSERT INTO redemptions (tenant_id, session_hash, invitation_id, code_mac, code_expires_at, \
        wrong, codes_sent, last_code_at, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, 1, ?6, ?6, ?7) \
        ON CONFLICT (tenant_id, session_hash, invitation_id) DO UPDATE SET code_mac = ?4, code_expires_at = ?5, wrong = 0, \
        codes_sent = redemptions.codes_sent + 1, last_code_at = ?6 \
        WHERE redemptions.codes_sent < ?8 AND redemptions.last_code_at <= ?9 AND redemptions.expires_at > ?6";
    // One statement compares the code and counts the guess, so that of two hundred parallel guesses
    // at most five are compared (T-8 to T-11). A MAC is compared, so the time it takes says nothing
    // about the code.
    Tenant GUESS_CODE = "UPDATE redemptions SET \
        wrong = wrong + CASE WHEN code_mac = ?4 THEN 0 ELSE 1 END, \
        proven_at = CASE WHEN code_mac = ?4 THEN ?5 ELSE proven_at END, \
        code_mac = CASE WHEN code_mac = ?4 THEN NULL ELSE code_mac END \
        WHERE tenant_id = ?1 AND session_hash = ?2 AND invitation_id = ?3 AND code_mac IS NOT NULL \
        AND wrong < ?6 AND code_expires_at > ?5 AND expires_at > ?5 RETURNING wrong, code_mac";
    Tenant ROTATE_SESSION = "UPDATE redemptions SET session_hash = ?3 \
        WHERE tenant_id = ?1 AND session_hash = ?2 AND invitation_id = ?4";
    Tenant FORGET_REDEMPTION = "DELETE FROM redemptions \
        WHERE tenant_id = ?1 AND session_hash = ?2 AND invitation_id = ?3 AND expires_at <= ?4";
    Tenant PRUNE_REDEMPTIONS = "DELETE FROM redemptions WHERE tenant_id = ?1 AND expires_at <= ?2";
}

fn read_redemption(row: &mut Columns<'_>) -> Result<RedemptionRow, StoreError> {
    Ok(RedemptionRow {
        session_hash: row.take()?,
        invitation_id: row.take()?,
        code_mac: row.take()?,
        code_expires_at: row.take()?,
        wrong: row.take()?,
        codes_sent: row.take()?,
        last_code_at: row.take()?,
        proven_at: row.take()?,
        accepted_at: row.take()?,
        created_at: row.take()?,
        expires_at: row.take()?,
    })
}

const READ_GUESS: Read<(u32, Option<[u8; 32]>)> = |row| Ok((row.take()?, row.take()?));

pub(crate) async fn redemption(
    on: &mut Connection,
    tenant: TenantId,
    session: &[u8; 32],
    invitation: Uuid,
) -> Result<Option<RedemptionRow>, StoreError> {
    on.row(
        &REDEMPTION,
        binds![tenant, session, invitation],
        read_redemption,
    )
    .await
}

impl Tx {
    /// Sets a fresh code for the session; it replaces the one before. `false`, and nothing changed,
    /// when the session has had its number of codes, asked too soon, or is over (T-17).
    pub async fn issue_code(&mut self, code: &NewCode) -> Result<bool, StoreError> {
        // An instant before the year -9999 is no instant; then nothing is old enough.
        let latest = code.now.checked_sub(code.min_gap).unwrap_or(Timestamp::MIN);
        let binds = binds![
            self.tenant(),
            &code.session,
            code.invitation,
            &code.mac,
            code.expires_at,
            code.now,
            code.session_expires_at,
            code.max_codes,
            latest,
        ];
        Ok(self.connection().execute(&ISSUE_CODE, binds).await? == 1)
    }

    /// Compares a typed code and counts the guess, in one statement. Return `Ok` from the write
    /// whatever comes out: an error would roll the count back.
    pub async fn guess_code(&mut self, guess: &Guess) -> Result<Guessed, StoreError> {
        let binds = binds![
            self.tenant(),
            &guess.session,
            guess.invitation,
            &guess.mac,
            guess.now,
            guess.max_wrong
        ];
        Ok(
            match self
                .connection()
                .row(&GUESS_CODE, binds, READ_GUESS)
                .await?
            {
                None => Guessed::NotCompared,
                Some((_, None)) => Guessed::Right,
                Some((wrong, Some(_))) => Guessed::Wrong(wrong),
            },
        )
    }

    /// Gives a session a new id when it gains a right, so that an id planted before is worth
    /// nothing (T-24). Its progress with that invitation goes along; with other invitations it
    /// stays under the old id, where their pages look for it. How many rows moved.
    pub async fn rotate_session(
        &mut self,
        old: &[u8; 32],
        invitation: Uuid,
        new: &[u8; 32],
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&ROTATE_SESSION, binds![tenant, old, new, invitation])
            .await
    }

    /// Deletes the progress of a session with an invitation, if the session is over; it may begin
    /// anew then.
    pub async fn forget_redemption(
        &mut self,
        session: &[u8; 32],
        invitation: Uuid,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&FORGET_REDEMPTION, binds![tenant, session, invitation, now])
            .await?
            == 1)
    }

    /// Deletes all sessions that are over. Reads every row of the tenant: for housekeeping, not for
    /// a request.
    pub async fn prune_redemptions(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&PRUNE_REDEMPTIONS, binds![tenant, now])
            .await
    }
}
