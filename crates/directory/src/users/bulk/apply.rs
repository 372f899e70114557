//! Writing a planned chunk: one transaction, in which every row either happens whole or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use edm::user;
use store::{AuditRecord, StoreError, Tx};
use uuid::Uuid;

use super::plan::{Edit, Planned, Step, Todo};
use super::{Done, Import, Key, Outcome, trail};
use crate::refusal::Refusal;
use crate::tenants::Tenant;
use crate::users::change::check_signs_in_here;
use crate::users::row::{self, Beside, end_sessions};

/// What the write needs.
struct Input {
    steps: Arc<Vec<Step>>,
    /// Rows that an earlier attempt found refused.
    refused: BTreeMap<usize, Refusal>,
    audit: AuditRecord,
    file_hash: String,
    key: Key,
    tenant: Tenant,
    dry_run: bool,
}

/// Why a write came to nothing.
enum Failure {
    /// One row cannot be; the others could.
    Row(usize, Refusal),
    /// Everything passed, and was only to be tried.
    Tried(Vec<Done>),
    /// Nothing can be written.
    All(Refusal),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::All(error.into())
    }
}

impl Import {
    /// Writes a chunk: one transaction, one bump of the change counter, one audit record. A row that the database refuses
    /// is left out, and the others are written without it.
    ///
    /// # Errors
    /// When nothing can be written; then nothing was.
    pub async fn apply(&self, planned: Planned) -> Result<Vec<Outcome>, Refusal> {
        let Planned { steps, audit } = planned;
        let mut refused = BTreeMap::new();
        loop {
            let input = Input {
                steps: Arc::clone(&steps),
                refused: refused.clone(),
                audit: audit.clone(),
                file_hash: self.0.input_hash.clone(),
                key: self.0.rules.key,
                tenant: self.0.tenant.clone(),
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
                    return Ok(outcomes(&steps, &refused, &done, self.0.rules.dry_run));
                }
                // A savepoint for every row would cost more than the rare second attempt.
                Err(Failure::Row(at, refusal)) => {
                    refused.insert(at, refusal);
                }
                Err(Failure::All(refusal)) => return Err(refusal),
            }
        }
    }
}

/// The user a step is about.
fn subject(step: &Step) -> Option<Uuid> {
    match &step.todo {
        Todo::Refuse(_) => None,
        Todo::Leave(id) => Some(*id),
        Todo::Create(new) => Some(new.row.id),
        Todo::Update(edit) => Some(edit.id),
    }
}

fn outcomes(
    steps: &[Step],
    refused: &BTreeMap<usize, Refusal>,
    done: &[Done],
    dry_run: bool,
) -> Vec<Outcome> {
    let mut done = done.iter();
    let end = |(at, step): (usize, &Step)| {
        let result = match (&step.todo, refused.get(&at)) {
            (Todo::Refuse(refusal), _) | (_, Some(refusal)) => Err(refusal.clone()),
            _ => Ok(done.next().copied().unwrap_or(Done::Existed)),
        };
        let is_made = !(dry_run && result == Ok(Done::Created));
        let id = subject(step).filter(|_| is_made && result.is_ok());
        step.outcome(id, result)
    };
    steps.iter().enumerate().map(end).collect()
}

/// What every row that is not refused came to, in their order.
async fn write(tx: &mut Tx, input: &Input) -> Result<Vec<Done>, Failure> {
    let mut done = Vec::with_capacity(input.steps.len());
    let mut written = Vec::new();
    for (at, step) in input.steps.iter().enumerate() {
        if input.refused.contains_key(&at) {
            continue;
        }
        let result = match &step.todo {
            Todo::Refuse(_) => continue,
            Todo::Leave(_) => Ok(Done::Existed),
            Todo::Create(new) => row::insert(tx, &new.row, &new.claims)
                .await
                .map(|()| Done::Created),
            Todo::Update(edit) => update(tx, input, edit, step).await,
        };
        let one = result.map_err(|refusal| match refusal {
            Refusal::Unavailable(_) | Refusal::Internal { .. } => Failure::All(refusal),
            other => Failure::Row(at, other),
        })?;
        if let (Done::Created | Done::Updated, Some(id)) = (one, subject(step)) {
            written.push((step.line, id, one));
        }
        done.push(one);
    }
    if input.dry_run {
        return Err(Failure::Tried(done));
    }
    if !written.is_empty() {
        let mut audit = input.audit.clone();
        audit.details = trail::details(&input.file_hash, &written);
        tx.audit(audit);
    }
    Ok(done)
}

/// As PATCH: asked again of the user as he is now.
async fn update(tx: &mut Tx, input: &Input, edit: &Edit, step: &Step) -> Result<Done, Refusal> {
    let gone = || Refusal::NotFound {
        key: step.key.clone().unwrap_or_default(),
    };
    let row = tx.user(edit.id).await?.ok_or_else(gone)?;
    if let Some(key) = &step.key
        && !input.key.is_of(&row, key)?
    {
        return Err(gone());
    }
    let before = row::record(&row)?;
    let new_hash = edit
        .password_hash
        .as_ref()
        .filter(|hash| row.password_hash.as_ref() != Some(hash));
    let mut after = match edit.change.apply(&before, &input.tenant)? {
        Some(after) => after,
        None if new_hash.is_some() => before.clone(),
        None => return Ok(Done::Unchanged),
    };
    if new_hash.is_some() && edit.imported_hash {
        check_signs_in_here(&after, &input.tenant)?;
        after.set(&user::LAST_PASSWORD_CHANGE_DATE_TIME, edit.now);
        end_sessions(&mut after, edit.now);
    }
    let beside = Beside {
        id: row.id,
        version: row.version,
        created_at: row.created_at,
        password_hash: new_hash.cloned().or(row.password_hash),
    };
    row::replace(tx, &before, &after, beside).await?;
    Ok(Done::Updated)
}
