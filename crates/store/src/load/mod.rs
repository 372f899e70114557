//! Loads many users into a directory that is nearly empty.
//!
//! The whole load is one transaction: either all of it is there, or the directory is as it was. So
//! no note of the progress is needed after a power cut, and no server ever sees half of it. The
//! indexes over what is loaded are dropped at its beginning and made anew at its end, out of sorted
//! keys; the tables of keys are filled in their own order. Meanwhile no other process can have the
//! database open.

mod claims;
mod fill;
mod sorted;

use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use uuid::Uuid;

use self::claims::LoadedValues;
use self::fill::Tables;
use crate::engine::Loading;
use crate::engine::connection::Connection;
use crate::engine::row::{Read, only};
use crate::rows::audit::{self, AuditKey};
use crate::rows::changes::{self, Change, ChangeKind, ChangedLink};
use crate::rows::open_extensions;
use crate::rows::relations::Relation;
use crate::rows::uniqueness::{self, AddressUses, Identity};
use crate::rows::user_counts::{self, Users};
use crate::sql::value::binds;
use crate::{
    AuditRecord, Conflict, ExtensionAdded, ObjectKeys, OpenExtensionRow, Place, StoreError,
    TenantId, UserRow, rows::user_writes,
};

/// Most users that may be there already. What they hold is read into memory, and their indexes are
/// made anew with the others.
pub const LOAD_BESIDE: u64 = 1_000;

crate::sql::statements! {
    Tenant HELD_ADDRESSES = "SELECT object_id, address_key, uses FROM addresses WHERE tenant_id = ?1";
    Tenant HELD_IDENTITIES = "SELECT object_id, issuer, assigned_id, sign_in_type FROM identities WHERE tenant_id = ?1";
    Tenant MANAGED = "SELECT source_id, target_id FROM relations WHERE tenant_id = ?1 AND kind = ?2";
    Tenant IS_USER = "SELECT id FROM users WHERE tenant_id = ?1 AND id = ?2 AND deleted_at IS NULL";
}

const READ_ADDRESS: Read<(Uuid, String, AddressUses)> =
    |row| Ok((row.take()?, row.take()?, AddressUses(row.take()?)));
const READ_IDENTITY: Read<(Uuid, Identity)> = |row| {
    Ok((
        row.take()?,
        Identity {
            issuer: row.take()?,
            assigned: row.take()?,
            sign_in_type: row.take()?,
        },
    ))
};
const READ_PAIR: Read<(Uuid, Uuid)> = |row| Ok((row.take()?, row.take()?));

/// A new user, whole.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// The row.
    pub row: &'a UserRow,
    /// The keys they are found by.
    pub keys: &'a ObjectKeys,
    /// Their addresses.
    pub addresses: &'a [(&'a str, AddressUses)],
    /// Their identities.
    pub identities: &'a [Identity],
    /// Their manager.
    pub manager: Option<Uuid>,
    /// Their sponsors, each once.
    pub sponsors: &'a [Uuid],
    /// Their open extensions with the keys of their names, each once, and two of an app at most.
    pub extensions: &'a [(String, OpenExtensionRow)],
}

/// A load under way. Nothing of it is visible before [`Loader::finish`]; if it is dropped before,
/// nothing was written.
pub struct Loader {
    // The first field: dropping the loader rolls back before it releases the lock.
    loading: Loading,
    key: Arc<AuditKey>,
    tenant: TenantId,
    claims: LoadedValues,
    tables: Tables,
    changes: Vec<Change>,
    count: i64,
}

/// What a statement comes to, on an engine that answers at once.
fn now<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    answer
        .now_or_never()
        .unwrap_or_else(|| Err(StoreError::Driver("a load awaited something".into())))
}

impl Loader {
    pub(crate) fn begin(
        loading: Loading,
        key: Arc<AuditKey>,
        tenant: TenantId,
        place: &Place,
    ) -> Result<Self, StoreError> {
        let folder = match place {
            Place::File(path) => path.parent().unwrap_or(Path::new(".")),
            Place::Memory(_) => Path::new("."),
        };
        let mut loader = Self {
            loading,
            key,
            tenant,
            claims: LoadedValues::default(),
            tables: Tables::new(folder),
            changes: Vec::new(),
            count: 0,
        };
        // First: what is read below must not change before the load has the database for itself.
        loader.loading.begin()?;
        let connection = loader.loading.connection();
        for (object, key, uses) in
            now(connection.rows(&HELD_ADDRESSES, binds![tenant], READ_ADDRESS))?
        {
            loader.claims.claim_address(object, &key, uses);
        }
        for (object, identity) in
            now(connection.rows(&HELD_IDENTITIES, binds![tenant], READ_IDENTITY))?
        {
            loader.claims.claim_identity(object, &identity);
        }
        let binds = binds![tenant, Relation::Manager];
        let pairs = now(connection.rows(&MANAGED, binds, READ_PAIR))?;
        let manager: std::collections::HashMap<_, _> = pairs.into_iter().collect();
        for start in manager.keys() {
            // There are no circles: setting a manager refuses them.
            let above = std::iter::successors(manager.get(start), |next| manager.get(*next));
            let levels = above.take(usize::from(u16::MAX)).count();
            let levels = u16::try_from(levels).unwrap_or(u16::MAX);
            loader.claims.set_levels(*start, levels);
        }
        Ok(loader)
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.loading.connection()
    }

    /// What stands in the way of these claims.
    pub fn conflict(
        &self,
        object: Uuid,
        addresses: &[(&str, AddressUses)],
        identities: &[Identity],
    ) -> Option<Conflict> {
        self.claims.conflict(object, addresses, identities)
    }

    /// The user with this name to sign in with, in its folded form.
    pub fn user_by_upn(&self, key: &str) -> Option<Uuid> {
        self.claims.user_by_upn(key)
    }

    /// Whether there is a user with this id.
    pub fn is_user(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let tenant = self.tenant;
        let found: Option<Uuid> = now(self.connection().row(&IS_USER, binds![tenant, id], only))?;
        Ok(found.is_some())
    }

    /// How many managers stand above a user.
    pub fn managers_above(&self, id: Uuid) -> usize {
        usize::from(self.claims.levels(id))
    }

    /// Adds a user, whose claims [`Loader::conflict`] said nothing against. [`Conflict::Id`] or
    /// [`Conflict::ImmutableId`], and then nothing happened. After any other error nothing of the
    /// load can be committed any more.
    pub fn user(&mut self, user: NewUser<'_>) -> Result<(), StoreError> {
        let NewUser { row, keys, .. } = user;
        let tenant = self.tenant;
        let inserted = now(user_writes::insert_row(
            self.connection(),
            tenant,
            row,
            keys,
        ));
        if !self.or_never(inserted)? {
            let owner = now(user_writes::immutable_owner(self.connection(), tenant, row))?;
            let conflict = match owner {
                Some(owner) if owner != row.id => Conflict::ImmutableId { owner },
                _ => Conflict::Id,
            };
            return Err(conflict.into());
        }
        self.count += 1;
        let gathered = self.gather(user);
        self.or_never(gathered)
    }

    /// Half of a load must not be committed, so after an error nothing is.
    fn or_never<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        done.inspect_err(|error| self.connection().fail(error))
    }

    /// What a user has beside the row.
    fn gather(&mut self, user: NewUser<'_>) -> Result<(), StoreError> {
        let NewUser { row, keys, .. } = user;
        for (key, uses) in uniqueness::by_key(user.addresses) {
            self.claims.claim_address(row.id, key, uses);
            self.tables.address(row.id, key, uses)?;
        }
        for identity in user.identities {
            self.claims.claim_identity(row.id, identity);
            self.tables.identity(row.id, identity)?;
        }
        self.tables.keys(row.id, keys)?;
        self.change(row.id, ChangeKind::Created, None);
        if let Some(manager) = user.manager {
            let levels = self.claims.levels(manager).saturating_add(1);
            self.claims.set_levels(row.id, levels);
            self.link(row.id, Relation::Manager, manager)?;
        }
        for sponsor in user.sponsors {
            self.link(row.id, Relation::Sponsor, *sponsor)?;
        }
        let tenant = self.tenant;
        for (key, extension) in user.extensions {
            let of = (row.id, key.as_str());
            let added = open_extensions::add(self.connection(), tenant, of, extension);
            if now(added)? != ExtensionAdded::Yes {
                let why = "a new user's open extensions meet each other";
                return Err(StoreError::Driver(why.into()));
            }
        }
        Ok(())
    }

    fn link(&mut self, source: Uuid, relation: Relation, target: Uuid) -> Result<(), StoreError> {
        self.tables.link(relation, source, target)?;
        let link = ChangedLink { relation, target };
        self.change(source, ChangeKind::Linked, Some(link));
        Ok(())
    }

    fn change(&mut self, object: Uuid, kind: ChangeKind, link: Option<ChangedLink>) {
        self.changes.push(Change {
            object,
            kind,
            link,
            touched: link.map(|_| String::new()),
        });
    }

    /// Ends a chunk: numbers its changes, and records it in the trail. After an error nothing of
    /// the load can be committed any more.
    pub fn chunk(&mut self, records: &[AuditRecord]) -> Result<(), StoreError> {
        let (tenant, key) = (self.tenant, Arc::clone(&self.key));
        let gathered = std::mem::take(&mut self.changes);
        let connection = self.connection();
        let flushed = now(async {
            audit::flush(connection, &key, tenant, records).await?;
            changes::flush(connection, tenant, &gathered).await
        });
        self.or_never(flushed)
    }

    /// Fills the tables of keys, makes the indexes anew, and commits: from then on all of it is
    /// there, durable. `told` gets how many of how many steps are done.
    pub fn finish(mut self, mut told: impl FnMut(usize, usize)) -> Result<(), StoreError> {
        let tenant = self.tenant;
        let users = Users {
            live: self.count,
            deleted: 0,
        };
        now(user_counts::flush(self.connection(), tenant, users))?;
        let indexes = self.loading.indexes();
        let steps = fill::TABLES + indexes + 1;
        let mut done = 0;
        let mut step = || {
            done += 1;
            told(done, steps);
        };
        self.tables
            .fill(self.loading.connection(), tenant, &mut step)?;
        for index in 0..indexes {
            self.loading.index(index)?;
            step();
        }
        self.loading.commit()?;
        step();
        Ok(())
    }
}
