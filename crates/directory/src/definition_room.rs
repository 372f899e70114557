//! How many definitions there may be: of a tenant, so that all fit into memory, and of one app, so
//! that no app takes what the others need (decision record 0091).

use jiff::{SignedDuration, Timestamp};
use store::{DefinitionKind, DefinitionRow, Tx};

use crate::refusal::{Refusal, Resource};

/// Most extensions of a tenant that take effect: each is kept in memory with the schemas of
/// [`crate::schemas`], and looked at by every body and answer.
const TENANT: usize = 500;

/// Most directory extensions of one app that take effect. An object has no more values.
const APP: usize = 100;

/// Most definitions of a tenant, deleted ones included. All are read where a user is removed for
/// good: without a bound, an app that defines and deletes one name after the other would make that
/// slower and slower.
const TENANT_EVER: u64 = 2_000;

/// Most definitions of one app, deleted ones included.
const APP_EVER: u64 = 400;

/// After how long a deleted definition without values may be forgotten, to make room for another.
/// By then no import is left that began while it was there.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// How many are forgotten at once.
const FORGOTTEN: usize = 100;

/// Whether one more of this app may take effect beside those that do.
///
/// # Errors
/// `Invalid`, of this property of the definition.
pub(crate) fn check(
    all: &[DefinitionRow],
    row: &DefinitionRow,
    resource: Resource,
    property: &str,
) -> Result<(), Refusal> {
    let extensions = all.iter().filter(|one| one.app.is_some());
    if extensions.count() >= TENANT {
        let why = "a tenant has at most 500 definitions of extensions";
        return Err(invalid(resource, property, why));
    }
    let is_beside = |one: &&DefinitionRow| {
        one.app == row.app && one.what.kind() == DefinitionKind::DirectoryExtension
    };
    if all.iter().filter(is_beside).count() >= APP {
        let why = "an app has at most 100 definitions of directory extensions";
        return Err(invalid(resource, property, why));
    }
    Ok(())
}

/// [`check`] for a name that was never defined. Old definitions that nobody has a value of are
/// forgotten where all that there may ever be are there, so that names which were used up come
/// back.
///
/// # Errors
/// `Invalid`, of this property of the definition.
pub(crate) async fn take(
    tx: &mut Tx,
    all: &[DefinitionRow],
    row: &DefinitionRow,
    resource: Resource,
    property: &str,
) -> Result<(), Refusal> {
    check(all, row, resource, property)?;
    let before = row.created_at - FORGOTTEN_AFTER;
    if let Some(app) = row.app
        && tx.count_definitions_of(app).await? >= APP_EVER
        && forget(tx, before, Some(app)).await? == 0
    {
        let why = "an app has at most 400 definitions, deleted ones included";
        return Err(invalid(resource, property, why));
    }
    if tx.count_definitions().await? >= TENANT_EVER && forget(tx, before, None).await? == 0 {
        let why = "a tenant has at most 2000 definitions, deleted ones included";
        return Err(invalid(resource, property, why));
    }
    Ok(())
}

async fn forget(tx: &mut Tx, before: Timestamp, app: Option<uuid::Uuid>) -> Result<usize, Refusal> {
    Ok(tx.forget_definitions(before, FORGOTTEN, app).await?)
}

pub(crate) fn invalid(resource: Resource, property: &str, why: &'static str) -> Refusal {
    Refusal::Invalid {
        resource,
        property: property.to_owned(),
        why: why.into(),
    }
}
