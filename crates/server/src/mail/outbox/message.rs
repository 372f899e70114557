//! One mail of the outbox, as the page and the API show it.

use directory::letter::{Letter, LetterKind};
use directory::outbox::ReadableLetter;
use directory::{Directory, Mail};
use edm::fold;
use jiff::Timestamp;
use lettre::message::Mailbox;
use serde_json::{Value, json};
use store::LetterState;
use uuid::Uuid;

use super::Refused;
use super::query::Query;
use crate::mail::branding::Branding;
use crate::mail::{letters, mime};

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
    async fn new(directory: &Directory, readable: ReadableLetter) -> Result<Self, Refused> {
        let brand = Branding::default()
            .of(directory, readable.letter.tenant)
            .await?;
        Ok(Self {
            mail: letters::write(&readable.letter, &brand)?,
            letter: readable.letter,
            state: readable.state,
            created_at: readable.created_at,
            sent_at: readable.sent_at,
            last_error: readable.last_error,
        })
    }

    /// The mail as the API answers it: `id` stays the same however often the mail is
    /// delivered; what a mail does not have is null.
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

    /// Whether a folded text stands in it.
    fn holds(&self, text: &str) -> bool {
        let mail = &self.mail;
        [&mail.to, &mail.subject, &mail.text]
            .into_iter()
            .chain(&mail.cc)
            .any(|part| fold::display(part).contains(text))
    }

    /// The mail as a mail server would get it.
    pub(super) fn eml(&self) -> Result<Vec<u8>, Refused> {
        // dev has no sender of its own; a relay's is set where there is one.
        let from = "invitations@localhost".parse::<Mailbox>();
        let from = from.map_err(|error| Refused::Broken(format!("{error:?}")))?;
        let at = self.sent_at.unwrap_or(self.created_at);
        let composed = mime::compose(&self.mail, &from, at);
        let composed = composed.map_err(|unfit| Refused::Broken(unfit.to_string()))?;
        Ok(composed.bytes)
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

/// The newest mails of all tenants that are asked for, newest first.
pub(super) async fn newest(directory: &Directory, query: &Query) -> Result<Vec<Message>, Refused> {
    let mut kept = Vec::new();
    for tenant in tenants(directory).await? {
        let letters = directory.letters(tenant, query.to.as_deref(), query.most());
        kept.extend(letters.await?);
    }
    kept.sort_by_key(|readable| (std::cmp::Reverse(readable.created_at), readable.letter.id));
    let searched = query.search.as_deref().map(fold::display);
    let mut found = Vec::new();
    for readable in kept {
        if found.len() >= usize::try_from(query.top).unwrap_or(usize::MAX) {
            break;
        }
        let message = Message::new(directory, readable).await?;
        if searched.as_ref().is_none_or(|text| message.holds(text)) {
            found.push(message);
        }
    }
    Ok(found)
}

/// Forgets the mails of all tenants that do not wait to go out; how many went.
pub(super) async fn forget(directory: &Directory) -> Result<u64, Refused> {
    let mut count = 0;
    for tenant in tenants(directory).await? {
        count += directory.forget_letters(tenant).await?;
    }
    Ok(count)
}

/// One mail.
pub(super) async fn one(directory: &Directory, id: Uuid) -> Result<Option<Message>, Refused> {
    for tenant in tenants(directory).await? {
        if let Some(readable) = directory.letter(tenant, id).await? {
            return Message::new(directory, readable).await.map(Some);
        }
    }
    Ok(None)
}

async fn tenants(directory: &Directory) -> Result<Vec<store::TenantId>, Refused> {
    let rows = directory.store().instance().tenants().await;
    let rows = rows.map_err(|error| Refused::Broken(format!("{error:?}")))?;
    Ok(rows.into_iter().map(|tenant| tenant.id).collect())
}
