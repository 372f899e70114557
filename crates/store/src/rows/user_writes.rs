//! Writing users: the row, its keys, and what goes with them.

use crate::engine::connection::Connection;
use crate::engine::row::{Read, only};
use crate::query::ObjectKeys;
use crate::query::kinds::USERS;
use crate::query::writes;
use crate::rows::users::{self, READ_DOCUMENT, document_columns};
use crate::sql::value::{Bind, binds};
use crate::sql::{Sql, statements};
use crate::{Conflict, StoreError, TenantId, Tx, UserRow};
use edm::{Entity, Record, document};
use jiff::Timestamp;
use std::sync::LazyLock;
use uuid::Uuid;

statements! {
    Tenant REPLACE_USER = "UPDATE users SET version = version + 1, schema = ?4, enabled = ?5, user_type = ?6, upn = ?7, \
        state = ?8, password_hash = ?9, immutable_id = ?10, brief = ?11, rest = ?12 \
        WHERE tenant_id = ?1 AND id = ?2 AND version = ?3 AND deleted_at IS NULL";
    Tenant SOFT_DELETE_USER = "UPDATE users SET version = version + 1, deleted_at = ?3, immutable_id = NULL \
        WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NULL";
    Tenant FREE_ADDRESSES = "DELETE FROM addresses WHERE tenant_id = ?1 AND object_id = ?2";
    Tenant FREE_IDENTITIES = "DELETE FROM identities WHERE tenant_id = ?1 AND object_id = ?2";
    Tenant DOCUMENT = concat!("SELECT ", document_columns!(""), " FROM users \
        WHERE tenant_id = ?1 AND id = ?2 AND version = ?3 AND deleted_at IS NULL");
    Tenant IMMUTABLE_OWNER = "SELECT id FROM users WHERE tenant_id = ?1 AND immutable_id = ?2";
    pub(crate) Tenant INSERT_VALUE = "INSERT INTO user_values (tenant_id, property, key, object_id) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    Tenant REMOVE_VALUE = "DELETE FROM user_values WHERE tenant_id = ?1 AND property = ?2 AND key = ?3 AND object_id = ?4";
    pub(crate) Tenant INSERT_TOKEN = "INSERT INTO search_tokens (tenant_id, token, object_id) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    Tenant REMOVE_TOKEN = "DELETE FROM search_tokens WHERE tenant_id = ?1 AND token = ?2 AND object_id = ?3";
}

/// The keys of the user whose document this is, with those of the tenant's own properties that the
/// schema knows.
fn keys_of(document: &str, ty: Entity<'_>) -> Result<ObjectKeys, StoreError> {
    let record =
        document::parse(document, ty).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(ObjectKeys::of_user(&record))
}

/// Users behind an id, deleted ones too, as [`READ_KEYED`] reads them.
pub(crate) static KEYED_USERS: LazyLock<Sql> =
    LazyLock::new(|| writes::keyed(&USERS, document_columns!("")));

/// A user, deleted ones too, with the key columns as they are stored.
pub(crate) struct KeyedUser {
    pub(crate) id: Uuid,
    /// An error where its texts are damaged.
    document: Result<String, StoreError>,
    columns: Vec<Vec<u8>>,
}

/// Reads the keys first: where a text is damaged, reading the row ends there.
pub(crate) const READ_KEYED: Read<KeyedUser> = |row| {
    let columns = USERS.columns.iter().map(|_| row.take());
    let columns = columns.collect::<Result<_, _>>()?;
    let id = row.take()?;
    Ok(KeyedUser {
        id,
        document: users::read_document(row, id),
        columns,
    })
};

/// Writes all keys of a user whose values and tokens were removed before. `ty` has all definitions
/// that the tenant ever had, because the values of deleted ones have keys too.
pub(crate) async fn make_keys(
    on: &mut Connection,
    tenant: TenantId,
    user: &KeyedUser,
    ty: Entity<'_>,
) -> Result<(), StoreError> {
    // One document that cannot be read must not keep every tenant's directory from starting: its
    // user is found by their id, and reading them tells what is wrong.
    let document = user.document.clone();
    let keys = document
        .and_then(|document| keys_of(&document, ty))
        .unwrap_or_else(|error| {
            tracing::warn!(user = %user.id, %error, "the keys of a user cannot be made");
            ObjectKeys::of_user(&Record::new())
        });
    put_columns(on, tenant, user.id, &user.columns, &keys).await?;
    index(on, tenant, user.id, None, Some(&keys)).await
}

/// Writes the key columns where they differ from `before`. Apart from the row, because naming a
/// column rewrites its index even where nothing changes.
async fn put_columns<T: AsRef<[u8]>>(
    on: &mut Connection,
    tenant: TenantId,
    id: Uuid,
    before: &[T],
    keys: &ObjectKeys,
) -> Result<(), StoreError> {
    let stored = before.iter().map(AsRef::as_ref);
    if !stored.eq(keys.columns.iter().map(AsRef::as_ref)) {
        let mut binds = binds![tenant, id].to_vec();
        binds.extend(keys.columns.iter().map(|key| Bind::from(&**key)));
        on.execute(&USERS.writes.replace_keys, &binds).await?;
    }
    Ok(())
}

/// Deletes the keys that only `before` has, and inserts those that only `after` has.
async fn index(
    on: &mut Connection,
    tenant: TenantId,
    object: Uuid,
    before: Option<&ObjectKeys>,
    after: Option<&ObjectKeys>,
) -> Result<(), StoreError> {
    for (one, other, sql) in [
        (before, after, &REMOVE_VALUE),
        (after, before, &INSERT_VALUE),
    ] {
        for value in one.iter().flat_map(|keys| &keys.values) {
            if other.is_some_and(|keys| keys.values.contains(value)) {
                continue;
            }
            let (name, key) = value;
            on.execute(sql, binds![tenant, &**name, key, object])
                .await?;
        }
    }
    for (one, other, sql) in [
        (before, after, &REMOVE_TOKEN),
        (after, before, &INSERT_TOKEN),
    ] {
        for token in one.iter().flat_map(|keys| &keys.tokens) {
            if other.is_none_or(|keys| !keys.tokens.contains(token)) {
                on.execute(sql, binds![tenant, token.as_bytes(), object])
                    .await?;
            }
        }
    }
    Ok(())
}

/// Inserts the row with its keys. `false` when the id or the immutable id is another's.
pub(crate) async fn insert_row(
    on: &mut Connection,
    tenant: TenantId,
    user: &UserRow,
    keys: &ObjectKeys,
) -> Result<bool, StoreError> {
    let (brief, rest) = user.packed();
    let mut binds = binds![
        tenant,
        user.id,
        user.version,
        user.schema,
        user.enabled,
        user.user_type,
        &user.upn,
        user.state,
        user.created_at,
        user.deleted_at,
        user.password_hash.as_ref(),
        user.immutable_id.as_ref(),
        &brief,
        &rest,
    ]
    .to_vec();
    binds.extend(keys.columns.iter().map(|key| Bind::from(&**key)));
    Ok(on.execute(&USERS.writes.insert, &binds).await? > 0)
}

/// Who has the immutable id of this row.
pub(crate) async fn immutable_owner(
    on: &mut Connection,
    tenant: TenantId,
    user: &UserRow,
) -> Result<Option<Uuid>, StoreError> {
    match &user.immutable_id {
        Some(wanted) => on.row(&IMMUTABLE_OWNER, binds![tenant, wanted], only).await,
        None => Ok(None),
    }
}

/// Deletes the keys of a user who is about to be removed for good. Their document is read with all
/// definitions that the tenant ever had.
pub(crate) async fn forget(
    on: &mut Connection,
    tenant: TenantId,
    object: Uuid,
    (document, ty): (&str, Entity<'_>),
) -> Result<(), StoreError> {
    let keys = keys_of(document, ty)?;
    index(on, tenant, object, Some(&keys), None).await
}

impl Tx {
    /// Inserts a user as given, with their keys. [`Conflict::Id`] or [`Conflict::ImmutableId`].
    /// Addresses and identities are claimed apart.
    pub async fn insert_user(
        &mut self,
        user: &UserRow,
        keys: &ObjectKeys,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        if !insert_row(self.connection(), tenant, user, keys).await? {
            return Err(self
                .immutable_conflict(user)
                .await?
                .unwrap_or(Conflict::Id)
                .into());
        }
        index(self.connection(), tenant, user.id, None, Some(keys)).await?;
        match user.deleted_at {
            None => self.left.users.live += 1,
            Some(_) => self.left.users.deleted += 1,
        }
        Ok(())
    }

    /// Writes every column of a live user but `created_at` and `deleted_at`, and their keys.
    /// `user.version` is the version that was read; the stored one becomes `user.version + 1`.
    /// `false` when the user was changed or deleted since.
    ///
    /// `ty` has the definitions that the record was read with. Keys of other own properties stay,
    /// as their values do: a definition that is restored finds both.
    pub async fn replace_user(
        &mut self,
        user: &UserRow,
        keys: &ObjectKeys,
        ty: Entity<'_>,
    ) -> Result<bool, StoreError> {
        if let Some(conflict) = self.immutable_conflict(user).await? {
            return Err(conflict.into());
        }
        let tenant = self.tenant();
        let binds = binds![tenant, user.id, user.version];
        let document: Option<String> = self
            .connection()
            .row(&DOCUMENT, binds, READ_DOCUMENT)
            .await?;
        let Some(document) = document else {
            return Ok(false);
        };
        let before = keys_of(&document, ty)?;
        let (brief, rest) = user.packed();
        let binds = binds![
            tenant,
            user.id,
            user.version,
            user.schema,
            user.enabled,
            user.user_type,
            &user.upn,
            user.state,
            user.password_hash.as_ref(),
            user.immutable_id.as_ref(),
            &brief,
            &rest,
        ];
        if self.connection().execute(&REPLACE_USER, binds).await? == 0 {
            return Ok(false);
        }
        put_columns(self.connection(), tenant, user.id, &before.columns, keys).await?;
        index(
            self.connection(),
            tenant,
            user.id,
            Some(&before),
            Some(keys),
        )
        .await?;
        Ok(true)
    }

    async fn immutable_conflict(&mut self, user: &UserRow) -> Result<Option<Conflict>, StoreError> {
        let tenant = self.tenant();
        let owner = immutable_owner(self.connection(), tenant, user).await?;
        Ok(owner
            .filter(|owner| *owner != user.id)
            .map(|owner| Conflict::ImmutableId { owner }))
    }

    /// Marks a user deleted and frees UPN, addresses, identities and immutable id. `false`
    /// when there is no live user with this id.
    pub async fn soft_delete_user(&mut self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        if connection
            .execute(&SOFT_DELETE_USER, binds![tenant, id, now])
            .await?
            == 0
        {
            return Ok(false);
        }
        connection
            .execute(&FREE_ADDRESSES, binds![tenant, id])
            .await?;
        connection
            .execute(&FREE_IDENTITIES, binds![tenant, id])
            .await?;
        self.left.users.live -= 1;
        self.left.users.deleted += 1;
        Ok(true)
    }
}
