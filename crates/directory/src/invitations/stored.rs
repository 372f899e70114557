//! What is kept of an answer: all of it but the link, and the names that pages and lists show.

use edm::invitation::{self, message_info};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::InvitationStatus;

use super::document;
use crate::refusal::Refusal;

/// The document column of an invitation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// Who invited, by the name in the directory at that time (threat B13).
    pub(crate) inviter: String,
    /// The app through which a person invited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<String>,
    /// The answer's members in order, `inviteRedeemUrl` null: a link is shown once (threat B30).
    pub(crate) answer: Map<String, Value>,
}

impl Stored {
    /// Reads the column.
    pub(crate) fn parse(document: &str) -> Result<Self, Refusal> {
        serde_json::from_str(document)
            .map_err(|error| Refusal::internal(format!("stored invitation: {error}")))
    }

    /// The inviter's own words.
    pub(crate) fn message(&self) -> Option<String> {
        let info = self
            .answer
            .get(invitation::INVITED_USER_MESSAGE_INFO.name)?;
        let message = info
            .get(message_info::CUSTOMIZED_MESSAGE_BODY.name)?
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
        self.answer.insert(
            invitation::STATUS.name.to_owned(),
            json!(document::status_name(status)),
        );
        document::spliceable(&self.answer)
    }
}
