//! The results beside a file: CSV, one line for each row in the order of the file, written after
//! its rows are committed. While an import is unfinished, a small file beside the results says
//! which import it is.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::csv::{CsvReader, guard, push_record, unguard};
use super::input::with_suffix;
use super::reasons::Reasons;
use super::run::{REFUSED, Start};
use crate::graph::envelope::GraphError;
use crate::terminal::Failure;

/// The columns. Nothing in them is secret.
const TITLES: [&str; 7] = [
    "line", "key", "id", "outcome", "code", "message", "property",
];

/// A line of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultLine {
    /// The row's line, from 1.
    pub line: u64,
    /// What tells it from others.
    pub key: Option<String>,
    /// The user or invitation.
    pub id: Option<Uuid>,
    /// `created`, `updated`, `skipped`, `refused` and the like.
    pub outcome: &'static str,
    /// Why it was refused, as a request would have been told.
    pub fault: Option<RowError>,
    /// What there is to say of a success.
    pub note: Option<String>,
}

/// Why a row was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// Graph's code, or `InvalidRow`.
    pub code: &'static str,
    /// The sentence with its rule.
    pub message: String,
    /// The property at fault.
    pub property: Option<String>,
}

/// The code of a row that cannot be read.
pub const INVALID_ROW: &str = "InvalidRow";

impl RowError {
    /// A row that cannot be read.
    pub fn row(why: String) -> Self {
        Self {
            code: INVALID_ROW,
            message: why,
            property: None,
        }
    }

    /// As a request would have been answered.
    pub fn of(error: &GraphError) -> Self {
        let mut message = error.message.to_string();
        let mut property = None;
        for detail in &error.details {
            property = property.or_else(|| detail.target.clone());
            // Some details repeat the sentence.
            if detail.message != message {
                message = format!("{message} ({})", detail.message);
            }
        }
        Self {
            code: error.code,
            message,
            property,
        }
    }
}

/// Which import the results belong to, until it is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Its name in the audit trail.
    pub run: Uuid,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// The tenant.
    pub tenant: Uuid,
    /// The options that decide what a row comes to.
    pub options: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// Whether it is one transaction: then results that were not finished say nothing.
    #[serde(default)]
    pub is_load: bool,
}

/// Where an import's unfinished state stands.
fn state_path(results: &Path) -> PathBuf {
    with_suffix(results, ".unfinished")
}

/// The unfinished import of these results, if there is one.
pub fn unfinished(results: &Path) -> io::Result<Option<Unfinished>> {
    match fs::read(state_path(results)) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Counts of outcomes by their word.
pub type Counts = BTreeMap<String, u64>;

/// What an interrupted import has in its results.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Line of the last row; 0 before the first.
    pub line: u64,
    /// How its rows ended.
    pub counts: Counts,
    /// Why some were refused.
    pub reasons: Reasons,
}

/// Writes results.
pub struct Results {
    file: File,
    /// Bytes that were there when this process began with its rows.
    header: u64,
    path: PathBuf,
    text: String,
    is_run: bool,
    reasons: Reasons,
}

impl Results {
    /// Begins anew. With `state` the import can be gone on with; `private` results are nobody
    /// else's to read.
    pub fn begin(
        path: &Path,
        state: Option<&Unfinished>,
        columns: &[&str],
        private: bool,
    ) -> io::Result<Self> {
        // A file that was there keeps its mode when it is opened; a new one does not inherit it.
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mode = if private { 0o600 } else { 0o644 };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        let mut header = String::new();
        push_record(&mut header, TITLES.iter().chain(columns).copied());
        file.write_all(header.as_bytes())?;
        if let Some(state) = state {
            let json = serde_json::to_vec(state).map_err(io::Error::other)?;
            let mut file = File::create(state_path(path))?;
            file.write_all(&json)?;
            // Without it, what was written could not be gone on with.
            file.sync_all()?;
        }
        Ok(Self {
            file,
            header: header.len() as u64,
            path: path.to_owned(),
            text: String::new(),
            is_run: state.is_some(),
            reasons: Reasons::default(),
        })
    }

    /// Goes on where an interrupted import stopped. A last line that was not written whole is taken
    /// away.
    pub fn resume(path: &Path) -> io::Result<(Self, Written)> {
        let (written, whole) = read(path)?;
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.set_len(whole)?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        let results = Self {
            file,
            header: whole,
            path: path.to_owned(),
            text: String::new(),
            is_run: true,
            reasons: written.reasons.clone(),
        };
        Ok((results, written))
    }

    /// Adds a line; it is written with the next [`Results::flush`].
    pub fn push(&mut self, line: &ResultLine, more: &[&str]) {
        let number = line.line.to_string();
        let id = line.id.map_or_else(String::new, |id| id.to_string());
        let fault = line.fault.as_ref();
        if let Some(fault) = fault {
            let key = line.key.as_deref().unwrap_or_default();
            self.reasons.add(line.line, key, &fault.message);
        }
        let fields = [
            number.as_str(),
            line.key.as_deref().unwrap_or_default(),
            &id,
            line.outcome,
            fault.map_or("", |fault| fault.code),
            fault.map_or(line.note.as_deref().unwrap_or_default(), |fault| {
                fault.message.as_str()
            }),
            fault
                .and_then(|fault| fault.property.as_deref())
                .unwrap_or_default(),
        ];
        // Keys come from the file, and people open results in spreadsheets.
        let guarded: Vec<_> = fields
            .iter()
            .chain(more)
            .map(|field| guard(field))
            .collect();
        push_record(&mut self.text, guarded.iter().map(String::as_str));
    }

    /// Hands what was added to the system: a killed process leaves it whole.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    /// Takes back every line that this process wrote: of a load that stopped nothing is there.
    pub fn take_back(&mut self) -> io::Result<()> {
        self.text.clear();
        self.file.set_len(self.header)?;
        io::Seek::seek(&mut self.file, io::SeekFrom::End(0)).map(drop)
    }

    /// Writes the rest; the import is finished.
    pub fn finish(mut self) -> io::Result<Reasons> {
        self.flush()?;
        self.file.sync_all()?;
        if self.is_run {
            fs::remove_file(state_path(&self.path))?;
        }
        Ok(self.reasons)
    }
}

/// Whether both are one file, by whatever names.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let number = |path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    number(one).is_some_and(|found| number(other) == Some(found))
}

/// Begins results or goes on with them. With `keeps_state` they can be gone on with; `private` ones
/// are nobody else's to read.
///
/// # Errors
/// Where an interrupted run is in the way, or there is none to go on with, or it was of something
/// else.
pub fn start(
    path: &Path,
    start: Start,
    state: Unfinished,
    keeps_state: bool,
    columns: &[&str],
    private: bool,
) -> Result<(Unfinished, Results, Written), Failure> {
    let failed = |error: io::Error| {
        Failure::new(format!("{} cannot be written", path.display())).because(error)
    };
    let found = unfinished(path).map_err(failed)?;
    if start == Start::Resume {
        let found = found.ok_or_else(|| {
            Failure::new("there is nothing to go on with").because(format!(
                "nothing unfinished has its results in {}",
                path.display()
            ))
        })?;
        check_same(&found, &state)?;
        // Either nothing of a load is there or all of it, and then the audit trail tells of every
        // row.
        if found.is_load {
            let state = Unfinished {
                is_load: state.is_load,
                ..found
            };
            let results = Results::begin(path, Some(&state), columns, private).map_err(failed)?;
            return Ok((state, results, Written::default()));
        }
        let (results, written) = Results::resume(path).map_err(failed)?;
        return Ok((found, results, written));
    }
    if found.is_some() && start == Start::New && keeps_state {
        return Err(Failure::new(format!(
            "what has its results in {} was interrupted",
            path.display()
        ))
        .mend("--resume goes on where it stopped, --restart begins anew"));
    }
    let kept = keeps_state.then_some(&state);
    let results = Results::begin(path, kept, columns, private).map_err(failed)?;
    Ok((state, results, Written::default()))
}

/// Going on with another file or by other rules would mix two runs up.
fn check_same(found: &Unfinished, now: &Unfinished) -> Result<(), Failure> {
    let differs = if found.sha256 != now.sha256 {
        "the file was changed since"
    } else if found.tenant != now.tenant {
        "it was for another tenant"
    } else if found.options != now.options {
        "it was begun with other options"
    } else {
        return Ok(());
    };
    Err(Failure::new("what was interrupted cannot be gone on with")
        .because(differs)
        .mend("--restart begins anew; who is there already is skipped"))
}

/// How far results go, and the length of their whole lines.
fn read(path: &Path) -> io::Result<(Written, u64)> {
    let text = fs::read(path)?;
    let whole = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    drop(text);
    let mut reader = CsvReader::new(io::Read::take(
        BufReader::new(File::open(path)?),
        whole as u64,
    ))?;
    let mut written = Written::default();
    // The header.
    reader.record()?;
    while let Some((_, record)) = reader.record()? {
        let broken = || io::Error::other("the results are not as they were written");
        let fields = record.map_err(|_| broken())?;
        let line = fields.first().and_then(|line| line.parse().ok());
        written.line = line.ok_or_else(broken)?;
        let outcome = fields.get(3).ok_or_else(broken)?;
        *written.counts.entry(outcome.clone()).or_default() += 1;
        if outcome == REFUSED {
            let field = |at: usize| fields.get(at).map_or("", |field| unguard(field));
            written.reasons.add(written.line, field(1), field(5));
        }
    }
    Ok((written, whole as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_is_gone_and_what_was_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        let line = |line| ResultLine {
            line,
            key: None,
            id: None,
            outcome: "created",
            fault: None,
            note: None,
        };
        let mut results = Results::begin(&path, None, &[], false).unwrap();
        results.push(&line(1), &[]);
        results.flush().unwrap();
        let (mut results, written) = Results::resume(&path).unwrap();
        assert_eq!(written.line, 1);
        for number in 2..5 {
            results.push(&line(number), &[]);
            results.flush().unwrap();
        }
        results.push(&line(5), &[]);
        results.take_back().unwrap();
        results.push(&line(6), &[]);
        results.flush().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let first: Vec<_> = text.lines().map(|line| line.split(',').next()).collect();
        assert_eq!(first, [Some("line"), Some("1"), Some("6")]);
    }
}
