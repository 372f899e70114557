//! Definitions that a test gives to tenants, in place of the stored ones.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use directory::{Definitions, SchemaVersion};
use edm::Schema;
use store::TenantId;

/// The first version of such definitions. The versions in the tables never become so high.
const FIRST: u64 = 1 << 62;

/// What tenants were given. The others have what the tables say.
#[derive(Default)]
pub struct TestDefinitions(Mutex<HashMap<TenantId, (u64, Schema)>>);

impl TestDefinitions {
    /// Gives a tenant this schema from now on.
    pub fn define(&self, tenant: TenantId, schema: Schema) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version = all.get(&tenant).map_or(FIRST, |(version, _)| version + 1);
        all.insert(tenant, (version, schema));
    }
}

impl Definitions for TestDefinitions {
    fn given(&self, tenant: TenantId) -> Option<(SchemaVersion, Schema)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (version, schema) = all.get(&tenant)?.clone();
        Some((SchemaVersion(version), schema))
    }
}
