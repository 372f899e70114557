//! Templates that an operator writes: found, parsed and tried out before anything is served, so
//! that a slip stops the start and not a guest.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use minijinja::{Environment, Value};

/// Bytes of one file; a template of this size is something else, given by mistake.
const MAX_BYTES: u64 = 512 * 1024;

/// Why an operator's templates cannot be used. Names the file, and the line where it is known.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{place}: {what}")]
pub struct TemplateFault {
    place: String,
    what: String,
}

impl TemplateFault {
    /// In a file or folder.
    pub fn at(path: &Path, line: Option<usize>, what: impl Into<String>) -> Self {
        let place = path.display();
        Self {
            place: line.map_or_else(|| place.to_string(), |line| format!("{place}:{line}")),
            what: what.into(),
        }
    }

    /// What the template engine says of a template of that folder.
    pub fn of(folder: &Path, error: &minijinja::Error) -> Self {
        let mut cause = error;
        // The innermost error that knows its place: an outer one names the template that includes
        // it.
        while let Some(inner) = std::error::Error::source(cause)
            .and_then(|source| source.downcast_ref::<minijinja::Error>())
            .filter(|inner| inner.line().is_some())
        {
            cause = inner;
        }
        let path = cause
            .name()
            .map_or_else(|| folder.to_owned(), |name| folder.join(name));
        let what = cause.detail().map_or_else(
            || cause.kind().to_string(),
            |said| format!("{}: {said}", cause.kind()),
        );
        Self::at(&path, cause.line(), what)
    }
}

/// The operator's files, by name. A folder that is missing, and a file whose name replaces nothing,
/// are refused: it is a slip of the pen, and passing over it would show the built-in page instead.
///
/// # Errors
/// [`TemplateFault`]
pub(crate) fn files(
    folder: &Path,
    known: &[&'static str],
    folders: &[&str],
) -> Result<Vec<(&'static str, String)>, TemplateFault> {
    let unreadable =
        |path: &Path, error: std::io::Error| TemplateFault::at(path, None, error.to_string());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') {
            continue;
        }
        let about = fs::metadata(&path).map_err(|error| unreadable(&path, error))?;
        if about.is_dir() && folders.iter().any(|known| *known == name) {
            continue;
        }
        let Some(known) = known.iter().find(|known| **known == name) else {
            let names = known.join(", ");
            return Err(TemplateFault::at(
                &path,
                None,
                format!("no template has this name; there are {names}"),
            ));
        };
        if !about.is_file() || about.len() > MAX_BYTES {
            return Err(TemplateFault::at(
                &path,
                None,
                "it is no file of at most 512 KiB",
            ));
        }
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
        found.push((*known, text));
    }
    found.sort_unstable();
    Ok(found)
}

/// Refuses a template that asks for a variable there is not. Rendering finds such a thing only on
/// the way that is taken; this looks at every way.
///
/// # Errors
/// [`TemplateFault`] with the first line that names the variable.
pub(crate) fn check_variables(
    environment: &Environment<'_>,
    (folder, name, source): (&Path, &str, &str),
    known: &BTreeSet<String>,
) -> Result<(), TemplateFault> {
    let template = environment
        .get_template(name)
        .map_err(|error| TemplateFault::of(folder, &error))?;
    let globals: BTreeSet<String> = environment
        .globals()
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut asked: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    asked.sort_unstable();
    for variable in asked {
        let first = variable.split('.').next().unwrap_or(&variable);
        if globals.contains(first) || known.contains(&variable) {
            continue;
        }
        let line = line_of(source, &variable);
        let what = format!("unknown variable `{variable}`");
        return Err(TemplateFault::at(&folder.join(name), line, what));
    }
    Ok(())
}

/// The names in a value, `a` and `a.b` alike, so that any of them can be asked for.
pub(crate) fn names_in(value: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open = vec![(String::new(), value.clone())];
    while let Some((path, value)) = open.pop() {
        if value.kind() != minijinja::value::ValueKind::Map {
            continue;
        }
        for key in value.try_iter().into_iter().flatten() {
            let Some(name) = key.as_str() else { continue };
            let whole = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            if let Ok(inner) = value.get_item(&key) {
                open.push((whole.clone(), inner));
            }
            names.insert(whole);
        }
    }
    names
}

/// The first line with the variable's last name in it.
fn line_of(source: &str, variable: &str) -> Option<usize> {
    let last = variable.rsplit('.').next().unwrap_or(variable);
    let has = |text: &str| source.lines().position(|line| line.contains(text));
    has(variable).or_else(|| has(last)).map(|at| at + 1)
}
