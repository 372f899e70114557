//! Accepting: the one step that cannot be taken twice (R-57, T-3, T-4).

use edm::{Record, user};
use jiff::Timestamp;
use serde_json::json;
use store::{Acceptance, AddressStanding, GuestState, Lookup, Tx, UserRow};

use super::gate::RedemptionState;
use super::write::{Decision, DecisionContext};
use super::{Barred, Closed, StepContext};
use crate::actor::Actor;
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::invitations::redirect;
use crate::refusal::Refusal;
use crate::users::mails;
use crate::users::row::{self, ACCEPTED, RowMeta};
use crate::users::{identities, mailbox};

/// The activity of an acceptance.
const ACTIVITY: &str = "Redeem external user invite";

/// The activity of taking an identity from somebody who never proved it.
const IDENTITY_REMOVED: &str = "Remove unproven identity";

/// Another user proved the mailbox.
struct OwnerProven;

/// The outcome of accepting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// 303 there, now and whenever this session asks again.
    Redirect {
        /// The stored redirect.
        target: String,
    },
    /// Accepted, but the tenant's list does not hold the host any more: a page without redirect
    /// (T-14).
    WithoutRedirect,
    /// Not now.
    Barred(Barred),
}

impl Accepted {
    fn onward(redirect: Option<String>) -> Self {
        redirect.map_or(Self::WithoutRedirect, |target| Self::Redirect { target })
    }
}

impl From<Barred> for Accepted {
    fn from(barred: Barred) -> Self {
        Self::Barred(barred)
    }
}

struct AcceptInvitation {
    /// Now in whole seconds, as Graph shows instants of users.
    second: Timestamp,
}

impl Directory {
    /// Accepts the invitation.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn accept(&self, step: StepContext) -> Result<Accepted, Refusal> {
        let second = self.whole_second();
        self.write_decision(step, AcceptInvitation { second }).await
    }
}

impl Decision for AcceptInvitation {
    type Outcome = Accepted;

    /// A person who accepted in this session before is sent on again.
    fn closed(closed: Closed) -> Accepted {
        match closed {
            Closed::Finished { redirect } => Accepted::onward(redirect),
            closed => Accepted::Barred(Barred::Closed(closed)),
        }
    }

    async fn write(
        &self,
        context: &DecisionContext,
        state: &RedemptionState,
        tx: &mut Tx,
    ) -> Result<Accepted, Refusal> {
        let Ok(owner) = unproven_owner(tx, state).await? else {
            // This mailbox is proven for another account, which a new invitation will find.
            return Ok(Accepted::Barred(Barred::Closed(Closed::Ended)));
        };
        let acceptance = Acceptance {
            invitation: state.invitation.id,
            session: context.session,
            now: context.now,
        };
        if !tx.accept_invitation(&acceptance).await? {
            // Another write came between the reading and this statement, which alone decides.
            return Ok(Accepted::Barred(Barred::Closed(Closed::Ended)));
        }
        let actor = context
            .step
            .actor(&state.invitation, context.schema.clone());
        // The identity is taken only for a guest who gets it: one who has accepted before keeps the
        // identities they have.
        if let Some(owner) = owner
            && !has_accepted(&state.guest)
        {
            self.remove_unproven_identity(tx, &owner, context.now, state, &actor)
                .await?;
        }
        self.mark_accepted(tx, context.now, state, &actor).await?;
        let details = json!({ "invitation": state.invitation.id });
        tx.audit(audit::record(
            &actor,
            context.now,
            ACTIVITY,
            Target::user(state.guest.id),
            &details,
        ));
        let redirect = redirect::check(&state.invitation.redirect_url, &context.allowed).ok();
        Ok(Accepted::onward(redirect.map(|to| to.target().to_owned())))
    }
}

/// Another user who has the mailbox among their identities; `Err` when they proved it.
async fn unproven_owner(
    tx: &mut Tx,
    state: &RedemptionState,
) -> Result<Result<Option<UserRow>, OwnerProven>, Refusal> {
    let key = &state.invitation.address_key;
    let holder = tx.identity_holder(identities::MAILBOX_ISSUER, key).await?;
    match holder.filter(|holder| holder.object != state.guest.id) {
        None => Ok(Ok(None)),
        Some(holder) if holder.is_proven => Ok(Err(OwnerProven)),
        Some(holder) => Ok(Ok(tx.user(holder.object).await?)),
    }
}

impl AcceptInvitation {
    /// Removes the mailbox from a user into whose identities it was written without a proof: the
    /// first proof wins (T-58). Their sessions end too.
    async fn remove_unproven_identity(
        &self,
        tx: &mut Tx,
        owner: &UserRow,
        now: Timestamp,
        state: &RedemptionState,
        actor: &Actor,
    ) -> Result<(), Refusal> {
        let before = row::record(owner, actor.schema())?;
        let mut record = before.clone();
        mailbox::remove_one(&mut record, &state.invitation.address_key);
        row::end_sessions(&mut record, self.second);
        let meta = RowMeta {
            id: owner.id,
            version: owner.version,
            created_at: owner.created_at,
            password_hash: owner.password_hash.clone(),
        };
        row::replace(tx, &before, &record, meta).await?;
        let changed = row::different(&before, &record).into_iter();
        tx.audit(audit::user_updated(actor, now, owner.id, changed));
        let details = json!({
            "properties": [user::IDENTITIES.name()],
            "provenBy": state.guest.id,
            "invitation": state.invitation.id,
        });
        let target = Target::user(owner.id);
        tx.audit(audit::record(
            actor,
            now,
            IDENTITY_REMOVED,
            target,
            &details,
        ));
        Ok(())
    }

    /// Makes the guest Accepted. A guest who is Accepted already stays unchanged, but the
    /// address is proven from now on, and so is their identity with it, if they have one.
    async fn mark_accepted(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        state: &RedemptionState,
        actor: &Actor,
    ) -> Result<(), Refusal> {
        let RedemptionState {
            guest, invitation, ..
        } = state;
        let key = &invitation.address_key;
        tx.stand_address(guest.id, key, AddressStanding::Proven)
            .await?;
        // Where they were invited before and never answered, somebody else may be invited.
        tx.lapse_claims(guest.id, now).await?;
        if has_accepted(guest) {
            tx.prove_identity(guest.id, identities::MAILBOX_ISSUER, key)
                .await?;
            return Ok(());
        }
        let before = row::record(guest, actor.schema())?;
        let mut record = before.clone();
        record.set(&user::EXTERNAL_USER_STATE, ACCEPTED);
        record.set(&user::EXTERNAL_USER_STATE_CHANGE_DATE_TIME, self.second);
        mailbox::add(&mut record, &invitation.address);
        proven_mail(&mut record, &invitation.address);
        // Who set a password or held a session before the proof need not own the mailbox (T-16).
        record.remove(&user::PASSWORD_PROFILE);
        row::end_sessions(&mut record, self.second);
        let meta = RowMeta {
            id: guest.id,
            version: guest.version,
            created_at: guest.created_at,
            password_hash: None,
        };
        row::replace(tx, &before, &record, meta).await?;
        let changed = row::different(&before, &record).into_iter();
        tx.audit(audit::user_updated(actor, now, guest.id, changed));
        tx.prove_identity(guest.id, identities::MAILBOX_ISSUER, key)
            .await?;
        Ok(())
    }
}

fn has_accepted(guest: &UserRow) -> bool {
    guest.state == Some(GuestState::Accepted)
}

/// The proven mailbox becomes the guest's `mail`, even if another value was written meanwhile. That
/// one stays an alias.
fn proven_mail(record: &mut Record, address: &str) {
    let before = record.text(&user::MAIL).map(str::to_owned);
    let is_mail = |mail: &str| mail.eq_ignore_ascii_case(address);
    if before.as_deref().is_some_and(is_mail) {
        return;
    }
    let mut changed = record.clone();
    changed.set(&user::MAIL, address);
    // With too many aliases to keep one more, `mail` stays unchanged: that must not keep the guest
    // out.
    if mails::follow_mail(&mut changed, before.as_deref()).is_ok() {
        *record = changed;
    }
}
