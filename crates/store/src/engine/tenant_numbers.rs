//! Tenants have numbers in the database: every row of a tenant, and every entry of an index over
//! it, begins with a small integer instead of 16 bytes (decision record 0025).
//!
//! A number belongs to one tenant for good. It is made in the write that makes the tenant and
//! undone with it, and its row is never deleted, even if the tenant is. So a committed number may
//! be cached for ever. It means nothing outside this database: what leaves it, or is hashed or
//! sealed, names the tenant by its id.

use crate::TenantId;
use crate::engine::connection::Connection;
use crate::sql::statements;
use crate::{StoreError, sql::value::binds};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

statements! {
    pub(crate) Instance TENANT_NUMBER = "SELECT tenant_id FROM tenant_numbers WHERE id = ?1";
    Instance NUMBER_TENANT = "INSERT INTO tenant_numbers (tenant_id, id) \
        SELECT COALESCE(MAX(tenant_id), 0) + 1, ?1 FROM tenant_numbers";
}

/// Of [`TenantId::INSTANCE`], which has no row.
const INSTANCE: i64 = 0;

/// Gives the tenant a number, unless it has one. In the write that makes the tenant.
pub(crate) async fn give(on: &mut Connection, tenant: TenantId) -> Result<(), StoreError> {
    if on.number(tenant).await?.is_none() {
        on.execute(&NUMBER_TENANT, binds![tenant.0]).await?;
    }
    Ok(())
}

/// Numbers that were committed, as all connections of a store know them. Only numbers of existing
/// tenants, so that requests for invented tenants do not make this grow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers(Arc<RwLock<HashMap<TenantId, i64>>>);

impl Numbers {
    fn get(&self, tenant: TenantId) -> Option<i64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&tenant).copied()
    }

    fn add(&self, numbers: impl IntoIterator<Item = (TenantId, i64)>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(numbers);
    }
}

/// The numbers that one connection knows.
#[derive(Debug, Default)]
pub(crate) struct KnownNumbers {
    committed: Numbers,
    /// Read inside a transaction, which may have made them and may be undone: valid for this
    /// transaction only.
    unsure: HashMap<TenantId, i64>,
    /// The tenant of the statement before, which is nearly always that of the next.
    last: Option<(TenantId, i64)>,
}

impl KnownNumbers {
    pub(crate) fn new(committed: Numbers) -> Self {
        Self {
            committed,
            ..Self::default()
        }
    }

    /// The number, if it is known here.
    pub(crate) fn get(&mut self, tenant: TenantId) -> Option<i64> {
        match self.last {
            Some((last, number)) if last == tenant => return Some(number),
            _ if tenant == TenantId::INSTANCE => return Some(INSTANCE),
            _ => {}
        }
        let unsure = self.unsure.get(&tenant).copied();
        let number = unsure.or_else(|| self.committed.get(tenant))?;
        self.last = Some((tenant, number));
        Some(number)
    }

    /// Remembers what was read.
    pub(crate) fn found(&mut self, tenant: TenantId, number: i64, is_committed: bool) {
        if is_committed {
            self.committed.add([(tenant, number)]);
        } else {
            self.unsure.insert(tenant, number);
        }
        self.last = Some((tenant, number));
    }

    /// The transaction is committed.
    pub(crate) fn commit(&mut self) {
        if !self.unsure.is_empty() {
            self.committed.add(self.unsure.drain());
        }
    }

    /// The transaction was undone, or a part of it.
    pub(crate) fn undo(&mut self) {
        if !self.unsure.is_empty() {
            self.unsure.clear();
            self.last = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KnownNumbers, Numbers};
    use crate::TenantId;
    use uuid::Uuid;

    #[test]
    fn what_may_be_undone_is_told_to_nobody() {
        let [one, two] = [1, 2].map(|n| TenantId(Uuid::from_u128(n)));
        let numbers = Numbers::default();
        let mut writer = KnownNumbers::new(numbers.clone());
        let mut reader = KnownNumbers::new(numbers);
        assert_eq!(writer.get(TenantId::INSTANCE), Some(0));
        writer.found(one, 1, false);
        assert_eq!((writer.get(one), reader.get(one)), (Some(1), None));
        writer.undo();
        assert_eq!((writer.get(one), reader.get(one)), (None, None));
        writer.found(two, 1, false);
        writer.commit();
        // A later transaction that is undone does not affect those before it.
        writer.found(one, 2, false);
        writer.undo();
        for known in [&mut writer, &mut reader] {
            assert_eq!((known.get(one), known.get(two)), (None, Some(1)));
        }
        reader.found(one, 3, true);
        assert_eq!(writer.get(one), Some(3));
        assert_eq!(writer.get(TenantId::INSTANCE), Some(0));
    }
}
