//! The ticket in an invitation's link.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// SHA-256 of a ticket: all that is ever stored of it (T-30).
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct TicketHash([u8; 32]);

impl TicketHash {
    /// Of the ticket's 256 bits.
    pub(crate) fn of(ticket: &[u8; 32]) -> Self {
        Self(sha256(ticket))
    }

    /// For the sealed cookie.
    pub const fn from_bytes(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// For the sealed cookie, and for the store.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time: how much of a guess was right must not show in the time.
    pub(crate) fn is(&self, stored: &[u8; 32]) -> bool {
        self.0.ct_eq(stored).into()
    }
}

impl PartialEq for TicketHash {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for TicketHash {}

impl std::fmt::Debug for TicketHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketHash(..)")
    }
}

/// The text of a ticket in a link.
pub(crate) fn ticket_text(ticket: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(ticket)
}

/// SHA-256 as an array.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    out
}
