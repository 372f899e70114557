//! Signing keys: RSA-2048, one that signs and all that verify.
//!
//! Tokens are signed here, with the parsed key kept, because `jsonwebtoken` parses and checks the
//! private key anew for each signature; they are verified by `jsonwebtoken` in [`super::bearer`].

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Serialize;

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

    /// An access token (`typ` at+jwt, decision 19) with the given claims, signed RS256.
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

/// The keys of an instance: the first signs, all verify.
#[derive(Debug)]
pub struct SigningKeys(Vec<SigningKey>);

impl SigningKeys {
    /// Takes keys, newest first; there must be one to sign with.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        if keys.is_empty() {
            Err(KeyError::Unreadable)
        } else {
            Ok(Self(keys))
        }
    }

    /// Signs with the newest key.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        self.0.first().ok_or(KeyError::Sign)?.sign(claims)
    }

    /// The key of that name. Nothing else in a token's header leads to a key.
    pub fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.0.iter().find(|key| key.kid == kid)
    }

    /// The public halves.
    pub fn public(&self) -> Vec<PublicKey<'_>> {
        self.0.iter().map(SigningKey::public).collect()
    }
}
