//! Sliding windows: events counted since an instant, across sessions, networks and restarts (T-8,
//! T-17); and the list of addresses whose owners said "never again" (T-18).

use crate::engine::connection::Connection;
use crate::engine::row::{Read, only};
use crate::sql::statements;
use crate::sql::value::{binds, codes};
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
        /// Codes sent to an address at the wish of one network; key is the address key, a blank,
        /// and the network.
        CodeFromNetwork = 6,
    }
}

/// The events of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Their number.
    pub count: u64,
    /// The first one; it and the window's length tell when there is room again.
    pub oldest: Option<Timestamp>,
}

/// A key that has reached a limit, with its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The key.
    pub key: String,
    /// The events of the window.
    pub window: Window,
}

/// Which keys have reached a limit.
#[derive(Debug, Clone)]
pub struct Spending {
    /// What is counted.
    pub kind: AttemptKind,
    /// Begin of the window.
    pub since: Timestamp,
    /// The limit.
    pub limit: u32,
    /// Only keys after this one.
    pub after: String,
    /// At most so many.
    pub rows: u32,
}

/// An address whose owner wants no more invitations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockedRow {
    /// The canonical key of the address.
    pub address_key: String,
    /// Since when.
    pub at: Timestamp,
}

statements! {
    Tenant WINDOW = "SELECT COALESCE(SUM(events), 0), MIN(at) FROM attempts \
        WHERE tenant_id = ?1 AND kind = ?2 AND key = ?3 AND at > ?4";
    Tenant RECORD = "INSERT INTO attempts (tenant_id, kind, key, at, events) VALUES (?1, ?2, ?3, ?4, 1) \
        ON CONFLICT (tenant_id, kind, key, at) DO UPDATE SET events = attempts.events + 1";
    Tenant SPENT = "SELECT key, SUM(events), MIN(at) FROM attempts \
        WHERE tenant_id = ?1 AND kind = ?2 AND at > ?3 AND key > ?5 \
        GROUP BY key HAVING SUM(events) >= ?4 ORDER BY key LIMIT ?6";
    // The key itself, and keys that go on after it: those of the networks that asked for an
    // address.
    Tenant FORGET_ATTEMPTS = "DELETE FROM attempts WHERE tenant_id = ?1 AND kind = ?2 \
        AND (key = ?3 OR SUBSTR(key, 1, ?5) = ?4)";
    Tenant BLOCKED = "SELECT address_key, at FROM blocked WHERE tenant_id = ?1 AND address_key > ?2 \
        ORDER BY address_key LIMIT ?3";
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
    on: &mut Connection,
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

const READ_SPENT: Read<Spent> = |row| {
    let key = row.take()?;
    let count: i64 = row.take()?;
    Ok(Spent {
        key,
        window: Window {
            count: count.unsigned_abs(),
            oldest: row.take()?,
        },
    })
};

pub(crate) async fn spent(
    on: &mut Connection,
    tenant: TenantId,
    which: &Spending,
) -> Result<Vec<Spent>, StoreError> {
    let binds = binds![
        tenant,
        which.kind,
        which.since,
        which.limit,
        &which.after,
        which.rows
    ];
    on.rows(&SPENT, binds, READ_SPENT).await
}

pub(crate) async fn blocked(
    on: &mut Connection,
    tenant: TenantId,
    after: &str,
    limit: u32,
) -> Result<Vec<BlockedRow>, StoreError> {
    on.rows(&BLOCKED, binds![tenant, after, limit], |row| {
        Ok(BlockedRow {
            address_key: row.take()?,
            at: row.take()?,
        })
    })
    .await
}

pub(crate) async fn blocked_at(
    on: &mut Connection,
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
        self.connection()
            .execute(&RECORD, binds![tenant, kind, key, now])
            .await
            .map(drop)
    }

    /// Deletes the events of one kind up to and including `before`; how many.
    pub async fn prune_attempts(
        &mut self,
        kind: AttemptKind,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&PRUNE_ATTEMPTS, binds![tenant, kind, before])
            .await
    }

    /// Deletes the events of one key, and of the keys that continue it with a blank; how many.
    /// Reads all rows of the kind: for an administrator's request, not for a guest's.
    pub async fn forget_attempts(
        &mut self,
        kind: AttemptKind,
        key: &str,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        let prefix = format!("{key} ");
        let length = u32::try_from(prefix.chars().count()).unwrap_or(u32::MAX);
        self.connection()
            .execute(&FORGET_ATTEMPTS, binds![tenant, kind, key, &prefix, length])
            .await
    }

    /// Puts an address on the never-again list. `false` when it is there already.
    pub async fn block_address(
        &mut self,
        address_key: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&BLOCK, binds![tenant, address_key, now])
            .await?
            == 1)
    }

    /// Takes an address off the list. `false` when it is not there.
    pub async fn unblock_address(&mut self, address_key: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&UNBLOCK, binds![tenant, address_key])
            .await?
            == 1)
    }
}
