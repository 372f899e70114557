//! Records in the order of a table's primary key, however many: sorted in pieces, which are merged
//! when they are read.
//!
//! A tree that is filled in its own order is written once from left to right, and its pages are
//! full. Filled in the order of a file, every record of a million would land on another page.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, Cursor, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::JoinHandle;

use uuid::Uuid;

use crate::StoreError;

/// Bytes that are sorted at a time, and as many wait to be: five tables take 160 MiB at the most,
/// in a command that holds more than that for the names of a million users.
const PIECE: usize = 16 << 20;
/// Bytes read from a piece at a time.
const AHEAD: usize = 128 << 10;
/// Bytes of the lengths before a record: one for the whole, four for its fields.
const HEAD: usize = 4 + 4 * 2;

/// Most fields of a record.
const FIELDS: usize = 4;

/// Takes records in any order.
pub(super) struct Sorter {
    /// Where pieces go that do not stay in memory.
    folder: PathBuf,
    records: Vec<u8>,
    starts: Vec<u32>,
    pieces: Vec<File>,
    /// The piece being sorted.
    busy: Option<JoinHandle<std::io::Result<File>>>,
}

impl Sorter {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            records: Vec::new(),
            starts: Vec::new(),
            pieces: Vec::new(),
            busy: None,
        }
    }

    /// Takes a record, whose fields decide its place in their order.
    pub(super) fn push(&mut self, fields: &[&[u8]]) -> Result<(), StoreError> {
        let start = u32::try_from(self.records.len()).map_err(|_| too_long())?;
        let sum: usize = fields.iter().map(|field| field.len() + 1).sum();
        let length = u32::try_from(HEAD + sum).map_err(|_| too_long())?;
        self.records.extend_from_slice(&length.to_le_bytes());
        for at in 0..FIELDS {
            let length = fields.get(at).map_or(0, |field| field.len());
            let length = u16::try_from(length).map_err(|_| too_long())?;
            self.records.extend_from_slice(&length.to_le_bytes());
        }
        for field in fields {
            self.records.extend_from_slice(field);
            // So that `ab`, `c` stands before `abc`, `a`. A key with zeros in it may come out of
            // place, which costs a little time and nothing else.
            self.records.push(0);
        }
        self.starts.push(start);
        if self.records.len() >= PIECE {
            self.set_aside()?;
        }
        Ok(())
    }

    /// Sends what there is to be sorted beside the loading.
    fn set_aside(&mut self) -> Result<(), StoreError> {
        self.wait()?;
        let records = std::mem::take(&mut self.records);
        let starts = std::mem::take(&mut self.starts);
        let folder = self.folder.clone();
        let sort = move || {
            let mut file = nameless(&folder)?;
            file.write_all(&sorted(&records, starts))?;
            file.rewind()?;
            Ok(file)
        };
        let thread = std::thread::Builder::new().name("store-sort".into());
        self.busy = Some(thread.spawn(sort).map_err(|error| unsorted(&error))?);
        Ok(())
    }

    fn wait(&mut self) -> Result<(), StoreError> {
        let Some(busy) = self.busy.take() else {
            return Ok(());
        };
        let done = busy
            .join()
            .map_err(|_| StoreError::Driver("sorting ended by itself".into()))?;
        self.pieces.push(done.map_err(|error| unsorted(&error))?);
        Ok(())
    }

    /// All records, in order.
    pub(super) fn finish(mut self) -> Result<Merge, StoreError> {
        self.wait()?;
        let last = sorted(&self.records, self.starts);
        let mut pieces: Vec<Piece> = self
            .pieces
            .into_iter()
            .map(|file| Piece::new(Box::new(file)))
            .collect();
        pieces.push(Piece::new(Box::new(Cursor::new(last))));
        let mut heap = BinaryHeap::with_capacity(pieces.len());
        for mut piece in pieces {
            if piece.advance()? {
                heap.push(Reverse(piece));
            }
        }
        Ok(Merge { heap })
    }
}

/// A file that no other process finds and that is gone when it is closed: it holds names and
/// addresses of people.
fn nameless(folder: &Path) -> std::io::Result<File> {
    // The tables set their pieces aside at the same time.
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Relaxed);
    let path = folder.join(format!(".load-{}-{number}", std::process::id()));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    // Left behind by a process of the same number that was killed between the two lines below.
    let file = match options.open(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            std::fs::remove_file(&path)?;
            options.open(&path)?
        }
        opened => opened?,
    };
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn too_long() -> StoreError {
    StoreError::Driver("a record is too long to be sorted".into())
}

fn unsorted(error: &std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Driver(format!("sorting: {error}")),
    }
}

/// The records one behind the other, in order.
fn sorted(records: &[u8], starts: Vec<u32>) -> Vec<u8> {
    let whole = |start: u32| {
        let rest = records.get(start as usize..).unwrap_or_default();
        let length = rest
            .first_chunk()
            .map_or(0, |length| u32::from_le_bytes(*length));
        rest.get(..length as usize).unwrap_or_default()
    };
    // The first eight bytes beside the place: most comparisons end there.
    let mut places: Vec<(u64, u32)> = starts
        .into_iter()
        .map(|start| (first_eight(key(whole(start))), start))
        .collect();
    places.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0)
            .then_with(|| key(whole(a.1)).cmp(key(whole(b.1))))
    });
    let mut out = Vec::with_capacity(records.len());
    for (_, start) in places {
        out.extend_from_slice(whole(start));
    }
    out
}

fn first_eight(key: &[u8]) -> u64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(key) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

/// What a record is sorted by.
fn key(record: &[u8]) -> &[u8] {
    record.get(HEAD..).unwrap_or_default()
}

/// One sorted piece, at its next record.
struct Piece {
    from: BufReader<Box<dyn Read + Send>>,
    record: Vec<u8>,
}

impl Piece {
    fn new(from: Box<dyn Read + Send>) -> Self {
        Self {
            from: BufReader::with_capacity(AHEAD, from),
            record: Vec::new(),
        }
    }

    /// Goes to the next record; `false` behind the last.
    fn advance(&mut self) -> Result<bool, StoreError> {
        let mut length = [0; 4];
        match self.from.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
            read => read.map_err(|error| unsorted(&error))?,
        }
        let rest = (u32::from_le_bytes(length) as usize).saturating_sub(length.len());
        self.record.clear();
        self.record.extend_from_slice(&length);
        self.record.resize(length.len() + rest, 0);
        let place = self.record.get_mut(length.len()..).unwrap_or_default();
        self.from
            .read_exact(place)
            .map_err(|error| unsorted(&error))?;
        Ok(true)
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Piece {}
impl PartialOrd for Piece {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Piece {
    fn cmp(&self, other: &Self) -> Ordering {
        key(&self.record).cmp(key(&other.record))
    }
}

/// Gives the records back, in order.
pub(super) struct Merge {
    heap: BinaryHeap<Reverse<Piece>>,
}

impl Merge {
    /// Hands each record to `with`; how many there were.
    pub(super) fn each(
        mut self,
        mut with: impl FnMut(&Fields<'_>) -> Result<(), StoreError>,
    ) -> Result<u64, StoreError> {
        let mut count = 0;
        while let Some(mut top) = self.heap.peek_mut() {
            with(&Fields(&top.0.record))?;
            count += 1;
            if !top.0.advance()? {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        Ok(count)
    }
}

/// The fields of a record.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Of a record that was handed out whole.
    pub(super) fn of(record: &'a [u8]) -> Self {
        Self(record)
    }

    /// All of the record.
    pub(super) fn whole(&self) -> &'a [u8] {
        self.0
    }

    /// The field at a place; empty where there is none.
    pub(super) fn bytes(&self, at: usize) -> &'a [u8] {
        let length = |at: usize| {
            let from = self.0.get(4 + 2 * at..).unwrap_or_default();
            usize::from(
                from.first_chunk()
                    .map_or(0, |length| u16::from_le_bytes(*length)),
            )
        };
        let start = HEAD + (0..at).map(|before| length(before) + 1).sum::<usize>();
        self.0.get(start..start + length(at)).unwrap_or_default()
    }

    pub(super) fn text(&self, at: usize) -> Result<&'a str, StoreError> {
        std::str::from_utf8(self.bytes(at))
            .map_err(|_| StoreError::Driver("a sorted record is no text".into()))
    }

    pub(super) fn id(&self, at: usize) -> Result<Uuid, StoreError> {
        Uuid::from_slice(self.bytes(at))
            .map_err(|_| StoreError::Driver("a sorted record has no id".into()))
    }

    pub(super) fn number(&self, at: usize) -> u32 {
        self.bytes(at)
            .first_chunk()
            .map_or(0, |number| u32::from_be_bytes(*number))
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Sorter, nameless};

    fn through(records: &[Vec<Vec<u8>>], pieces: usize) -> Vec<Vec<Vec<u8>>> {
        let folder = tempfile::tempdir().unwrap();
        let mut sorter = Sorter::new(folder.path());
        for (at, record) in records.iter().enumerate() {
            let fields: Vec<_> = record.iter().map(Vec::as_slice).collect();
            sorter.push(&fields).unwrap();
            if pieces > 0 && at % (records.len() / pieces).max(1) == 0 {
                sorter.set_aside().unwrap();
            }
        }
        let mut out = Vec::new();
        let width = records.first().map_or(0, Vec::len);
        let count = sorter.finish().unwrap().each(|fields| {
            out.push((0..width).map(|at| fields.bytes(at).to_vec()).collect());
            Ok(())
        });
        assert_eq!(count.unwrap(), records.len() as u64);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        out
    }

    #[test]
    fn what_went_in_comes_out_in_order() {
        let mut state = 1_u64;
        let mut below = |end: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % end
        };
        for _round in 0..100 {
            let mut field = || -> Vec<u8> {
                let length = below(12);
                (0..length)
                    .map(|_| u8::try_from(below(3) + 1).unwrap())
                    .collect()
            };
            let mut records = Vec::new();
            for _record in 0..50 {
                records.push(vec![field(), field(), field()]);
            }
            let mut expected = records.clone();
            expected.sort();
            for pieces in [0, 1, 4] {
                assert_eq!(through(&records, pieces), expected);
            }
        }
        assert_eq!(through(&[], 0), Vec::<Vec<Vec<u8>>>::new());
    }

    #[test]
    fn files_are_made_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let make = || (0..500).try_for_each(|_| nameless(folder.path()).map(drop));
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..5).map(|_| scope.spawn(make)).collect();
            for maker in makers {
                maker.join().unwrap().unwrap();
            }
        });
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn more_than_a_piece_goes_through_files() {
        let record = |n: u32| {
            vec![
                n.wrapping_mul(2_654_435_761).to_be_bytes().to_vec(),
                vec![7; 300],
            ]
        };
        let records: Vec<_> = (0..70_000).map(record).collect();
        assert!(records.len() * 300 > PIECE);
        let mut expected = records.clone();
        expected.sort();
        assert!(through(&records, 0) == expected);
    }
}
