//! Constants of the expression language.

use edm::instant;
use jiff::Timestamp;
use uuid::Uuid;

/// A constant as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    /// Within 64 bits.
    Int(i64),
    /// With a fraction or an exponent, or beyond 64 bits; `INF` and `NaN` too.
    Number(String),
    Text(String),
    Guid(Uuid),
    /// A date, or a date with a time.
    Moment(Moment),
    /// `12:30`, `12:30:00.5`
    TimeOfDay(String),
    /// A text with the name of its type before it: `duration'…'`, `binary'…'`, `geography'…'`,
    /// members of enumerations.
    Typed {
        name: String,
        text: String,
    },
}

/// A date or an instant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment {
    /// `Edm.Date`, not `Edm.DateTimeOffset`.
    pub(crate) date: bool,
    /// Before and after the years 1 to 9999, the first and the last instant there is: nothing is
    /// kept beyond them, and clients send the end of their own calendar for "ever". `None` for a
    /// date or a time that no calendar has.
    pub(crate) at: Option<Timestamp>,
}

impl Constant {
    /// A date or a time that no calendar has.
    pub(crate) fn is_impossible(&self) -> bool {
        matches!(self, Self::Moment(Moment { at: None, .. }))
    }

    /// The CSDL name of its type, for texts.
    pub(crate) fn type_name(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "Edm.Boolean",
            Self::Int(value) if i32::try_from(*value).is_ok() => "Edm.Int32",
            Self::Int(_) => "Edm.Int64",
            Self::Number(_) => "Edm.Decimal",
            Self::Text(_) => "Edm.String",
            Self::Guid(_) => "Edm.Guid",
            Self::Moment(Moment { date: true, .. }) => "Edm.Date",
            Self::Moment(_) => "Edm.DateTimeOffset",
            Self::TimeOfDay(_) => "Edm.TimeOfDay",
            Self::Typed { name, .. } if name.eq_ignore_ascii_case("duration") => "Edm.Duration",
            Self::Typed { name, .. } if name.eq_ignore_ascii_case("binary") => "Edm.Binary",
            Self::Typed { name, .. } => name,
        }
    }
}

/// A constant that begins with a digit, a sign before a digit, or the hexadecimal digits of a GUID,
/// and the bytes it takes. `Ok(None)` when there is none; `Err` when there is one with something
/// wrong.
pub(crate) fn scan(text: &str) -> Result<Option<(Constant, usize)>, &'static str> {
    if let Some(end) = guid(text) {
        return match text.get(..end).and_then(|text| Uuid::try_parse(text).ok()) {
            Some(id) => Ok(Some((Constant::Guid(id), end))),
            None => Err("a GUID"),
        };
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(None);
    }
    let (constant, end) = if let Some(found) = moment(text) {
        found
    } else if let Some(end) = time(text.as_bytes(), true) {
        let clock = text.get(..end).ok_or("a time")?;
        (Constant::TimeOfDay(clock.to_owned()), end)
    } else {
        number(text).ok_or("a number")?
    };
    // `1and` is neither a number nor a name.
    match text.get(end..).and_then(|rest| rest.chars().next()) {
        Some(c)
            if c.is_alphanumeric() || "_.-'\"@:".contains(c) && !is_case_colon(&constant, c) =>
        {
            Err("a space after a number, a date or a time")
        }
        _ => Ok(Some((constant, end))),
    }
}

/// In `case(1 gt 0:1)` a colon stands right after a number.
fn is_case_colon(constant: &Constant, c: char) -> bool {
    c == ':' && matches!(constant, Constant::Int(_) | Constant::Number(_))
}

fn guid(text: &str) -> Option<usize> {
    const SHAPE: &[u8] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    let bytes = text.as_bytes();
    let shaped = bytes
        .get(..SHAPE.len())?
        .iter()
        .zip(SHAPE)
        .all(|(byte, want)| match want {
            b'x' => byte.is_ascii_hexdigit(),
            want => byte == want,
        });
    let alone = !text
        .get(SHAPE.len()..)?
        .starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
    (shaped && alone).then_some(SHAPE.len())
}

/// Digits from `at` on.
fn digits(bytes: &[u8], at: usize) -> usize {
    bytes
        .get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

fn has(bytes: &[u8], at: usize, any: &[u8]) -> bool {
    bytes.get(at).is_some_and(|byte| any.contains(byte))
}

/// `2012-09-03`, `2012-09-03T13:52Z`, `2012-09-03T13:52:00.5+02:00`. A `+` that came as a space,
/// because it was not percent-encoded, is taken for what was meant.
fn moment(text: &str) -> Option<(Constant, usize)> {
    let bytes = text.as_bytes();
    let sign = usize::from(has(bytes, 0, b"-"));
    let year = digits(bytes, sign);
    let mut at = sign + year;
    let month_day = |at: usize| has(bytes, at, b"-") && digits(bytes, at + 1) == 2;
    if year < 4 || !month_day(at) || !month_day(at + 3) {
        return None;
    }
    at += 6;
    let date = text.get(..at)?;
    if !has(bytes, at, b"Tt") {
        let moment = Moment {
            date: true,
            at: instant_of(date, "T00:00:00Z"),
        };
        return Some((Constant::Moment(moment), at));
    }
    at += 1;
    let clock_end = at + time(bytes.get(at..)?, false)?;
    let clock = text.get(at..clock_end)?;
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let (zone, end) = if has(bytes, clock_end, b"Zz") {
        ("Z".to_owned(), clock_end + 1)
    } else {
        let offset = text.get(clock_end + 1..clock_end + 6)?;
        if !has(bytes, clock_end, b"+- ") || time(offset.as_bytes(), false)? != 5 {
            return None;
        }
        let sign = if has(bytes, clock_end, b"-") {
            '-'
        } else {
            '+'
        };
        (format!("{sign}{offset}"), clock_end + 6)
    };
    let moment = Moment {
        date: false,
        at: instant_of(date, &format!("T{clock}{seconds}{zone}")),
    };
    Some((Constant::Moment(moment), end))
}

/// The instant of a date of any year and a time with its zone.
fn instant_of(date: &str, rest: &str) -> Option<Timestamp> {
    let (year, month_day) = date.split_at_checked(date.len().checked_sub(6)?)?;
    let digits = year.trim_start_matches('-');
    if let (4, true, Some(at)) = (
        digits.len(),
        digits == year,
        instant::parse(&format!("{date}{rest}")),
    ) {
        return Some(at);
    }
    // The calendar is the same every 400 years, and 10,000 are a multiple of them.
    let last: u32 = digits.get(digits.len().checked_sub(4)?..)?.parse().ok()?;
    let alike = 2_000 + last % 400;
    instant::parse(&format!("{alike}{month_day}{rest}"))?;
    // An offset carries the first or the last days of the years out of them.
    let is_before = digits != year || digits.trim_start_matches('0').len() <= 1;
    Some(if is_before {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// The bytes of `12:30`, `12:30:59`, `12:30:59.123`. As a constant it must not be what a lambda or
/// a case could hold.
fn time(bytes: &[u8], alone: bool) -> Option<usize> {
    if digits(bytes, 0) != 2 || !has(bytes, 2, b":") || digits(bytes, 3) != 2 {
        return None;
    }
    if !has(bytes, 5, b":") || digits(bytes, 6) != 2 {
        return Some(5).filter(|_| !alone || !has(bytes, 5, b".:"));
    }
    let fraction = digits(bytes, 9);
    Some(if has(bytes, 8, b".") && fraction > 0 {
        9 + fraction
    } else {
        8
    })
}

/// `42`, `-1.5`, `3e10`.
fn number(text: &str) -> Option<(Constant, usize)> {
    let bytes = text.as_bytes();
    let mut at = usize::from(has(bytes, 0, b"+-"));
    at += digits(bytes, at);
    let whole = at;
    if has(bytes, at, b".") {
        let fraction = digits(bytes, at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if has(bytes, at, b"eE") {
        let sign = usize::from(has(bytes, at + 1, b"+-"));
        let exponent = digits(bytes, at + 1 + sign);
        if exponent == 0 {
            return None;
        }
        at += 1 + sign + exponent;
    }
    let text = text.get(..at)?;
    let constant = match text.parse() {
        Ok(value) if at == whole => Constant::Int(value),
        _ => Constant::Number(text.to_owned()),
    };
    Some((constant, at))
}
