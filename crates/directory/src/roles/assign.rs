//! Giving and taking directory roles, and listing them.

use serde_json::json;
use store::TenantId;
use uuid::Uuid;

use super::{Role, Roles};
use crate::audit;
use crate::directory::Directory;
use crate::refusal::Refusal;

/// The outcome of giving a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleAssigned {
    /// The principal has it now.
    Assigned,
    /// It had it already; nothing was written.
    AlreadyHeld,
}

/// The outcome of taking a role away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleRemoved {
    /// The principal does not have it any more.
    Removed,
    /// It did not have it; nothing was written.
    NotHeld,
}

/// A role that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Object id of the app or user.
    pub principal: Uuid,
    /// The role's template id.
    pub template: Uuid,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Give,
    Take,
}

impl Change {
    const fn activity(self) -> &'static str {
        match self {
            Self::Give => "Add member to role",
            Self::Take => "Remove member from role",
        }
    }
}

/// Most roles that a list shows: administrators are few.
const LISTED: u32 = 10_000;

impl Directory {
    /// Takes a role from a principal, which need not exist any more. Its tokens give the role no
    /// more after a second.
    pub async fn remove_role(
        &self,
        tenant: TenantId,
        principal: Uuid,
        role: Role,
    ) -> Result<RoleRemoved, Refusal> {
        let changed = self.change_role(tenant, principal, role, Change::Take);
        Ok(if changed.await? {
            RoleRemoved::Removed
        } else {
            RoleRemoved::NotHeld
        })
    }

    /// Who holds which role, by principal.
    pub async fn role_assignments(&self, tenant: TenantId) -> Result<Vec<RoleAssignment>, Refusal> {
        let rows = self.store().read(tenant).roles(LISTED).await?;
        let held = |(principal, template)| RoleAssignment {
            principal,
            template,
        };
        Ok(rows.into_iter().map(held).collect())
    }

    /// Gives the app or user with the object id `principal` a role. Only the server itself does
    /// that, for the command line.
    pub async fn add_role(
        &self,
        tenant: TenantId,
        principal: Uuid,
        role: Role,
    ) -> Result<RoleAssigned, Refusal> {
        self.principal_exists(tenant, principal).await?;
        let changed = self.change_role(tenant, principal, role, Change::Give);
        Ok(if changed.await? {
            RoleAssigned::Assigned
        } else {
            RoleAssigned::AlreadyHeld
        })
    }

    /// Whether anything is different now. What is not is not recorded either.
    async fn change_role(
        &self,
        tenant: TenantId,
        principal: Uuid,
        role: Role,
        change: Change,
    ) -> Result<bool, Refusal> {
        let record = audit::record(
            &self.server_audit_actor(tenant),
            self.now(),
            change.activity(),
            audit::Target::principal(principal),
            &json!({ "role": role.name(), "template": role.template() }),
        );
        let input = (principal, role.template(), record);
        self.store()
            .write(tenant, input, move |tx, (principal, template, record)| {
                Box::pin(async move {
                    let changed = match change {
                        Change::Give => tx.assign_role(*principal, *template).await?,
                        Change::Take => tx.remove_role(*principal, *template).await?,
                    };
                    if changed {
                        tx.audit(record.clone());
                    }
                    Ok::<_, Refusal>(changed)
                })
            })
            .await
    }

    /// The roles of a principal; none for one that does not exist.
    pub async fn roles_of(&self, tenant: TenantId, principal: Uuid) -> Result<Roles, Refusal> {
        Ok(Roles::new(
            self.store().read(tenant).roles_of(principal).await?,
        ))
    }

    async fn principal_exists(&self, tenant: TenantId, principal: Uuid) -> Result<(), Refusal> {
        let reader = self.store().read(tenant);
        let is_app = reader
            .apps()
            .await?
            .iter()
            .any(|app| app.object_id == principal);
        if is_app || reader.user(principal).await?.is_some() {
            Ok(())
        } else {
            Err(Refusal::NotFound {
                key: principal.to_string(),
            })
        }
    }
}
