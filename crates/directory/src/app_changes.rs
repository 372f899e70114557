//! Changes of an app: its permissions, its secret, enabling and disabling, removing. Each is one
//! write that reads the app in its transaction. A running server goes by it from the next request
//! on.

use serde_json::{Value, json};
use store::{AppRow, AuditRecord, Lookup, StoreError, TenantId, Tx};
use uuid::Uuid;

use crate::apps::{App, AppAdded, granted, secret_hash};
use crate::audit;
use crate::directory::Directory;
use crate::permission::{Permission, Permissions};
use crate::refusal::Refusal;

/// A change of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Enabled(bool),
    SecretHash(Vec<u8>),
    Grant(Permissions),
    Revoke(Permissions),
}

impl Change {
    const fn activity(&self) -> &'static str {
        match self {
            Self::Enabled(true) => "Enable application",
            Self::Enabled(false) => "Disable application",
            Self::SecretHash(_) => "Change application secret",
            Self::Grant(_) => "Add application permission",
            Self::Revoke(_) => "Remove application permission",
        }
    }

    fn details(&self) -> Value {
        match self {
            Self::Enabled(_) | Self::SecretHash(_) => json!({}),
            Self::Grant(these) | Self::Revoke(these) => json!({ "permissions": names(*these) }),
        }
    }

    /// Makes the change; `false` when nothing is different.
    fn make(&self, row: &mut AppRow) -> Result<bool, Refusal> {
        let before = row.clone();
        let held = granted(&row.permissions)?;
        match self {
            Self::Enabled(enabled) => row.enabled = *enabled,
            Self::SecretHash(hash) => row.secret_hash = Some(hash.clone()),
            // Written only where it differs, so that permission names of another version are not
            // lost needlessly.
            Self::Grant(more) if held.or(*more) != held => row.permissions = stored(held.or(*more)),
            Self::Revoke(less) if held.and(*less) != Permissions::default() => {
                row.permissions = stored(held.without(*less));
            }
            Self::Grant(_) | Self::Revoke(_) => {}
        }
        Ok(*row != before)
    }
}

fn names(permissions: Permissions) -> Vec<&'static str> {
    permissions.iter().map(Permission::name).collect()
}

fn stored(permissions: Permissions) -> String {
    json!(names(permissions)).to_string()
}

fn unknown(client_id: Uuid) -> Refusal {
    Refusal::NotFound {
        key: client_id.to_string(),
    }
}

impl Directory {
    /// Disables or enables an app: its tokens stop working at the next request.
    pub async fn set_app_enabled(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        enabled: bool,
    ) -> Result<App, Refusal> {
        self.change_app(tenant, client_id, Change::Enabled(enabled))
            .await
    }

    /// Gives an app further permissions. Tokens issued from now on carry them.
    pub async fn grant_permissions(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        permissions: Permissions,
    ) -> Result<App, Refusal> {
        if permissions.iter().any(|permission| !permission.for_apps()) {
            return Err(Refusal::Combination {
                property: "permissions",
                why: "a permission exists for signed-in people only",
            });
        }
        self.change_app(tenant, client_id, Change::Grant(permissions))
            .await
    }

    /// Takes permissions from an app. Its tokens give them no more from the next request on.
    pub async fn revoke_permissions(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        permissions: Permissions,
    ) -> Result<App, Refusal> {
        self.change_app(tenant, client_id, Change::Revoke(permissions))
            .await
    }

    /// Gives an app another secret: the old one gets no token any more, and the tokens that were
    /// got with it end at the next request.
    pub async fn change_secret(
        &self,
        tenant: TenantId,
        client_id: Uuid,
    ) -> Result<AppAdded, Refusal> {
        let secret = self.new_secret();
        let change = Change::SecretHash(secret_hash(&secret));
        let app = self.change_app(tenant, client_id, change).await?;
        Ok(AppAdded { app, secret })
    }

    /// Removes an app with its roles and definitions. Its tokens stop working at the next request.
    pub async fn remove_app(&self, tenant: TenantId, client_id: Uuid) -> Result<App, Refusal> {
        let record = self.record_of(tenant, client_id, "Remove application", &json!({}));
        self.store()
            .write(tenant, (client_id, record), |tx, (client_id, record)| {
                Box::pin(remove(tx, *client_id, record))
            })
            .await
    }

    async fn change_app(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        change: Change,
    ) -> Result<App, Refusal> {
        let record = self.record_of(tenant, client_id, change.activity(), &change.details());
        let input = (client_id, change, record);
        self.store()
            .write(tenant, input, |tx, (client_id, change, record)| {
                Box::pin(write(tx, *client_id, change, record))
            })
            .await
    }

    fn record_of(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        activity: &str,
        details: &Value,
    ) -> AuditRecord {
        let actor = self.server_audit_actor(tenant);
        let target = audit::Target::app(client_id);
        audit::record(&actor, self.now(), activity, target, details)
    }
}

async fn write(
    tx: &mut Tx,
    client_id: Uuid,
    change: &Change,
    record: &AuditRecord,
) -> Result<App, Refusal> {
    let before = tx.app(client_id).await?.ok_or_else(|| unknown(client_id))?;
    let mut row = before.clone();
    if change.make(&mut row)? {
        if !tx.replace_app(&before, &row).await? {
            return Err(StoreError::Busy.into());
        }
        tx.audit(record.clone());
    }
    App::of(row)
}

async fn remove(tx: &mut Tx, client_id: Uuid, record: &AuditRecord) -> Result<App, Refusal> {
    let row = tx.app(client_id).await?.ok_or_else(|| unknown(client_id))?;
    for role in tx.roles_of(row.object_id).await? {
        tx.remove_role(row.object_id, role).await?;
    }
    // The values of its extensions stay with the users.
    tx.delete_definitions_of(client_id, record.at).await?;
    tx.remove_app(client_id).await?;
    tx.audit(record.clone());
    App::of(row)
}
