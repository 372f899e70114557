//! Tenants' own definitions, as a test sets them.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Mutex, PoisonError};

use directory::{Definitions, Reading, SchemaVersion};
use edm::Schema;
use store::TenantId;

/// The definitions of each tenant. A tenant without any has the core.
#[derive(Default)]
pub struct TestDefinitions(Mutex<HashMap<TenantId, (u64, Schema)>>);

impl TestDefinitions {
    /// Gives a tenant this schema from now on.
    pub fn define(&self, tenant: TenantId, schema: Schema) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version = all.get(&tenant).map_or(1, |(version, _)| version + 1);
        all.insert(tenant, (version, schema));
    }

    fn of(&self, tenant: TenantId) -> (u64, Schema) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&tenant).cloned().unwrap_or_default()
    }
}

impl Definitions for TestDefinitions {
    fn version(&self, tenant: TenantId) -> Reading<'_, SchemaVersion> {
        Box::pin(ready(Ok(SchemaVersion(self.of(tenant).0))))
    }

    fn schema(&self, tenant: TenantId) -> Reading<'_, Schema> {
        Box::pin(ready(Ok(self.of(tenant).1)))
    }
}
