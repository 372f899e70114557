//! Inviting a guest, and looking at invitations.
//!
//! An invitation is one link. It makes the guest, who can be used at once. Whether they accepted is
//! the guest's `externalUserState`; the invitation's `status` is about delivery only.

mod answer_text;
pub(crate) mod create;
mod document;
mod guest;
mod guest_name;
pub(crate) mod idempotency;
mod invited;
mod invited_before;
pub mod language;
mod letters;
mod list;
pub(crate) mod plan;
mod read;
pub mod redirect;
mod reference;
mod request;
mod resend;
mod revoke;
mod state;
pub(crate) mod stored;
pub(crate) mod ticket;

use jiff::SignedDuration;

pub use idempotency::Idempotency;
pub use invited::Invited;
pub use read::InvitationAnswer;
pub use request::GIVEN;
pub use revoke::RevokedGuest;
pub use state::{InvitationState, LinkState};

/// Life of a link.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a stored answer stands in for a repeated request.
pub const ANSWER_LIFE: SignedDuration = SignedDuration::from_hours(24);
