//! The store: tables, transactions and the engine under them. SQL is written here and nowhere else;
//! rules, HTTP and status codes are not.
//!
//! A [`Reader`], a [`Snapshot`] and a [`Tx`] are bound to one tenant, so that no call can reach
//! another's rows. A write is one async function over [`Tx`]; many of them share one commit (R-71,
//! What is checked before a write and again in it is a function over [`Lookup`].

mod engine;
mod error;
mod load;
mod lookup;
mod migrations;
mod options;
mod query;
mod reader;
#[cfg(test)]
mod registry;
mod rows;
mod snapshot;
mod sql;
mod store;
mod tenant_id;
mod tx;

pub use engine::{Group, Stats, on_behalf_of};
pub use error::{Conflict, StoreError};
pub use load::{LOAD_BESIDE, Loader, NewUser};
pub use lookup::Lookup;
pub use options::{Options, Place, Role};
pub use query::{Cursor, Found, ObjectKeys, Objects, Plan, Query, Users};
pub use reader::{Page, Reader};
pub use rows::apps::{AppRow, AppState};
pub use rows::attempts::{AttemptKind, BlockedRow, Spending, Spent, Window};
pub use rows::attribute_sets::AttributeSetRow;
pub use rows::audit::{
    ActorKind, AuditHead, AuditRecord, AuditResult, AuditRow, AuditVerdict, PastKey,
};
pub use rows::changes::{ChangeKind, ChangeRow, ChangeState, ChangedLink};
pub use rows::definitions::{Defined, DefinitionKind, DefinitionRow, TARGET_USER, schema_of};
pub use rows::delta::{Followed, Following, ManagerChange, Span, Touched, Walked, WalkedUser};
pub use rows::idempotency::{IdempotencyKey, StoredAnswer};
pub use rows::instance::Instance;
pub use rows::invitations::{ANSWER, Acceptance, InvitationRow, InvitationStatus};
pub use rows::open_extensions::{ExtensionAdded, OpenExtensionRow, OpenExtensions, SLOTS};
pub use rows::outbox::{LetterKind, LetterRow, LetterState, Letters, Sealed};
pub use rows::pending_members::{Decision, Joining, PendingMemberRow};
pub use rows::photos::PhotoRow;
pub use rows::redemptions::{Guess, Guessed, NewCode, RedemptionRow};
pub use rows::relations::{Related, Relation, Side};
pub use rows::resealing::{AuditKeys, Reseal, Resealed};
pub use rows::tenants::{DomainRow, KeyState, SigningKeyRow, TenantRow};
pub use rows::turning_back::TurnedBack;
pub use rows::uniqueness::{AddressOwner, AddressStanding, AddressUses, Identity, IdentityOwner};
pub use rows::users::{GuestState, UserBrief, UserRow, UserType};
pub use snapshot::Snapshot;
pub use store::Store;
pub use tenant_id::TenantId;
pub use tx::Tx;
