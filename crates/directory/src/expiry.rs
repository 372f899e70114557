//! The time by which codes, links and sessions end. It follows the clock forwards and never goes
//! back: when the clock is set back, an hour or a year, what has ended stays ended, also after a
//! restart.
//!
//! While the clock is behind, time goes on by the process's monotonic clock, so that a code sent
//! meanwhile ends after its ten minutes and not when the clock has caught up. The highest instant
//! is kept in the database: with every step that changes something, twice a minute, and when the
//! server stops. A process that dies between these forgets half a minute at most.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use store::{StoreError, TenantId, TurnedBack};

use crate::audit;
use crate::directory::Directory;
use crate::expiry_clock::Highest;
use crate::refusal::Refusal;

/// Where the highest instant is kept: microseconds since 1970.
const SETTING: &str = "highest_instant";

/// The instant is written at most this often: lifetimes are given in whole seconds.
const GRAIN: SignedDuration = SignedDuration::from_secs(1);

/// The clock may be behind by this much before the log warns: time services correct such steps all
/// day.
const WORTH_SAYING: SignedDuration = SignedDuration::from_mins(5);

impl Directory {
    /// The instant by which codes, links and sessions are judged: never before one that it was
    /// before.
    pub fn expiry_now(&self) -> Timestamp {
        self.expiry_clock().now(self.clock())
    }

    /// [`Directory::expiry_now`], once the highest instant is stored in the database.
    pub(crate) async fn expiry_now_saved(&self) -> Result<Timestamp, Refusal> {
        self.save_expiry_clock().await?;
        Ok(self.expiry_now())
    }

    /// Keeps the highest instant in the database, unless it is there to the second, and learns of a
    /// higher one that another process kept.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn save_expiry_clock(&self) -> Result<(), Refusal> {
        let now = self.expiry_now();
        let is_saved = |highest: &mut Highest| {
            let saved = highest
                .saved
                .and_then(|saved| saved.checked_add(GRAIN).ok());
            saved.is_some_and(|saved| now < saved)
        };
        if self.expiry_clock().with(is_saved) {
            return Ok(());
        }
        let saved = self
            .store()
            .write_instance(now, |tx, now| {
                Box::pin(async move {
                    let before = tx.setting(SETTING).await?;
                    let stored = before.as_deref().and_then(read);
                    if let Some(later) = stored.filter(|stored| stored >= now) {
                        return Ok(later);
                    }
                    // Only from what was read: an earlier instant must not take the place of a
                    // later one that another process keeps at this moment.
                    let text = now.as_microsecond().to_string();
                    if !tx.move_setting(SETTING, before.as_deref(), &text).await? {
                        return Err(StoreError::Busy.into());
                    }
                    Ok::<_, Refusal>(*now)
                })
            })
            .await?;
        self.expiry_clock().learn(saved, self.clock().elapsed());
        Ok(())
    }

    /// Takes up the highest instant where an earlier process left it. Call it before anything is
    /// served.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn restore_expiry_clock(&self) -> Result<(), Refusal> {
        let Some(saved) = self.highest_instant().await? else {
            return Ok(());
        };
        let wall = self.now();
        if saved.duration_since(wall) > WORTH_SAYING {
            tracing::warn!(
                clock = %wall, highest = %saved,
                "the clock is behind the latest instant seen; codes and links end by that instant"
            );
        }
        self.expiry_clock().learn(saved, self.clock().elapsed());
        Ok(())
    }
}

/// The outcome of [`Directory::turn_time_back`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeTurnedBack {
    /// The highest instant before.
    pub from: Timestamp,
    /// The clock's.
    pub to: Timestamp,
    /// What was ended or moved; nothing when the highest instant was not ahead.
    pub rows: TurnedBack,
}

/// Why [`Directory::turn_time_back`] rolls its write back: it was a trial, or it was refused.
enum RolledBack {
    Tried(TurnedBack),
    Refused(Refusal),
}

impl From<StoreError> for RolledBack {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl Directory {
    /// The highest instant that the database holds; `None` before the first.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn highest_instant(&self) -> Result<Option<Timestamp>, Refusal> {
        let stored = self.store().instance().setting(SETTING).await?;
        Ok(stored.as_deref().and_then(read))
    }

    /// Turns the highest instant back to the clock, after a clock that once ran far ahead. What had
    /// ended by it stays ended; what was made since is moved back with it. A `trial` writes nothing
    /// and returns the same counts.
    ///
    /// Only while nothing else runs on the instance: a server holds the highest instant in its
    /// memory and would put it back.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn turn_time_back(&self, trial: bool) -> Result<TimeTurnedBack, Refusal> {
        let to = self.now();
        let from = self.highest_instant().await?.unwrap_or(to);
        if from <= to {
            let rows = TurnedBack::default();
            return Ok(TimeTurnedBack { from, to, rows });
        }
        let actor = self.server_audit_actor(TenantId::INSTANCE);
        let turned = self
            .store()
            .write_instance((actor, from, to), move |tx, (actor, from, to)| {
                Box::pin(async move {
                    let rows = tx.turn_back(*to, *from).await?;
                    if trial {
                        return Err(RolledBack::Tried(rows));
                    }
                    tx.put_setting(SETTING, &to.as_microsecond().to_string())
                        .await?;
                    let details = json!({
                        "from": from, "to": to,
                        "endedInvitations": rows.ended, "movedInvitations": rows.moved,
                    });
                    let target = audit::Target::tenant(TenantId::INSTANCE.0);
                    tx.audit(audit::record(
                        actor,
                        *to,
                        "Turn time of links back",
                        target,
                        &details,
                    ));
                    Ok(rows)
                })
            })
            .await;
        match turned {
            Ok(rows) | Err(RolledBack::Tried(rows)) => Ok(TimeTurnedBack { from, to, rows }),
            Err(RolledBack::Refused(refusal)) => Err(refusal),
        }
    }
}

fn read(text: &str) -> Option<Timestamp> {
    Timestamp::from_microsecond(text.parse().ok()?).ok()
}
