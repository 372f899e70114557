//! Single-row look-ups, written once for a [`Snapshot`] and a [`Tx`]: a check before a write and
//! the same check inside it are one function over a [`Lookup`].

use crate::engine::connection::Connection;
use crate::rows::{
    apps, attempts, attribute_sets, audit, changes, definitions, deleted, idempotency, invitations,
    open_extensions, outbox, pending_members, photos, redemptions, relations, tenants, uniqueness,
    users,
};
use crate::{
    AddressOwner, AppRow, AppState, AttemptKind, AttributeSetRow, AuditHead, ChangeState,
    DefinitionRow, DomainRow, IdempotencyKey, IdentityOwner, InvitationRow, LetterRow,
    OpenExtensionRow, PendingMemberRow, PhotoRow, Reader, RedemptionRow, Relation, Side, Snapshot,
    StoreError, StoredAnswer, TenantId, TenantRow, Tx, UserRow, Window,
};
use jiff::Timestamp;
use uuid::Uuid;

/// A connection, and the tenant whose rows are read on it.
pub struct TenantConnection<'a> {
    connection: &'a mut Connection,
    tenant: TenantId,
}

/// What look-ups run on. No other crate can name it, so that none adds a third kind.
pub trait LookupSource: Send {
    /// The connection.
    #[doc(hidden)]
    fn tenant_connection(&mut self) -> TenantConnection<'_>;
}

impl LookupSource for Tx {
    fn tenant_connection(&mut self) -> TenantConnection<'_> {
        TenantConnection {
            tenant: self.tenant(),
            connection: self.connection(),
        }
    }
}

impl LookupSource for Snapshot {
    fn tenant_connection(&mut self) -> TenantConnection<'_> {
        TenantConnection {
            tenant: self.tenant(),
            connection: self.connection(),
        }
    }
}

/// Declares the look-ups of a [`Lookup`], and a [`Reader`]'s, each of which is a snapshot of its
/// own.
macro_rules! lookups {
    ($($(#[$doc:meta])* $noun:ident :: $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        /// Look-ups of single rows of one tenant, on what was committed ([`Snapshot`]) or on what
        /// this write has done as well ([`Tx`]).
        pub trait Lookup: LookupSource {
            /// The tenant whose rows are read.
            fn tenant_id(&mut self) -> TenantId {
                self.tenant_connection().tenant
            }

            $($(#[$doc])*
            fn $name(
                &mut self,
                $($arg: $ty),*
            ) -> impl Future<Output = Result<$out, StoreError>> + Send {
                async move {
                    let on = self.tenant_connection();
                    $noun::$name(on.connection, on.tenant, $($arg),*).await
                }
            })*
        }

        impl Reader {
            $($(#[$doc])*
            pub async fn $name(&self, $($arg: $ty),*) -> Result<$out, StoreError> {
                $noun::$name(self.lease().await?.connection(), self.tenant_id(), $($arg),*).await
            })*
        }
    };
}

impl<T: LookupSource> Lookup for T {}

lookups! {
    /// The tenant itself.
    tenants::tenant_row() -> Option<TenantRow>;
    /// Its domains, by name.
    tenants::domains() -> Vec<DomainRow>;
    /// One of its domains.
    tenants::domain(name: &str) -> Option<DomainRow>;
    /// A user that is not deleted.
    users::user(id: Uuid) -> Option<UserRow>;
    /// Whether an app may act, and a user that is not deleted: the two look-ups of most requests,
    /// as one.
    users::app_and_user(client_id: Uuid, id: Uuid) -> Option<(AppState, Option<UserRow>)>;
    /// Whether an app may act, and the user whose userPrincipalName folds to this key.
    users::app_and_user_by_upn(client_id: Uuid, key: &str) -> Option<(AppState, Option<UserRow>)>;
    /// A soft-deleted user.
    users::deleted_user(id: Uuid) -> Option<UserRow>;
    /// The user whose userPrincipalName folds to this key.
    users::user_by_upn(key: &str) -> Option<UserRow>;
    /// The user whom this address leads to ([`crate::AddressStanding::leads_to`]): the one who
    /// proved it, or who was invited there and has not accepted yet. Whoever merely states it is
    /// nobody.
    users::user_at(key: &str) -> Option<UserRow>;
    /// Who proved an address or was invited there.
    uniqueness::address_claim(key: &str) -> Option<AddressOwner>;
    /// All holders of an address, one with a claim first.
    uniqueness::address_holders(key: &str) -> Vec<AddressOwner>;
    /// The first of them: to ask whether an address is free, not whose it is.
    uniqueness::address_owner(key: &str) -> Option<AddressOwner>;
    /// Who holds an identity, and whether it was proven.
    uniqueness::identity_holder(issuer: &str, assigned: &str) -> Option<IdentityOwner>;
    /// Who holds an identity.
    uniqueness::identity_owner(issuer: &str, assigned: &str) -> Option<Uuid>;
    /// Ids at the other end of somebody's links, those of deleted users among them; by id.
    relations::linked_ids(relation: Relation, side: Side, of: Uuid, limit: u32) -> Vec<Uuid>;
    /// Users deleted before an instant, in the order of their deletion.
    deleted::deleted_before(before: Timestamp, limit: u32) -> Vec<Uuid>;
    /// The photo of a user.
    photos::photo(user: Uuid) -> Option<PhotoRow>;
    /// Version, type and size of the photo of a user, without the picture.
    photos::photo_head(user: Uuid) -> Option<PhotoRow>;
    /// An open extension of a user, by the key of its name.
    open_extensions::open_extension(user: Uuid, key: &str) -> Option<OpenExtensionRow>;
    /// An app by client id, enabled or not.
    apps::app(client_id: Uuid) -> Option<AppRow>;
    /// Whether an app may act.
    apps::app_state(client_id: Uuid) -> Option<AppState>;
    /// An app by the object id of its service principal, enabled or not.
    apps::app_of(object: Uuid) -> Option<AppRow>;
    /// How often the tenant's definitions were changed; 0 if there never was one.
    definitions::definition_version() -> u64;
    /// The tenant's definitions that are not deleted, by number.
    definitions::definitions() -> Vec<DefinitionRow>;
    /// The definition of this name in any spelling of case, deleted or not.
    definitions::definition_named(name: &str) -> Option<DefinitionRow>;
    /// The tenant's attribute sets, by name.
    attribute_sets::attribute_sets() -> Vec<AttributeSetRow>;
    /// The attribute set of this name in any spelling of case.
    attribute_sets::attribute_set(name: &str) -> Option<AttributeSetRow>;
    /// Principals and the template ids of their roles, at most so many.
    apps::roles(limit: u32) -> Vec<(Uuid, Uuid)>;
    /// Role template ids of a principal.
    apps::roles_of(principal: Uuid) -> Vec<Uuid>;
    /// An invitation in any state.
    invitations::invitation(id: Uuid) -> Option<InvitationRow>;
    /// The newest invitation of a guest.
    invitations::latest_invitation_of(user: Uuid) -> Option<InvitationRow>;
    /// How many invitations of a guest were accepted.
    invitations::accepted_invitations_of(user: Uuid) -> i64;
    /// When a guest accepted last at this address.
    invitations::accepted_at(user: Uuid, address_key: &str) -> Option<Timestamp>;
    /// A pending member.
    pending_members::pending_member(id: Uuid) -> Option<PendingMemberRow>;
    /// How far a session has come with an invitation.
    redemptions::redemption(session: &[u8; 32], invitation: Uuid) -> Option<RedemptionRow>;
    /// Events of a kind and key after `since`.
    attempts::attempts(kind: AttemptKind, key: &str, since: Timestamp) -> Window;
    /// When the holder of an address said "never again".
    attempts::blocked_at(address_key: &str) -> Option<Timestamp>;
    /// A letter.
    outbox::letter(id: Uuid) -> Option<LetterRow>;
    /// The answer given to this key after `since`.
    idempotency::stored_answer(key: IdempotencyKey<'_>, since: Timestamp) -> Option<StoredAnswer>;
    /// The end of the audit chain (inside a write: before this batch).
    audit::audit_head() -> AuditHead;
    /// How far the changes reach (inside a write: before this batch).
    changes::change_state() -> ChangeState;
}
