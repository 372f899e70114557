//! Users: one operation, one file; what several need, in files by noun.

pub mod bulk;
mod change;
mod convert;
mod create;
pub(crate) mod delete;
mod deleted;
mod delta;
mod draft;
pub(crate) mod extensions;
pub(crate) mod identities;
pub(crate) mod link;
mod links;
mod list;
pub(crate) mod mailbox;
pub(crate) mod mails;
mod named;
pub(crate) mod names;
pub(crate) mod new_user;
mod open_extensions;
mod pending;
pub(crate) mod permitted;
mod photo;
mod picture;
mod query;
mod read;
mod reports;
mod revoke;
pub(crate) mod row;
pub(crate) mod text;
mod update;

pub use convert::{ConversionFault, Converted};
pub use create::Created;
pub use delta::{DeltaItem, DeltaPage, DeltaPlace, DeltaStep, Followed, Managers, Removal};
pub use links::Relationship;
pub use list::UserPage;
pub use open_extensions::{OpenExtension, OpenExtensionPage};
pub use photo::Photo;
pub use picture::MOST_BYTES as PHOTO_BYTES;
pub(crate) use query::query;
pub use query::{Among, Explained, FoundPage};

use edm::SentReference;
use store::{Lookup, UserRow};
use uuid::Uuid;

use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// How a request names a user (P-users-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKey {
    /// By object id.
    Id(Uuid),
    /// By userPrincipalName, in any spelling of case.
    Upn(String),
}

impl UserKey {
    /// From the decoded text of a URL: a GUID in its 36-character form is an id, all else a
    /// userPrincipalName.
    pub fn parse(text: &str) -> Self {
        match Uuid::try_parse(text) {
            Ok(id) if text.len() == uuid::fmt::Hyphenated::LENGTH => Self::Id(id),
            _ => Self::Upn(text.to_owned()),
        }
    }

    /// The key in a reference that is already resolved: files hold keys instead of URLs, and the
    /// server has replaced the URLs of a body by keys.
    pub fn of_reference(sent: &SentReference) -> Self {
        Self::parse(sent.as_str())
    }

    /// Its live row, or [`Refusal::NotFound`].
    pub(crate) async fn row(&self, on: &mut impl Lookup) -> Result<UserRow, Refusal> {
        let row = match self {
            Self::Id(id) => on.user(*id).await?,
            Self::Upn(upn) => on.user_by_upn(&names::upn_key(upn)).await?,
        };
        row.ok_or_else(|| self.not_found())
    }

    fn not_found(&self) -> Refusal {
        Refusal::NotFound {
            key: self.to_string(),
        }
    }
}

impl std::fmt::Display for UserKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Upn(upn) => f.write_str(upn),
        }
    }
}

/// The row of the actor's own user, for an actor who may do this to themselves only. Known and
/// unknown keys of others are `denied` alike, so that nobody learns who exists (T-54).
async fn own_row(
    actor: &Actor,
    key: &UserKey,
    on: &mut impl Lookup,
    denied: Refusal,
) -> Result<UserRow, Refusal> {
    match key.row(on).await {
        Ok(row) if actor.is_person(row.id) => Ok(row),
        Ok(_) | Err(Refusal::NotFound { .. }) => Err(denied),
        Err(other) => Err(other),
    }
}

/// The row of a user, for an actor who may do `any` to everybody, or `own` to themselves.
async fn permitted_row(
    actor: &Actor,
    key: &UserKey,
    on: &mut impl Lookup,
    (any, own): (Operation, Operation),
) -> Result<UserRow, Refusal> {
    match actor.may(any) {
        Ok(()) => key.row(on).await,
        Err(denied) => {
            let row = own_row(actor, key, on, denied).await?;
            actor.may(own)?;
            Ok(row)
        }
    }
}

impl Directory {
    /// The user with this key, read in a snapshot of its own, if the actor may do the operation.
    async fn permitted_row(
        &self,
        actor: &Actor,
        key: &UserKey,
        operations: (Operation, Operation),
    ) -> Result<UserRow, Refusal> {
        let reader = self.store().read(actor.tenant);
        reader
            .snapshot(async |on| permitted_row(actor, key, on, operations).await)
            .await
    }
}

/// The condition of a write on the present version: `If-Match` and `If-None-Match`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Condition {
    /// No header, or `*`: any version, as long as the object exists.
    #[default]
    Any,
    /// One of these versions; an empty list (nothing but foreign tags) meets none.
    OneOf(Vec<i64>),
    /// None of these versions.
    NoneOf(Vec<i64>),
    /// That there is nothing yet.
    Absent,
}

impl Condition {
    fn check(&self, row: &UserRow) -> Result<(), Refusal> {
        self.check_version(row.version)
    }

    /// Whether an object of this version meets the condition; version 0 means that it does not
    /// exist.
    fn check_version(&self, found: i64) -> Result<(), Refusal> {
        let is_met = match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&found),
            Self::NoneOf(versions) => !versions.contains(&found),
            Self::Absent => found == 0,
        };
        if is_met {
            Ok(())
        } else {
            Err(Refusal::VersionMismatch { found })
        }
    }
}

/// Refuses changes to the sensitive properties of somebody whose roles the actor does not outrank
/// (P-permissions-3). Everybody may change themselves; the server may change
/// everybody.
fn outranks(actor: &Actor, target: Uuid, roles: Vec<Uuid>, is_reset: bool) -> bool {
    let target_roles = crate::roles::Roles::new(roles);
    if target_roles.is_empty() || actor.object() == Some(target) {
        return true;
    }
    match actor.roles() {
        Some(held) if is_reset => held.may_reset_password_of(&target_roles),
        Some(held) => held.may_touch(&target_roles),
        None => actor.subject == crate::actor::Subject::Server,
    }
}
