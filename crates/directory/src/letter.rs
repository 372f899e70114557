//! The facts of a mail, sealed in the outbox row. Subject, text and HTML are made
//! from them when the mail is sent, so that a corrected template applies to waiting mails.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::TenantId;
use uuid::Uuid;

use crate::address;

/// One envelope's worth: exactly one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its row in the outbox.
    pub id: Uuid,
    /// `uuid@host` without angle brackets, the same for every attempt.
    pub message_id: String,
    /// Whose letter it is.
    pub tenant: TenantId,
    /// The invitation it belongs to.
    pub invitation: Option<Uuid>,
    /// The one recipient, as stored (T-7).
    pub to: String,
    /// BCP 47 tag the sender asked for; the text falls back to English.
    pub language: Option<String>,
    /// Claims so far, this one counted.
    pub attempts: u32,
    /// The facts.
    pub kind: LetterKind,
}

/// The facts of a letter, by kind.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum LetterKind {
    /// To the guest, with the link.
    #[serde(rename_all = "camelCase")]
    Invitation {
        /// The facts.
        #[serde(flatten)]
        invitation: InvitationText,
        /// The redeem link: identifies the invitation, proves nothing.
        link: String,
        /// Who else gets the text, for the `Cc` header.
        cc: Option<String>,
    },
    /// To the one in `ccRecipients`: the same text without the link.
    #[serde(rename_all = "camelCase")]
    InvitationCopy {
        /// The facts.
        #[serde(flatten)]
        invitation: InvitationText,
        /// The name sent beside the copy's address.
        name: Option<String>,
    },
    /// A one-time passcode to the guest; never copied.
    #[serde(rename_all = "camelCase")]
    Code {
        /// The organisation's display name.
        organisation: String,
        /// Eight digits.
        code: String,
        /// From here on the code is refused.
        expires_at: Timestamp,
    },
    /// To a pending member, after the decision.
    #[serde(rename_all = "camelCase")]
    Membership {
        /// The facts.
        #[serde(flatten)]
        member: MemberText,
        /// Which way.
        approved: bool,
        /// The name to sign in with from now on.
        sign_in_name: String,
        /// Where the person may ask: the tenant's own setting.
        contact: Option<String>,
    },
    /// To the tenant's address for this: a member awaits approval.
    #[serde(rename_all = "camelCase")]
    MembershipRequest {
        /// The facts.
        #[serde(flatten)]
        member: MemberText,
        /// Who asked: the app's or the person's name in the directory (T-20).
        asked_by: String,
        /// The person's mail address or name to sign in with.
        address: String,
    },
}

/// The facts in letters about a pending member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberText {
    /// The user, who stands under `/pendingMembers` with this id.
    pub member: Uuid,
    /// The organisation's display name.
    pub organisation: String,
    /// Its main domain.
    pub organisation_domain: String,
    /// The person's display name.
    pub person: String,
}

/// The facts in letters about an invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvitationText {
    /// The invitation.
    pub invitation: Uuid,
    /// The organisation's display name.
    pub organisation: String,
    /// The organisation's main domain, for a reader who wonders which organisation of that name it
    /// is.
    pub organisation_domain: String,
    /// Who invites: the app's or the person's name in the directory, never one from the request
    /// (T-20).
    pub inviter: String,
    /// Whether that is a person: an app's name says nothing to a guest, and is not mailed. Letters
    /// that earlier versions wrote do not say, and go out without a name.
    #[serde(default)]
    pub by_person: bool,
    /// The invited address in full.
    pub invited: String,
    /// The guest's display name as sent, if any.
    pub guest_name: Option<String>,
    /// `customizedMessageBody`: plain text, shown as a quotation, never as markup and with no links
    /// made of it (T-20).
    pub message: Option<String>,
    /// The host the guest goes to in the end.
    pub redirect_host: String,
    /// From here on the link is dead.
    pub expires_at: Timestamp,
}

impl InvitationText {
    /// The invited address as a copy's reader may see it.
    pub fn invited_masked(&self) -> String {
        address::masked(&self.invited)
    }
}

impl Letter {
    /// The invitation whose status moves with this letter.
    pub(crate) fn carries(&self) -> Option<Uuid> {
        self.invitation
            .filter(|_| matches!(self.kind, LetterKind::Invitation { .. }))
    }

    /// What a mail server said of this letter, without the link or code that it may have quoted:
    /// filters like to name the URL they refuse, and neither log nor database may hold a ticket in
    /// clear (T-30).
    pub fn redacted(&self, said: &str) -> String {
        let link = self.kind.link();
        let ticket = link
            .and_then(|link| link.split_once("ticket="))
            .and_then(|(_, rest)| rest.split('&').next());
        [link, ticket, self.kind.code()]
            .into_iter()
            .flatten()
            .filter(|secret| !secret.is_empty())
            .fold(said.to_owned(), |said, secret| {
                said.replace(secret, "[hidden]")
            })
    }
}

impl LetterKind {
    /// The redeem link, where there is one.
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::Invitation { link, .. } => Some(link),
            Self::InvitationCopy { .. }
            | Self::Code { .. }
            | Self::Membership { .. }
            | Self::MembershipRequest { .. } => None,
        }
    }

    /// Where a mail program's "unsubscribe" leads: the page that asks for a code and then stops
    /// invitations. Opening it changes nothing, and no request stops invitations without the code:
    /// the mail may have been forwarded (T-18).
    pub fn unsubscribe(&self) -> Option<String> {
        self.link().map(|link| format!("{link}&then=never"))
    }

    /// The passcode, where there is one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Code { code, .. } => Some(code),
            Self::Invitation { .. }
            | Self::InvitationCopy { .. }
            | Self::Membership { .. }
            | Self::MembershipRequest { .. } => None,
        }
    }

    /// Who else is named in the `Cc` header.
    pub fn cc(&self) -> Option<&str> {
        match self {
            Self::Invitation { cc, .. } => cc.as_deref(),
            Self::InvitationCopy { .. }
            | Self::Code { .. }
            | Self::Membership { .. }
            | Self::MembershipRequest { .. } => None,
        }
    }

    /// The invitation's facts, where the letter is about one.
    pub fn invitation(&self) -> Option<&InvitationText> {
        match self {
            Self::Invitation { invitation, .. } | Self::InvitationCopy { invitation, .. } => {
                Some(invitation)
            }
            Self::Code { .. } | Self::Membership { .. } | Self::MembershipRequest { .. } => None,
        }
    }
}

/// Links and codes never get into a log (T-30).
impl std::fmt::Debug for LetterKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Invitation { .. } => "Invitation(..)",
            Self::InvitationCopy { .. } => "InvitationCopy(..)",
            Self::Code { .. } => "Code(..)",
            Self::Membership { .. } => "Membership(..)",
            Self::MembershipRequest { .. } => "MembershipRequest(..)",
        })
    }
}
