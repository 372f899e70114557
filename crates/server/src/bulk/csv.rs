//! Comma-separated values (RFC 4180), read with a limit on everything and written so that the same
//! comes back.
//!
//! A record may span lines where a field is quoted. The separator is what the line of titles shows:
//! a comma, or the semicolon or tab that spreadsheets write in some languages. Blanks around an
//! unquoted field are not part of it. After a fault the reader goes on with the next line.

use std::io::{self, BufRead, Chain, Cursor, Read as _};

use super::preamble::{self, Preamble};

/// Longest record in bytes: a user with every property filled has some tens of kilobytes.
pub const MOST_BYTES: usize = 1 << 20;
/// Most fields of a record: the property table and a few identities have a hundred.
pub const MOST_FIELDS: usize = 1000;

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvFault {
    /// More than [`MOST_BYTES`].
    #[error("the record is longer than 1 MiB; is a quote left open?")]
    TooLong,
    /// More than [`MOST_FIELDS`].
    #[error("the record has more than 1000 fields")]
    TooMany,
    /// A quote within an unquoted field, or text behind a closing quote.
    #[error(
        "a quote stands in the middle of a field; a field with quotes is quoted and doubles them"
    )]
    StrayQuote,
    /// The file ends within quotes.
    #[error("a quote that opens a field is never closed")]
    OpenQuote,
    /// Not UTF-8.
    #[error("the text is not UTF-8; save the file as \"CSV UTF-8\"")]
    NotUtf8,
}

/// One record: its fields in order.
pub type Fields = Vec<String>;

/// Reads records.
pub struct CsvReader<R> {
    /// The line of titles, which was read to find the separator, and the rest.
    input: Chain<Cursor<Vec<u8>>, R>,
    separator: u8,
    is_form: bool,
    /// Lines begun so far.
    line: u64,
    /// Bytes taken so far.
    bytes: u64,
    at_end: bool,
}

/// Where the reader stands in a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// Behind a quote within quotes: doubled, or the end of the field.
    Quote,
}

impl<R: BufRead> CsvReader<R> {
    /// Begins to read. A byte order mark and the lines that some programs write before the titles
    /// are passed over.
    pub fn new(mut input: R) -> io::Result<Self> {
        let Preamble {
            lines,
            bytes,
            separator,
            is_form,
            titles,
        } = preamble::read(&mut input)?;
        Ok(Self {
            separator: separator.unwrap_or_else(|| preamble::separator(&titles)),
            input: Cursor::new(titles).chain(input),
            is_form,
            line: lines,
            bytes,
            at_end: false,
        })
    }

    /// Whether a line with a version stands before the titles, as in the forms of the Entra portal.
    pub fn is_form(&self) -> bool {
        self.is_form
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next record with the line it begins in, from 1; `None` at the end. Empty lines are
    /// passed over.
    pub fn record(&mut self) -> io::Result<Option<(u64, Result<Fields, CsvFault>)>> {
        loop {
            if self.at_end {
                return Ok(None);
            }
            let line = self.line + 1;
            let record = self.read()?;
            match record {
                Ok(fields) if fields.iter().all(String::is_empty) && fields.len() <= 1 => {}
                other => return Ok(Some((line, other))),
            }
        }
    }

    fn read(&mut self) -> io::Result<Result<Fields, CsvFault>> {
        let mut fields = Fields::new();
        let mut field = Vec::new();
        let mut state = State::Start;
        let mut fault = None;
        let mut taken = 0_usize;
        let mut quoted = false;
        self.line += 1;
        'bytes: loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                self.at_end = true;
                if state == State::Quoted {
                    fault.get_or_insert(CsvFault::OpenQuote);
                }
                break;
            }
            let mut used = 0;
            for &byte in buffer {
                used += 1;
                taken += 1;
                if byte == b'\n' {
                    if state != State::Quoted || fault.is_some() {
                        self.input.consume(used);
                        self.bytes += used as u64;
                        break 'bytes;
                    }
                    self.line += 1;
                }
                if taken > MOST_BYTES {
                    fault.get_or_insert(CsvFault::TooLong);
                }
                if fault.is_some() {
                    continue;
                }
                state = match (state, byte) {
                    (State::Start, b'"') => {
                        quoted = true;
                        State::Quoted
                    }
                    (State::Plain, b'"') if field.iter().all(|byte| is_blank(*byte)) => {
                        field.clear();
                        quoted = true;
                        State::Quoted
                    }
                    (State::Quote, b'"') => {
                        field.push(b'"');
                        State::Quoted
                    }
                    (State::Start | State::Plain | State::Quote, byte)
                        if byte == self.separator =>
                    {
                        match end(&mut fields, &mut field, std::mem::take(&mut quoted)) {
                            Ok(()) => State::Start,
                            Err(found) => {
                                fault = Some(found);
                                State::Start
                            }
                        }
                    }
                    // The carriage return before the line feed; elsewhere it is a character like
                    // others.
                    (State::Quoted, b'"') | (State::Quote, b'\r' | b' ' | b'\t') => State::Quote,
                    (State::Plain, b'"') | (State::Quote, _) => {
                        fault = Some(CsvFault::StrayQuote);
                        state
                    }
                    (State::Quoted, byte) => {
                        field.push(byte);
                        State::Quoted
                    }
                    (State::Start | State::Plain, byte) => {
                        field.push(byte);
                        State::Plain
                    }
                };
            }
            self.input.consume(used);
            self.bytes += used as u64;
        }
        if let Some(fault) = fault {
            return Ok(Err(fault));
        }
        Ok(end(&mut fields, &mut field, quoted).map(|()| fields))
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn end(fields: &mut Fields, field: &mut Vec<u8>, quoted: bool) -> Result<(), CsvFault> {
    if fields.len() == MOST_FIELDS {
        return Err(CsvFault::TooMany);
    }
    let text = String::from_utf8(std::mem::take(field)).map_err(|_| CsvFault::NotUtf8)?;
    fields.push(if quoted { text } else { text.trim().to_owned() });
    Ok(())
}

/// The characters with which spreadsheets begin a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A cell that no spreadsheet takes for a formula: with a `'` before it where it begins like one,
/// or begins with such a `'`.
pub fn guard(text: &str) -> String {
    if begins_like_formula(text.trim_start_matches('\'')) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Takes off what [`guard`] put on.
pub fn unguard(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if begins_like_formula(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

fn begins_like_formula(text: &str) -> bool {
    text.starts_with(FORMULA)
}

/// Appends a field, quoted where it must be.
pub fn push_field(out: &mut String, text: &str) {
    // The semicolon is quoted for those spreadsheets that would split there, outer blanks because
    // readers take them away.
    let has_outer_blanks =
        text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    if has_outer_blanks || text.contains([',', '"', '\n', '\r', ';', '\t']) {
        out.push('"');
        for part in text.split_inclusive('"') {
            out.push_str(part);
            if part.ends_with('"') {
                out.push('"');
            }
        }
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// Appends a record and its line end.
pub fn push_record<'a>(out: &mut String, fields: impl IntoIterator<Item = &'a str>) {
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push_field(out, field);
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(u64, Result<Fields, CsvFault>)> {
        // A small buffer, so that every boundary is met.
        let mut reader = CsvReader::new(io::BufReader::with_capacity(64, text)).unwrap();
        let mut all = Vec::new();
        while let Some(record) = reader.record().unwrap() {
            all.push(record);
        }
        assert_eq!(reader.bytes(), text.len() as u64);
        all
    }

    #[test]
    fn records() {
        let check = |text: &str, expected: &[(u64, &[&str])]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(line, fields)| (*line, Ok(fields.iter().map(|&f| f.to_owned()).collect())))
                .collect();
            assert_eq!(read(text.as_bytes()), expected, "{text:?}");
        };
        check("", &[]);
        check("\n\r\n", &[]);
        check("a,b\nc,d", &[(1, &["a", "b"]), (2, &["c", "d"])]);
        check("a,b\r\nc,\r\n", &[(1, &["a", "b"]), (2, &["c", ""])]);
        check("\u{feff}a\n,\n", &[(1, &["a"]), (2, &["", ""])]);
        check("a;b\n\"c;d\";e", &[(1, &["a", "b"]), (2, &["c;d", "e"])]);
        check("a\tb\n", &[(1, &["a", "b"])]);
        check(
            "a,b\n\"x\ny\",\"say \"\"hi\"\"\"\nz,\"\"",
            &[
                (1, &["a", "b"]),
                (2, &["x\ny", "say \"hi\""]),
                (4, &["z", ""]),
            ],
        );
        check("a,b\n\"x\"\r\n", &[(1, &["a", "b"]), (2, &["x"])]);
        check(
            "a, b \n x , \" y \" \r\n",
            &[(1, &["a", "b"]), (2, &["x", " y "])],
        );
        // What stands before the titles, and which separator they show.
        check(
            "version:v1.0\na;b\nc;d\n",
            &[(2, &["a", "b"]), (3, &["c", "d"])],
        );
        check("version:v1.0,,,\r\na,b\n", &[(2, &["a", "b"])]);
        check("sep=;\r\na;b,c\n", &[(2, &["a", "b,c"])]);
        check("\"sep=|\"\na|b\n", &[(2, &["a", "b"])]);
        check(
            "#TYPE System.Management.Automation.PSCustomObject\n\"a\",\"b\"\n",
            &[(2, &["a", "b"])],
        );
        check("\"a,x\";b;c\n", &[(1, &["a,x", "b", "c"])]);
        check("Nom, x [a];b;c\n", &[(1, &["Nom, x [a]", "b", "c"])]);
    }

    #[test]
    fn faults_name_their_line_and_the_next_line_goes_on() {
        let check = |text: &[u8], expected: &[(u64, Option<CsvFault>)]| {
            let found: Vec<_> = read(text)
                .into_iter()
                .map(|(line, record)| (line, record.err()))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check(
            b"a,b\nx\"y,z\nc,d\n",
            &[(1, None), (2, Some(CsvFault::StrayQuote)), (3, None)],
        );
        check(
            b"a,b\n\"x\"y,z\nc,d\n",
            &[(1, None), (2, Some(CsvFault::StrayQuote)), (3, None)],
        );
        check(
            b"a,b\n\"x,z\nc,d\n",
            &[(1, None), (2, Some(CsvFault::OpenQuote))],
        );
        check(
            b"a,b\n\xff,d\nc,d\n",
            &[(1, None), (2, Some(CsvFault::NotUtf8)), (3, None)],
        );
        let many = format!("a\n{}\nb\n", ",".repeat(MOST_FIELDS));
        check(
            many.as_bytes(),
            &[(1, None), (2, Some(CsvFault::TooMany)), (3, None)],
        );
        let long = format!("a\n\"{}\nb\n", "x".repeat(MOST_BYTES));
        check(
            long.as_bytes(),
            &[(1, None), (2, Some(CsvFault::TooLong)), (3, None)],
        );
    }

    #[test]
    fn what_is_written_comes_back() {
        for fields in [
            vec!["a", "b"],
            vec!["", "x"],
            vec![" a", "b\u{a0}", " "],
            vec!["a,b", "say \"hi\"", "line\nbreak\r\n", ";", "\t", "'"],
        ] {
            let mut out = String::new();
            push_record(&mut out, fields.iter().copied());
            let first = read(format!("h,h\n{out}").as_bytes()).remove(1).1.unwrap();
            assert_eq!(first, fields);
        }
    }

    #[test]
    fn cells_that_begin_like_a_formula_are_guarded() {
        for (text, guarded) in [
            ("plain", "plain"),
            ("=1+1", "'=1+1"),
            ("+1 425", "'+1 425"),
            ("-x", "'-x"),
            ("@x", "'@x"),
            ("'=x", "''=x"),
            ("'quoted'", "'quoted'"),
            ("", ""),
        ] {
            assert_eq!(guard(text), guarded);
            assert_eq!(unguard(guarded), text);
        }
    }
}
