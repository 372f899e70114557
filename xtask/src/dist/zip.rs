//! Zip archives, as wheels are. Every entry is of 1980-01-01, the first day that the format knows,
//! so that the same input makes the same bytes.

use std::io::{Cursor, Write as _};

use anyhow::Result;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// An archive that grows.
pub(super) struct Zip(ZipWriter<Cursor<Vec<u8>>>);

impl Zip {
    /// An empty archive.
    pub(super) fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    /// Adds a file.
    pub(super) fn file(&mut self, name: &str, mode: u32, content: &[u8]) -> Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .unix_permissions(mode);
        self.0.start_file(name, options)?;
        self.0.write_all(content)?;
        Ok(())
    }

    /// The whole archive.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        Ok(self.0.finish()?.into_inner())
    }
}
