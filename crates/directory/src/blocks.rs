//! Addresses that get no invitation, or no code: because their owner asked for it ("do not invite
//! me again"), or because a limit is reached. An administrator sees them and lifts them.
//!
//! Lifting removes everything that holds an address back at once: an administrator who hears "I get
//! no code" should not have to know which limit it was.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use store::{AttemptKind, Lookup, Spending, Tx};

use crate::actor::{Actor, Subject};
use crate::address::{self, Address};
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::permission::Operation;
use crate::quota::{self, Limit};
use crate::refusal::{Quota, Refusal};

/// Every kind of event that is counted by address.
const COUNTED: [AttemptKind; 4] = [
    AttemptKind::WrongCode,
    AttemptKind::CodeSent,
    AttemptKind::CodeFromNetwork,
    AttemptKind::InvitationToAddress,
];

/// One address that is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The address, in its canonical form.
    pub address: String,
    /// Since when its owner wants no more invitations from this organisation. Only an administrator
    /// ends it.
    pub never_again_since: Option<Timestamp>,
    /// The limits that are reached, each until the oldest counted event leaves its window.
    pub limits: Vec<ReachedLimit>,
}

/// A limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachedLimit {
    /// Which one.
    pub quota: Quota,
    /// When there is room again by itself.
    pub until: Timestamp,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPage {
    /// In the order of the addresses.
    pub rows: Vec<Block>,
    /// The address to go on after; `None` on the last page.
    pub next: Option<String>,
}

impl Directory {
    /// Addresses that are held back, in the order of their canonical forms, after one of them.
    ///
    /// # Errors
    /// `Denied`, `Unavailable`.
    pub async fn blocks(
        &self,
        actor: &Actor,
        after: Option<&str>,
        limit: u16,
    ) -> Result<BlockPage, Refusal> {
        actor.may(Operation::ReadBlocks)?;
        // Events are counted by this time, too.
        let now = self.expiry_now();
        let after = after.unwrap_or_default();
        // One more than asked for tells whether there is a next page; each source alone could fill
        // it.
        let rows = u32::from(limit) + 1;
        let reader = self.store().read(actor.tenant);
        let mut found: BTreeMap<String, Block> = BTreeMap::new();
        for row in reader.blocked(after, rows).await? {
            entry(&mut found, row.address_key).never_again_since = Some(row.at);
        }
        for counted in self.quotas().of_addresses() {
            let which = Spending {
                kind: counted.kind,
                since: quota::before(now, counted.window),
                limit: counted.most,
                after: after.to_owned(),
                rows,
            };
            for spent in reader.spent(which).await? {
                let until = end(&counted, spent.window.oldest, now);
                entry(&mut found, spent.key).limits.push(ReachedLimit {
                    quota: counted.quota,
                    until,
                });
            }
        }
        let more = found.len() > usize::from(limit);
        let rows: Vec<Block> = found.into_values().take(usize::from(limit)).collect();
        let next = rows.last().filter(|_| more).map(|row| row.address.clone());
        Ok(BlockPage { rows, next })
    }

    /// Lifts everything that holds an address back: "do not invite me again", and every limit
    /// counted by the address. Limits of single sessions stay, since they hold back no other
    /// session.
    ///
    /// # Errors
    /// `NotFound` when nothing holds the address back, and for text that is no address.
    pub async fn lift_block(&self, actor: &Actor, address: &str) -> Result<(), Refusal> {
        actor.may(Operation::LiftBlock)?;
        let not_found = || Refusal::NotFound {
            key: address.to_owned(),
        };
        let address = Address::parse(address, self.locals()).map_err(|_| not_found())?;
        let input = Lift {
            actor: actor.clone(),
            key: address.key().to_owned(),
            now: self.now(),
        };
        let lifted = self
            .store()
            .write(actor.tenant, input, |tx, input| Box::pin(input.run(tx)))
            .await?;
        if lifted { Ok(()) } else { Err(not_found()) }
    }
}

fn entry(found: &mut BTreeMap<String, Block>, key: String) -> &mut Block {
    found.entry(key.clone()).or_insert_with(|| Block {
        address: key,
        never_again_since: None,
        limits: Vec::new(),
    })
}

fn end(limit: &Limit, oldest: Option<Timestamp>, now: Timestamp) -> Timestamp {
    oldest
        .unwrap_or(now)
        .saturating_add(limit.window)
        .unwrap_or(Timestamp::MAX)
}

struct Lift {
    actor: Actor,
    key: String,
    now: Timestamp,
}

impl Lift {
    async fn run(&self, tx: &mut Tx) -> Result<bool, Refusal> {
        let never_again = tx.unblock_address(&self.key).await?;
        let mut counted = 0;
        // An app does not reset the count of wrong codes. Otherwise it could guess codes without
        // end: guess, lift, guess again (T-8).
        let is_app = matches!(self.actor.subject, Subject::App { .. });
        for kind in COUNTED {
            if is_app && kind == AttemptKind::WrongCode {
                continue;
            }
            counted += tx.forget_attempts(kind, &self.key).await?;
        }
        if !never_again && counted == 0 {
            return Ok(false);
        }
        let guest = tx.address_claim(&self.key).await?.map(|owner| owner.object);
        let target = guest.map_or(Target::tenant(self.actor.tenant.0), Target::user);
        let details = json!({
            "address": address::masked(&self.key),
            "neverAgain": never_again,
            "countedEvents": counted,
        });
        tx.audit(audit::record(
            &self.actor,
            self.now,
            "Lift block of external user invites",
            target,
            &details,
        ));
        Ok(true)
    }
}
