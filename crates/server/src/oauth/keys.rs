//! Signing keys: RSA-2048, one that signs, and those that verify because their tokens may still be
//! in use.
//!
//! Tokens are signed here, with the parsed key kept, because `jsonwebtoken` parses and checks the
//! private key anew for each signature; they are verified by `jsonwebtoken` in [`super::bearer`].

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use serde::Serialize;

use super::bearer::CLOCK_SKEW;
use super::claims::LIFETIME;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// The library refused: no entropy, or no memory.
    #[error("an RSA key could not be made")]
    Generate,
    /// Not PKCS#8, not RSA, or too small.
    #[error("the stored signing key cannot be read")]
    Unreadable,
    /// The signature failed.
    #[error("the token could not be signed")]
    Sign,
}

/// One key.
pub struct SigningKey {
    kid: String,
    pair: RsaKeyPair,
    verifying: DecodingKey,
    /// Modulus and exponent, base64url.
    modulus: String,
    exponent: String,
}

/// A key as the JWKS document shows it (RFC 7517).
#[derive(Debug, Serialize)]
pub struct PublicKey<'a> {
    kty: &'static str,
    r#use: &'static str,
    alg: &'static str,
    kid: &'a str,
    n: &'a str,
    e: &'a str,
}

impl SigningKey {
    /// A new RSA-2048 private key as PKCS#8, to be sealed and stored.
    pub fn generate() -> Result<Vec<u8>, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
        Ok(der.as_ref().to_vec())
    }

    /// Reads a private key. Its `kid` is the RFC 7638 thumbprint, so that it says which key it is
    /// and nothing of where it is kept.
    pub fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, KeyError> {
        let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Unreadable)?;
        let (n, e) = {
            let public = pair.public_key();
            let n = public.modulus().big_endian_without_leading_zero().to_vec();
            (
                n,
                public.exponent().big_endian_without_leading_zero().to_vec(),
            )
        };
        let (modulus, exponent) = (URL_SAFE_NO_PAD.encode(&n), URL_SAFE_NO_PAD.encode(&e));
        // The members RFC 7638 names, in its order, without spaces.
        let canonical = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        let verifying = DecodingKey::from_rsa_raw_components(&n, &e);
        Ok(Self {
            kid,
            pair,
            verifying,
            modulus,
            exponent,
        })
    }

    /// The key's name in token headers.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half.
    pub fn public(&self) -> PublicKey<'_> {
        PublicKey {
            kty: "RSA",
            r#use: "sig",
            alg: "RS256",
            kid: &self.kid,
            n: &self.modulus,
            e: &self.exponent,
        }
    }

    /// What a token signed with this key is verified with.
    pub(super) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }

    /// An access token (`typ` at+jwt, R-25) with the given claims, signed RS256.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let header = format!(r#"{{"typ":"at+jwt","alg":"RS256","kid":"{}"}}"#, self.kid);
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError::Sign)?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| KeyError::Sign)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

/// How long a key is published before it signs: as long as [`super::discovery`] lets clients keep
/// the list of keys.
pub const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// How long a key is published after it signed its last token: the token's life, and what two
/// clocks may differ by.
pub const AFTER: SignedDuration = SignedDuration::from_secs(LIFETIME + CLOCK_SKEW);

/// A key and when it was made. From that follows all the rest, so that every process of an
/// instance, and every start, says the same of it.
#[derive(Debug)]
pub struct DatedKey {
    /// The key.
    pub key: SigningKey,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a key does at some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Published, and signs later.
    Coming,
    /// Signs.
    Signing,
    /// Published, for the tokens it signed.
    Leaving,
    /// Not published; what it signed is refused.
    Gone,
}

impl Stage {
    /// The word for people and programs.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Coming => "coming",
            Self::Signing => "signing",
            Self::Leaving => "leaving",
            Self::Gone => "gone",
        }
    }
}

/// What each key does at `now`; `made` are the instants the keys were made at, oldest first.
///
/// A key signs from [`AHEAD`] after it was made until the next one does. The oldest signs at once,
/// because there is no other.
pub fn stages(made: &[Timestamp], now: Timestamp) -> Vec<Stage> {
    let starts = |at: usize| made.get(at).map(|made| *made + AHEAD);
    (0..made.len())
        .map(|at| match (starts(at), starts(at + 1)) {
            (_, Some(next)) if next + AFTER <= now => Stage::Gone,
            (_, Some(next)) if next <= now => Stage::Leaving,
            (Some(start), _) if at > 0 && start > now => Stage::Coming,
            _ => Stage::Signing,
        })
        .collect()
}

/// The keys of an instance. One signs; those published verify. They can be replaced while the
/// server runs.
#[derive(Debug)]
pub struct SigningKeys(RwLock<Arc<Vec<DatedKey>>>);

impl SigningKeys {
    /// Takes keys, oldest first; there must be one to sign with.
    pub fn new(keys: Vec<DatedKey>) -> Result<Self, KeyError> {
        if keys.is_empty() {
            Err(KeyError::Unreadable)
        } else {
            Ok(Self(RwLock::new(Arc::new(keys))))
        }
    }

    /// One key that signs from the first.
    pub fn only(key: SigningKey) -> Self {
        let created_at = Timestamp::UNIX_EPOCH;
        Self(RwLock::new(Arc::new(vec![DatedKey { key, created_at }])))
    }

    /// Goes on with the keys of `fresh`.
    pub fn replace(&self, fresh: Self) {
        let fresh = fresh.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// Their names, oldest first.
    pub fn names(&self) -> Vec<String> {
        let keys = self.keys();
        keys.iter().map(|dated| dated.key.kid.clone()).collect()
    }

    /// Signs with the key whose turn it is.
    pub fn sign(&self, claims: &impl Serialize, now: Timestamp) -> Result<String, KeyError> {
        let keys = self.keys();
        let stages = Self::stages(&keys, now);
        let mut signing = keys.iter().zip(stages);
        let signs = signing.find(|(_, stage)| *stage == Stage::Signing);
        let (dated, _) = signs.ok_or(KeyError::Sign)?;
        dated.key.sign(claims)
    }

    /// Whether what the key of that name signed is still taken.
    pub fn trusts(&self, kid: &str, now: Timestamp) -> bool {
        self.find(kid, now).is_some()
    }

    /// Works with the key of that name, if what it signed is still taken. Nothing else in a token's
    /// header leads to a key.
    pub(super) fn with<T>(
        &self,
        kid: &str,
        now: Timestamp,
        work: impl FnOnce(&SigningKey) -> T,
    ) -> Option<T> {
        let (keys, at) = self.find(kid, now)?;
        keys.get(at).map(|dated| work(&dated.key))
    }

    /// The public halves of what is published, as the JWKS document shows them.
    pub fn public(&self, now: Timestamp) -> Vec<serde_json::Value> {
        let keys = self.keys();
        let stages = Self::stages(&keys, now);
        keys.iter()
            .zip(stages)
            .filter(|(_, stage)| *stage != Stage::Gone)
            .rev()
            .map(|(dated, _)| serde_json::json!(dated.key.public()))
            .collect()
    }

    fn find(&self, kid: &str, now: Timestamp) -> Option<(Arc<Vec<DatedKey>>, usize)> {
        let keys = self.keys();
        let at = keys.iter().position(|dated| dated.key.kid == kid)?;
        let gone = Self::stages(&keys, now).get(at) == Some(&Stage::Gone);
        (!gone).then_some((keys, at))
    }

    fn stages(keys: &[DatedKey], now: Timestamp) -> Vec<Stage> {
        let made: Vec<_> = keys.iter().map(|dated| dated.created_at).collect();
        stages(&made, now)
    }

    fn keys(&self) -> Arc<Vec<DatedKey>> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{AFTER, AHEAD, SignedDuration, Stage, Timestamp, stages};

    #[test]
    fn a_key_is_published_before_and_after_it_signs() {
        use Stage::{Coming, Gone, Leaving, Signing};
        let first = Timestamp::from_second(1_000_000_000).unwrap();
        let second = first + SignedDuration::from_hours(24 * 30);
        let tick = SignedDuration::from_secs(1);
        let check = |made: &[Timestamp], now, expected: &[Stage]| {
            assert_eq!(stages(made, now), expected, "{now}");
        };
        check(&[first], first, &[Signing]);
        // The clock stepped back behind the only key.
        check(&[first], first - tick, &[Signing]);
        let both = [first, second];
        check(&both, second, &[Signing, Coming]);
        check(&both, second + AHEAD - tick, &[Signing, Coming]);
        check(&both, second + AHEAD, &[Leaving, Signing]);
        check(&both, second + AHEAD + AFTER - tick, &[Leaving, Signing]);
        check(&both, second + AHEAD + AFTER, &[Gone, Signing]);
        let three = [first, second, second + AHEAD];
        check(&three, second + AHEAD, &[Leaving, Signing, Coming]);
        check(&three, second + AHEAD + AHEAD, &[Leaving, Leaving, Signing]);
        check(&[], first, &[]);
    }
}
