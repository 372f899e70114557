//! What a guest came for: one invitation, by the ticket that opened it.

use directory::redemption::{Link, Session, TicketHash};
use store::TenantId;
use uuid::Uuid;

use crate::pages::shell::continuation::Continuation;
use crate::pages::shell::session;

/// One invitation open in this browser.
pub(super) type Visit = session::Visit<Link>;

/// The visit's secret, as the directory knows it.
pub(super) fn session(visit: &Visit) -> Session {
    Session::from_secret(visit.secret)
}

/// Bytes of an invitation: tenant, id, ticket hash.
const BYTES: usize = 16 + 16 + 32;

impl Continuation for Link {
    const COOKIE: &'static str = "vestibule-redeem-";
    const PURPOSE: &'static [u8] = b"redemption session";
    const LAYOUT: u8 = 2;
    const FORMS: [&'static [u8]; 2] = [b"redeem form 1", b"redeem form 2"];

    fn id(&self) -> Uuid {
        self.invitation
    }

    fn bound_to(&self) -> [u8; 32] {
        let mut out = [0; 32];
        let (tenant, invitation) = out.split_at_mut(16);
        tenant.copy_from_slice(self.tenant.0.as_bytes());
        invitation.copy_from_slice(self.invitation.as_bytes());
        out
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.tenant.0.as_bytes());
        out.extend_from_slice(self.invitation.as_bytes());
        out.extend_from_slice(self.ticket.bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = <&[u8; BYTES]>::try_from(bytes).ok()?;
        let (tenant, rest) = bytes.split_first_chunk::<16>()?;
        let (invitation, rest) = rest.split_first_chunk::<16>()?;
        let ticket = rest.first_chunk::<32>()?;
        Some(Self {
            tenant: TenantId(Uuid::from_bytes(*tenant)),
            invitation: Uuid::from_bytes(*invitation),
            ticket: TicketHash::from_bytes(*ticket),
        })
    }
}
