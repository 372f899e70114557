//! Who may do what: one table from operation to the permissions that suffice, for a signed-in
//! person and for an app.
//!
//! An alternative is a list of permissions that are all needed; a row lists alternatives. A person
//! additionally needs a directory role for writes on others, since a token's scopes never give more
//! than the person has.

pub(crate) mod names;
mod needed;
pub(crate) mod operation;

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

const ADMINISTRATORS: &[Role] = &[Role::GlobalAdministrator, Role::UserAdministrator];
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

/// A row without the exceptional parts.
const fn row(
    operation: Operation,
    delegated: &'static [Together],
    person_roles: &'static [Role],
    application: &'static [Together],
) -> Rule {
    Rule {
        operation,
        delegated,
        person_roles,
        application,
        application_with_role: &[],
    }
}

/// The table (P-permissions-1, R-80, R-28 to R-30).
pub const TABLE: &[Rule] = &[
    row(
        Operation::CreateUser,
        CREATE_DELEGATED,
        ADMINISTRATORS,
        WRITE,
    ),
    row(Operation::ReadUser, READ_DELEGATED, &[], READ_APPLICATION),
    row(Operation::ReadSelf, READ_SELF, &[], &[]),
    row(Operation::ListUsers, READ_DELEGATED, &[], READ_APPLICATION),
    row(Operation::ExplainQuery, READ, &[], READ),
    row(Operation::UpdateUser, WRITE, ADMINISTRATORS, WRITE),
    row(Operation::UpdateSelf, WRITE_SELF, &[], &[]),
    row(Operation::EnableDisable, ENABLE, DELETERS, ENABLE),
    row(
        Operation::UpdateOtherMails,
        OTHER_MAILS,
        ADMINISTRATORS,
        OTHER_MAILS,
    ),
    row(Operation::UpdatePhones, PHONES, ADMINISTRATORS, PHONES),
    Rule {
        operation: Operation::ResetPassword,
        delegated: PASSWORD_DELEGATED,
        person_roles: RESETTERS,
        application: PASSWORD_APPLICATION,
        application_with_role: &[&[P::UserReadWriteAll]],
    },
    row(
        Operation::ManageIdentities,
        IDENTITIES,
        ADMINISTRATORS,
        IDENTITIES,
    ),
    row(Operation::ReadLeaveDate, LEAVE_READ, &[], LEAVE_READ),
    row(
        Operation::WriteLeaveDate,
        LEAVE_WRITE,
        ADMINISTRATORS,
        LEAVE_WRITE,
    ),
    row(
        Operation::ReadSecurityAttributes,
        ATTRIBUTES_READ,
        &[],
        ATTRIBUTES_READ,
    ),
    row(
        Operation::WriteSecurityAttributes,
        ATTRIBUTES_WRITE,
        ADMINISTRATORS,
        ATTRIBUTES_WRITE,
    ),
    row(Operation::ReadSignIns, SIGN_INS, &[], SIGN_INS),
    row(Operation::DeleteUser, DELETE, DELETERS, DELETE),
    row(Operation::ReadLinks, READ, &[], READ),
    row(Operation::WriteLinks, WRITE, ADMINISTRATORS, WRITE),
    row(Operation::ReadDeleted, READ, &[], READ),
    row(Operation::RestoreUser, DELETE, DELETERS, DELETE),
    row(Operation::PurgeUser, DELETE, DELETERS, DELETE),
    row(Operation::ReadPhoto, READ_DELEGATED, &[], READ_APPLICATION),
    row(Operation::WritePhoto, WRITE, ADMINISTRATORS, WRITE),
    row(Operation::WriteOwnPhoto, WRITE_SELF, &[], &[]),
    row(
        Operation::RevokeSessions,
        REVOKE_SESSIONS,
        DELETERS,
        REVOKE_SESSIONS,
    ),
    row(Operation::RevokeOwnSessions, REVOKE_OWN_SESSIONS, &[], &[]),
    row(
        Operation::ConvertToInternal,
        CONVERT,
        ADMINISTRATORS,
        CONVERT,
    ),
    row(Operation::Invite, INVITE, &[], INVITE),
    row(Operation::InviteMember, INVITE, ADMINISTRATORS, WRITE),
    row(
        Operation::InviteExisting,
        EXISTING,
        ADMINISTRATORS,
        EXISTING,
    ),
    row(Operation::AddInvitedUser, ADD_INVITED, &[], ADD_INVITED),
    row(Operation::AddPendingMember, WRITE, ADMINISTRATORS, WRITE),
    row(Operation::ReadPendingMembers, READ, &[], READ),
    row(Operation::DecidePendingMember, WRITE, ADMINISTRATORS, WRITE),
    row(Operation::ReadInvitations, READ, &[], READ),
    row(Operation::RevokeInvitation, INVITE, &[], INVITE),
    row(Operation::ReadBlocks, READ, ADMINISTRATORS, READ),
    row(Operation::LiftBlock, WRITE, ADMINISTRATORS, WRITE),
    row(Operation::ResendInvitation, INVITE, &[], INVITE),
    row(Operation::ReadAudit, AUDIT, ADMINISTRATORS, AUDIT),
    row(Operation::ReadDomains, DOMAINS, &[], DOMAINS),
    row(
        Operation::ReadOrganization,
        ORGANIZATION_DELEGATED,
        &[],
        ORGANIZATION,
    ),
    row(Operation::ReadLicences, LICENCES, &[], LICENCES),
];

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
