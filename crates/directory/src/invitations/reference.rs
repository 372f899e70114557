//! POST /users/$ref by the document "Add invitedUser": a guest by the rules of POST /invitations,
//! with all properties that the document allows.
//!
//! No message is sent, and the link is not in the answer: sending the invitation again makes and
//! shows a new one.

use edm::complex::object_identity::{ISSUER_ASSIGNED_ID, SIGN_IN_TYPE};
use edm::{Body, Property, Record, user};
use store::{InvitationStatus, Lookup, Tx, UserRow};

use super::create::MAIL_SETTING;
use super::plan::Plan;
use super::request::{GIVEN, Request};
use crate::actor::Actor;
use crate::address::{Address, LocalParts};
use crate::directory::Directory;
use crate::note::Note;
use crate::permission::Operation;
use crate::reference::Added;
use crate::refusal::Refusal;
use crate::tenants::Tenant;
use crate::users::link::Links;
use crate::users::permitted;
use crate::users::row::{self, MEMBER};
use crate::users::text::{self, Policies};
use crate::users::{UserKey, mails};

/// The last page of invitations without a redirect.
const OWN_PAGE: &str = "/redeem/done";

/// Properties that the server sets for every guest, whatever a request says: their names follow
/// from the address, and they sign in with their mailbox.
const DECIDED: [&Property; 4] = [
    &user::IDENTITIES,
    &user::MAIL_NICKNAME,
    &user::PASSWORD_PROFILE,
    &user::USER_PRINCIPAL_NAME,
];

/// Properties for which an invitation has members of its own.
const OWN: [&Property; 3] = [&user::DISPLAY_NAME, &user::MAIL, &user::USER_TYPE];

impl Directory {
    /// Adds a guest. Somebody with the address who was invited before is linked, and nothing
    /// changes.
    ///
    /// # Errors
    /// Any refusal of the request; then nothing happened.
    pub async fn add_invited_user(
        &self,
        actor: &Actor,
        body: Body<UserKey>,
    ) -> Result<Added, Refusal> {
        actor.may(Operation::AddInvitedUser)?;
        let tenant = self.tenant(actor.tenant).await?;
        permitted::profile(actor, tenant.settings.manner, &body.set)?;
        let every = GIVEN.into_iter().chain(OWN).chain(DECIDED);
        permitted::add_guest(actor, &body.set, &every.collect::<Vec<_>>())?;
        let links = Links::of(&body.binds);
        let (request, ignored) = described(body.set, &tenant, self)?;
        let request = Request { links, ..request };
        if request.as_member {
            actor.may(Operation::InviteMember)?;
        }
        let mut added = self.add_guest(actor, request).await?;
        if added.created.is_some() {
            added.ignored = ignored;
        } else {
            added.notes.push(Note::Linked);
        }
        Ok(added)
    }

    /// Links an existing user. A guest is in the collection already; another user becomes a guest,
    /// by the rules of an invitation that names an existing user.
    ///
    /// # Errors
    /// Any refusal of the request; then nothing happened.
    pub async fn link_invited_user(&self, actor: &Actor, key: &UserKey) -> Result<Added, Refusal> {
        actor.may(Operation::AddInvitedUser)?;
        let reader = self.store().read(actor.tenant);
        let (row, tenant) = reader
            .snapshot(async |on| Ok::<_, Refusal>((key.row(on).await?, Tenant::read(on).await?)))
            .await?;
        if row.state.is_some() {
            return Ok(Added::linked(row.id));
        }
        actor.may(Operation::InviteExisting)?;
        let address = own_address(actor, &row, self.locals())?;
        let request = Request {
            existing: Some(row.id),
            ..Request::plain(address, redirect(&tenant, self))
        };
        self.add_guest(actor, request).await
    }

    async fn add_guest(&self, actor: &Actor, request: Request) -> Result<Added, Refusal> {
        if !self.policy().mail_configured {
            return Err(Refusal::MailNotConfigured {
                setting: MAIL_SETTING,
            });
        }
        let reader = self.store().read(actor.tenant);
        let plan = reader
            .snapshot(async |on| Plan::new(on, self, actor, request, None).await)
            .await?;
        self.store()
            .write(actor.tenant, plan, |tx, plan| Box::pin(plan.add(tx)))
            .await
    }
}

impl Plan {
    async fn add(&self, tx: &mut Tx) -> Result<Added, Refusal> {
        let known = match self.request.existing {
            Some(id) => tx.user(id).await?,
            None => self.existing_user(tx, self.request.address.key()).await?,
        };
        if let Some(known) = known.filter(|row| row.state.is_some()) {
            return Ok(Added::linked(known.id));
        }
        let guest = self.guest(tx).await?;
        self.directory
            .quotas()
            .take_invitation(tx, self.request.address.key(), self.now)
            .await?;
        if !guest.is_new {
            tx.end_invitations_of(guest.row.id, self.now).await?;
        }
        // No message was asked for.
        self.insert(tx, &guest, InvitationStatus::Completed).await?;
        Ok(Added {
            created: guest.is_new.then_some(guest.record),
            ..Added::linked(guest.row.id)
        })
    }
}

/// Turns a user's properties into an invitation. Also returns those properties that the server sets
/// itself.
fn described(
    mut set: Record,
    tenant: &Tenant,
    directory: &Directory,
) -> Result<(Request, Vec<&'static Property>), Refusal> {
    text::check(&set)?;
    Policies::of(&set)?;
    mails::canonicalise(&mut set, directory.locals())?;
    let address = address(&set, directory.locals())?;
    let display_name = set.text(&user::DISPLAY_NAME).map(str::to_owned);
    let as_member = set.text(&user::USER_TYPE) == Some(MEMBER);
    let ignored = DECIDED
        .into_iter()
        .filter(|property| set.get(property).is_some_and(|value| !value.is_unset()))
        .collect();
    let given = set
        .iter()
        .filter(|(property, value)| {
            !value.is_unset() && !property.is_one_of(&OWN) && !property.is_one_of(&DECIDED)
        })
        .map(|(property, value)| (property, value.clone()))
        .collect();
    let request = Request {
        display_name,
        as_member,
        given,
        ..Request::plain(address, redirect(tenant, directory))
    };
    Ok((request, ignored))
}

/// The one address to invite: `mail`, else the first of `otherMails`, else the address among
/// `identities`.
fn address(set: &Record, locals: LocalParts) -> Result<Address, Refusal> {
    let identity = set
        .list(&user::IDENTITIES)
        .iter()
        .filter_map(|entry| entry.as_complex())
        .find(|entry| {
            entry
                .text(&SIGN_IN_TYPE)
                .is_some_and(|kind| kind.starts_with("emailAddress"))
        })
        .and_then(|entry| entry.text(&ISSUER_ASSIGNED_ID));
    let candidates = [
        (&user::MAIL, set.text(&user::MAIL)),
        (&user::OTHER_MAILS, set.texts(&user::OTHER_MAILS).next()),
        (&user::IDENTITIES, identity),
    ];
    let Some((property, text)) = candidates
        .into_iter()
        .find_map(|(property, text)| Some((property, text?)))
    else {
        return Err(Refusal::missing_user(user::MAIL.name()));
    };
    Address::parse(text, locals)
        .map_err(|fault| Refusal::invalid_user(property.name(), fault.to_string()))
}

/// The mailbox by which an existing user becomes a guest.
fn own_address(actor: &Actor, row: &UserRow, locals: LocalParts) -> Result<Address, Refusal> {
    let record = row::record(row, actor.schema())?;
    let text = record
        .text(&user::MAIL)
        .or_else(|| record.texts(&user::OTHER_MAILS).next())
        .ok_or_else(|| Refusal::missing_user(user::MAIL.name()))?;
    Address::parse(text, locals)
        .map_err(|fault| Refusal::invalid_user(user::MAIL.name(), fault.to_string()))
}

fn redirect(tenant: &Tenant, directory: &Directory) -> String {
    let own = || format!("{}{OWN_PAGE}", directory.policy().public_origin);
    tenant.settings.default_redirect.clone().unwrap_or_else(own)
}
