//! How long to wait before the next attempt.

use jiff::SignedDuration;

/// Before the second attempt of an invitation: greylisting servers accept a second attempt after
/// about this long.
const FIRST: SignedDuration = SignedDuration::from_secs(30);
/// The longest wait for an invitation: 48 hours then hold some fifty attempts.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// Before the second attempt of a code: somebody is waiting in front of the page.
const FIRST_OF_CODE: SignedDuration = SignedDuration::from_secs(5);
/// The longest wait for a code, which lives ten minutes.
const LONGEST_OF_CODE: SignedDuration = SignedDuration::from_secs(60);

/// The wait after `attempts` attempts: doubled each time up to the longest, and up to a quarter
/// more or less, so that a thousand letters that failed together do not come back together.
pub(super) fn wait(attempts: u32, is_code: bool, random: [u8; 32]) -> SignedDuration {
    let (first, longest) = if is_code {
        (FIRST_OF_CODE, LONGEST_OF_CODE)
    } else {
        (FIRST, LONGEST)
    };
    // 2^16 times the first wait is beyond the longest already.
    let doubled = first.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    let plain = doubled.min(longest).as_millis();
    let [high, low, ..] = random;
    let jitter = i128::from(u16::from_be_bytes([high, low])) - 0x8000;
    let millis = plain + plain / 4 * jitter / 0x8000;
    SignedDuration::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_near() {
        let even = [0x80; 32];
        for (attempts, is_code, seconds) in [
            (0, false, 30),
            (1, false, 30),
            (2, false, 60),
            (3, false, 120),
            (8, false, 3600),
            (u32::MAX, false, 3600),
            (1, true, 5),
            (9, true, 60),
        ] {
            let exact = SignedDuration::from_secs(seconds);
            let slack = exact.as_millis() / 100;
            assert!(
                (wait(attempts, is_code, even).as_millis() - exact.as_millis()).abs() <= slack,
                "{attempts}"
            );
            assert_eq!(
                wait(attempts, is_code, [0; 32]).as_millis(),
                exact.as_millis() - exact.as_millis() / 4,
                "{attempts}"
            );
            assert!(
                wait(attempts, is_code, [0xff; 32]) <= exact + exact / 4,
                "{attempts}"
            );
        }
    }
}
