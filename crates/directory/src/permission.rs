//! Who may do what: one table from operation to the permissions that suffice, for a signed-in
//! person and for an app. Each operation is one row, in `rows.rs`.
//!
//! An alternative is a list of permissions that are all needed; a row lists alternatives. A person
//! additionally needs a directory role for writes on others, since a token's scopes never give more
//! than the person has.

pub(crate) mod names;
mod needed;
pub(crate) mod operation;
mod rows;

use crate::actor::{Actor, Subject};
use crate::refusal::Refusal;
use crate::roles::Role;

pub use names::{Permission, Permissions};
pub use needed::needed;
pub use operation::Operation;

/// A list of permissions that are all needed.
type Together = &'static [Permission];

/// One row of the table.
#[derive(Debug)]
pub struct Rule {
    /// The operation the row is about.
    pub operation: Operation,
    /// Any of these suffices for a signed-in person …
    pub delegated: &'static [Together],
    /// … who also holds one of these roles; empty: no role needed.
    pub person_roles: &'static [Role],
    /// Any of these suffices for an app.
    pub application: &'static [Together],
    /// Or any of these, when the app also holds a role that administers users.
    pub application_with_role: &'static [Together],
}

use Permission as P;

const READ: &[Together] = &[
    &[P::UserReadAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
const READ_DELEGATED: &[Together] = &[
    &[P::UserReadBasicAll],
    &[P::UserReadAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
const READ_APPLICATION: &[Together] = &[
    &[P::UserReadBasicAll],
    &[P::UserReadAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
const READ_SELF: &[Together] = &[
    &[P::UserRead],
    &[P::UserReadWrite],
    &[P::UserReadBasicAll],
    &[P::UserReadAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
/// What one's own whole profile is read with; the basic one is not all of it.
const READ_OWN: &[Together] = &[
    &[P::UserRead],
    &[P::UserReadWrite],
    &[P::UserReadAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
const WRITE: &[Together] = &[&[P::UserReadWriteAll], &[P::DirectoryReadWriteAll]];
/// POST /users names Directory.AccessAsUser.All for signed-in people.
const CREATE_DELEGATED: &[Together] = &[
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
    &[P::DirectoryAccessAsUserAll],
];
const WRITE_SELF: &[Together] = &[
    &[P::UserReadWrite],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
const ENABLE: &[Together] = &[
    &[P::UserEnableDisableAccountAll, P::UserReadAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
const OTHER_MAILS: &[Together] = &[
    &[P::UserMailReadWriteAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
const PHONES: &[Together] = &[
    &[P::UserPhoneReadWriteAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
const PASSWORD_DELEGATED: &[Together] = &[
    &[P::UserPasswordProfileReadWriteAll],
    &[P::DirectoryAccessAsUserAll],
];
const PASSWORD_APPLICATION: &[Together] = &[&[P::UserPasswordProfileReadWriteAll]];
const IDENTITIES: &[Together] = &[&[P::UserManageIdentitiesAll]];
const LEAVE_READ: &[Together] = &[
    &[P::UserLifeCycleInfoReadAll],
    &[P::UserLifeCycleInfoReadWriteAll],
];
const LEAVE_WRITE: &[Together] = &[&[P::UserLifeCycleInfoReadWriteAll]];
const ATTRIBUTES_READ: &[Together] = &[
    &[P::CustomSecAttributeAssignmentReadAll],
    &[P::CustomSecAttributeAssignmentReadWriteAll],
];
const ATTRIBUTES_WRITE: &[Together] = &[&[P::CustomSecAttributeAssignmentReadWriteAll]];
const ATTRIBUTE_DEFINITIONS_READ: &[Together] = &[
    &[P::CustomSecAttributeDefinitionReadAll],
    &[P::CustomSecAttributeDefinitionReadWriteAll],
];
const ATTRIBUTE_DEFINITIONS_WRITE: &[Together] = &[&[P::CustomSecAttributeDefinitionReadWriteAll]];
const SIGN_INS: &[Together] = &[&[P::AuditLogReadAll]];
const DELETE: &[Together] = &[
    &[P::UserDeleteRestoreAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
const REVOKE_SESSIONS: &[Together] = &[
    &[P::UserRevokeSessionsAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
const REVOKE_OWN_SESSIONS: &[Together] = &[
    &[P::UserReadWrite],
    &[P::UserRevokeSessionsAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
const CONVERT: &[Together] = &[
    &[P::UserConvertToInternalReadWriteAll],
    &[P::UserReadWriteAll],
];
const INVITE: &[Together] = &[
    &[P::UserInviteAll],
    &[P::UserReadWriteAll],
    &[P::DirectoryReadWriteAll],
];
/// Narrower than POST /invitations, which a right to write users covers too.
const ADD_INVITED: &[Together] = &[&[P::UserInviteAll], &[P::DirectoryReadWriteAll]];
const EXISTING: &[Together] = &[&[P::UserReadWriteAll]];
const AUDIT: &[Together] = &[
    &[P::AuditLogReadAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];

const DOMAINS: &[Together] = &[
    &[P::DomainReadAll],
    &[P::DomainReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
const ORGANIZATION: &[Together] = &[
    &[P::OrganizationReadAll],
    &[P::OrganizationReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
/// Everybody signed in may read the name of their organisation and its domains.
const ORGANIZATION_DELEGATED: &[Together] = &[
    &[P::UserRead],
    &[P::OrganizationReadAll],
    &[P::OrganizationReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
const LICENCES: &[Together] = &[
    &[P::LicenseAssignmentReadAll],
    &[P::LicenseAssignmentReadWriteAll],
    &[P::OrganizationReadAll],
    &[P::OrganizationReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];

const APPLICATIONS: &[Together] = &[
    &[P::ApplicationReadAll],
    &[P::ApplicationReadWriteAll],
    &[P::DirectoryReadAll],
    &[P::DirectoryReadWriteAll],
];
const WRITE_APPLICATIONS: &[Together] =
    &[&[P::ApplicationReadWriteAll], &[P::DirectoryReadWriteAll]];

const GLOBAL: &[Role] = &[Role::GlobalAdministrator];
const ADMINISTRATORS: &[Role] = &[Role::GlobalAdministrator, Role::UserAdministrator];
/// No other role has anything of custom security attributes, the highest one neither
/// (P-extensions-24).
const ATTRIBUTE_ADMINISTRATORS: &[Role] = &[Role::AttributeAssignmentAdministrator];
const ATTRIBUTE_READERS: &[Role] = &[
    Role::AttributeAssignmentAdministrator,
    Role::AttributeAssignmentReader,
];
const ATTRIBUTE_DEFINERS: &[Role] = &[Role::AttributeDefinitionAdministrator];
const ATTRIBUTE_DEFINITION_READERS: &[Role] = &[
    Role::AttributeAssignmentAdministrator,
    Role::AttributeAssignmentReader,
    Role::AttributeDefinitionAdministrator,
    Role::AttributeDefinitionReader,
];
const DELETERS: &[Role] = &[
    Role::GlobalAdministrator,
    Role::UserAdministrator,
    Role::PrivilegedAuthenticationAdministrator,
];
const RESETTERS: &[Role] = &[
    Role::GlobalAdministrator,
    Role::UserAdministrator,
    Role::PrivilegedAuthenticationAdministrator,
    Role::AuthenticationAdministrator,
    Role::PasswordAdministrator,
    Role::HelpdeskAdministrator,
];

/// Nobody of that kind.
const NOBODY: &[Together] = &[];
/// No role is needed.
const NO_ROLE: &[Role] = &[];
/// What does for an app that administers users.
const ADMINISTERING: &[Together] = &[&[P::UserReadWriteAll]];

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident: $delegated:ident, $roles:ident, $application:ident $(or $with_role:ident)?;)*) => {
        /// The table (P-permissions-1, R-80, R-28 to R-30).
        pub const TABLE: &[Rule] = &[$(Rule {
            operation: Operation::$name,
            delegated: $delegated,
            person_roles: $roles,
            application: $application,
            application_with_role: table!(@with $($with_role)?),
        },)*];
    };
    (@with) => {
        NOBODY
    };
    (@with $with_role:ident) => {
        $with_role
    };
}
rows::rows!(table);

impl Actor {
    /// Whether the actor may do `operation`, by the table. The server itself may do everything. A
    /// guest on the way through redemption may do none of this: the steps of redemption have their
    /// own proof.
    pub fn may(&self, operation: Operation) -> Result<(), Refusal> {
        let allowed = TABLE
            .iter()
            .any(|rule| rule.operation == operation && allows(rule, &self.subject));
        if allowed || self.subject == Subject::Server {
            Ok(())
        } else {
            Err(Refusal::Denied { operation })
        }
    }
}

/// Whether one row lets `subject` pass.
fn allows(rule: &Rule, subject: &Subject) -> bool {
    let any = |alternatives: &[Together], held: Permissions| {
        alternatives
            .iter()
            .any(|all| all.iter().all(|one| held.contains(*one)))
    };
    match subject {
        Subject::App {
            permissions, roles, ..
        } => {
            any(rule.application, *permissions)
                || (any(rule.application_with_role, *permissions)
                    && RESETTERS.iter().any(|role| roles.holds(*role)))
        }
        Subject::Person { scopes, roles, .. } => {
            any(rule.delegated, *scopes)
                && (rule.person_roles.is_empty()
                    || rule.person_roles.iter().any(|role| roles.holds(*role)))
        }
        Subject::Guest { .. } | Subject::Server => false,
    }
}
