//! Positions in walks over the rows of all tenants.

use crate::StoreError;
use uuid::Uuid;

/// How far a walk over the objects of all tenants came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowPosition {
    /// The number of the tenant.
    pub(crate) tenant: i64,
    /// The object.
    pub(crate) id: Uuid,
}

impl RowPosition {
    /// Of [`RowPosition::text`].
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (tenant, id) = text.split_once(' ')?;
        Some(Self {
            tenant: tenant.parse().ok()?,
            id: Uuid::try_parse(id).ok()?,
        })
    }

    /// Where a backfill of `what` goes on: behind this position, or at the beginning.
    pub(crate) fn of_backfill(after: Option<&str>, what: &str) -> Result<Option<Self>, StoreError> {
        let Some(text) = after else { return Ok(None) };
        let position = Self::parse(text);
        let unknown = || StoreError::Corrupt(format!("no position among {what}: {text}"));
        position.map(Some).ok_or_else(unknown)
    }

    /// As a backfill keeps it.
    pub(crate) fn text(self) -> String {
        format!("{} {}", self.tenant, self.id)
    }
}
