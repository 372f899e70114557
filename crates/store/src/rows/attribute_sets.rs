//! The sets that custom security attributes are grouped in. A set is never removed, and keeps its
//! name.

use crate::engine::connection::Connection;
use crate::engine::row::Read;
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId, Tx};
use jiff::Timestamp;
use uuid::Uuid;

/// A set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeSetRow {
    /// Its name, in the spelling of the beginning.
    pub name: String,
    /// What audit records and pages know it by.
    pub id: Uuid,
    /// What it is for.
    pub description: Option<String>,
    /// How many attributes can be defined in it.
    pub max_attributes: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
}

macro_rules! columns {
    () => {
        "name, id, description, max_attributes, created_at"
    };
}

statements! {
    Tenant ATTRIBUTE_SETS = concat!("SELECT ", columns!(), " FROM attribute_sets WHERE tenant_id = ?1 ORDER BY name_key");
    Tenant ATTRIBUTE_SET = concat!("SELECT ", columns!(), " FROM attribute_sets WHERE tenant_id = ?1 AND name_key = ?2");
    Tenant ADD_ATTRIBUTE_SET = "INSERT INTO attribute_sets (tenant_id, name_key, name, id, description, max_attributes, \
        created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
    Tenant CHANGE_ATTRIBUTE_SET = "UPDATE attribute_sets SET description = ?3, max_attributes = ?4 \
        WHERE tenant_id = ?1 AND name_key = ?2";
}

const READ: Read<AttributeSetRow> = |row| {
    Ok(AttributeSetRow {
        name: row.take()?,
        id: row.take()?,
        description: row.take()?,
        max_attributes: row.take()?,
        created_at: row.take()?,
    })
};

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

pub(crate) async fn attribute_sets(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<Vec<AttributeSetRow>, StoreError> {
    on.rows(&ATTRIBUTE_SETS, binds![tenant], READ).await
}

pub(crate) async fn attribute_set(
    on: &mut Connection,
    tenant: TenantId,
    name: &str,
) -> Result<Option<AttributeSetRow>, StoreError> {
    on.row(&ATTRIBUTE_SET, binds![tenant, &key(name)], READ)
        .await
}

impl Tx {
    /// Adds a set; `false` when there is one of the name.
    pub async fn add_attribute_set(&mut self, row: &AttributeSetRow) -> Result<bool, StoreError> {
        let key = key(&row.name);
        let binds = binds![
            self.tenant(),
            &key,
            &row.name,
            row.id,
            row.description.as_ref(),
            row.max_attributes,
            row.created_at,
        ];
        let added = self.connection().execute(&ADD_ATTRIBUTE_SET, binds);
        Ok(added.await? == 1)
    }

    /// Gives a set this description and this limit.
    pub async fn change_attribute_set(&mut self, row: &AttributeSetRow) -> Result<(), StoreError> {
        let key = key(&row.name);
        let binds = binds![
            self.tenant(),
            &key,
            row.description.as_ref(),
            row.max_attributes,
        ];
        let changed = self.connection().execute(&CHANGE_ATTRIBUTE_SET, binds);
        changed.await?;
        Ok(())
    }
}
