//! Stored answers for `Idempotency-Key`.

use crate::engine::connection::Connection;
use crate::engine::row::Read;
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId, Tx};
use jiff::Timestamp;
use uuid::Uuid;

/// Which request an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdempotencyKey<'a> {
    /// Client id of the app.
    pub app: Uuid,
    /// Method and route.
    pub route: &'a str,
    /// The header's value.
    pub key: &'a str,
}

/// The first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// SHA-256 of the request body.
    pub body_hash: [u8; 32],
    /// HTTP status, kept as a number without meaning here.
    pub status: u32,
    /// The answer, sealed.
    pub sealed: Vec<u8>,
    /// When it was given.
    pub at: Timestamp,
}

statements! {
    Tenant STORED_ANSWER = "SELECT body_hash, status, sealed, at FROM idempotency \
        WHERE tenant_id = ?1 AND app = ?2 AND route = ?3 AND key = ?4 AND at > ?5";
    Tenant STORE_ANSWER = "INSERT INTO idempotency (tenant_id, app, route, key, body_hash, status, sealed, at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
        ON CONFLICT (tenant_id, app, route, key) DO UPDATE SET body_hash = ?5, status = ?6, sealed = ?7, at = ?8 \
        WHERE idempotency.at <= ?9";
    Tenant PRUNE_ANSWERS = "DELETE FROM idempotency WHERE tenant_id = ?1 AND at <= ?2";
}

const READ_ANSWER: Read<StoredAnswer> = |row| {
    Ok(StoredAnswer {
        body_hash: row.take()?,
        status: row.take()?,
        sealed: row.take()?,
        at: row.take()?,
    })
};

pub(crate) async fn stored_answer(
    on: &mut Connection,
    tenant: TenantId,
    key: IdempotencyKey<'_>,
    since: Timestamp,
) -> Result<Option<StoredAnswer>, StoreError> {
    on.row(
        &STORED_ANSWER,
        binds![tenant, key.app, key.route, key.key, since],
        READ_ANSWER,
    )
    .await
}

impl Tx {
    /// Keeps an answer, in the write that it is the answer to. An older one given at or before
    /// `since` makes room. `false` when a younger one stands there: then roll back and give that
    /// one.
    pub async fn store_answer(
        &mut self,
        key: IdempotencyKey<'_>,
        answer: &StoredAnswer,
        since: Timestamp,
    ) -> Result<bool, StoreError> {
        let binds = binds![
            self.tenant(),
            key.app,
            key.route,
            key.key,
            &answer.body_hash,
            answer.status,
            &answer.sealed,
            answer.at,
            since,
        ];
        Ok(self.connection().execute(&STORE_ANSWER, binds).await? == 1)
    }

    /// Deletes answers given at or before `before`; how many.
    pub async fn prune_answers(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&PRUNE_ANSWERS, binds![tenant, before])
            .await
    }
}
