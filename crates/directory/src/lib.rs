//! The rules of the directory: who may do what, what happens then, what is audited and what is
//! mailed. One operation, one file. Nothing here knows HTTP or SQL: outcomes go up as values, rows
//! come from [`store`].
//!
//! Everything that varies from run to run is injected: [`Clock`], [`Ids`], [`Mailer`].

pub mod address;
pub mod blocks;
pub mod invitations;
pub mod letter;
pub mod outbox;
pub mod quota;
mod read_only;
pub mod redemption;

mod actor;
mod app_changes;
mod app_rights;
mod applications;
mod apps;
mod audit;
mod clock;
mod definition_room;
mod directory;
mod expiry;
mod expiry_clock;
mod extensions;
mod few;
mod ids;
mod keys;
mod mailer;
mod manner;
pub mod names;
mod note;
mod organization;
mod passwords;
pub mod permission;
mod reference;
mod refusal;
mod rekey;
mod roles;
mod schema_extensions;
mod schemas;
mod security_attributes;
mod signing;
mod tenants;
mod tokens;
pub mod users;

pub use actor::{Actor, Subject};
pub use applications::ApplicationKey;
pub use apps::{App, AppAdded, AppPlan};
pub use clock::{Clock, SystemClock};
pub use directory::{Directory, Policy};
pub use expiry::TimeTurnedBack;
pub use extensions::ApplicationExtension;
pub use few::FewPage;
pub use ids::{Ids, SystemIds};
pub use keys::{Keys, NotSealed, Sealer};
pub use mailer::{Mail, MailFailure, MailPicture, Mailer};
pub use manner::ServiceMode;
pub use note::Note;
pub use organization::DomainPage;
pub use passwords::PasswordVerdict;
pub use permission::{Operation, Permission, Permissions};
pub use reference::Added;
pub use refusal::{
    ExtensionFault, PasswordRule, PictureFault, Quota, Refusal, Resource, Resync, StrictRule,
    Unavailable, Unique,
};
pub use roles::{Role, RoleAssigned, RoleAssignment, RoleRemoved, Roles};
pub use schema_extensions::ShownSchemaExtension;
pub use schemas::{Definitions, SchemaVersion, TenantSchema};
pub use security_attributes::AttributeChange;
pub use signing::{KeysUnreadable, OtherKeys, StoredKey};
pub use tenants::{DomainSetting, Settings, Tenant, TenantPlan};
pub use tokens::{ActingSubject, NoToken, PrefetchedUser, Principal, TokenSubject};
pub use users::{
    Among, Condition, ConversionFault, Converted, Created, DeltaItem, DeltaPage, DeltaPlace,
    DeltaStep, Explained, Followed, FoundPage, Managers, OpenExtension, OpenExtensionPage,
    PHOTO_BYTES, Photo, Relationship, Removal, UserKey, UserPage,
};
