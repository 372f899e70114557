//! What the objects of each tenant look like: the core, and the tenant's own definitions beside it.
//! This is the one place that says so; an [`Actor`](crate::Actor) carries the answer through a
//! request, so that body, stored document and answer are all read in one schema.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use edm::{Handle, Schema};
use store::TenantId;

use crate::directory::Directory;
use crate::refusal::Refusal;

/// The schema of a tenant: the core's, or one with definitions of its own. Cheap to clone.
pub type TenantSchema = Handle<Schema>;

/// Tells the states of a tenant's definitions apart: each change of one gives another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion(pub u64);

/// Something read from where definitions are kept.
pub type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// Where tenants' definitions are kept.
pub trait Definitions: Send + Sync {
    /// The present version of a tenant's definitions. It is asked once a request.
    fn version(&self, tenant: TenantId) -> Reading<'_, SchemaVersion>;

    /// The core with the tenant's definitions. It is asked once a version.
    fn schema(&self, tenant: TenantId) -> Reading<'_, Schema>;
}

/// Tenants whose schemas are kept in memory at once. With a few hundred definitions each, as many
/// as a tenant may have, they stay within some tens of megabytes.
const TENANTS: usize = 256;

/// One tenant's schema as it was read last.
struct CachedSchema {
    version: SchemaVersion,
    schema: TenantSchema,
    /// The number of its last use among all uses.
    used: u64,
}

/// The schemas of the tenants that were used last.
#[derive(Default)]
struct Cache {
    tenants: HashMap<TenantId, CachedSchema>,
    uses: u64,
}

impl Cache {
    fn get(&mut self, tenant: TenantId, version: SchemaVersion) -> Option<TenantSchema> {
        let cached = self.tenants.get_mut(&tenant)?;
        self.uses += 1;
        cached.used = self.uses;
        (cached.version == version).then(|| cached.schema.clone())
    }

    /// Keeps a schema in place of the tenant's earlier one. The schema that was not used for
    /// longest makes room.
    fn keep(&mut self, tenant: TenantId, version: SchemaVersion, schema: TenantSchema) {
        if self.tenants.len() >= TENANTS && !self.tenants.contains_key(&tenant) {
            let oldest = self.tenants.iter().min_by_key(|(_, cached)| cached.used);
            if let Some(oldest) = oldest.map(|(tenant, _)| *tenant) {
                self.tenants.remove(&oldest);
            }
        }
        self.uses += 1;
        let cached = CachedSchema {
            version,
            schema,
            used: self.uses,
        };
        self.tenants.insert(tenant, cached);
    }
}

/// Finds tenants' schemas.
pub(crate) struct Schemas {
    definitions: Arc<dyn Definitions>,
    cache: Mutex<Cache>,
}

impl Schemas {
    pub(crate) fn new(definitions: Arc<dyn Definitions>) -> Self {
        Self {
            definitions,
            cache: Mutex::default(),
        }
    }

    /// The version is read first: definitions that change in between are kept under a version that
    /// is over, and read once more by the next request.
    async fn of(&self, tenant: TenantId) -> Result<TenantSchema, Refusal> {
        let version = self.definitions.version(tenant).await?;
        let cached = self.with_cache(|cache| cache.get(tenant, version));
        if let Some(cached) = cached {
            return Ok(cached);
        }
        let read = self.definitions.schema(tenant).await?;
        let schema = if read.is_core() {
            Schema::core().into()
        } else {
            TenantSchema::from(read)
        };
        self.with_cache(|cache| cache.keep(tenant, version, schema.clone()));
        Ok(schema)
    }

    fn with_cache<T>(&self, with: impl FnOnce(&mut Cache) -> T) -> T {
        with(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Directory {
    /// What the objects of a tenant look like now. Without [`Definitions`] it is the core.
    pub async fn schema(&self, tenant: TenantId) -> Result<TenantSchema, Refusal> {
        match self.schemas() {
            Some(schemas) => schemas.of(tenant).await,
            None => Ok(Schema::core().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const FIRST: SchemaVersion = SchemaVersion(1);

    fn tenant(number: usize) -> TenantId {
        TenantId(Uuid::from_u128(number as u128))
    }

    fn filled() -> Cache {
        let mut cache = Cache::default();
        for number in 0..TENANTS {
            cache.keep(tenant(number), FIRST, Schema::core().into());
        }
        cache
    }

    #[test]
    fn the_schema_that_was_not_used_for_longest_makes_room() {
        let mut cache = filled();
        assert!(cache.get(tenant(0), FIRST).is_some());
        cache.keep(tenant(TENANTS), FIRST, Schema::core().into());
        assert_eq!(cache.tenants.len(), TENANTS);
        let has = |cache: &mut Cache, number| cache.get(tenant(number), FIRST).is_some();
        assert!(has(&mut cache, 0) && has(&mut cache, 2) && has(&mut cache, TENANTS));
        assert!(!has(&mut cache, 1));
    }

    #[test]
    fn an_outdated_schema_is_replaced_only_by_its_successor() {
        let mut cache = filled();
        let second = SchemaVersion(2);
        assert!(cache.get(tenant(7), second).is_none());
        cache.keep(tenant(7), second, Schema::core().into());
        assert!(cache.get(tenant(7), second).is_some());
        assert!(cache.get(tenant(7), FIRST).is_none());
        assert_eq!(cache.tenants.len(), TENANTS);
    }
}
