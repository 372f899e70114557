//! An import in the audit trail: one record for a batch, which names every written user with their
//! line in the file. The record is in the same transaction as the users, so it also tells exactly
//! how far an import came.

use jiff::Timestamp;
use serde_json::{Value, json};
use store::AuditRecord;
use uuid::Uuid;

use super::{Done, Import};
use crate::actor::Actor;
use crate::audit::{self, Target};
use crate::refusal::Refusal;

/// The activity.
const ACTIVITY: &str = "Import users";
/// Records read at a time when looking back.
const PAGE: u32 = 200;
/// One letter for each row keeps a record of a batch small.
const CREATED: &str = "c";
const UPDATED: &str = "u";

/// A row that an earlier part of the same import wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Its line in the file.
    pub line: u64,
    /// The user.
    pub id: Uuid,
    /// Created or updated.
    pub done: Done,
}

/// The record of a batch, without its details, which are known only when it is written.
pub(super) fn record(actor: &Actor, at: Timestamp) -> AuditRecord {
    audit::record(
        actor,
        at,
        ACTIVITY,
        Target::tenant(actor.tenant.0),
        &Value::Null,
    )
}

/// Users in one record, which so stays below 30 KB.
const USERS: usize = 500;

/// The records of what a transaction wrote, in the order of the file.
pub(super) fn records<'a>(
    record: &'a AuditRecord,
    input_hash: &'a str,
    written: &'a [(u64, Uuid, Done)],
) -> impl Iterator<Item = AuditRecord> {
    written.chunks(USERS).map(|users| AuditRecord {
        details: details(input_hash, users),
        ..record.clone()
    })
}

/// The details: the file, and the users.
fn details(input_hash: &str, written: &[(u64, Uuid, Done)]) -> String {
    let users: Vec<_> = written
        .iter()
        .map(|(line, id, done)| {
            let letter = if *done == Done::Updated {
                UPDATED
            } else {
                CREATED
            };
            json!([line, id, letter])
        })
        .collect();
    json!({ "inputSha256": input_hash, "count": users.len(), "users": users }).to_string()
}

fn past(details: &str) -> Option<Vec<Past>> {
    let details: Value = serde_json::from_str(details).ok()?;
    let one = |entry: &Value| {
        let done = match entry.get(2)?.as_str()? {
            CREATED => Done::Created,
            UPDATED => Done::Updated,
            _ => return None,
        };
        Some(Past {
            line: entry.get(0)?.as_u64()?,
            id: Uuid::try_parse(entry.get(1)?.as_str()?).ok()?,
            done,
        })
    };
    details.get("users")?.as_array()?.iter().map(one).collect()
}

impl Import {
    /// The rows behind `line` that this import wrote before it was interrupted. Reads records back
    /// to `since`, when it began.
    pub async fn past(&self, line: u64, since: Timestamp) -> Result<Vec<Past>, Refusal> {
        // Records of users bear whole seconds.
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        let reader = self.0.directory.store().read(self.0.actor.tenant);
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let page = reader.latest_audit(before, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            before = Some(last.seq);
            for row in page {
                let record = row.record;
                if record.at < since {
                    return Ok(found);
                }
                if record.activity != ACTIVITY || record.request_id != Some(self.0.actor.request_id)
                {
                    continue;
                }
                let batch = past(&record.details).ok_or_else(|| {
                    Refusal::internal(format!("audit record {}: not of an import", row.seq))
                })?;
                // Batches follow the file: before this one there is nothing behind `line`.
                if batch.iter().all(|one| one.line <= line) {
                    return Ok(found);
                }
                found.extend(batch.into_iter().filter(|one| one.line > line));
            }
        }
    }
}
