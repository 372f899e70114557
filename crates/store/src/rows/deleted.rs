//! Soft-deleted users: brought back, and removed with everything that was about them.

use crate::engine::connection::Connection;
use crate::engine::row::only;
use crate::rows::definitions;
use crate::rows::users::{READ_DOCUMENT, document_columns};
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId, Tx};
use edm::user;
use jiff::Timestamp;
use uuid::Uuid;

statements! {
    Tenant DELETED_BEFORE = "SELECT id FROM users \
        WHERE tenant_id = ?1 AND deleted_at IS NOT NULL AND deleted_at < ?2 ORDER BY deleted_at, id LIMIT ?3";
    Tenant UNDELETE_USER = "UPDATE users SET deleted_at = NULL \
        WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NOT NULL";
    Tenant PURGE_USER = concat!("DELETE FROM users WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NOT NULL \
        RETURNING ", document_columns!(""));
    Tenant PURGE_SOURCE = "DELETE FROM relations WHERE tenant_id = ?1 AND kind = ?2 AND source_id = ?3";
    Tenant PURGE_TARGET = "DELETE FROM relations WHERE tenant_id = ?1 AND kind = ?2 AND target_id = ?3";
    Tenant PURGE_PHOTO = "DELETE FROM photos WHERE tenant_id = ?1 AND user_id = ?2";
    Tenant PURGE_PENDING = "DELETE FROM pending_members WHERE tenant_id = ?1 AND id = ?2";
    Tenant PURGE_ROLES = "DELETE FROM role_assignments WHERE tenant_id = ?1 AND principal_id = ?2";
    Tenant INVITATIONS_TO = "SELECT id FROM invitations WHERE tenant_id = ?1 AND user_id = ?2";
    Tenant PURGE_LETTERS = "DELETE FROM outbox WHERE tenant_id = ?1 AND invitation_id = ?2";
    Tenant PURGE_INVITATIONS = "DELETE FROM invitations WHERE tenant_id = ?1 AND user_id = ?2";
}

/// Users deleted before an instant, in the order of their deletion.
pub(crate) async fn deleted_before(
    on: &mut Connection,
    tenant: TenantId,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<Uuid>, StoreError> {
    on.rows(&DELETED_BEFORE, binds![tenant, before, limit], only)
        .await
}

impl Tx {
    /// Makes a deleted user a live one again, with nothing claimed yet: the caller writes the row
    /// and its claims in the same write. `false` when there is no deleted user with this id.
    pub async fn undelete_user(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), id];
        if self.connection().execute(&UNDELETE_USER, binds).await? == 0 {
            return Ok(false);
        }
        self.left.users.live += 1;
        self.left.users.deleted -= 1;
        Ok(true)
    }

    /// Removes a deleted user and everything about them: links, photo, extensions, roles,
    /// invitations with their letters. (A redemption names nobody, leads nowhere without its
    /// invitation, and is pruned when it is over.) `false` when there is no deleted user with this
    /// id.
    pub async fn purge_user(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let document: Option<String> = connection
            .row(&PURGE_USER, binds![tenant, id], READ_DOCUMENT)
            .await?;
        let Some(document) = document else {
            return Ok(false);
        };
        let schema = definitions::schema_of_document(connection, tenant, &document).await?;
        let ty = schema.entity(&user::TYPE);
        crate::rows::user_writes::forget(connection, tenant, id, (&document, ty)).await?;
        for relation in crate::rows::relations::ALL {
            for sql in [&PURGE_SOURCE, &PURGE_TARGET] {
                connection
                    .execute(sql, binds![tenant, relation, id])
                    .await?;
            }
        }
        let invitations: Vec<Uuid> = connection
            .rows(&INVITATIONS_TO, binds![tenant, id], only)
            .await?;
        for invitation in invitations {
            connection
                .execute(&PURGE_LETTERS, binds![tenant, invitation])
                .await?;
        }
        for sql in [
            &PURGE_INVITATIONS,
            &PURGE_PENDING,
            &PURGE_PHOTO,
            &PURGE_ROLES,
        ] {
            connection.execute(sql, binds![tenant, id]).await?;
        }
        crate::rows::open_extensions::purge(connection, tenant, id).await?;
        self.left.users.deleted -= 1;
        Ok(true)
    }
}
