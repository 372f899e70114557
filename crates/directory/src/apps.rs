//! App registrations: a client id, a secret that is shown once, and the application permissions
//! granted.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use store::{AppRow, TenantId};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::audit;
use crate::directory::Directory;
use crate::names::one_line;
use crate::permission::{Permission, Permissions};
use crate::refusal::Refusal;

/// A registered app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Client id.
    pub client_id: Uuid,
    /// Object id in the tenant, the principal of its roles.
    pub object: Uuid,
    /// Name.
    pub display_name: String,
    /// Application permissions granted.
    pub permissions: Permissions,
    /// A disabled app gets no token, and its tokens stop working.
    pub enabled: bool,
    /// Names its secret, where it has one, without telling it: see `credential_id`.
    pub credential: Option<Uuid>,
}

/// An app just added.
#[derive(Clone, PartialEq, Eq)]
pub struct AppAdded {
    /// The app.
    pub app: App,
    /// Its secret: 256 random bits in base64url. It cannot be shown again.
    pub secret: String,
}

impl std::fmt::Debug for AppAdded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppAdded")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// An app to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPlan {
    /// Client id; `None` draws one.
    pub client_id: Option<Uuid>,
    /// Object id; `None` draws one.
    pub object: Option<Uuid>,
    /// Name.
    pub display_name: String,
    /// Application permissions to grant.
    pub permissions: Permissions,
    /// The secret; `None` draws one. dev's is fixed and documented.
    pub secret: Option<String>,
}

impl App {
    /// From its row.
    pub(crate) fn of(row: AppRow) -> Result<Self, Refusal> {
        let permissions = granted(&row.permissions)?;
        Ok(Self {
            client_id: row.client_id,
            object: row.object_id,
            display_name: row.display_name,
            permissions,
            enabled: row.enabled,
            credential: row.secret_hash.as_deref().map(credential_id),
        })
    }
}

/// The permissions of an app's row. Names this version does not know give nothing.
pub(crate) fn granted(stored: &str) -> Result<Permissions, Refusal> {
    let names: Vec<&str> = serde_json::from_str(stored)
        .map_err(|error| Refusal::internal(format!("app permissions: {error}")))?;
    Ok(Permissions::from_names(names))
}

/// The stored hash of a secret. The secret has 256 random bits, so a slow hash would not protect it
/// better.
pub(crate) fn secret_hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// The id of the credential with this hash. An access token carries it, and ends with the
/// credential. It follows from the hash, so that no column is needed for it; whoever reads it in a
/// token learns nothing of a secret of 256 random bits.
pub(crate) fn credential_id(hash: &[u8]) -> Uuid {
    let text = [b"vestibule credential ".as_slice(), hash].concat();
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(digest(&SHA256, &text).as_ref()) {
        *to = *from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl Directory {
    /// Adds an app. Only the server itself does that, for the command line and dev's first start.
    pub async fn add_app(&self, tenant: TenantId, plan: AppPlan) -> Result<AppAdded, Refusal> {
        if !one_line(&plan.display_name) {
            return Err(Refusal::Combination {
                property: "displayName",
                why: "the app's name must be one line and not empty",
            });
        }
        if plan
            .permissions
            .iter()
            .any(|permission| !permission.for_apps())
        {
            return Err(Refusal::Combination {
                property: "permissions",
                why: "a permission exists for signed-in people only",
            });
        }
        let secret = plan.secret.unwrap_or_else(|| self.new_secret());
        let names: Vec<&str> = plan.permissions.iter().map(Permission::name).collect();
        let row = AppRow {
            client_id: plan.client_id.unwrap_or_else(|| self.new_id()),
            object_id: plan.object.unwrap_or_else(|| self.new_id()),
            display_name: plan.display_name,
            secret_hash: Some(secret_hash(&secret)),
            permissions: json!(names).to_string(),
            enabled: true,
            created_at: self.now(),
        };
        let actor = self.server_audit_actor(tenant);
        let record = audit::record(
            &actor,
            self.now(),
            "Add application",
            audit::Target::app(row.client_id),
            &json!({ "permissions": names }),
        );
        let app = App::of(row.clone())?;
        self.store()
            .write(tenant, (row, record), |tx, (row, record)| {
                Box::pin(async move {
                    // Two commands may add the same app at once: the statement decides.
                    if !tx.add_app(row).await? {
                        return Err(Refusal::Combination {
                            property: "appId",
                            why: "the app exists",
                        });
                    }
                    tx.audit(record.clone());
                    Ok(())
                })
            })
            .await?;
        Ok(AppAdded { app, secret })
    }

    /// A secret: 256 random bits in base64url.
    pub(crate) fn new_secret(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.ids().secret())
    }

    /// The tenant's apps.
    pub async fn apps(&self, tenant: TenantId) -> Result<Vec<App>, Refusal> {
        self.store()
            .read(tenant)
            .apps()
            .await?
            .into_iter()
            .map(App::of)
            .collect()
    }

    /// One app, disabled or not.
    pub async fn app(&self, tenant: TenantId, client_id: Uuid) -> Result<Option<App>, Refusal> {
        self.store()
            .read(tenant)
            .app(client_id)
            .await?
            .map(App::of)
            .transpose()
    }

    /// The app that `secret` proves; `None` for an unknown app and for a wrong secret alike, after
    /// the same work.
    pub(crate) async fn proven_app(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        secret: &str,
    ) -> Result<Option<App>, Refusal> {
        let row = self.store().read(tenant).app(client_id).await?;
        let stored = row
            .as_ref()
            .and_then(|row| row.secret_hash.clone())
            .unwrap_or_else(|| vec![0; 32]);
        let fits: bool = secret_hash(secret).ct_eq(&stored).into();
        row.filter(|row| fits && row.secret_hash.is_some())
            .map(App::of)
            .transpose()
    }
}
