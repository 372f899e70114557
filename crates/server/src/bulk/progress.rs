//! How far it has come: on a terminal one line that is drawn over, elsewhere a plain line now and
//! then, both on standard error.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;

/// Milliseconds between two drawings: often enough to look alive, seldom enough to cost nothing.
const REDRAW: i64 = 100;
/// Milliseconds between two plain lines: a log of an hour's import has some hundred.
const PLAIN: i64 = 10_000;
/// Characters of the bar.
const BAR: usize = 24;

/// How far it has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Rows that ended.
    pub rows: u64,
    /// Rows among them that were refused.
    pub refused: u64,
    /// Bytes of the input that were read for them.
    pub bytes: u64,
}

/// Shows it.
pub struct Meter {
    total: u64,
    begin: Timestamp,
    /// What was there when this process began, which says nothing about its rate.
    before: Progress,
    shown: Option<Timestamp>,
    is_terminal: bool,
    is_drawn: bool,
}

impl Meter {
    /// For an input of `total` bytes.
    pub fn new(total: u64, now: Timestamp) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            total,
            begin: now,
            before: Progress::default(),
            shown: None,
            is_terminal: io::stderr().is_terminal() && !dumb,
            is_drawn: false,
        }
    }

    /// An interrupted import goes on from here.
    pub fn from(&mut self, before: Progress) {
        self.before = before;
    }

    /// Shows it, when it is time to.
    pub fn show(&mut self, progress: Progress, now: Timestamp) {
        if self.is_due(now) {
            let line = self.line(progress, now);
            self.draw(&line);
        }
    }

    /// Says how far the indexes are, behind the last row.
    pub fn step(&mut self, done: usize, steps: usize, now: Timestamp) {
        if self.is_due(now) {
            self.draw(&format!("making the indexes, {done} of {steps} done"));
        }
    }

    fn is_due(&mut self, now: Timestamp) -> bool {
        let every = if self.is_terminal { REDRAW } else { PLAIN };
        let since = self.shown.unwrap_or(self.begin);
        let is_due = now.as_millisecond() - since.as_millisecond() >= every;
        if is_due {
            self.shown = Some(now);
        }
        is_due
    }

    fn draw(&mut self, line: &str) {
        write(&if self.is_terminal {
            self.is_drawn = true;
            format!("\r\u{1b}[2K{line}")
        } else {
            format!("{line}\n")
        });
    }

    /// Takes the drawn line away.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            write("\r\u{1b}[2K");
        }
    }

    /// Rows of this process in a second.
    pub fn rate(&self, progress: Progress, now: Timestamp) -> u64 {
        let millis = u64::try_from(now.as_millisecond() - self.begin.as_millisecond());
        let rows = progress.rows.saturating_sub(self.before.rows);
        rows.saturating_mul(1000) / millis.unwrap_or(0).max(1)
    }

    fn line(&self, progress: Progress, now: Timestamp) -> String {
        let mut line = String::new();
        let share = |of: u64| progress.bytes.saturating_mul(of) / self.total.max(1);
        if self.is_terminal {
            let full = usize::try_from(share(BAR as u64)).unwrap_or(BAR).min(BAR);
            line.push_str(&"█".repeat(full));
            line.push_str(&"░".repeat(BAR - full));
            line.push(' ');
        }
        let _infallible = write!(
            line,
            "{:>3} %  {} rows  {}/s",
            share(100).min(100),
            grouped(progress.rows),
            grouped(self.rate(progress, now)),
        );
        if let Some(left) = self.seconds_left(progress, now) {
            let _infallible = write!(line, "  {} left", duration(left));
        }
        if progress.refused > 0 {
            let _infallible = write!(line, "  {} refused", grouped(progress.refused));
        }
        line
    }

    /// Seconds left, by the bytes that are.
    fn seconds_left(&self, progress: Progress, now: Timestamp) -> Option<u64> {
        let done = progress.bytes.checked_sub(self.before.bytes)?;
        let left = self.total.saturating_sub(progress.bytes);
        let millis = u64::try_from(now.as_millisecond() - self.begin.as_millisecond()).ok()?;
        let all = u128::from(left) * u128::from(millis);
        u64::try_from(all.checked_div(u128::from(done))?.div_ceil(1000)).ok()
    }
}

/// With standard error gone there is nobody left to show it to.
fn write(text: &str) {
    let mut out = io::stderr().lock();
    let _gone = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// `1,234,567`
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 h 02 min`, `3 min 20 s`, `7 s`
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// What something took: `31 ms`, `4.2 s`, and from ten seconds on as [`duration`].
pub fn elapsed(millis: u64) -> String {
    match millis {
        0..1000 => format!("{} ms", millis.max(1)),
        1000..10_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        _ => duration(millis / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(is_terminal: bool) -> Meter {
        Meter {
            is_terminal,
            ..Meter::new(1000, Timestamp::UNIX_EPOCH)
        }
    }

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let progress = |rows, refused, bytes| Progress {
            rows,
            refused,
            bytes,
        };
        let check = |is_terminal, progress, second, expected: &str| {
            assert_eq!(meter(is_terminal).line(progress, at(second)), expected);
        };
        check(false, progress(0, 0, 0), 0, "  0 %  0 rows  0/s");
        check(
            false,
            progress(12_345, 0, 500),
            10,
            " 50 %  12,345 rows  1,234/s  10 s left",
        );
        check(
            true,
            progress(5000, 7, 250),
            100,
            "██████░░░░░░░░░░░░░░░░░░  25 %  5,000 rows  50/s  5 min 00 s left  7 refused",
        );
        let mut resumed = meter(false);
        resumed.from(progress(4000, 0, 200));
        assert_eq!(
            resumed.line(progress(5000, 0, 250), at(10)),
            " 25 %  5,000 rows  100/s  2 min 30 s left"
        );
    }

    #[test]
    fn numbers_and_durations() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), expected);
        }
        for (millis, expected) in [
            (0, "1 ms"),
            (31, "31 ms"),
            (4250, "4.2 s"),
            (61_000, "1 min 01 s"),
        ] {
            assert_eq!(elapsed(millis), expected);
        }
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min 00 s"),
            (3725, "1 h 02 min"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }
}
