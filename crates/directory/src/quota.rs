//! Limits over time (T-8, T-17), counted in the store so that restarts and further servers do not
//! reset them.

use jiff::{SignedDuration, Timestamp};
use store::{AttemptKind, Lookup, StoreError, Tx, Window};

use crate::directory::Directory;
use crate::refusal::{Quota, Refusal};

/// A day.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// An hour.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Least time between two codes to one address: mail takes about that long, and a bell that rings
/// twice a second is a nuisance even three times (T-17). Within a session it always holds; see
/// `Quotas::may_send_code`.
pub const CODE_GAP: SignedDuration = SignedDuration::from_secs(60);
/// Codes to one address in an hour at the wish of one network. Counted by network: with a limit
/// counted by address alone a stranger with a forwarded link could use it up, and the guest would
/// get no code (T-12).
const CODES_PER_NETWORK: u32 = 3;
/// Codes to one address in an hour, over all networks: four networks' worth. It bounds what a
/// mailbox gets from somebody who commands many networks; an administrator can lift it, and a new
/// invitation takes the link out of their hands.
const CODES_PER_HOUR: u32 = 12;
/// Codes in one browser session for one invitation (T-17).
const CODES_PER_SESSION: u32 = 2;
/// Wrong guesses that void a code (T-8).
pub const WRONG_PER_CODE: u32 = 5;
/// Wrong guesses at codes of 8 digits for one address in 24 hours, across codes, sessions and
/// restarts: together they hit with odds of 10⁻⁷. From then on codes for the address have
/// [`LONG_CODE`] digits, which is what a guest notices of somebody else's guesses. Never raised.
pub const WRONG_PER_DAY: u32 = 10;
/// Digits of a code.
pub const CODE: usize = 8;
/// Digits of a code for an address at which [`WRONG_PER_DAY`] wrong guesses were made: five guesses
/// at each of the 288 codes that can be sent in a day hit with odds of 1.5·10⁻⁹.
pub const LONG_CODE: usize = 12;
/// Invitations to one address in a day (T-17).
const INVITATIONS_PER_ADDRESS: u32 = 5;
/// Invitations of one tenant in a day: a large organisation on its busiest day, and far below what
/// a stolen client secret would need to be worth stealing for spam.
const INVITATIONS_PER_TENANT: u32 = 2_000;
/// The tenant's invitations are counted by the minute: a day is then at most 1,440 rows to add up,
/// not 200,000.
const TENANT_STEP: i64 = 60;

/// The limits in force: raised by the instance's factor where that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    factor: u32,
}

impl Quotas {
    /// With the factor of [`crate::Policy::quota_factor`]; 0 counts as 1.
    pub fn new(factor: u32) -> Self {
        Self {
            factor: factor.max(1),
        }
    }

    /// Most codes in one session for one invitation.
    pub fn codes_per_session(self) -> u32 {
        CODES_PER_SESSION.saturating_mul(self.factor)
    }

    /// Takes one invitation of the day's share, or refuses.
    ///
    /// # Errors
    /// `Quota` with the seconds until the oldest counted event leaves the window.
    pub(crate) async fn take_invitation(
        self,
        tx: &mut Tx,
        address_key: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let per_address = INVITATIONS_PER_ADDRESS.saturating_mul(self.factor);
        let per_tenant = INVITATIONS_PER_TENANT.saturating_mul(self.factor);
        let seen = tx
            .attempts(
                AttemptKind::InvitationToAddress,
                address_key,
                before(now, DAY),
            )
            .await?;
        refuse_at(seen, per_address, Quota::InvitationsPerAddress, DAY, now)?;
        let seen = tx
            .attempts(AttemptKind::InvitationOfTenant, "", before(now, DAY))
            .await?;
        refuse_at(seen, per_tenant, Quota::InvitationsPerTenant, DAY, now)?;
        tx.record_attempt(AttemptKind::InvitationToAddress, address_key, now)
            .await?;
        tx.record_attempt(AttemptKind::InvitationOfTenant, "", start_of_step(now))
            .await?;
        Ok(())
    }

    /// Takes one letter of the tenant's share of the day, for letters without a limit of their own.
    pub(crate) async fn take_request(self, tx: &mut Tx, now: Timestamp) -> Result<(), Refusal> {
        let most = INVITATIONS_PER_TENANT.saturating_mul(self.factor);
        let seen = tx
            .attempts(AttemptKind::InvitationOfTenant, "", before(now, DAY))
            .await?;
        refuse_at(seen, most, Quota::InvitationsPerTenant, DAY, now)?;
        Ok(tx
            .record_attempt(AttemptKind::InvitationOfTenant, "", start_of_step(now))
            .await?)
    }

    /// Takes one mail of the day's share of an address that only gets a copy.
    pub(crate) async fn take_copy(
        self,
        tx: &mut Tx,
        address_key: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let most = INVITATIONS_PER_ADDRESS.saturating_mul(self.factor);
        let seen = tx
            .attempts(
                AttemptKind::InvitationToAddress,
                address_key,
                before(now, DAY),
            )
            .await?;
        refuse_at(seen, most, Quota::InvitationsPerAddress, DAY, now)?;
        Ok(tx
            .record_attempt(AttemptKind::InvitationToAddress, address_key, now)
            .await?)
    }

    /// Whether a code may go to the address now, at the wish of a network: the gap since the
    /// network's last one, and codes in the hour.
    ///
    /// The gap over all sessions is a limit on mails like the others, and does not hold where those
    /// are raised: otherwise two browsers could not try one invitation in dev, nor one address be
    /// tried twice in a minute.
    pub(crate) async fn may_send_code(
        self,
        tx: &mut Tx,
        (address_key, network): (&str, &str),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let own = of_network(address_key, network);
        if self.factor == 1 {
            let recent = tx
                .attempts(AttemptKind::CodeFromNetwork, &own, before(now, CODE_GAP))
                .await?;
            refuse_at(recent, 1, Quota::Codes, CODE_GAP, now)?;
        }
        let seen = tx
            .attempts(AttemptKind::CodeFromNetwork, &own, before(now, HOUR))
            .await?;
        let most = CODES_PER_NETWORK.saturating_mul(self.factor);
        refuse_at(seen, most, Quota::Codes, HOUR, now)?;
        let seen = tx
            .attempts(AttemptKind::CodeSent, address_key, before(now, HOUR))
            .await?;
        refuse_at(
            seen,
            CODES_PER_HOUR.saturating_mul(self.factor),
            Quota::Codes,
            HOUR,
            now,
        )
    }
}

impl Directory {
    /// The limits in force.
    pub(crate) fn quotas(&self) -> Quotas {
        Quotas::new(self.policy().quota_factor)
    }
}

/// A limit that holds an address back, with what it counts.
pub(crate) struct Limit {
    /// Which one.
    pub(crate) quota: Quota,
    /// What it counts, by address key.
    pub(crate) kind: AttemptKind,
    /// How many are allowed …
    pub(crate) most: u32,
    /// … in how long.
    pub(crate) window: SignedDuration,
}

impl Quotas {
    /// The limits that are counted by address: what an administrator can look at and lift.
    pub(crate) fn of_addresses(self) -> [Limit; 3] {
        let limit = |quota, kind, most, window| Limit {
            quota,
            kind,
            most,
            window,
        };
        let raised = |most: u32| most.saturating_mul(self.factor);
        [
            limit(Quota::Guesses, AttemptKind::WrongCode, WRONG_PER_DAY, DAY),
            limit(
                Quota::Codes,
                AttemptKind::CodeSent,
                raised(CODES_PER_HOUR),
                HOUR,
            ),
            limit(
                Quota::InvitationsPerAddress,
                AttemptKind::InvitationToAddress,
                raised(INVITATIONS_PER_ADDRESS),
                DAY,
            ),
        ]
    }
}

/// The key for the counts of one network and one address. No address contains a blank, so lifting
/// finds these keys by the address.
fn of_network(address_key: &str, network: &str) -> String {
    format!("{address_key} {network}")
}

/// Counts one code sent to the address at the wish of a network.
pub(crate) async fn count_code(
    tx: &mut Tx,
    (address_key, network): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let own = of_network(address_key, network);
    tx.record_attempt(AttemptKind::CodeFromNetwork, &own, now)
        .await?;
    tx.record_attempt(AttemptKind::CodeSent, address_key, now)
        .await
}

/// Counts one wrong guess for the address.
pub(crate) async fn count_wrong(
    tx: &mut Tx,
    address_key: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.record_attempt(AttemptKind::WrongCode, address_key, now)
        .await
}

/// How many digits a code for the address needs now.
///
/// One write reads the count and moves it, and leaves a record in the trail. So of two processes
/// that count at the same instant one is undone and counts again (decision record 0085).
pub(crate) async fn code_digits(
    on: &mut impl Lookup,
    address_key: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let since = before(now, DAY);
    let wrong = on
        .attempts(AttemptKind::WrongCode, address_key, since)
        .await?;
    Ok(if wrong.count < u64::from(WRONG_PER_DAY) {
        CODE
    } else {
        LONG_CODE
    })
}

/// Deletes events that no window counts any more; how many.
pub(crate) async fn prune(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    let mut gone = 0;
    for (kind, window) in [
        (AttemptKind::WrongCode, DAY),
        (AttemptKind::CodeSent, HOUR),
        (AttemptKind::CodeFromNetwork, HOUR),
        (AttemptKind::InvitationToAddress, DAY),
        (AttemptKind::InvitationOfTenant, DAY),
    ] {
        gone += tx.prune_attempts(kind, before(now, window)).await?;
    }
    Ok(gone)
}

fn refuse_at(
    seen: Window,
    limit: u32,
    quota: Quota,
    window: SignedDuration,
    now: Timestamp,
) -> Result<(), Refusal> {
    if seen.count < u64::from(limit) {
        return Ok(());
    }
    let free_at = seen
        .oldest
        .unwrap_or(now)
        .saturating_add(window)
        .unwrap_or(Timestamp::MAX);
    Err(Refusal::Quota {
        quota,
        retry_after: seconds_until(free_at, now),
    })
}

/// Whole seconds from `now` to `then`, rounded up, at least 1: a client told 0 would come back at
/// once and be refused again.
pub(crate) fn seconds_until(then: Timestamp, now: Timestamp) -> u32 {
    let left = then
        .duration_since(now)
        .as_millis()
        .max(0)
        .saturating_add(999)
        / 1000;
    u32::try_from(left).unwrap_or(u32::MAX).max(1)
}

/// `now - span`, or the first instant there is.
pub(crate) fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

fn start_of_step(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(TENANT_STEP)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_round_up_and_are_never_zero() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        for (then, expected) in [
            ("2026-11-20T10:00:00Z", 1),
            ("2026-11-20T09:00:00Z", 1),
            ("2026-11-20T10:00:00.001Z", 1),
            ("2026-11-20T10:00:01.001Z", 2),
            ("2026-11-21T10:00:00Z", 86_400),
        ] {
            assert_eq!(
                seconds_until(then.parse().unwrap(), now),
                expected,
                "{then}"
            );
        }
    }
}
