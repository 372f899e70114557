//! Who holds which address and identity, of the directory and of the load so far, while the tables
//! of these are not filled yet.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use uuid::Uuid;

use crate::rows::identity_keys::kept;
use crate::{AddressUses, Conflict, Identity};

/// Keys by 128 bits of each, drawn with a secret of this process: 40 bytes apiece, however long
/// they are.
#[derive(Default)]
struct Prints {
    low: RandomState,
    high: RandomState,
}

impl Prints {
    fn of<T: std::hash::Hash>(&self, key: T) -> (u64, u64) {
        (self.low.hash_one(&key), self.high.hash_one(&key))
    }
}

/// A print is as random as a hash of it would be, so one of its words serves as the hash.
#[derive(Default)]
struct Drawn(u64);

impl Hasher for Drawn {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = self.0.rotate_left(8) ^ word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

type ByPrint<T> = HashMap<(u64, u64), T, BuildHasherDefault<Drawn>>;

/// The holders of addresses and identities, and how deep each user stands.
#[derive(Default)]
pub(super) struct LoadedValues {
    prints: Prints,
    addresses: ByPrint<(Uuid, AddressUses)>,
    identities: ByPrint<Uuid>,
    /// How many managers stand above a user; those not here have none.
    levels: HashMap<Uuid, u16>,
}

impl LoadedValues {
    /// The first claim that another user has already, or that is made twice.
    pub(super) fn conflict(
        &self,
        object: Uuid,
        addresses: &[(&str, AddressUses)],
        identities: &[Identity],
    ) -> Option<Conflict> {
        for (key, _) in addresses {
            if let Some((owner, _)) = self.addresses.get(&self.prints.of(key)) {
                return Some(Conflict::Address {
                    key: (*key).to_owned(),
                    owner: *owner,
                });
            }
        }
        for (at, identity) in identities.iter().enumerate() {
            let is_same = |other: &&Identity| {
                other.issuer == identity.issuer && other.assigned == identity.assigned
            };
            let twice = identities.iter().take(at).find(is_same).map(|_| object);
            let held = self.identities.get(&self.identity(identity)).copied();
            if let Some(owner) = held.or(twice) {
                return Some(Conflict::Identity {
                    issuer: identity.issuer.clone(),
                    assigned: identity.assigned.clone(),
                    owner,
                });
            }
        }
        None
    }

    fn identity(&self, identity: &Identity) -> (u64, u64) {
        self.prints
            .of((kept(&identity.issuer), kept(&identity.assigned)))
    }

    pub(super) fn claim_address(&mut self, object: Uuid, key: &str, uses: AddressUses) {
        self.addresses.insert(self.prints.of(key), (object, uses));
    }

    pub(super) fn claim_identity(&mut self, object: Uuid, identity: &Identity) {
        self.identities.insert(self.identity(identity), object);
    }

    /// Who has this name to sign in with.
    pub(super) fn user_by_upn(&self, key: &str) -> Option<Uuid> {
        let (object, uses) = self.addresses.get(&self.prints.of(key))?;
        uses.has(AddressUses::UPN).then_some(*object)
    }

    /// How many managers stand above a user.
    pub(super) fn levels(&self, object: Uuid) -> u16 {
        self.levels.get(&object).copied().unwrap_or(0)
    }

    pub(super) fn set_levels(&mut self, object: Uuid, levels: u16) {
        if levels > 0 {
            self.levels.insert(object, levels);
        }
    }
}
