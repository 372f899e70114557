//! Reading a file ahead of the writer, on a thread of its own, and setting out to plan what was
//! read.

use std::collections::BTreeMap;
use std::io;

use directory::Refusal;
use directory::users::bulk::{Import, Past, PlannedChunk, Row};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::input::{Item, UserFile};
use super::results::{ResultLine, RowError};
use super::run::{REFUSED, fault, word};

/// Rows in one transaction. Each row dirties some thirty pages, which the rows of a chunk share: in
/// a directory of 30,000 a chunk of 500 writes nearly as many as one of 2,000. A server beside it
/// waits some tenths of a second for its turn.
const CHUNK: usize = 2_000;
/// Chunks planned ahead of the writer.
const AHEAD: usize = 4;

/// A chunk on its way.
pub(super) struct Chunk {
    /// Rows that ended before they were planned, by their place among all of the chunk.
    pub(super) ended: BTreeMap<usize, ResultLine>,
    pub(super) size: usize,
    pub(super) plan: JoinHandle<Result<PlannedChunk, Refusal>>,
    /// Bytes of the file before its first row.
    pub(super) begin: u64,
    /// Bytes of the file up to its last one.
    pub(super) bytes: u64,
}

/// What reads.
pub(super) struct Reader {
    pub(super) input: UserFile,
    pub(super) import: Import,
    /// What this import wrote before it was interrupted and did not come to say in its results.
    pub(super) past: BTreeMap<u64, Past>,
    /// The last line that the results have already.
    pub(super) behind: u64,
}

/// Reads to the end, or to the first error. Ends by itself once nobody waits for chunks.
pub(super) fn read(mut reader: Reader) -> mpsc::Receiver<io::Result<Chunk>> {
    let (chunks, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        while let Some(chunk) = reader.read().transpose() {
            let is_last = chunk.is_err();
            if chunks.blocking_send(chunk).is_err() || is_last {
                break;
            }
        }
    });
    receiver
}

impl Reader {
    /// Reads a chunk and sets out to plan it.
    fn read(&mut self) -> io::Result<Option<Chunk>> {
        let mut ended = BTreeMap::new();
        let mut rows: Vec<Row> = Vec::new();
        let (mut size, mut begin) = (0, self.input.bytes());
        while size < CHUNK {
            let Some(item) = self.input.next_row()? else {
                break;
            };
            let line = item.line();
            match self.begin(item) {
                // Its key is taken note of; all else is in the results already.
                _ if line <= self.behind => {
                    begin = self.input.bytes();
                    continue;
                }
                Ok(row) => rows.push(row),
                Err(result) => {
                    ended.insert(size, *result);
                }
            }
            size += 1;
        }
        if size == 0 {
            return Ok(None);
        }
        let import = self.import.clone();
        Ok(Some(Chunk {
            ended,
            size,
            plan: tokio::spawn(async move { import.plan(rows).await }),
            begin,
            bytes: self.input.bytes(),
        }))
    }

    /// A row that is to be planned, or its end.
    fn begin(&mut self, item: Item) -> Result<Row, Box<ResultLine>> {
        let row = match item {
            Item::Row(row) => row,
            Item::Fault {
                line,
                why,
                property,
            } => {
                return Err(Box::new(ResultLine {
                    line,
                    key: None,
                    id: None,
                    outcome: REFUSED,
                    fault: Some(RowError {
                        property,
                        ..RowError::row(why)
                    }),
                    note: None,
                }));
            }
        };
        let key = || self.import.key_of(&row);
        if let Err(refusal) = self.import.admit(&row) {
            return Err(Box::new(ResultLine {
                line: row.line,
                key: key(),
                id: None,
                outcome: REFUSED,
                fault: Some(fault(refusal)),
                note: None,
            }));
        }
        match self.past.remove(&row.line) {
            Some(past) => Err(Box::new(ResultLine {
                line: row.line,
                key: key(),
                id: Some(past.id),
                outcome: word(past.done),
                fault: None,
                note: None,
            })),
            None => Ok(row),
        }
    }
}
