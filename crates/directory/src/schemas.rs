//! The schema of each tenant: the core, and the tenant's own definitions. Only this file finds it.
//! An [`Actor`](crate::Actor) carries it through a request, so that body, stored document and
//! answer are all read with the same schema.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use edm::{Handle, Schema};
use store::{TenantId, schema_of};

use crate::directory::Directory;
use crate::refusal::Refusal;

/// The schema of a tenant: the core's, or one with definitions of its own. Cheap to clone.
pub type TenantSchema = Handle<Schema>;

/// Tells the states of a tenant's definitions apart: each change of one gives another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion(pub u64);

/// The version of a tenant that never defined anything.
const NEVER_DEFINED: SchemaVersion = SchemaVersion(0);

/// Definitions that a test gives to tenants, in place of those in the tables. They may be of kinds
/// that no table holds yet.
pub trait Definitions: Send + Sync {
    /// The tenant's schema, if the test gives it one. Its version must be one that the tables never
    /// reach, or the cache would mix up the two schemas.
    fn given(&self, tenant: TenantId) -> Option<(SchemaVersion, Schema)>;
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

/// Where the schemas of tenants come from: a test, or else the tables and the cache before them.
#[derive(Default)]
pub(crate) struct Schemas {
    given: Option<Arc<dyn Definitions>>,
    cache: Mutex<Cache>,
}

impl Schemas {
    pub(crate) fn new(given: Option<Arc<dyn Definitions>>) -> Self {
        Self {
            given,
            cache: Mutex::default(),
        }
    }

    fn given(&self, tenant: TenantId) -> Option<TenantSchema> {
        let (version, schema) = self.given.as_ref()?.given(tenant)?;
        let known = self.with_cache(|cache| cache.get(tenant, version));
        Some(known.unwrap_or_else(|| self.keep(tenant, version, schema)))
    }

    fn keep(&self, tenant: TenantId, version: SchemaVersion, read: Schema) -> TenantSchema {
        let schema = if read.is_core() {
            Schema::core().into()
        } else {
            TenantSchema::from(read)
        };
        self.with_cache(|cache| cache.keep(tenant, version, schema.clone()));
        schema
    }

    fn with_cache<T>(&self, with: impl FnOnce(&mut Cache) -> T) -> T {
        with(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Directory {
    /// The schema of a tenant, as it is now.
    pub async fn schema(&self, tenant: TenantId) -> Result<TenantSchema, Refusal> {
        let version = self.store().read(tenant).definition_version().await?;
        self.schema_of(tenant, SchemaVersion(version)).await
    }

    /// The schema of a tenant, for a caller that has read the version of its definitions with
    /// another row, as every request does: see [`crate::ActingSubject`]. The definitions themselves
    /// are read once per version.
    ///
    /// The version must be read before the definitions. If they change in between, the newer
    /// definitions are cached under the older version, and the next request, which sees the newer
    /// version, reads them again. The other way round, older definitions would stay in use under
    /// the newer version.
    pub async fn schema_of(
        &self,
        tenant: TenantId,
        version: SchemaVersion,
    ) -> Result<TenantSchema, Refusal> {
        let schemas = self.schemas();
        if let Some(given) = schemas.given(tenant) {
            return Ok(given);
        }
        if version == NEVER_DEFINED {
            return Ok(Schema::core().into());
        }
        let known = schemas.with_cache(|cache| cache.get(tenant, version));
        if let Some(known) = known {
            return Ok(known);
        }
        let definitions = self.store().read(tenant).definitions().await?;
        Ok(schemas.keep(tenant, version, schema_of(&definitions)))
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
