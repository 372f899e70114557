//! Users page by page, for files: whole records, with the hashes of passwords where the operator
//! asks for them.

use std::collections::HashMap;

use edm::{Record, Schema, document};
use serde_json::json;
use store::{Page, UserRow};
use uuid::Uuid;

use crate::actor::Actor;
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::row;

/// A user in an export.
pub struct Exported {
    /// Object id.
    pub id: Uuid,
    /// Everything that is set.
    pub record: Record,
    /// The record as JSON.
    pub document: String,
    /// The hash of the password, where hashes were asked for.
    pub password_hash: Option<String>,
}

fn exported(row: UserRow, schema: &Schema, hashes: bool) -> Result<Exported, Refusal> {
    let mut record = row::record(&row, schema)?;
    // What this build does not know it could not read back from the file either.
    record.forget_unread();
    Ok(Exported {
        id: row.id,
        document: document::whole(&record),
        record,
        password_hash: row.password_hash.filter(|_| hashes),
    })
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
        let exported = |row| exported(row, actor.schema(), hashes);
        rows.into_iter().map(exported).collect()
    }

    /// Those of these users who still exist, in the order of the ids.
    pub async fn export_users_of(
        &self,
        actor: &Actor,
        ids: Vec<Uuid>,
        hashes: bool,
    ) -> Result<Vec<Exported>, Refusal> {
        actor.may(Operation::ListUsers)?;
        let rows = self.store().read(actor.tenant).users_of(ids).await?;
        let exported = |row| exported(row, actor.schema(), hashes);
        rows.into_iter().map(exported).collect()
    }

    /// The name by which a file links to each of these users: the userPrincipalName, which is valid
    /// in another directory as well. Users who do not exist any more are left out.
    pub async fn export_names(
        &self,
        actor: &Actor,
        ids: Vec<Uuid>,
    ) -> Result<HashMap<Uuid, String>, Refusal> {
        actor.may(Operation::ListUsers)?;
        let rows = self.store().read(actor.tenant).users_of(ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.upn)).collect())
    }

    /// Records in the audit trail that password hashes are about to be exported.
    pub async fn audit_export_of_hashes(&self, actor: &Actor) -> Result<(), Refusal> {
        actor.may(Operation::ListUsers)?;
        let record = audit::record(
            actor,
            self.whole_second(),
            "Export users",
            Target::tenant(actor.tenant.0),
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
