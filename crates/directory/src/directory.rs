//! The directory itself: the store, the three injected things, the keys and the instance's policy,
//! behind one cheap handle.

use std::sync::Arc;

use edm::Schema;
use jiff::Timestamp;
use store::{Store, TenantId};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::actor::Actor;
use crate::address::LocalParts;
use crate::app_rights::AppRights;
use crate::clock::Clock;
use crate::expiry_clock::ExpiryClock;
use crate::ids::Ids;
use crate::keys::Keys;
use crate::passwords::Hasher;
use crate::refusal::Refusal;
use crate::schemas::{Definitions, Schemas};

/// The operator's decisions for the whole instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The first configured origin, without a trailing slash; links in mails and `inviteRedeemUrl`
    /// begin with it.
    pub public_origin: String,
    /// Whether mail can leave at all.
    pub mail_configured: bool,
    /// Whether local parts with non-ASCII characters are accepted (T-55, R-39).
    pub smtputf8: bool,
    /// By how much the invitation and mail quotas are raised: 1 in service, 100 in dev.
    pub quota_factor: u32,
    /// Whether delivered letters stay readable: dev shows its mails, serve never does.
    pub keep_letters: bool,
}

impl Policy {
    /// The policy where nothing is invited or mailed.
    pub const fn idle() -> Self {
        Self {
            public_origin: String::new(),
            mail_configured: false,
            smtputf8: false,
            quota_factor: 1,
            keep_letters: false,
        }
    }
}

/// The directory. Cloning is cheap; all clones are the same one.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    keys: Keys,
    hasher: Hasher,
    policy: Policy,
    expiry_clock: ExpiryClock,
    app_rights: AppRights,
    bell: Notify,
    schemas: Schemas,
}

impl Directory {
    /// Makes a directory over an open store. `store` must have been opened with the audit key of
    /// the same `keys`.
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        keys: Keys,
        policy: Policy,
    ) -> Self {
        Self::build(store, clock, ids, keys, policy, None)
    }

    /// [`Directory::new`] for a test that gives tenants other definitions than the tables hold.
    pub fn with_definitions(
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        keys: Keys,
        policy: Policy,
        definitions: Arc<dyn Definitions>,
    ) -> Self {
        Self::build(store, clock, ids, keys, policy, Some(definitions))
    }

    fn build(
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        keys: Keys,
        policy: Policy,
        definitions: Option<Arc<dyn Definitions>>,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            ids,
            keys,
            hasher: Hasher::new(),
            policy,
            expiry_clock: ExpiryClock::default(),
            app_rights: AppRights::default(),
            bell: Notify::new(),
            schemas: Schemas::new(definitions),
        }))
    }

    /// The store below.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    pub(crate) fn expiry_clock(&self) -> &ExpiryClock {
        &self.0.expiry_clock
    }

    pub(crate) fn app_rights(&self) -> &AppRights {
        &self.0.app_rights
    }

    /// The source of ids and secrets.
    pub fn ids(&self) -> &dyn Ids {
        &*self.0.ids
    }

    /// The instance's keys.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// The operator's decisions.
    pub fn policy(&self) -> &Policy {
        &self.0.policy
    }

    pub(crate) fn schemas(&self) -> &Schemas {
        &self.0.schemas
    }

    /// The password hasher.
    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    /// Returns once this process has written a letter since the last call. For one waiter, the
    /// outbox worker; it finds letters of other processes, and those due again, by looking.
    pub async fn letter_written(&self) {
        self.0.bell.notified().await;
    }

    /// Wakes the outbox worker. To be called after the commit, so that it finds the letter.
    pub(crate) fn ring(&self) {
        self.0.bell.notify_one();
    }

    /// The server itself acting in a tenant, in a request of its own.
    pub async fn server_actor(&self, tenant: TenantId) -> Result<Actor, Refusal> {
        let schema = self.schema(tenant).await?;
        Ok(Actor::server(tenant, schema, self.ids().uuid()))
    }

    /// The server itself, where it is merely named in the audit trail and no object is read.
    pub(crate) fn server_audit_actor(&self, tenant: TenantId) -> Actor {
        Actor::server(tenant, Schema::core().into(), self.ids().uuid())
    }

    /// The present instant in whole seconds, as Graph shows instants of users.
    pub(crate) fn whole_second(&self) -> Timestamp {
        let now = self.now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// Which local parts of addresses are taken.
    pub(crate) fn locals(&self) -> LocalParts {
        if self.policy().smtputf8 {
            LocalParts::Utf8
        } else {
            LocalParts::Ascii
        }
    }

    /// A new object id.
    pub(crate) fn new_id(&self) -> Uuid {
        self.ids().object(self.now())
    }
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Directory(..)")
    }
}
