//! Tar archives: plain files and folders, owned by root unless said otherwise, all of one instant,
//! so that the same input makes the same bytes.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

/// An archive that grows.
pub(super) struct Tar {
    builder: Builder<Vec<u8>>,
    seconds: u64,
}

/// Who owns an entry.
#[derive(Clone, Copy)]
pub(super) struct Owner(pub(super) u32);

/// The administrator.
pub(super) const ROOT: Owner = Owner(0);

impl Tar {
    /// An empty archive whose entries were all changed at that second.
    pub(super) fn new(seconds: u64) -> Self {
        Self {
            builder: Builder::new(Vec::new()),
            seconds,
        }
    }

    /// Adds a file.
    pub(super) fn file(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<()> {
        self.entry(name, EntryType::Regular, mode, ROOT, content)
    }

    /// Adds a folder; `name` ends with a slash.
    pub(super) fn folder(&mut self, name: &str, mode: u32, owner: Owner) -> Result<()> {
        self.entry(name, EntryType::Directory, mode, owner, &[])
    }

    fn entry(
        &mut self,
        name: &str,
        kind: EntryType,
        mode: u32,
        owner: Owner,
        content: &[u8],
    ) -> Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(owner.0.into());
        header.set_gid(owner.0.into());
        header.set_mtime(self.seconds);
        header.set_size(u64::try_from(content.len())?);
        if owner.0 == 0 {
            header.set_username("root")?;
            header.set_groupname("root")?;
        }
        // As it is given: the crate's own way to set a name would take the `./` away that Debian's
        // packages begin with.
        let ustar = header.as_ustar_mut().context("no ustar header")?;
        let place = ustar.name.get_mut(..name.len());
        place
            .with_context(|| format!("{name}: too long for a tar header"))?
            .copy_from_slice(name.as_bytes());
        header.set_cksum();
        self.builder.append(&header, content)?;
        Ok(())
    }

    /// The whole archive.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        Ok(self.builder.into_inner()?)
    }
}

/// The same bytes, packed. The header of gzip names no time and no file.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(packed.finish()?)
}
