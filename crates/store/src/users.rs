//! Users: the row, its texts, and the two uniqueness spaces (addresses and identities) it claims.

use crate::packed::Known;
use crate::query::keys;
use crate::reader::Page;
use crate::session::Session;
use crate::sql::statements;
use crate::value::{Columns, Read, binds, codes, only};
use crate::{AppState, Conflict, StoreError, TenantId, Tx};
use edm::document;
use jiff::Timestamp;
use std::collections::BTreeMap;
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

/// One user. `brief` and `rest` are his document, cut in two (decision 38), and lie packed in the row; the other columns are what is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Object id.
    pub id: Uuid,
    /// Starts at 1, one more with every change (the ETag of decision 16).
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
    /// Set once the user is soft-deleted (decision 12).
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
        let known = self.known();
        (known.pack(&self.brief), known.pack(&self.rest))
    }

    /// What his texts need not repeat.
    fn known(&self) -> Known<'_> {
        Known::new(self.id, &self.upn, self.created_at)
    }
}

/// What a list without `$select` needs of a user.
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

/// What an address is to the object that holds it; a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressUses(pub u32);

impl AddressUses {
    /// `userPrincipalName`.
    pub const UPN: Self = Self(1);
    /// `mail`.
    pub const MAIL: Self = Self(2);
    /// `otherMails`.
    pub const OTHER: Self = Self(4);
    /// `proxyAddresses`.
    pub const PROXY: Self = Self(8);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every bit of `other` is in this set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Who holds an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressOwner {
    /// The object.
    pub object: Uuid,
    /// As what.
    pub uses: AddressUses,
}

/// One entry of `identities` as it is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `issuer`.
    pub issuer: String,
    /// `issuerAssignedId`, folded by the caller where the sign-in type asks for it.
    pub assigned: String,
    /// `signInType`.
    pub sign_in_type: String,
}

macro_rules! user_columns {
    () => {
        "u.id, u.version, u.schema, u.enabled, u.user_type, u.upn, u.state, u.created_at, \
         u.deleted_at, u.password_hash, u.immutable_id, u.brief, u.rest"
    };
}
pub(crate) use user_columns;

/// The columns of `users`, each with its table before it, of which [`READ_DOCUMENT`] makes the document.
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
/// The same, and what a document is judged by.
pub(crate) const JUDGED_USER_COLUMNS: &str =
    concat!(user_columns!(), ", u.deleted_at, ", document_columns!("u."));

statements! {
    Tenant USER = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.id = ?2 AND u.deleted_at IS NULL");
    Tenant APP_AND_USER = concat!("SELECT a.object_id, a.enabled, u.id IS NOT NULL, ", user_columns!(), " FROM apps a \
        LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.id = ?3 AND u.deleted_at IS NULL \
        WHERE a.tenant_id = ?1 AND a.client_id = ?2");
    Tenant APP_AND_USER_BY_UPN = concat!("SELECT a.object_id, a.enabled, u.id IS NOT NULL, ", user_columns!(), " FROM apps a \
        LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.user_principal_name_key = ?3 AND u.deleted_at IS NULL \
        WHERE a.tenant_id = ?1 AND a.client_id = ?2");
    Tenant DELETED_USER = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.id = ?2 AND u.deleted_at IS NOT NULL");
    // By the index over the users and not by the claims: two trees instead of four.
    Tenant USER_BY_UPN = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.user_principal_name_key = ?2 AND u.deleted_at IS NULL");
    Tenant USER_BY_ADDRESS = concat!("SELECT ", user_columns!(), " FROM addresses a \
        JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.object_id \
        WHERE a.tenant_id = ?1 AND a.address_key = ?2 AND u.deleted_at IS NULL");
    Tenant USERS = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.id > ?2 AND u.deleted_at IS NULL ORDER BY u.id LIMIT ?3");
    Tenant ADDRESS_OWNER = "SELECT object_id, uses FROM addresses WHERE tenant_id = ?1 AND address_key = ?2";
    Tenant ADDRESSES_OF = "SELECT address_key, uses FROM addresses WHERE tenant_id = ?1 AND object_id = ?2";
    pub(crate) Tenant INSERT_ADDRESS = "INSERT INTO addresses (tenant_id, address_key, object_id, uses) \
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    Tenant USE_ADDRESS = "UPDATE addresses SET uses = ?4 WHERE tenant_id = ?1 AND address_key = ?2 AND object_id = ?3";
    Tenant FREE_ADDRESS = "DELETE FROM addresses WHERE tenant_id = ?1 AND address_key = ?2 AND object_id = ?3";
    Tenant IDENTITY_OWNER = "SELECT object_id FROM identities \
        WHERE tenant_id = ?1 AND issuer = ?2 AND assigned_id = ?3";
    Tenant IDENTITIES_OF = "SELECT issuer, assigned_id, sign_in_type FROM identities \
        WHERE tenant_id = ?1 AND object_id = ?2";
    pub(crate) Tenant INSERT_IDENTITY = "INSERT INTO identities (tenant_id, issuer, assigned_id, object_id, sign_in_type) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    Tenant FREE_IDENTITY = "DELETE FROM identities \
        WHERE tenant_id = ?1 AND issuer = ?2 AND assigned_id = ?3 AND object_id = ?4";
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
    let known = user.known();
    let (brief, rest) = (known.unpack(row.text()?)?, known.unpack(row.text()?)?);
    (user.brief, user.rest) = (brief, rest);
    Ok(user)
}

/// Of [`document_columns`] the document.
pub(crate) const READ_DOCUMENT: Read<String> = |row| {
    let known = read_known(row)?;
    let (brief, rest) = (known.unpack(row.text()?)?, known.unpack(row.text()?)?);
    Ok(document::joined(&brief, &rest))
};

fn read_known<'r>(row: &mut Columns<'r>) -> Result<Known<'r>, StoreError> {
    Ok(Known::new(row.take()?, row.text()?, row.take()?))
}

const READ_APP_AND_USER: Read<(AppState, Option<UserRow>)> = |row| {
    let app = AppState {
        object_id: row.take()?,
        enabled: row.take()?,
    };
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
/// The same, and what a document is judged by.
pub(crate) const JUDGED_BRIEF_COLUMNS: &str = concat!(
    brief_columns!(),
    ", u.deleted_at, ",
    document_columns!("u.")
);
pub(crate) const READ_BRIEF: Read<UserBrief> = |row| {
    let (version, schema) = (row.take()?, row.take()?);
    let known = read_known(row)?;
    Ok(UserBrief {
        id: known.id(),
        version,
        schema,
        brief: known.unpack(row.text()?)?,
    })
};
const READ_OWNER: Read<AddressOwner> = |row| {
    Ok(AddressOwner {
        object: row.take()?,
        uses: AddressUses(row.take()?),
    })
};
const READ_ADDRESS: Read<(String, AddressUses)> = |row| Ok((row.take()?, AddressUses(row.take()?)));
const READ_IDENTITY: Read<Identity> = |row| {
    Ok(Identity {
        issuer: row.take()?,
        assigned: row.take()?,
        sign_in_type: row.take()?,
    })
};

pub(crate) async fn user(
    on: &mut Session,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&USER, binds![tenant, id], read_user).await
}

pub(crate) async fn app_and_user(
    on: &mut Session,
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
    on: &mut Session,
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
    on: &mut Session,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&DELETED_USER, binds![tenant, id], read_user).await
}

pub(crate) async fn user_by_upn(
    on: &mut Session,
    tenant: TenantId,
    key: &str,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&USER_BY_UPN, binds![tenant, &keys::text(key)], read_user)
        .await
}

pub(crate) async fn user_by_address(
    on: &mut Session,
    tenant: TenantId,
    key: &str,
) -> Result<Option<UserRow>, StoreError> {
    on.row(&USER_BY_ADDRESS, binds![tenant, key], read_user)
        .await
}

pub(crate) async fn address_owner(
    on: &mut Session,
    tenant: TenantId,
    key: &str,
) -> Result<Option<AddressOwner>, StoreError> {
    on.row(&ADDRESS_OWNER, binds![tenant, key], READ_OWNER)
        .await
}

pub(crate) async fn identity_owner(
    on: &mut Session,
    tenant: TenantId,
    issuer: &str,
    assigned: &str,
) -> Result<Option<Uuid>, StoreError> {
    on.row(&IDENTITY_OWNER, binds![tenant, issuer, assigned], only)
        .await
}

pub(crate) async fn users(
    on: &mut Session,
    tenant: TenantId,
    page: Page,
) -> Result<Vec<UserRow>, StoreError> {
    on.rows(&USERS, binds![tenant, page.after(), page.limit], read_user)
        .await
}

/// The keys, each once with all its uses. Sorted, so that two writers that want the same keys meet at the first one
/// instead of in a deadlock.
pub(crate) fn by_key<'a>(wanted: &[(&'a str, AddressUses)]) -> BTreeMap<&'a str, AddressUses> {
    let mut keys = BTreeMap::new();
    for (key, uses) in wanted {
        let held = keys.entry(*key).or_insert(AddressUses(0));
        *held = held.and(*uses);
    }
    keys
}

async fn insert_addresses(
    on: &mut Session,
    tenant: TenantId,
    object: Uuid,
    keys: BTreeMap<&str, AddressUses>,
) -> Result<(), StoreError> {
    for (key, uses) in keys {
        if on
            .execute(&INSERT_ADDRESS, binds![tenant, key, object, uses.0])
            .await?
            == 0
        {
            let owner = address_owner(on, tenant, key)
                .await?
                .ok_or(StoreError::Busy)?
                .object;
            return Err(Conflict::Address {
                key: key.to_owned(),
                owner,
            }
            .into());
        }
    }
    Ok(())
}

/// Inserts them sorted, for the same reason as [`by_key`].
async fn insert_identities(
    on: &mut Session,
    tenant: TenantId,
    object: Uuid,
    mut identities: Vec<&Identity>,
) -> Result<(), StoreError> {
    identities.sort_by(|a, b| (&a.issuer, &a.assigned).cmp(&(&b.issuer, &b.assigned)));
    for Identity {
        issuer,
        assigned,
        sign_in_type,
    } in identities
    {
        let binds = binds![tenant, issuer, assigned, object, sign_in_type];
        if on.execute(&INSERT_IDENTITY, binds).await? == 0 {
            let owner = identity_owner(on, tenant, issuer, assigned)
                .await?
                .ok_or(StoreError::Busy)?;
            return Err(Conflict::Identity {
                issuer: issuer.clone(),
                assigned: assigned.clone(),
                owner,
            }
            .into());
        }
    }
    Ok(())
}

impl Tx {
    /// Makes `wanted` the whole set of addresses the object holds: frees those not named, claims the new ones. The first
    /// address that another object holds is [`Conflict::Address`]. A key named twice counts with both uses.
    pub async fn claim_addresses(
        &mut self,
        object: Uuid,
        wanted: &[(&str, AddressUses)],
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let session = self.session();
        let mut missing = by_key(wanted);
        for (key, uses) in session
            .rows(&ADDRESSES_OF, binds![tenant, object], READ_ADDRESS)
            .await?
        {
            match missing.remove(key.as_str()) {
                None => {
                    session
                        .execute(&FREE_ADDRESS, binds![tenant, &key, object])
                        .await?
                }
                Some(wanted) if wanted != uses => {
                    session
                        .execute(&USE_ADDRESS, binds![tenant, &key, object, wanted.0])
                        .await?
                }
                Some(_) => 0,
            };
        }
        insert_addresses(session, tenant, object, missing).await
    }

    /// Claims addresses and identities of an object made in this very write, which holds none yet: as
    /// [`Tx::claim_addresses`] and [`Tx::claim_identities`], without looking for what there is to free.
    pub async fn claim_first(
        &mut self,
        object: Uuid,
        addresses: &[(&str, AddressUses)],
        identities: &[Identity],
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let session = self.session();
        insert_addresses(session, tenant, object, by_key(addresses)).await?;
        insert_identities(session, tenant, object, identities.iter().collect()).await
    }

    /// Makes `wanted` the whole set of identities of the object. The first one that belongs to another object, or is named
    /// twice, is [`Conflict::Identity`].
    pub async fn claim_identities(
        &mut self,
        object: Uuid,
        wanted: &[Identity],
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let session = self.session();
        let held = session
            .rows(&IDENTITIES_OF, binds![tenant, object], READ_IDENTITY)
            .await?;
        for gone in held.iter().filter(|identity| !wanted.contains(identity)) {
            session
                .execute(
                    &FREE_IDENTITY,
                    binds![tenant, &gone.issuer, &gone.assigned, object],
                )
                .await?;
        }
        let missing = wanted
            .iter()
            .filter(|identity| !held.contains(identity))
            .collect();
        insert_identities(session, tenant, object, missing).await
    }
}
