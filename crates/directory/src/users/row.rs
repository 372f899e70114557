//! From a record to the stored row, and back. All code that makes or changes a user, here or by
//! invitation, goes through this file, so that columns, texts and claims always agree.

use edm::{Entity, Property, Record, Schema, document, user};
use jiff::Timestamp;
use store::{AddressStanding, GuestState, Identity, Lookup, ObjectKeys, Tx, UserRow, UserType};
use uuid::Uuid;

use super::identities::{self, Identities};
use super::mails;
use crate::refusal::{Refusal, Unique};

/// `externalUserState` of an invited guest who has not accepted.
pub(crate) const PENDING: &str = "PendingAcceptance";
/// `externalUserState` of one who has.
pub(crate) const ACCEPTED: &str = "Accepted";
/// `userType` of a guest.
pub(crate) const GUEST: &str = "Guest";
/// `userType` of everybody else.
pub(crate) const MEMBER: &str = "Member";

/// Columns that no record holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowMeta {
    /// Object id.
    pub(crate) id: Uuid,
    /// The version that was read; 1 for a new user.
    pub(crate) version: i64,
    /// When the user was made.
    pub(crate) created_at: Timestamp,
    /// Argon2 string.
    pub(crate) password_hash: Option<String>,
}

impl RowMeta {
    /// The metadata of a new user.
    pub(crate) const fn of_new(
        id: Uuid,
        created_at: Timestamp,
        password_hash: Option<String>,
    ) -> Self {
        Self {
            id,
            version: 1,
            created_at,
            password_hash,
        }
    }
}

/// The row of a live user.
pub(crate) fn row(record: &Record, meta: RowMeta) -> UserRow {
    let user_type = match record.text(&user::USER_TYPE) {
        Some(GUEST) => Some(UserType::Guest),
        Some(_) => Some(UserType::Member),
        None => None,
    };
    let state = match record.text(&user::EXTERNAL_USER_STATE) {
        Some(PENDING) => Some(GuestState::PendingAcceptance),
        Some(ACCEPTED) => Some(GuestState::Accepted),
        _ => None,
    };
    UserRow {
        id: meta.id,
        version: meta.version,
        schema: edm::SCHEMA,
        enabled: record.bool(&user::ACCOUNT_ENABLED).unwrap_or(false),
        user_type,
        upn: record
            .text(&user::USER_PRINCIPAL_NAME)
            .unwrap_or_default()
            .to_owned(),
        state,
        created_at: meta.created_at,
        deleted_at: None,
        password_hash: meta.password_hash,
        immutable_id: record
            .text(&user::ON_PREMISES_IMMUTABLE_ID)
            .map(str::to_owned),
        brief: document::brief(record, &user::TYPE),
        rest: document::rest(record, &user::TYPE),
    }
}

/// Tokens and sessions from before `now`, in whole seconds, are void.
pub(crate) fn end_sessions(record: &mut Record, now: Timestamp) {
    record.set(&user::SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME, now);
    record.set(&user::REFRESH_TOKENS_VALID_FROM_DATE_TIME, now);
}

/// The record of a row, as the tenant's schema has users.
pub(crate) fn record(row: &UserRow, schema: &Schema) -> Result<Record, Refusal> {
    document::parse(&row.doc(), schema.entity(&user::TYPE))
        .map_err(|error| Refusal::internal(format!("user {}: {error}", row.id)))
}

/// Writes the texts of the row anew.
pub(super) fn render(row: &mut UserRow, record: &Record) {
    row.brief = document::brief(record, &user::TYPE);
    row.rest = document::rest(record, &user::TYPE);
}

/// Brings the texts of a row up to the rendering of this version. Not written back: the next
/// change does.
pub(crate) fn fresh(mut row: UserRow, schema: &Schema) -> Result<UserRow, Refusal> {
    if row.schema != edm::SCHEMA {
        let record = record(&row, schema)?;
        render(&mut row, &record);
        row.schema = edm::SCHEMA;
    }
    Ok(row)
}

/// The values of a user that are unique in the tenant, and the keys they are found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UniqueValues {
    addresses: Vec<(String, store::AddressUses)>,
    identities: Vec<Identity>,
    keys: ObjectKeys,
}

impl UniqueValues {
    /// Of a record.
    pub(crate) fn of(record: &Record) -> Self {
        Self {
            addresses: mails::claims(record),
            identities: Identities::of(record).claims(),
            keys: ObjectKeys::of_user(record),
        }
    }

    /// The addresses with the sentence in which a clash is told.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = (&str, Unique)> {
        self.addresses
            .iter()
            .map(|(key, _)| (key.as_str(), self.unique(key)))
    }

    /// The identities.
    pub(crate) fn identities(&self) -> &[Identity] {
        &self.identities
    }

    /// The keys they are found by.
    pub(crate) fn keys(&self) -> &ObjectKeys {
        &self.keys
    }

    /// Claims them all for `object`, freeing what it held besides.
    async fn make(&self, tx: &mut Tx, object: Uuid) -> Result<(), Refusal> {
        tx.claim_addresses(object, &self.wanted())
            .await
            .map_err(|error| self.refusal(error))?;
        tx.claim_identities(object, &self.identities).await?;
        Ok(())
    }

    /// Claims them all for `object`, made in this very write.
    async fn make_first(&self, tx: &mut Tx, object: Uuid) -> Result<(), Refusal> {
        tx.claim_first(object, &self.wanted(), &self.identities)
            .await
            .map_err(|error| self.refusal(error))
    }

    /// Claims the values of a new guest, and the address with this key, at which they are invited.
    async fn make_invited(&self, tx: &mut Tx, object: Uuid, key: &str) -> Result<(), Refusal> {
        tx.claim_invited(object, key, &self.wanted(), &self.identities)
            .await
            .map_err(|error| self.refusal(error))
    }

    pub(crate) fn wanted(&self) -> Vec<(&str, store::AddressUses)> {
        self.addresses
            .iter()
            .map(|(key, uses)| (key.as_str(), *uses))
            .collect()
    }

    pub(crate) fn refusal(&self, error: store::StoreError) -> Refusal {
        match error {
            store::StoreError::Conflict(store::Conflict::Address { key, owner }) => {
                Refusal::Taken {
                    unique: self.unique(&key),
                    owner: Some(owner),
                }
            }
            other => other.into(),
        }
    }

    /// Graph tells a clash of the name to sign in with apart from one of a mail address.
    fn unique(&self, key: &str) -> Unique {
        let is_upn = self
            .addresses
            .iter()
            .any(|(own, uses)| own == key && uses.has(store::AddressUses::UPN));
        if is_upn {
            Unique::UserPrincipalName
        } else {
            Unique::ProxyAddresses
        }
    }
}

/// Writes a new user with all its claims.
pub(crate) async fn insert(
    tx: &mut Tx,
    row: &UserRow,
    claims: &UniqueValues,
) -> Result<(), Refusal> {
    tx.insert_user(row, &claims.keys).await?;
    claims.make_first(tx, row.id).await?;
    tx.changed(row.id, store::ChangeKind::Created);
    Ok(())
}

/// Writes a new guest with all their claims: invited at the address with this key, while the others
/// are merely stated.
pub(crate) async fn insert_invited(
    tx: &mut Tx,
    row: &UserRow,
    claims: &UniqueValues,
    key: &str,
) -> Result<(), Refusal> {
    tx.insert_user(row, &claims.keys).await?;
    claims.make_invited(tx, row.id, key).await?;
    tx.changed(row.id, store::ChangeKind::Created);
    Ok(())
}

/// Writes a changed user with all claims; returns the row, in the version before the write.
/// `meta.version` and `before` are the version and record that were read in the same transaction.
pub(crate) async fn replace(
    tx: &mut Tx,
    before: &Record,
    after: &Record,
    meta: RowMeta,
) -> Result<UserRow, Refusal> {
    let row = row(after, meta);
    let claims = UniqueValues::of(after);
    // The own properties that either record has: their keys, and no others, are replaced.
    let both = before.iter().chain(after.iter());
    let own = Schema::with_properties(&user::TYPE, both.map(|(property, _)| property));
    let ty = own.entity(&user::TYPE);
    if !tx.replace_user(&row, &claims.keys, ty).await? {
        return Err(Refusal::internal(format!(
            "user {} changed within one transaction",
            row.id
        )));
    }
    claims.make(tx, row.id).await?;
    tx.changed_in(row.id, store::ChangeKind::Updated, &names(before, after));
    Ok(row)
}

/// Writes a deleted user as a live one again, with all its claims. `row.version` is the version
/// that was read in the same transaction, `deleted_at` when the user was deleted, `ty` the type
/// that they were read with.
pub(crate) async fn restore(
    tx: &mut Tx,
    row: &UserRow,
    claims: &UniqueValues,
    deleted_at: Option<Timestamp>,
    ty: Entity<'_>,
) -> Result<(), Refusal> {
    let back = tx.undelete_user(row.id).await? && tx.replace_user(row, &claims.keys, ty).await?;
    if !back {
        return Err(Refusal::internal(format!(
            "user {} came back within one transaction",
            row.id
        )));
    }
    claims.make(tx, row.id).await?;
    reclaim_address(tx, row, claims, deleted_at).await?;
    tx.changed(row.id, store::ChangeKind::Restored);
    Ok(())
}

/// Gives a guest who comes back the address again at which they were invited last, or that they
/// proved last. Deleting freed it; somebody else may have a claim to it by now, and then
/// [`Refusal::Taken`] answers.
async fn reclaim_address(
    tx: &mut Tx,
    row: &UserRow,
    claims: &UniqueValues,
    deleted_at: Option<Timestamp>,
) -> Result<(), Refusal> {
    let (key, standing) = match row.state {
        None => return Ok(()),
        Some(GuestState::PendingAcceptance) => {
            let newest = tx.latest_invitation_of(row.id).await?;
            // The deletion ended it. One that was revoked earlier gave no claim any more.
            let stood = newest.filter(|newest| {
                let ended = newest.ended_at;
                ended.is_none_or(|ended| deleted_at == Some(ended))
            });
            let key = stood.map(|invitation| invitation.address_key);
            (key, AddressStanding::InvitedAt)
        }
        Some(GuestState::Accepted) => {
            let key = proven_last(tx, row, claims).await?;
            (key, AddressStanding::Proven)
        }
    };
    let Some(key) = key else {
        return Ok(());
    };
    if standing == AddressStanding::Proven {
        tx.prove_identity(row.id, identities::MAILBOX_ISSUER, &key)
            .await?;
    }
    tx.stand_address(row.id, &key, standing)
        .await
        .map_err(|error| claims.refusal(error))?;
    Ok(())
}

/// The mailbox among the guest's identities that they accepted by last. An acceptance at another
/// address added no identity, and a mailbox whose identity was removed is proven no longer.
async fn proven_last(
    tx: &mut Tx,
    row: &UserRow,
    claims: &UniqueValues,
) -> Result<Option<String>, Refusal> {
    let mut last: Option<(Timestamp, String)> = None;
    let mailboxes = claims.identities.iter();
    for mailbox in mailboxes.filter(|own| own.issuer == identities::MAILBOX_ISSUER) {
        if let Some(at) = tx.accepted_at(row.id, &mailbox.assigned).await? {
            last = last.max(Some((at, mailbox.assigned.clone())));
        }
    }
    Ok(last.map(|(_, key)| key))
}

fn names<'a>(before: &'a Record, after: &'a Record) -> Vec<&'a str> {
    let different = different(before, after).into_iter();
    different.map(edm::Property::name).collect()
}

/// The properties that differ, by name, as they are stored: a null over an absent member is no
/// difference.
pub(crate) fn different<'a>(before: &'a Record, after: &'a Record) -> Vec<&'a Property> {
    fn set<'a>(record: &'a Record, property: &Property) -> Option<&'a edm::Value> {
        record.get(property).filter(|value| !value.is_unset())
    }
    let mut found: Vec<_> = before
        .properties()
        .chain(after.properties())
        .filter(|property| set(before, property) != set(after, property))
        .collect();
    found.sort_unstable_by_key(|property| property.name());
    found.dedup_by_key(|property| property.name());
    found
}
