//! Registered apps, and who holds which directory role.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read, only};
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId, Tx};
use jiff::Timestamp;
use uuid::Uuid;

/// One app registration with its service principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppRow {
    /// Client id.
    pub client_id: Uuid,
    /// Object id of the service principal.
    pub object_id: Uuid,
    /// `displayName`.
    pub display_name: String,
    /// Hash of the client secret; `None` where there is none.
    pub secret_hash: Option<Vec<u8>>,
    /// Application permissions granted, a JSON array of names.
    pub permissions: String,
    /// A disabled app gets no token, and its tokens stop working.
    pub enabled: bool,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// The part of an app that every request reads: little, so that it costs little.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppState {
    /// Object id of the service principal.
    pub object_id: Uuid,
    /// As in [`AppRow`].
    pub enabled: bool,
    /// As in [`AppRow`]: a token gives no permission that was taken away since it was issued.
    pub permissions: String,
    /// As in [`AppRow`]: a token ends with the secret that it was got with.
    pub secret_hash: Option<Vec<u8>>,
    /// How often the tenant's definitions were changed. It comes with the app, so that a request
    /// asks nothing more to know what the tenant's objects look like.
    pub definition_version: u64,
}

macro_rules! app_columns {
    () => {
        "client_id, object_id, display_name, secret_hash, permissions, enabled, created_at"
    };
}

/// The columns that [`read_state`] reads, of `apps a` and the tenant's `definition_versions`.
macro_rules! state_columns {
    () => {
        "a.object_id, a.enabled, a.permissions, a.secret_hash, COALESCE(definition_versions.version, 0)"
    };
}
pub(crate) use state_columns;

statements! {
    Tenant APP = concat!("SELECT ", app_columns!(), " FROM apps WHERE tenant_id = ?1 AND client_id = ?2");
    // No index: a tenant has few apps, and they are looked for so only to define something.
    Tenant APP_OF = concat!("SELECT ", app_columns!(), " FROM apps WHERE tenant_id = ?1 AND object_id = ?2");
    Tenant APP_STATE = concat!("SELECT ", state_columns!(), " FROM apps a \
        LEFT JOIN definition_versions ON definition_versions.tenant_id = ?1 \
        WHERE a.tenant_id = ?1 AND a.client_id = ?2");
    Tenant APPS = concat!("SELECT ", app_columns!(), " FROM apps WHERE tenant_id = ?1 ORDER BY client_id");
    Tenant ADD_APP = "INSERT INTO apps (tenant_id, client_id, object_id, display_name, secret_hash, permissions, enabled, \
        created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    // Without what was read, the second of two changes at once would bring back a secret or a
    // permission that the first one took away (decision record 0085).
    Tenant REPLACE_APP = "UPDATE apps SET display_name = ?3, secret_hash = ?4, permissions = ?5, enabled = ?6 \
        WHERE tenant_id = ?1 AND client_id = ?2 AND permissions = ?7 AND enabled = ?8 \
        AND COALESCE(secret_hash, ?10) = COALESCE(?9, ?10)";
    Tenant REMOVE_APP = "DELETE FROM apps WHERE tenant_id = ?1 AND client_id = ?2";
    Tenant ROLES = "SELECT principal_id, role_template_id FROM role_assignments \
        WHERE tenant_id = ?1 ORDER BY principal_id, role_template_id LIMIT ?2";
    Tenant ROLES_OF = "SELECT role_template_id FROM role_assignments \
        WHERE tenant_id = ?1 AND principal_id = ?2 ORDER BY role_template_id";
    Tenant ASSIGN_ROLE = "INSERT INTO role_assignments (tenant_id, principal_id, role_template_id) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    Tenant REMOVE_ROLE = "DELETE FROM role_assignments \
        WHERE tenant_id = ?1 AND principal_id = ?2 AND role_template_id = ?3";
}

fn read_app(row: &mut Columns<'_>) -> Result<AppRow, StoreError> {
    Ok(AppRow {
        client_id: row.take()?,
        object_id: row.take()?,
        display_name: row.take()?,
        secret_hash: row.take()?,
        permissions: row.take()?,
        enabled: row.take()?,
        created_at: row.take()?,
    })
}

const READ_STATE: Read<AppState> = read_state;

/// The columns that [`state_columns!`] names.
pub(crate) fn read_state(row: &mut Columns<'_>) -> Result<AppState, StoreError> {
    Ok(AppState {
        object_id: row.take()?,
        enabled: row.take()?,
        permissions: row.take()?,
        secret_hash: row.take()?,
        definition_version: row.take()?,
    })
}

pub(crate) async fn app(
    on: &mut Connection,
    tenant: TenantId,
    client_id: Uuid,
) -> Result<Option<AppRow>, StoreError> {
    on.row(&APP, binds![tenant, client_id], read_app).await
}

pub(crate) async fn app_of(
    on: &mut Connection,
    tenant: TenantId,
    object: Uuid,
) -> Result<Option<AppRow>, StoreError> {
    on.row(&APP_OF, binds![tenant, object], read_app).await
}

pub(crate) async fn app_state(
    on: &mut Connection,
    tenant: TenantId,
    client_id: Uuid,
) -> Result<Option<AppState>, StoreError> {
    on.row(&APP_STATE, binds![tenant, client_id], READ_STATE)
        .await
}

pub(crate) async fn apps(on: &mut Connection, tenant: TenantId) -> Result<Vec<AppRow>, StoreError> {
    on.rows(&APPS, binds![tenant], read_app).await
}

pub(crate) async fn roles(
    on: &mut Connection,
    tenant: TenantId,
    limit: u32,
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    on.rows(&ROLES, binds![tenant, limit], |row| {
        Ok((row.take()?, row.take()?))
    })
    .await
}

pub(crate) async fn roles_of(
    on: &mut Connection,
    tenant: TenantId,
    principal: Uuid,
) -> Result<Vec<Uuid>, StoreError> {
    on.rows(&ROLES_OF, binds![tenant, principal], only).await
}

impl Tx {
    /// Registers an app. `false`, and nothing changed, when there is one with this client id.
    pub async fn add_app(&mut self, app: &AppRow) -> Result<bool, StoreError> {
        let binds = binds![
            self.tenant(),
            app.client_id,
            app.object_id,
            &app.display_name,
            app.secret_hash.as_ref(),
            &app.permissions,
            app.enabled,
            app.created_at,
        ];
        Ok(self.connection().execute(&ADD_APP, binds).await? == 1)
    }

    /// Replaces name, secret, permissions and state of an app. `false`, and nothing changed, when
    /// it is not as `before` any more, or gone.
    pub async fn replace_app(&mut self, before: &AppRow, app: &AppRow) -> Result<bool, StoreError> {
        let none: &[u8] = &[];
        let binds = binds![
            self.tenant(),
            app.client_id,
            &app.display_name,
            app.secret_hash.as_ref(),
            &app.permissions,
            app.enabled,
            &before.permissions,
            before.enabled,
            before.secret_hash.as_ref(),
            none,
        ];
        Ok(self.connection().execute(&REPLACE_APP, binds).await? == 1)
    }

    /// Takes an app away. `false` when there is none.
    pub async fn remove_app(&mut self, client_id: Uuid) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&REMOVE_APP, binds![tenant, client_id])
            .await?
            == 1)
    }

    /// Gives a principal a role. `false` when it had it.
    pub async fn assign_role(
        &mut self,
        principal: Uuid,
        role_template: Uuid,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&ASSIGN_ROLE, binds![tenant, principal, role_template])
            .await?
            == 1)
    }

    /// Takes a role away. `false` when the principal did not have it.
    pub async fn remove_role(
        &mut self,
        principal: Uuid,
        role_template: Uuid,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&REMOVE_ROLE, binds![tenant, principal, role_template])
            .await?
            == 1)
    }
}
