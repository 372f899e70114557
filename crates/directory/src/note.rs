//! Notes to the client of a successful request, for the `x-vestibule-note` header.

/// One note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// `userType: Guest` was accepted by POST /users: an internal guest, whom no invitation
    /// concerns.
    InternalGuest,
    /// `accountEnabled: true` was sent for a pending member.
    AwaitsApproval,
    /// A user with this address existed: they were linked, and are unchanged.
    Linked,
    /// The invited address said "do not invite me again": no mail was sent.
    NeverAgain,
    /// An invitation said something of a guest who exists.
    GuestUnchanged,
}

impl Note {
    /// The sentence, in ASCII, since it stands in a header.
    pub const fn text(self) -> &'static str {
        match self {
            Self::InternalGuest => {
                "this guest was created without an invitation; use POST /invitations to invite somebody"
            }
            Self::AwaitsApproval => "accountEnabled stays false until the joining is approved",
            Self::Linked => {
                "a user with this address existed and was linked; their properties were not changed"
            }
            Self::NeverAgain => {
                "the owner of this address asked not to be invited again: no mail is sent to it; DELETE /invitationBlocks/{address} lifts that"
            }
            Self::GuestUnchanged => {
                "this guest existed: the name, type, properties, manager and sponsors sent were not applied; PATCH /users/{id} and POST /users/{id}/sponsors/$ref change them"
            }
        }
    }
}
