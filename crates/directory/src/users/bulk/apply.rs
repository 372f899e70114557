//! Writing a planned chunk: one transaction, in which every row either happens whole or not at all.

use std::ops::Range;
use std::sync::{Arc, PoisonError};

use edm::user;
use store::{AuditRecord, Lookup, StoreError, Tx};
use uuid::Uuid;

use super::plan::{Edit, New, Planned, Step, Todo};
use super::{Done, Import, Key, Outcome, trail};
use crate::refusal::{Refusal, Unique};
use crate::schemas::TenantSchema;
use crate::tenants::Tenant;
use crate::users::change::check_signs_in_here;
use crate::users::pending;
use crate::users::row::{self, RowMeta, end_sessions};

/// Input of the write.
struct Input {
    steps: Arc<Vec<Step>>,
    /// The steps that are written now.
    rows: Range<usize>,
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
    pub async fn apply(&self, planned: Planned) -> Result<Vec<Outcome>, Refusal> {
        let Planned { mut steps, audit } = planned;
        if self.0.rules.dry_run {
            self.try_claims(&mut steps);
        }
        let steps = Arc::new(steps);
        let mut results: Vec<Result<Done, Refusal>> = Vec::with_capacity(steps.len());
        let mut end = steps.len();
        while results.len() < steps.len() {
            let input = Input {
                steps: Arc::clone(&steps),
                rows: results.len()..end,
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
                    end = steps.len();
                }
                // A savepoint for every row would cost more than the rare second attempt: first the
                // rows before the failed one, which passed, then those behind it.
                Err(Failure::Row(at, refusal)) if at == results.len() => {
                    results.push(Err(refusal));
                    end = steps.len();
                }
                Err(Failure::Row(at, _)) => end = at,
                Err(Failure::All(refusal)) => return Err(refusal),
            }
        }
        let outcomes = steps.iter().zip(results);
        Ok(outcomes
            .map(|(step, result)| {
                let is_made = !(self.0.rules.dry_run && result == Ok(Done::Created));
                let id = subject(step).filter(|_| is_made && result.is_ok());
                step.outcome(id, result)
            })
            .collect())
    }
}

impl Import {
    /// The claims of earlier rows of a dry run are not in the database.
    fn try_claims(&self, steps: &mut [Step]) {
        let mut tried = self.0.tried.lock().unwrap_or_else(PoisonError::into_inner);
        for step in steps {
            let Todo::Create(new) = &step.todo else {
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
                match tried.take(&key, step.line) {
                    Err(line) if line != step.line => taken = taken.or(Some(unique)),
                    _ => {}
                }
            }
            if let Some(unique) = taken {
                let owner = None;
                step.todo = Todo::Refuse(Refusal::Taken { unique, owner });
            }
        }
    }
}

/// The user a step is about.
pub(super) fn subject(step: &Step) -> Option<Uuid> {
    match &step.todo {
        Todo::Refuse(_) => None,
        Todo::Leave(id) => Some(*id),
        Todo::Create(new) => Some(new.row.id),
        Todo::Update(edit) => Some(edit.id),
    }
}

/// The outcome of every row, in their order.
async fn write(tx: &mut Tx, input: &Input) -> Result<Vec<Result<Done, Refusal>>, Failure> {
    let mut done = Vec::with_capacity(input.rows.len());
    let mut written = Vec::new();
    for at in input.rows.clone() {
        let Some(step) = input.steps.get(at) else {
            break;
        };
        let result = match &step.todo {
            Todo::Refuse(refusal) => {
                done.push(Err(refusal.clone()));
                continue;
            }
            Todo::Leave(_) => Ok(Done::Existed),
            Todo::Create(new) => create(tx, new).await,
            Todo::Update(edit) => update(tx, input, edit, step).await,
        };
        let one = result.map_err(|refusal| match refusal {
            Refusal::Unavailable(_) | Refusal::Internal { .. } => Failure::All(refusal),
            other => Failure::Row(at, other),
        })?;
        if let (Done::Created | Done::Updated, Some(id)) = (one, subject(step)) {
            written.push((step.line, id, one));
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

async fn create(tx: &mut Tx, new: &New) -> Result<Done, Refusal> {
    row::insert(tx, &new.row, &new.claims).await?;
    new.links.apply(tx, new.row.id).await?;
    Ok(Done::Created)
}

/// As PATCH: checked again with the user as they are now.
async fn update(tx: &mut Tx, input: &Input, edit: &Edit, step: &Step) -> Result<Done, Refusal> {
    let gone = || Refusal::NotFound {
        key: step.key.clone().unwrap_or_default(),
    };
    let row = tx.user(edit.id).await?.ok_or_else(gone)?;
    if let Some(key) = &step.key
        && !input.key.is_of(&row, &input.schema, key)?
    {
        return Err(gone());
    }
    let before = row::record(&row, &input.schema)?;
    let new_hash = edit
        .password_hash
        .as_ref()
        .filter(|hash| row.password_hash.as_ref() != Some(hash));
    let linked = edit.links.apply(tx, row.id).await?;
    let mut after = match edit.change.apply(&before, &input.tenant)? {
        Some(after) => after,
        None if new_hash.is_some() => before.clone(),
        None if linked => return Ok(Done::Updated),
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
