//! Turns the time by which links and codes end back to the clock, after a clock that once ran far
//! ahead.
//!
//! Two kinds of rows are left of that. What was made before and outlived its time by the wrong
//! clock must not live again: it is ended. What was made since bears instants of the future: it is
//! moved back by as much as the time is, so that what was made later stays later, and lives as long
//! as it would have.

use crate::rows::tenants;
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, Tx};
use jiff::{SignedDuration, Timestamp};

/// How much was ended or moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TurnedBack {
    /// Invitations whose link had ended by the time that is turned back, and stays ended.
    pub ended: u64,
    /// Invitations made since the clock was wrong, whose instants were moved.
    pub moved: u64,
    /// Letters that wait and have outlived their time.
    pub letters: u64,
    /// Steps of guests on their way: they open their link again.
    pub sessions: u64,
    /// Events that quotas counted in the time that is turned back.
    pub events: u64,
}

statements! {
    Tenant END_OUTLIVED = "UPDATE invitations SET ended_at = ?2 WHERE tenant_id = ?1 AND accepted_at IS NULL \
        AND ended_at IS NULL AND created_at <= ?2 AND expires_at <= ?3";
    Tenant END_LETTERS = "UPDATE outbox SET expires_at = ?2, next_at = ?2 \
        WHERE tenant_id = ?1 AND state = 1 AND created_at <= ?2 AND expires_at <= ?3";
    // A letter that failed meanwhile is to be tried at an instant of the wrong clock.
    Tenant TRY_NOW = "UPDATE outbox SET next_at = ?2 \
        WHERE tenant_id = ?1 AND state = 1 AND created_at <= ?2 AND next_at > ?2";
    Tenant MOVE_INVITATIONS = "UPDATE invitations SET created_at = created_at - ?3, expires_at = expires_at - ?3 \
        WHERE tenant_id = ?1 AND created_at > ?2";
    Tenant MOVE_ENDS = "UPDATE invitations SET ended_at = ended_at - ?3 WHERE tenant_id = ?1 AND ended_at > ?2";
    Tenant MOVE_ACCEPTANCES = "UPDATE invitations SET accepted_at = accepted_at - ?3 \
        WHERE tenant_id = ?1 AND accepted_at > ?2";
    Tenant MOVE_DECLINES = "UPDATE invitations SET declined_at = declined_at - ?3 \
        WHERE tenant_id = ?1 AND declined_at > ?2";
    Tenant MOVE_LETTERS = "UPDATE outbox SET created_at = created_at - ?3, next_at = next_at - ?3, \
        expires_at = expires_at - ?3 WHERE tenant_id = ?1 AND created_at > ?2";
    Tenant MOVE_SENT = "UPDATE outbox SET sent_at = sent_at - ?3 WHERE tenant_id = ?1 AND sent_at > ?2";
    Tenant MOVE_ANSWERS = "UPDATE idempotency SET at = at - ?3 WHERE tenant_id = ?1 AND at > ?2";
    Tenant MOVE_BLOCKED = "UPDATE blocked SET at = at - ?3 WHERE tenant_id = ?1 AND at > ?2";
    Tenant FORGET_SESSIONS = "DELETE FROM redemptions WHERE tenant_id = ?1";
    // Two events of one key at one instant are one row, so that these cannot be moved.
    Tenant FORGET_EVENTS = "DELETE FROM attempts WHERE tenant_id = ?1 AND at > ?2";
}

impl Tx {
    /// Moves the instants of links, codes and letters after `now` back by the difference. Call it
    /// in [`crate::Store::write_instance`].
    pub async fn turn_back(
        &mut self,
        now: Timestamp,
        highest: Timestamp,
    ) -> Result<TurnedBack, StoreError> {
        let by: SignedDuration = highest.duration_since(now);
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        let on = self.connection();
        let mut done = TurnedBack::default();
        for tenant in tenants::tenants(on).await?.into_iter().map(|row| row.id) {
            done.ended += on
                .execute(&END_OUTLIVED, binds![tenant, now, highest])
                .await?;
            done.letters += on
                .execute(&END_LETTERS, binds![tenant, now, highest])
                .await?;
            on.execute(&TRY_NOW, binds![tenant, now]).await?;
            done.moved += on
                .execute(&MOVE_INVITATIONS, binds![tenant, now, by])
                .await?;
            for statement in [
                &MOVE_ENDS,
                &MOVE_ACCEPTANCES,
                &MOVE_DECLINES,
                &MOVE_LETTERS,
                &MOVE_SENT,
                &MOVE_ANSWERS,
                &MOVE_BLOCKED,
            ] {
                on.execute(statement, binds![tenant, now, by]).await?;
            }
            done.sessions += on.execute(&FORGET_SESSIONS, binds![tenant]).await?;
            done.events += on.execute(&FORGET_EVENTS, binds![tenant, now]).await?;
        }
        Ok(done)
    }
}
