//! Everything random: object ids, tickets, passcodes, nonces. A test chooses them by passing its
//! own [`Ids`].

use std::cell::RefCell;

use aws_lc_rs::rand;
use jiff::Timestamp;
use uuid::Uuid;

/// Passcodes have 8 decimal digits, so there are 10^8 of them (T-8).
const CODES: u32 = 100_000_000;
/// The largest multiple of [`CODES`] that a `u32` holds. Draws at or above it are thrown away:
/// taking them modulo 10^8 would make the lowest codes likelier than the rest.
const UNBIASED: u32 = u32::MAX / CODES * CODES;

/// Gives ids and secrets.
pub trait Ids: Send + Sync + 'static {
    /// A random id (version 4): of a request, of a visit.
    fn uuid(&self) -> Uuid;
    /// The id of an object made now, in the shape of version 4. Ids of objects that are made one
    /// after the other stand side by side in the indexes, so that a batch of writes changes a few
    /// pages of each and not one page for each object (decision record 0086). A source for tests
    /// need not do that.
    fn object(&self, _now: Timestamp) -> Uuid {
        self.uuid()
    }
    /// 256 secret bits: a ticket, a client secret, a session.
    fn secret(&self) -> [u8; 32];
    /// A passcode of 8 digits, each value equally likely.
    fn code(&self) -> String;
    /// A 96-bit nonce for [`crate::Sealer::seal`].
    fn nonce(&self) -> [u8; 12];
}

/// Ids from the operating system's random generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(next_random_id()).into_uuid()
    }

    /// Milliseconds since 1970, then 74 random bits.
    fn object(&self, now: Timestamp) -> Uuid {
        let mut bytes = next_random_id();
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        // 48 bits of milliseconds last until the year 10889.
        let prefix = millis.to_be_bytes().into_iter().skip(2);
        for (to, from) in bytes.iter_mut().zip(prefix) {
            *to = from;
        }
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn secret(&self) -> [u8; 32] {
        draw()
    }

    fn code(&self) -> String {
        code_from(|| u32::from_le_bytes(draw()))
    }

    fn nonce(&self) -> [u8; 12] {
        draw()
    }
}

/// Ids that a thread draws at a time. Every request has one, and most of what a draw costs is the
/// same for one as for all of them.
const AHEAD: usize = 64;
const ID_BYTES: usize = 16;

thread_local! {
    /// Random bytes that are no id yet. Only ids are drawn ahead; a secret never lies anywhere
    /// before somebody needs it.
    static DRAWN: RefCell<Vec<[u8; ID_BYTES]>> = const { RefCell::new(Vec::new()) };
}

/// Random bytes for an id.
fn next_random_id() -> [u8; ID_BYTES] {
    DRAWN.with_borrow_mut(|drawn| {
        if drawn.is_empty() {
            let bytes = draw::<{ AHEAD * ID_BYTES }>();
            let (ids, _) = bytes.as_chunks::<ID_BYTES>();
            drawn.extend_from_slice(ids);
        }
        drawn.pop().unwrap_or_else(draw)
    })
}

/// Random bytes from the system.
fn draw<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if rand::fill(&mut bytes).is_err() {
        // Going on would hand out guessable tickets, and no caller could do better than stop.
        std::process::abort();
    }
    bytes
}

/// Eight digits from a source of random words.
fn code_from(mut word: impl FnMut() -> u32) -> String {
    loop {
        let drawn = word();
        if drawn < UNBIASED {
            return format!("{:08}", drawn % CODES);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_have_eight_digits_and_skip_the_biased_tail() {
        let check = |words: &[u32], expected: &str| {
            let mut words = words.iter().copied();
            assert_eq!(code_from(|| words.next().unwrap()), expected);
        };
        check(&[0], "00000000");
        check(&[100_000_000], "00000000");
        check(&[4_199_999_999], "99999999");
        check(&[4_200_000_000, u32::MAX, 7], "00000007");
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        let ids = SystemIds;
        let drawn: HashSet<_> = (0..5 * AHEAD).map(|_| ids.uuid()).collect();
        assert_eq!(drawn.len(), 5 * AHEAD);
        assert_ne!(ids.secret(), ids.secret());
        assert_ne!(ids.nonce(), ids.nonce());
        assert_eq!(ids.uuid().get_version_num(), 4);
        assert_eq!(ids.code().len(), 8);
    }

    #[test]
    fn ids_of_objects_stand_in_the_order_of_time() {
        let ids = SystemIds;
        let mut before = Uuid::nil();
        for millis in [0, 1, 255, 256, 1_764_000_000_000, 1_764_000_000_001] {
            let now = Timestamp::from_millisecond(millis).unwrap();
            let (one, other) = (ids.object(now), ids.object(now));
            assert!(before < one && before < other, "{millis}");
            assert_ne!(one, other);
            assert_eq!(one.get_version_num(), 4);
            assert_eq!(one.get_variant(), uuid::Variant::RFC4122);
            before = one.max(other);
        }
    }
}
