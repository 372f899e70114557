//! Declining: recorded once, changes nothing else; the link works until it expires.

use store::{AuditResult, Tx};

use super::gate::RedemptionState;
use super::write::{Decision, DecisionContext};
use super::{Barred, StepContext};
use crate::directory::Directory;
use crate::refusal::Refusal;

/// The outcome of declining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// 303 to the page that says so; also the second time.
    Done,
    /// Not now.
    Barred(Barred),
}

impl From<Barred> for Declined {
    fn from(barred: Barred) -> Self {
        Self::Barred(barred)
    }
}

struct DeclineInvitation;

impl Directory {
    /// Records that the guest declines.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn decline(&self, step: StepContext) -> Result<Declined, Refusal> {
        self.write_decision(step, DeclineInvitation).await
    }
}

impl Decision for DeclineInvitation {
    type Outcome = Declined;

    async fn write(
        &self,
        context: &DecisionContext,
        state: &RedemptionState,
        tx: &mut Tx,
    ) -> Result<Declined, Refusal> {
        let invitation = &state.invitation;
        if tx.decline_invitation(invitation.id, context.now).await? {
            tx.audit(context.step.record(
                context.now,
                invitation,
                "Decline external user invite",
                AuditResult::Success,
            ));
        }
        Ok(Declined::Done)
    }
}
