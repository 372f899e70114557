//! Tar archives: plain files and folders, owned by root unless said otherwise, all of one instant, so that the
//! same input makes the same bytes.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

/// A header or a block of data.
const BLOCK: usize = 512;
/// The longest name that the header has room for; none of ours comes near.
const NAME: usize = 100;

/// An archive that grows.
pub(super) struct Tar {
    bytes: Vec<u8>,
    seconds: u64,
}

/// Who owns an entry.
#[derive(Clone, Copy)]
pub(super) struct Owner(pub(super) u32);

/// The administrator.
pub(super) const ROOT: Owner = Owner(0);

impl Tar {
    /// An empty archive whose entries were all changed at that second.
    pub(super) const fn new(seconds: u64) -> Self {
        Self {
            bytes: Vec::new(),
            seconds,
        }
    }

    /// Adds a file.
    pub(super) fn file(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<()> {
        self.header(name, b'0', mode, ROOT, content.len())?;
        self.bytes.extend_from_slice(content);
        let rest = content.len() % BLOCK;
        if rest > 0 {
            self.bytes.resize(self.bytes.len() + BLOCK - rest, 0);
        }
        Ok(())
    }

    /// Adds a folder; `name` ends with a slash.
    pub(super) fn folder(&mut self, name: &str, mode: u32, owner: Owner) -> Result<()> {
        self.header(name, b'5', mode, owner, 0)
    }

    fn header(&mut self, name: &str, kind: u8, mode: u32, owner: Owner, size: usize) -> Result<()> {
        if name.len() > NAME {
            bail!("{name}: too long for a tar header");
        }
        let mut header = [b' '; BLOCK];
        header.fill(0);
        let mut put = |at: usize, text: &str| -> Result<()> {
            let place = header.get_mut(at..at + text.len());
            place
                .context("a tar field outside of the header")?
                .copy_from_slice(text.as_bytes());
            Ok(())
        };
        put(0, name)?;
        put(100, &format!("{mode:07o}"))?;
        put(108, &format!("{:07o}", owner.0))?;
        put(116, &format!("{:07o}", owner.0))?;
        put(124, &format!("{size:011o}"))?;
        put(136, &format!("{:011o}", self.seconds))?;
        // The sum is taken with blanks in its own place.
        put(148, "        ")?;
        put(156, &char::from(kind).to_string())?;
        put(257, "ustar\u{0}00")?;
        if owner.0 == 0 {
            put(265, "root")?;
            put(297, "root")?;
        }
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        let sum = format!("{sum:06o}\0 ");
        if let Some(place) = header.get_mut(148..148 + sum.len()) {
            place.copy_from_slice(sum.as_bytes());
        }
        self.bytes.extend_from_slice(&header);
        Ok(())
    }

    /// The whole archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 2 * BLOCK, 0);
        self.bytes
    }
}

/// The same bytes, packed. The header of gzip names no time and no file.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(packed.finish()?)
}
