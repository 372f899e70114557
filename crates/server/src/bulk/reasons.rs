//! Why rows were refused: the first few reasons, for the screen. The results have them all.

use serde_json::{Value, json};

use super::progress::grouped;
use crate::terminal::{Screen, printable};

/// Reasons that are kept: what fits below a summary. A file with a wrong column has one for all of
/// its rows.
const MOST: usize = 5;
/// Characters of a reason on the screen: two lines of a terminal.
const WIDTH: usize = 160;

/// A reason and the first row that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reason {
    line: u64,
    key: String,
    message: String,
    rows: u64,
}

/// The reasons so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasons {
    first: Vec<Reason>,
    /// Rows with other reasons.
    others: u64,
}

impl Reasons {
    /// Takes a refused row into account.
    pub fn add(&mut self, line: u64, key: &str, message: &str) {
        if let Some(known) = self.first.iter_mut().find(|one| one.message == message) {
            known.rows += 1;
        } else if self.first.len() < MOST {
            self.first.push(Reason {
                line,
                key: key.to_owned(),
                message: message.to_owned(),
                rows: 1,
            });
        } else {
            self.others += 1;
        }
    }

    /// Shows them below a summary.
    pub fn show(&self, screen: &mut Screen) {
        for reason in &self.first {
            let more = match reason.rows {
                1 => String::new(),
                rows => format!(" and {} more", grouped(rows - 1)),
            };
            let key = match reason.key.as_str() {
                "" => String::new(),
                key => format!(" {key}"),
            };
            let mut message: String = reason.message.chars().take(WIDTH).collect();
            if message.len() < reason.message.len() {
                message.push('…');
            }
            // The key and some messages hold text of the file, which must not steer the terminal.
            let text =
                format!("line {}{key}{more}: {message}", reason.line).replace(['\n', '\t'], " ");
            screen.line(printable(&text));
        }
        if self.others > 0 {
            screen.line(format!("{} more for other reasons", grouped(self.others)));
        }
    }

    /// The reasons as JSON, for programs.
    pub fn json(&self) -> Value {
        let all = self.first.iter().map(|reason| {
            json!({
                "line": reason.line,
                "key": reason.key,
                "message": reason.message,
                "rows": reason.rows,
            })
        });
        all.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_reasons_are_counted_and_few_are_kept() {
        let mut reasons = Reasons::default();
        reasons.add(2, "a", "no name");
        reasons.add(3, "", "no name");
        for line in 4..12 {
            reasons.add(line, "", &format!("reason {line}"));
        }
        assert_eq!(reasons.first.len(), MOST);
        assert_eq!((reasons.first[0].rows, reasons.others), (2, 4));
    }
}
