//! Declining: recorded once, changes nothing else; the link works until it expires.

use store::{AuditResult, Tx};

use super::gate::Standing;
use super::write::{Decided, Decision};
use super::{Barred, Step};
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
    pub async fn decline(&self, step: Step) -> Result<Declined, Refusal> {
        self.take_down(step, DeclineInvitation).await
    }
}

impl Decision for DeclineInvitation {
    type Outcome = Declined;

    async fn write(
        &self,
        of: &Decided,
        standing: &Standing,
        tx: &mut Tx,
    ) -> Result<Declined, Refusal> {
        let invitation = &standing.invitation;
        if tx.decline_invitation(invitation.id, of.now).await? {
            tx.audit(of.step.record(
                of.now,
                invitation,
                "Decline external user invite",
                AuditResult::Success,
            ));
        }
        Ok(Declined::Done)
    }
}
