//! Friendly or strict. Friendly is this server's own manner: it accepts reasonable requests beyond
//! the documents, with a note. Strict answers like the documented service, for tests against it.
//! This is the one file that knows the difference.

use odata::{Breach, Checked};

use crate::refusal::{Refusal, StrictRule};

/// How a tenant wants to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServiceMode {
    /// Accepts more than the documented service, with notes.
    #[default]
    Friendly,
    /// Answers like the documented service.
    Strict,
}

/// The one `status` that the documented service answers for every invitation (P-invitations-3).
const DOCUMENTED_STATUS: &str = "PendingAcceptance";

/// How a query is answered that the tenant's manner does not refuse.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Served {
    /// Whether the number of all objects goes with the first page.
    pub(crate) counts: bool,
    /// What the documented service would have refused or ignored, to be noted.
    pub(crate) breaches: Vec<Breach>,
}

impl ServiceMode {
    /// The manner of that name, `friendly` or `strict`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "friendly" => Some(Self::Friendly),
            "strict" => Some(Self::Strict),
            _ => None,
        }
    }

    /// Its name, as [`ServiceMode::named`] takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Friendly => "friendly",
            Self::Strict => "strict",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Friendly => Self::Strict,
            Self::Strict => Self::Friendly,
        }
    }

    /// Its effect, worded to follow the name in a sentence.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Friendly => "serves more, with notes",
            Self::Strict => "refuses what the documented service refuses",
        }
    }

    /// How to answer a query that the documented service would refuse, or in part ignore. Friendly
    /// answers it whole; strict refuses it for the first reason, and ignores what that service
    /// ignores.
    pub(crate) fn query(self, asked: &Checked) -> Result<Served, Refusal> {
        let breaches = asked.breaches.clone();
        let refused = breaches.iter().find(|breach| breach.rule.refuses());
        let counts = match (self, refused) {
            (Self::Strict, Some(breach)) => {
                return Err(Refusal::Strict(StrictRule::Query(breach.clone())));
            }
            (Self::Strict, None) => asked.count && breaches.is_empty(),
            (Self::Friendly, _) => asked.count,
        };
        Ok(Served { counts, breaches })
    }

    /// Whether the local part of an invited address is taken as it is.
    pub(crate) fn invited_local(self, local: &str) -> Result<(), Refusal> {
        match self {
            Self::Strict if local.contains('+') => Err(Refusal::Strict(StrictRule::PlusAddress)),
            Self::Strict | Self::Friendly => Ok(()),
        }
    }

    /// Whether `usageLocation` can be cleared once it is set.
    pub(crate) fn clears_usage_location(self) -> Result<(), Refusal> {
        match self {
            Self::Friendly => Ok(()),
            Self::Strict => Err(Refusal::Strict(StrictRule::ClearedUsageLocation)),
        }
    }

    /// Whether invitations can be read once they are made.
    pub(crate) fn reads_invitations(self) -> Result<(), Refusal> {
        match self {
            Self::Friendly => Ok(()),
            Self::Strict => Err(Refusal::Strict(StrictRule::ReadInvitations)),
        }
    }

    /// The word for an invitation's `status`: friendly tells of the delivery, the documented
    /// service has said the same word of every invitation for years (P-invitations-3).
    pub(crate) const fn invitation_status(self, delivery: &'static str) -> &'static str {
        match self {
            Self::Friendly => delivery,
            Self::Strict => DOCUMENTED_STATUS,
        }
    }

    /// Whether apps may write the profile properties (aboutMe … skills): in friendly mode only
    /// . People always may.
    pub const fn lets_apps_write_profile(self) -> bool {
        matches!(self, Self::Friendly)
    }
}
