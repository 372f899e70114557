//! The mails of an invitation: to the guest with the link, to the one in copy without it.

use store::{LetterRow, Lookup, Tx};

use super::guest::Guest;
use super::plan::Plan;
use crate::letter::{InvitationText, LetterKind};
use crate::outbox::Envelope;
use crate::refusal::Refusal;

impl Plan {
    /// Puts the letters into the outbox, in the write that makes the invitation.
    pub(super) async fn enqueue(&self, tx: &mut Tx, guest: &Guest) -> Result<(), Refusal> {
        tx.enqueue_letter(&self.letter(guest)?).await?;
        let Some(copy) = &self.request.copy else {
            return Ok(());
        };
        // An address whose owner said "never again" gets no copy either.
        if tx.blocked_at(copy.address.key()).await?.is_some() {
            return Ok(());
        }
        self.directory
            .quotas()
            .take_copy(tx, copy.address.key(), self.now)
            .await?;
        tx.enqueue_letter(&self.copy(
            guest,
            copy.address.as_str(),
            copy.address.key(),
            copy.name.clone(),
        )?)
        .await?;
        Ok(())
    }

    fn letter(&self, guest: &Guest) -> Result<LetterRow, Refusal> {
        let letter = LetterKind::Invitation {
            invitation: self.text(guest),
            link: self.link.clone(),
            cc: self
                .request
                .copy
                .as_ref()
                .map(|copy| copy.address.to_string()),
        };
        let to = Envelope {
            copy_of: None,
            ..self.envelope(&guest.address, self.request.address.key())
        };
        self.letter_draft.row(&self.directory, to, &letter)
    }

    fn copy(
        &self,
        guest: &Guest,
        to: &str,
        to_key: &str,
        name: Option<String>,
    ) -> Result<LetterRow, Refusal> {
        let letter = LetterKind::InvitationCopy {
            invitation: self.text(guest),
            name,
        };
        let to = Envelope {
            copy_of: Some(self.letter_draft.id()),
            ..self.envelope(to, to_key)
        };
        self.copy_draft.row(&self.directory, to, &letter)
    }

    fn envelope<'a>(&'a self, to: &'a str, to_key: &'a str) -> Envelope<'a> {
        Envelope {
            tenant: self.actor.tenant,
            invitation: Some(self.invitation_id),
            to,
            to_key,
            copy_of: None,
            language: self.request.language.as_deref(),
        }
    }

    fn text(&self, guest: &Guest) -> InvitationText {
        InvitationText {
            invitation: self.invitation_id,
            organisation: self.tenant.display_name.clone(),
            organisation_domain: self.tenant.main_domain().to_owned(),
            inviter: self.inviter.name.clone(),
            by_person: self.inviter.person,
            invited: guest.address.clone(),
            guest_name: self.request.display_name.clone(),
            message: self.request.message.clone(),
            redirect_host: self.redirect.host().to_owned(),
            expires_at: self.expires_at,
        }
    }
}
