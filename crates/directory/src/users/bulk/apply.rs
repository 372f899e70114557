//! Writing a planned chunk: one transaction, in which every row either happens whole or not at all.

use std::ops::Range;
use std::sync::{Arc, PoisonError};

use edm::user;
use store::{AuditRecord, Lookup, StoreError, Tx};
use uuid::Uuid;

use super::extensions;
use super::plan::{Edit, PlannedChunk, PlannedRow, PlannedUser, RowAction};
use super::{Done, Import, Key, Outcome, trail};
use crate::refusal::{Refusal, Unique};
use crate::schemas::TenantSchema;
use crate::tenants::Tenant;
use crate::users::change::check_signs_in_here;
use crate::users::pending;
use crate::users::row::{self, RowMeta, end_sessions};

/// Input of the write.
struct Input {
    rows: Arc<Vec<PlannedRow>>,
    /// The rows that are written now.
    range: Range<usize>,
    audit: AuditRecord,
    file_hash: String,
    key: Key,
    tenant: Tenant,
    schema: TenantSchema,
    dry_run: bool,
}

/// Why a write failed.
enum Failure {
    /// One row failed; the others may pass.
    Row(usize, Refusal),
    /// Everything passed, in a dry run.
    Tried(Vec<Result<Done, Refusal>>),
    /// Nothing can be written.
    All(Refusal),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::All(error.into())
    }
}

impl Import {
    /// Writes a chunk: one transaction, one bump of the change counter, one audit record. A row
    /// that the database refuses is left out, and the others are written without it.
    ///
    /// # Errors
    /// When nothing can be written; then nothing was.
    pub async fn apply(&self, planned: PlannedChunk) -> Result<Vec<Outcome>, Refusal> {
        let PlannedChunk { mut rows, audit } = planned;
        if self.0.rules.dry_run {
            self.try_claims(&mut rows);
        }
        let rows = Arc::new(rows);
        let mut results: Vec<Result<Done, Refusal>> = Vec::with_capacity(rows.len());
        let mut end = rows.len();
        while results.len() < rows.len() {
            let input = Input {
                rows: Arc::clone(&rows),
                range: results.len()..end,
                audit: audit.clone(),
                file_hash: self.0.input_hash.clone(),
                key: self.0.rules.key,
                tenant: self.0.tenant.clone(),
                schema: self.0.actor.schema.clone(),
                dry_run: self.0.rules.dry_run,
            };
            let written = self
                .0
                .directory
                .store()
                .write(self.0.actor.tenant, input, |tx, input| {
                    Box::pin(write(tx, input))
                })
                .await;
            match written {
                Ok(done) | Err(Failure::Tried(done)) => {
                    results.extend(done);
                    end = rows.len();
                }
                // A savepoint for every row would cost more than the rare second attempt: first the
                // rows before the failed one, which passed, then those behind it.
                Err(Failure::Row(at, refusal)) if at == results.len() => {
                    results.push(Err(refusal));
                    end = rows.len();
                }
                Err(Failure::Row(at, _)) => end = at,
                Err(Failure::All(refusal)) => return Err(refusal),
            }
        }
        let outcomes = rows.iter().zip(results);
        Ok(outcomes
            .map(|(row, result)| {
                let is_made = !(self.0.rules.dry_run && result == Ok(Done::Created));
                let id = subject(row).filter(|_| is_made && result.is_ok());
                row.outcome(id, result)
            })
            .collect())
    }
}

impl Import {
    /// The claims of earlier rows of a dry run are not in the database.
    fn try_claims(&self, rows: &mut [PlannedRow]) {
        let mut tried = self.0.tried.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            let RowAction::Create(new) = &row.action else {
                continue;
            };
            let addresses = new
                .claims
                .addresses()
                .map(|(key, unique)| (key.to_owned(), unique));
            let identities = new.claims.identities().iter().map(|identity| {
                let key = format!("{}\0{}", identity.issuer, identity.assigned);
                (key, Unique::Identities)
            });
            // A user's mail is among their proxy addresses as well.
            let mut taken = None;
            for (key, unique) in addresses.chain(identities) {
                match tried.take(&key, row.line) {
                    Err(line) if line != row.line => taken = taken.or(Some(unique)),
                    _ => {}
                }
            }
            if let Some(unique) = taken {
                let owner = None;
                row.action = RowAction::Refuse(Refusal::Taken { unique, owner });
            }
        }
    }
}

/// The user a row is about.
pub(super) fn subject(row: &PlannedRow) -> Option<Uuid> {
    match &row.action {
        RowAction::Refuse(_) => None,
        RowAction::Leave(id) => Some(*id),
        RowAction::Create(new) => Some(new.row.id),
        RowAction::Update(edit) => Some(edit.id),
    }
}

/// The outcome of every row, in their order.
async fn write(tx: &mut Tx, input: &Input) -> Result<Vec<Result<Done, Refusal>>, Failure> {
    let mut done = Vec::with_capacity(input.range.len());
    let mut written = Vec::new();
    for at in input.range.clone() {
        let Some(row) = input.rows.get(at) else {
            break;
        };
        let result = match &row.action {
            RowAction::Refuse(refusal) => {
                done.push(Err(refusal.clone()));
                continue;
            }
            RowAction::Leave(_) => Ok(Done::Existed),
            RowAction::Create(new) => create(tx, new).await,
            RowAction::Update(edit) => update(tx, input, edit, row).await,
        };
        let one = result.map_err(|refusal| match refusal {
            Refusal::Unavailable(_) | Refusal::Internal { .. } => Failure::All(refusal),
            other => Failure::Row(at, other),
        })?;
        if let (Done::Created | Done::Updated, Some(id)) = (one, subject(row)) {
            written.push((row.line, id, one));
        }
        done.push(Ok(one));
    }
    if input.dry_run {
        return Err(Failure::Tried(done));
    }
    for record in trail::records(&input.audit, &input.file_hash, &written) {
        tx.audit(record);
    }
    Ok(done)
}

async fn create(tx: &mut Tx, new: &PlannedUser) -> Result<Done, Refusal> {
    row::insert(tx, &new.row, &new.claims).await?;
    new.links.apply(tx, new.row.id).await?;
    extensions::apply(tx, new.row.id, &new.extensions).await?;
    Ok(Done::Created)
}

/// As PATCH: checked again with the user as they are now.
async fn update(
    tx: &mut Tx,
    input: &Input,
    edit: &Edit,
    planned: &PlannedRow,
) -> Result<Done, Refusal> {
    let gone = || Refusal::NotFound {
        key: planned.key.clone().unwrap_or_default(),
    };
    let row = tx.user(edit.id).await?.ok_or_else(gone)?;
    if let Some(key) = &planned.key
        && !input.key.is_of(&row, &input.schema, key)?
    {
        return Err(gone());
    }
    let before = row::record(&row, &input.schema)?;
    let new_hash = edit
        .password_hash
        .as_ref()
        .filter(|hash| row.password_hash.as_ref() != Some(hash));
    // What stands beside the user's own row.
    let mut is_beside_changed = edit.links.apply(tx, row.id).await?;
    is_beside_changed |= extensions::apply(tx, row.id, &edit.extensions).await?;
    let mut after = match edit.change.apply(&before, &input.tenant)? {
        Some(after) => after,
        None if new_hash.is_some() => before.clone(),
        None if is_beside_changed => return Ok(Done::Updated),
        None => return Ok(Done::Unchanged),
    };
    pending::refuse_enabling(tx, &row, &after).await?;
    if new_hash.is_some() && edit.imported_hash {
        check_signs_in_here(&after, &input.tenant)?;
        after.set(&user::LAST_PASSWORD_CHANGE_DATE_TIME, edit.now);
        end_sessions(&mut after, edit.now);
    }
    let meta = RowMeta {
        id: row.id,
        version: row.version,
        created_at: row.created_at,
        password_hash: new_hash.cloned().or(row.password_hash),
    };
    row::replace(tx, &before, &after, meta).await?;
    Ok(Done::Updated)
}
