//! POST /users/$ref by the document "Add pendingMembers".

use aws_lc_rs::digest;
use edm::{Body, Record, user};
use jiff::Timestamp;
use serde_json::json;
use store::{AddressUses, AuditRecord, Lookup, PendingMemberRow, Tx, UserRow};
use uuid::Uuid;

use super::letters::{Letters, Person};
use crate::actor::Actor;
use crate::address::Address;
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::note::Note;
use crate::permission::Operation;
use crate::reference::Added;
use crate::refusal::Refusal;
use crate::tenants::Tenant;
use crate::users::draft::{Draft, Setting};
use crate::users::link::Links;
use crate::users::new_user::Origin;
use crate::users::permitted;
use crate::users::row::{self, GUEST, RowMeta, UniqueValues};
use crate::users::{UserKey, names, outranks};

/// Longest part of a name before the `@`.
const LOCAL: usize = 64;

/// A user to be made.
struct New {
    row: UserRow,
    record: Record,
    claims: UniqueValues,
    links: Links,
    mail_key: Option<String>,
    notes: Vec<Note>,
}

/// The requested member.
enum Who {
    New(Box<New>),
    Existing(Uuid),
}

/// What the write needs, drawn before it.
struct RequestMembership {
    actor: Actor,
    who: Who,
    enable: bool,
    letters: Letters,
    now: Timestamp,
}

impl Directory {
    /// Adds a pending member. A user who has the address already is linked, and stays unchanged.
    ///
    /// # Errors
    /// Any refusal of the request; then nothing happened.
    pub async fn add_pending_member(
        &self,
        actor: &Actor,
        body: Body<UserKey>,
    ) -> Result<Added, Refusal> {
        actor.may(Operation::AddPendingMember)?;
        permitted::create(actor, &body.set)?;
        let tenant = self.tenant(actor.tenant).await?;
        let links = Links::of(&body.binds);
        let mut set = body.set;
        let enable = set.bool(&user::ACCOUNT_ENABLED);
        let mail_key = self.complete(&mut set, &tenant).await?;
        let now = self.whole_second();
        let setting = Setting {
            tenant: &tenant,
            id: self.new_id(),
            now,
            locals: self.locals(),
            origin: Origin::Joining,
        };
        let mut draft = Draft::of(set, setting)?;
        if enable == Some(true) {
            draft.notes.push(Note::AwaitsApproval);
        }
        let password_hash = match draft.password {
            Some(password) => Some(self.hasher().hash(password, self.ids().secret()).await?.0),
            None => None,
        };
        let meta = RowMeta::of_new(draft.id, now, password_hash);
        let new = New {
            row: row::row(&draft.record, meta),
            claims: UniqueValues::of(&draft.record),
            record: draft.record,
            links,
            mail_key,
            notes: draft.notes,
        };
        let who = Who::New(Box::new(new));
        self.ask(actor, &tenant, who, enable.unwrap_or(true)).await
    }

    /// Links an existing user: approving makes them a member who may sign in, declining leaves them
    /// unchanged.
    ///
    /// # Errors
    /// Any refusal of the request; then nothing happened.
    pub async fn link_pending_member(
        &self,
        actor: &Actor,
        key: &UserKey,
    ) -> Result<Added, Refusal> {
        actor.may(Operation::AddPendingMember)?;
        let reader = self.store().read(actor.tenant);
        let (tenant, row) = reader
            .snapshot(async |on| Ok::<_, Refusal>((Tenant::read(on).await?, key.row(on).await?)))
            .await?;
        self.ask(actor, &tenant, Who::Existing(row.id), true).await
    }

    async fn ask(
        &self,
        actor: &Actor,
        tenant: &Tenant,
        who: Who,
        enable: bool,
    ) -> Result<Added, Refusal> {
        let command = RequestMembership {
            letters: Letters::new(self, actor, tenant).await?,
            actor: actor.clone(),
            who,
            enable,
            now: self.now(),
        };
        let added = self
            .store()
            .write(actor.tenant, command, |tx, command| {
                Box::pin(command.run(tx))
            })
            .await?;
        self.ring();
        Ok(added)
    }

    /// Refuses incomplete bodies, and makes missing names from the mail address. Returns the key of
    /// the address.
    async fn complete(&self, set: &mut Record, tenant: &Tenant) -> Result<Option<String>, Refusal> {
        let text = |property| set.text(property).map(str::to_owned);
        if text(&user::DISPLAY_NAME).is_none() {
            return Err(Refusal::missing_user(user::DISPLAY_NAME.name()));
        }
        if text(&user::USER_TYPE).as_deref() == Some(GUEST) {
            let why = "whoever awaits approval becomes a member";
            return Err(Refusal::invalid_user(user::USER_TYPE.name(), why));
        }
        let (mail, upn) = (text(&user::MAIL), text(&user::USER_PRINCIPAL_NAME));
        let address = mail
            .map(|mail| {
                Address::parse(&mail, self.locals())
                    .map_err(|fault| Refusal::invalid_user(user::MAIL.name(), fault.to_string()))
            })
            .transpose()?;
        let name = match (upn, &address) {
            (Some(upn), _) => upn,
            (None, Some(address)) => self.free_name(address, tenant).await?,
            (None, None) => return Err(Refusal::missing_user(user::USER_PRINCIPAL_NAME.name())),
        };
        set.set(&user::USER_PRINCIPAL_NAME, name);
        Ok(address.map(|address| address.key().to_owned()))
    }

    /// `local@initial domain`, as guests' names are made: characters that no name holds
    /// become `_`, and one that is taken gets 8 hex digits of the address key's hash.
    async fn free_name(&self, address: &Address, tenant: &Tenant) -> Result<String, Refusal> {
        let base: String = address
            .local()
            .chars()
            .map(|c| if names::is_plain(c) { c } else { '_' })
            .collect();
        let name = format!("{base}@{}", tenant.initial_domain);
        let reader = self.store().read(tenant.id);
        if reader
            .address_owner(&names::upn_key(&name))
            .await?
            .is_none()
        {
            return Ok(name);
        }
        let hash = digest::digest(&digest::SHA256, address.key().as_bytes());
        let [a, b, c, d] = hash.as_ref().first_chunk().copied().unwrap_or_default();
        // `base` is ASCII: every other character became `_`.
        let start = base.get(..LOCAL - 9).unwrap_or(&base);
        Ok(format!(
            "{start}_{a:02x}{b:02x}{c:02x}{d:02x}@{}",
            tenant.initial_domain
        ))
    }
}

/// Who has this address already: the guest to whom it leads, or an internal user. A guest who
/// merely states it must not become a member because somebody else was to.
async fn existing_user(tx: &mut Tx, key: &str) -> Result<Option<UserRow>, Refusal> {
    for holder in tx.address_holders(key).await? {
        let is_internal = |row: &UserRow| row.state.is_none() && holder.uses != AddressUses::OTHER;
        let row = tx.user(holder.object).await?;
        if let Some(row) = row.filter(|row| holder.standing.leads_to(row) || is_internal(row)) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

impl RequestMembership {
    async fn run(&self, tx: &mut Tx) -> Result<Added, Refusal> {
        let new = match &self.who {
            Who::Existing(id) => {
                let row = tx.user(*id).await?.ok_or_else(|| Refusal::NotFound {
                    key: id.to_string(),
                })?;
                return self.link(tx, &row).await;
            }
            Who::New(new) => new,
        };
        if let Some(key) = &new.mail_key
            && let Some(row) = existing_user(tx, key).await?
        {
            let mut added = self.link(tx, &row).await?;
            added.notes.push(Note::Linked);
            return Ok(added);
        }
        row::insert(tx, &new.row, &new.claims).await?;
        new.links.apply(tx, new.row.id).await?;
        tx.ask_to_join(&self.waiting(new.row.id, true)).await?;
        let set = new.record.properties().chain(new.links.properties());
        tx.audit(audit::user_added(&self.actor, self.now, new.row.id, set));
        tx.audit(self.record(new.row.id, true));
        let person = Person::of(&new.row, &new.record);
        self.letters.announce(tx, &person, self.now).await?;
        Ok(Added {
            created: Some(new.record.clone()),
            notes: new.notes.clone(),
            ..Added::linked(new.row.id)
        })
    }

    /// A pending member stays pending. A user with roles needs an actor who outranks them, since
    /// approving would enable them (T-52).
    async fn link(&self, tx: &mut Tx, row: &UserRow) -> Result<Added, Refusal> {
        if tx.pending_member(row.id).await?.is_some() {
            return Ok(Added::linked(row.id));
        }
        if !outranks(&self.actor, row.id, tx.roles_of(row.id).await?, false) {
            return Err(Refusal::Denied {
                operation: Operation::AddPendingMember,
            });
        }
        if !tx.ask_to_join(&self.waiting(row.id, false)).await? {
            // Another request came between the reading and this statement, which alone decides.
            return Ok(Added::linked(row.id));
        }
        tx.audit(self.record(row.id, false));
        let person = Person::of(row, &row::record(row, self.actor.schema())?);
        self.letters.announce(tx, &person, self.now).await?;
        Ok(Added::linked(row.id))
    }

    fn waiting(&self, id: Uuid, made: bool) -> PendingMemberRow {
        PendingMemberRow {
            id,
            made,
            enable: self.enable,
            asked_by: self.actor.object(),
            asked_at: self.now,
        }
    }

    fn record(&self, id: Uuid, made: bool) -> AuditRecord {
        let details = json!({ "newUser": made });
        let activity = "Add pending member";
        audit::record(&self.actor, self.now, activity, Target::user(id), &details)
    }
}
