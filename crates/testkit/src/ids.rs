//! Ids and secrets that are the same in every run of a test, and differ from each other.

use std::sync::atomic::{AtomicU64, Ordering};

use directory::Ids;
use uuid::Uuid;

/// Counts up from a seed.
#[derive(Debug)]
pub struct SeededIds(AtomicU64);

impl SeededIds {
    /// Two sources with different seeds give different ids for the first 2^32 draws.
    pub const fn new(seed: u32) -> Self {
        Self(AtomicU64::new((seed as u64) << 32))
    }

    /// The next word, by the `SplitMix64` mixer, which maps different counts to different words.
    fn word(&self) -> u64 {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        let mut word = count.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn fill<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            for (to, from) in chunk.iter_mut().zip(self.word().to_le_bytes()) {
                *to = from;
            }
        }
        bytes
    }
}

impl Ids for SeededIds {
    fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.fill()).into_uuid()
    }

    fn secret(&self) -> [u8; 32] {
        self.fill()
    }

    fn code(&self) -> String {
        format!("{:08}", self.word() % 100_000_000)
    }

    fn nonce(&self) -> [u8; 12] {
        self.fill()
    }
}

/// As [`SeededIds`], but each object id is greater than the one before: objects without another
/// order stand in the order in which they were made, also after a change that draws more ids or
/// fewer.
#[derive(Debug)]
pub struct AscendingIds {
    drawn: AtomicU64,
    others: SeededIds,
}

impl AscendingIds {
    /// Begins at the first id.
    pub const fn new() -> Self {
        Self {
            drawn: AtomicU64::new(0),
            others: SeededIds::new(0),
        }
    }
}

impl Default for AscendingIds {
    fn default() -> Self {
        Self::new()
    }
}

impl Ids for AscendingIds {
    fn uuid(&self) -> Uuid {
        let count = self.drawn.fetch_add(1, Ordering::SeqCst);
        uuid::Builder::from_random_bytes((u128::from(count) << 80).to_be_bytes()).into_uuid()
    }

    fn secret(&self) -> [u8; 32] {
        self.others.secret()
    }

    fn code(&self) -> String {
        self.others.code()
    }

    fn nonce(&self) -> [u8; 12] {
        self.others.nonce()
    }
}
