//! The texts of SHA-crypt, as `/etc/shadow` has them: `$6$rounds=N$salt$hash`, the bytes of the
//! hash in an order of their own and in a base64 of their own.

use super::read::number;
use super::{HashFault, Scheme, Sha, StoredHash};

/// Six bits a letter, the lowest bits first.
const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Rounds where a text names none.
const ROUNDS: u32 = 5_000;
/// How the field of the rounds begins.
const ROUNDS_FIELD: &str = "rounds=";

/// Which byte of the hash stands where in the text. The text of sha-crypt lists them in threes,
/// highest first.
const ORDER_256: [usize; 32] = [
    20, 10, 0, 11, 1, 21, 2, 22, 12, 23, 13, 3, 14, 4, 24, 5, 25, 15, 26, 16, 6, 17, 7, 27, 8, 28,
    18, 29, 19, 9, 30, 31,
];
const ORDER_512: [usize; 64] = [
    42, 21, 0, 1, 43, 22, 23, 2, 44, 45, 24, 3, 4, 46, 25, 26, 5, 47, 48, 27, 6, 7, 49, 28, 29, 8,
    50, 51, 30, 9, 10, 52, 31, 32, 11, 53, 54, 33, 12, 13, 55, 34, 35, 14, 56, 57, 36, 15, 16, 58,
    37, 38, 17, 59, 60, 39, 18, 19, 61, 40, 41, 20, 62, 63,
];

/// `rounds=5000$salt$hash`, the rounds left out where they are these.
pub(super) fn read(sha: Sha, rest: &str) -> Result<StoredHash, HashFault> {
    let (rounds, rest) = match rest.strip_prefix(ROUNDS_FIELD) {
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$').ok_or(HashFault::Malformed)?;
            (number(rounds)?, rest)
        }
        None => (ROUNDS, rest),
    };
    let (salt, digest) = rest.split_once('$').ok_or(HashFault::Malformed)?;
    let order: &[usize] = match sha {
        Sha::Two512 => &ORDER_512,
        _ => &ORDER_256,
    };
    Ok(StoredHash {
        scheme: Scheme::ShaCrypt { sha, rounds },
        salt: salt.as_bytes().to_vec(),
        digest: bytes(digest, order)?,
    })
}

fn bytes(text: &str, order: &[usize]) -> Result<Vec<u8>, HashFault> {
    if text.len() != (order.len() * 8).div_ceil(6) {
        return Err(HashFault::Malformed);
    }
    let (mut bits, mut count) = (0_u32, 0);
    let mut digest = vec![0; order.len()];
    let mut places = order.iter();
    for letter in text.bytes() {
        let value = LETTERS.iter().position(|own| *own == letter);
        let value = value.and_then(|value| u32::try_from(value).ok());
        bits |= value.ok_or(HashFault::Malformed)? << count;
        count += 6;
        if count >= 8 {
            let place = places.next().and_then(|place| digest.get_mut(*place));
            // Eight bits of it.
            *place.ok_or(HashFault::Malformed)? = bits.to_le_bytes()[0];
            bits >>= 8;
            count -= 8;
        }
    }
    Ok(digest)
}
