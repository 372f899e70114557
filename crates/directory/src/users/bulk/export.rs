//! Users page by page, for files: whole records, with the hashes of passwords where the operator asks for them.

use edm::{Record, document};
use serde_json::json;
use store::Page;
use uuid::Uuid;

use crate::actor::Actor;
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::row;

/// A user as an export has him.
pub struct Exported {
    /// Object id.
    pub id: Uuid,
    /// Everything that is set.
    pub record: Record,
    /// The same as JSON.
    pub document: String,
    /// The hash of the password, where hashes were asked for.
    pub password_hash: Option<String>,
}

impl Directory {
    /// The next users by id, behind `after`.
    pub async fn export_users(
        &self,
        actor: &Actor,
        after: Option<Uuid>,
        limit: u32,
        hashes: bool,
    ) -> Result<Vec<Exported>, Refusal> {
        actor.may(Operation::ListUsers)?;
        let page = Page { after, limit };
        let rows = self.store().read(actor.tenant).users(page).await?;
        rows.into_iter()
            .map(|row| {
                let record = row::record(&row)?;
                Ok(Exported {
                    id: row.id,
                    document: document::whole(&record),
                    record,
                    password_hash: row.password_hash.filter(|_| hashes),
                })
            })
            .collect()
    }

    /// Puts into the trail that password hashes are about to leave the directory.
    pub async fn audit_export_of_hashes(&self, actor: &Actor) -> Result<(), Refusal> {
        actor.may(Operation::ListUsers)?;
        let record = audit::record(
            actor,
            self.whole_second(),
            "Export users",
            Target::Tenant(actor.tenant.0),
            &json!({ "passwordHashes": true }),
        );
        self.store()
            .write(actor.tenant, record, |tx, record| {
                Box::pin(async move {
                    tx.audit(record.clone());
                    Ok(())
                })
            })
            .await
    }
}
