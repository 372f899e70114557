//! Writing users into a file, page by page: of the directory only who is linked to whom is kept in
//! memory.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use directory::users::bulk::{Exported, PASSWORD_HASH};
use directory::{Actor, Directory, Refusal};
use edm::{Entity, Json, Prop, Property, Record, Type, Value, attribute, document, user};

use super::circles;
use super::columns::{self, BIND, join};
use super::csv::{guard, push_record};
use super::extensions::{self, Extensions};
use super::input::{Format, with_suffix};
use super::outgoing::{Binds, Outgoing};
use super::progress::{Meter, Progress};
use crate::terminal::Failure;

/// Bytes of text that are gathered before they are written.
const PIECE: usize = 1024 * 1024;

/// Where users are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// A file that is not there yet.
    NewFile,
    /// A file, which takes the place of one that is there.
    AnyFile,
    /// Standard output, as it comes.
    Stdout,
}

/// What to export.
#[derive(Debug)]
pub struct Job<'a> {
    /// The file.
    pub file: &'a Path,
    /// Whether it may be there, or is none.
    pub to: To,
    /// By its ending.
    pub format: Format,
    /// Only these properties; all that are set where it is empty.
    pub select: Vec<Prop>,
    /// Hashes of passwords, too.
    pub hashes: bool,
    /// A `'` before cells that spreadsheets would take for formulas.
    pub guarded: bool,
}

impl Job<'_> {
    fn wants(&self, property: &Property) -> bool {
        self.select.is_empty() || self.select.iter().any(|one| one == property)
    }

    /// Whether open extensions are wanted.
    fn wants_extensions(&self) -> bool {
        self.wants(&user::EXTENSIONS)
    }

    /// A cell as the file is to have it.
    pub(super) fn field(&self, value: String) -> String {
        if self.guarded { guard(&value) } else { value }
    }
}

/// What was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Users in the file.
    pub users: u64,
    /// The file of the links that close circles, and how many users it is about; none as a rule.
    pub circles: Option<(PathBuf, usize)>,
    /// How many users are in circles that nothing closes, since there is no file beside the output.
    pub open_circles: usize,
    /// How many users have open extensions that are not in the file, since it is CSV.
    pub without_extensions: usize,
}

/// Writes the file. It appears whole or not at all.
pub async fn export(
    directory: &Directory,
    actor: &Actor,
    job: &Job<'_>,
) -> Result<Written, Failure> {
    let unreadable =
        |refusal: Refusal| Failure::new("the directory cannot be read").because(refusal);
    let unwritable = |error: io::Error| {
        Failure::new(format!("{} cannot be written", job.file.display())).because(error)
    };
    let names_extensions = job.select.iter().any(|one| *one == user::EXTENSIONS);
    if job.format == Format::Csv && names_extensions {
        return Err(Failure::usage("open extensions are in no CSV file")
            .mend("name the file .ndjson, or select other properties"));
    }
    if job.to == To::NewFile {
        let links = circles::path(job);
        if let Some(there) = [job.file, &links].into_iter().find(|path| is_there(path)) {
            return Err(exists(there));
        }
    }
    if job.hashes {
        let told = directory.audit_export_of_hashes(actor).await;
        told.map_err(unreadable)?;
    }
    let linked = directory.export_links(actor, |property| job.wants(property));
    let linked = linked.await.map_err(unreadable)?;
    let outgoing = || Outgoing::new(directory, actor, &linked, job.hashes);
    let columns = match job.format {
        Format::Csv => columns(outgoing(), job).await.map_err(unreadable)?,
        Format::Ndjson => Vec::new(),
    };
    let mut out = Out::begin(job).map_err(unwritable)?;
    let mut text = String::new();
    if job.format == Format::Csv {
        push_record(&mut text, columns.iter().map(Column::title));
    }
    let mut meter = Meter::new(0, directory.now());
    let mut progress = Progress::default();
    let mut pages = outgoing();
    let mut without_extensions = 0;
    while let Some(page) = pages.next().await.map_err(unreadable)? {
        for some in page.chunks(extensions::USERS) {
            let mut of = some.iter().map(|(user, _)| user.id).collect();
            if !job.wants_extensions() {
                of = Vec::new();
            }
            let extensions = Extensions::of(directory, actor, of).await;
            let mut extensions = extensions.map_err(unreadable)?;
            for (user, binds) in some {
                if job.format == Format::Csv {
                    csv_row(&mut text, user, binds, &columns, job);
                } else {
                    let extensions = extensions.member(user.id).await.map_err(unreadable)?;
                    json_line(&mut text, user, &(members(binds) + &extensions), job);
                }
                progress.rows += 1;
                // Extensions make some lines long.
                if text.len() > PIECE {
                    out.write_all(text.as_bytes()).map_err(unwritable)?;
                    text.clear();
                }
            }
            without_extensions += extensions.users();
        }
        out.write_all(text.as_bytes()).map_err(unwritable)?;
        text.clear();
        meter.show(progress, directory.now());
    }
    meter.clear();
    let users = circles::users(directory, actor, &linked).await;
    let users = users.map_err(unreadable)?;
    let (circles, open_circles) = match job.to {
        To::Stdout => (None, users.len()),
        To::NewFile | To::AnyFile => (circles::write(&users, job).map_err(unwritable)?, 0),
    };
    out.write_all(text.as_bytes()).map_err(unwritable)?;
    out.finish(job).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(job.file),
        _ => unwritable(error),
    })?;
    Ok(Written {
        users: progress.rows,
        circles,
        open_circles,
        without_extensions,
    })
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn exists(path: &Path) -> Failure {
    Failure::new(format!("{} is there already", path.display()))
        .mend("another name, or --force to overwrite it")
}

/// Where the text goes.
enum Out {
    /// A file beside the one that is asked for, until it is whole.
    Part(PathBuf, BufWriter<File>),
    Stdout(io::Stdout),
}

impl Out {
    fn begin(job: &Job<'_>) -> io::Result<Self> {
        if job.to == To::Stdout {
            return Ok(Self::Stdout(io::stdout()));
        }
        let part = with_suffix(job.file, ".part");
        let out = begin(&part, job.hashes)?;
        Ok(Self::Part(part, out))
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Part(_, file) => file.write_all(bytes),
            Self::Stdout(out) => out.write_all(bytes),
        }
    }

    fn finish(self, job: &Job<'_>) -> io::Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush(),
            Self::Part(part, out) => {
                out.into_inner()?.sync_all()?;
                if job.to == To::AnyFile {
                    return fs::rename(part, job.file);
                }
                // Unlike a rename it does not overwrite what somebody made in the meantime.
                let linked = fs::hard_link(&part, job.file);
                let is_unsupported =
                    matches!(&linked, Err(error) if error.kind() != io::ErrorKind::AlreadyExists);
                if is_unsupported && !is_there(job.file) {
                    // Some file systems have no hard links.
                    return fs::rename(part, job.file);
                }
                fs::remove_file(part)?;
                linked
            }
        }
    }
}

/// Hashes are for the eyes of whoever asked.
pub(super) fn begin(path: &Path, private: bool) -> io::Result<BufWriter<File>> {
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

fn selected(record: &Record, job: &Job<'_>) -> Record {
    record
        .iter()
        .filter(|(property, _)| job.wants(property))
        .map(|(property, value)| (property, value.clone()))
        .collect()
}

/// The document is JSON already; `more` are members behind it, each behind a comma.
fn json_line(text: &mut String, user: &Exported, more: &str, job: &Job<'_>) {
    let document = if job.select.is_empty() {
        with_sets(user.document.clone(), &user.record)
    } else {
        let record = selected(&user.record, job);
        with_sets(document::whole(&record), &record)
    };
    let mut more = more.to_owned();
    if let Some(hash) = &user.password_hash {
        let hash = Json::String(hash.clone());
        let _infallible = write!(more, ",\"@vestibule.{PASSWORD_HASH}\":{hash}");
    }
    let own = document.strip_suffix('}').unwrap_or(&document);
    let more = if own.ends_with('{') {
        more.trim_start_matches(',')
    } else {
        &more
    };
    let _infallible = writeln!(text, "{own}{more}}}");
}

/// The document with custom security attributes in their sets, as a body has them.
fn with_sets(document: String, record: &Record) -> String {
    let core = &user::CUSTOM_SECURITY_ATTRIBUTES;
    let Some(Value::Open(sets)) = document::computed(record, core) else {
        return document;
    };
    let Ok(Json::Object(mut members)) = serde_json::from_str(&document) else {
        return document;
    };
    let before = members.len();
    members.retain(|name, _| !attribute::is_path(name));
    if members.len() < before {
        members.insert(core.name().to_owned(), sets);
    }
    Json::Object(members).to_string()
}

/// Links as a body has them, each behind a comma.
pub(super) fn members(binds: &Binds) -> String {
    let mut text = String::new();
    for (property, names) in binds {
        let value = match names.as_slice() {
            [name] if !property.collection => Json::String(name.clone()),
            names => names.iter().cloned().map(Json::String).collect(),
        };
        let _infallible = write!(text, ",\"{}{BIND}\":{value}", property.name());
    }
    text
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

/// The columns that have a value in some user. A table of all properties would be a hundred columns
/// wide and mostly empty, so the directory is read once more to find out.
async fn columns(mut pages: Outgoing<'_>, job: &Job<'_>) -> Result<Vec<Column>, Refusal> {
    let mut found = BTreeSet::new();
    let mut hashes = false;
    while let Some(page) = pages.next().await? {
        for (user, binds) in page {
            hashes |= user.password_hash.is_some();
            let cells = cells(&user.record, &binds, job).into_iter();
            found.extend(cells.map(|(column, _)| column));
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

/// A record's cells and those of its links, with their columns and in their order.
fn cells(record: &Record, binds: &Binds, job: &Job<'_>) -> Vec<(Column, String)> {
    let record = if job.select.is_empty() {
        record.clone()
    } else {
        selected(record, job)
    };
    let Ok(Json::Object(members)) = serde_json::from_str(&document::whole(&record)) else {
        return Vec::new();
    };
    let mut cells = Vec::new();
    for (property, _) in record.iter() {
        let name = property.name();
        match (members.get(name), &property.ty) {
            (None, _) => {}
            (Some(Json::Object(inner)), Type::Complex(complex)) if !complex.open => {
                for member in complex.properties() {
                    if let Some(value) = inner.get(member.name()) {
                        let column = Column {
                            place: (property.index, member.index),
                            title: format!("{name}/{}", member.name()),
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
    cells.extend(binds.iter().map(|(property, names)| {
        let column = Column {
            place: (property.index, 0),
            title: property.name().to_owned(),
        };
        (column, join(names.iter().map(String::as_str)))
    }));
    cells.sort_by(|(one, _), (other, _)| one.cmp(other));
    cells
}

/// Whether an element comes back from a cell that parts it from others: blanks around it would not.
fn is_plain(element: &Json) -> bool {
    let text = element.as_str();
    text.is_some_and(|text| !text.is_empty() && text.trim() == text)
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(elements) if elements.iter().all(is_plain) => {
            join(elements.iter().filter_map(Json::as_str))
        }
        other => other.to_string(),
    }
}

fn csv_row(text: &mut String, user: &Exported, binds: &Binds, columns: &[Column], job: &Job<'_>) {
    let mut cells = cells(&user.record, binds, job).into_iter().peekable();
    let mut row = Vec::with_capacity(columns.len());
    for column in columns {
        // Both are in the order of the tables. What somebody set since the columns were found has
        // no place: the export is of the moment in which it began.
        while cells.next_if(|(own, _)| own < column).is_some() {}
        let value = match cells.next_if(|(own, _)| own == column) {
            Some((_, value)) => value,
            None if column.title == PASSWORD_HASH => user.password_hash.clone().unwrap_or_default(),
            None => String::new(),
        };
        row.push(job.field(value));
    }
    push_record(text, row.iter().map(String::as_str));
}

/// The properties that `--select` names, of those that users have in the tenant.
pub fn select(names: &[String], users: Entity<'_>) -> Result<Vec<Prop>, String> {
    let mut all: Vec<Prop> = Vec::new();
    for name in names {
        let wanted = name.trim();
        let within = attributes(wanted, users);
        if !within.is_empty() {
            all.extend(within);
            continue;
        }
        let mut versions = edm::Version::ALL.into_iter();
        let property = versions
            .find_map(|version| users.property(wanted, version))
            .or_else(|| columns::links(wanted).map(Prop::Core))
            .or_else(|| {
                let is_it = user::EXTENSIONS.name().eq_ignore_ascii_case(wanted);
                is_it.then_some(Prop::Core(&user::EXTENSIONS))
            });
        all.push(property.ok_or_else(|| name.clone())?);
    }
    all.sort_by(|one, other| one.place().cmp(&other.place()));
    all.dedup();
    Ok(all)
}

/// The custom security attributes of that name: all of them by that of their property.
fn attributes(name: &str, users: Entity<'_>) -> Vec<Prop> {
    let every = name.eq_ignore_ascii_case(user::CUSTOM_SECURITY_ATTRIBUTES.name());
    let own = users.own().filter(|own| own.attribute().is_some());
    own.filter(|own| every || own.name().eq_ignore_ascii_case(name))
        .cloned()
        .collect()
}
