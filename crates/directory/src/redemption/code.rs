//! Sending a code: the first step that writes anything.

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use store::{AuditResult, LetterRow, Lookup, NewCode, Tx};
use uuid::Uuid;

use super::gate::{RedemptionState, Rows};
use super::{Closed, NextStep, StepContext};
use crate::address;
use crate::directory::Directory;
use crate::invitations::redirect::AllowedHosts;
use crate::letter::LetterKind;
use crate::outbox::{Draft, Envelope};
use crate::quota::{self, Quotas};
use crate::refusal::{Quota, Refusal};

/// The outcome of asking for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeAnswer {
    /// "If this address can sign in, a code is on its way." Also for an address whose owner said
    /// "never again": then nothing is sent, and the page looks the same (T-18).
    Sent {
        /// Where to, masked.
        masked_address: String,
        /// From here on the code is refused.
        expires_at: Timestamp,
    },
    /// Too soon, or too many: a mailbox must not be flooded.
    Wait {
        /// Which limit.
        quota: Quota,
        /// Seconds until there is room.
        retry_after: u32,
    },
    /// The mailbox is proven already: on to consent.
    AlreadyProven,
    /// The link is closed.
    Closed(Closed),
}

/// Everything random and timed of one code, made before the write.
struct SendCode {
    directory: Directory,
    step: StepContext,
    session: [u8; 32],
    allowed: AllowedHosts,
    now: Timestamp,
    expires_at: Timestamp,
    code: String,
    /// Further digits, where more than eight are needed.
    more: String,
    network: String,
    organisation: String,
    draft: Draft,
}

impl Directory {
    /// Sends a code to the stored address (T-7), if the limits allow one.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn send_code(&self, step: StepContext) -> Result<CodeAnswer, Refusal> {
        let Some(tenant) = self.redemption_host(step.tenant()).await? else {
            return Ok(CodeAnswer::Closed(Closed::NotValid));
        };
        let now = self.expiry_now_saved().await?;
        let expires_at = now
            .saturating_add(SignedDuration::from_secs(super::CODE_SECONDS))
            .unwrap_or(Timestamp::MAX);
        let command = SendCode {
            session: step.session.hash(),
            allowed: tenant.allowed,
            organisation: tenant.organisation,
            code: self.ids().code(),
            more: self
                .ids()
                .code()
                .chars()
                .take(quota::LONG_CODE - quota::CODE)
                .collect(),
            network: self.network_key(&step.network),
            draft: Draft::new(self, now, expires_at),
            directory: self.clone(),
            step,
            now,
            expires_at,
        };
        let tenant = command.step.tenant();
        let answer = self
            .store()
            .write(tenant, command, |tx, command| Box::pin(command.run(tx)))
            .await?;
        self.ring();
        Ok(answer)
    }
}

impl Directory {
    /// The key of a network in the counts. It is hashed, so that a reader of the database does not
    /// learn the address.
    fn network_key(&self, network: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.keys().code_mac);
        let tag = hmac::sign(&key, format!("network {network}").as_bytes());
        // 64 bits are enough to tell the networks of an hour apart.
        tag.as_ref()
            .iter()
            .take(8)
            .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    }
}

impl SendCode {
    async fn run(&self, tx: &mut Tx) -> Result<CodeAnswer, Refusal> {
        // A session that is over must not keep its browser from starting anew.
        tx.forget_redemption(&self.session, self.step.link.invitation, self.now)
            .await?;
        let rows = Rows::read(tx, &self.step.link, Some(&self.session)).await?;
        let state = match rows.judge(&self.step.link, &self.allowed, self.now) {
            Ok(state) => state,
            Err(closed) => return Ok(CodeAnswer::Closed(closed)),
        };
        if state.next_step() == NextStep::Consent {
            return Ok(CodeAnswer::AlreadyProven);
        }
        let quotas = self.directory.quotas();
        match self.limits(tx, &state, quotas).await {
            Ok(()) => {}
            Err(Refusal::Quota { quota, retry_after }) => {
                return Ok(CodeAnswer::Wait { quota, retry_after });
            }
            Err(other) => return Err(other),
        }
        let key = &state.invitation.address_key;
        let code = match quota::code_digits(tx, key, self.now).await? {
            quota::CODE => self.code.clone(),
            _ => format!("{}{}", self.code, self.more),
        };
        if !tx.issue_code(&self.new_code(quotas, &code)).await? {
            // Only the gap or the number per session is left as a reason, and `limits` has checked
            // both.
            return Ok(CodeAnswer::Wait {
                quota: Quota::Codes,
                retry_after: 60,
            });
        }
        quota::count_code(tx, (key, &self.network), self.now).await?;
        if tx.blocked_at(key).await?.is_none() {
            tx.enqueue_letter(&self.letter(&state, code)?).await?;
        }
        tx.audit(self.step.record(
            self.now,
            &state.invitation,
            "Request redemption code",
            AuditResult::Success,
        ));
        Ok(CodeAnswer::Sent {
            masked_address: address::masked(&state.invitation.address),
            expires_at: self.expires_at,
        })
    }

    async fn limits(
        &self,
        tx: &mut Tx,
        state: &RedemptionState,
        quotas: Quotas,
    ) -> Result<(), Refusal> {
        quotas
            .may_send_code(tx, (&state.invitation.address_key, &self.network), self.now)
            .await?;
        let sent = state.redemption.as_ref().map_or(0, |row| row.codes_sent);
        if sent < quotas.codes_per_session() {
            let last = state.redemption.as_ref().and_then(|row| row.last_code_at);
            let free_at = last
                .and_then(|at| at.checked_add(quota::CODE_GAP).ok())
                .filter(|at| *at > self.now);
            return match free_at {
                Some(at) => Err(Refusal::Quota {
                    quota: Quota::Codes,
                    retry_after: quota::seconds_until(at, self.now),
                }),
                None => Ok(()),
            };
        }
        let over = state
            .redemption
            .as_ref()
            .map_or(self.now, |row| row.expires_at);
        Err(Refusal::Quota {
            quota: Quota::Codes,
            retry_after: quota::seconds_until(over, self.now),
        })
    }

    fn new_code(&self, quotas: Quotas, code: &str) -> NewCode {
        let life = SignedDuration::from_hours(super::SESSION_HOURS);
        NewCode {
            session: self.session,
            invitation: self.step.link.invitation,
            mac: code_mac(&self.directory, &self.step, &self.session, code),
            now: self.now,
            expires_at: self.expires_at,
            session_expires_at: self.now.saturating_add(life).unwrap_or(Timestamp::MAX),
            max_codes: quotas.codes_per_session(),
            min_gap: quota::CODE_GAP,
        }
    }

    fn letter(&self, state: &RedemptionState, code: String) -> Result<LetterRow, Refusal> {
        let invitation = &state.invitation;
        let code = LetterKind::Code {
            organisation: self.organisation.clone(),
            code,
            expires_at: self.expires_at,
        };
        let envelope = Envelope {
            tenant: self.step.tenant(),
            invitation: Some(invitation.id),
            to: &invitation.address,
            to_key: &invitation.address_key,
            copy_of: None,
            language: invitation.language.as_deref(),
        };
        self.draft.row(&self.directory, envelope, &code)
    }
}

/// The MAC a code is stored as. Tenant, invitation, session and purpose are part of what is signed,
/// so that a code is worth nothing in any other place (T-10).
pub(super) fn code_mac(
    directory: &Directory,
    step: &StepContext,
    session: &[u8; 32],
    code: &str,
) -> [u8; 32] {
    const PURPOSE: &[u8] = b"redeem invitation";
    let link: (Uuid, Uuid) = (step.link.tenant.0, step.link.invitation);
    let mut context = hmac::Context::with_key(&hmac::Key::new(
        hmac::HMAC_SHA256,
        &directory.keys().code_mac,
    ));
    for part in [
        PURPOSE,
        link.0.as_bytes(),
        link.1.as_bytes(),
        session,
        code.as_bytes(),
    ] {
        // Lengths first: no two different places have the same bytes.
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut mac = [0; 32];
    for (to, from) in mac.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    mac
}
