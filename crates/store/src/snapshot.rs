//! Several look-ups on one connection, which see one commit.

use crate::engine::connection::Connection;
use crate::engine::{Lease, Reading};
use crate::{StoreError, TenantId};

/// One lease and one read transaction, bound to one tenant. What is read of it is in
/// [`crate::Lookup`].
pub struct Snapshot {
    reading: Reading,
    tenant: TenantId,
}

impl Snapshot {
    pub(crate) fn begin(lease: Lease, tenant: TenantId) -> Result<Self, StoreError> {
        let reading = Reading::begin(lease)?;
        Ok(Self { reading, tenant })
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.reading.connection()
    }
}
