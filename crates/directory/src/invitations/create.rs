//! POST /invitations (P-invitations-4, R-24, R-29, R-30, R-43 to R-50).

use edm::{Body, Version, user};
use serde_json::json;
use store::{InvitationRow, InvitationStatus, Lookup, Tx, UserType};

use super::answer_text;
use super::document::{self, Facts};
use super::guest::Guest;
use super::idempotency::Idempotency;
use super::invited::Invited;
use super::plan::Plan;
use super::request::{GIVEN, Request};
use super::stored::Stored;
use crate::actor::Actor;
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::{UserKey, permitted};

/// The setting that is missing where no mail can leave.
pub(super) const MAIL_SETTING: &str = "mail";

/// Why no message goes to an address whose owner wants none.
pub(crate) const NEVER_AGAIN: &str = "the owner of the address asked not to be invited again";

impl Directory {
    /// Invites somebody. `body` has passed the property table in `version`.
    ///
    /// # Errors
    /// Any refusal of the request; then nothing happened.
    pub async fn invite(
        &self,
        actor: &Actor,
        version: Version,
        body: &Body<UserKey>,
        idempotency: Option<Idempotency>,
    ) -> Result<Invited, Refusal> {
        actor.may(Operation::Invite)?;
        let reader = self.store().read(actor.tenant);
        let planned = reader.snapshot(async |on| {
            if let Some(key) = &idempotency
                && let Some(first) = key.first_answer(on, self, actor, self.expiry_now()).await?
            {
                return Ok(Planned::Answered(first));
            }
            let request = self.requested(actor, version, body)?;
            Plan::new(on, self, actor, request, idempotency)
                .await
                .map(|plan| Planned::New(Box::new(plan)))
        });
        let plan = match planned.await? {
            Planned::Answered(first) => return Ok(first),
            Planned::New(plan) => plan,
        };
        let invited = self
            .store()
            .write(actor.tenant, plan, |tx, plan| Box::pin(plan.run(tx)))
            .await?;
        self.ring();
        Ok(invited)
    }

    /// The request, if this actor may make it.
    fn requested(
        &self,
        actor: &Actor,
        version: Version,
        body: &Body<UserKey>,
    ) -> Result<Request, Refusal> {
        if !self.policy().mail_configured {
            // Even without a message asked for: the code that proves the mailbox could never be
            // sent.
            return Err(Refusal::MailNotConfigured {
                setting: MAIL_SETTING,
            });
        }
        let request = Request::of(body, actor.schema(), version, self.locals())?;
        permitted::add_guest(actor, &request.given, &GIVEN)?;
        if request.as_member {
            actor.may(Operation::InviteMember)?;
        }
        if request.existing.is_some() {
            actor.may(Operation::InviteExisting)?;
        }
        Ok(request)
    }
}

/// What is known before the write.
enum Planned {
    /// The same request was answered before.
    Answered(Invited),
    New(Box<Plan>),
}

impl Plan {
    async fn run(&self, tx: &mut Tx) -> Result<Invited, Refusal> {
        if let Some(key) = &self.idempotency
            && let Some(first) = key
                .first_answer(tx, &self.directory, &self.actor, self.now)
                .await?
        {
            return Ok(first);
        }
        let guest = self.guest(tx).await?;
        self.directory
            .quotas()
            .take_invitation(tx, self.request.address.key(), self.now)
            .await?;
        let blocked = tx.blocked_at(self.request.address.key()).await?.is_some();
        let status = match (self.request.send, blocked) {
            (true, false) => InvitationStatus::InProgress,
            // "Never again": no mail is sent, and the tenant's administrator sees it (T-18).
            (true, true) => InvitationStatus::Error,
            (false, _) => InvitationStatus::Completed,
        };
        if !guest.is_new {
            // A new invitation ends the links before it.
            tx.end_invitations_of(guest.row.id, self.now).await?;
        }
        let invited = Invited {
            blocked,
            guest_unchanged: self.says_more_of_existing(&guest),
            ..self.insert(tx, &guest, status).await?
        };
        if self.request.send && !blocked {
            self.enqueue(tx, &guest).await?;
        }
        if let Some(key) = &self.idempotency {
            let moment = (self.now, self.answer_nonce);
            key.keep(tx, (&self.directory, &self.actor), &invited, moment)
                .await?;
        }
        Ok(invited)
    }

    pub(super) async fn insert(
        &self,
        tx: &mut Tx,
        guest: &Guest,
        status: InvitationStatus,
    ) -> Result<Invited, Refusal> {
        let facts = |link| Facts {
            id: self.invitation_id,
            link,
            display_name: guest.record.text(&user::DISPLAY_NAME),
            status: self.tenant.settings.manner.invitation_status(status.name()),
            user: guest.row.id,
            user_type: guest.row.user_type,
        };
        let stored = Stored {
            inviter: self.inviter.name.clone(),
            person: self.inviter.person,
            app: self.inviter.app.clone(),
            trouble: (status == InvitationStatus::Error).then(|| NEVER_AGAIN.to_owned()),
            answer: document::members(&self.request, &facts(None)),
        };
        let row = InvitationRow {
            id: self.invitation_id,
            user_id: guest.row.id,
            address: guest.address.clone(),
            address_key: self.request.address.key().to_owned(),
            ticket_hash: *self.ticket_hash.bytes(),
            redirect_url: self.redirect.target().to_owned(),
            language: self.request.language.clone(),
            status,
            send_message: self.request.send,
            ended_at: None,
            expires_at: self.expires_at,
            accepted_at: None,
            accepted_session: None,
            declined_at: None,
            inviter: self.actor.object(),
            created_at: self.now,
            document: stored.text()?,
        };
        tx.insert_invitation(&row).await?;
        self.record(tx, guest);
        let members = document::members(&self.request, &facts(Some(&self.link)));
        Ok(Invited {
            invitation: self.invitation_id,
            user: guest.row.id,
            members: answer_text::spliceable(&members),
            link: self.link.clone(),
            blocked: false,
            guest_unchanged: false,
            repeated: false,
        })
    }

    /// Whether the request says something of a guest who existed. They keep what they have: an app
    /// that may invite need not be one that may write users.
    fn says_more_of_existing(&self, guest: &Guest) -> bool {
        let request = &self.request;
        let name = request.display_name.as_deref();
        let is_other_name = name.is_some() && name != guest.record.text(&user::DISPLAY_NAME);
        let is_other_type = request.as_member && guest.row.user_type != Some(UserType::Member);
        let says_more = is_other_name
            || is_other_type
            || !request.given.is_empty()
            || !request.links.is_empty();
        !guest.is_new && says_more
    }

    fn record(&self, tx: &mut Tx, guest: &Guest) {
        let details = json!({
            "user": guest.row.id,
            "newUser": guest.is_new,
            "resetRedemption": self.request.reset,
            "sendInvitationMessage": self.request.send,
        });
        let target = Target::invitation(self.invitation_id);
        tx.audit(audit::record(
            &self.actor,
            self.now,
            "Invite external user",
            target,
            &details,
        ));
    }
}
