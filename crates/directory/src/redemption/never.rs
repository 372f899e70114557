//! "Do not invite me again" (T-18): the address gets no more mail from this organisation.
//!
//! Only who has proven the mailbox may say so. Otherwise anybody with a forwarded link could stop
//! the owner's invitations.

use jiff::Timestamp;
use store::{AuditResult, Tx};

use super::gate::{Rows, Standing};
use super::{Barred, Closed, Step};
use crate::directory::Directory;
use crate::invitations::redirect::AllowedHosts;
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

struct StopInvitations {
    directory: Directory,
    step: Step,
    session: [u8; 32],
    allowed: AllowedHosts,
    now: Timestamp,
}

impl Directory {
    /// Puts the invited address on the tenant's list and drops letters to it that wait.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn never_again(&self, step: Step) -> Result<NeverAgain, Refusal> {
        let Some(tenant) = self.redeeming_tenant(step.tenant()).await? else {
            return Ok(NeverAgain::Barred(Barred::Closed(Closed::NotValid)));
        };
        let now = self.life_now_kept().await?;
        let command = StopInvitations {
            session: step.session.hash(),
            allowed: tenant.allowed,
            now,
            directory: self.clone(),
            step,
        };
        let tenant = command.step.tenant();
        self.store()
            .write(tenant, command, |tx, command| Box::pin(command.run(tx)))
            .await
    }
}

impl StopInvitations {
    async fn run(&self, tx: &mut Tx) -> Result<NeverAgain, Refusal> {
        let rows = Rows::read_for_write(tx, &self.step.link, &self.session).await?;
        let judged = rows
            .judge(&self.step.link, &self.allowed, self.now)
            .map_err(Barred::Closed);
        // A disabled guest may still want no more mail.
        let standing = match judged.and_then(Standing::proven_or_disabled) {
            Ok(standing) => standing,
            Err(barred) => return Ok(NeverAgain::Barred(barred)),
        };
        let key = &standing.invitation.address_key;
        if tx.block_address(key, self.now).await? {
            tx.drop_letters_to(key, self.directory.sealed_parts())
                .await?;
            let why = Some(crate::invitations::create::NEVER_AGAIN);
            stored::note_trouble(tx, standing.invitation.id, why).await?;
            tx.audit(self.step.record(
                self.now,
                &standing.invitation,
                "Block external user invites",
                AuditResult::Success,
            ));
        }
        Ok(NeverAgain::Done)
    }
}
