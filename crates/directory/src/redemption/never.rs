//! "Do not invite me again" (T-18): the address gets no more mail from this organisation.
//!
//! Only who has proven the mailbox may say so. Otherwise anybody with a forwarded link could stop
//! the owner's invitations.

use store::{AuditResult, Tx};

use super::gate::RedemptionState;
use super::write::{Decision, DecisionContext};
use super::{Barred, StepContext};
use crate::directory::Directory;
use crate::invitations::stored;
use crate::refusal::Refusal;

/// The outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeverAgain {
    /// Noted; also the second time.
    Done,
    /// Not now.
    Barred(Barred),
}

impl From<Barred> for NeverAgain {
    fn from(barred: Barred) -> Self {
        Self::Barred(barred)
    }
}

struct StopInvitations {
    directory: Directory,
}

impl Directory {
    /// Puts the invited address on the tenant's list and drops letters to it that wait.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn never_again(&self, step: StepContext) -> Result<NeverAgain, Refusal> {
        let directory = self.clone();
        self.write_decision(step, StopInvitations { directory })
            .await
    }
}

impl Decision for StopInvitations {
    type Outcome = NeverAgain;

    /// A disabled guest may still want no more mail.
    fn admit(state: RedemptionState) -> Result<RedemptionState, Barred> {
        state.proven_or_disabled()
    }

    async fn write(
        &self,
        context: &DecisionContext,
        state: &RedemptionState,
        tx: &mut Tx,
    ) -> Result<NeverAgain, Refusal> {
        let invitation = &state.invitation;
        let key = &invitation.address_key;
        if tx.block_address(key, context.now).await? {
            tx.drop_letters_to(key, self.directory.sealed_parts())
                .await?;
            let why = Some(crate::invitations::create::NEVER_AGAIN);
            stored::note_trouble(tx, invitation.id, why).await?;
            tx.audit(context.step.record(
                context.now,
                invitation,
                "Block external user invites",
                AuditResult::Success,
            ));
        }
        Ok(NeverAgain::Done)
    }
}
