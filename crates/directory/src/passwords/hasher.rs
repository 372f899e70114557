//! Argon2id off the async threads, as many at a time as there are processors. Each run holds 19 MiB
//! for some tens of milliseconds; without a bound a burst of requests would take the machine's
//! memory and stall everything else.

use std::sync::Arc;

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::{GoodPassword, StoredHash, normal};
use crate::refusal::{Refusal, Unavailable};

/// Memory of one run in KiB (19 MiB), passes and lanes: OWASP's first choice for Argon2id.
pub(super) const MEMORY_KIB: u32 = 19 * 1024;
pub(super) const PASSES: u32 = 2;
pub(super) const LANES: u32 = 1;
/// Bytes of salt, as RFC 9106 recommends.
const SALT: usize = 16;
/// How many may wait per processor. At some 30 ms a run the last of them waits for two seconds; a
/// later one is refused and tries again.
const WAITING_PER_PROCESSOR: usize = 64;
/// Seconds after which it is worth trying again when the queue is full.
const RETRY_AFTER: u32 = 2;

/// A PHC string. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(pub(crate) String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// Hashes passwords.
pub(crate) struct Hasher {
    /// One permit per processor.
    running: Arc<Semaphore>,
    /// One permit per run that is under way or waiting.
    admitted: Arc<Semaphore>,
}

impl Hasher {
    /// For this machine's processors.
    pub(crate) fn new() -> Self {
        Self::bounded(
            std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            WAITING_PER_PROCESSOR,
        )
    }

    fn bounded(processors: usize, waiting: usize) -> Self {
        Self {
            running: Arc::new(Semaphore::new(processors)),
            admitted: Arc::new(Semaphore::new(processors * (1 + waiting))),
        }
    }

    /// Hashes `password` with a salt cut from `secret` (32 random bytes). Refuses with
    /// [`Refusal::Unavailable`] when too many are waiting already.
    pub(crate) async fn hash(
        &self,
        password: GoodPassword,
        secret: [u8; 32],
    ) -> Result<PasswordHash, Refusal> {
        self.run(move || phc(password.bytes(), &secret)).await?
    }

    /// Whether `typed` is the password that was hashed, as it was typed or in NFKC: our own hashes
    /// are of the latter, those of other directories of either. Without a hash the answer is no,
    /// after the time that one of ours would have taken.
    pub(crate) async fn verify(
        &self,
        typed: String,
        stored: Option<StoredHash>,
        secret: [u8; 32],
    ) -> Result<bool, Refusal> {
        self.run(move || {
            let normal = normal(&typed);
            let Some(stored) = stored else {
                phc(normal.as_bytes(), &secret)?;
                return Ok(false);
            };
            Ok(stored.matches(typed.as_bytes())
                || normal != typed && stored.matches(normal.as_bytes()))
        })
        .await?
    }

    /// Runs something costly on a thread that may block, when it is its turn.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let full = |_| {
            Refusal::Unavailable(Unavailable {
                retry_after: RETRY_AFTER,
                log: "too many passwords wait to be hashed".to_owned(),
            })
        };
        let _admitted = self.admitted.try_acquire().map_err(full)?;
        // The permit goes with the run, not with the request: a client that hangs up does not stop
        // its run, and a thousand of those must not run at once either.
        let running = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|closed| Refusal::internal(closed.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let _running = running;
            work()
        })
        .await
        .map_err(|stopped| Refusal::internal(format!("hashing: {stopped}")))
    }
}

fn phc(password: &[u8], secret: &[u8; 32]) -> Result<PasswordHash, Refusal> {
    let broken = |what: String| Refusal::internal(format!("argon2: {what}"));
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| broken(error.to_string()))?;
    let (salt, _) = secret.split_at(SALT);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(password, salt)
        .map(|hash| PasswordHash(hash.to_string()))
        .map_err(|error| broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passwords::Demands;
    use argon2::password_hash::PasswordVerifier;
    use argon2::password_hash::phc;

    fn good(password: &str) -> GoodPassword {
        crate::passwords::check(
            password,
            Demands {
                name: "nobody",
                classes: false,
            },
        )
        .unwrap()
    }

    #[tokio::test]
    async fn the_string_names_its_cost_and_verifies() {
        let hash = Hasher::new()
            .hash(good("password-value"), [3; 32])
            .await
            .unwrap();
        assert!(
            hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.0
        );
        let parsed = phc::PasswordHash::new(&hash.0).unwrap();
        assert!(
            Argon2::default()
                .verify_password(b"password-value", &parsed)
                .is_ok()
        );
        assert!(
            Argon2::default()
                .verify_password(b"password-valuE", &parsed)
                .is_err()
        );
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_an_empty_one_works_again() {
        let hasher = Hasher::bounded(1, 1);
        let held = Arc::clone(&hasher.admitted)
            .try_acquire_many_owned(2)
            .unwrap();
        assert!(matches!(
            hasher.hash(good("password-value"), [3; 32]).await,
            Err(Refusal::Unavailable(_))
        ));
        drop(held);
        assert!(hasher.hash(good("password-value"), [3; 32]).await.is_ok());
    }
}
