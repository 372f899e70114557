//! How a store is opened.

use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

/// Where the rows lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A database file; its log, index and lock files lie beside it.
    File(PathBuf),
    /// In the memory of this process, under a name (tests). Gone with the last store that has it
    /// open.
    Memory(String),
}

/// What the process that opens the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one server of this database: holds the lock file for its whole life.
    Server,
    /// A command beside it (add an app, walk the audit chain): works with the server running.
    Tool,
    /// A command that only reads: it makes and changes no file, and leaves an older schema as it is
    /// ([`crate::StoreError::Outdated`]).
    Look,
}

/// Options of [`crate::Store::open`].
#[derive(Clone)]
pub struct Options {
    /// Where the rows lie.
    pub place: Place,
    /// Server or command beside it.
    pub role: Role,
    /// Connections for reading; at least 1.
    pub readers: usize,
    /// Key of the audit chain; kept outside the database.
    pub audit_key: [u8; 32],
    /// Most writes that share one commit.
    pub batch: usize,
    /// Most writes waiting for the writer; more are answered [`crate::StoreError::Busy`].
    pub queue: usize,
    /// How long a read may take before it is broken off ([`crate::StoreError::Overdue`]).
    pub read_time: Duration,
    /// How many entries a walk in the order of ids reads, if no index answers the condition. Then
    /// the rest is read in the order of the file (decision record 0079).
    pub walk: u32,
    /// From how many bytes of the write-ahead log on new lists wait until it has restarted
    /// (decision record 0081).
    pub log: u64,
}

impl Options {
    /// Five seconds (T-38): a query that takes longer is refused, and does not keep a connection
    /// from the others.
    pub const READ_TIME: Duration = Duration::from_secs(5);

    /// If a page is not full after so many entries, so few objects pass that reading in the order
    /// of the file is several times faster. With each object on another page of the disk, the walk
    /// takes about a quarter of a second.
    pub const WALK: u32 = 32_768;

    /// 64 MiB: without reads that take seconds, the log never becomes longer than that.
    pub const LOG: u64 = 64 << 20;

    /// The usual figures for a place.
    ///
    /// A reader for each core, so that the lists of one client keep all of them busy and no more
    /// wait for each other's; one for the lists of others beside those, and one that lists never
    /// take. 8 at most, each of which may hold 6 MB of pages. 256 writes a commit is four times the
    /// connections we tune for: a bigger batch only makes its first write wait longer. 4,096
    /// waiting writes are less than a second of work, so that a stalled disk turns into 503 and not
    /// into memory.
    pub fn new(place: Place, role: Role, audit_key: [u8; 32]) -> Self {
        Self {
            place,
            role,
            readers: readers(),
            audit_key,
            batch: 256,
            queue: 4096,
            read_time: Self::READ_TIME,
            walk: Self::WALK,
            log: Self::LOG,
        }
    }
}

fn readers() -> usize {
    let cores = std::thread::available_parallelism().map_or(2, NonZero::get);
    (cores + 2).min(8)
}

impl std::fmt::Debug for Options {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Options")
            .field("place", &self.place)
            .field("role", &self.role)
            .field("readers", &self.readers)
            .field("batch", &self.batch)
            .field("queue", &self.queue)
            .field("read_time", &self.read_time)
            .field("walk", &self.walk)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}
