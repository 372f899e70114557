//! Tenants, their domains, and the few rows that belong to none: signing keys and settings of the
//! instance.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read, only};
use crate::engine::tenant_numbers;
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{StoreError, TenantId, Tx};
use jiff::Timestamp;
use uuid::Uuid;

/// One tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantRow {
    /// Tenant id.
    pub id: TenantId,
    /// Name of the organisation.
    pub display_name: String,
    /// Initial domain.
    pub initial_domain: String,
    /// Settings, a JSON object.
    pub settings: String,
}

/// One domain of a tenant. A name belongs to one tenant of the instance only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRow {
    /// A-label form, lower case.
    pub name: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// Its users sign in elsewhere.
    pub federated: bool,
    /// Ownership is shown.
    pub verified: bool,
}

codes! {
    /// What a signing key is good for.
    pub enum KeyState {
        /// Published; may sign.
        Active = 1,
        /// Published; signs no more.
        Retiring = 2,
        /// Not published any more.
        Retired = 3,
    }
}

/// One token-signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Key id.
    pub kid: String,
    /// PKCS #8, sealed by the caller.
    pub sealed_pkcs8: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it is good for.
    pub state: KeyState,
}

statements! {
    Tenant TENANT = "SELECT display_name, initial_domain, settings FROM tenants WHERE tenant_id = ?1";
    Tenant DOMAINS = "SELECT name, federated, verified FROM domains WHERE tenant_id = ?1 ORDER BY name";
    Tenant DOMAIN = "SELECT name, federated, verified FROM domains WHERE tenant_id = ?1 AND name = ?2";
    Tenant INSERT_TENANT = "INSERT INTO tenants (tenant_id, display_name, initial_domain, settings) \
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    Tenant TENANT_SETTINGS = "UPDATE tenants SET settings = ?2 WHERE tenant_id = ?1";
    Tenant INSERT_DOMAIN = "INSERT INTO domains (tenant_id, name, federated, verified) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    Tenant SET_DOMAIN = "UPDATE domains SET federated = ?3, verified = ?4 WHERE tenant_id = ?1 AND name = ?2";
    Instance TENANTS = "SELECT id, display_name, initial_domain, settings FROM tenants \
        JOIN tenant_numbers ON tenant_numbers.tenant_id = tenants.tenant_id ORDER BY id";
    Instance DOMAIN_TENANT = "SELECT id, name, federated, verified FROM domains \
        JOIN tenant_numbers ON tenant_numbers.tenant_id = domains.tenant_id WHERE name = ?1";
    Instance SIGNING_KEYS = "SELECT kid, sealed_pkcs8, created_at, state FROM signing_keys ORDER BY created_at, kid";
    Instance INSERT_SIGNING_KEY = "INSERT INTO signing_keys (kid, sealed_pkcs8, created_at, state) \
        VALUES (?1, ?2, ?3, ?4)";
    Instance SET_KEY_STATE = "UPDATE signing_keys SET state = ?2 WHERE kid = ?1";
    Instance RESEAL_KEY = "UPDATE signing_keys SET sealed_pkcs8 = ?2 WHERE kid = ?1";
    Instance FORGET_KEY = "DELETE FROM signing_keys WHERE kid = ?1";
    Instance SETTING = "SELECT value FROM settings WHERE name = ?1";
    Instance MOVE_SETTING = "INSERT INTO settings (name, value) VALUES (?1, ?2) \
        ON CONFLICT (name) DO UPDATE SET value = ?2 WHERE settings.value = ?3";
    Instance PUT_SETTING = "INSERT INTO settings (name, value) VALUES (?1, ?2) \
        ON CONFLICT (name) DO UPDATE SET value = ?2";
}

/// The columns of a tenant whose id is known.
fn read_tenant(row: &mut Columns<'_>, id: TenantId) -> Result<TenantRow, StoreError> {
    Ok(TenantRow {
        id,
        display_name: row.take()?,
        initial_domain: row.take()?,
        settings: row.take()?,
    })
}

fn read_domain(row: &mut Columns<'_>, tenant: TenantId) -> Result<DomainRow, StoreError> {
    Ok(DomainRow {
        name: row.take()?,
        tenant,
        federated: row.take()?,
        verified: row.take()?,
    })
}

const READ_TENANT: Read<TenantRow> = |row| {
    let id = row.take()?;
    read_tenant(row, id)
};
const READ_DOMAIN: Read<DomainRow> = |row| {
    let tenant = row.take()?;
    read_domain(row, tenant)
};
const READ_KEY: Read<SigningKeyRow> = |row| {
    Ok(SigningKeyRow {
        kid: row.take()?,
        sealed_pkcs8: row.take()?,
        created_at: row.take()?,
        state: row.take()?,
    })
};

pub(crate) async fn tenant_row(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<Option<TenantRow>, StoreError> {
    on.row(&TENANT, binds![tenant], |row| read_tenant(row, tenant))
        .await
}

pub(crate) async fn domains(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<Vec<DomainRow>, StoreError> {
    on.rows(&DOMAINS, binds![tenant], |row| read_domain(row, tenant))
        .await
}

pub(crate) async fn domain(
    on: &mut Connection,
    tenant: TenantId,
    name: &str,
) -> Result<Option<DomainRow>, StoreError> {
    on.row(&DOMAIN, binds![tenant, name], |row| {
        read_domain(row, tenant)
    })
    .await
}

pub(crate) async fn tenants(on: &mut Connection) -> Result<Vec<TenantRow>, StoreError> {
    on.rows(&TENANTS, binds![], READ_TENANT).await
}

pub(crate) async fn domain_tenant(
    on: &mut Connection,
    name: &str,
) -> Result<Option<DomainRow>, StoreError> {
    on.row(&DOMAIN_TENANT, binds![name], READ_DOMAIN).await
}

pub(crate) async fn signing_keys(on: &mut Connection) -> Result<Vec<SigningKeyRow>, StoreError> {
    on.rows(&SIGNING_KEYS, binds![], READ_KEY).await
}

pub(crate) async fn setting(on: &mut Connection, name: &str) -> Result<Option<String>, StoreError> {
    on.row(&SETTING, binds![name], only).await
}

impl Tx {
    /// Makes the tenant this write is bound to, and its number. `row.id` must be that tenant.
    /// `false` when it exists.
    pub async fn insert_tenant(&mut self, row: &TenantRow) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        if row.id != tenant {
            return Err(StoreError::Driver(
                "a tenant is made in a write of its own".into(),
            ));
        }
        tenant_numbers::give(self.connection(), tenant).await?;
        let binds = binds![
            tenant,
            &row.display_name,
            &row.initial_domain,
            &row.settings
        ];
        Ok(self.connection().execute(&INSERT_TENANT, binds).await? == 1)
    }

    /// Replaces the tenant's settings, a JSON object. `false` when there is no such tenant.
    pub async fn set_tenant_settings(&mut self, settings: &str) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&TENANT_SETTINGS, binds![tenant, settings])
            .await?
            == 1)
    }

    /// Adds a domain. `false` when some tenant of the instance has it already.
    pub async fn insert_domain(
        &mut self,
        name: &str,
        federated: bool,
        verified: bool,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&INSERT_DOMAIN, binds![tenant, name, federated, verified])
            .await?
            == 1)
    }

    /// Changes a domain. `false` when the tenant does not have it.
    pub async fn set_domain(
        &mut self,
        name: &str,
        federated: bool,
        verified: bool,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&SET_DOMAIN, binds![tenant, name, federated, verified])
            .await?
            == 1)
    }

    /// Keeps a signing key. In [`crate::Store::write_instance`].
    pub async fn insert_signing_key(&mut self, row: &SigningKeyRow) -> Result<(), StoreError> {
        let binds = binds![&row.kid, &row.sealed_pkcs8, row.created_at, row.state];
        self.connection()
            .execute(&INSERT_SIGNING_KEY, binds)
            .await
            .map(drop)
    }

    /// Sets the use of a signing key from now on. `false` when there is no such key.
    pub async fn set_signing_key_state(
        &mut self,
        kid: &str,
        state: KeyState,
    ) -> Result<bool, StoreError> {
        Ok(self
            .connection()
            .execute(&SET_KEY_STATE, binds![kid, state])
            .await?
            == 1)
    }

    /// All signing keys, oldest first.
    pub async fn signing_keys(&mut self) -> Result<Vec<SigningKeyRow>, StoreError> {
        signing_keys(self.connection()).await
    }

    /// Keeps a signing key sealed otherwise. `false` when there is no such key.
    pub async fn reseal_signing_key(
        &mut self,
        kid: &str,
        sealed: &[u8],
    ) -> Result<bool, StoreError> {
        let binds = binds![kid, sealed];
        Ok(self.connection().execute(&RESEAL_KEY, binds).await? == 1)
    }

    /// Takes a signing key away. `false` when there is no such key.
    pub async fn forget_signing_key(&mut self, kid: &str) -> Result<bool, StoreError> {
        Ok(self.connection().execute(&FORGET_KEY, binds![kid]).await? == 1)
    }

    /// A setting of the instance.
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        setting(self.connection(), name).await
    }

    /// Sets a setting of the instance that had the value `before`, or none. `false`, and nothing
    /// changed, when it has another one by now.
    pub async fn move_setting(
        &mut self,
        name: &str,
        before: Option<&str>,
        value: &str,
    ) -> Result<bool, StoreError> {
        let binds = binds![name, value, before.unwrap_or_default()];
        Ok(self.connection().execute(&MOVE_SETTING, binds).await? == 1)
    }

    /// Sets a setting of the instance.
    pub async fn put_setting(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.connection()
            .execute(&PUT_SETTING, binds![name, value])
            .await
            .map(drop)
    }
}

/// Wraps a tenant id read from a token or a path before it is known to exist.
impl From<Uuid> for TenantId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}
