//! Pending members: users who await approval.
//!
//! A pending member exists from the start, so that their names are taken and others can link to
//! them. They are disabled, and only approving enables them. Declining deletes them, unless they
//! existed before and were only linked. If they are restored, they are pending again.

mod ask;
mod decide;
mod letters;
mod list;

use edm::{Record, user};
use store::{Lookup, Tx, UserRow};

use crate::refusal::Refusal;

/// Refuses to enable a pending member by any other way than approving.
pub(super) async fn refuse_enabling(
    tx: &mut Tx,
    before: &UserRow,
    after: &Record,
) -> Result<(), Refusal> {
    let enables = !before.enabled && after.bool(&user::ACCOUNT_ENABLED) == Some(true);
    if !enables || tx.pending_member(before.id).await?.is_none() {
        return Ok(());
    }
    Err(Refusal::Combination {
        property: user::ACCOUNT_ENABLED.name(),
        why: "the joining awaits approval: POST /pendingMembers/{id}/approve",
    })
}
