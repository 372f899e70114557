//! POST /users/{key}/revokeSignInSessions (P-users-16): sessions and refresh tokens from before are
//! void.

use jiff::Timestamp;
use serde_json::json;
use store::{AuditRecord, Lookup, Tx};
use uuid::Uuid;

use super::row::{self, RowMeta};
use super::{UserKey, outranks};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// What the write needs, drawn before it.
struct Input {
    actor: Actor,
    key: UserKey,
    id: Uuid,
    second: Timestamp,
    audit: AuditRecord,
}

impl Directory {
    /// Ends a user's sessions.
    pub async fn revoke_sessions(&self, actor: &Actor, key: &UserKey) -> Result<(), Refusal> {
        let operations = (Operation::RevokeSessions, Operation::RevokeOwnSessions);
        let id = self.permitted_row(actor, key, operations).await?.id;
        let audit = audit::record(
            actor,
            self.now(),
            "Revoke sign-in sessions",
            audit::Target::user(id),
            &json!({}),
        );
        let input = Input {
            actor: actor.clone(),
            key: key.clone(),
            id,
            second: self.whole_second(),
            audit,
        };
        self.store()
            .write(actor.tenant, input, |tx, input| Box::pin(run(tx, input)))
            .await
    }
}

async fn run(tx: &mut Tx, input: &Input) -> Result<(), Refusal> {
    let found = tx.user(input.id).await?;
    let found = found.ok_or_else(|| input.key.not_found())?;
    // An actor who may reset the password can end the sessions that way anyway.
    if !outranks(&input.actor, found.id, tx.roles_of(found.id).await?, true) {
        return Err(Refusal::Denied {
            operation: Operation::RevokeSessions,
        });
    }
    let before = row::record(&found, input.actor.schema())?;
    let mut after = before.clone();
    row::end_sessions(&mut after, input.second);
    let meta = RowMeta {
        id: found.id,
        version: found.version,
        created_at: found.created_at,
        password_hash: found.password_hash,
    };
    row::replace(tx, &before, &after, meta).await?;
    tx.audit(input.audit.clone());
    Ok(())
}
