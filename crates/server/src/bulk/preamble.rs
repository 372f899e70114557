//! What stands in a CSV file before its titles: the version line of the Entra portal's forms, the
//! type that PowerShell names, the separator that Excel reads and writes. And the separator, where
//! nothing names it.

use std::io::{self, BufRead, Read as _};

use super::csv::MOST_BYTES;

/// How the portal's forms begin.
const VERSION: &[u8] = b"version:";
/// How `Export-Csv` of Windows PowerShell begins.
const TYPE: &[u8] = b"#type";
/// How a file begins that tells Excel its separator.
const SEPARATOR: &[u8] = b"sep=";
/// What may part fields where nothing says so; the first wins where they are equally frequent.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// What was read before the records.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Preamble {
    /// Lines before the titles.
    pub(super) lines: u64,
    /// Their bytes.
    pub(super) bytes: u64,
    /// The separator that a line names.
    pub(super) separator: Option<u8>,
    /// Whether there is a version line.
    pub(super) is_form: bool,
    /// The line of titles, or its beginning; empty at the end of the file.
    pub(super) titles: Vec<u8>,
}

/// Reads up to and with the line of titles.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Preamble> {
    let mut found = Preamble::default();
    if input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
        input.consume(3);
        found.bytes = 3;
    }
    loop {
        let mut line = Vec::new();
        let limit = MOST_BYTES as u64;
        input.by_ref().take(limit).read_until(b'\n', &mut line)?;
        if line.is_empty() || !found.takes(&line) {
            found.titles = line;
            return Ok(found);
        }
        found.lines += 1;
        found.bytes += line.len() as u64;
    }
}

impl Preamble {
    /// Whether the line stands before the titles.
    fn takes(&mut self, line: &[u8]) -> bool {
        // The end of a line that is longer than any is would be taken for a line of its own.
        if !line.ends_with(b"\n") {
            return false;
        }
        let text = line.trim_ascii();
        let text = text.strip_prefix(b"\"").unwrap_or(text);
        let begins = |start: &[u8]| {
            text.get(..start.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(start))
        };
        if begins(VERSION) && !self.is_form {
            self.is_form = true;
            return true;
        }
        if begins(SEPARATOR) {
            // The tab is a separator, and white space that was trimmed.
            let rest = line.get(line.len() - line.trim_ascii_start().len()..);
            let rest = rest.unwrap_or_default();
            let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
            let named = rest.get(SEPARATOR.len()).copied();
            self.separator = named.filter(|byte| *byte == b'\t' || byte.is_ascii_punctuation());
            return true;
        }
        text.is_empty() || begins(TYPE)
    }
}

/// What parts these titles: the most frequent of the separators outside quotes.
pub(super) fn separator(titles: &[u8]) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut is_quoted = false;
    for byte in titles {
        if *byte == b'"' {
            is_quoted = !is_quoted;
        }
        if is_quoted {
            continue;
        }
        for (count, separator) in counts.iter_mut().zip(SEPARATORS) {
            *count += usize::from(*byte == separator);
        }
    }
    let mut best = (0, b',');
    for (count, separator) in counts.into_iter().zip(SEPARATORS) {
        if count > best.0 {
            best = (count, separator);
        }
    }
    best.1
}
