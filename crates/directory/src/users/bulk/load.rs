//! Loads a large file into a directory with few users: the rules of an import, and one transaction
//! for all.

use store::{Conflict, LOAD_BESIDE, Loader, NewUser};

use super::apply::subject;
use super::existing_users::ExistingUsers;
use super::plan::{PlannedChunk, PlannedRow, PlannedUser, RowAction};
use super::{Done, Import, OnExisting, Outcome, Rules, trail};
use crate::directory::Directory;
use crate::refusal::{Refusal, Unique};

/// Fewest rows for which a load pays: fewer are imported within a second, with the directory open.
const MANY: u64 = 2_000;

/// A load under way. Nothing of it is visible before [`Load::finish`].
pub struct Load {
    import: Import,
    loader: Loader,
}

impl Directory {
    /// Whether a file of so many rows should be loaded rather than imported: if the directory has
    /// few users and none would be changed.
    pub async fn is_load(&self, rules: Rules, rows: u64) -> Result<bool, Refusal> {
        if rules.dry_run || rows < MANY {
            return Ok(false);
        }
        let users = self.store().instance().users().await?;
        Ok(match rules.on_existing {
            OnExisting::Update => users == 0,
            OnExisting::Skip | OnExisting::Fail => users <= LOAD_BESIDE,
        })
    }
}

impl Import {
    /// Closes the directory and begins to load. `None` when a server has it open; then it stays
    /// open for an import.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when another command has it open.
    pub async fn load(&self) -> Result<Option<Load>, Refusal> {
        let tenant = self.0.actor.tenant;
        let store = self.0.directory.store();
        let existing =
            ExistingUsers::read(&store.read(tenant), self.0.actor.schema(), self.0.rules.key)
                .await?;
        let Some(loader) = store.load(tenant).await? else {
            return Ok(None);
        };
        // From here on rows are planned without reading the directory.
        drop(self.0.existing.set(existing));
        Ok(Some(Load {
            import: self.clone(),
            loader,
        }))
    }
}

impl Load {
    /// Adds the rows of a planned chunk. Chunks come in the order of the file.
    ///
    /// # Errors
    /// When nothing more can be written; then nothing was.
    pub fn apply(&mut self, planned: PlannedChunk) -> Result<Vec<Outcome>, Refusal> {
        let PlannedChunk { rows, audit } = planned;
        let (mut outcomes, mut written) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            let result = match self.row(&row) {
                Err(refusal @ (Refusal::Unavailable(_) | Refusal::Internal { .. })) => {
                    return Err(refusal);
                }
                result => result,
            };
            let id = subject(&row).filter(|_| result.is_ok());
            if let (Ok(Done::Created), Some(id)) = (&result, id) {
                written.push((row.line, id, Done::Created));
            }
            outcomes.push(row.outcome(id, result));
        }
        let hash = &self.import.0.input_hash;
        let records: Vec<_> = trail::records(&audit, hash, &written).collect();
        self.loader.chunk(&records)?;
        Ok(outcomes)
    }

    fn row(&mut self, row: &PlannedRow) -> Result<Done, Refusal> {
        match &row.action {
            RowAction::Refuse(refusal) => Err(refusal.clone()),
            RowAction::Leave(_) => Ok(Done::Existed),
            RowAction::Create(new) => self.create(new),
            RowAction::Update(_) => Err(Refusal::internal("a load changes nobody")),
        }
    }

    fn create(&mut self, new: &PlannedUser) -> Result<Done, Refusal> {
        let PlannedUser {
            row,
            claims,
            links,
            extensions,
        } = new;
        let (addresses, identities) = (claims.wanted(), claims.identities());
        if let Some(conflict) = self.loader.conflict(row.id, &addresses, identities) {
            return Err(match conflict {
                Conflict::Identity { owner, .. } => Refusal::Taken {
                    unique: Unique::Identities,
                    owner: Some(owner),
                },
                other => claims.refusal(other.into()),
            });
        }
        let targets = links.targets(row, &mut self.loader)?;
        self.loader
            .user(NewUser {
                row,
                keys: claims.keys(),
                addresses: &addresses,
                identities,
                manager: targets.manager,
                sponsors: &targets.sponsors,
                extensions,
            })
            .map_err(|error| claims.refusal(error))?;
        Ok(Done::Created)
    }

    /// Makes the indexes and commits: from then on all of it is durable. `progress` gets how many
    /// of how many steps are done.
    pub fn finish(self, progress: impl FnMut(usize, usize)) -> Result<(), Refusal> {
        self.loader.finish(progress).map_err(Refusal::from)
    }
}
