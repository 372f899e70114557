//! Users: the row and its texts.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read};
use crate::query::keys;
use crate::query::kind::Stored;
use crate::reader::Page;
use crate::rows::apps::{self, state_columns};
use crate::rows::packed::RowValues;
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{AppState, StoreError, TenantId};
use edm::{Value, document, user};
use jiff::Timestamp;
use uuid::Uuid;

codes! {
    /// `userType`.
    pub enum UserType {
        /// One of the organisation.
        Member = 1,
        /// An invited or internal guest.
        Guest = 2,
    }
}

codes! {
    /// `externalUserState` of an invited user.
    pub enum GuestState {
        /// Invited, has not redeemed.
        PendingAcceptance = 1,
        /// Has redeemed.
        Accepted = 2,
    }
}

/// One user. `brief` and `rest` are the document, cut in two, and lie packed in the
/// row; the other columns are for look-ups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Object id.
    pub id: Uuid,
    /// Starts at 1, one more with every change (the ETag of R-11).
    pub version: i64,
    /// Version of the rendering of the two texts; older ones are rendered again on read.
    pub schema: u32,
    /// `accountEnabled`.
    pub enabled: bool,
    /// `userType`.
    pub user_type: Option<UserType>,
    /// `userPrincipalName` as spelled.
    pub upn: String,
    /// `externalUserState`.
    pub state: Option<GuestState>,
    /// `createdDateTime`.
    pub created_at: Timestamp,
    /// Set once the user is soft-deleted.
    pub deleted_at: Option<Timestamp>,
    /// Argon2 string; `None` where there is no password.
    pub password_hash: Option<String>,
    /// `onPremisesImmutableId`, unique in the tenant among users that are not deleted.
    pub immutable_id: Option<String>,
    /// The default set, ready to splice after the context.
    pub brief: String,
    /// What the document holds beyond the default set, without braces.
    pub rest: String,
}

impl UserRow {
    /// The whole document. Joined anew at each call.
    pub fn doc(&self) -> String {
        document::joined(&self.brief, &self.rest)
    }

    /// `brief` and `rest` as they are kept.
    pub(crate) fn packed(&self) -> (String, String) {
        let values = self.row_values();
        (values.pack(&self.brief), values.pack(&self.rest))
    }

    /// The values that the texts need not repeat.
    fn row_values(&self) -> RowValues<'_> {
        RowValues::new(self.id, &self.upn, self.created_at)
    }
}

/// The part of a user that a list without `$select` needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserBrief {
    /// Object id.
    pub id: Uuid,
    /// As in [`UserRow`].
    pub version: i64,
    /// As in [`UserRow`].
    pub schema: u32,
    /// As in [`UserRow`].
    pub brief: String,
}

/// The columns of `users` behind the tenant that are no keys, in the order in which `user_writes`
/// binds them.
pub(crate) const FIELDS: &str = "id, version, schema, enabled, user_type, upn, state, created_at, deleted_at, \
    password_hash, immutable_id, brief, rest";

macro_rules! user_columns {
    () => {
        "u.id, u.version, u.schema, u.enabled, u.user_type, u.upn, u.state, u.created_at, \
         u.deleted_at, u.password_hash, u.immutable_id, u.brief, u.rest"
    };
}
pub(crate) use user_columns;

/// The columns of `users`, each with its table before it, of which [`READ_DOCUMENT`] makes the
/// document.
macro_rules! document_columns {
    ($of:literal) => {
        concat!(
            $of,
            "id, ",
            $of,
            "upn, ",
            $of,
            "created_at, ",
            $of,
            "brief, ",
            $of,
            "rest"
        )
    };
}
pub(crate) use document_columns;

macro_rules! brief_columns {
    () => {
        "u.version, u.schema, u.id, u.upn, u.created_at, u.brief"
    };
}

/// The columns of a row of `users u`, as [`read_user`] reads them.
pub(crate) const USER_COLUMNS: &str = user_columns!();

statements! {
    Tenant USER = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.id = ?2 AND u.deleted_at IS NULL");
    Tenant APP_AND_USER = concat!("SELECT ", state_columns!(), ", u.id IS NOT NULL, ", user_columns!(), " FROM apps a \
        LEFT JOIN definition_versions ON definition_versions.tenant_id = ?1 \
        LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.id = ?3 AND u.deleted_at IS NULL \
        WHERE a.tenant_id = ?1 AND a.client_id = ?2");
    Tenant APP_AND_USER_BY_UPN = concat!("SELECT ", state_columns!(), ", u.id IS NOT NULL, ", user_columns!(), " FROM apps a \
        LEFT JOIN definition_versions ON definition_versions.tenant_id = ?1 \
        LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.user_principal_name_key = ?3 AND u.deleted_at IS NULL \
        WHERE a.tenant_id = ?1 AND a.client_id = ?2");
    Tenant DELETED_USER = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.id = ?2 AND u.deleted_at IS NOT NULL");
    // By the index over the users and not by the claims: two trees instead of four.
    Tenant USER_BY_UPN = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.user_principal_name_key = ?2 AND u.deleted_at IS NULL");
    Tenant USER_AT = concat!("SELECT ", user_columns!(), " FROM addresses a \
        JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.object_id \
        WHERE a.tenant_id = ?1 AND a.address_key = ?2 AND (CASE WHEN a.standing > 0 THEN 1 ELSE 0 END) = 1 \
        AND (a.standing = 2 OR u.state = 1) AND u.deleted_at IS NULL");
    Tenant USERS = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.id > ?2 AND u.deleted_at IS NULL ORDER BY u.id LIMIT ?3");
}

pub(crate) fn read_user(row: &mut Columns<'_>) -> Result<UserRow, StoreError> {
    let mut user = UserRow {
        id: row.take()?,
        version: row.take()?,
        schema: row.take()?,
        enabled: row.take()?,
        user_type: row.take()?,
        upn: row.take()?,
        state: row.take()?,
        created_at: row.take()?,
        deleted_at: row.take()?,
        password_hash: row.take()?,
        immutable_id: row.take()?,
        brief: String::new(),
        rest: String::new(),
    };
    let values = user.row_values();
    let (brief, rest) = (values.unpack(row.text()?)?, values.unpack(row.text()?)?);
    (user.brief, user.rest) = (brief, rest);
    Ok(user)
}

/// Of [`document_columns`] the document.
pub(crate) const READ_DOCUMENT: Read<String> = |row| {
    let id = row.take()?;
    read_document(row, id)
};

/// Reads the document from the columns behind the id, which was read before.
pub(crate) fn read_document(row: &mut Columns<'_>, id: Uuid) -> Result<String, StoreError> {
    let values = RowValues::new(id, row.text()?, row.take()?);
    let (brief, rest) = (values.unpack(row.text()?)?, values.unpack(row.text()?)?);
    Ok(document::joined(&brief, &rest))
}

/// Of `deleted_at` and [`document_columns`] the document, with the instant that it does not hold.
pub(crate) const READ_STORED: Read<Stored> = |row| {
    let deleted_at: Option<Timestamp> = row.take()?;
    Ok(Stored {
        text: READ_DOCUMENT(row)?,
        within: None,
        current: deleted_at.map(|at| (&user::DELETED_DATE_TIME, Value::Instant(at))),
    })
};

fn read_row_values<'r>(row: &mut Columns<'r>) -> Result<RowValues<'r>, StoreError> {
    Ok(RowValues::new(row.take()?, row.text()?, row.take()?))
}

const READ_APP_AND_USER: Read<(AppState, Option<UserRow>)> = |row| {
    let app = apps::read_state(row)?;
    let is_there: bool = row.take()?;
    let user = if is_there {
        Some(read_user(row)?)
    } else {
        None
    };
    Ok((app, user))
};
/// The columns of `users u` that [`READ_BRIEF`] reads.
pub(crate) const BRIEF_COLUMNS: &str = brief_columns!();
pub(crate) const READ_BRIEF: Read<UserBrief> = |row| {
    let (version, schema) = (row.take()?, row.take()?);
    let values = read_row_values(row)?;
    Ok(UserBrief {
        id: values.id(),
        version,
        schema,
        brief: values.unpack(row.text()?)?,
    })
};

pub(crate) async fn user(
    on: &mut Connection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&USER, binds![tenant, id], read_user).await
}

pub(crate) async fn app_and_user(
    on: &mut Connection,
    tenant: TenantId,
    client_id: Uuid,
    id: Uuid,
) -> Result<Option<(AppState, Option<UserRow>)>, StoreError> {
    on.row(
        &APP_AND_USER,
        binds![tenant, client_id, id],
        READ_APP_AND_USER,
    )
    .await
}

pub(crate) async fn app_and_user_by_upn(
    on: &mut Connection,
    tenant: TenantId,
    client_id: Uuid,
    key: &str,
) -> Result<Option<(AppState, Option<UserRow>)>, StoreError> {
    on.row(
        &APP_AND_USER_BY_UPN,
        binds![tenant, client_id, &keys::text(key)],
        READ_APP_AND_USER,
    )
    .await
}

pub(crate) async fn deleted_user(
    on: &mut Connection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&DELETED_USER, binds![tenant, id], read_user).await
}

pub(crate) async fn user_by_upn(
    on: &mut Connection,
    tenant: TenantId,
    key: &str,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&USER_BY_UPN, binds![tenant, &keys::text(key)], read_user)
        .await
}

pub(crate) async fn user_at(
    on: &mut Connection,
    tenant: TenantId,
    key: &str,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&USER_AT, binds![tenant, key], read_user).await
}

pub(crate) async fn users(
    on: &mut Connection,
    tenant: TenantId,
    page: Page,
) -> Result<Vec<UserRow>, StoreError> {
    on.rows(&USERS, binds![tenant, page.after(), page.limit], read_user)
        .await
}
