//! Whether somebody was invited before. Inviting from a file asks this, so that the same file twice
//! does not mail everybody twice.

use uuid::Uuid;

use super::idempotency::Idempotency;
use crate::actor::Actor;
use crate::address::Address;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

impl Directory {
    /// Whether this very request was answered before.
    pub async fn answered_before(
        &self,
        actor: &Actor,
        request: &Idempotency,
    ) -> Result<bool, Refusal> {
        actor.may(Operation::Invite)?;
        let (reader, now) = (self.store().read(actor.tenant), self.expiry_now());
        let seen = reader
            .snapshot(async |on| request.first_answer(on, self, actor, now).await)
            .await?;
        Ok(seen.is_some())
    }

    /// The guest whom an invitation to this address would reach again: who proved it, or was
    /// invited there and has not accepted yet. Text that is no address is nobody's.
    pub async fn invited_guest(
        &self,
        actor: &Actor,
        address: &str,
    ) -> Result<Option<Uuid>, Refusal> {
        actor.may(Operation::Invite)?;
        let Ok(address) = Address::parse(address, self.locals()) else {
            return Ok(None);
        };
        let reader = self.store().read(actor.tenant);
        let found = reader.user_at(address.key()).await?;
        Ok(found.filter(|row| row.state.is_some()).map(|row| row.id))
    }

    /// Whether the holder of this address asked never to be invited again. `false` for text that is
    /// no address.
    pub async fn refuses_invitations(&self, actor: &Actor, address: &str) -> Result<bool, Refusal> {
        actor.may(Operation::Invite)?;
        let Ok(address) = Address::parse(address, self.locals()) else {
            return Ok(false);
        };
        let reader = self.store().read(actor.tenant);
        Ok(reader.blocked_at(address.key()).await?.is_some())
    }
}
