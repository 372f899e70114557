//! Members whose joining awaits approval: a row beside the user's own, with the same id. The user
//! exists from the start, disabled, so that their names are taken. The row says who asked and how
//! it was decided.

use crate::engine::connection::Connection;
use crate::engine::row::Columns;
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{StoreError, TenantId, Tx};
use jiff::Timestamp;
use uuid::Uuid;

codes! {
    /// How it was decided.
    pub enum Joining {
        /// Not decided yet.
        Waiting = 1,
        /// Approved.
        Approved = 2,
        /// Declined.
        Declined = 3,
    }
}

/// A pending member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingMemberRow {
    /// Object id of the user.
    pub id: Uuid,
    /// Whether the user was made by this request; otherwise they existed and were linked.
    pub made: bool,
    /// The value of `accountEnabled` after approval.
    pub enable: bool,
    /// Object id of the requester.
    pub asked_by: Option<Uuid>,
    /// When.
    pub asked_at: Timestamp,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Object id of the user.
    pub id: Uuid,
    /// Which way.
    pub joining: Joining,
    /// Object id of the approver; `None` for the server.
    pub by: Option<Uuid>,
    /// When.
    pub at: Timestamp,
}

statements! {
    Tenant PENDING_MEMBER = "SELECT id, made, enable, asked_by, asked_at FROM pending_members \
        WHERE tenant_id = ?1 AND id = ?2 AND state = 1";
    // A declined member may be asked for again; a pending one is not asked for twice.
    Tenant ASK_TO_JOIN = "INSERT INTO pending_members (tenant_id, id, made, enable, state, asked_by, asked_at) \
        VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6) ON CONFLICT (tenant_id, id) DO UPDATE SET made = ?3, enable = ?4, state = 1, \
        asked_by = ?5, asked_at = ?6, decided_by = NULL, decided_at = NULL WHERE pending_members.state <> 1";
    Tenant DECIDE_JOINING = "UPDATE pending_members SET state = ?3, decided_by = ?4, decided_at = ?5 \
        WHERE tenant_id = ?1 AND id = ?2 AND state = 1";
    // A user who was only linked had an account before.
    Tenant WAIT_AGAIN = "UPDATE pending_members SET state = 1, decided_by = NULL, decided_at = NULL \
        WHERE tenant_id = ?1 AND id = ?2 AND state = 3 AND made = 1";
}

fn read_pending(row: &mut Columns<'_>) -> Result<PendingMemberRow, StoreError> {
    Ok(PendingMemberRow {
        id: row.take()?,
        made: row.take()?,
        enable: row.take()?,
        asked_by: row.take()?,
        asked_at: row.take()?,
    })
}

pub(crate) async fn pending_member(
    on: &mut Connection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<PendingMemberRow>, StoreError> {
    on.row(&PENDING_MEMBER, binds![tenant, id], read_pending)
        .await
}

impl Tx {
    /// Adds a pending member. `false` when the user is pending already: then nothing was written.
    pub async fn ask_to_join(&mut self, row: &PendingMemberRow) -> Result<bool, StoreError> {
        let binds = binds![
            self.tenant(),
            row.id,
            row.made,
            row.enable,
            row.asked_by,
            row.asked_at
        ];
        Ok(self.connection().execute(&ASK_TO_JOIN, binds).await? == 1)
    }

    /// Decides, once. `false` when nobody waits under this id.
    pub async fn decide_joining(&mut self, decision: Decision) -> Result<bool, StoreError> {
        let Decision {
            id,
            joining,
            by,
            at,
        } = decision;
        let tenant = self.tenant();
        let binds = binds![tenant, id, joining, by, at];
        Ok(self.connection().execute(&DECIDE_JOINING, binds).await? == 1)
    }

    /// A restored user whose pending membership was declined is pending again, if that request had
    /// made the user. `false` for every other user.
    pub async fn wait_again(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), id];
        Ok(self.connection().execute(&WAIT_AGAIN, binds).await? == 1)
    }
}
