//! The keys of an instance, all derived from one 32-byte master secret that lies in a file beside
//! the database, never in it. A dump of the database alone therefore opens nothing (T-30,
//!

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;

/// First byte of everything sealed; another value is another format and does not open.
const SEAL_VERSION: u8 = 1;
/// Distinguishes this program's derivations from any other use of the same master secret.
const SALT: &[u8] = b"vestibule keys v1";

/// The derived keys. Each has one purpose.
pub struct Keys {
    /// Chains the audit records.
    pub audit: [u8; 32],
    /// Passcodes are stored as HMACs under this key (T-10).
    pub code_mac: [u8; 32],
    /// Binds a form to its session.
    pub csrf: [u8; 32],
    /// Session and redemption cookies.
    pub cookie: Sealer,
    /// `$skiptoken` (T-34).
    pub page: Sealer,
    /// Outbox rows and stored idempotent answers.
    pub outbox: Sealer,
    /// Private signing keys at rest.
    pub signing: Sealer,
}

impl Keys {
    /// Derives all keys: HKDF-SHA256 with a fixed salt and one label per key.
    pub fn derive(master: &[u8; 32]) -> Self {
        let sealer = |label: &str| Sealer {
            key: derived(master, label),
        };
        Self {
            audit: derived(master, "audit chain"),
            code_mac: derived(master, "passcode mac"),
            csrf: derived(master, "csrf"),
            cookie: sealer("cookie sealer"),
            page: sealer("page token sealer"),
            outbox: sealer("outbox sealer"),
            signing: sealer("signing key sealer"),
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// RFC 5869 extract and expand to one block. The library's `hkdf` answers a `Result` for lengths it
/// cannot know to be right; one block needs no such case. A test below holds the two equal.
fn derived(master: &[u8; 32], label: &str) -> [u8; 32] {
    let extracted = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SALT), master);
    let mut info = label.as_bytes().to_vec();
    info.push(1);
    let block = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, extracted.as_ref()),
        &info,
    );
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(block.as_ref()) {
        *to = *from;
    }
    key
}

/// The text was too long for AES-GCM (64 GiB). No caller can get here with a bounded body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text cannot be sealed")]
pub struct NotSealed;

/// AES-256-GCM under one key. What was sealed for one purpose does not open for another, since the
/// purpose is authenticated beside the text.
pub struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    /// Seals `plain`: version byte, nonce, ciphertext with tag. `nonce` comes from
    /// [`crate::Ids::nonce`]; random 96-bit nonces are safe for about 2^32 messages per key.
    pub fn seal(
        &self,
        purpose: &[u8],
        plain: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Result<Vec<u8>, NotSealed> {
        let mut body = plain.to_vec();
        self.cipher()
            .ok_or(NotSealed)?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose),
                &mut body,
            )
            .map_err(|_| NotSealed)?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + body.len());
        sealed.push(SEAL_VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens what [`Sealer::seal`] made for the same purpose; `None` for anything else.
    pub fn open(&self, purpose: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        if *version != SEAL_VERSION {
            return None;
        }
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self
            .cipher()?
            .open_in_place(nonce, Aad::from(purpose), &mut body)
            .ok()?
            .len();
        body.truncate(plain);
        Some(body)
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.key)
            .ok()
            .map(LessSafeKey::new)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hkdf;

    #[test]
    fn derivation_is_the_librarys_hkdf() {
        let master = [7; 32];
        let label = b"audit chain".as_slice();
        let info = [label];
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&master);
        let mut expected = [0; 32];
        prk.expand(&info, hkdf::HKDF_SHA256)
            .unwrap()
            .fill(&mut expected)
            .unwrap();
        assert_eq!(Keys::derive(&master).audit, expected);
    }

    #[test]
    fn every_key_differs() {
        let keys = Keys::derive(&[7; 32]);
        let all = [
            keys.audit,
            keys.code_mac,
            keys.csrf,
            keys.cookie.key,
            keys.page.key,
            keys.outbox.key,
            keys.signing.key,
        ];
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_ne!(keys.audit, Keys::derive(&[8; 32]).audit);
        assert_eq!(format!("{keys:?} {:?}", keys.page), "Keys(..) Sealer(..)");
    }

    #[test]
    fn only_the_untouched_seal_for_its_purpose_opens() {
        let keys = Keys::derive(&[7; 32]);
        let sealed = keys.page.seal(b"users", b"after=1", [9; 12]).unwrap();
        assert_eq!(
            keys.page.open(b"users", &sealed).as_deref(),
            Some(b"after=1".as_slice())
        );
        assert_eq!(keys.page.open(b"invitations", &sealed), None);
        assert_eq!(keys.cookie.open(b"users", &sealed), None);
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert_eq!(keys.page.open(b"users", &bent), None, "byte {at}");
            assert_eq!(keys.page.open(b"users", &sealed[..at]), None, "cut at {at}");
        }
        let empty = keys.page.seal(b"", b"", [0; 12]).unwrap();
        assert_eq!(keys.page.open(b"", &empty), Some(Vec::new()));
    }
}
