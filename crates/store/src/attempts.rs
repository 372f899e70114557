//! Sliding windows: events counted since an instant, across sessions, addresses of the net and restarts (threats B16, B20),
//! and the list of those who said "never again".

use crate::session::Session;
use crate::sql::statements;
use crate::value::{Read, binds, codes, only};
use crate::{StoreError, TenantId, Tx};
use jiff::Timestamp;

codes! {
    /// What is counted, and what the key is.
    pub enum AttemptKind {
        /// Wrong codes; key is the address key.
        WrongCode = 1,
        /// Codes sent; key is the address key.
        CodeSent = 2,
        /// Invitations to an address; key is the address key.
        InvitationToAddress = 3,
        /// Invitations of the whole tenant; key is empty.
        InvitationOfTenant = 4,
        /// Invitations by one app or person; key is its id.
        InvitationByActor = 5,
    }
}

/// The events of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many.
    pub count: u64,
    /// The first one; with the window's length it says when there is room again.
    pub oldest: Option<Timestamp>,
}

statements! {
    Tenant WINDOW = "SELECT COALESCE(SUM(events), 0), MIN(at) FROM attempts \
        WHERE tenant_id = ?1 AND kind = ?2 AND key = ?3 AND at > ?4";
    Tenant RECORD = "INSERT INTO attempts (tenant_id, kind, key, at, events) VALUES (?1, ?2, ?3, ?4, 1) \
        ON CONFLICT (tenant_id, kind, key, at) DO UPDATE SET events = attempts.events + 1";
    Tenant PRUNE_ATTEMPTS = "DELETE FROM attempts WHERE tenant_id = ?1 AND kind = ?2 AND at <= ?3";
    Tenant BLOCKED_AT = "SELECT at FROM blocked WHERE tenant_id = ?1 AND address_key = ?2";
    Tenant BLOCK = "INSERT INTO blocked (tenant_id, address_key, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    Tenant UNBLOCK = "DELETE FROM blocked WHERE tenant_id = ?1 AND address_key = ?2";
}

const READ_WINDOW: Read<Window> = |row| {
    let count: i64 = row.take()?;
    Ok(Window {
        count: count.unsigned_abs(),
        oldest: row.take()?,
    })
};

pub(crate) async fn attempts(
    on: &mut Session,
    tenant: TenantId,
    kind: AttemptKind,
    key: &str,
    since: Timestamp,
) -> Result<Window, StoreError> {
    let window = on
        .row(&WINDOW, binds![tenant, kind, key, since], READ_WINDOW)
        .await?;
    Ok(window.unwrap_or(Window {
        count: 0,
        oldest: None,
    }))
}

pub(crate) async fn blocked_at(
    on: &mut Session,
    tenant: TenantId,
    address_key: &str,
) -> Result<Option<Timestamp>, StoreError> {
    on.row(&BLOCKED_AT, binds![tenant, address_key], only).await
}

impl Tx {
    /// Counts one event at `now`.
    pub async fn record_attempt(
        &mut self,
        kind: AttemptKind,
        key: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        self.session()
            .execute(&RECORD, binds![tenant, kind, key, now])
            .await
            .map(drop)
    }

    /// Forgets the events of one kind up to and including `before`; how many rows went.
    pub async fn prune_attempts(
        &mut self,
        kind: AttemptKind,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.session()
            .execute(&PRUNE_ATTEMPTS, binds![tenant, kind, before])
            .await
    }

    /// Puts an address on the never-again list. `false` when it stood there.
    pub async fn block_address(
        &mut self,
        address_key: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .session()
            .execute(&BLOCK, binds![tenant, address_key, now])
            .await?
            == 1)
    }

    /// Takes an address off the list. `false` when it did not stand there.
    pub async fn unblock_address(&mut self, address_key: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .session()
            .execute(&UNBLOCK, binds![tenant, address_key])
            .await?
            == 1)
    }
}
