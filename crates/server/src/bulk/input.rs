//! A file of rows, CSV or NDJSON by its ending, read row by row. What is wrong with a row is told
//! with its line; what is wrong with the whole file ends the reading.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use directory::TenantSchema;
use directory::users::bulk::{ExtensionBody, PASSWORD_HASH, Row};
use edm::{Json, Schema, Version, open_extension, user};
use serde_json::Map;

use super::columns::{self, CellFault, Column, UnknownColumn};
use super::csv::{CsvReader, MOST_BYTES};
use super::source::{self, BUFFER, Source};

/// How the annotation of NDJSON begins that holds what no body may.
const ANNOTATION: &str = "@vestibule.";
/// How the row with an example begins in the portal's forms, before a colon.
const FORM_EXAMPLES: [&str; 9] = [
    "Example",
    "Exemple",
    "Ejemplo",
    "Exemplo",
    "Esempio",
    "Beispiel",
    "Voorbeeld",
    "例",
    "예",
];

/// The two kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A header and a row for each user.
    Csv,
    /// A JSON object in each line.
    Ndjson,
}

impl Format {
    /// By the ending of a file's name; `None` for others.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// How a file is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// Columns and members that are no property are left out instead of refused.
    pub ignore_unknown: bool,
    /// Cells were guarded against being taken for formulas.
    pub guarded: bool,
}

/// A row, or why there is none.
#[derive(Debug)]
pub enum Item {
    /// A row.
    Row(Row),
    /// Not to be read.
    Fault {
        /// Its line, from 1.
        line: u64,
        /// What is wrong, without anything of the line.
        why: String,
        /// The property it is about, where it is about one.
        property: Option<String>,
    },
}

impl Item {
    /// Its line, from 1.
    pub fn line(&self) -> u64 {
        match self {
            Self::Row(row) => row.line,
            Self::Fault { line, .. } => *line,
        }
    }
}

/// Why a file cannot be read at all.
#[derive(Debug)]
pub enum FileFault {
    /// Neither CSV nor NDJSON.
    Format,
    /// The system's reason.
    Io(io::Error),
    /// A title in this line is no property.
    Column(u64, UnknownColumn),
    /// The titles are not to be read, or missing.
    Header(u64, String),
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format => f.write_str("name the file .csv or .ndjson"),
            Self::Io(error) => error.fmt(f),
            Self::Column(line, UnknownColumn { number, title }) => {
                write!(
                    f,
                    "line {line}: unknown column {title:?}, the {}",
                    ordinal(*number)
                )
            }
            Self::Header(line, why) => write!(f, "line {line}: {why}"),
        }
    }
}

impl FileFault {
    /// About a title that is not known. One with an address is a cell: then the file has no titles.
    pub fn column(line: u64, unknown: UnknownColumn) -> Self {
        if unknown.title.contains('@') {
            let why = "it is a row and not the titles; write a line such as email,name before it";
            return Self::Header(line, why.to_owned());
        }
        Self::Column(line, unknown)
    }
}

/// `1st`, `2nd`, `3rd`, `4th`, `11th`
fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

impl From<io::Error> for FileFault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A row before its columns mean anything.
#[derive(Debug)]
pub enum Raw {
    /// The cells of CSV, as many as there are titles.
    Cells(u64, Vec<String>),
    /// The object of NDJSON, and its text.
    Object(u64, Map<String, Json>, Vec<u8>),
    /// Not to be read.
    Fault {
        /// Its line, from 1.
        line: u64,
        /// What is wrong, without anything of the line.
        why: String,
    },
}

impl Raw {
    /// Its line, from 1.
    pub fn line(&self) -> u64 {
        match self {
            Self::Cells(line, _) | Self::Object(line, ..) | Self::Fault { line, .. } => *line,
        }
    }
}

enum FormatReader {
    Csv(CsvReader<Source>),
    Ndjson {
        reader: Source,
        line: u64,
        bytes: u64,
    },
}

/// The rows of a file, as they stand there.
pub struct Lines {
    reader: FormatReader,
    titles: Vec<String>,
    /// The line of the titles.
    line: u64,
    /// Bytes of the file behind one that is read.
    width: u64,
}

impl Lines {
    /// Opens a file and reads its header.
    pub fn open(path: &Path) -> Result<Self, FileFault> {
        let format = Format::of(path).ok_or(FileFault::Format)?;
        let (file, width) = source::open(path)?;
        match format {
            Format::Csv => csv(file, width),
            Format::Ndjson => Ok(Self {
                reader: FormatReader::Ndjson {
                    reader: file,
                    line: 0,
                    bytes: 0,
                },
                titles: Vec::new(),
                line: 0,
                width,
            }),
        }
    }

    /// The titles of CSV.
    pub fn titles(&self) -> &[String] {
        &self.titles
    }

    /// The line of the titles, from 1.
    pub fn line_of_titles(&self) -> u64 {
        self.line
    }

    /// Bytes read so far; of UTF-16 about as many.
    pub fn bytes(&self) -> u64 {
        let read = match &self.reader {
            FormatReader::Csv(reader) => reader.bytes(),
            FormatReader::Ndjson { bytes, .. } => *bytes,
        };
        read.saturating_mul(self.width)
    }

    /// The next row. Empty ones are passed over.
    pub fn next_line(&mut self) -> io::Result<Option<Raw>> {
        match &mut self.reader {
            FormatReader::Csv(reader) => loop {
                let Some((line, cells)) = reader.record()? else {
                    return Ok(None);
                };
                let fault = |why| Ok(Some(Raw::Fault { line, why }));
                let mut cells = match cells {
                    Ok(cells) => cells,
                    Err(why) => return fault(why.to_string()),
                };
                let is_empty = |cell: &String| cell.trim().is_empty();
                if (reader.is_form() && is_example(&cells)) || cells.iter().all(is_empty) {
                    continue;
                }
                let count = cells.len();
                let more = cells.split_off(count.min(self.titles.len()));
                if !more.iter().all(is_empty) {
                    return fault(format!(
                        "it has {count} fields where the header has {}",
                        self.titles.len()
                    ));
                }
                // Spreadsheets leave out the separators behind the last cell of a row.
                cells.resize(self.titles.len(), String::new());
                return Ok(Some(Raw::Cells(line, cells)));
            },
            FormatReader::Ndjson {
                reader,
                line,
                bytes,
            } => ndjson(reader, line, bytes),
        }
    }
}

/// An open file of users.
pub struct UserFile {
    lines: Lines,
    columns: Vec<Column>,
    reading: Reading,
    schema: TenantSchema,
}

impl UserFile {
    /// Opens a file and reads its header. Names are those of the tenant's schema.
    pub fn open(path: &Path, reading: Reading, schema: TenantSchema) -> Result<Self, FileFault> {
        let lines = Lines::open(path)?;
        let users = schema.entity(&user::TYPE);
        let columns = columns::columns(lines.titles(), users, reading.ignore_unknown)
            .map_err(|unknown| FileFault::Column(lines.line, unknown))?;
        Ok(Self {
            lines,
            columns,
            reading,
            schema,
        })
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// The next row.
    pub fn next_row(&mut self) -> io::Result<Option<Item>> {
        let raw = self.lines.next_line()?;
        Ok(raw.map(|raw| match raw {
            Raw::Fault { line, why } => Item::Fault {
                line,
                why,
                property: None,
            },
            Raw::Object(line, members, text) => {
                row(line, (members, &text), self.reading, &self.schema)
            }
            Raw::Cells(line, cells) => {
                match columns::members(&self.columns, &cells, self.reading.guarded) {
                    Ok((members, password_hash)) => Item::Row(Row {
                        line,
                        members,
                        password_hash,
                        extensions: Vec::new(),
                    }),
                    Err(CellFault { property, why }) => Item::Fault {
                        line,
                        why: why.to_owned(),
                        property: Some(property),
                    },
                }
            }
        }))
    }
}

fn csv(file: Source, width: u64) -> Result<Lines, FileFault> {
    let mut reader = CsvReader::new(file)?;
    let Some((line, titles)) = reader.record()? else {
        return Err(FileFault::Header(1, "there is no header".to_owned()));
    };
    let titles = titles.map_err(|fault| FileFault::Header(line, fault.to_string()))?;
    if titles.iter().any(|title| title.contains('\0')) {
        let why = "the file holds NUL characters; save it as \"CSV UTF-8\"";
        return Err(FileFault::Header(line, why.to_owned()));
    }
    Ok(Lines {
        reader: FormatReader::Csv(reader),
        titles,
        line,
        width,
    })
}

/// The row that a form has to show how it is filled in.
fn is_example(cells: &[String]) -> bool {
    let word = cells.first().and_then(|cell| cell.split_once([':', '：']));
    word.is_some_and(|(word, _)| FORM_EXAMPLES.contains(&word.trim()))
}

fn ndjson(reader: &mut Source, line: &mut u64, bytes: &mut u64) -> io::Result<Option<Raw>> {
    let mut text = Vec::new();
    loop {
        text.clear();
        *line += 1;
        let limit = MOST_BYTES as u64 + 1;
        let taken = reader.by_ref().take(limit).read_until(b'\n', &mut text)?;
        *bytes += taken as u64;
        if taken == 0 {
            return Ok(None);
        }
        if taken > MOST_BYTES && !text.ends_with(b"\n") {
            *bytes += skip_line(reader)?;
            return Ok(Some(Raw::Fault {
                line: *line,
                why: "the line is longer than 1 MiB".to_owned(),
            }));
        }
        if text.iter().any(|byte| !byte.is_ascii_whitespace()) {
            break;
        }
    }
    let line = *line;
    Ok(Some(match edm::json::parse_line(&text) {
        Ok(Json::Object(members)) => Raw::Object(line, members, text),
        Ok(_) => Raw::Fault {
            line,
            why: "it is no JSON object".to_owned(),
        },
        Err(error) => Raw::Fault {
            line,
            why: format!("column {}: {}", error.column, error.kind),
        },
    }))
}

/// Passes over the rest of a line, however long.
fn skip_line(reader: &mut Source) -> io::Result<u64> {
    let mut skipped = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(skipped);
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |at| at + 1);
        reader.consume(used);
        skipped += used as u64;
        if end.is_some() {
            return Ok(skipped);
        }
    }
}

fn row(
    line: u64,
    (members, text): (Map<String, Json>, &[u8]),
    reading: Reading,
    schema: &Schema,
) -> Item {
    let mut kept = Map::new();
    let mut password_hash = None;
    let mut extensions = Vec::new();
    for (name, value) in members {
        if name.eq_ignore_ascii_case(user::EXTENSIONS.name()) {
            match bodies(value, text) {
                Some(found) => extensions = found,
                None => {
                    return Item::Fault {
                        line,
                        why: "it must be a list of open extensions".to_owned(),
                        property: Some(user::EXTENSIONS.name().to_owned()),
                    };
                }
            }
            continue;
        }
        let own = name
            .get(..ANNOTATION.len())
            .filter(|start| start.eq_ignore_ascii_case(ANNOTATION))
            .and(name.get(ANNOTATION.len()..));
        match (own, value) {
            (Some(own), Json::String(text)) if own.eq_ignore_ascii_case(PASSWORD_HASH) => {
                password_hash = Some(text);
            }
            (Some(own), Json::Null) if own.eq_ignore_ascii_case(PASSWORD_HASH) => {}
            (Some(_), _) => {
                return Item::Fault {
                    line,
                    why: format!("of ours there is only {ANNOTATION}{PASSWORD_HASH}, a text"),
                    property: None,
                };
            }
            (None, _) if reading.ignore_unknown && !is_known(&name, schema) => {}
            (None, value) => {
                kept.insert(name, value);
            }
        }
    }
    Item::Row(Row {
        line,
        members: kept,
        password_hash,
        extensions,
    })
}

/// The bodies of a list of open extensions, in a line of that text; `None` where it is no list.
fn bodies(list: Json, text: &[u8]) -> Option<Vec<ExtensionBody>> {
    let list = match list {
        Json::Null => Vec::new(),
        Json::Array(list) => list,
        _ => return None,
    };
    let texts = open_extension::elements(text, user::EXTENSIONS.name());
    let bodies = list.into_iter().zip(texts);
    Some(
        bodies
            .map(|(json, text)| ExtensionBody { json, text })
            .collect(),
    )
}

fn is_known(name: &str, schema: &Schema) -> bool {
    let mut versions = Version::ALL.into_iter();
    name.contains('@')
        || versions.any(|version| schema.property(&user::TYPE, name, version).is_some())
}

/// A file as it was when an import began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// SHA-256 in hex.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// Its lines, about as many as its rows.
    pub lines: u64,
}

/// Reads a file to its end.
pub fn fingerprint(path: &Path) -> io::Result<Fingerprint> {
    let mut file = File::open(path)?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut buffer = vec![0; BUFFER];
    let (mut bytes, mut lines) = (0, 0);
    loop {
        let taken = file.read(&mut buffer)?;
        if taken == 0 {
            break;
        }
        let read = buffer.get(..taken).unwrap_or_default();
        bytes += taken as u64;
        lines += read.split(|byte| *byte == b'\n').count() as u64 - 1;
        context.update(read);
    }
    let mut sha256 = String::new();
    for byte in context.finish().as_ref() {
        let _infallible = write!(sha256, "{byte:02x}");
    }
    Ok(Fingerprint {
        sha256,
        bytes,
        lines,
    })
}

/// `users.csv` with something behind it: `users.csv.results.csv`.
pub fn with_suffix(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
