//! The parts of a link, and the session of a browser.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use store::TenantId;
use uuid::Uuid;

use crate::ids::Ids;
use crate::invitations::ticket::{TicketHash, sha256};

/// A link of the right form. There may be no such invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// `tenant=`
    pub tenant: TenantId,
    /// `user=`: the invitation's id, not the user's.
    pub invitation: Uuid,
    /// Hash of `ticket=`; the ticket itself is not kept.
    pub ticket: TicketHash,
}

impl Link {
    /// Reads the query's parameters. `None` where one is malformed: the page is the same as for an
    /// unknown link (T-1).
    pub fn parse(tenant: &str, invitation: &str, ticket: &str) -> Option<Self> {
        let tenant = Uuid::try_parse(tenant).ok().map(TenantId)?;
        let invitation = Uuid::try_parse(invitation).ok()?;
        // 43 characters of base64url are 32 bytes; anything longer is not worth decoding.
        let ticket = Some(ticket)
            .filter(|text| text.len() == 43)
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())?;
        let ticket = <[u8; 32]>::try_from(ticket).ok()?;
        Some(Self {
            tenant,
            invitation,
            ticket: TicketHash::of(&ticket),
        })
    }
}

/// A browser session's secret. It lives in a sealed cookie; the store knows its hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session([u8; 32]);

impl Session {
    /// A new one.
    pub fn new(ids: &dyn Ids) -> Self {
        Self(ids.secret())
    }

    /// For the cookie.
    pub const fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// From the cookie.
    pub const fn from_secret(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invitations::ticket::ticket_text;

    const TENANT: &str = "04dcc6ab-388a-4559-b527-fbec656300ea";
    const INVITATION: &str = "7b92124c-9fa9-406f-8b8e-225df8376ba9";

    #[test]
    fn links_of_the_right_form() {
        let ticket = ticket_text(&[7; 32]);
        let link = Link::parse(TENANT, INVITATION, &ticket).unwrap();
        assert_eq!(link.ticket, TicketHash::of(&[7; 32]));
        assert!(!format!("{link:?}").contains(&ticket));
        for (tenant, invitation, ticket) in [
            ("", INVITATION, ticket.as_str()),
            (TENANT, "", &ticket),
            (TENANT, INVITATION, ""),
            (TENANT, "1 or 1=1", &ticket),
            (TENANT, INVITATION, &ticket[1..]),
            (TENANT, INVITATION, &format!("{ticket}A")),
            (TENANT, INVITATION, &ticket.replace('B', "+")),
            (TENANT, INVITATION, &format!("{}=", &ticket[1..])),
        ] {
            assert_eq!(
                Link::parse(tenant, invitation, ticket),
                None,
                "{tenant} {invitation} {ticket}"
            );
        }
    }
}
