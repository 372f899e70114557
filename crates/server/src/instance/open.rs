//! Opening an instance: master key, store, directory, signing keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use directory::{
    Clock, Directory, Ids, Keys, KeysUnreadable, OtherKeys, Policy, Refusal, SystemClock, SystemIds,
};
use store::{Options, Place, Role, Store, StoreError};
use thiserror::Error;

use super::files;
use super::master_key::{self, MasterKey, MasterKeyError};
use crate::oauth::keys::{AHEAD, DatedKey, KeyError, SigningKey, SigningKeys};

/// Why an instance cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The database.
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    /// A signing key was sealed with another master key.
    #[error("the signing keys in the database do not open with this master key")]
    OtherKey,
    /// A signing key cannot be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The master key file cannot be used.
    #[error("the master key: {0}")]
    MasterKey(#[from] MasterKeyError),
    /// Reading or writing was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<KeysUnreadable> for OpenError {
    fn from(error: KeysUnreadable) -> Self {
        match error {
            KeysUnreadable::OtherKey => Self::OtherKey,
            KeysUnreadable::Refused(refusal) => refusal.into(),
        }
    }
}

/// The database file of a data folder.
pub fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("vestibule.db")
}

/// Whether a data folder holds a database. A file without content is what is left of one: opened,
/// it would become an empty directory, and everybody's accounts would seem gone for good.
pub fn is_there(data_dir: &Path) -> Result<(), String> {
    let file = database(data_dir);
    match std::fs::metadata(&file) {
        Ok(found) if found.len() > 0 => Ok(()),
        Ok(_) => Err(format!(
            "{} is empty, though there was a database: restore it from a backup",
            file.display()
        )),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

/// What an instance is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenFor {
    /// To serve it, or to work on it.
    Serving,
    /// To look at it: no file is changed. A database with an older schema is looked at in a copy,
    /// which is brought up to date as a start would do with the database.
    Looking,
}

/// A store that was opened for one of these.
pub struct Opened {
    /// The store.
    pub store: Store,
    /// What a start would do before it serves.
    pub note: Option<String>,
    /// Removed at the end.
    _copy: Option<Copy>,
}

/// A folder of ours for a while.
struct Copy(PathBuf);

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "a copy of the database stays behind");
        }
    }
}

/// Opens the database of a data folder for that.
pub fn opened(data_dir: &Path, key: &MasterKey, why: OpenFor) -> Result<Opened, OpenError> {
    let only = |store| Opened {
        store,
        note: None,
        _copy: None,
    };
    if why == OpenFor::Serving {
        return Ok(only(store(data_dir, key, Role::Server)?));
    }
    let migration = match store(data_dir, key, Role::Look) {
        Err(StoreError::Outdated { found, known }) if found == known => {
            format!("the parts of schema {known} that it has not yet")
        }
        Err(StoreError::Outdated { found, known }) => format!("schema {known}, from {found}"),
        Err(StoreError::OldKeys { what, found, known }) => {
            format!("keys of {what} {known}, from {found}")
        }
        Err(StoreError::UnfinishedKeys) => "keys that are made anew only in part so far".to_owned(),
        opened => return Ok(only(opened?)),
    };
    let folder = std::env::temp_dir().join(format!("vestibule-{}", SystemIds.uuid()));
    files::make_private_dir(&folder).map_err(|error| {
        let what = format!("no folder for a copy, {}: {error}", folder.display());
        OpenError::Store(StoreError::Driver(what))
    })?;
    let copy = Copy(folder);
    Store::copy_file(&database(data_dir), &database(&copy.0))?;
    Ok(Opened {
        store: store(&copy.0, key, Role::Server)?,
        note: Some(format!(
            "the start brings the database to {migration}; make a backup before (tried on a copy)"
        )),
        _copy: Some(copy),
    })
}

/// Opens the store of a data folder. Blocks while it migrates.
pub fn store(data_dir: &Path, key: &MasterKey, role: Role) -> Result<Store, StoreError> {
    store_file(&database(data_dir), key, role)
}

/// Opens the store in a file.
pub fn store_file(file: &Path, key: &MasterKey, role: Role) -> Result<Store, StoreError> {
    let place = Place::File(file.to_owned());
    Store::open(Options::new(place, role, Keys::derive(&key.secret).audit))
}

/// The directory over an open store, with the system's clock and randomness.
pub fn directory(store: Store, key: &MasterKey, policy: Policy) -> Directory {
    directory_with(store, key, policy, Arc::new(SystemIds))
}

/// The directory over an open store, with ids that the caller gives: the first start of `dev`
/// creates objects with documented ids.
pub fn directory_with(
    store: Store,
    key: &MasterKey,
    policy: Policy,
    ids: Arc<dyn Ids>,
) -> Directory {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Directory::new(store, clock, ids, Keys::derive(&key.secret), policy)
}

/// The keys that sign access tokens, as far as there are any.
pub async fn stored_keys(directory: &Directory) -> Result<Vec<DatedKey>, OpenError> {
    let stored = directory.signing_keys().await?;
    let dated = stored.into_iter().map(|row| {
        Ok(DatedKey {
            key: SigningKey::from_pkcs8(&row.pkcs8)?,
            created_at: row.created_at,
        })
    });
    dated.collect()
}

/// The keys that sign access tokens. The first start makes one.
pub async fn signing_keys(directory: &Directory) -> Result<SigningKeys, OpenError> {
    let mut keys = stored_keys(directory).await?;
    if keys.is_empty() {
        let created_at = directory.now();
        let key = add_signing_key(directory, OtherKeys::Stay).await?;
        keys.push(DatedKey { key, created_at });
    }
    Ok(SigningKeys::new(keys)?)
}

/// Makes a signing key and keeps it. A few hundred milliseconds of arithmetic.
pub async fn add_signing_key(
    directory: &Directory,
    others: OtherKeys,
) -> Result<SigningKey, OpenError> {
    let plain = SigningKey::generate()?;
    let key = SigningKey::from_pkcs8(&plain)?;
    directory
        .add_signing_key((key.kid(), &plain), others, Some(AHEAD))
        .await?;
    Ok(key)
}

/// Whether the database was sealed under this master key. One without signing keys fits every key.
async fn fits(data_dir: &Path, key: &MasterKey, why: OpenFor) -> Result<bool, OpenError> {
    let opened = match why {
        OpenFor::Looking => opened(data_dir, key, why)?,
        OpenFor::Serving => Opened {
            store: store(data_dir, key, Role::Tool)?,
            note: None,
            _copy: None,
        },
    };
    let directory = directory(opened.store.clone(), key, Policy::idle());
    let keys = directory.signing_keys().await;
    directory.store().close().await;
    match keys {
        Ok(_) => Ok(true),
        Err(KeysUnreadable::OtherKey) => Ok(false),
        Err(KeysUnreadable::Refused(refusal)) => Err(refusal.into()),
    }
}

/// The master key of an instance. Where `vestibule keys rotate --master` was cut off, the key it
/// had prepared may be the one the database is sealed under already; then the change is carried to
/// its end, except by who only looks.
pub async fn master_key(
    data_dir: &Path,
    key_file: &Path,
    why: OpenFor,
) -> Result<MasterKey, OpenError> {
    let key = master_key::read(key_file)?;
    let next = master_key::next(key_file);
    if !next.exists() || !database(data_dir).exists() || fits(data_dir, &key, why).await? {
        return Ok(key);
    }
    let prepared = master_key::read(&next)?;
    if !fits(data_dir, &prepared, why).await? {
        return Err(OpenError::OtherKey);
    }
    if why == OpenFor::Serving {
        master_key::install(key_file)?;
    }
    Ok(prepared)
}
