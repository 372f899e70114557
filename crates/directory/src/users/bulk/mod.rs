//! Many users at a time, out of a file: the rules of POST and PATCH, row by row, and one
//! transaction for many rows.
//!
//! A chunk of rows is [planned](Import::plan) beside the writer and then [applied](Import::apply).
//! Every row ends by itself: created, updated, skipped or refused. One audit record stands for a
//! batch and names each user in it with their line in the file (`trail`); an interrupted import
//! reads from there what it had done.
//!
//! A large file for a directory with few users is [loaded](Load) instead: by the same rules, in one
//! transaction.

mod apply;
mod existing_users;
mod export;
mod extensions;
mod key;
mod linked;
mod load;
mod plan;
mod row;
mod trail;

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use uuid::Uuid;

pub use export::Exported;
pub use extensions::{EXTENSION_APP, ExtensionBody};
pub use key::Key;
pub use linked::{Link, Linked};
pub use load::Load;
pub use plan::PlannedChunk;
pub use row::{PASSWORD_HASH, Row};
pub use trail::Past;

use self::existing_users::ExistingUsers;
use super::permitted;
use crate::actor::{Actor, Subject};
use crate::directory::Directory;
use crate::refusal::Refusal;
use crate::tenants::Tenant;

/// How to treat a row whose key a user has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExisting {
    /// The user stays unchanged.
    Skip,
    /// The row changes the user, as PATCH does.
    Update,
    /// The row is refused.
    Fail,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The property by which a row and a user are the same.
    pub key: Key,
    /// How to treat a row whose user exists.
    pub on_existing: OnExisting,
    /// Ids, instants and all else that only the server sets are taken over from the file instead of
    /// made anew.
    pub keep: bool,
    /// Everything but the writing.
    pub dry_run: bool,
}

/// The outcome of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// A new user.
    Created,
    /// The user was changed.
    Updated,
    /// The user exists and stays unchanged.
    Existed,
    /// The user exists, with the values of the row.
    Unchanged,
}

/// A row with its outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The row's line in the file, from 1.
    pub line: u64,
    /// Its key, where it has one.
    pub key: Option<String>,
    /// The user, where there is one. A dry run makes none.
    pub id: Option<Uuid>,
    /// The outcome.
    pub result: Result<Done, Refusal>,
    /// Whether the user was created without a password and without a hash of one.
    pub no_password: bool,
}

/// An import under way. Cheap to clone.
#[derive(Clone)]
pub struct Import(Arc<Inner>);

struct Inner {
    directory: Directory,
    actor: Actor,
    tenant: Tenant,
    rules: Rules,
    input_hash: String,
    seen: Mutex<Seen>,
    /// The claims of rows of a dry run, which are not in the database.
    tried: Mutex<Seen>,
    /// The users from before a load, during which the directory cannot be read.
    existing: OnceLock<ExistingUsers>,
}

/// The keys of the rows so far, each with its line. A million keys of some 40 bytes would be a
/// hundred megabytes; 128 bits of each tell them apart as well.
#[derive(Default)]
struct Seen {
    low: RandomState,
    high: RandomState,
    lines: HashMap<(u64, u64), u64>,
}

impl Seen {
    /// The line that has the key already; else this one takes it.
    fn take(&mut self, key: &str, line: u64) -> Result<(), u64> {
        let print = (self.low.hash_one(key), self.high.hash_one(key));
        match self.lines.entry(print) {
            Entry::Occupied(earlier) => Err(*earlier.get()),
            Entry::Vacant(free) => {
                free.insert(line);
                Ok(())
            }
        }
    }
}

impl Directory {
    /// Begins or goes on with an import by the server itself. `run` names it in the audit trail;
    /// `input_hash` is the SHA-256 of the file in hex.
    pub async fn import(
        &self,
        tenant: &Tenant,
        run: Uuid,
        input_hash: String,
        rules: Rules,
    ) -> Result<Import, Refusal> {
        Ok(Import(Arc::new(Inner {
            directory: self.clone(),
            actor: Actor::server(tenant.id, self.schema(tenant.id).await?, run),
            tenant: tenant.clone(),
            rules,
            input_hash,
            seen: Mutex::default(),
            tried: Mutex::default(),
            existing: OnceLock::new(),
        })))
    }
}

impl Import {
    /// Takes the row's key for this file. To be called for every row, in the order of the file,
    /// before it is planned.
    ///
    /// # Errors
    /// [`Refusal::Repeated`] when an earlier row has the same key.
    pub fn admit(&self, row: &Row) -> Result<(), Refusal> {
        let key = self.0.rules.key;
        // A row without one is refused when it is planned.
        let Ok(value) = row.key(key) else {
            return Ok(());
        };
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take(&key.folded(&value), row.line)
            .map_err(|line| Refusal::Repeated {
                property: key.property().name(),
                line,
            })
    }

    /// The key of a row as it stands in the file, for results of rows that are not planned.
    pub fn key_of(&self, row: &Row) -> Option<String> {
        row.key(self.0.rules.key).ok()
    }

    fn check_rights(&self, set: &edm::Record, is_new: bool) -> Result<(), Refusal> {
        let Inner { actor, tenant, .. } = &*self.0;
        debug_assert_eq!(actor.subject, Subject::Server);
        if is_new {
            permitted::create(actor, set)?;
        } else {
            permitted::update(actor, set, false)?;
        }
        permitted::profile(actor, tenant.settings.manner, set)
    }
}
