//! Replacing a password's hash by a better one of the same password. No version, no change row:
//! nobody outside can tell.

use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, Tx};
use uuid::Uuid;

statements! {
    Tenant REPLACE_PASSWORD_HASH = "UPDATE users SET password_hash = ?4 \
        WHERE tenant_id = ?1 AND id = ?2 AND password_hash = ?3 AND deleted_at IS NULL";
}

impl Tx {
    /// Puts `new` in the place of `old`. `false` when the user has another hash by now, or is no
    /// longer live.
    pub async fn replace_password_hash(
        &mut self,
        user: Uuid,
        old: &str,
        new: &str,
    ) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), user, old, new];
        Ok(self
            .connection()
            .execute(&REPLACE_PASSWORD_HASH, binds)
            .await?
            == 1)
    }
}
