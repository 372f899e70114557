//! The outbox: letters written in the transaction that caused them, handed over later, once, by a
//! worker that survives restarts.
//!
//! The facts of a letter are sealed in its row and erased once it is settled; only
//! dev keeps them, to show the mails. The invitation's `status` moves with its letter in the same
//! write.

mod backoff;
mod draft;
mod prune;
mod readable;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{AuditRecord, AuditResult, LetterRow, Lookup, TenantId, Tx};

use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::invitations::stored;
use crate::letter::{Letter, LetterKind};
use crate::mailer::MailFailure;
use crate::names::steers;
use crate::refusal::Refusal;

pub(crate) use draft::{Draft, Envelope, purpose as letter_purpose};
pub use prune::Pruned;
pub use readable::ReadableLetter;

/// How long a worker may keep a claimed letter: longer than any SMTP conversation it allows, so
/// that a second worker does not send a letter that the first is still sending.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// How long an invitation is tried.
pub(crate) const INVITATION_LIFE: SignedDuration = SignedDuration::from_hours(48);
/// Letters whose time is over that one write settles; the next claim continues.
const EXPIRED_AT_ONCE: u32 = 100;
/// Tenants served in one round; the next round serves the others.
const TENANTS_AT_ONCE: u32 = 100;
/// Characters of a mail server's answer that are kept.
const MAX_ERROR: usize = 500;
/// The activity of handing a letter over.
const ACTIVITY: &str = "Deliver message";

impl Directory {
    /// Leases up to `limit` letters that are due. Each has to be reported with
    /// [`Directory::outbox_delivered`] or [`Directory::outbox_failed`]; one that is not is due
    /// again when its lease ends.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn outbox_claim(&self, limit: u32) -> Result<Vec<Letter>, Refusal> {
        let mut letters = Vec::new();
        let tenants = self.due_tenants().await?;
        let mut waiting = u32::try_from(tenants.len()).unwrap_or(u32::MAX);
        for tenant in tenants {
            let room = limit.saturating_sub(u32::try_from(letters.len()).unwrap_or(u32::MAX));
            if room == 0 {
                break;
            }
            // A fair share for each tenant: one tenant's thousand invitations must not delay
            // another's code, which lives ten minutes. What one tenant does not need is left to the
            // next.
            let share = room.div_ceil(waiting.max(1));
            waiting = waiting.saturating_sub(1);
            for row in self.claim_of(tenant, share).await? {
                match draft::open(self, tenant, &row) {
                    Some(letter) => letters.push(letter),
                    None => self.give_up_unreadable(tenant, row).await?,
                }
            }
        }
        Ok(letters)
    }

    /// The tenants with due letters, beginning with another one each time, so that all get a turn
    /// when there are more tenants than places.
    async fn due_tenants(&self) -> Result<Vec<TenantId>, Refusal> {
        let mut tenants = self
            .store()
            .instance()
            .due_tenants(self.expiry_now(), TENANTS_AT_ONCE)
            .await?;
        if tenants.len() > 1 {
            let [first, ..] = self.ids().secret();
            let turn = usize::from(first).checked_rem(tenants.len()).unwrap_or(0);
            tenants.rotate_left(turn);
        }
        Ok(tenants)
    }

    /// Makes all waiting letters due now. To be called once, before the first worker of the only
    /// server of this database: a killed process cannot give its leases back, and mail should not
    /// wait five minutes for them. A letter whose mail server failed is then tried once too early.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn outbox_resume(&self) -> Result<(), Refusal> {
        let now = self.expiry_now();
        for tenant in self
            .store()
            .instance()
            .due_tenants(Timestamp::MAX, u32::MAX)
            .await?
        {
            self.store()
                .write(tenant, (), move |tx, ()| {
                    Box::pin(async move { tx.resume_letters(now).await.map_err(Refusal::from) })
                })
                .await?;
        }
        Ok(())
    }

    async fn claim_of(&self, tenant: TenantId, limit: u32) -> Result<Vec<LetterRow>, Refusal> {
        let now = self.expiry_now();
        let lease_until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        let outlived = json!({ "reason": "not handed over in time" });
        let actor = self.server_audit_actor(tenant);
        let record = AuditRecord {
            result: AuditResult::Failure,
            ..audit::record(&actor, now, ACTIVITY, Target::tenant(tenant.0), &outlived)
        };
        let input = (self.sealed_parts(), record);
        self.store()
            .write(tenant, input, move |tx, (sealed, record)| {
                Box::pin(async move {
                    if tx.expire_letters(now, EXPIRED_AT_ONCE, *sealed).await? > 0 {
                        tx.audit(record.clone());
                    }
                    let claimed = tx.claim_letters(now, lease_until, limit).await?;
                    drop_dead(tx, claimed, *sealed).await
                })
            })
            .await
    }

    /// The letter was handed over, and the next server is responsible for it. `false` when it was
    /// settled before.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn outbox_delivered(&self, letter: &Letter) -> Result<bool, Refusal> {
        let (id, now, sealed) = (letter.id, self.expiry_now(), self.sealed_parts());
        let record = self.delivery(
            letter.tenant,
            AuditResult::Success,
            &DeliveryDetails::of(letter),
        );
        let invitation = letter.carries();
        self.store()
            .write(letter.tenant, record, move |tx, record| {
                Box::pin(async move {
                    let settled = tx.letter_sent(id, now, sealed).await?;
                    if settled {
                        if let Some(invitation) = invitation {
                            stored::note_trouble(tx, invitation, None).await?;
                        }
                        tx.audit(record.clone());
                    }
                    Ok(settled)
                })
            })
            .await
    }

    /// The letter was not handed over. After a temporary failure it is tried again, at growing
    /// intervals, until its time is over; a permanent failure makes the invitation's status Error.
    /// `false` when the letter was settled, or claimed by another worker, since.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn outbox_failed(
        &self,
        letter: &Letter,
        failure: &MailFailure,
    ) -> Result<bool, Refusal> {
        match failure {
            MailFailure::Later(reply) => self.postpone(letter, reply).await,
            MailFailure::Never(reply) => {
                self.give_up(
                    letter.tenant,
                    &DeliveryDetails::of(letter),
                    letter.attempts,
                    &letter.redacted(reply),
                )
                .await
            }
        }
    }

    async fn postpone(&self, letter: &Letter, reply: &str) -> Result<bool, Refusal> {
        let now = self.expiry_now();
        let is_code = matches!(letter.kind, LetterKind::Code { .. });
        let wait = backoff::wait(letter.attempts, is_code, self.ids().secret());
        let next_at = now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        let (id, attempt) = (letter.id, letter.attempts);
        let invitation = letter.carries();
        let input = (
            one_line(&letter.redacted(reply)),
            self.delivery(
                letter.tenant,
                AuditResult::Failure,
                &DeliveryDetails::of(letter).retried_at(next_at),
            ),
        );
        self.store()
            .write(letter.tenant, input, move |tx, (reply, record)| {
                Box::pin(async move {
                    let postponed = tx.retry_letter(id, attempt, next_at, reply).await?;
                    if postponed {
                        if let Some(invitation) = invitation {
                            stored::note_trouble(tx, invitation, Some(reply)).await?;
                        }
                        tx.audit(record.clone());
                    }
                    Ok(postponed)
                })
            })
            .await
    }

    async fn give_up(
        &self,
        tenant: TenantId,
        delivery: &DeliveryDetails,
        attempt: u32,
        reply: &str,
    ) -> Result<bool, Refusal> {
        let sealed = self.sealed_parts();
        let id = delivery.letter;
        let invitation = delivery.invitation.filter(|_| delivery.kind == INVITATION);
        let input = (
            one_line(reply),
            self.delivery(tenant, AuditResult::Failure, delivery),
        );
        self.store()
            .write(tenant, input, move |tx: &mut Tx, (reply, record)| {
                Box::pin(async move {
                    let settled = tx.letter_failed(id, attempt, reply, sealed).await?;
                    if settled {
                        if let Some(invitation) = invitation {
                            stored::note_trouble(tx, invitation, Some(reply)).await?;
                        }
                        tx.audit(record.clone());
                    }
                    Ok(settled)
                })
            })
            .await
    }

    /// A row that this instance's keys do not open, because the key file was changed. It can never
    /// be sent.
    async fn give_up_unreadable(&self, tenant: TenantId, row: LetterRow) -> Result<(), Refusal> {
        tracing::error!(letter = %row.id, "a letter in the outbox cannot be opened with this instance's keys");
        let delivery = DeliveryDetails {
            letter: row.id,
            invitation: row.invitation_id,
            kind: "unreadable",
            next_at: None,
        };
        self.give_up(
            tenant,
            &delivery,
            row.attempts,
            "cannot be opened with this instance's keys",
        )
        .await
        .map(drop)
    }

    fn delivery(
        &self,
        tenant: TenantId,
        result: AuditResult,
        delivery: &DeliveryDetails,
    ) -> AuditRecord {
        let target = delivery
            .invitation
            .map_or(Target::tenant(tenant.0), Target::invitation);
        let details = json!({ "letter": delivery.letter, "kind": delivery.kind, "nextAttempt": delivery.next_at });
        AuditRecord {
            result,
            ..audit::record(
                &self.server_audit_actor(tenant),
                self.expiry_now(),
                ACTIVITY,
                target,
                &details,
            )
        }
    }

    /// Whether settled letters keep their content.
    pub(crate) fn sealed_parts(&self) -> store::Sealed {
        if self.policy().keep_letters {
            store::Sealed::Keep
        } else {
            store::Sealed::Erase
        }
    }
}

/// Drops letters whose invitation ended while they waited: a link that answers 410, or its code, is
/// useless.
async fn drop_dead(
    tx: &mut Tx,
    claimed: Vec<LetterRow>,
    sealed: store::Sealed,
) -> Result<Vec<LetterRow>, Refusal> {
    let mut living = Vec::with_capacity(claimed.len());
    for letter in claimed {
        let invitation = match letter.invitation_id {
            Some(id) => tx.invitation(id).await?,
            None => None,
        };
        match invitation.filter(|invitation| invitation.ended_at.is_some()) {
            None => living.push(letter),
            Some(invitation) => {
                tx.drop_letters_of(invitation.id, sealed).await?;
                if invitation.status == store::InvitationStatus::InProgress {
                    tx.set_invitation_status(invitation.id, store::InvitationStatus::Error)
                        .await?;
                }
            }
        }
    }
    Ok(living)
}

/// The kind that moves its invitation's status.
const INVITATION: &str = "invitation";

/// The details of a delivery in the audit trail: never a recipient, a link or a code.
struct DeliveryDetails {
    letter: uuid::Uuid,
    invitation: Option<uuid::Uuid>,
    kind: &'static str,
    next_at: Option<Timestamp>,
}

impl DeliveryDetails {
    fn of(letter: &Letter) -> Self {
        let kind = match letter.kind {
            LetterKind::Invitation { .. } => INVITATION,
            LetterKind::InvitationCopy { .. } => "copy",
            LetterKind::Code { .. } => "code",
            LetterKind::Membership { .. } => "membership",
            LetterKind::MembershipRequest { .. } => "membershipRequest",
        };
        Self {
            letter: letter.id,
            invitation: letter.invitation,
            kind,
            next_at: None,
        }
    }

    fn retried_at(self, next_at: Timestamp) -> Self {
        Self {
            next_at: Some(next_at),
            ..self
        }
    }
}

/// A mail server's answer, cut to one line for the log and the database: a server may answer
/// anything (T-47).
fn one_line(reply: &str) -> String {
    reply
        .chars()
        .take(MAX_ERROR)
        .map(|c| if steers(c) { ' ' } else { c })
        .collect()
}
