//! Audit records: one for every change, in the same transaction. Activities have
//! Entra's names. Details name changed properties and objects, never a value that could be a
//! secret.

use edm::{EntityType, Property, invitation, user};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::{ActorKind, AuditHead, AuditRecord, AuditResult, AuditRow, AuditVerdict};
use uuid::Uuid;

use crate::actor::{Actor, Subject};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// The target of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    kind: &'static str,
    id: Uuid,
}

impl Target {
    /// An object, under the name of its type.
    pub(crate) const fn of(ty: &'static EntityType, id: Uuid) -> Self {
        Self { kind: ty.name, id }
    }

    pub(crate) const fn user(id: Uuid) -> Self {
        Self::of(&user::TYPE, id)
    }

    pub(crate) const fn invitation(id: Uuid) -> Self {
        Self::of(&invitation::TYPE, id)
    }

    pub(crate) const fn app(id: Uuid) -> Self {
        Self { kind: "app", id }
    }

    pub(crate) const fn principal(id: Uuid) -> Self {
        Self {
            kind: "principal",
            id,
        }
    }

    pub(crate) const fn tenant(id: Uuid) -> Self {
        Self { kind: "tenant", id }
    }
}

/// A record of a change that happens.
pub(crate) fn record(
    actor: &Actor,
    at: Timestamp,
    activity: &str,
    target: Target,
    details: &Value,
) -> AuditRecord {
    let (actor_kind, actor_id) = match &actor.subject {
        Subject::App { object, .. } => (ActorKind::App, Some(*object)),
        Subject::Person { user, .. } => (ActorKind::Person, Some(*user)),
        Subject::Guest { user } => (ActorKind::Guest, Some(*user)),
        Subject::Server => (ActorKind::Server, None),
    };
    AuditRecord {
        at,
        activity: activity.to_owned(),
        result: AuditResult::Success,
        actor_kind,
        actor_id,
        target_kind: target.kind.to_owned(),
        target_id: Some(target.id),
        request_id: Some(actor.request_id),
        details: details.to_string(),
    }
}

/// The record of a user who is made, by whatever operation, so that one activity finds them all.
/// Beside it stands that operation's own record. Imports are the exception: one record of a batch
/// names its users.
pub(crate) fn user_added<'p>(
    actor: &Actor,
    at: Timestamp,
    user: Uuid,
    properties: impl Iterator<Item = &'p Property>,
) -> AuditRecord {
    about_user(actor, at, user, ("Add user", &named(properties)))
}

/// The record of a user who is changed, by whatever operation. Beside it stands that operation's
/// own record.
pub(crate) fn user_updated<'p>(
    actor: &Actor,
    at: Timestamp,
    user: Uuid,
    properties: impl Iterator<Item = &'p Property>,
) -> AuditRecord {
    about_user(actor, at, user, ("Update user", &named(properties)))
}

/// The record of a user who is deleted, by whatever operation.
pub(crate) fn user_deleted(actor: &Actor, at: Timestamp, user: Uuid) -> AuditRecord {
    about_user(actor, at, user, ("Delete user", &json!({})))
}

fn named<'p>(properties: impl Iterator<Item = &'p Property>) -> Value {
    // Which custom security attributes there are is nothing for all who may read the trail.
    let name = |property: &'p Property| match property.attribute() {
        Some(_) => user::CUSTOM_SECURITY_ATTRIBUTES.name(),
        None => property.name(),
    };
    let mut names: Vec<_> = properties.map(name).collect();
    names.dedup();
    json!({ "properties": names })
}

fn about_user(
    actor: &Actor,
    at: Timestamp,
    user: Uuid,
    (activity, details): (&str, &Value),
) -> AuditRecord {
    record(actor, at, activity, Target::user(user), details)
}

impl Directory {
    /// A page of the tenant's audit trail, newest first, before the record with the sequence
    /// `before`.
    pub async fn audit(
        &self,
        actor: &Actor,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, Refusal> {
        actor.may(Operation::ReadAudit)?;
        Ok(self
            .store()
            .read(actor.tenant)
            .latest_audit(before, limit)
            .await?)
    }

    /// Walks the tenant's whole chain, for `audit verify`.
    pub async fn verify_audit(&self, actor: &Actor) -> Result<AuditVerdict, Refusal> {
        actor.may(Operation::ReadAudit)?;
        let past = self.past_audit_keys(actor.tenant).await?;
        Ok(self.store().verify_audit_with(actor.tenant, past).await?)
    }

    /// The chain's end, for the hourly line in the log.
    pub async fn audit_head(&self, actor: &Actor) -> Result<AuditHead, Refusal> {
        actor.may(Operation::ReadAudit)?;
        Ok(self.store().read(actor.tenant).audit_head().await?)
    }
}
