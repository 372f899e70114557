//! The keys that sign access tokens, as the database keeps them: sealed under the master key, made
//! and withdrawn with an audit record of the instance. The use of a key at some instant follows
//! from when it was made; the server decides it.

use jiff::Timestamp;
use serde_json::json;
use store::{KeyState, SigningKeyRow, TenantId, Tx};

use crate::audit;
use crate::directory::Directory;
use crate::refusal::Refusal;

/// The purpose that is authenticated with a sealed signing key: it opens for no other.
pub(crate) const PURPOSE: &[u8] = b"signing key";

/// A signing key that is not withdrawn.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its name in tokens.
    pub kid: String,
    /// The private key.
    pub pkcs8: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredKey({})", self.kid)
    }
}

/// What happens to the keys that are there when a new one is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKeys {
    /// They are published until their last token has ended.
    Stay,
    /// They are withdrawn at once, and every token they signed is refused: a key has leaked.
    Withdrawn,
}

/// Why the signing keys cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum KeysUnreadable {
    /// They were sealed under another master key.
    #[error("the signing keys in the database do not open with this master key")]
    OtherKey,
    /// The database.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Directory {
    /// The names of the signing keys that are not withdrawn, oldest first. Cheap enough to be asked
    /// every second.
    pub async fn signing_key_names(&self) -> Result<Vec<String>, Refusal> {
        let rows = self.store().instance().signing_keys().await?;
        Ok(rows
            .into_iter()
            .filter(|row| row.state == KeyState::Active)
            .map(|row| row.kid)
            .collect())
    }

    /// The signing keys that are not withdrawn, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, KeysUnreadable> {
        let rows = self.store().instance().signing_keys().await;
        let rows = rows.map_err(Refusal::from)?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            let plain = self.keys().signing.open(PURPOSE, &row.sealed_pkcs8);
            let pkcs8 = plain.ok_or(KeysUnreadable::OtherKey)?;
            if row.state == KeyState::Active {
                keys.push(StoredKey {
                    kid: row.kid,
                    pkcs8,
                    created_at: row.created_at,
                });
            }
        }
        Ok(keys)
    }

    /// Keeps a new signing key. Refused while there is one younger than `waiting`, unless the
    /// others are withdrawn: a key that does not sign yet would be skipped.
    pub async fn add_signing_key(
        &self,
        (kid, pkcs8): (&str, &[u8]),
        others: OtherKeys,
        waiting: Option<jiff::SignedDuration>,
    ) -> Result<(), Refusal> {
        let now = self.now();
        let sealed = self
            .keys()
            .signing
            .seal(PURPOSE, pkcs8, self.ids().nonce())
            .map_err(|error| Refusal::internal(error.to_string()))?;
        let row = SigningKeyRow {
            kid: kid.to_owned(),
            sealed_pkcs8: sealed,
            created_at: now,
            state: KeyState::Active,
        };
        let record = audit::record(
            &self.server_audit_actor(TenantId::INSTANCE),
            now,
            "Add signing key",
            audit::Target::tenant(TenantId::INSTANCE.0),
            &json!({ "kid": kid, "othersWithdrawn": others == OtherKeys::Withdrawn }),
        );
        let young = waiting.map(|waiting| now - waiting);
        let input = (row, record);
        self.store()
            .write_instance(input, move |tx, (row, record)| {
                Box::pin(add(tx, (row, record), others, young))
            })
            .await
    }

    /// Deletes these keys, and those that were withdrawn.
    pub async fn forget_signing_keys(&self, kids: Vec<String>) -> Result<(), Refusal> {
        self.store()
            .write_instance(kids, |tx, kids| {
                Box::pin(async move {
                    for key in tx.signing_keys().await? {
                        if kids.contains(&key.kid) || key.state == KeyState::Retired {
                            tx.forget_signing_key(&key.kid).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }
}

async fn add(
    tx: &mut Tx,
    (row, record): (&SigningKeyRow, &store::AuditRecord),
    others: OtherKeys,
    young: Option<Timestamp>,
) -> Result<(), Refusal> {
    // Read in the transaction that writes: of two commands at once the second finds the first one's
    // key.
    let there = tx.signing_keys().await?;
    let active = there.iter().filter(|key| key.state == KeyState::Active);
    match others {
        OtherKeys::Stay => {
            // The oldest key signs, even a young one.
            let mut later = active.skip(1);
            if later.any(|key| young.is_some_and(|young| key.created_at > young)) {
                return Err(Refusal::Combination {
                    property: "keys",
                    why: "a new key is published already and does not sign yet",
                });
            }
        }
        OtherKeys::Withdrawn => {
            for key in active {
                tx.set_signing_key_state(&key.kid, KeyState::Retired)
                    .await?;
            }
        }
    }
    tx.insert_signing_key(row).await?;
    tx.audit(record.clone());
    Ok(())
}
