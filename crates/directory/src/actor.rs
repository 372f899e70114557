//! Who acts, in which tenant, in which request. The tenant of an operation comes from here and from
//! nowhere else (T-50).

use edm::{Entity, EntityType, Schema};
use store::TenantId;
use uuid::Uuid;

use crate::permission::Operation;
use crate::permission::names::Permissions;
use crate::roles::{Role, Roles};
use crate::schemas::TenantSchema;

/// The one who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The tenant everything happens in.
    pub tenant: TenantId,
    /// What the tenant's objects look like; to the actor: [`Actor::schema`].
    pub schema: TenantSchema,
    /// Who it is.
    pub subject: Subject,
    /// Our id of the request, in every log line and audit record.
    pub request_id: Uuid,
    /// What the client called it; only echoed.
    pub client_request_id: Option<String>,
}

/// Who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An app with its own token.
    App {
        /// Its client id.
        client_id: Uuid,
        /// Its object id in the tenant, the principal of its roles.
        object: Uuid,
        /// The `roles` claim.
        permissions: Permissions,
        /// The `wids` claim.
        roles: Roles,
    },
    /// A signed-in person, through an app.
    Person {
        /// The person's object id.
        user: Uuid,
        /// The app's client id.
        client_id: Uuid,
        /// The `scp` claim.
        scopes: Permissions,
        /// The `wids` claim.
        roles: Roles,
    },
    /// A guest on the way through redemption, known by a proven mailbox.
    Guest {
        /// The guest's object id.
        user: Uuid,
    },
    /// The server itself: first start, command line, worker.
    Server,
}

impl Actor {
    /// The server itself, acting in `tenant`.
    pub const fn server(tenant: TenantId, schema: TenantSchema, request_id: Uuid) -> Self {
        Self {
            tenant,
            schema,
            subject: Subject::Server,
            request_id,
            client_request_id: None,
        }
    }

    /// What the objects of the actor's tenant look like to the actor. Who may not read custom
    /// security attributes has none: their names are names that nobody defined, in bodies and
    /// conditions, and values stay with their objects, unread (T-54).
    pub fn schema(&self) -> &Schema {
        if self.may(Operation::ReadSecurityAttributes).is_ok() {
            &self.schema
        } else {
            self.schema.without_attributes()
        }
    }

    /// The type as the actor's tenant has it.
    pub fn entity(&self, ty: &'static EntityType) -> Entity<'_> {
        self.schema().entity(ty)
    }

    /// Whether the actor holds a directory role.
    pub fn holds(&self, role: Role) -> bool {
        self.roles().is_some_and(|roles| roles.holds(role))
    }

    /// The directory roles of an app or person.
    pub const fn roles(&self) -> Option<&Roles> {
        match &self.subject {
            Subject::App { roles, .. } | Subject::Person { roles, .. } => Some(roles),
            Subject::Guest { .. } | Subject::Server => None,
        }
    }

    /// The object id of the one who acts: app, person or guest; `None` for the server.
    pub const fn object(&self) -> Option<Uuid> {
        match &self.subject {
            Subject::App { object, .. } => Some(*object),
            Subject::Person { user, .. } | Subject::Guest { user } => Some(*user),
            Subject::Server => None,
        }
    }

    /// Whether the actor is the signed-in person `user`.
    pub fn is_person(&self, user: Uuid) -> bool {
        matches!(&self.subject, Subject::Person { user: own, .. } if *own == user)
    }
}
