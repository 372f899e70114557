//! `Idempotency-Key` (R-49, T-23): for 24 hours the same request of an app gets the first
//! answer again, link included. The same key with another body is refused. A key counts for one
//! app, tenant and route.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{IdempotencyKey, Lookup, StoreError, StoredAnswer, TenantId, Tx};
use uuid::Uuid;

use super::invited::Invited;
use crate::actor::{Actor, Subject};
use crate::directory::Directory;
use crate::refusal::Refusal;

/// The route, as a part of the key.
const ROUTE: &str = "POST /invitations";
/// The status the answer was given with; the store keeps it without meaning.
const CREATED: u32 = 201;

/// What the client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The header's value.
    pub key: String,
    /// SHA-256 of the body's bytes.
    pub body_hash: [u8; 32],
}

/// What is sealed of an answer.
#[derive(Serialize, Deserialize)]
struct FirstAnswer {
    invitation: Uuid,
    user: Uuid,
    members: String,
    link: String,
    /// Absent in answers kept by earlier versions.
    #[serde(default)]
    blocked: bool,
    /// Absent in answers kept by earlier versions. In the stored JSON it is called `stays`.
    #[serde(default, rename = "stays")]
    guest_unchanged: bool,
}

/// What is authenticated beside a kept answer.
pub(crate) fn answer_purpose(tenant: TenantId, key: IdempotencyKey<'_>) -> Vec<u8> {
    [
        b"answer".as_slice(),
        tenant.0.as_bytes(),
        key.app.as_bytes(),
        key.route.as_bytes(),
        key.key.as_bytes(),
    ]
    .concat()
}

impl Idempotency {
    fn store_key(&self, actor: &Actor) -> IdempotencyKey<'_> {
        let app = match &actor.subject {
            Subject::App { client_id, .. } | Subject::Person { client_id, .. } => *client_id,
            Subject::Guest { .. } | Subject::Server => Uuid::nil(),
        };
        IdempotencyKey {
            app,
            route: ROUTE,
            key: &self.key,
        }
    }

    /// The purpose of the seal: an answer moved to another key does not open.
    fn purpose(&self, actor: &Actor) -> Vec<u8> {
        answer_purpose(actor.tenant, self.store_key(actor))
    }

    /// The first answer, if there was one within 24 hours. Asked before the work, and again within
    /// the write, where the race of two equal requests is decided.
    pub(super) async fn first_answer(
        &self,
        on: &mut impl Lookup,
        directory: &Directory,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Invited>, Refusal> {
        let found = on.stored_answer(self.store_key(actor), since(now)).await?;
        found
            .map(|answer| self.open(directory, actor, &answer))
            .transpose()
    }

    fn open(
        &self,
        directory: &Directory,
        actor: &Actor,
        answer: &StoredAnswer,
    ) -> Result<Invited, Refusal> {
        if answer.body_hash != self.body_hash {
            return Err(Refusal::IdempotencyMismatch);
        }
        let plain = directory
            .keys()
            .outbox
            .open(&self.purpose(actor), &answer.sealed);
        let first: Option<FirstAnswer> =
            plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let first = first.ok_or_else(|| {
            Refusal::internal("a stored answer does not open with this instance's keys")
        })?;
        Ok(Invited {
            invitation: first.invitation,
            user: first.user,
            members: first.members,
            link: first.link,
            blocked: first.blocked,
            guest_unchanged: first.guest_unchanged,
            repeated: true,
        })
    }

    /// Keeps the answer, in the write that it is the answer to.
    pub(super) async fn keep(
        &self,
        tx: &mut Tx,
        (directory, actor): (&Directory, &Actor),
        invited: &Invited,
        (now, nonce): (Timestamp, [u8; 12]),
    ) -> Result<(), Refusal> {
        let first = FirstAnswer {
            invitation: invited.invitation,
            user: invited.user,
            members: invited.members.clone(),
            link: invited.link.clone(),
            blocked: invited.blocked,
            guest_unchanged: invited.guest_unchanged,
        };
        let plain = serde_json::to_vec(&first)
            .map_err(|error| Refusal::internal(format!("answer: {error}")))?;
        let sealed = directory
            .keys()
            .outbox
            .seal(&self.purpose(actor), &plain, nonce)
            .map_err(|error| Refusal::internal(error.to_string()))?;
        let answer = StoredAnswer {
            body_hash: self.body_hash,
            status: CREATED,
            sealed,
            at: now,
        };
        if tx
            .store_answer(self.store_key(actor), &answer, since(now))
            .await?
        {
            return Ok(());
        }
        // Another process answered the same request since the look in this transaction. All of this
        // is undone, and the client's next attempt gets that answer.
        Err(StoreError::Busy.into())
    }
}

fn since(now: Timestamp) -> Timestamp {
    now.checked_sub(super::ANSWER_LIFE)
        .unwrap_or(Timestamp::MIN)
}
