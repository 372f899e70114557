//! Changing the master key: everything sealed under the present one is sealed anew or made void, in
//! one transaction.
//!
//! The audit chain goes on under a key of its own from the next record on. The settings name that
//! key, and a record under another one is refused ([`crate::StoreError::OtherKey`]): a command that
//! was started before the change and writes after it would break the chain.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read};
use crate::rows::audit::{self, AuditHead, AuditKey, AuditRecord};
use crate::rows::tenants;
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{IdempotencyKey, StoreError, TenantId, Tx};
use uuid::Uuid;

/// The setting that names the key of the audit chain; absent until the master key is changed for
/// the first time.
pub(crate) const AUDIT_KEY: &str = "audit_key";

/// Rows sealed anew between two looks at the database: some megabytes of letters at most.
const PAGE: u32 = 200;

/// Seals a value under the new key. `None` for one that does not open under the present key; it
/// stays as unreadable as before.
pub trait Reseal: Send + Sync {
    /// The content of a letter.
    fn letter(&self, tenant: TenantId, id: Uuid, sealed: &[u8]) -> Option<Vec<u8>>;
    /// The answer kept for an `Idempotency-Key`.
    fn answer(&self, tenant: TenantId, key: IdempotencyKey<'_>, sealed: &[u8]) -> Option<Vec<u8>>;
    /// A private signing key.
    fn signing_key(&self, sealed: &[u8]) -> Option<Vec<u8>>;
    /// The record of the audit chains' earlier keys, made from the ends of all chains under the
    /// present key. Name and value of a setting.
    fn chains(&self, ends: &[(TenantId, AuditHead)]) -> Result<(&'static str, String), StoreError>;
}

/// The keys of the audit chain, before and after.
pub struct AuditKeys {
    /// The one the chains end with.
    pub present: [u8; 32],
    /// The one they go on with.
    pub next: [u8; 32],
}

/// How much was sealed anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Private signing keys.
    pub signing_keys: u64,
    /// Letters whose content is still kept.
    pub letters: u64,
    /// Answers kept for an `Idempotency-Key`.
    pub answers: u64,
    /// One-time codes that are void now.
    pub codes: u64,
}

struct SealedAnswer {
    app: Uuid,
    route: String,
    key: String,
    sealed: Vec<u8>,
}

statements! {
    Tenant SEALED_LETTERS = "SELECT id, sealed FROM outbox \
        WHERE tenant_id = ?1 AND id > ?2 AND sealed IS NOT NULL ORDER BY id LIMIT ?3";
    Tenant RESEAL_LETTER = "UPDATE outbox SET sealed = ?3 WHERE tenant_id = ?1 AND id = ?2";
    Tenant SEALED_ANSWERS = "SELECT app, route, key, sealed FROM idempotency \
        WHERE tenant_id = ?1 AND (app, route, key) > (?2, ?3, ?4) ORDER BY app, route, key LIMIT ?5";
    Tenant RESEAL_ANSWER = "UPDATE idempotency SET sealed = ?5 \
        WHERE tenant_id = ?1 AND app = ?2 AND route = ?3 AND key = ?4";
    Tenant VOID_CODES = "UPDATE redemptions SET code_mac = NULL WHERE tenant_id = ?1 AND code_mac IS NOT NULL";
}

const READ_LETTER: Read<(Uuid, Vec<u8>)> = |row| Ok((row.take()?, row.take()?));

fn read_answer(row: &mut Columns<'_>) -> Result<SealedAnswer, StoreError> {
    Ok(SealedAnswer {
        app: row.take()?,
        route: row.take()?,
        key: row.take()?,
        sealed: row.take()?,
    })
}

impl Tx {
    /// Changes the master key: in [`crate::Store::write_instance`], alone. `record` ends the chain
    /// of the instance under the present key.
    pub async fn change_keys(
        &mut self,
        keys: &AuditKeys,
        record: AuditRecord,
        with: &dyn Reseal,
    ) -> Result<Resealed, StoreError> {
        let on = self.connection();
        let present = AuditKey::new(&keys.present);
        audit::flush(on, &present, TenantId::INSTANCE, &[record]).await?;
        let mut tenants = vec![TenantId::INSTANCE];
        tenants.extend(tenants::tenants(on).await?.into_iter().map(|row| row.id));
        let mut done = Resealed::default();
        let mut ends = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            ends.push((tenant, audit::audit_head(on, tenant).await?));
            done.letters += letters(on, tenant, with).await?;
            done.answers += answers(on, tenant, with).await?;
            done.codes += on.execute(&VOID_CODES, binds![tenant]).await?;
        }
        for row in tenants::signing_keys(on).await? {
            if let Some(sealed) = with.signing_key(&row.sealed_pkcs8) {
                self.reseal_signing_key(&row.kid, &sealed).await?;
                done.signing_keys += 1;
            }
        }
        let (name, value) = with.chains(&ends)?;
        self.put_setting(name, &value).await?;
        let next = AuditKey::new(&keys.next);
        self.put_setting(AUDIT_KEY, next.name()).await?;
        Ok(done)
    }
}

async fn letters(
    on: &mut Connection,
    tenant: TenantId,
    with: &dyn Reseal,
) -> Result<u64, StoreError> {
    let (mut after, mut done) = (Uuid::nil(), 0);
    loop {
        let page = on
            .rows(&SEALED_LETTERS, binds![tenant, after, PAGE], READ_LETTER)
            .await?;
        let Some((last, _)) = page.last() else {
            return Ok(done);
        };
        after = *last;
        for (id, sealed) in page {
            if let Some(sealed) = with.letter(tenant, id, &sealed) {
                done += on
                    .execute(&RESEAL_LETTER, binds![tenant, id, &sealed])
                    .await?;
            }
        }
    }
}

async fn answers(
    on: &mut Connection,
    tenant: TenantId,
    with: &dyn Reseal,
) -> Result<u64, StoreError> {
    let (mut app, mut route, mut key) = (Uuid::nil(), String::new(), String::new());
    let mut done = 0;
    loop {
        let binds = binds![tenant, app, &route, &key, PAGE];
        let page = on.rows(&SEALED_ANSWERS, binds, read_answer).await?;
        let Some(last) = page.last() else {
            return Ok(done);
        };
        (app, route, key) = (last.app, last.route.clone(), last.key.clone());
        for answer in page {
            let place = IdempotencyKey {
                app: answer.app,
                route: &answer.route,
                key: &answer.key,
            };
            if let Some(sealed) = with.answer(tenant, place, &answer.sealed) {
                let binds = binds![tenant, answer.app, &answer.route, &answer.key, &sealed];
                done += on.execute(&RESEAL_ANSWER, binds).await?;
            }
        }
    }
}
