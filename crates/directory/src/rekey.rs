//! Changing the master key. All other keys are derived from it, so everything sealed under them is
//! sealed anew: private signing keys, waiting letters, answers kept for an `Idempotency-Key`.
//! One-time codes become void, and cookies and page tokens do not open any more: their holder
//! begins that step again.
//!
//! The audit chain goes on under a new key. The earlier ones are kept for `audit verify`, sealed
//! under the present master key, each with the place where it ended: a record behind that place
//! counts only under a later key, so that a leaked master key cannot forge records made after the
//! change.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{
    AuditHead, AuditKeys, IdempotencyKey, PastKey, Reseal, Resealed, StoreError, TenantId,
};
use uuid::Uuid;

use crate::audit;
use crate::directory::Directory;
use crate::invitations::idempotency;
use crate::keys::{Keys, Sealer};
use crate::outbox;
use crate::refusal::Refusal;
use crate::signing;

/// The setting that the earlier keys of the audit chains lie in.
const CHAINS: &str = "audit_chains";
/// The purpose that is authenticated with them.
const PURPOSE: &[u8] = b"earlier audit keys";

/// A key of the audit chains that was changed.
#[derive(Clone, Serialize, Deserialize)]
struct EndedAuditKey {
    key: String,
    /// The last record under it, of each tenant that was there.
    last: Vec<(TenantId, i64)>,
}

/// Seals everything anew.
struct Resealing {
    /// Another handle on the directory with the present keys.
    directory: Directory,
    next: Keys,
    earlier: Vec<EndedAuditKey>,
    /// Nonces: four random bytes and a counter. All of them are used up under one new key, and a
    /// random nonce meets one of them later with the odds of any two random ones.
    prefix: [u8; 4],
    counter: AtomicU64,
}

impl Resealing {
    fn anew(&self, purpose: &[u8], from: &Sealer, to: &Sealer, sealed: &[u8]) -> Option<Vec<u8>> {
        let plain = from.open(purpose, sealed)?;
        to.seal(purpose, &plain, self.nonce()).ok()
    }

    fn nonce(&self) -> [u8; 12] {
        let count = self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut nonce = [0; 12];
        let bytes = self.prefix.iter().chain(&count);
        for (to, from) in nonce.iter_mut().zip(bytes) {
            *to = *from;
        }
        nonce
    }
}

impl Reseal for Resealing {
    fn letter(&self, tenant: TenantId, id: Uuid, sealed: &[u8]) -> Option<Vec<u8>> {
        let purpose = outbox::letter_purpose(tenant, id);
        let from = &self.directory.keys().outbox;
        self.anew(&purpose, from, &self.next.outbox, sealed)
    }

    fn answer(&self, tenant: TenantId, key: IdempotencyKey<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let purpose = idempotency::answer_purpose(tenant, key);
        let from = &self.directory.keys().outbox;
        self.anew(&purpose, from, &self.next.outbox, sealed)
    }

    fn signing_key(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let from = &self.directory.keys().signing;
        self.anew(signing::PURPOSE, from, &self.next.signing, sealed)
    }

    fn chains(&self, ends: &[(TenantId, AuditHead)]) -> Result<(&'static str, String), StoreError> {
        let mut all = self.earlier.clone();
        all.push(EndedAuditKey {
            key: BASE64.encode(self.directory.keys().audit),
            last: ends
                .iter()
                .map(|(tenant, head)| (*tenant, head.seq))
                .collect(),
        });
        let failed = || StoreError::Driver("the earlier audit keys cannot be sealed".into());
        let plain = serde_json::to_vec(&all).map_err(|_| failed())?;
        let sealed = self.next.signing.seal(PURPOSE, &plain, self.nonce());
        Ok((CHAINS, BASE64.encode(sealed.map_err(|_| failed())?)))
    }
}

impl Directory {
    /// Seals everything anew under the keys of another master key, in one transaction. From the
    /// moment it is committed only those open the database; this directory's own keys do not any
    /// more, so close it.
    pub async fn change_master_key(&self, next: Keys) -> Result<Resealed, Refusal> {
        let record = audit::record(
            &self.server_audit_actor(TenantId::INSTANCE),
            self.now(),
            "Change master key",
            audit::Target::tenant(TenantId::INSTANCE.0),
            &json!({}),
        );
        let keys = AuditKeys {
            present: self.keys().audit,
            next: next.audit,
        };
        let nonce = self.ids().nonce();
        let mut prefix = [0; 4];
        for (to, from) in prefix.iter_mut().zip(nonce) {
            *to = from;
        }
        let resealing = Resealing {
            directory: self.clone(),
            earlier: self.ended_audit_keys().await?,
            next,
            prefix,
            counter: AtomicU64::new(0),
        };
        self.store()
            .write_instance((keys, record, resealing), |tx, (keys, record, with)| {
                Box::pin(async move { Ok(tx.change_keys(keys, record.clone(), with).await?) })
            })
            .await
    }

    /// The keys that a tenant's audit chain had before the present one, oldest first.
    pub(crate) async fn past_audit_keys(&self, tenant: TenantId) -> Result<Vec<PastKey>, Refusal> {
        let mut past = Vec::new();
        for ended in self.ended_audit_keys().await? {
            let key = BASE64.decode(&ended.key).ok();
            let key = key.and_then(|key| key.try_into().ok());
            let key = key.ok_or_else(|| Refusal::internal("an earlier audit key is no key"))?;
            let last = ended.last.iter().find(|(of, _)| *of == tenant);
            // A tenant that was not there then has no record under that key.
            past.push(PastKey {
                key,
                last: last.map_or(0, |(_, last)| *last),
            });
        }
        Ok(past)
    }

    async fn ended_audit_keys(&self) -> Result<Vec<EndedAuditKey>, Refusal> {
        let Some(text) = self.store().instance().setting(CHAINS).await? else {
            return Ok(Vec::new());
        };
        let sealed = BASE64.decode(text).ok();
        sealed
            .and_then(|sealed| self.keys().signing.open(PURPOSE, &sealed))
            .and_then(|plain| serde_json::from_slice(&plain).ok())
            .ok_or_else(|| {
                Refusal::internal("the earlier audit keys do not open with this master key")
            })
    }
}
