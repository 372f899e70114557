//! The stored answer: all of it but the link, with the names that pages and lists show.

use edm::invitation::{self, message_info};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{InvitationStatus, Lookup, Tx};
use uuid::Uuid;

use super::answer_text;
use crate::refusal::Refusal;

/// The annotation that says why a message was not delivered.
const REASON: &str = "status@vestibule.reason";

/// Why an invitation's message is not delivered, kept beside the answer.
pub(crate) async fn note_trouble(
    tx: &mut Tx,
    invitation: Uuid,
    trouble: Option<&str>,
) -> Result<(), Refusal> {
    let Some(row) = tx.invitation(invitation).await? else {
        return Ok(());
    };
    let mut stored = Stored::parse(&row.document)?;
    if stored.trouble.as_deref() != trouble {
        stored.trouble = trouble.map(str::to_owned);
        tx.set_invitation_document(invitation, &stored.text()?)
            .await?;
    }
    Ok(())
}

/// The document column of an invitation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// Who invited, by the name in the directory at that time (T-20).
    pub(crate) inviter: String,
    /// Whether that is a person. Rows of earlier versions do not say; those with an app are of
    /// persons.
    #[serde(default)]
    pub(crate) person: bool,
    /// The app through which a person invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<String>,
    /// The last reason why its message was not delivered; `None` without one, and once it is
    /// delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<String>,
    /// The answer's members in order, `inviteRedeemUrl` null: a link is shown once (T-13).
    pub(crate) answer: Map<String, Value>,
}

impl Stored {
    /// Reads the column.
    pub(crate) fn parse(document: &str) -> Result<Self, Refusal> {
        serde_json::from_str(document)
            .map_err(|error| Refusal::internal(format!("stored invitation: {error}")))
    }

    /// The person who invited; an app's name says nothing to a guest.
    pub(crate) fn inviting_person(&self) -> Option<String> {
        (self.person || self.app.is_some()).then(|| self.inviter.clone())
    }

    /// The inviter's own words.
    pub(crate) fn message(&self) -> Option<String> {
        let info = self
            .answer
            .get(invitation::INVITED_USER_MESSAGE_INFO.name())?;
        let message = info
            .get(message_info::CUSTOMIZED_MESSAGE_BODY.name())?
            .as_str()?;
        Some(message.to_owned())
    }

    /// As the column holds it.
    pub(super) fn text(&self) -> Result<String, Refusal> {
        serde_json::to_string(self)
            .map_err(|error| Refusal::internal(format!("invitation: {error}")))
    }

    /// The answer as it reads now: the status follows the letter.
    pub(super) fn answer_now(mut self, status: InvitationStatus) -> String {
        self.answer
            .insert(invitation::STATUS.name().to_owned(), json!(status.name()));
        if status != InvitationStatus::Completed
            && let Some(trouble) = self.trouble
        {
            self.answer.insert(REASON.to_owned(), json!(trouble));
        }
        answer_text::spliceable(&self.answer)
    }
}
