//! One row for each operation: what it is, and who may.
//!
//! The rows are tokens only, so that the enumeration of operations and the table of permissions are
//! made of the same line without either knowing the other: refusals name an operation, and roles
//! refuse.

/// Hands the rows to a macro. A row: the permissions that suffice for a signed-in person, the roles
/// of which they need one, the permissions that suffice for an app; and, after `or`, what does for
/// an app that holds a role which administers users.
macro_rules! rows {
    ($then:ident) => {
        $then! {
            /// POST /users
            CreateUser: CREATE_DELEGATED, ADMINISTRATORS, WRITE;
            /// GET /users/{key} of another person
            ReadUser: READ_DELEGATED, NO_ROLE, READ_APPLICATION;
            /// GET /me, and GET /users/{key} of oneself
            ReadSelf: READ_SELF, NO_ROLE, NOBODY;
            /// GET /users
            ListUsers: READ_DELEGATED, NO_ROLE, READ_APPLICATION;
            /// `$explain=true`: a plan shows how many users have a value
            ExplainQuery: READ, NO_ROLE, READ;
            /// PATCH /users/{key}, properties without a rule of their own
            UpdateUser: WRITE, ADMINISTRATORS, WRITE;
            /// PATCH /users/{key} by the person concerned
            UpdateSelf: WRITE_SELF, NO_ROLE, NOBODY;
            /// `accountEnabled`
            EnableDisable: ENABLE, DELETERS, ENABLE;
            /// `otherMails`
            UpdateOtherMails: OTHER_MAILS, ADMINISTRATORS, OTHER_MAILS;
            /// `businessPhones`, `mobilePhone`
            UpdatePhones: PHONES, ADMINISTRATORS, PHONES;
            /// `passwordProfile`: an administrator's reset
            ResetPassword: PASSWORD_DELEGATED, RESETTERS, PASSWORD_APPLICATION or ADMINISTERING;
            /// `identities`
            ManageIdentities: IDENTITIES, ADMINISTRATORS, IDENTITIES;
            /// `employeeLeaveDateTime`, reading
            ReadLeaveDate: LEAVE_READ, NO_ROLE, LEAVE_READ;
            /// `employeeLeaveDateTime`, writing
            WriteLeaveDate: LEAVE_WRITE, ADMINISTRATORS, LEAVE_WRITE;
            /// `customSecurityAttributes`, reading
            ReadSecurityAttributes: ATTRIBUTES_READ, ATTRIBUTE_READERS, ATTRIBUTES_READ;
            /// `customSecurityAttributes`, writing
            WriteSecurityAttributes: ATTRIBUTES_WRITE, ATTRIBUTE_ADMINISTRATORS, ATTRIBUTES_WRITE;
            /// Attribute sets, definitions of custom security attributes and their allowed values:
            /// reading
            ReadAttributeDefinitions: ATTRIBUTE_DEFINITIONS_READ, ATTRIBUTE_DEFINITION_READERS, ATTRIBUTE_DEFINITIONS_READ;
            /// Attribute sets, definitions of custom security attributes and their allowed values:
            /// writing
            WriteAttributeDefinitions: ATTRIBUTE_DEFINITIONS_WRITE, ATTRIBUTE_DEFINERS, ATTRIBUTE_DEFINITIONS_WRITE;
            /// `signInActivity`
            ReadSignIns: SIGN_INS, NO_ROLE, SIGN_INS;
            /// DELETE /users/{key}
            DeleteUser: DELETE, DELETERS, DELETE;
            /// Manager, direct reports, sponsors of another: reading
            ReadLinks: READ, NO_ROLE, READ;
            /// Manager and sponsors: writing
            WriteLinks: WRITE, ADMINISTRATORS, WRITE;
            /// Soft-deleted users: reading
            ReadDeleted: READ, NO_ROLE, READ;
            /// POST /directory/deletedItems/{id}/restore
            RestoreUser: DELETE, DELETERS, DELETE;
            /// DELETE /directory/deletedItems/{id}
            PurgeUser: DELETE, DELETERS, DELETE;
            /// The photo of another: reading
            ReadPhoto: READ_DELEGATED, NO_ROLE, READ_APPLICATION;
            /// The photo of another: writing
            WritePhoto: WRITE, ADMINISTRATORS, WRITE;
            /// One's own photo: writing
            WriteOwnPhoto: WRITE_SELF, NO_ROLE, NOBODY;
            /// The open extensions of another: reading
            ReadExtensions: READ, NO_ROLE, READ;
            /// One's own: reading
            ReadOwnExtensions: READ_OWN, NO_ROLE, NOBODY;
            /// The open extensions of another: writing
            WriteExtensions: WRITE, ADMINISTRATORS, WRITE;
            /// One's own: writing
            WriteOwnExtensions: WRITE_SELF, NO_ROLE, NOBODY;
            /// POST /users/{key}/revokeSignInSessions
            RevokeSessions: REVOKE_SESSIONS, DELETERS, REVOKE_SESSIONS;
            /// POST /users/{key}/revokeSignInSessions by the person concerned
            RevokeOwnSessions: REVOKE_OWN_SESSIONS, NO_ROLE, NOBODY;
            /// POST /users/{key}/convertExternalToInternalMemberUser
            ConvertToInternal: CONVERT, ADMINISTRATORS, CONVERT;
            /// POST /invitations
            Invite: INVITE, NO_ROLE, INVITE;
            /// POST /invitations with `invitedUserType: Member`
            InviteMember: INVITE, ADMINISTRATORS, WRITE;
            /// POST /users/$ref by the document "Add invitedUser"
            AddInvitedUser: ADD_INVITED, NO_ROLE, ADD_INVITED;
            /// POST /users/$ref by the document "Add pendingMembers"
            AddPendingMember: WRITE, ADMINISTRATORS, WRITE;
            /// GET /pendingMembers and GET /pendingMembers/{id}
            ReadPendingMembers: READ, NO_ROLE, READ;
            /// POST /pendingMembers/{id}/approve and /decline
            DecidePendingMember: WRITE, ADMINISTRATORS, WRITE;
            /// POST /invitations with `invitedUser.id`
            InviteExisting: EXISTING, ADMINISTRATORS, EXISTING;
            /// GET /invitations and GET /invitations/{id}
            ReadInvitations: READ, NO_ROLE, READ;
            /// DELETE /invitations/{id}
            RevokeInvitation: INVITE, NO_ROLE, INVITE;
            /// GET /invitationBlocks: addresses that get no invitation or no code
            ReadBlocks: READ, ADMINISTRATORS, READ;
            /// DELETE /invitationBlocks/{address}
            LiftBlock: WRITE, ADMINISTRATORS, WRITE;
            /// POST /invitations/{id}/resend
            ResendInvitation: INVITE, NO_ROLE, INVITE;
            /// Reading the audit trail
            ReadAudit: AUDIT, ADMINISTRATORS, AUDIT;
            /// GET /domains and GET /domains/{name}
            ReadDomains: DOMAINS, NO_ROLE, DOMAINS;
            /// GET /organization and GET /organization/{id}
            ReadOrganization: ORGANIZATION_DELEGATED, NO_ROLE, ORGANIZATION;
            /// GET /subscribedSkus
            ReadLicences: LICENCES, NO_ROLE, LICENCES;
            /// Applications and what they define: reading
            ReadApplications: APPLICATIONS, NO_ROLE, APPLICATIONS;
            /// What applications define: writing
            WriteApplications: WRITE_APPLICATIONS, GLOBAL, WRITE_APPLICATIONS;
        }
    };
}
pub(super) use rows;
