//! Open extensions of a user: added, read, replaced, removed (P-extensions-1 to P-extensions-5).
//!
//! They are no part of the user: the user keeps their version, and change tracking tells nothing of
//! them. Whoever may read or write the user may read or write every extension. The app that added
//! one counts for the limit of two, and owns nothing (decision record 0093).

use edm::open_extension::{self, EXTENSION_NAME, MOST_BYTES};
use jiff::Timestamp;
use serde_json::json;
use store::{ExtensionAdded, Lookup, OpenExtensionRow, OpenExtensions, Tx};
use uuid::Uuid;

use super::{Condition, UserKey, permitted_row};
use crate::actor::{Actor, Subject};
use crate::audit;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::{ExtensionFault, Refusal, Resource};

/// An open extension and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenExtension {
    /// The user.
    pub user: Uuid,
    /// The extension.
    pub row: OpenExtensionRow,
}

/// A page of a user's open extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenExtensionPage {
    /// The user.
    pub user: Uuid,
    /// Them, in the order of the keys of their names.
    pub rows: Vec<OpenExtensionRow>,
    /// The key behind which the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// Reading, of others and of oneself.
const READING: (Operation, Operation) = (Operation::ReadExtensions, Operation::ReadOwnExtensions);
/// Writing, likewise.
const WRITING: (Operation, Operation) = (Operation::WriteExtensions, Operation::WriteOwnExtensions);

/// A write: whose, which, and what is done with it.
struct Write {
    actor: Actor,
    key: UserKey,
    user: Uuid,
    at: Timestamp,
    condition: Condition,
    /// The key of the name.
    named: String,
    change: Change,
}

enum Change {
    Add(OpenExtensionRow),
    Replace(String),
    Remove,
}

impl Directory {
    /// Adds an extension.
    ///
    /// # Errors
    /// `Missing` without a name; [`ExtensionFault`] when it is too large, is there already, or
    /// would be the third of its app.
    pub async fn add_open_extension(
        &self,
        actor: &Actor,
        key: &UserKey,
        sent: open_extension::Sent,
    ) -> Result<OpenExtension, Refusal> {
        let user = self.permitted_row(actor, key, WRITING).await?.id;
        let name = sent.name.ok_or_else(|| Refusal::Missing {
            resource: Resource::OpenExtension,
            property: EXTENSION_NAME.name().to_owned(),
        })?;
        check_size(&name, &sent.members)?;
        let named = open_extension::key(&name);
        let row = OpenExtensionRow {
            name,
            // Above each version that an extension of this name had before it was removed: an
            // ETag of those days must not pass for this one.
            version: self.now().as_microsecond(),
            app: creator(actor),
            members: sent.members,
        };
        let change = Change::Add(row);
        let write = self.extension_write(actor, key, (user, named), Condition::Any, change);
        self.write_extension(write).await
    }

    /// Puts other members in the place of all that an extension has.
    pub async fn replace_open_extension(
        &self,
        actor: &Actor,
        (key, name): (&UserKey, &str),
        members: String,
        condition: Condition,
    ) -> Result<OpenExtension, Refusal> {
        let user = self.permitted_row(actor, key, WRITING).await?.id;
        let named = open_extension::key(name);
        let change = Change::Replace(members);
        let write = self.extension_write(actor, key, (user, named), condition, change);
        self.write_extension(write).await
    }

    /// Removes an extension.
    pub async fn remove_open_extension(
        &self,
        actor: &Actor,
        (key, name): (&UserKey, &str),
        condition: Condition,
    ) -> Result<(), Refusal> {
        let user = self.permitted_row(actor, key, WRITING).await?.id;
        let named = open_extension::key(name);
        let write = self.extension_write(actor, key, (user, named), condition, Change::Remove);
        self.write_extension(write).await.map(drop)
    }

    /// An extension by its name.
    pub async fn open_extension(
        &self,
        actor: &Actor,
        key: &UserKey,
        name: &str,
    ) -> Result<OpenExtension, Refusal> {
        let named = open_extension::key(name);
        let reader = self.store().read(actor.tenant);
        reader
            .snapshot(async |on| {
                let user = permitted_row(actor, key, on, READING).await?.id;
                let row = on.open_extension(user, &named).await?;
                let row = row.ok_or(Refusal::Extension(ExtensionFault::NotFound))?;
                Ok(OpenExtension { user, row })
            })
            .await
    }

    /// A page of them: the one called `only`, or those behind the key `after`.
    pub async fn open_extensions(
        &self,
        actor: &Actor,
        key: &UserKey,
        (only, after): (Option<&str>, Option<String>),
        limit: u16,
    ) -> Result<OpenExtensionPage, Refusal> {
        let user = self.permitted_row(actor, key, READING).await?.id;
        let which = OpenExtensions {
            only: only.map(open_extension::key),
            after,
            // One more than is shown tells whether there is a next page.
            limit: u32::from(limit) + 1,
        };
        let reader = self.store().read(actor.tenant);
        let mut rows = reader.open_extensions_of(user, which).await?;
        let has_more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let last = rows.last().filter(|_| has_more);
        let next = last.map(|row| open_extension::key(&row.name));
        Ok(OpenExtensionPage { user, rows, next })
    }

    /// How many a user has.
    pub async fn count_open_extensions(
        &self,
        actor: &Actor,
        key: &UserKey,
    ) -> Result<i64, Refusal> {
        let user = self.permitted_row(actor, key, READING).await?.id;
        let reader = self.store().read(actor.tenant);
        Ok(reader.count_open_extensions(user).await?)
    }

    /// For each of these users, a page's at most, the extension called `only` or the first `limit`
    /// of them, for `$expand`. One call reads in one snapshot. The ids are of users that the actor
    /// was shown.
    pub async fn expand_open_extensions(
        &self,
        actor: &Actor,
        ids: Vec<Uuid>,
        only: Option<&str>,
        limit: u16,
    ) -> Result<Vec<(Uuid, Vec<OpenExtensionRow>)>, Refusal> {
        let (any, own) = READING;
        if !ids.iter().all(|id| actor.is_person(*id)) {
            actor.may(any)?;
        } else if actor.may(any).is_err() {
            actor.may(own)?;
        }
        let which = OpenExtensions {
            only: only.map(open_extension::key),
            after: None,
            limit: u32::from(limit),
        };
        let reader = self.store().read(actor.tenant);
        Ok(reader.open_extensions(ids, which).await?)
    }

    fn extension_write(
        &self,
        actor: &Actor,
        key: &UserKey,
        (user, named): (Uuid, String),
        condition: Condition,
        change: Change,
    ) -> Write {
        Write {
            actor: actor.clone(),
            key: key.clone(),
            user,
            at: self.now(),
            condition,
            named,
            change,
        }
    }

    async fn write_extension(&self, write: Write) -> Result<OpenExtension, Refusal> {
        let tenant = write.actor.tenant;
        self.store()
            .write(tenant, write, |tx, write| Box::pin(write.run(tx)))
            .await
    }
}

impl Write {
    async fn run(&self, tx: &mut Tx) -> Result<OpenExtension, Refusal> {
        if tx.user(self.user).await?.is_none() {
            return Err(self.key.not_found());
        }
        let (activity, row) = match &self.change {
            Change::Add(row) => match tx.add_open_extension(self.user, &self.named, row).await? {
                ExtensionAdded::Yes => ("Add open extension", row.clone()),
                ExtensionAdded::Exists => return Err(Refusal::Extension(ExtensionFault::Exists)),
                ExtensionAdded::Full => return Err(Refusal::Extension(ExtensionFault::TooMany)),
            },
            Change::Replace(members) => ("Update open extension", self.replace(tx, members).await?),
            Change::Remove => ("Delete open extension", self.remove(tx).await?),
        };
        // The name alone: what an app keeps there may be anything.
        let details = json!({ "extensionName": row.name });
        let target = audit::Target::user(self.user);
        tx.audit(audit::record(
            &self.actor,
            self.at,
            activity,
            target,
            &details,
        ));
        Ok(OpenExtension {
            user: self.user,
            row,
        })
    }

    async fn replace(&self, tx: &mut Tx, members: &str) -> Result<OpenExtensionRow, Refusal> {
        let row = self.found(tx).await?;
        check_size(&row.name, members)?;
        let written = (row.version, members);
        let is_written = tx.replace_open_extension(self.user, &self.named, written);
        if !is_written.await? {
            return Err(Refusal::Extension(ExtensionFault::NotFound));
        }
        Ok(OpenExtensionRow {
            version: row.version + 1,
            members: members.to_owned(),
            ..row
        })
    }

    async fn remove(&self, tx: &mut Tx) -> Result<OpenExtensionRow, Refusal> {
        let row = self.found(tx).await?;
        let is_removed = tx.remove_open_extension(self.user, &self.named, row.version);
        if !is_removed.await? {
            return Err(Refusal::Extension(ExtensionFault::NotFound));
        }
        Ok(row)
    }

    async fn found(&self, tx: &mut Tx) -> Result<OpenExtensionRow, Refusal> {
        let row = tx.open_extension(self.user, &self.named).await?;
        let row = row.ok_or(Refusal::Extension(ExtensionFault::NotFound))?;
        self.condition.check_version(row.version)?;
        Ok(row)
    }
}

/// The app that a write counts for.
const fn creator(actor: &Actor) -> Option<Uuid> {
    match &actor.subject {
        Subject::App { client_id, .. } | Subject::Person { client_id, .. } => Some(*client_id),
        Subject::Guest { .. } | Subject::Server => None,
    }
}

pub(super) fn check_size(name: &str, members: &str) -> Result<(), Refusal> {
    if open_extension::size(name, members) > MOST_BYTES {
        return Err(Refusal::Extension(ExtensionFault::TooLarge));
    }
    Ok(())
}
