//! Password hashes as they are kept: our own, and those that other directories made and an import
//! brought along. A text is read into a [`StoredHash`] once, with every limit checked, so that no
//! costly or broken hash is ever stored (T-42). Checking a password against it cannot fail; it
//! matches or not.

mod read;
mod sha_crypt_text;

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{digest, pbkdf2};
use subtle::ConstantTimeEq;

use super::hasher::{LANES, MEMORY_KIB, PASSES};

/// Longest text of a hash: ours have 97 characters, the longest of the others (SHA-512 and a long
/// salt in base64) some 250.
const TEXT: usize = 512;
/// Most memory one check may take, in KiB (256 MiB). As many run at a time as there are processors;
/// common defaults lie at 16 to 64 MiB, the largest that is usual at 256.
const MOST_MEMORY_KIB: u64 = 256 * 1024;
/// Most memory times passes of one check, in KiB: about two seconds of one processor.
const MOST_WORK_KIB: u64 = 2 * 1024 * 1024;
/// Highest cost of bcrypt: 2^15 rounds are about three seconds.
const MOST_COST: u32 = 15;
/// Lowest cost that bcrypt knows.
const LEAST_COST: u32 = 4;
/// Most rounds of PBKDF2: about two seconds with the slower of its hashes.
const MOST_ROUNDS: u32 = 4_000_000;
/// Most rounds of SHA-crypt: about two seconds with the slower of its hashes. Usual are 5,000 to
/// 656,000.
const MOST_CRYPT_ROUNDS: u32 = 1_000_000;
/// Most lanes of Argon2, and most parallel parts of scrypt; they run one after another here.
const MOST_LANES: u32 = 16;
/// Bytes of salt: Argon2 takes no less, and no tool writes more.
const MOST_SALT: usize = 64;
const LEAST_SALT: usize = 4;
/// Bytes of the hash itself. Fewer would be guessed by chance: an empty one matches everything.
const LEAST_DIGEST: usize = 16;
const MOST_DIGEST: usize = 64;
/// bcrypt's hash is 23 bytes, and what it reads of a password 72.
const BCRYPT_DIGEST: usize = 23;

/// Why a hash cannot be kept. The sentences hold nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashFault {
    #[error(
        "it is of no known kind; known are argon2, bcrypt, scrypt, PBKDF2, SSHA and SHA-crypt in the forms that the manual lists"
    )]
    Unknown,
    #[error("it is not written as its kind is")]
    Malformed,
    #[error("it is longer than {TEXT} characters")]
    TooLong,
    #[error("the salt must have {LEAST_SALT} to {MOST_SALT} bytes")]
    Salt,
    #[error("the hash itself must have {LEAST_DIGEST} to {MOST_DIGEST} bytes")]
    Digest,
    #[error("checking it would take more than 256 MiB of memory")]
    Memory,
    #[error("checking it would take more than 2 GiB of memory times passes")]
    Work,
    #[error("its cost is above {MOST_COST}")]
    Cost,
    #[error(
        "it has more rounds than its kind may: {MOST_ROUNDS}, or {MOST_CRYPT_ROUNDS} of SHA-crypt"
    )]
    Rounds,
    #[error("it has more than {MOST_LANES} lanes")]
    Lanes,
}

/// One of the hash functions under PBKDF2 and the salted digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sha {
    One,
    Two256,
    Two512,
}

impl Sha {
    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::One => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Two256 => &digest::SHA256,
            Self::Two512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> pbkdf2::Algorithm {
        match self {
            Self::One => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Two256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Two512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// How a hash is computed, all parameters within the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    Argon2 {
        algorithm: Algorithm,
        version: Version,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
    Bcrypt {
        cost: u32,
    },
    Scrypt {
        log_n: u8,
        r: u32,
        p: u32,
    },
    Pbkdf2 {
        sha: Sha,
        rounds: NonZeroU32,
    },
    /// The digest of password and salt.
    Salted {
        sha: Sha,
    },
    /// SHA-crypt of `/etc/shadow`, with SHA-256 or SHA-512.
    ShaCrypt {
        sha: Sha,
        rounds: u32,
    },
}

/// A hash that was read. Never printed: with it passwords can be guessed offline.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct StoredHash {
    scheme: Scheme,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

impl std::fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredHash({})", self.name())
    }
}

impl StoredHash {
    /// Reads a text.
    pub(crate) fn parse(text: &str) -> Result<Self, HashFault> {
        let hash = read::parse(text)?;
        hash.check()?;
        Ok(hash)
    }

    fn check(&self) -> Result<(), HashFault> {
        let salts = match self.scheme {
            // SHA-crypt reads no more of it, and short ones are usual.
            Scheme::ShaCrypt { .. } => 1..=16,
            // Argon2 itself takes no shorter one.
            Scheme::Argon2 { .. } => argon2::MIN_SALT_LEN..=MOST_SALT,
            _ => LEAST_SALT..=MOST_SALT,
        };
        if !salts.contains(&self.salt.len()) {
            return Err(HashFault::Salt);
        }
        if !(LEAST_DIGEST..=MOST_DIGEST).contains(&self.digest.len()) {
            return Err(HashFault::Digest);
        }
        self.check_cost()
    }

    fn check_cost(&self) -> Result<(), HashFault> {
        let memory = |kib: u64, passes: u32, lanes: u32| {
            if kib > MOST_MEMORY_KIB {
                Err(HashFault::Memory)
            } else if kib.saturating_mul(u64::from(passes)) > MOST_WORK_KIB {
                Err(HashFault::Work)
            } else if lanes > MOST_LANES {
                Err(HashFault::Lanes)
            } else {
                Ok(())
            }
        };
        match self.scheme {
            Scheme::Argon2 {
                memory_kib,
                passes,
                lanes,
                ..
            } => {
                memory(memory_kib.into(), passes, lanes)?;
                Params::new(memory_kib, passes, lanes, Some(self.digest.len()))
                    .map(drop)
                    .map_err(|_| HashFault::Malformed)
            }
            Scheme::Scrypt { log_n: 0, .. } => Err(HashFault::Malformed),
            Scheme::Scrypt { log_n, r, p } => {
                let blocks = 1_u64.checked_shl(log_n.into()).ok_or(HashFault::Memory)?;
                // A block has 128 bytes times r.
                memory(blocks.saturating_mul(u64::from(r)) / 8, p, p)?;
                scrypt::Params::new(log_n, r, p)
                    .map(drop)
                    .map_err(|_| HashFault::Malformed)
            }
            Scheme::Bcrypt { cost } if cost > MOST_COST => Err(HashFault::Cost),
            Scheme::Bcrypt { cost } if cost < LEAST_COST => Err(HashFault::Malformed),
            Scheme::Pbkdf2 { rounds, .. } if rounds.get() > MOST_ROUNDS => Err(HashFault::Rounds),
            Scheme::ShaCrypt { rounds, .. } if rounds > MOST_CRYPT_ROUNDS => Err(HashFault::Rounds),
            Scheme::ShaCrypt { rounds, .. } => sha_crypt::Params::new(rounds)
                .map(drop)
                .map_err(|_| HashFault::Malformed),
            Scheme::Bcrypt { .. } | Scheme::Pbkdf2 { .. } | Scheme::Salted { .. } => Ok(()),
        }
    }

    /// The kind in a word, for the audit trail.
    pub(crate) const fn name(&self) -> &'static str {
        match self.scheme {
            Scheme::Argon2 { .. } => "argon2",
            Scheme::Bcrypt { .. } => "bcrypt",
            Scheme::Scrypt { .. } => "scrypt",
            Scheme::Pbkdf2 { .. } => "pbkdf2",
            Scheme::Salted { .. } => "ssha",
            Scheme::ShaCrypt { .. } => "sha-crypt",
        }
    }

    /// Whether it has today's algorithm and parameters. Others are replaced at the next sign-in.
    pub(crate) fn is_current(&self) -> bool {
        self.scheme
            == Scheme::Argon2 {
                algorithm: Algorithm::Argon2id,
                version: Version::V0x13,
                memory_kib: MEMORY_KIB,
                passes: PASSES,
                lanes: LANES,
            }
    }

    /// Whether the password has this hash. Takes up to the limits above of time and memory; the
    /// comparison takes the same time wherever the hashes differ.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let mut computed = vec![0; self.digest.len()];
        self.compute(password, &mut computed) && bool::from(computed.ct_eq(&self.digest))
    }

    /// `false` where a library refuses parameters that [`StoredHash::check`] let pass: such a hash
    /// matches nothing.
    fn compute(&self, password: &[u8], out: &mut [u8]) -> bool {
        match self.scheme {
            Scheme::Argon2 {
                algorithm,
                version,
                memory_kib,
                passes,
                lanes,
            } => Params::new(memory_kib, passes, lanes, Some(out.len())).is_ok_and(|params| {
                Argon2::new(algorithm, version, params)
                    .hash_password_into(password, &self.salt, out)
                    .is_ok()
            }),
            Scheme::Bcrypt { cost } => {
                let Ok(salt) = <[u8; 16]>::try_from(self.salt.as_slice()) else {
                    return false;
                };
                bcrypt::hash_with_salt(password, cost, salt)
                    .ok()
                    .and_then(|parts| read::bcrypt_digest(&parts.to_string()))
                    .is_some_and(|digest| {
                        let fits = digest.len() == out.len();
                        if fits {
                            out.copy_from_slice(&digest);
                        }
                        fits
                    })
            }
            Scheme::Scrypt { log_n, r, p } => scrypt::Params::new(log_n, r, p)
                .is_ok_and(|params| scrypt::scrypt(password, &self.salt, &params, out).is_ok()),
            Scheme::Pbkdf2 { sha, rounds } => {
                pbkdf2::derive(sha.hmac(), rounds, &self.salt, password, out);
                true
            }
            Scheme::Salted { sha } => {
                let mut context = digest::Context::new(sha.digest());
                context.update(password);
                context.update(&self.salt);
                fill(out, context.finish().as_ref())
            }
            Scheme::ShaCrypt { sha, rounds } => {
                sha_crypt::Params::new(rounds).is_ok_and(|params| match sha {
                    Sha::Two512 => {
                        fill(out, &sha_crypt::sha512_crypt(password, &self.salt, params))
                    }
                    _ => fill(out, &sha_crypt::sha256_crypt(password, &self.salt, params)),
                })
            }
        }
    }
}

/// `false` where the lengths differ.
fn fill(out: &mut [u8], digest: &[u8]) -> bool {
    let fits = digest.len() == out.len();
    if fits {
        out.copy_from_slice(digest);
    }
    fits
}

#[cfg(test)]
mod tests;
