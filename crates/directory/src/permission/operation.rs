//! The operations; the table of permissions has a row for each.

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// POST /users
    CreateUser,
    /// GET /users/{key} of another person
    ReadUser,
    /// GET /me, and GET /users/{key} of oneself
    ReadSelf,
    /// GET /users
    ListUsers,
    /// `$explain=true`: a plan shows how many users have a value
    ExplainQuery,
    /// PATCH /users/{key}, properties without a rule of their own
    UpdateUser,
    /// The same by the person concerned
    UpdateSelf,
    /// `accountEnabled`
    EnableDisable,
    /// `otherMails`
    UpdateOtherMails,
    /// `businessPhones`, `mobilePhone`
    UpdatePhones,
    /// `passwordProfile`: an administrator's reset
    ResetPassword,
    /// `identities`
    ManageIdentities,
    /// `employeeLeaveDateTime`, reading
    ReadLeaveDate,
    /// `employeeLeaveDateTime`, writing
    WriteLeaveDate,
    /// `customSecurityAttributes`, reading
    ReadSecurityAttributes,
    /// `customSecurityAttributes`, writing
    WriteSecurityAttributes,
    /// `signInActivity`
    ReadSignIns,
    /// DELETE /users/{key}
    DeleteUser,
    /// Manager, direct reports, sponsors of another: reading
    ReadLinks,
    /// Manager and sponsors: writing
    WriteLinks,
    /// Soft-deleted users: reading
    ReadDeleted,
    /// POST /directory/deletedItems/{id}/restore
    RestoreUser,
    /// DELETE /directory/deletedItems/{id}
    PurgeUser,
    /// The photo of another: reading
    ReadPhoto,
    /// The photo of another: writing
    WritePhoto,
    /// One's own photo: writing
    WriteOwnPhoto,
    /// POST /users/{key}/revokeSignInSessions
    RevokeSessions,
    /// The same by the person concerned
    RevokeOwnSessions,
    /// POST /users/{key}/convertExternalToInternalMemberUser
    ConvertToInternal,
    /// POST /invitations
    Invite,
    /// POST /invitations with `invitedUserType: Member`
    InviteMember,
    /// POST /users/$ref by the document "Add invitedUser"
    AddInvitedUser,
    /// POST /users/$ref by the document "Add pendingMembers"
    AddPendingMember,
    /// GET /pendingMembers and GET /pendingMembers/{id}
    ReadPendingMembers,
    /// POST /pendingMembers/{id}/approve and /decline
    DecidePendingMember,
    /// POST /invitations with `invitedUser.id`
    InviteExisting,
    /// GET /invitations and GET /invitations/{id}
    ReadInvitations,
    /// DELETE /invitations/{id}
    RevokeInvitation,
    /// GET /invitationBlocks: addresses that get no invitation or no code
    ReadBlocks,
    /// DELETE /invitationBlocks/{address}
    LiftBlock,
    /// POST /invitations/{id}/resend
    ResendInvitation,
    /// Reading the audit trail
    ReadAudit,
    /// GET /domains and GET /domains/{name}
    ReadDomains,
    /// GET /organization and GET /organization/{id}
    ReadOrganization,
    /// GET /subscribedSkus
    ReadLicences,
}
