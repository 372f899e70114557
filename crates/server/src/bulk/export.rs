//! Writing users into a file, page by page: memory does not grow with the directory.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use directory::users::bulk::{Exported, PASSWORD_HASH};
use directory::{Actor, Directory, Refusal};
use edm::{Json, Property, Record, Type, document, user};

use super::columns::join;
use super::csv::{guard, push_record};
use super::input::{Format, beside};
use super::progress::{Meter, Progress};
use crate::cli::terminal::Failure;

/// Users in a page: some hundred kilobytes of documents.
const PAGE: u32 = 1000;

/// What to export.
#[derive(Debug)]
pub struct Job<'a> {
    /// The file.
    pub file: &'a Path,
    /// By its ending.
    pub format: Format,
    /// Only these properties; all that are set where it is empty.
    pub select: Vec<&'static Property>,
    /// Hashes of passwords, too.
    pub hashes: bool,
    /// A `'` before cells that spreadsheets would take for formulas.
    pub guarded: bool,
}

/// Writes the file; how many users are in it. It appears whole or not at all.
pub async fn export(directory: &Directory, actor: &Actor, job: &Job<'_>) -> Result<u64, Failure> {
    let unreadable =
        |refusal: Refusal| Failure::new("the directory cannot be read").because(refusal);
    let unwritable = |error: io::Error| {
        Failure::new(format!("{} cannot be written", job.file.display())).because(error)
    };
    if job.hashes {
        let told = directory.audit_export_of_hashes(actor).await;
        told.map_err(unreadable)?;
    }
    let columns = match job.format {
        Format::Csv => columns(directory, actor, job).await.map_err(unreadable)?,
        Format::Ndjson => Vec::new(),
    };
    let part = beside(job.file, ".part");
    let mut out = begin(&part, job.hashes).map_err(unwritable)?;
    let mut text = String::new();
    if job.format == Format::Csv {
        push_record(&mut text, columns.iter().map(Column::title));
    }
    let mut meter = Meter::new(0, directory.now());
    let mut progress = Progress::default();
    let mut after = None;
    loop {
        let page = directory.export_users(actor, after, PAGE, job.hashes).await;
        let page = page.map_err(unreadable)?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.id);
        for user in &page {
            match job.format {
                Format::Csv => csv_row(&mut text, user, &columns, job),
                Format::Ndjson => json_line(&mut text, user, job),
            }
        }
        progress.rows += page.len() as u64;
        out.write_all(text.as_bytes()).map_err(unwritable)?;
        text.clear();
        meter.show(progress, directory.now());
    }
    meter.clear();
    out.write_all(text.as_bytes()).map_err(unwritable)?;
    let file = out
        .into_inner()
        .map_err(|error| unwritable(error.into_error()))?;
    file.sync_all().map_err(unwritable)?;
    fs::rename(&part, job.file).map_err(unwritable)?;
    Ok(progress.rows)
}

/// Hashes are for the eyes of whoever asked.
fn begin(path: &Path, private: bool) -> io::Result<BufWriter<File>> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mode = if private { 0o600 } else { 0o644 };
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    Ok(BufWriter::new(file))
}

fn selected(record: &Record, select: &[&'static Property]) -> Record {
    record
        .iter()
        .filter(|(property, _)| select.contains(property))
        .map(|(property, value)| (property, value.clone()))
        .collect()
}

/// The document is JSON already.
fn json_line(text: &mut String, user: &Exported, job: &Job<'_>) {
    let document = if job.select.is_empty() {
        user.document.clone()
    } else {
        document::whole(&selected(&user.record, &job.select))
    };
    match &user.password_hash {
        Some(hash) => {
            let members = document.trim_end_matches('}');
            let comma = if members.ends_with('{') { "" } else { "," };
            let hash = Json::String(hash.clone());
            let _infallible = write!(
                text,
                "{members}{comma}\"@vestibule.{PASSWORD_HASH}\":{hash}}}"
            );
        }
        None => text.push_str(&document),
    }
    text.push('\n');
}

/// A column: a property or a member of one, by their places in the tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    place: (u16, u16),
    title: String,
}

impl Column {
    fn title(&self) -> &str {
        &self.title
    }
}

/// The columns that have a value in some user. A table of all properties would be a hundred columns wide and mostly empty, so
/// the directory is read once more to find out.
async fn columns(
    directory: &Directory,
    actor: &Actor,
    job: &Job<'_>,
) -> Result<Vec<Column>, Refusal> {
    let mut found = BTreeSet::new();
    let mut hashes = false;
    let mut after = None;
    loop {
        let page = directory
            .export_users(actor, after, PAGE, job.hashes)
            .await?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.id);
        for user in &page {
            hashes |= user.password_hash.is_some();
            found.extend(
                cells(&user.record, job)
                    .into_iter()
                    .map(|(column, _)| column),
            );
        }
    }
    let mut columns: Vec<_> = found.into_iter().collect();
    if hashes {
        columns.push(Column {
            place: (u16::MAX, 0),
            title: PASSWORD_HASH.to_owned(),
        });
    }
    Ok(columns)
}

/// A record's cells with their columns.
fn cells(record: &Record, job: &Job<'_>) -> Vec<(Column, String)> {
    let record = if job.select.is_empty() {
        record.clone()
    } else {
        selected(record, &job.select)
    };
    let Ok(Json::Object(members)) = serde_json::from_str(&document::whole(&record)) else {
        return Vec::new();
    };
    let mut cells = Vec::new();
    for (property, _) in record.iter() {
        let name = property.name;
        match (members.get(name), property.ty) {
            (None, _) => {}
            (Some(Json::Object(inner)), Type::Complex(complex)) if !complex.open => {
                for member in complex.properties {
                    if let Some(value) = inner.get(member.name) {
                        let column = Column {
                            place: (property.index, member.index),
                            title: format!("{name}/{}", member.name),
                        };
                        cells.push((column, cell(value)));
                    }
                }
            }
            (Some(value), _) => {
                let column = Column {
                    place: (property.index, 0),
                    title: name.to_owned(),
                };
                cells.push((column, cell(value)));
            }
        }
    }
    cells
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(elements) if elements.iter().all(Json::is_string) => {
            join(elements.iter().filter_map(Json::as_str))
        }
        other => other.to_string(),
    }
}

fn csv_row(text: &mut String, user: &Exported, columns: &[Column], job: &Job<'_>) {
    let mut cells = cells(&user.record, job).into_iter().peekable();
    let mut row = Vec::with_capacity(columns.len());
    for column in columns {
        // Both are in the order of the tables. What somebody set since the columns were found has no place: the export is
        // of the moment in which it began.
        while cells.next_if(|(own, _)| own < column).is_some() {}
        let value = match cells.next_if(|(own, _)| own == column) {
            Some((_, value)) => value,
            None if column.title == PASSWORD_HASH => user.password_hash.clone().unwrap_or_default(),
            None => String::new(),
        };
        row.push(if job.guarded { guard(&value) } else { value });
    }
    push_record(text, row.iter().map(String::as_str));
}

/// The properties that `--select` names.
pub fn select(names: &[String]) -> Result<Vec<&'static Property>, String> {
    let mut all: Vec<&'static Property> = names
        .iter()
        .map(|name| {
            let mut versions = edm::Version::ALL.into_iter();
            versions
                .find_map(|version| user::TYPE.property(name.trim(), version))
                .ok_or_else(|| name.clone())
        })
        .collect::<Result<_, _>>()?;
    all.sort_by_key(|property| property.index);
    all.dedup();
    Ok(all)
}
