//! Tokens whose signature was found good, by the SHA-256 of their text.
//!
//! Only what cannot change is kept: signature and claims. Whether the app and the person may still
//! act, and what they may still do, is looked up at every request.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use directory::{Directory, Permissions, Refusal, Roles};
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::Cache;
use store::TenantId;
use uuid::Uuid;

/// Tokens kept. At about 300 bytes each that is 3 MB; a tenant with more live tokens than this pays
/// one signature check (some 30 µs) for those used least.
const CAPACITY: usize = 10_000;

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The key that signed it.
    pub kid: String,
    /// The tenant it acts in.
    pub tenant: Uuid,
    /// The app that presents it.
    pub client_id: Uuid,
    /// The app's credential that it was got with, where it says so.
    pub credential: Option<Uuid>,
    /// Who acts.
    pub principal: Principal,
    /// The principal's directory roles.
    pub roles: Roles,
    /// Seconds since 1970 from which it counts.
    pub not_before: i64,
    /// Seconds since 1970 from which it does not.
    pub expires: i64,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The app itself.
    App {
        /// Its object in the tenant.
        object: Uuid,
        /// Application permissions.
        permissions: Permissions,
    },
    /// A signed-in person, through the app.
    Person {
        /// The person.
        user: Uuid,
        /// Delegated permissions.
        scopes: Permissions,
    },
}

/// The name of a token in the cache. The token itself is not kept: a memory dump shows no bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a token.
    pub fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash
            .iter_mut()
            .zip(digest(&SHA256, token.as_bytes()).as_ref())
        {
            *to = *from;
        }
        Self(hash)
    }
}

/// The cache. Bounded; only tokens of ours get in, so that strangers cannot push them out.
#[derive(Debug)]
pub struct TokenCache(Cache<TokenHash, Arc<Verified>>);

impl TokenCache {
    /// An empty one.
    pub fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// The entry, dropped when its token has expired at `now` (seconds since 1970).
    pub fn get(&self, hash: &TokenHash, now: i64) -> Option<Arc<Verified>> {
        let found = self.0.get(hash)?;
        if now < found.expires {
            return Some(found);
        }
        self.0.remove(hash);
        None
    }

    /// Keeps a token found good.
    pub fn keep(&self, hash: TokenHash, verified: Arc<Verified>) {
        self.0.insert(hash, verified);
    }
}

/// For how long the roles of somebody may be remembered: a role that was taken away gives nothing
/// after a second.
const ROLES_KEPT: SignedDuration = SignedDuration::from_secs(1);

/// Principals whose roles are remembered; only those whose token carries a role are asked about.
const ROLES_CAPACITY: usize = 1_000;

/// The roles that principals hold, as read a moment ago. Permissions come with the app's row at
/// every request; roles lie in a table of their own, and a busy app would read them a thousand
/// times a second.
#[derive(Debug)]
pub struct HeldRoles(Cache<(TenantId, Uuid), (Timestamp, Roles)>);

impl HeldRoles {
    /// Nothing remembered.
    pub fn new() -> Self {
        Self(Cache::new(ROLES_CAPACITY))
    }

    /// The roles that `principal` holds.
    pub async fn of(
        &self,
        directory: &Directory,
        tenant: TenantId,
        principal: Uuid,
    ) -> Result<Roles, Refusal> {
        let now = directory.now();
        if let Some((read, roles)) = self.0.get(&(tenant, principal)) {
            // A clock that stepped backward must not make a reading last.
            if read <= now && now.duration_since(read) < ROLES_KEPT {
                return Ok(roles);
            }
        }
        let roles = directory.roles_of(tenant, principal).await?;
        self.0.insert((tenant, principal), (now, roles.clone()));
        Ok(roles)
    }
}

impl Default for HeldRoles {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for TokenCache {
    fn default() -> Self {
        Self::new()
    }
}
