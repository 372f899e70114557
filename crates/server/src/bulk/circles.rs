//! Users can be each other's sponsors, and a row links to users who exist: a link that closes such
//! a circle stands in a file beside the others', to be imported when all of the circle is there.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use directory::users::bulk::{Link, Linked};
use directory::{Actor, Directory, Refusal};
use edm::{Json, user};
use uuid::Uuid;

use super::columns::join;
use super::csv::push_record;
use super::export::{Job, begin, members};
use super::input::{Format, with_suffix};
use super::outgoing::{Binds, binds, names};

/// By what the rows of the file are told from each other.
const KEY: &str = user::USER_PRINCIPAL_NAME.name();

/// The users whose links close circles, by their names.
pub(super) async fn users(
    directory: &Directory,
    actor: &Actor,
    linked: &Linked,
) -> Result<Vec<(String, Binds)>, Refusal> {
    let late: Vec<(Uuid, Link)> = linked.late().collect();
    let ends = late.iter().flat_map(|(id, link)| [*id, link.target]);
    let names = names(directory, actor, ends).await?;
    let mut users = Vec::new();
    for one in late.chunk_by(|(one, _), (next, _)| one == next) {
        let name = one.first().and_then(|(id, _)| names.get(id));
        let binds = binds(one.iter().map(|(_, link)| link), &names);
        if let (Some(name), false) = (name, binds.is_empty()) {
            users.push((name.clone(), binds));
        }
    }
    Ok(users)
}

/// The file of those links.
pub(super) fn path(job: &Job<'_>) -> PathBuf {
    with_suffix(
        job.file,
        match job.format {
            Format::Csv => ".links.csv",
            Format::Ndjson => ".links.ndjson",
        },
    )
}

/// Writes the file where there is something to write, and says how many users it is about. One that
/// an earlier export left is taken away: it would be taken for this one's.
pub(super) fn write(
    users: &[(String, Binds)],
    job: &Job<'_>,
) -> io::Result<Option<(PathBuf, usize)>> {
    let path = path(job);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if users.is_empty() {
        return Ok(None);
    }
    let links = [&user::MANAGER, &user::SPONSORS];
    let mut text = String::new();
    if job.format == Format::Csv {
        let titles = links.map(edm::Property::name);
        push_record(&mut text, [KEY].into_iter().chain(titles));
    }
    for (name, binds) in users {
        match job.format {
            Format::Csv => {
                let cells = links.map(|property| {
                    let bind = binds.iter().find(|(bound, _)| *bound == property);
                    let names = bind.map(|(_, names)| names.iter().map(String::as_str));
                    names.map_or_else(String::new, join)
                });
                let [manager, sponsors] = cells.map(|cell| job.field(cell));
                let name = job.field(name.clone());
                push_record(&mut text, [name.as_str(), &manager, &sponsors]);
            }
            Format::Ndjson => {
                let name = Json::String(name.clone());
                let _infallible = writeln!(text, "{{\"{KEY}\":{name}{}}}", members(binds));
            }
        }
    }
    let mut out = begin(&path, job.hashes)?;
    out.write_all(text.as_bytes())?;
    out.into_inner()?.sync_all()?;
    Ok(Some((path, users.len())))
}
