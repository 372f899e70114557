//! The guest that an invitation makes, finds or resets (P-invitations-5, P-invitations-7).

use edm::{Record, Value, user};
use store::{AddressStanding, AddressUses, Conflict, GuestState, Lookup, StoreError, Tx, UserRow};
use uuid::Uuid;

use super::guest_name::{self, Clash};
use super::plan::Plan;
use crate::actor::Subject;
use crate::audit;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::roles::Roles;
use crate::users::mails;
use crate::users::new_user::{self, NewUser, Origin};
use crate::users::row::{self, PENDING, RowMeta, UniqueValues};
use crate::users::{identities, mailbox};

/// The guest of an invitation.
pub(super) struct Guest {
    pub(super) row: UserRow,
    pub(super) record: Record,
    /// The address as the directory keeps it. Mail goes there, whatever spelling was typed (T-7,
    /// T-55).
    pub(super) address: String,
    /// Made by this invitation.
    pub(super) is_new: bool,
}

impl Plan {
    /// Finds or makes the guest.
    pub(super) async fn guest(&self, tx: &mut Tx) -> Result<Guest, Refusal> {
        let key = self.request.address.key();
        if let Some(id) = self.request.existing {
            let row = tx.user(id).await?.ok_or_else(|| Refusal::NotFound {
                key: id.to_string(),
            })?;
            return self.chosen(tx, row).await;
        }
        match self.existing_user(tx, key).await? {
            // A guest who was invited before stays the same user, whatever their state (T-23).
            Some(row) if row.state.is_some() => {
                self.refuse_own_domain()?;
                if row.state == Some(GuestState::PendingAcceptance) {
                    // This mailbox will open the account, and `mail`, which names it, is no
                    // sensitive property.
                    self.refuse_outranked(tx, &row, Operation::Invite).await?;
                    let before = tx.latest_invitation_of(row.id).await?;
                    if before.is_some_and(|before| before.address_key != key) {
                        // This is not inviting again, but choosing an existing user, as by id
                        // (T-59, R-30).
                        self.actor.may(Operation::InviteExisting)?;
                    }
                }
                let record = row::record(&row, self.actor.schema())?;
                let aliases = record.texts(&user::PROXY_ADDRESSES).map(mails::bare);
                let address = address_of(&record, key).or_else(|| spelt(aliases, key));
                let address = address.unwrap_or_else(|| self.request.address.to_string());
                Ok(Guest {
                    row,
                    record,
                    address,
                    is_new: false,
                })
            }
            Some(owner) => Err(Refusal::InviteeExists {
                owner: owner.id,
                blocked: !owner.enabled,
            }),
            None => {
                self.refuse_own_domain()?;
                self.new_guest(tx).await
            }
        }
    }

    /// The user whom an invitation to this address finds: the guest who proved it or was invited
    /// there, or else the internal user whose address it is.
    ///
    /// A guest who merely states it does not count. Otherwise somebody who can write `otherMails`
    /// of a guest account that they can open would receive the invitations to that address (T-58).
    pub(super) async fn existing_user(
        &self,
        tx: &mut Tx,
        key: &str,
    ) -> Result<Option<UserRow>, Refusal> {
        // Nearly every address that is invited is new to the directory, and one look says so.
        if !tx.address_holders(key).await?.is_empty()
            && let Some(row) = self.holder(tx, key).await?
        {
            return Ok(Some(row));
        }
        // A user made with this mailbox as an identity, or one who proved it and does not list it
        // any more.
        let issuer = identities::MAILBOX_ISSUER;
        let Some(holder) = tx.identity_holder(issuer, key).await? else {
            return Ok(None);
        };
        let row = tx.user(holder.object).await?;
        match row.filter(|row| holder.is_proven || row.state.is_none()) {
            Some(row) => Err(Refusal::InviteeExists {
                owner: row.id,
                blocked: !row.enabled,
            }),
            None => Ok(None),
        }
    }

    /// The user whom one of the holders of an address is.
    async fn holder(&self, tx: &mut Tx, key: &str) -> Result<Option<UserRow>, Refusal> {
        if let Some(row) = tx.user_at(key).await? {
            return Ok(Some(row));
        }
        // An account that can be opened is not found where it was merely invited. An app could
        // otherwise invite its own guest "at" somebody's address, by id and without mail, and
        // receive every later invitation to that address. While that invitation is open, its guest
        // may still prove the address; after that it is stated and keeps nobody out.
        self.lapse(tx, key).await?;
        if let Some(claim) = tx.address_claim(key).await? {
            let row = tx.user(claim.object).await?;
            return Err(Refusal::InviteeExists {
                owner: claim.object,
                blocked: row.is_some_and(|row| !row.enabled),
            });
        }
        for holder in tx.address_holders(key).await? {
            let row = tx.user(holder.object).await?;
            let is_private = holder.uses == AddressUses::OTHER;
            if let Some(row) = row.filter(|row| row.state.is_none() && !is_private) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// Takes a claim to this address from a guest who has accepted elsewhere and whose invitation
    /// to it is over. A guest who has not accepted keeps theirs, expired or not: the next
    /// invitation is to reach the same guest.
    async fn lapse(&self, tx: &mut Tx, key: &str) -> Result<(), Refusal> {
        if let Some(claim) = tx.address_claim(key).await?
            && tx.user_at(key).await?.is_none()
        {
            tx.lapse_claims(claim.object, self.now).await?;
        }
        Ok(())
    }

    /// `invitedUser.id`: an internal user gets an outside mailbox, or a guest begins anew
    /// (P-invitations-7).
    async fn chosen(&self, tx: &mut Tx, row: UserRow) -> Result<Guest, Refusal> {
        let record = row::record(&row, self.actor.schema())?;
        let address =
            address_of(&record, self.request.address.key()).ok_or(Refusal::InviteeAddress)?;
        self.refuse_own_domain()?;
        self.refuse_outranked(tx, &row, Operation::InviteExisting)
            .await?;
        if row.state.is_some() && !self.request.reset {
            self.invited_at(tx, row.id, false).await?;
            return Ok(Guest {
                row,
                record,
                address,
                is_new: false,
            });
        }
        self.begin_anew(tx, row, record, address).await
    }

    /// The actor decides which mailbox opens the account. If its user has a role, the actor must
    /// outrank them (T-52); an app does not reset such a user, whatever its own roles
    /// (P-invitations-7).
    pub(super) async fn refuse_outranked(
        &self,
        tx: &mut Tx,
        row: &UserRow,
        operation: Operation,
    ) -> Result<(), Refusal> {
        let roles = Roles::new(tx.roles_of(row.id).await?);
        let is_app = matches!(self.actor.subject, Subject::App { .. });
        let may = !(is_app && operation == Operation::InviteExisting)
            && self
                .actor
                .roles()
                .is_some_and(|held| held.may_touch(&roles));
        if roles.is_empty() || may {
            Ok(())
        } else {
            Err(Refusal::Denied { operation })
        }
    }

    async fn begin_anew(
        &self,
        tx: &mut Tx,
        before: UserRow,
        mut record: Record,
        address: String,
    ) -> Result<Guest, Refusal> {
        record.set(&user::EXTERNAL_USER_STATE, PENDING);
        record.set(&user::EXTERNAL_USER_STATE_CHANGE_DATE_TIME, self.second);
        // The old proof and the sessions end. Otherwise the old mailbox would open the account
        // again once the guest is Accepted.
        mailbox::remove(&mut record);
        row::end_sessions(&mut record, self.second);
        let meta = RowMeta {
            id: before.id,
            version: before.version,
            created_at: before.created_at,
            password_hash: before.password_hash.clone(),
        };
        let was = row::record(&before, self.actor.schema())?;
        let row = row::replace(tx, &was, &record, meta).await?;
        let changed = row::different(&was, &record).into_iter();
        tx.audit(audit::user_updated(&self.actor, self.now, row.id, changed));
        tx.void_acceptances_of(row.id, self.now).await?;
        self.invited_at(tx, row.id, true).await?;
        Ok(Guest {
            row,
            record,
            address,
            is_new: false,
        })
    }

    async fn new_guest(&self, tx: &mut Tx) -> Result<Guest, Refusal> {
        let mut record = self.request.given.clone();
        let address = &self.request.address;
        let plain = guest_name::local_part(address, Clash::No);
        let taken = tx
            .address_owner(&self.upn(&plain).to_ascii_lowercase())
            .await?
            .is_some();
        let nickname = if taken {
            guest_name::local_part(address, Clash::Yes)
        } else {
            plain
        };
        let name = self
            .request
            .display_name
            .as_deref()
            .unwrap_or_else(|| address.local());
        let new = NewUser {
            tenant: &self.tenant,
            id: self.guest_id,
            now: self.second,
            origin: Origin::Invitation {
                as_member: self.request.as_member,
            },
            upn: &self.upn(&nickname),
            nickname: &nickname,
        };
        new_user::complete(&mut record, &new);
        let mut set = |property, value: Value| record.set(property, value);
        set(&user::DISPLAY_NAME, name.into());
        set(&user::EXTERNAL_USER_STATE, PENDING.into());
        set(
            &user::EXTERNAL_USER_STATE_CHANGE_DATE_TIME,
            self.second.into(),
        );
        set(&user::MAIL, address.as_str().into());
        set(&user::OTHER_MAILS, self.other_mails());
        set(
            &user::PROXY_ADDRESSES,
            Value::List(vec![format!("SMTP:{address}").into()]),
        );
        let meta = RowMeta::of_new(self.guest_id, self.second, None);
        let row = row::row(&record, meta);
        row::insert_invited(tx, &row, &UniqueValues::of(&record), address.key()).await?;
        self.request.links.apply(tx, row.id).await?;
        let set = record.properties().chain(self.request.links.properties());
        tx.audit(audit::user_added(&self.actor, self.now, row.id, set));
        Ok(Guest {
            row,
            address: address.to_string(),
            record,
            is_new: true,
        })
    }

    /// The invited address first, then the others that were given.
    fn other_mails(&self) -> Value {
        let address = &self.request.address;
        let others = self
            .request
            .given
            .texts(&user::OTHER_MAILS)
            .filter(|other| !other.eq_ignore_ascii_case(address.as_str()));
        Value::List(
            std::iter::once(address.as_str())
                .chain(others)
                .map(Value::from)
                .collect(),
        )
    }

    fn upn(&self, nickname: &str) -> String {
        format!("{nickname}@{}", self.tenant.initial_domain)
    }

    /// An address in one of the tenant's own domains belongs to a colleague, not a guest.
    fn refuse_own_domain(&self) -> Result<(), Refusal> {
        match self.tenant.domain(self.request.address.domain()) {
            Some(_) => Err(Refusal::InviteeDomain),
            None => Ok(()),
        }
    }

    /// Records the address at which an existing user was invited. [`Refusal::InviteeExists`] when
    /// another user was invited there or proved it.
    async fn invited_at(&self, tx: &mut Tx, id: Uuid, anew: bool) -> Result<(), Refusal> {
        let key = self.request.address.key();
        let standing = AddressStanding::InvitedAt;
        self.lapse(tx, key).await?;
        let held = tx.address_claim(key).await?;
        let done = if anew {
            tx.stand_address_alone(id, key, standing).await
        } else if held.is_some_and(|owner| owner.object == id) {
            return Ok(());
        } else {
            tx.stand_address(id, key, standing).await
        };
        match done {
            Err(StoreError::Conflict(Conflict::Address { key: other, owner })) if other == key => {
                let row = tx.user(owner).await?;
                Err(Refusal::InviteeExists {
                    owner,
                    blocked: row.is_some_and(|row| !row.enabled),
                })
            }
            other => Ok(other.map(drop)?),
        }
    }
}

/// The user's own spelling of the address with this key, among `mail` and `otherMails`. Stored
/// addresses differ from their key by ASCII case only.
fn address_of(record: &Record, key: &str) -> Option<String> {
    spelt(
        record
            .text(&user::MAIL)
            .into_iter()
            .chain(record.texts(&user::OTHER_MAILS)),
        key,
    )
}

/// The one of these addresses that has this key.
fn spelt<'a>(mut own: impl Iterator<Item = &'a str>, key: &str) -> Option<String> {
    own.find(|address| address.eq_ignore_ascii_case(key))
        .map(str::to_owned)
}
