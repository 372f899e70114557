//! Opening an instance: master key, store, directory, signing keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use directory::{Clock, Directory, Ids, Keys, Policy, SystemClock, SystemIds};
use store::{Options, Place, Role, Store, StoreError};
use thiserror::Error;

use super::master_key::MasterKey;
use crate::auth::keys::{KeyError, SigningKey, SigningKeys};

/// What is authenticated beside a sealed signing key: it opens as nothing else.
const SIGNING_PURPOSE: &[u8] = b"signing key";

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
}

/// The database file of a data folder.
pub fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("vestibule.db")
}

/// Opens the store of a data folder. Blocks while it migrates.
pub fn store(data_dir: &Path, key: &MasterKey, role: Role) -> Result<Store, StoreError> {
    let place = Place::File(database(data_dir));
    Store::open(Options::new(place, role, Keys::derive(&key.secret).audit))
}

/// The directory over an open store, with the system's clock and randomness.
pub fn directory(store: Store, key: &MasterKey, policy: Policy) -> Directory {
    directory_with(store, key, policy, Arc::new(SystemIds))
}

/// The same with ids from elsewhere: dev's first start makes objects with documented ids.
pub fn directory_with(
    store: Store,
    key: &MasterKey,
    policy: Policy,
    ids: Arc<dyn Ids>,
) -> Directory {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Directory::new(store, clock, ids, Keys::derive(&key.secret), policy)
}

/// The keys that sign access tokens, newest first. The first start makes one.
pub async fn signing_keys(directory: &Directory) -> Result<SigningKeys, OpenError> {
    let rows = directory.store().instance().signing_keys().await?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows.iter().rev() {
        let plain = directory
            .keys()
            .signing
            .open(SIGNING_PURPOSE, &row.sealed_pkcs8)
            .ok_or(OpenError::OtherKey)?;
        keys.push(SigningKey::from_pkcs8(&plain)?);
    }
    if keys.is_empty() {
        keys.push(first_signing_key(directory).await?);
    }
    Ok(SigningKeys::new(keys)?)
}

async fn first_signing_key(directory: &Directory) -> Result<SigningKey, OpenError> {
    // A few hundred milliseconds of arithmetic, once in the life of an instance and before it listens.
    let plain = SigningKey::generate()?;
    let key = SigningKey::from_pkcs8(&plain)?;
    let sealed = directory
        .keys()
        .signing
        .seal(SIGNING_PURPOSE, &plain, directory.ids().nonce())
        .map_err(|_| KeyError::Generate)?;
    let row = store::SigningKeyRow {
        kid: key.kid().to_owned(),
        sealed_pkcs8: sealed,
        created_at: directory.now(),
        state: store::KeyState::Active,
    };
    directory
        .store()
        .write_instance(row, |tx, row| {
            Box::pin(async move {
                tx.insert_signing_key(row).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await?;
    Ok(key)
}
