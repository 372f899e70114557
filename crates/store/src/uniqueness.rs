//! The two uniqueness spaces of a tenant, addresses and identities: what an object claims in them, and who holds what.

use crate::session::Session;
use crate::sql::statements;
use crate::value::{Read, binds, only};
use crate::{Conflict, StoreError, TenantId, Tx};
use std::collections::BTreeMap;
use uuid::Uuid;

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

statements! {
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
