//! A copy of the database while it is in use, and whether a database is whole.

use super::open;
use crate::{Place, StoreError};
use std::fs::File;
use std::path::Path;

/// Writes the database as it stands at one instant to a new file, and forces it to the disk. Others
/// go on reading and writing meanwhile. The file must not be there yet.
pub(crate) fn copy(place: &Place, to: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::Driver(format!("{}: {error}", to.display()));
    let text = to
        .to_str()
        .ok_or_else(|| StoreError::Driver(format!("{} is not UTF-8", to.display())))?;
    if to.exists() {
        return Err(StoreError::Driver(format!("{text} exists")));
    }
    // Empty, and closed to others from the first moment on.
    open::make_private(to)?;
    let on = open::keeping_log(place, || open::connect(place))?;
    on.execute("VACUUM INTO ?1", [text])?;
    File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(failed)
}

/// Reads every page and compares every index with its table. [`StoreError::Corrupt`] says what is
/// wrong.
pub(crate) fn check(place: &Place) -> Result<(), StoreError> {
    let on = open::connect(place)?;
    let mut statement = on.prepare("PRAGMA integrity_check(10)")?;
    let said: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    if said == ["ok"] {
        Ok(())
    } else {
        Err(StoreError::Corrupt(said.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::{check, copy};
    use crate::engine::sqlite::{migrate, open};
    use crate::{Options, Place, Role};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    /// A database `a.db` with one setting, and the connection that wrote it: its log lasts as long.
    fn filled(dir: &Path) -> (Place, rusqlite::Connection) {
        let place = Place::File(dir.join("a.db"));
        let options = Options::new(place.clone(), Role::Server, [1; 32]);
        let on = open::writer(&place).unwrap();
        let on = migrate::migrate(on, &options).unwrap();
        on.execute("INSERT INTO settings (name, value) VALUES ('a', 'b')", [])
            .unwrap();
        (place, on)
    }

    /// As a server leaves its files that is killed.
    #[test]
    fn a_log_that_was_left_behind_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (_, _on) = filled(dir.path());
        let killed = tempfile::tempdir().unwrap();
        let files = ["a.db", "a.db-wal"];
        for name in files {
            fs::copy(dir.path().join(name), killed.path().join(name)).unwrap();
        }
        let read = || files.map(|name| fs::read(killed.path().join(name)).unwrap());
        let before = read();
        assert!(!before[1].is_empty());
        let left = Place::File(killed.path().join("a.db"));
        let found = |on: rusqlite::Connection| -> String {
            let sql = "SELECT value FROM settings WHERE name = 'a'";
            on.query_row(sql, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(found(open::looker(&left).unwrap()), "b");
        assert!(read() == before, "looking changed a file");
        copy(&left, &killed.path().join("b.db")).unwrap();
        assert!(read() == before, "copying changed a file");
    }

    #[test]
    fn a_copy_is_whole_closed_to_others_and_never_over_something() {
        let dir = tempfile::tempdir().unwrap();
        let (place, _on) = filled(dir.path());
        let to = dir.path().join("b.db");
        copy(&place, &to).unwrap();
        assert!(copy(&place, &to).is_err(), "it is there");
        let copied = Place::File(to.clone());
        check(&copied).unwrap();
        let found: String = open::connect(&copied)
            .unwrap()
            .query_row("SELECT value FROM settings", [], |row| row.get(0))
            .unwrap();
        assert_eq!(found, "b");
        for path in [
            dir.path().join("a.db"),
            dir.path().join("a.db-wal"),
            to.clone(),
        ] {
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
        // A page that was damaged on its way.
        let mut bytes = fs::read(&to).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 4096].fill(0x5a);
        fs::write(&to, bytes).unwrap();
        assert!(check(&copied).is_err());
    }

    #[test]
    fn files_that_were_open_to_others_are_closed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let on = open::writer(&Place::File(path.clone())).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(on);
    }
}
