//! Instants as the API writes them: RFC 3339, in UTC, to 100 nanoseconds.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Fraction digits of `Edm.DateTimeOffset` as the service keeps them.
const DIGITS: usize = 7;

/// Fraction digits accepted: the grammar of the protocol allows twelve; beyond [`DIGITS`] they are
/// dropped, so that an instant is the same after it was stored.
const MOST_DIGITS: usize = 12;

/// Reads `2014-01-01T00:00:00Z`, with any offset and up to twelve fraction digits. `None` for
/// everything else, also for what other RFC 3339 readers let pass: a space for the `T`, a missing
/// zone, 24:00, a leap second.
pub fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if !shaped(bytes.get(..19)?, b"dddd-dd-ddTdd:dd:dd")
        || bytes.get(17)? > &b'5'
        || bytes.get(..4)? == b"0000"
    {
        return None;
    }
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || digits > MOST_DIGITS {
                return None;
            }
            (rest.get(..digits.min(DIGITS))?, rest.get(digits..)?)
        }
        None => ("0", rest),
    };
    let is_zone = zone.eq_ignore_ascii_case("z")
        || shaped(zone.as_bytes(), b"+dd:dd")
        || shaped(zone.as_bytes(), b"-dd:dd");
    if !is_zone {
        return None;
    }
    let at: Timestamp = format!("{}.{fraction}{zone}", text.get(..19)?)
        .parse()
        .ok()?;
    // An offset can carry the first or last day out of the years that can be written with four
    // digits.
    let year = at.to_zoned(TimeZone::UTC).year();
    (1..=9999).contains(&year).then_some(at)
}

/// Writes `2014-01-01T00:00:00Z`, with up to seven fraction digits and no zeros at their end.
pub fn render(at: Timestamp) -> String {
    let time = TimeZone::UTC.to_datetime(at);
    let mut out = String::with_capacity("2014-01-01T00:00:00.0000000Z".len());
    match u32::try_from(time.year()) {
        Ok(year) => padded(&mut out, year, 4),
        // A year before the first: no text that is read has one.
        Err(_) => out.push_str(&time.strftime("%Y").to_string()),
    }
    for (before, part) in [
        ('-', time.month()),
        ('-', time.day()),
        ('T', time.hour()),
        (':', time.minute()),
        (':', time.second()),
    ] {
        out.push(before);
        padded(&mut out, u32::from(part.unsigned_abs()), 2);
    }
    let hundreds = time.subsec_nanosecond().unsigned_abs() / 100;
    if hundreds != 0 {
        out.push('.');
        padded(&mut out, hundreds, DIGITS);
        out.truncate(out.trim_end_matches('0').len());
    }
    out.push('Z');
    out
}

/// Writes a number with so many digits, at most ten.
fn padded(out: &mut String, number: u32, digits: usize) {
    let mut text = [b'0'; 10];
    let mut left = number;
    for digit in text.iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
    }
    let from = text.len().saturating_sub(digits);
    out.extend(text.iter().skip(from).copied().map(char::from));
}

/// Whether the bytes have the shape: `d` a digit, `T` either case, anything else itself.
fn shaped(bytes: &[u8], shape: &[u8]) -> bool {
    bytes.len() == shape.len()
        && bytes.iter().zip(shape).all(|(byte, want)| match want {
            b'd' => byte.is_ascii_digit(),
            want => byte.eq_ignore_ascii_case(want),
        })
}

/// Whether the text is a time of day: `08:00`, `08:00:00`, `08:00:00.0000000`.
pub fn is_time_of_day(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let clock = clock.as_bytes();
    let in_range =
        |at: usize, most: &[u8]| clock.get(at..at + 2).is_none_or(|digits| digits <= most);
    (shaped(clock, b"dd:dd:dd") || (shaped(clock, b"dd:dd") && !text.contains('.')))
        && in_range(0, b"23")
        && in_range(3, b"59")
        && in_range(6, b"59")
        && (1..=MOST_DIGITS).contains(&fraction.len())
        && fraction.bytes().all(|b| b.is_ascii_digit())
}
