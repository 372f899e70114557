//! How many users a tenant has, kept beside them: counting a million rows takes longer than a
//! request may.

use crate::engine::connection::Connection;
use crate::engine::row::{Read, only};
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId};

/// Users of a tenant; or by how many a write changes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Users {
    pub(crate) live: i64,
    pub(crate) deleted: i64,
}

statements! {
    Tenant ADD_USERS = "INSERT INTO user_counts (tenant_id, live, deleted) VALUES (?1, ?2, ?3) \
        ON CONFLICT (tenant_id) DO UPDATE SET live = user_counts.live + ?2, deleted = user_counts.deleted + ?3";
    Instance ALL_USERS = "SELECT CAST(COALESCE(SUM(live + deleted), 0) AS bigint) FROM user_counts";
    Tenant USER_COUNTS = "SELECT live, deleted FROM user_counts WHERE tenant_id = ?1";
}

const READ: Read<Users> = |row| {
    Ok(Users {
        live: row.take()?,
        deleted: row.take()?,
    })
};

/// Writes the sum of the changes of a batch, once.
pub(crate) async fn flush(
    on: &mut Connection,
    tenant: TenantId,
    users: Users,
) -> Result<(), StoreError> {
    if users != Users::default() {
        on.execute(&ADD_USERS, binds![tenant, users.live, users.deleted])
            .await?;
    }
    Ok(())
}

pub(crate) async fn users(on: &mut Connection, tenant: TenantId) -> Result<Users, StoreError> {
    Ok(on
        .row(&USER_COUNTS, binds![tenant], READ)
        .await?
        .unwrap_or_default())
}

/// Users of all tenants, the deleted ones among them.
pub(crate) async fn all_users(on: &mut Connection) -> Result<u64, StoreError> {
    let all: Option<i64> = on.row(&ALL_USERS, binds![], only).await?;
    Ok(all.and_then(|all| u64::try_from(all).ok()).unwrap_or(0))
}
