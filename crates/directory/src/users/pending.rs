//! Pending members: users whose joining awaits approval (spec: ref-adds, section 4; decision 10).
//!
//! Such a user is there from the start, so that his names are taken and others can point to him; he is disabled, and nobody
//! enables him but by approving. Declining deletes him, unless he existed before and was only linked; whoever is restored waits
//! again.

mod ask;
mod decide;
mod letters;
mod list;

pub use list::{PendingMember, PendingPage};

use edm::{Record, user};
use store::{Tx, UserRow};

use crate::refusal::Refusal;

/// Refuses to enable somebody whose joining awaits approval by any other way than approving.
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
        property: user::ACCOUNT_ENABLED.name,
        why: "the joining awaits approval: POST /pendingMembers/{id}/approve",
    })
}
