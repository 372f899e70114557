//! The master key file: 32 random bytes that every other key of the instance is derived from.
//!
//! The file never lies in the database or its backups. It says whether it was made by `dev`,
//! so that `serve` can refuse it.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use thiserror::Error;

use super::files::{self, Access};

/// First word of the file; the number changes with the format.
const HEAD: &str = "vestibule-master-key-1";

/// A key file is under a hundred bytes; more than this is another file given by mistake.
const MAX_BYTES: u64 = 1024;

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Made by `vestibule dev`: its client secret is printed in the documentation.
    Dev,
    /// Made by `vestibule init`.
    Service,
}

impl Purpose {
    const fn word(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Service => "service",
        }
    }
}

/// The 32 bytes and where they are meant to be used.
pub struct MasterKey {
    /// The secret that `Keys::derive` takes.
    pub secret: [u8; 32],
    /// Which command made the file.
    pub purpose: Purpose,
}

/// Why a key file cannot be used. The sentences are for the operator; they never hold key material.
#[derive(Debug, Error)]
pub enum MasterKeyError {
    /// The file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not one that `vestibule init` wrote.
    #[error("{path} is not a Vestibule master key file", path = path.display())]
    Malformed {
        /// The key file.
        path: PathBuf,
    },
    /// The system has no randomness to give.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

/// Where a key lies that is to take the place of the one in `path`, until the database is sealed
/// under it.
pub fn next(path: &Path) -> PathBuf {
    with_ending(path, "next")
}

/// The path of a file with a further ending appended.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Puts the prepared key in the place of the one in `path`, whose content stays in a file named
/// after it: copies of the database that were made before need it. Nothing happens when another
/// process was faster.
pub fn install(path: &Path) -> Result<PathBuf, MasterKeyError> {
    let io = |source| MasterKeyError::Io {
        path: path.to_owned(),
        source,
    };
    let old = std::fs::read(path).map_err(io)?;
    let kept = with_ending(path, &format!("old-{}", mark(&old)));
    if !next(path).exists() {
        return Ok(kept);
    }
    files::write(&kept, &old, Access::Private).map_err(io)?;
    match std::fs::rename(next(path), path) {
        Ok(()) => {}
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(kept),
        Err(other) => return Err(io(other)),
    }
    files::sync_folder_of(path).map_err(io)?;
    Ok(kept)
}

/// Eight digits that tell key files apart. They are of a hash over 32 random bytes, and say nothing
/// of them.
fn mark(content: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content);
    let mut mark = String::with_capacity(8);
    for byte in hash.as_ref().iter().take(4) {
        // A string takes all that is written to it.
        let _infallible = write!(mark, "{byte:02x}");
    }
    mark
}

/// Makes a new key and writes it, readable by the owner alone. An existing file is replaced: the
/// caller has looked.
pub fn create(path: &Path, purpose: Purpose) -> Result<MasterKey, MasterKeyError> {
    let mut secret = [0_u8; 32];
    rand::fill(&mut secret).map_err(|_| MasterKeyError::NoRandomness)?;
    let text = format!("{HEAD} {}\n{}\n", purpose.word(), BASE64.encode(secret));
    files::write(path, text.as_bytes(), Access::Private).map_err(|source| MasterKeyError::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(MasterKey { secret, purpose })
}

/// Reads a key file.
pub fn read(path: &Path) -> Result<MasterKey, MasterKeyError> {
    let io = |source| MasterKeyError::Io {
        path: path.to_owned(),
        source,
    };
    let malformed = || MasterKeyError::Malformed {
        path: path.to_owned(),
    };
    if std::fs::metadata(path).map_err(io)?.len() > MAX_BYTES {
        return Err(malformed());
    }
    let text = std::fs::read(path).map_err(io)?;
    parse(&text).ok_or_else(malformed)
}

fn parse(text: &[u8]) -> Option<MasterKey> {
    let mut lines = std::str::from_utf8(text).ok()?.lines();
    let purpose = match lines.next()?.strip_prefix(HEAD)?.strip_prefix(' ')? {
        "dev" => Purpose::Dev,
        "service" => Purpose::Service,
        _ => return None,
    };
    let secret = BASE64.decode(lines.next()?).ok()?.try_into().ok()?;
    lines
        .next()
        .is_none()
        .then_some(MasterKey { secret, purpose })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        for purpose in [Purpose::Dev, Purpose::Service] {
            let path = dir.path().join("master.key");
            let made = create(&path, purpose).unwrap();
            let read = read(&path).unwrap();
            assert_eq!((made.secret, made.purpose), (read.secret, read.purpose));
            assert_eq!(files::exposed(&path).unwrap(), None);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let key = BASE64.encode([7; 32]);
        let short = BASE64.encode([7; 31]);
        for text in [
            String::new(),
            key.clone(),
            format!("{HEAD} dev\n"),
            format!("{HEAD} dev\n{short}\n"),
            format!("{HEAD} other\n{key}\n"),
            format!("{HEAD} dev\n{key}\nmore\n"),
            format!("{HEAD}dev\n{key}\n"),
        ] {
            assert!(parse(text.as_bytes()).is_none(), "{text:?}");
        }
        assert!(parse(format!("{HEAD} dev\n{key}\n").as_bytes()).is_some());
    }
}
