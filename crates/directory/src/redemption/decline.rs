//! Declining: recorded once, changes nothing else; the link works until it expires.

use jiff::Timestamp;
use store::{AuditResult, Tx};

use super::gate::Rows;
use super::{Barred, Closed, Step};
use crate::directory::Directory;
use crate::invitations::redirect::AllowedHosts;
use crate::refusal::Refusal;

/// The outcome of declining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// 303 to the page that says so; also the second time.
    Done,
    /// Not now.
    Barred(Barred),
}

struct DeclineInvitation {
    step: Step,
    session: [u8; 32],
    allowed: AllowedHosts,
    now: Timestamp,
}

impl Directory {
    /// Records that the guest declines.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn decline(&self, step: Step) -> Result<Declined, Refusal> {
        let Some(tenant) = self.redeeming_tenant(step.tenant()).await? else {
            return Ok(Declined::Barred(Barred::Closed(Closed::NotValid)));
        };
        let now = self.life_now_kept().await?;
        let command = DeclineInvitation {
            session: step.session.hash(),
            allowed: tenant.allowed,
            now,
            step,
        };
        let tenant = command.step.tenant();
        self.store()
            .write(tenant, command, |tx, command| Box::pin(command.run(tx)))
            .await
    }
}

impl DeclineInvitation {
    async fn run(&self, tx: &mut Tx) -> Result<Declined, Refusal> {
        let rows = Rows::read_for_write(tx, &self.step.link, &self.session).await?;
        let judged = rows
            .judge(&self.step.link, &self.allowed, self.now)
            .map_err(Barred::Closed);
        let standing = match judged.and_then(super::gate::Standing::proven) {
            Ok(standing) => standing,
            Err(barred) => return Ok(Declined::Barred(barred)),
        };
        if tx
            .decline_invitation(standing.invitation.id, self.now)
            .await?
        {
            tx.audit(self.step.record(
                self.now,
                &standing.invitation,
                "Decline external user invite",
                AuditResult::Success,
            ));
        }
        Ok(Declined::Done)
    }
}
