//! The key every row starts with.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A tenant. Bound once, to a [`crate::Reader`] or a [`crate::Tx`], so that no single call can name
/// another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TenantId(pub Uuid);

impl TenantId {
    /// Stands for the instance itself: audit records of what belongs to no tenant (keys, tenants
    /// made) chain under it.
    pub const INSTANCE: Self = Self(Uuid::nil());
}

impl std::fmt::Display for TenantId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}
