//! Reading the few rows that belong to no tenant.

use crate::engine::Lease;
use crate::rows::{outbox, tenants, user_counts};
use crate::{DomainRow, SigningKeyRow, Store, StoreError, TenantId, TenantRow};
use jiff::Timestamp;

/// Reads what belongs to the instance. Written in [`Store::write_instance`].
#[derive(Clone)]
pub struct Instance {
    store: Store,
}

impl Instance {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    async fn lease(&self) -> Result<Lease, StoreError> {
        self.store.engine().lease().await
    }

    /// A tenant by id.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<TenantRow>, StoreError> {
        tenants::tenant_row(self.lease().await?.connection(), id).await
    }

    /// A domain, and with it whose it is; the name in A-label form, lower case.
    pub async fn domain(&self, name: &str) -> Result<Option<DomainRow>, StoreError> {
        tenants::domain_tenant(self.lease().await?.connection(), name).await
    }

    /// All tenants, by id.
    pub async fn tenants(&self) -> Result<Vec<TenantRow>, StoreError> {
        self.store
            .engine()
            .list(None, |on| Box::pin(tenants::tenants(on)))
            .await
    }

    /// All signing keys, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        tenants::signing_keys(self.lease().await?.connection()).await
    }

    /// A setting of the instance.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        tenants::setting(self.lease().await?.connection(), name).await
    }

    /// Tenants with a letter that is due (or outlived its time), at most `limit`.
    pub async fn due_tenants(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<TenantId>, StoreError> {
        self.store
            .engine()
            .list(None, move |on| {
                Box::pin(outbox::due_tenants(on, now, limit))
            })
            .await
    }

    /// Users of all tenants, the deleted ones among them.
    pub async fn users(&self) -> Result<u64, StoreError> {
        user_counts::all_users(self.lease().await?.connection()).await
    }

    /// Letters that wait, in all tenants; for the metrics.
    pub async fn waiting_letters(&self) -> Result<u64, StoreError> {
        self.store
            .engine()
            .list(None, |on| Box::pin(outbox::waiting_letters(on)))
            .await
    }
}
