//! What tenants define for themselves: properties that their objects have beside the core.
//!
//! A definition keeps its number, also while it is deleted, and no number is given twice:
//! documents and keys that were written under it belong to it alone. Each change of a tenant's
//! definitions counts their version up in the same write, so that whoever knows a version knows
//! the definitions.

mod defined;

pub use defined::Defined;

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, only};
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{StoreError, TenantId, Tx};
use edm::{Schema, user};
use jiff::Timestamp;
use uuid::Uuid;

codes! {
    /// What is defined.
    pub enum DefinitionKind {
        /// A directory extension.
        DirectoryExtension = 1,
        /// A schema extension.
        SchemaExtension = 2,
        /// A custom security attribute.
        SecurityAttribute = 3,
    }
}

/// The name of users among [`DefinitionRow::targets`].
pub const TARGET_USER: &str = "User";

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionRow {
    /// Its number among the tenant's definitions, for good.
    pub number: u64,
    /// What it defines.
    pub what: Defined,
    /// The whole name, as objects show it.
    pub name: String,
    /// The id of the object that stands for it. A definition that is made anew has another.
    pub id: Uuid,
    /// The client id of the app that it belongs to.
    pub app: Option<Uuid>,
    /// The kinds of objects that may have it, by their documented names.
    pub targets: Vec<String>,
    /// When it was made, or made anew.
    pub created_at: Timestamp,
    /// When it was deleted; `None` while it takes effect.
    pub deleted_at: Option<Timestamp>,
}

impl DefinitionRow {
    /// Whether objects of this kind may have it, however its definition spells them.
    pub fn is_for(&self, target: &str) -> bool {
        let mut targets = self.targets.iter();
        targets.any(|one| one.eq_ignore_ascii_case(target))
    }
}

/// The core with these definitions. One that cannot stand beside the others, because a newer build
/// brought a core property of its name, has no effect: its values stay with their objects, unread.
pub fn schema_of(definitions: &[DefinitionRow]) -> Schema {
    schema_with(definitions.iter().filter(|row| row.is_for(TARGET_USER)))
}

fn schema_with<'a>(definitions: impl Iterator<Item = &'a DefinitionRow>) -> Schema {
    let mut schema = Schema::default();
    for row in definitions {
        let Some(property) = row.what.property(row.number, &row.name) else {
            continue;
        };
        if let Err(error) = schema.add(&user::TYPE, property) {
            tracing::debug!(%error, "a definition has no effect");
        }
    }
    schema
}

/// What is between two targets in the column of them; no name holds it.
const BETWEEN: char = ' ';

macro_rules! columns {
    () => {
        "number, name, id, app_id, targets, created_at, deleted_at, kind, data_type, multi_valued, details"
    };
}

statements! {
    Tenant VERSION = "SELECT version FROM definition_versions WHERE tenant_id = ?1";
    Tenant RAISE_VERSION = "INSERT INTO definition_versions (tenant_id, version) VALUES (?1, 1) \
        ON CONFLICT (tenant_id) DO UPDATE SET version = definition_versions.version + 1";
    Tenant DEFINITIONS = concat!("SELECT ", columns!(), " FROM definitions \
        WHERE tenant_id = ?1 AND deleted_at IS NULL ORDER BY number");
    Tenant ALL_DEFINITIONS = concat!("SELECT ", columns!(), " FROM definitions WHERE tenant_id = ?1 ORDER BY number");
    // Not the one with the highest number, since the next number is counted from it.
    Tenant DELETED_BEFORE = concat!("SELECT ", columns!(), " FROM definitions WHERE tenant_id = ?1 AND deleted_at < ?2 \
        AND number < (SELECT MAX(number) FROM definitions WHERE tenant_id = ?1) ORDER BY number");
    Tenant HAS_VALUES = "SELECT 1 FROM user_values WHERE tenant_id = ?1 AND property = ?2 LIMIT 1";
    Tenant FORGET_DEFINITION = "DELETE FROM definitions WHERE tenant_id = ?1 AND number = ?2 AND deleted_at < ?3";
    Tenant COUNT_DEFINITIONS = "SELECT COUNT(*) FROM definitions WHERE tenant_id = ?1";
    Tenant COUNT_DEFINITIONS_OF = "SELECT COUNT(*) FROM definitions WHERE tenant_id = ?1 AND app_id = ?2";
    Tenant DEFINITION_NAMED = concat!("SELECT ", columns!(), " FROM definitions \
        WHERE tenant_id = ?1 AND name_key = ?2");
    // The next number, and the name: of two writes at once, the keys let one pass.
    Tenant ADD_DEFINITION = "INSERT INTO definitions (tenant_id, number, kind, name, name_key, id, app_id, data_type, \
        multi_valued, targets, created_at, details) VALUES (?1, (SELECT COALESCE(MAX(number), 0) + 1 FROM definitions \
        WHERE tenant_id = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING RETURNING number";
    Tenant REVIVE_DEFINITION = "UPDATE definitions SET name = ?3, id = ?4, targets = ?5, created_at = ?6, details = ?10, \
        deleted_at = NULL WHERE tenant_id = ?1 AND number = ?2 AND kind = ?7 AND data_type = ?8 AND multi_valued = ?9 \
        AND deleted_at IS NOT NULL";
    // Only what was read is changed: of two writes at once, one finds other details.
    Tenant CHANGE_DEFINITION = "UPDATE definitions SET targets = ?3, details = ?4 \
        WHERE tenant_id = ?1 AND number = ?2 AND targets = ?5 AND details = ?6 AND deleted_at IS NULL";
    Tenant DELETE_DEFINITION = "UPDATE definitions SET deleted_at = ?3 \
        WHERE tenant_id = ?1 AND number = ?2 AND deleted_at IS NULL";
    Tenant DELETE_DEFINITIONS_OF = "UPDATE definitions SET deleted_at = ?3 \
        WHERE tenant_id = ?1 AND app_id = ?2 AND kind = ?4 AND deleted_at IS NULL";
}

fn read(row: &mut Columns<'_>) -> Result<DefinitionRow, StoreError> {
    Ok(DefinitionRow {
        number: row.take()?,
        name: row.take()?,
        id: row.take()?,
        app: row.take()?,
        targets: targets(&row.take::<String>()?),
        created_at: row.take()?,
        deleted_at: row.take()?,
        what: {
            let kind = row.take()?;
            Defined::read(kind, row)?
        },
    })
}

fn targets(column: &str) -> Vec<String> {
    column.split(BETWEEN).map(str::to_owned).collect()
}

fn joined(targets: &[String]) -> String {
    targets.join(&BETWEEN.to_string())
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

pub(crate) async fn definition_version(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<u64, StoreError> {
    let version = on.row(&VERSION, binds![tenant], only).await?;
    Ok(version.unwrap_or_default())
}

pub(crate) async fn definitions(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<Vec<DefinitionRow>, StoreError> {
    on.rows(&DEFINITIONS, binds![tenant], read).await
}

/// The core with all definitions that a tenant ever had. Values stay with their objects while their
/// definition is deleted, and so do their keys: where keys are made without a request, they are
/// made of all of them. What a definition is for is not looked at, since one that is made anew may
/// be for other objects than before.
pub(crate) async fn schema_with_deleted(
    on: &mut Connection,
    tenant: TenantId,
) -> Result<Schema, StoreError> {
    let rows = on.rows(&ALL_DEFINITIONS, binds![tenant], read).await?;
    Ok(schema_with(rows.iter()))
}

/// [`schema_with_deleted`] for this document alone: with the definitions whose names are in it.
/// Fitting two thousand names together takes longer than a write may hold up the others.
pub(crate) async fn schema_of_document(
    on: &mut Connection,
    tenant: TenantId,
    document: &str,
) -> Result<Schema, StoreError> {
    let rows = on.rows(&ALL_DEFINITIONS, binds![tenant], read).await?;
    let may_be_in = |row: &&DefinitionRow| row.what.may_be_in(&row.name, document);
    Ok(schema_with(rows.iter().filter(may_be_in)))
}

pub(crate) async fn definition_named(
    on: &mut Connection,
    tenant: TenantId,
    name: &str,
) -> Result<Option<DefinitionRow>, StoreError> {
    on.row(&DEFINITION_NAMED, binds![tenant, &key(name)], read)
        .await
}

impl Tx {
    /// How many definitions the tenant ever had.
    pub async fn count_definitions(&mut self) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let count = connection
            .row(&COUNT_DEFINITIONS, binds![tenant], only)
            .await?;
        Ok(count.unwrap_or_default())
    }

    /// How many of them the app had.
    pub async fn count_definitions_of(&mut self, app: Uuid) -> Result<u64, StoreError> {
        let binds = binds![self.tenant(), app];
        let count = self.connection().row(&COUNT_DEFINITIONS_OF, binds, only);
        Ok(count.await?.unwrap_or_default())
    }

    /// Forgets definitions that were deleted before that instant and that no user, deleted ones
    /// included, has a value of: at most `most` of them, and of one app where it is named. How many
    /// it forgot.
    ///
    /// The instant must be so long ago that no write is left which still knows them.
    pub async fn forget_definitions(
        &mut self,
        before: Timestamp,
        most: usize,
        app: Option<Uuid>,
    ) -> Result<usize, StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let binds = binds![tenant, before];
        let deleted = connection.rows(&DELETED_BEFORE, binds, read).await?;
        let mut forgotten = 0;
        let of_app = |row: &DefinitionRow| app.is_none() || row.app == app;
        for row in deleted.into_iter().filter(of_app) {
            if forgotten == most {
                break;
            }
            // Where some values have no keys, nothing tells that there are none.
            let Some(kept) = row.what.kept(row.number, &row.name) else {
                continue;
            };
            if !self.has_values(&kept).await? {
                let binds = binds![tenant, row.number, before];
                self.connection().execute(&FORGET_DEFINITION, binds).await?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Whether any object, deleted ones included, has keys under one of these.
    async fn has_values(&mut self, kept: &[String]) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        for kept in kept {
            let binds = binds![tenant, kept];
            let row = self.connection().row(&HAS_VALUES, binds, only::<i64>);
            if row.await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds a definition under the next number, which replaces that of the row. `None`, and nothing
    /// changed, when there is one of the name, deleted or not, or another write took the number.
    pub async fn add_definition(&mut self, row: &DefinitionRow) -> Result<Option<u64>, StoreError> {
        let (key, targets) = (key(&row.name), joined(&row.targets));
        let said = row.what.said()?;
        let binds = binds![
            self.tenant(),
            row.what.kind(),
            &row.name,
            &key,
            row.id,
            row.app,
            said.data_type,
            said.multi_valued,
            &targets,
            row.created_at,
            said.details.as_ref(),
        ];
        let number = self
            .connection()
            .row(&ADD_DEFINITION, binds, only::<u64>)
            .await?;
        if number.is_some() {
            self.raise_version().await?;
        }
        Ok(number)
    }

    /// Makes a deleted definition anew under its number, as the row says. `false`, and nothing
    /// changed, when it is not deleted any more, or it defined something else. What stands in the
    /// details of its kind, the caller has compared.
    pub async fn revive_definition(&mut self, row: &DefinitionRow) -> Result<bool, StoreError> {
        let (targets, said) = (joined(&row.targets), row.what.said()?);
        let binds = binds![
            self.tenant(),
            row.number,
            &row.name,
            row.id,
            &targets,
            row.created_at,
            row.what.kind(),
            said.data_type,
            said.multi_valued,
            said.details.as_ref(),
        ];
        let revived = self.connection().execute(&REVIVE_DEFINITION, binds).await? == 1;
        if revived {
            self.raise_version().await?;
        }
        Ok(revived)
    }

    /// Changes the targets and the details of a definition. `false`, and nothing changed, when it
    /// is not as in `before` any more. Directory extensions have no details, so that nothing of
    /// them is changed.
    pub async fn change_definition(
        &mut self,
        row: &DefinitionRow,
        before: &DefinitionRow,
    ) -> Result<bool, StoreError> {
        let (old_targets, old) = (joined(&before.targets), before.what.said()?);
        let (targets, said) = (joined(&row.targets), row.what.said()?);
        let binds = binds![
            self.tenant(),
            row.number,
            &targets,
            said.details.as_ref(),
            &old_targets,
            old.details.as_ref(),
        ];
        let changed = self.connection().execute(&CHANGE_DEFINITION, binds).await? == 1;
        if changed {
            self.raise_version().await?;
        }
        Ok(changed)
    }

    /// Marks a definition as deleted. `false` when it was before.
    pub async fn delete_definition(
        &mut self,
        number: u64,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), number, at];
        let deleted = self.connection().execute(&DELETE_DEFINITION, binds).await? == 1;
        if deleted {
            self.raise_version().await?;
        }
        Ok(deleted)
    }

    /// Marks all directory extensions of an app as deleted. Schema extensions stay without their
    /// owner (P-extensions-10).
    pub async fn delete_definitions_of(
        &mut self,
        app: Uuid,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let kind = DefinitionKind::DirectoryExtension;
        let binds = binds![self.tenant(), app, at, kind];
        let deleted = self.connection().execute(&DELETE_DEFINITIONS_OF, binds);
        if deleted.await? > 0 {
            self.raise_version().await?;
        }
        Ok(())
    }

    async fn raise_version(&mut self) -> Result<(), StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&RAISE_VERSION, binds![tenant])
            .await?;
        Ok(())
    }
}
