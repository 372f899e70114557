//! Letters into rows and back.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{LetterRow, LetterState, TenantId};
use uuid::Uuid;

use crate::directory::Directory;
use crate::letter::{Letter, LetterKind};
use crate::refusal::Refusal;

/// Everything random and timed of a letter, drawn before the write that enqueues it.
pub(crate) struct Draft {
    id: Uuid,
    message_id: String,
    nonce: [u8; 12],
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// The recipient of a letter, and the invitation it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Envelope<'a> {
    /// The tenant.
    pub(crate) tenant: TenantId,
    /// The invitation, where there is one.
    pub(crate) invitation: Option<Uuid>,
    /// The one recipient, as stored.
    pub(crate) to: &'a str,
    /// Its canonical key.
    pub(crate) to_key: &'a str,
    /// For a copy: the letter it is a copy of.
    pub(crate) copy_of: Option<Uuid>,
    /// `messageLanguage`.
    pub(crate) language: Option<&'a str>,
}

/// What is sealed in the row.
#[derive(Serialize, Deserialize)]
struct Content {
    language: Option<String>,
    letter: LetterKind,
}

impl Draft {
    /// A new letter, which is not handed over any more from `expires_at` on.
    pub(crate) fn new(directory: &Directory, now: Timestamp, expires_at: Timestamp) -> Self {
        let ids = directory.ids();
        Self {
            id: directory.new_id(),
            message_id: format!(
                "{}@{}",
                ids.uuid(),
                message_host(&directory.policy().public_origin)
            ),
            nonce: ids.nonce(),
            created_at: now,
            expires_at,
        }
    }

    /// The letter's id.
    pub(crate) const fn id(&self) -> Uuid {
        self.id
    }

    /// The row, with the content sealed for this tenant and this row: it opens nowhere else (T-48).
    pub(crate) fn row(
        &self,
        directory: &Directory,
        envelope: Envelope<'_>,
        letter: &LetterKind,
    ) -> Result<LetterRow, Refusal> {
        let content = Content {
            language: envelope.language.map(str::to_owned),
            letter: letter.clone(),
        };
        let plain = serde_json::to_vec(&content)
            .map_err(|error| Refusal::internal(format!("letter: {error}")))?;
        let sealed = directory
            .keys()
            .outbox
            .seal(&purpose(envelope.tenant, self.id), &plain, self.nonce)
            .map_err(|error| Refusal::internal(error.to_string()))?;
        Ok(LetterRow {
            id: self.id,
            kind: match letter {
                LetterKind::Invitation { .. } => store::LetterKind::Invitation,
                LetterKind::InvitationCopy { .. } => store::LetterKind::InvitationCopy,
                LetterKind::Code { .. } => store::LetterKind::Code,
                LetterKind::Membership { .. } | LetterKind::MembershipRequest { .. } => {
                    store::LetterKind::Membership
                }
            },
            state: LetterState::Waiting,
            invitation_id: envelope.invitation,
            recipient: envelope.to.to_owned(),
            recipient_key: envelope.to_key.to_owned(),
            copy_of: envelope.copy_of,
            sealed: Some(sealed),
            message_id: self.message_id.clone(),
            attempts: 0,
            next_at: self.created_at,
            expires_at: self.expires_at,
            created_at: self.created_at,
            sent_at: None,
            last_error: None,
        })
    }
}

/// The letter of a row; `None` when its content was erased or does not open.
pub(super) fn open(directory: &Directory, tenant: TenantId, row: &LetterRow) -> Option<Letter> {
    let plain = directory
        .keys()
        .outbox
        .open(&purpose(tenant, row.id), row.sealed.as_deref()?)?;
    let content: Content = serde_json::from_slice(&plain).ok()?;
    Some(Letter {
        id: row.id,
        message_id: row.message_id.clone(),
        tenant,
        invitation: row.invitation_id,
        to: row.recipient.clone(),
        language: content.language,
        attempts: row.attempts,
        kind: content.letter,
    })
}

/// What is authenticated beside the content of a letter.
pub(crate) fn purpose(tenant: TenantId, id: Uuid) -> Vec<u8> {
    [b"letter".as_slice(), tenant.0.as_bytes(), id.as_bytes()].concat()
}

/// The part of a Message-ID behind the `@`: the public origin's host name, so that two instances
/// never make the same.
fn message_host(origin: &str) -> String {
    let url = url::Url::parse(origin).ok();
    let host = url
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or("localhost");
    // An IPv6 host has brackets and colons, which RFC 5322 wants in another form.
    host.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_end_in_the_origins_host() {
        for (origin, expected) in [
            ("https://id.contoso.com", "id.contoso.com"),
            ("http://localhost:8080", "localhost"),
            ("https://[2001:db8::1]:8443", "2001db81"),
            ("nonsense", "localhost"),
        ] {
            assert_eq!(message_host(origin), expected);
        }
    }
}
