//! Open extensions of users: named texts of which the store knows no member. Apart from the users,
//! so that writing one changes no user, no list of users reads them, and a restored user has theirs
//! again.
//!
//! Two rules hold by keys alone, whoever else writes: a name is there once for a user, and an app
//! has two slots on each user. What was written without an app has no slot, and null meets no
//! other null.

use crate::engine::connection::Connection;
use crate::engine::row::{Read, only};
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{Reader, StoreError, TenantId, Tx};
use uuid::Uuid;

/// The slots that an app has on a user: the documented two.
pub const SLOTS: u32 = 2;

/// An open extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenExtensionRow {
    /// As it was sent. It is found by its key.
    pub name: String,
    /// Counts up with every text that replaces another: the `ETag`.
    pub version: i64,
    /// The client id of the app that added it.
    pub app: Option<Uuid>,
    /// Its members, as they are shown.
    pub members: String,
}

/// Which of a user's open extensions are read, in the order of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenExtensions {
    /// The one with this key alone.
    pub only: Option<String>,
    /// Those behind this key.
    pub after: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// What came of adding one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtensionAdded {
    /// It is there.
    Yes,
    /// The user has one with this key.
    Exists,
    /// All slots of the app are taken.
    Full,
}

macro_rules! columns {
    () => {
        "name, version, app_id, members"
    };
}

statements! {
    Tenant OPEN_EXTENSION = concat!("SELECT ", columns!(), " FROM open_extensions \
        WHERE tenant_id = ?1 AND user_id = ?2 AND name_key = ?3");
    Tenant OPEN_EXTENSIONS = concat!("SELECT ", columns!(), " FROM open_extensions \
        WHERE tenant_id = ?1 AND user_id = ?2 AND name_key > ?3 ORDER BY name_key LIMIT ?4");
    Tenant COUNT_OPEN_EXTENSIONS = "SELECT count(*) FROM open_extensions WHERE tenant_id = ?1 AND user_id = ?2";
    Tenant ADD_OPEN_EXTENSION = "INSERT INTO open_extensions (tenant_id, user_id, name_key, name, version, app_id, slot, \
        members) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
    Tenant REPLACE_OPEN_EXTENSION = "UPDATE open_extensions SET version = version + 1, members = ?5 \
        WHERE tenant_id = ?1 AND user_id = ?2 AND name_key = ?3 AND version = ?4";
    Tenant REMOVE_OPEN_EXTENSION = "DELETE FROM open_extensions \
        WHERE tenant_id = ?1 AND user_id = ?2 AND name_key = ?3 AND version = ?4";
    Tenant PURGE_OPEN_EXTENSIONS = "DELETE FROM open_extensions WHERE tenant_id = ?1 AND user_id = ?2";
}

const READ: Read<OpenExtensionRow> = |row| {
    Ok(OpenExtensionRow {
        name: row.take()?,
        version: row.take()?,
        app: row.take()?,
        members: row.take()?,
    })
};

pub(crate) async fn open_extension(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
    key: &str,
) -> Result<Option<OpenExtensionRow>, StoreError> {
    on.row(&OPEN_EXTENSION, binds![tenant, user, key.as_bytes()], READ)
        .await
}

async fn of_user(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
    which: &OpenExtensions,
) -> Result<Vec<OpenExtensionRow>, StoreError> {
    if let Some(key) = &which.only {
        let found = open_extension(on, tenant, user, key).await?;
        return Ok(found.into_iter().collect());
    }
    // No key is empty.
    let after = which.after.as_deref().unwrap_or_default();
    let binds = binds![tenant, user, after.as_bytes(), which.limit];
    on.rows(&OPEN_EXTENSIONS, binds, READ).await
}

async fn count(on: &mut Connection, tenant: TenantId, user: Uuid) -> Result<i64, StoreError> {
    let binds = binds![tenant, user];
    let count = on.row(&COUNT_OPEN_EXTENSIONS, binds, only).await?;
    Ok(count.unwrap_or(0))
}

pub(crate) async fn add(
    on: &mut Connection,
    tenant: TenantId,
    (user, key): (Uuid, &str),
    row: &OpenExtensionRow,
) -> Result<ExtensionAdded, StoreError> {
    let slots: Vec<Option<u32>> = match row.app {
        Some(_) => (1..=SLOTS).map(Some).collect(),
        None => vec![None],
    };
    for slot in slots {
        let binds = binds![
            tenant,
            user,
            key.as_bytes(),
            &row.name,
            row.version,
            row.app,
            slot.map(i64::from),
            &row.members,
        ];
        if on.execute(&ADD_OPEN_EXTENSION, binds).await? == 1 {
            return Ok(ExtensionAdded::Yes);
        }
    }
    let there = open_extension(on, tenant, user, key).await?;
    Ok(there.map_or(ExtensionAdded::Full, |_| ExtensionAdded::Exists))
}

pub(crate) async fn purge(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
) -> Result<(), StoreError> {
    on.execute(&PURGE_OPEN_EXTENSIONS, binds![tenant, user])
        .await?;
    Ok(())
}

impl Reader {
    /// The open extensions of these users, of each in the order of their keys. One look-up in an
    /// index each: the caller bounds how many, and one snapshot serves all.
    pub async fn open_extensions(
        &self,
        of: Vec<Uuid>,
        which: OpenExtensions,
    ) -> Result<Vec<(Uuid, Vec<OpenExtensionRow>)>, StoreError> {
        self.list(move |on, tenant| {
            Box::pin(async move {
                let mut found = Vec::with_capacity(of.len());
                for user in of {
                    found.push((user, of_user(on, tenant, user, &which).await?));
                    on.in_time()?;
                }
                Ok(found)
            })
        })
        .await
    }

    /// The open extensions of one user, in the order of their keys. They are few.
    pub async fn open_extensions_of(
        &self,
        user: Uuid,
        which: OpenExtensions,
    ) -> Result<Vec<OpenExtensionRow>, StoreError> {
        self.page(which.limit, move |on, tenant| {
            let which = which.clone();
            Box::pin(async move { of_user(on, tenant, user, &which).await })
        })
        .await
    }

    /// How many open extensions a user has.
    pub async fn count_open_extensions(&self, user: Uuid) -> Result<i64, StoreError> {
        self.short_list(move |on, tenant| Box::pin(count(on, tenant, user)))
            .await
    }
}

impl Tx {
    /// Adds an extension; `row.version` is its first.
    pub async fn add_open_extension(
        &mut self,
        user: Uuid,
        key: &str,
        row: &OpenExtensionRow,
    ) -> Result<ExtensionAdded, StoreError> {
        let tenant = self.tenant();
        add(self.connection(), tenant, (user, key), row).await
    }

    /// Puts other members in the place of those of that version; `false` when it is not there any
    /// more.
    pub async fn replace_open_extension(
        &mut self,
        user: Uuid,
        key: &str,
        (version, members): (i64, &str),
    ) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), user, key.as_bytes(), version, members];
        let changed = self.connection().execute(&REPLACE_OPEN_EXTENSION, binds);
        Ok(changed.await? == 1)
    }

    /// Removes that version; `false` when it is not there any more.
    pub async fn remove_open_extension(
        &mut self,
        user: Uuid,
        key: &str,
        version: i64,
    ) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), user, key.as_bytes(), version];
        let removed = self.connection().execute(&REMOVE_OPEN_EXTENSION, binds);
        Ok(removed.await? == 1)
    }
}
