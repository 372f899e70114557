//! `POST /pendingMembers/{id}/approve` and `/decline`: once, by an actor who may write users.

use edm::user;
use jiff::Timestamp;
use serde_json::json;
use store::{Decision, Joining, Lookup, PendingMemberRow, Tx, UserRow};
use uuid::Uuid;

use super::letters::{Letters, Person};
use crate::actor::Actor;
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::row::{self, MEMBER, RowMeta};
use crate::users::{delete, outranks};

/// What the write needs, drawn before it.
struct DecideMembership {
    actor: Actor,
    id: Uuid,
    approved: bool,
    letters: Letters,
    now: Timestamp,
    /// The `deletedDateTime` of a declined user.
    second: Timestamp,
}

impl Directory {
    /// Approves: the user is a member from now on, and enabled unless the request said otherwise.
    ///
    /// # Errors
    /// `NotFound` when there is no pending member with this id, also when the decision was taken
    /// before.
    pub async fn approve_member(&self, actor: &Actor, id: Uuid) -> Result<(), Refusal> {
        self.decide(actor, id, true).await
    }

    /// Declines. A user made by the request is deleted, and can be restored like any other.
    ///
    /// # Errors
    /// As [`Directory::approve_member`].
    pub async fn decline_member(&self, actor: &Actor, id: Uuid) -> Result<(), Refusal> {
        self.decide(actor, id, false).await
    }

    async fn decide(&self, actor: &Actor, id: Uuid, approved: bool) -> Result<(), Refusal> {
        actor.may(Operation::DecidePendingMember)?;
        let tenant = self.tenant(actor.tenant).await?;
        let command = DecideMembership {
            letters: Letters::new(self, actor, &tenant).await?,
            actor: actor.clone(),
            id,
            approved,
            now: self.now(),
            second: self.whole_second(),
        };
        self.store()
            .write(actor.tenant, command, |tx, command| {
                Box::pin(command.run(tx))
            })
            .await?;
        self.ring();
        Ok(())
    }
}

impl DecideMembership {
    async fn run(&self, tx: &mut Tx) -> Result<(), Refusal> {
        let unknown = || Refusal::NotFound {
            key: self.id.to_string(),
        };
        let waiting = tx.pending_member(self.id).await?.ok_or_else(unknown)?;
        let row = tx.user(self.id).await?.ok_or_else(unknown)?;
        if !outranks(&self.actor, row.id, tx.roles_of(row.id).await?, false) {
            return Err(Refusal::Denied {
                operation: Operation::DecidePendingMember,
            });
        }
        let (joining, activity) = if self.approved {
            (Joining::Approved, "Approve pending member")
        } else {
            (Joining::Declined, "Decline pending member")
        };
        let decision = Decision {
            id: self.id,
            joining,
            by: self.actor.object(),
            at: self.now,
        };
        if !tx.decide_joining(decision).await? {
            return Err(unknown());
        }
        let person = Person::of(&row, &row::record(&row, self.actor.schema())?);
        if self.approved {
            self.admit(tx, row, &waiting).await?;
        } else {
            self.turn_away(tx, &waiting).await?;
        }
        let details = json!({ "newUser": waiting.made });
        let target = Target::user(self.id);
        tx.audit(audit::record(
            &self.actor,
            self.now,
            activity,
            target,
            &details,
        ));
        self.letters
            .tell(tx, &person, self.approved, self.now)
            .await
    }

    async fn admit(
        &self,
        tx: &mut Tx,
        row: UserRow,
        waiting: &PendingMemberRow,
    ) -> Result<(), Refusal> {
        let before = row::record(&row, self.actor.schema())?;
        let mut after = before.clone();
        after.set(&user::ACCOUNT_ENABLED, waiting.enable);
        after.set(&user::USER_TYPE, MEMBER);
        let meta = RowMeta {
            id: row.id,
            version: row.version,
            created_at: row.created_at,
            password_hash: row.password_hash,
        };
        row::replace(tx, &before, &after, meta).await?;
        let changed = row::different(&before, &after).into_iter();
        tx.audit(audit::user_updated(&self.actor, self.now, row.id, changed));
        Ok(())
    }

    async fn turn_away(&self, tx: &mut Tx, waiting: &PendingMemberRow) -> Result<(), Refusal> {
        if waiting.made {
            delete::soft_delete(tx, &self.actor, self.id, (self.now, self.second)).await?;
        }
        Ok(())
    }
}
