//! Letters about pending members: to the tenant's own address when one awaits approval, to the
//! person after the decision.

use edm::{Record, user};
use jiff::Timestamp;
use store::{Lookup, TenantId, Tx, UserRow};
use uuid::Uuid;

use crate::actor::Actor;
use crate::address::{Address, LocalParts};
use crate::directory::Directory;
use crate::invitations::plan::Inviter;
use crate::letter::{LetterKind, MemberText};
use crate::outbox::{Draft, Envelope, INVITATION_LIFE};
use crate::refusal::Refusal;
use crate::tenants::Tenant;

/// The facts about the person in the letters.
pub(super) struct Person {
    id: Uuid,
    name: String,
    upn: String,
    mail: Option<Address>,
    language: Option<String>,
}

impl Person {
    pub(super) fn of(row: &UserRow, record: &Record) -> Self {
        let mut mails = record
            .text(&user::MAIL)
            .into_iter()
            .chain(record.texts(&user::OTHER_MAILS));
        Self {
            id: row.id,
            name: record
                .text(&user::DISPLAY_NAME)
                .unwrap_or(&row.upn)
                .to_owned(),
            upn: row.upn.clone(),
            // Stored addresses passed the rules that hold when SMTPUTF8 is on.
            mail: mails.find_map(|mail| Address::parse(mail, LocalParts::Utf8).ok()),
            language: record.text(&user::PREFERRED_LANGUAGE).map(str::to_owned),
        }
    }
}

/// What a letter needs, drawn before the write.
pub(super) struct Letters {
    directory: Directory,
    tenant: TenantId,
    organisation: String,
    organisation_domain: String,
    contact: Option<String>,
    asked_by: String,
    draft: Draft,
}

impl Letters {
    pub(super) async fn new(
        directory: &Directory,
        actor: &Actor,
        tenant: &Tenant,
    ) -> Result<Self, Refusal> {
        let reader = directory.store().read(actor.tenant);
        let asked_by = reader
            .snapshot(async |on| Inviter::read(on, actor, tenant).await)
            .await?;
        let now = directory.expiry_now();
        let until = now
            .saturating_add(INVITATION_LIFE)
            .unwrap_or(Timestamp::MAX);
        Ok(Self {
            directory: directory.clone(),
            tenant: tenant.id,
            organisation: tenant.display_name.clone(),
            organisation_domain: tenant.main_domain().to_owned(),
            contact: tenant.settings.inviter_mail.clone(),
            asked_by: asked_by.name,
            draft: Draft::new(directory, now, until),
        })
    }

    /// Writes to the tenant's address that a member awaits approval.
    pub(super) async fn announce(
        &self,
        tx: &mut Tx,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(to) = self
            .contact
            .as_deref()
            .and_then(|to| Address::parse(to, LocalParts::Ascii).ok())
        else {
            return Ok(());
        };
        let letter = LetterKind::MembershipRequest {
            member: self.text(person),
            asked_by: self.asked_by.clone(),
            address: person
                .mail
                .as_ref()
                .map_or_else(|| person.upn.clone(), Address::to_string),
        };
        if !self.may_leave(tx, &to).await? {
            return Ok(());
        }
        // The tenant set its own mailbox for these, so only the tenant's limit applies, not one by
        // address.
        self.directory.quotas().take_request(tx, now).await?;
        self.enqueue(tx, &to, None, &letter).await
    }

    /// Writes the decision to the person.
    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        person: &Person,
        approved: bool,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let Some(to) = &person.mail else {
            return Ok(());
        };
        let letter = LetterKind::Membership {
            member: self.text(person),
            approved,
            sign_in_name: person.upn.clone(),
            contact: self.contact.clone(),
        };
        if !self.may_leave(tx, to).await? {
            return Ok(());
        }
        self.directory.quotas().take_copy(tx, to.key(), now).await?;
        self.enqueue(tx, to, person.language.as_deref(), &letter)
            .await
    }

    /// Whether a letter may be sent: not without a mail server, and not to an address whose owner
    /// said "never again" (T-18).
    async fn may_leave(&self, tx: &mut Tx, to: &Address) -> Result<bool, Refusal> {
        Ok(self.directory.policy().mail_configured && tx.blocked_at(to.key()).await?.is_none())
    }

    async fn enqueue(
        &self,
        tx: &mut Tx,
        to: &Address,
        language: Option<&str>,
        letter: &LetterKind,
    ) -> Result<(), Refusal> {
        let envelope = Envelope {
            tenant: self.tenant,
            invitation: None,
            to: to.as_str(),
            to_key: to.key(),
            copy_of: None,
            language,
        };
        let row = self.draft.row(&self.directory, envelope, letter)?;
        Ok(tx.enqueue_letter(&row).await?)
    }

    fn text(&self, person: &Person) -> MemberText {
        MemberText {
            member: person.id,
            organisation: self.organisation.clone(),
            organisation_domain: self.organisation_domain.clone(),
            person: person.name.clone(),
        }
    }
}
