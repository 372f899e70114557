//! The texts in which hashes are written: the PHC strings of argon2, scrypt and PBKDF2 (with
//! passlib's variants of the last two), bcrypt's own, SHA-crypt's, and the `{SCHEME}` forms of LDAP
//! servers.

use std::num::NonZeroU32;

use argon2::{Algorithm, Version};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{BCRYPT_DIGEST, HashFault, Scheme, Sha, StoredHash, TEXT};

/// With or without `=`, and with any unused bits at the end: writers differ.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
const BCRYPT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// Characters of bcrypt's salt, and of salt and hash together.
const BCRYPT_SALT_TEXT: usize = 22;
const BCRYPT_TEXT: usize = 53;

/// Base64, where `.` may stand for `+` as passlib writes it.
fn bytes(text: &str) -> Result<Vec<u8>, HashFault> {
    LENIENT
        .decode(text.replace('.', "+"))
        .map_err(|_| HashFault::Malformed)
}

pub(super) fn number<N: std::str::FromStr>(text: &str) -> Result<N, HashFault> {
    // A sign would be a second spelling of the same number.
    if text.starts_with('+') {
        return Err(HashFault::Malformed);
    }
    text.parse().map_err(|_| HashFault::Malformed)
}

/// Reads any of the forms; the limits are asked afterwards.
pub(super) fn parse(text: &str) -> Result<StoredHash, HashFault> {
    if text.len() > TEXT {
        return Err(HashFault::TooLong);
    }
    if let Some(rest) = text.strip_prefix('{') {
        let (scheme, value) = rest.split_once('}').ok_or(HashFault::Unknown)?;
        return ldap(&scheme.to_ascii_uppercase(), value);
    }
    dollars(text)
}

/// The forms whose fields stand between `$`.
fn dollars(text: &str) -> Result<StoredHash, HashFault> {
    let rest = text.strip_prefix('$').ok_or(HashFault::Unknown)?;
    let (name, rest) = rest.split_once('$').ok_or(HashFault::Unknown)?;
    match name {
        "argon2id" => argon2(Algorithm::Argon2id, rest),
        "argon2i" => argon2(Algorithm::Argon2i, rest),
        "argon2d" => argon2(Algorithm::Argon2d, rest),
        "2a" | "2b" | "2y" => bcrypt(rest),
        "5" => super::sha_crypt_text::read(Sha::Two256, rest),
        "6" => super::sha_crypt_text::read(Sha::Two512, rest),
        "scrypt" => scrypt(rest),
        "pbkdf2" | "pbkdf2-sha1" => pbkdf2(Sha::One, rest),
        "pbkdf2-sha256" => pbkdf2(Sha::Two256, rest),
        "pbkdf2-sha512" => pbkdf2(Sha::Two512, rest),
        _ => Err(HashFault::Unknown),
    }
}

/// `a=1,b=2` in any order; each of `names` at most once, nothing else.
fn parameters<const N: usize>(text: &str, names: [&str; N]) -> Result<[Option<u32>; N], HashFault> {
    let mut found = [None; N];
    for pair in text.split(',') {
        let (name, value) = pair.split_once('=').ok_or(HashFault::Malformed)?;
        let slot = names
            .iter()
            .position(|own| *own == name)
            .and_then(|at| found.get_mut(at))
            .filter(|slot| slot.is_none())
            .ok_or(HashFault::Malformed)?;
        *slot = Some(number(value)?);
    }
    Ok(found)
}

fn needed(value: Option<u32>) -> Result<u32, HashFault> {
    value.ok_or(HashFault::Malformed)
}

/// The last two fields, `salt$hash`.
fn salt_and_digest(rest: &str, scheme: Scheme) -> Result<StoredHash, HashFault> {
    let (salt, digest) = rest.split_once('$').ok_or(HashFault::Malformed)?;
    Ok(StoredHash {
        scheme,
        salt: bytes(salt)?,
        digest: bytes(digest)?,
    })
}

fn argon2(algorithm: Algorithm, rest: &str) -> Result<StoredHash, HashFault> {
    let (version, rest) = match rest.strip_prefix("v=") {
        Some(rest) => {
            let (version, rest) = rest.split_once('$').ok_or(HashFault::Malformed)?;
            (number::<u32>(version)?, rest)
        }
        // Before versions were written there was the first.
        None => (0x10, rest),
    };
    let version = Version::try_from(version).map_err(|_| HashFault::Malformed)?;
    let (given, rest) = rest.split_once('$').ok_or(HashFault::Malformed)?;
    let [memory, passes, lanes] = parameters(given, ["m", "t", "p"])?;
    let scheme = Scheme::Argon2 {
        algorithm,
        version,
        memory_kib: needed(memory)?,
        passes: needed(passes)?,
        lanes: needed(lanes)?,
    };
    salt_and_digest(rest, scheme)
}

fn bcrypt(rest: &str) -> Result<StoredHash, HashFault> {
    let (cost, value) = rest.split_once('$').ok_or(HashFault::Malformed)?;
    if cost.len() != 2 || value.len() != BCRYPT_TEXT {
        return Err(HashFault::Malformed);
    }
    let (salt, digest) = value
        .split_at_checked(BCRYPT_SALT_TEXT)
        .ok_or(HashFault::Malformed)?;
    let part = |text: &str| BCRYPT.decode(text).map_err(|_| HashFault::Malformed);
    let (salt, digest) = (part(salt)?, part(digest)?);
    if digest.len() != BCRYPT_DIGEST {
        return Err(HashFault::Malformed);
    }
    Ok(StoredHash {
        scheme: Scheme::Bcrypt {
            cost: number(cost)?,
        },
        salt,
        digest,
    })
}

/// The hash in a text of bcrypt.
pub(super) fn bcrypt_digest(text: &str) -> Option<Vec<u8>> {
    let rest = text.strip_prefix("$2b$")?;
    bcrypt(rest).ok().map(|hash| hash.digest)
}

fn scrypt(rest: &str) -> Result<StoredHash, HashFault> {
    let (given, rest) = rest.split_once('$').ok_or(HashFault::Malformed)?;
    let [log_n, r, p] = parameters(given, ["ln", "r", "p"])?;
    let scheme = Scheme::Scrypt {
        log_n: u8::try_from(needed(log_n)?).map_err(|_| HashFault::Memory)?,
        r: needed(r)?,
        p: needed(p)?,
    };
    salt_and_digest(rest, scheme)
}

/// `i=600000,l=32$salt$hash`, or passlib's `600000$salt$hash`.
fn pbkdf2(sha: Sha, rest: &str) -> Result<StoredHash, HashFault> {
    let (given, rest) = rest.split_once('$').ok_or(HashFault::Malformed)?;
    let (rounds, length) = if given.contains('=') {
        let [rounds, length] = parameters(given, ["i", "l"])?;
        (needed(rounds)?, length)
    } else {
        (number(given)?, None)
    };
    let rounds = NonZeroU32::new(rounds).ok_or(HashFault::Malformed)?;
    let hash = salt_and_digest(rest, Scheme::Pbkdf2 { sha, rounds })?;
    let fits = length.is_none_or(|length| usize::try_from(length) == Ok(hash.digest.len()));
    if fits {
        Ok(hash)
    } else {
        Err(HashFault::Malformed)
    }
}

fn ldap(scheme: &str, value: &str) -> Result<StoredHash, HashFault> {
    match scheme {
        "SSHA" => salted(Sha::One, value),
        "SSHA256" => salted(Sha::Two256, value),
        "SSHA512" => salted(Sha::Two512, value),
        "PBKDF2" | "PBKDF2-SHA1" => pbkdf2(Sha::One, value),
        "PBKDF2-SHA256" => pbkdf2(Sha::Two256, value),
        "PBKDF2-SHA512" => pbkdf2(Sha::Two512, value),
        // OpenLDAP writes the others' own texts behind a word of its own.
        "ARGON2" => dollars(value).and_then(|hash| match hash.scheme {
            Scheme::Argon2 { .. } => Ok(hash),
            _ => Err(HashFault::Malformed),
        }),
        "CRYPT" => dollars(value).and_then(|hash| match hash.scheme {
            Scheme::Bcrypt { .. } | Scheme::ShaCrypt { .. } => Ok(hash),
            _ => Err(HashFault::Unknown),
        }),
        _ => Err(HashFault::Unknown),
    }
}

/// The digest and behind it the salt, in one base64.
fn salted(sha: Sha, value: &str) -> Result<StoredHash, HashFault> {
    let mut digest = bytes(value)?;
    let length = sha.digest().output_len();
    if digest.len() < length {
        return Err(HashFault::Malformed);
    }
    let salt = digest.split_off(length);
    Ok(StoredHash {
        scheme: Scheme::Salted { sha },
        salt,
        digest,
    })
}
