//! Writing users: the row, its keys, and what goes with them.

use crate::query::UserKeys;
use crate::query::columns::{self, Member};
use crate::session::Session;
use crate::sql::statements;
use crate::users::{self, READ_DOCUMENT, document_columns};
use crate::value::{Bind, Read, binds, only};
use crate::{Conflict, StoreError, TenantId, Tx, UserRow};
use edm::{document, user};
use jiff::Timestamp;
use uuid::Uuid;

/// The key columns, in the order of [`columns::columns`]; a test compares.
macro_rules! key_columns {
    () => {
        "account_enabled_key, age_group_key, city_key, company_name_key, consent_provided_for_minor_key, \
         country_key, created_date_time_key, creation_type_key, department_key, display_name_key, \
         employee_hire_date_key, employee_id_key, employee_leave_date_time_key, employee_type_key, \
         external_user_state_key, external_user_state_change_date_time_key, fax_number_key, given_name_key, \
         is_resource_account_key, job_title_key, mail_key, mail_nickname_key, mobile_phone_key, \
         office_location_key, on_premises_immutable_id_key, on_premises_last_sync_date_time_key, \
         on_premises_sam_account_name_key, on_premises_security_identifier_key, on_premises_sync_enabled_key, \
         on_premises_user_principal_name_key, password_policies_key, postal_code_key, preferred_language_key, \
         show_in_address_list_key, state_key, street_address_key, surname_key, usage_location_key, \
         user_principal_name_key, user_type_key"
    };
}

statements! {
    Tenant INSERT_USER = concat!("INSERT INTO users (tenant_id, id, version, schema, enabled, user_type, upn, state, \
        created_at, deleted_at, password_hash, immutable_id, brief, rest, ", key_columns!(), ") \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
        ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42, ?43, \
        ?44, ?45, ?46, ?47, ?48, ?49, ?50, ?51, ?52, ?53, ?54) ON CONFLICT DO NOTHING");
    Tenant REPLACE_USER = "UPDATE users SET version = version + 1, schema = ?4, enabled = ?5, user_type = ?6, upn = ?7, \
        state = ?8, password_hash = ?9, immutable_id = ?10, brief = ?11, rest = ?12 \
        WHERE tenant_id = ?1 AND id = ?2 AND version = ?3 AND deleted_at IS NULL";
    Tenant REPLACE_KEYS = concat!("UPDATE users SET (", key_columns!(), ") = (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, \
        ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41, ?42) \
        WHERE tenant_id = ?1 AND id = ?2");
    Tenant SOFT_DELETE_USER = "UPDATE users SET version = version + 1, deleted_at = ?3, immutable_id = NULL \
        WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NULL";
    Tenant FREE_ADDRESSES = "DELETE FROM addresses WHERE tenant_id = ?1 AND object_id = ?2";
    Tenant FREE_IDENTITIES = "DELETE FROM identities WHERE tenant_id = ?1 AND object_id = ?2";
    Tenant DOCUMENT = concat!("SELECT ", document_columns!(""), " FROM users \
        WHERE tenant_id = ?1 AND id = ?2 AND version = ?3 AND deleted_at IS NULL");
    pub(crate) Tenant KEYED_USERS = concat!("SELECT ", document_columns!(""), ", ", key_columns!(), " FROM users \
        WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
    Tenant IMMUTABLE_OWNER = "SELECT id FROM users WHERE tenant_id = ?1 AND immutable_id = ?2";
    pub(crate) Tenant INSERT_VALUE = "INSERT INTO user_values (tenant_id, property, key, object_id) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    Tenant REMOVE_VALUE = "DELETE FROM user_values WHERE tenant_id = ?1 AND property = ?2 AND key = ?3 AND object_id = ?4";
    pub(crate) Tenant INSERT_TOKEN = "INSERT INTO search_tokens (tenant_id, token, object_id) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO NOTHING";
    Tenant REMOVE_TOKEN = "DELETE FROM search_tokens WHERE tenant_id = ?1 AND token = ?2 AND object_id = ?3";
}

/// The keys of the user whose document this is.
fn keys_of(document: &str) -> Result<UserKeys, StoreError> {
    let record = document::parse(document, &user::TYPE)
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(UserKeys::of(&record))
}

/// A user, deleted ones too, with the key columns as they are stored.
pub(crate) struct KeyedUser {
    pub(crate) id: Uuid,
    document: String,
    columns: Vec<Vec<u8>>,
}

pub(crate) const READ_KEYED: Read<KeyedUser> = |row| {
    let (id, document) = users::read_document(row)?;
    let columns = columns::columns().iter().map(|_| row.take());
    Ok(KeyedUser {
        id,
        document,
        columns: columns.collect::<Result<_, _>>()?,
    })
};

/// Makes all keys of a user whose values and tokens were removed.
pub(crate) async fn make_keys(
    on: &mut Session,
    tenant: TenantId,
    user: &KeyedUser,
) -> Result<(), StoreError> {
    let keys = keys_of(&user.document)?;
    put_columns(on, tenant, user.id, &user.columns, &keys).await?;
    index(on, tenant, user.id, None, Some(&keys)).await
}

/// Writes the key columns where they differ from `before`. Apart from the row, because naming a
/// column rewrites its index even where nothing changes.
async fn put_columns<T: AsRef<[u8]>>(
    on: &mut Session,
    tenant: TenantId,
    id: Uuid,
    before: &[T],
    keys: &UserKeys,
) -> Result<(), StoreError> {
    let stored = before.iter().map(AsRef::as_ref);
    if !stored.eq(keys.columns.iter().map(AsRef::as_ref)) {
        let mut binds = binds![tenant, id].to_vec();
        binds.extend(keys.columns.iter().map(|key| Bind::from(&**key)));
        on.execute(&REPLACE_KEYS, &binds).await?;
    }
    Ok(())
}

/// Deletes the keys that only `before` has, and inserts those that only `after` has.
async fn index(
    on: &mut Session,
    tenant: TenantId,
    object: Uuid,
    before: Option<&UserKeys>,
    after: Option<&UserKeys>,
) -> Result<(), StoreError> {
    for (one, other, sql) in [
        (before, after, &REMOVE_VALUE),
        (after, before, &INSERT_VALUE),
    ] {
        for value in one.iter().flat_map(|keys| &keys.values) {
            if other.is_some_and(|keys| keys.values.contains(value)) {
                continue;
            }
            let (at, key) = value;
            let Some(Member { kept, .. }) = columns::members().get(*at) else {
                continue;
            };
            on.execute(sql, binds![tenant, kept, key, object]).await?;
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
    on: &mut Session,
    tenant: TenantId,
    user: &UserRow,
    keys: &UserKeys,
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
    Ok(on.execute(&INSERT_USER, &binds).await? > 0)
}

/// Who has the immutable id of this row.
pub(crate) async fn immutable_owner(
    on: &mut Session,
    tenant: TenantId,
    user: &UserRow,
) -> Result<Option<Uuid>, StoreError> {
    match &user.immutable_id {
        Some(wanted) => on.row(&IMMUTABLE_OWNER, binds![tenant, wanted], only).await,
        None => Ok(None),
    }
}

/// Deletes the keys of a user who is about to be removed for good.
pub(crate) async fn forget(
    on: &mut Session,
    tenant: TenantId,
    object: Uuid,
    document: &str,
) -> Result<(), StoreError> {
    index(on, tenant, object, Some(&keys_of(document)?), None).await
}

impl Tx {
    /// Inserts a user as given, with their keys. [`Conflict::Id`] or [`Conflict::ImmutableId`].
    /// Addresses and identities are claimed apart.
    pub async fn insert_user(&mut self, user: &UserRow, keys: &UserKeys) -> Result<(), StoreError> {
        let tenant = self.tenant();
        if !insert_row(self.session(), tenant, user, keys).await? {
            return Err(self
                .immutable_conflict(user)
                .await?
                .unwrap_or(Conflict::Id)
                .into());
        }
        index(self.session(), tenant, user.id, None, Some(keys)).await?;
        match user.deleted_at {
            None => self.left.users.live += 1,
            Some(_) => self.left.users.deleted += 1,
        }
        Ok(())
    }

    /// Writes every column of a live user but `created_at` and `deleted_at`, and their keys.
    /// `user.version` is the version that was read; the stored one becomes `user.version + 1`.
    /// `false` when the user was changed or deleted since.
    pub async fn replace_user(
        &mut self,
        user: &UserRow,
        keys: &UserKeys,
    ) -> Result<bool, StoreError> {
        if let Some(conflict) = self.immutable_conflict(user).await? {
            return Err(conflict.into());
        }
        let tenant = self.tenant();
        let binds = binds![tenant, user.id, user.version];
        let document: Option<String> = self.session().row(&DOCUMENT, binds, READ_DOCUMENT).await?;
        let Some(document) = document else {
            return Ok(false);
        };
        let before = keys_of(&document)?;
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
        if self.session().execute(&REPLACE_USER, binds).await? == 0 {
            return Ok(false);
        }
        put_columns(self.session(), tenant, user.id, &before.columns, keys).await?;
        index(self.session(), tenant, user.id, Some(&before), Some(keys)).await?;
        Ok(true)
    }

    async fn immutable_conflict(&mut self, user: &UserRow) -> Result<Option<Conflict>, StoreError> {
        let tenant = self.tenant();
        let owner = immutable_owner(self.session(), tenant, user).await?;
        Ok(owner
            .filter(|owner| *owner != user.id)
            .map(|owner| Conflict::ImmutableId { owner }))
    }

    /// Marks a user deleted and frees UPN, addresses, identities and immutable id. `false`
    /// when there is no live user with this id.
    pub async fn soft_delete_user(&mut self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        let session = self.session();
        if session
            .execute(&SOFT_DELETE_USER, binds![tenant, id, now])
            .await?
            == 0
        {
            return Ok(false);
        }
        session.execute(&FREE_ADDRESSES, binds![tenant, id]).await?;
        session
            .execute(&FREE_IDENTITIES, binds![tenant, id])
            .await?;
        self.left.users.live -= 1;
        self.left.users.deleted += 1;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use crate::query::columns;

    #[test]
    fn keys_are_written_in_the_order_of_the_table() {
        let names: Vec<_> = columns::columns()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(key_columns!(), names.join(", "));
    }
}
