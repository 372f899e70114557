//! Writing the files of an instance: whole or not at all, and private where they hold secrets.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Who may read a file that we write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The owner alone (0600): keys, secrets.
    Private,
    /// Everybody (0644): certificates, configuration.
    Public,
}

impl Access {
    const fn mode(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Public => 0o644,
        }
    }
}

/// Makes `dir` and its parents, readable by the owner alone (0700). An existing folder is left as
/// it is.
pub fn make_private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Writes a file under a temporary name, forces it to the disk and renames it into place, so that a
/// power cut leaves the old file or the new one, never half a key.
pub fn write(path: &Path, content: &[u8], access: Access) -> io::Result<()> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Ok(()) => {}
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => {}
        Err(other) => return Err(other),
    }
    // create_new with the mode given: the file is never readable by others, not even for a moment.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(access.mode())
        .open(&fresh)?;
    // The umask takes bits away from the mode above; a public file is meant to be public.
    file.set_permissions(fs::Permissions::from_mode(access.mode()))?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_folder_of(path)
}

/// Forces to the disk what the folder of `path` holds: after a rename.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        Some(dir) => File::open(dir)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

/// Whether anybody but the owner may read or write the file: its permission bits when so.
pub fn exposed(path: &Path) -> io::Result<Option<u32>> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_get_their_mode_and_replace_the_old_content() {
        let dir = tempfile::tempdir().unwrap();
        for (name, access, shown) in [
            ("a.key", Access::Private, None),
            ("a.pem", Access::Public, Some(0o644)),
        ] {
            let path = dir.path().join(name);
            write(&path, b"first", access).unwrap();
            write(&path, b"second", access).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"second");
            assert_eq!(exposed(&path).unwrap(), shown, "{name}");
        }
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            2,
            "no temporary file stays"
        );
    }

    #[test]
    fn a_private_folder_is_closed_to_others() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        make_private_dir(&inner).unwrap();
        make_private_dir(&inner).unwrap();
        assert_eq!(exposed(&inner).unwrap(), None);
    }
}
