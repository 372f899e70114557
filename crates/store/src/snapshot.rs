//! Several look-ups on one connection, which see one commit.

use crate::engine::Lease;
use crate::engine::connection::Connection;
use crate::{StoreError, TenantId};

/// One lease and one read transaction, bound to one tenant. What is read of it is in
/// [`crate::Lookup`].
pub struct Snapshot {
    lease: Lease,
    tenant: TenantId,
}

impl Snapshot {
    pub(crate) fn begin(mut lease: Lease, tenant: TenantId) -> Result<Self, StoreError> {
        lease.begin()?;
        Ok(Self { lease, tenant })
    }

    pub(crate) fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.lease.connection()
    }
}

impl Drop for Snapshot {
    /// Ends the transaction, also when the work panics: a connection that is lent again must not
    /// read an old commit, and an open read keeps the log from being carried into the file.
    fn drop(&mut self) {
        self.lease.end();
    }
}
