//! What accepting, declining and "do not invite me again" have in common: the tenant, one
//! transaction, the rows read in it, and whether the guest may.

use jiff::Timestamp;
use store::Tx;

use super::gate::{Rows, Standing};
use super::{Barred, Closed, Step};
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
    fn admit(standing: Standing) -> Result<Standing, Barred> {
        standing.proven()
    }

    /// Writes it.
    fn write(
        &self,
        of: &Decided,
        standing: &Standing,
        tx: &mut Tx,
    ) -> impl Future<Output = Result<Self::Outcome, Refusal>> + Send;
}

/// Who decides, and when.
pub(super) struct Decided {
    pub(super) step: Step,
    /// Hash of the browser's session.
    pub(super) session: [u8; 32],
    /// Where a redirect may lead.
    pub(super) allowed: AllowedHosts,
    /// What the tenant's users look like.
    pub(super) schema: TenantSchema,
    pub(super) now: Timestamp,
}

impl Directory {
    /// Takes down a decision.
    pub(super) async fn take_down<D: Decision>(
        &self,
        step: Step,
        decision: D,
    ) -> Result<D::Outcome, Refusal> {
        let Some(tenant) = self.redeeming_tenant(step.tenant()).await? else {
            return Ok(Barred::Closed(Closed::NotValid).into());
        };
        let of = Decided {
            session: step.session.hash(),
            allowed: tenant.allowed,
            schema: self.schema(step.tenant()).await?,
            now: self.life_now_kept().await?,
            step,
        };
        let tenant = of.step.tenant();
        self.store()
            .write(tenant, (of, decision), |tx, (of, decision)| {
                Box::pin(of.taken(decision, tx))
            })
            .await
    }
}

impl Decided {
    async fn taken<D: Decision>(&self, decision: &D, tx: &mut Tx) -> Result<D::Outcome, Refusal> {
        let rows = Rows::read(tx, &self.step.link, Some(&self.session)).await?;
        let standing = match rows.judge(&self.step.link, &self.allowed, self.now) {
            Ok(standing) => standing,
            Err(closed) => return Ok(D::closed(closed)),
        };
        match D::admit(standing) {
            Ok(standing) => decision.write(self, &standing, tx).await,
            Err(barred) => Ok(barred.into()),
        }
    }
}
