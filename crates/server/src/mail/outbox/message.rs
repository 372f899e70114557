//! One mail of the outbox, as the page and the API show it.

use directory::letter::{Letter, LetterKind};
use directory::outbox::KeptLetter;
use directory::{Directory, Mail};
use jiff::Timestamp;
use serde_json::{Value, json};
use store::LetterState;
use uuid::Uuid;

use super::Refused;
use crate::mail::branding::Branding;
use crate::mail::letters;

/// A letter with its words.
pub(super) struct Message {
    pub(super) letter: Letter,
    pub(super) mail: Mail,
    pub(super) state: LetterState,
    pub(super) created_at: Timestamp,
    pub(super) sent_at: Option<Timestamp>,
    pub(super) last_error: Option<String>,
}

impl Message {
    async fn new(directory: &Directory, kept: KeptLetter) -> Result<Self, Refused> {
        let brand = Branding::default()
            .of(directory, kept.letter.tenant)
            .await?;
        Ok(Self {
            mail: letters::write(&kept.letter, &brand)?,
            letter: kept.letter,
            state: kept.state,
            created_at: kept.created_at,
            sent_at: kept.sent_at,
            last_error: kept.last_error,
        })
    }

    /// The mail as the API answers it (decision 51): `id` stays the same however often the mail is delivered; what a mail does not have is null.
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.letter.id,
            "to": self.mail.to,
            "cc": self.mail.cc,
            "subject": self.mail.subject,
            "sentDateTime": self.sent_at.map(|at| at.to_string()),
            "text": self.mail.text,
            "html": self.mail.html,
            "redeemUrl": self.letter.kind.link(),
            "passcode": self.letter.kind.code(),
        })
    }

    /// What kind of mail it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self.letter.kind {
            LetterKind::Invitation { .. } => "Invitation",
            LetterKind::InvitationCopy { .. } => "Copy",
            LetterKind::Code { .. } => "Code",
            LetterKind::Membership { .. } => "Membership",
            LetterKind::MembershipRequest { .. } => "Request",
        }
    }
}

/// The newest mails of all tenants, newest first.
pub(super) async fn newest(
    directory: &Directory,
    to: Option<&str>,
    top: u32,
) -> Result<Vec<Message>, Refused> {
    let mut kept = Vec::new();
    for tenant in tenants(directory).await? {
        kept.extend(directory.letters(tenant, to, top).await?);
    }
    kept.sort_by_key(|kept| (std::cmp::Reverse(kept.created_at), kept.letter.id));
    kept.truncate(usize::try_from(top).unwrap_or(usize::MAX));
    let mut messages = Vec::with_capacity(kept.len());
    for kept in kept {
        messages.push(Message::new(directory, kept).await?);
    }
    Ok(messages)
}

/// One mail.
pub(super) async fn one(directory: &Directory, id: Uuid) -> Result<Option<Message>, Refused> {
    for tenant in tenants(directory).await? {
        if let Some(kept) = directory.letter(tenant, id).await? {
            return Message::new(directory, kept).await.map(Some);
        }
    }
    Ok(None)
}

async fn tenants(directory: &Directory) -> Result<Vec<store::TenantId>, Refused> {
    let rows = directory.store().instance().tenants().await;
    let rows = rows.map_err(|error| Refused::Broken(format!("{error:?}")))?;
    Ok(rows.into_iter().map(|tenant| tenant.id).collect())
}
