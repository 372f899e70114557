//! The steps a guest takes from the link in the mail to acceptance: landing, code, consent,
//! redirect.
//!
//! The link names an invitation and proves nothing (T-6). Proof is a code delivered to the invited
//! mailbox, kept under the browser session that asked for it. Every step reads the rows again and
//! refuses or points to the first step that is missing (T-27); looking at a step changes nothing
//! (T-5). A link that has ended and one that never was tell nothing about tenant, name or address
//! (T-1, T-2).

mod accept;
mod code;
mod consent;
mod decline;
mod gate;
mod link;
mod never;
mod open;
mod verify;
mod write;

use store::TenantId;
use uuid::Uuid;

pub use crate::invitations::ticket::TicketHash;
pub use accept::Accepted;
pub use code::CodeAnswer;
pub use consent::{ConsentAnswer, ConsentView, Shared};
pub use decline::Declined;
pub use link::{Link, Session};
pub use never::NeverAgain;
pub use open::{AcceptedHost, InvitationView, Opened};
pub use verify::Verified;

/// Life of a session from its first code: long enough to find the mail after lunch, short enough
/// that a borrowed browser forgets it (P-invitations-6).
pub const SESSION_HOURS: i64 = 24;
/// Life of a code in seconds (T-11; ASVS 6.5.5 says at most 10 minutes).
pub const CODE_SECONDS: i64 = 600;

/// A step beyond the landing page: which link, which browser, in which request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepContext {
    /// The link, as the sealed cookie kept it.
    pub link: Link,
    /// The browser's session.
    pub session: Session,
    /// The network the request came from, in any form that is the same for the same network. Mails
    /// are counted by it.
    pub network: String,
    /// Our id of the request, for the audit trail.
    pub request_id: Uuid,
}

impl StepContext {
    pub(crate) const fn tenant(&self) -> TenantId {
        self.link.tenant
    }
}

/// A link that leads to no step any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// This session accepted before: the same redirect again. `None` when the
    /// tenant's list does not hold the host any more: a page without redirect (T-14).
    Finished {
        /// Where to.
        redirect: Option<String>,
    },
    /// Accepted in another browser, or this session is over: 410. The holder of the ticket may know
    /// where it leads.
    Used {
        /// Scheme and host of the redirect, without the path: that may carry what is for the guest
        /// alone. `None` when the tenant does not allow it any more.
        onward: Option<String>,
    },
    /// Expired, superseded, revoked, or its guest is gone: 410, without details.
    Ended,
    /// Never was a link, or not of this tenant: 404, without details.
    NotValid,
}

/// The first step that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// No code was asked for in this session.
    AskForCode,
    /// A code was sent and waits to be typed.
    TypeCode,
    /// The mailbox is proven; consent is next.
    Consent,
}

/// Why a step cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Barred {
    /// The link is closed.
    Closed(Closed),
    /// Another step comes first: 303 to it (T-27).
    Unmet(NextStep),
    /// The guest's account is disabled: "Ask your administrator" (T-15). Only who has proven the
    /// mailbox is told.
    Disabled,
}
