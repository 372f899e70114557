//! Tokens whose signature was found good.
//!
//! Only what cannot change is kept: signature and claims. Whether the app and the person may still
//! act, and what they may still do, is looked up at every request.

use std::hash::{Hash, Hasher, RandomState};
use std::sync::Arc;

use directory::{Directory, Permissions, Refusal, Roles};
use jiff::{SignedDuration, Timestamp};
use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{Equivalent, Weighter};
use store::TenantId;
use uuid::Uuid;

/// Bytes of tokens kept, with what they say. That is 3,500 tokens with every permission or 8,000 of
/// the usual length; a tenant with more live tokens pays one signature check (some 30 µs) for those
/// used least.
const CAPACITY_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes of a small token, of an app with one permission. The cache expects entries of this size.
const SMALL_TOKEN_BYTES: u64 = 1024;

/// Bytes of an entry beside the token's text.
const ENTRY_OVERHEAD_BYTES: u64 = 300;

/// How many bytes at the end of a token are hashed to find it. Half of them would be random enough:
/// every token in the cache ends with a signature.
const HASHED_BYTES: usize = 64;

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

/// A token as it was sent. Found by the end of its signature, under a hash with a key of this
/// process; taken only when it is the same to the last byte.
#[derive(PartialEq, Eq)]
struct Token(Box<[u8]>);

/// The text of a token that is looked up.
struct TokenText<'a>(&'a [u8]);

fn hash_end<H: Hasher>(token: &[u8], state: &mut H) {
    let from = token.len().saturating_sub(HASHED_BYTES);
    state.write(token.get(from..).unwrap_or_default());
}

impl Hash for Token {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_end(&self.0, state);
    }
}

impl Hash for TokenText<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_end(self.0, state);
    }
}

impl Equivalent<Token> for TokenText<'_> {
    fn equivalent(&self, token: &Token) -> bool {
        *self.0 == *token.0
    }
}

/// Weighs what an entry takes of memory.
#[derive(Clone)]
struct EntryWeight;

impl Weighter<Token, Arc<Verified>> for EntryWeight {
    fn weight(&self, token: &Token, _: &Arc<Verified>) -> u64 {
        token.0.len() as u64 + ENTRY_OVERHEAD_BYTES
    }
}

/// The cache. Bounded; only tokens of ours get in, so that strangers cannot push them out.
///
/// It holds the tokens themselves. The keys that sign them are in the same memory, so a dump of it
/// gives away no more than before (decision record 0080).
pub struct TokenCache(Cache<Token, Arc<Verified>, EntryWeight, RandomState>);

impl TokenCache {
    /// An empty one.
    pub fn new() -> Self {
        Self::of_size(CAPACITY_BYTES)
    }

    fn of_size(bytes: u64) -> Self {
        let entries = usize::try_from(bytes / (SMALL_TOKEN_BYTES + ENTRY_OVERHEAD_BYTES))
            .unwrap_or(usize::MAX);
        let (hash, life) = (RandomState::new(), DefaultLifecycle::default());
        Self(Cache::with(entries, bytes, EntryWeight, hash, life))
    }

    /// The entry, dropped when its token has expired at `now` (seconds since 1970).
    pub fn get(&self, token: &[u8], now: i64) -> Option<Arc<Verified>> {
        let found = self.0.get(&TokenText(token))?;
        if now < found.expires {
            return Some(found);
        }
        self.0.remove(&TokenText(token));
        None
    }

    /// Keeps a token found good.
    pub fn keep(&self, token: &[u8], verified: Arc<Verified>) {
        self.0.insert(Token(token.into()), verified);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn verified(expires: i64) -> Arc<Verified> {
        Arc::new(Verified {
            kid: "key".to_owned(),
            tenant: Uuid::nil(),
            client_id: Uuid::nil(),
            credential: None,
            principal: Principal::Person {
                user: Uuid::nil(),
                scopes: Permissions::default(),
            },
            roles: Roles::default(),
            not_before: 0,
            expires,
        })
    }

    #[test]
    fn only_the_same_token_to_the_last_byte_is_known() {
        let tokens = TokenCache::new();
        let token = vec![b'a'; 1_000];
        tokens.keep(&token, verified(10));
        assert!(tokens.get(&token, 9).is_some());
        // Everywhere, also before the end that leads to the place.
        for at in [0, 1, 500, 999 - HASHED_BYTES, 999] {
            let mut other = token.clone();
            other[at] = b'b';
            assert!(tokens.get(&other, 9).is_none(), "{at}");
        }
        for length in [0, 1, HASHED_BYTES, 999] {
            assert!(tokens.get(&token[..length], 9).is_none(), "{length}");
            assert!(tokens.get(&token[1_000 - length..], 9).is_none());
        }
        // From its last second on it is gone, also for a clock that steps back.
        assert!(tokens.get(&token, 10).is_none());
        assert!(tokens.get(&token, 9).is_none());
    }

    #[test]
    fn what_is_kept_is_bounded_in_bytes() {
        let most = 64 * 1024;
        let tokens = TokenCache::of_size(most);
        for number in 0..2_000_u32 {
            let token = [&[b'a'; 1_000][..], &number.to_be_bytes()].concat();
            tokens.keep(&token, verified(10));
        }
        assert!(tokens.0.weight() <= 2 * most, "{}", tokens.0.weight());
        assert!(!tokens.0.is_empty());
    }
}
