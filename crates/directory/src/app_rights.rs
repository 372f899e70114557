//! What follows from the row of an app: its permissions as a set, and the id of its credential.
//!
//! Every request reads the row. What follows from it is worked out anew only where the row says
//! something else than before: to read thirty names and to hash cost a seventh of the instructions
//! of `GET /users/{id}` (decision record 0080).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use store::{AppState, TenantId};
use uuid::Uuid;

use crate::permission::Permissions;

/// Apps remembered. One more clears them all; nobody has so many apps at work at once.
const MOST: usize = 1_000;

/// Bytes of the longest list of permissions that is kept; all permissions take a quarter of it.
const LONGEST: usize = 4 * 1024;

/// What follows from a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rights {
    /// What it may do.
    pub(crate) permissions: Permissions,
    /// The id of its credential; `None` where it has none.
    pub(crate) credential: Option<Uuid>,
}

/// The columns that the rights follow from, and the rights.
struct CachedRights {
    permissions: String,
    secret_hash: Option<Vec<u8>>,
    rights: Rights,
}

/// What follows from the rows of apps, by their service principals.
#[derive(Default)]
pub(crate) struct AppRights(RwLock<HashMap<(TenantId, Uuid), CachedRights>>);

impl AppRights {
    /// What follows from this row, if it was worked out before. Both columns are compared whole:
    /// without a permission, or with another secret, it is another row.
    pub(crate) fn cached(&self, tenant: TenantId, app: &AppState) -> Option<Rights> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let cached = all.get(&(tenant, app.object_id))?;
        let is_same =
            cached.permissions == app.permissions && cached.secret_hash == app.secret_hash;
        is_same.then_some(cached.rights)
    }

    /// Remembers what was worked out of a row.
    pub(crate) fn keep(&self, tenant: TenantId, app: AppState, rights: Rights) {
        if app.permissions.len() > LONGEST {
            return;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let key = (tenant, app.object_id);
        if all.len() >= MOST && !all.contains_key(&key) {
            all.clear();
        }
        let cached = CachedRights {
            permissions: app.permissions,
            secret_hash: app.secret_hash,
            rights,
        };
        all.insert(key, cached);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::Permission;

    fn row(app: u128) -> AppState {
        AppState {
            object_id: Uuid::from_u128(app),
            enabled: true,
            permissions: "[\"User.Read.All\"]".to_owned(),
            secret_hash: Some(vec![1; 32]),
            definition_version: 0,
        }
    }

    #[test]
    fn only_the_same_row_is_known() {
        let (all, tenant) = (AppRights::default(), TenantId(Uuid::from_u128(1)));
        let rights = Rights {
            permissions: [Permission::UserReadAll].into_iter().collect(),
            credential: Some(Uuid::from_u128(7)),
        };
        assert_eq!(all.cached(tenant, &row(1)), None);
        all.keep(tenant, row(1), rights);
        assert_eq!(all.cached(tenant, &row(1)), Some(rights));
        let fewer = AppState {
            permissions: "[]".to_owned(),
            ..row(1)
        };
        let renewed = AppState {
            secret_hash: Some(vec![2; 32]),
            ..row(1)
        };
        let without = AppState {
            secret_hash: None,
            ..row(1)
        };
        for other in [fewer, renewed, without, row(2)] {
            assert_eq!(all.cached(tenant, &other), None, "{other:?}");
        }
        let elsewhere = TenantId(Uuid::from_u128(2));
        assert_eq!(all.cached(elsewhere, &row(1)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (all, tenant) = (AppRights::default(), TenantId(Uuid::from_u128(1)));
        let rights = Rights {
            permissions: Permissions::default(),
            credential: None,
        };
        for app in 0..3 * MOST as u128 {
            all.keep(tenant, row(app), rights);
            assert!(all.0.read().unwrap().len() <= MOST);
        }
        let long = AppState {
            permissions: " ".repeat(LONGEST + 1),
            ..row(1 << 64)
        };
        all.keep(tenant, long.clone(), rights);
        assert_eq!(all.cached(tenant, &long), None);
    }
}
