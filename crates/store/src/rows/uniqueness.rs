//! The two uniqueness spaces of a tenant, addresses and identities: what an object holds in them,
//! and who holds what.
//!
//! An address is *proven* (its mailbox answered), *invited-at* (somebody who may invite sent an
//! invitation there) or merely *stated* (written into a property). The first two are claims: an
//! address has at most one holder with a claim, and only a claim leads from an address to a user. A
//! stated address is kept apart from other stated ones, so that two users do not show the same
//! mail, but it never stands in the way of a claim: else an account with somebody else's address in
//! `otherMails` would receive the invitation that is sent there, or keep it from being sent.

use crate::engine::connection::Connection;
use crate::engine::row::{Read, only};
use crate::rows::identity_keys::kept;
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{Conflict, GuestState, StoreError, TenantId, Tx, UserRow};
use jiff::Timestamp;
use std::borrow::Cow;
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

codes! {
    /// By what right a user holds an address; the later, the stronger.
    pub enum AddressStanding {
        /// Stated: somebody wrote it into a property.
        Stated = 0,
        /// The holder was invited there.
        InvitedAt = 1,
        /// Its mailbox answered for the holder.
        Proven = 2,
    }
}

impl AddressStanding {
    /// Whether it keeps others from claiming the address.
    pub fn is_claim(self) -> bool {
        self != Self::Stated
    }

    /// Whether the address leads to `holder`. A guest who has accepted is found by proven addresses
    /// alone: an app could have invited them since at an address that belongs to somebody else.
    pub fn leads_to(self, holder: &UserRow) -> bool {
        match self {
            Self::Stated => false,
            Self::InvitedAt => holder.state == Some(GuestState::PendingAcceptance),
            Self::Proven => true,
        }
    }
}

/// Who holds an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressOwner {
    /// The object.
    pub object: Uuid,
    /// Its uses: name, `mail`, other mails, aliases.
    pub uses: AddressUses,
    /// By what right.
    pub standing: AddressStanding,
}

/// Who holds an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityOwner {
    /// The object.
    pub object: Uuid,
    /// Whether it was added by a proof, and not by writing the property.
    pub is_proven: bool,
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
    // Each half is one entry of the unique index. By the address alone SQLite would read the whole
    // tenant.
    Tenant ADDRESS_HOLDERS = "SELECT object_id, uses, standing FROM addresses WHERE tenant_id = ?1 AND address_key = ?2 \
        AND (CASE WHEN standing > 0 THEN 1 ELSE 0 END) = 1 \
        UNION ALL SELECT object_id, uses, standing FROM addresses WHERE tenant_id = ?1 AND address_key = ?2 \
        AND (CASE WHEN standing > 0 THEN 1 ELSE 0 END) = 0";
    Tenant ADDRESSES_OF = "SELECT address_key, uses FROM addresses WHERE tenant_id = ?1 AND object_id = ?2";
    pub(crate) Tenant INSERT_ADDRESS = "INSERT INTO addresses (tenant_id, address_key, object_id, uses) \
        VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    Tenant INSERT_CLAIM = "INSERT INTO addresses (tenant_id, address_key, object_id, uses, standing) \
        VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    Tenant CLAIMS_OF = "SELECT address_key FROM addresses WHERE tenant_id = ?1 AND object_id = ?2 AND standing > 0";
    // Where the holder was invited once, and no invitation of theirs to the address is open any
    // more.
    Tenant LAPSED_OF = "SELECT address_key FROM addresses a WHERE a.tenant_id = ?1 AND a.object_id = ?2 AND a.standing = 1 \
        AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.tenant_id = ?1 AND i.user_id = ?2 \
        AND i.address_key = a.address_key AND i.accepted_at IS NULL AND i.ended_at IS NULL AND i.expires_at > ?3)";
    Tenant STAND = "UPDATE addresses SET standing = ?4 \
        WHERE tenant_id = ?1 AND address_key = ?2 AND object_id = ?3";
    Tenant USE_ADDRESS = "UPDATE addresses SET uses = ?4 WHERE tenant_id = ?1 AND address_key = ?2 AND object_id = ?3";
    Tenant FREE_ADDRESS = "DELETE FROM addresses WHERE tenant_id = ?1 AND address_key = ?2 AND object_id = ?3";
    Tenant IDENTITY_HOLDER = "SELECT object_id, is_proven FROM identities \
        WHERE tenant_id = ?1 AND issuer = ?2 AND assigned_id = ?3";
    Tenant PROVE_IDENTITY = "UPDATE identities SET is_proven = 1 \
        WHERE tenant_id = ?1 AND issuer = ?2 AND assigned_id = ?3 AND object_id = ?4";
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
        standing: row.take()?,
    })
};
const READ_HOLDER: Read<IdentityOwner> = |row| {
    Ok(IdentityOwner {
        object: row.take()?,
        is_proven: row.take::<i64>()? != 0,
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

/// All holders, those with a claim first: at most one with a claim and one without.
pub(crate) async fn address_holders(
    on: &mut Connection,
    tenant: TenantId,
    key: &str,
) -> Result<Vec<AddressOwner>, StoreError> {
    let binds = binds![tenant, key];
    let mut found = on.rows(&ADDRESS_HOLDERS, binds, READ_OWNER).await?;
    found.sort_by_key(|owner| std::cmp::Reverse(owner.standing));
    Ok(found)
}

pub(crate) async fn address_owner(
    on: &mut Connection,
    tenant: TenantId,
    key: &str,
) -> Result<Option<AddressOwner>, StoreError> {
    Ok(address_holders(on, tenant, key).await?.into_iter().next())
}

pub(crate) async fn address_claim(
    on: &mut Connection,
    tenant: TenantId,
    key: &str,
) -> Result<Option<AddressOwner>, StoreError> {
    let owner = address_owner(on, tenant, key).await?;
    Ok(owner.filter(|owner| owner.standing.is_claim()))
}

pub(crate) async fn identity_holder(
    on: &mut Connection,
    tenant: TenantId,
    issuer: &str,
    assigned: &str,
) -> Result<Option<IdentityOwner>, StoreError> {
    let (issuer, assigned) = (kept(issuer), kept(assigned));
    let binds = binds![tenant, &*issuer, &*assigned];
    on.row(&IDENTITY_HOLDER, binds, READ_HOLDER).await
}

pub(crate) async fn identity_owner(
    on: &mut Connection,
    tenant: TenantId,
    issuer: &str,
    assigned: &str,
) -> Result<Option<Uuid>, StoreError> {
    let holder = identity_holder(on, tenant, issuer, assigned).await?;
    Ok(holder.map(|holder| holder.object))
}

fn held_by(owner: AddressOwner, key: &str) -> StoreError {
    let key = key.to_owned();
    let owner = owner.object;
    Conflict::Address { key, owner }.into()
}

/// The keys, each once with all its uses. Sorted, so that two writers that want the same keys meet
/// at the first one instead of in a deadlock.
pub(crate) fn by_key<'a>(wanted: &[(&'a str, AddressUses)]) -> BTreeMap<&'a str, AddressUses> {
    let mut keys = BTreeMap::new();
    for (key, uses) in wanted {
        let held = keys.entry(*key).or_insert(AddressUses(0));
        *held = held.and(*uses);
    }
    keys
}

/// Inserts new addresses as stated, except for `claimed`, which the object holds with a claim.
///
/// The unique index decides a clash of two stated addresses or of two claims. Whether another user
/// has a claim to a stated address is looked up before; if a claim comes in between, both stay, as
/// they do when the claim comes later.
async fn insert_addresses(
    on: &mut Connection,
    tenant: TenantId,
    object: Uuid,
    keys: BTreeMap<&str, AddressUses>,
    claimed: Option<(&str, AddressStanding)>,
) -> Result<(), StoreError> {
    for (key, uses) in keys {
        let standing = claimed
            .filter(|(own, _)| *own == key)
            .map_or(AddressStanding::Stated, |(_, standing)| standing);
        let holders = address_holders(on, tenant, key).await?;
        let in_the_way = |owner: &&AddressOwner| {
            owner.object != object && (owner.standing.is_claim() || !standing.is_claim())
        };
        if let Some(owner) = holders.iter().find(in_the_way) {
            return Err(held_by(*owner, key));
        }
        let binds = binds![tenant, key, object, uses.0, standing];
        if on.execute(&INSERT_CLAIM, binds).await? == 0 {
            let owner = address_owner(on, tenant, key).await?;
            return Err(held_by(owner.ok_or(StoreError::Busy)?, key));
        }
    }
    Ok(())
}

/// Sets the standing of an address that the object holds; `false` when it does not hold it.
async fn stand(
    on: &mut Connection,
    tenant: TenantId,
    object: Uuid,
    key: &str,
    standing: AddressStanding,
) -> Result<bool, StoreError> {
    let holders = address_holders(on, tenant, key).await?;
    let in_the_way = |owner: &&AddressOwner| {
        owner.object != object && owner.standing.is_claim() == standing.is_claim()
    };
    if let Some(owner) = holders.iter().find(in_the_way) {
        return Err(held_by(*owner, key));
    }
    let binds = binds![tenant, key, object, standing];
    Ok(on.execute(&STAND, binds).await? > 0)
}

/// Inserts them sorted, for the same reason as [`by_key`].
async fn insert_identities(
    on: &mut Connection,
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
        let (issuer_key, assigned_key) = (kept(issuer), kept(assigned));
        let binds = binds![tenant, &*issuer_key, &*assigned_key, object, sign_in_type];
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

/// Makes a claim a mere statement, unless another object states the address too.
async fn lower(
    connection: &mut Connection,
    tenant: TenantId,
    object: Uuid,
    key: &str,
) -> Result<(), StoreError> {
    match stand(connection, tenant, object, key, AddressStanding::Stated).await {
        Ok(_) | Err(StoreError::Conflict(Conflict::Address { .. })) => Ok(()),
        Err(other) => Err(other),
    }
}

impl Tx {
    /// Makes `wanted` the whole set of addresses the object holds: frees those not named; new ones
    /// are stated, the others keep their standing. The first new address that another object holds,
    /// by whatever right, is [`Conflict::Address`]. A key named twice counts with both uses.
    pub async fn claim_addresses(
        &mut self,
        object: Uuid,
        wanted: &[(&str, AddressUses)],
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let mut missing = by_key(wanted);
        for (key, uses) in connection
            .rows(&ADDRESSES_OF, binds![tenant, object], READ_ADDRESS)
            .await?
        {
            match missing.remove(key.as_str()) {
                None => {
                    connection
                        .execute(&FREE_ADDRESS, binds![tenant, &key, object])
                        .await?
                }
                Some(wanted) if wanted != uses => {
                    connection
                        .execute(&USE_ADDRESS, binds![tenant, &key, object, wanted.0])
                        .await?
                }
                Some(_) => 0,
            };
        }
        insert_addresses(connection, tenant, object, missing, None).await
    }

    /// Sets the standing of an address that the object holds; `false` when it does not hold it.
    /// [`Conflict::Address`] when another object has such a claim already, or states it too, if it
    /// is to be merely stated from now on.
    pub async fn stand_address(
        &mut self,
        object: Uuid,
        key: &str,
        standing: AddressStanding,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        stand(self.connection(), tenant, object, key, standing).await
    }

    /// Sets the standing of an address that the object holds, and makes its other addresses stated:
    /// see [`Tx::stand_address`].
    pub async fn stand_address_alone(
        &mut self,
        object: Uuid,
        key: &str,
        standing: AddressStanding,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let binds = binds![tenant, object];
        let held = connection.rows(&CLAIMS_OF, binds, only::<String>).await?;
        for other in held.iter().filter(|held| *held != key) {
            stand(connection, tenant, object, other, AddressStanding::Stated).await?;
        }
        stand(connection, tenant, object, key, standing).await
    }

    /// Lowers the object's claims to addresses where it was invited but has no open invitation any
    /// more at `now`: they are merely stated from then on. One that another object states as well
    /// stays a claim, because two cannot state the same address; whoever depends on the outcome
    /// asks [`crate::Lookup::address_claim`] afterwards.
    pub async fn lapse_claims(&mut self, object: Uuid, now: Timestamp) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let binds = binds![tenant, object, now];
        for key in connection.rows(&LAPSED_OF, binds, only::<String>).await? {
            lower(connection, tenant, object, &key).await?;
        }
        Ok(())
    }

    /// [`Tx::lapse_claims`] for one address.
    pub async fn lapse_claim(
        &mut self,
        object: Uuid,
        key: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let binds = binds![tenant, object, now];
        let lapsed = connection.rows(&LAPSED_OF, binds, only::<String>).await?;
        if lapsed.iter().any(|own| own == key) {
            lower(connection, tenant, object, key).await?;
        }
        Ok(())
    }

    /// Lowers all claims of the object to stated. [`Conflict::Address`] when another object
    /// states one of them as well.
    pub async fn state_addresses(&mut self, object: Uuid) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let binds = binds![tenant, object];
        let held = connection.rows(&CLAIMS_OF, binds, only::<String>).await?;
        for key in &held {
            stand(connection, tenant, object, key, AddressStanding::Stated).await?;
        }
        Ok(())
    }

    /// Marks an identity of the object as proven; `false` when it does not hold it.
    pub async fn prove_identity(
        &mut self,
        object: Uuid,
        issuer: &str,
        assigned: &str,
    ) -> Result<bool, StoreError> {
        let (issuer, assigned) = (kept(issuer), kept(assigned));
        let binds = binds![self.tenant(), &*issuer, &*assigned, object];
        Ok(self.connection().execute(&PROVE_IDENTITY, binds).await? > 0)
    }

    /// Claims addresses and identities of an object made in this very write. It holds none yet, so
    /// in contrast to [`Tx::claim_addresses`] and [`Tx::claim_identities`] there is nothing to
    /// free.
    pub async fn claim_first(
        &mut self,
        object: Uuid,
        addresses: &[(&str, AddressUses)],
        identities: &[Identity],
    ) -> Result<(), StoreError> {
        self.first(object, addresses, identities, None).await
    }

    /// [`Tx::claim_first`] for a guest made by an invitation to `key`, which is among the addresses
    /// and may be stated by somebody else.
    pub async fn claim_invited(
        &mut self,
        object: Uuid,
        key: &str,
        addresses: &[(&str, AddressUses)],
        identities: &[Identity],
    ) -> Result<(), StoreError> {
        let claimed = Some((key, AddressStanding::InvitedAt));
        self.first(object, addresses, identities, claimed).await
    }

    async fn first(
        &mut self,
        object: Uuid,
        addresses: &[(&str, AddressUses)],
        identities: &[Identity],
        claimed: Option<(&str, AddressStanding)>,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        insert_addresses(connection, tenant, object, by_key(addresses), claimed).await?;
        insert_identities(connection, tenant, object, identities.iter().collect()).await
    }

    /// Makes `wanted` the whole set of identities of the object. The first one that belongs to
    /// another object, or is named twice, is [`Conflict::Identity`].
    pub async fn claim_identities(
        &mut self,
        object: Uuid,
        wanted: &[Identity],
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        let connection = self.connection();
        let held = connection
            .rows(&IDENTITIES_OF, binds![tenant, object], READ_IDENTITY)
            .await?;
        let wanted_keys: Vec<_> = wanted
            .iter()
            .map(|one| (kept(&one.issuer), kept(&one.assigned), &one.sign_in_type))
            .collect();
        let is_held = |held: &Identity, wanted: &(Cow<'_, str>, Cow<'_, str>, &String)| {
            held.issuer == wanted.0 && held.assigned == wanted.1 && held.sign_in_type == *wanted.2
        };
        let is_wanted = |held: &Identity| wanted_keys.iter().any(|wanted| is_held(held, wanted));
        for gone in held.iter().filter(|held| !is_wanted(held)) {
            connection
                .execute(
                    &FREE_IDENTITY,
                    binds![tenant, &gone.issuer, &gone.assigned, object],
                )
                .await?;
        }
        let missing = wanted
            .iter()
            .zip(&wanted_keys)
            .filter(|(_, key)| !held.iter().any(|held| is_held(held, key)))
            .map(|(identity, _)| identity)
            .collect();
        insert_identities(connection, tenant, object, missing).await
    }
}
