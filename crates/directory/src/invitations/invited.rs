//! The answer to an invitation, before it is rendered.

use uuid::Uuid;

use crate::note::Note;

/// The answer to an invitation. This is the only time the link is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Invited {
    /// The invitation.
    pub invitation: Uuid,
    /// The guest.
    pub user: Uuid,
    /// The answer's members as JSON without braces, ready to splice after the context.
    pub members: String,
    /// The redeem link.
    pub link: String,
    /// The owner of the address asked not to be invited again: no mail goes to it.
    pub blocked: bool,
    /// The request says something of the guest that only a new guest gets, and the guest existed.
    pub guest_unchanged: bool,
    /// The first answer to a request with the same `Idempotency-Key`; nothing happened this time.
    pub repeated: bool,
}

/// The link stays out of logs (T-30).
impl std::fmt::Debug for Invited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invited")
            .field("invitation", &self.invitation)
            .field("user", &self.user)
            .field("blocked", &self.blocked)
            .field("guest_unchanged", &self.guest_unchanged)
            .field("repeated", &self.repeated)
            .finish_non_exhaustive()
    }
}

impl Invited {
    /// Notes for the client of a successful request.
    pub fn notes(&self) -> Vec<Note> {
        let blocked = self.blocked.then_some(Note::NeverAgain);
        let guest_unchanged = self.guest_unchanged.then_some(Note::GuestUnchanged);
        blocked.into_iter().chain(guest_unchanged).collect()
    }
}
