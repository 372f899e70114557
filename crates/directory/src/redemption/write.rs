//! What accepting, declining and "do not invite me again" have in common: the tenant, one
//! transaction, the rows read in it, and whether the guest may.

use jiff::Timestamp;
use store::Tx;

use super::gate::{RedemptionState, Rows};
use super::{Barred, Closed, StepContext};
use crate::directory::Directory;
use crate::invitations::redirect::AllowedHosts;
use crate::refusal::Refusal;
use crate::schemas::TenantSchema;

/// What a guest decides, once it is proven that they are the one invited.
pub(super) trait Decision: Send + Sync + 'static {
    /// What they are answered.
    type Outcome: From<Barred> + Send + 'static;

    /// The answer where the link is closed.
    fn closed(closed: Closed) -> Self::Outcome {
        Barred::Closed(closed).into()
    }

    /// Whether it may be decided as things stand.
    fn admit(state: RedemptionState) -> Result<RedemptionState, Barred> {
        state.proven()
    }

    /// Writes it.
    fn write(
        &self,
        context: &DecisionContext,
        state: &RedemptionState,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<Self::Outcome, Refusal>> + Send;
}

/// Who decides, in which browser, and when.
pub(super) struct DecisionContext {
    pub(super) step: StepContext,
    /// Hash of the browser's session.
    pub(super) session: [u8; 32],
    /// Where a redirect may lead.
    pub(super) allowed: AllowedHosts,
    /// What the tenant's users look like.
    pub(super) schema: TenantSchema,
    pub(super) now: Timestamp,
}

impl Directory {
    /// Writes a decision, if the link is still valid and the guest may still decide.
    pub(super) async fn write_decision<D: Decision>(
        &self,
        step: StepContext,
        decision: D,
    ) -> Result<D::Outcome, Refusal> {
        let Some(tenant) = self.redemption_host(step.tenant()).await? else {
            return Ok(Barred::Closed(Closed::NotValid).into());
        };
        let context = DecisionContext {
            session: step.session.hash(),
            allowed: tenant.allowed,
            schema: self.schema(step.tenant()).await?,
            now: self.expiry_now_saved().await?,
            step,
        };
        let tenant = context.step.tenant();
        self.store()
            .write(tenant, (context, decision), |tx, (context, decision)| {
                Box::pin(context.run(decision, tx))
            })
            .await
    }
}

impl DecisionContext {
    async fn run<D: Decision>(&self, decision: &D, tx: &mut Tx) -> Result<D::Outcome, Refusal> {
        let rows = Rows::read(tx, &self.step.link, Some(&self.session)).await?;
        let state = match rows.judge(&self.step.link, &self.allowed, self.now) {
            Ok(state) => state,
            Err(closed) => return Ok(D::closed(closed)),
        };
        match D::admit(state) {
            Ok(state) => decision.write(self, &state, tx).await,
            Err(barred) => Ok(barred.into()),
        }
    }
}
