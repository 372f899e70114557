//! The store: tables, transactions and the engine under them. SQL is written here and nowhere else; rules, HTTP and status
//! codes are not.
//!
//! A [`Reader`] and a [`Tx`] are bound to one tenant, so that no call can reach another's rows. A write is one async
//! function over [`Tx`]; many of them share one commit.

mod apps;
mod attempts;
mod audit;
mod changes;
mod deleted;
mod delta;
mod engine;
mod error;
mod idempotency;
mod instance;
mod invitations;
mod load;
mod migrations;
mod options;
mod outbox;
mod packed;
mod password_hashes;
mod pending_members;
mod photos;
mod query;
mod reader;
mod redemptions;
mod relations;
mod resealing;
mod session;
mod sql;
mod store;
mod tenant_id;
mod tenant_numbers;
mod tenants;
mod turning_back;
mod tx;
mod uniqueness;
mod user_counts;
mod user_writes;
mod users;
mod value;

pub use apps::{AppRow, AppState};
pub use attempts::{AttemptKind, BlockedRow, Spending, Spent, Window};
pub use audit::{ActorKind, AuditHead, AuditRecord, AuditResult, AuditRow, AuditVerdict, PastKey};
pub use changes::{ChangeKind, ChangeRow, ChangeState, ChangedLink};
pub use delta::{Followed, Following, ManagerChange, Span, Touched, Walked, WalkedUser};
pub use engine::{Group, Stats, on_behalf_of};
pub use error::{Conflict, StoreError};
pub use idempotency::{IdempotencyKey, StoredAnswer};
pub use instance::Instance;
pub use invitations::{Acceptance, InvitationRow, InvitationStatus};
pub use load::{LOAD_BESIDE, Loader, NewUser};
pub use options::{Options, Place, ReadTimes, Role};
pub use outbox::{LetterKind, LetterRow, LetterState, Letters, Sealed};
pub use pending_members::{Decision, Joining, PendingMemberRow};
pub use photos::PhotoRow;
pub use query::{Cursor, Found, Plan, UserKeys, UserQuery};
pub use reader::{Page, Reader};
pub use redemptions::{Guess, Guessed, NewCode, RedemptionRow};
pub use relations::{Related, Relation, Side};
pub use resealing::{AuditKeys, Reseal, Resealed};
pub use store::Store;
pub use tenant_id::TenantId;
pub use tenants::{DomainRow, KeyState, SigningKeyRow, TenantRow};
pub use turning_back::TurnedBack;
pub use tx::Tx;
pub use uniqueness::{AddressOwner, AddressStanding, AddressUses, Identity, IdentityOwner};
pub use users::{GuestState, UserBrief, UserRow, UserType};
