//! Definitions of schema extensions: made, read, changed and deleted by the app that owns them. A
//! change takes effect with the next request.

use edm::schema_extension::{self as ty, SchemaExtension, Status};
use edm::{Body, Record, Value};
use jiff::Timestamp;
use odata::Checked;
use serde_json::json;
use store::{AuditRecord, Defined, DefinitionRow, DomainRow, Lookup, StoreError, Tx};
use uuid::Uuid;

mod sent;

use sent::{
    extended, extended_targets, first_status, invalid, owner, sent_members, sent_name, status,
};

use crate::actor::{Actor, Subject};
use crate::audit;
use crate::definition_room;
use crate::directory::Directory;
use crate::few::FewPage;
use crate::permission::Operation;
use crate::read_only;
use crate::refusal::{Refusal, Resource};

/// Most definitions of one app (P-extensions-9).
const OF_AN_APP: usize = 5;

/// Top-level domains whose owners may put them before a name (P-extensions-9).
const TOP_LEVEL: [&str; 5] = ["com", "net", "gov", "edu", "org"];

/// A definition, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownSchemaExtension {
    /// The definition.
    pub record: Record,
    /// The kinds of objects that it names and that it has no effect on.
    pub without_effect: Vec<String>,
}

/// What the write of a new definition needs, drawn before it.
struct New {
    actor: Actor,
    /// With the name that was sent.
    row: DefinitionRow,
    /// What stands before the name where it has no domain.
    prefix: String,
}

/// What the write of a change needs.
struct Change {
    actor: Actor,
    id: String,
    body: Body,
    now: Timestamp,
}

impl Directory {
    /// Defines a schema extension.
    ///
    /// # Errors
    /// `Denied`, `NotOwner`; `Invalid` and `Missing` for what the body says; `DefinitionExists`.
    pub async fn define_schema_extension(
        &self,
        actor: &Actor,
        set: &Record,
    ) -> Result<ShownSchemaExtension, Refusal> {
        actor.may(Operation::WriteApplications)?;
        let members = sent_members(set)?;
        let row = DefinitionRow {
            number: 0,
            what: Defined::SchemaExtension(SchemaExtension {
                status: first_status(set)?,
                description: set.text(&ty::DESCRIPTION).map(str::to_owned),
                members: extended(&[], members)?,
            }),
            name: sent_name(set)?,
            id: self.new_id(),
            app: Some(speaker(actor, owner(set)?)?),
            targets: extended_targets(&[], set)?,
            created_at: self.now(),
            deleted_at: None,
        };
        let new = New {
            actor: actor.clone(),
            row,
            prefix: prefix(&self.ids().secret()),
        };
        let write = self.store().write(actor.tenant, new, |tx, new| {
            Box::pin(async move { define(tx, new).await })
        });
        Ok(shown(&write.await?))
    }

    /// The definitions that the actor may see and `asked` names, after `after`.
    ///
    /// # Errors
    /// `Denied`, `Strict`, `Unavailable`.
    pub async fn find_schema_extensions(
        &self,
        actor: &Actor,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<FewPage, Refusal> {
        actor.may(Operation::ReadApplications)?;
        self.check_enumeration(actor, Operation::ReadApplications)
            .await?;
        let rows = self.store().read(actor.tenant).definitions().await?;
        let seen = rows.iter().filter(|row| sees(actor, row));
        let records = seen.map(|row| (row.id, shown(row).record)).collect();
        self.few_by(actor.tenant, records, asked, after).await
    }

    /// One of them.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Unavailable`.
    pub async fn schema_extension(
        &self,
        actor: &Actor,
        id: &str,
    ) -> Result<ShownSchemaExtension, Refusal> {
        actor.may(Operation::ReadApplications)?;
        let reader = self.store().read(actor.tenant);
        let row = reader.snapshot(async |on| found(on, actor, id).await);
        Ok(shown(&row.await?))
    }

    /// Changes one of them: its description, its status, and by what is added.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `NotOwner`, `Invalid`, `Unavailable`.
    pub async fn change_schema_extension(
        &self,
        actor: &Actor,
        id: &str,
        body: Body,
    ) -> Result<(), Refusal> {
        actor.may(Operation::WriteApplications)?;
        let change = Change {
            actor: actor.clone(),
            id: id.to_owned(),
            body,
            now: self.now(),
        };
        let write = self.store().write(actor.tenant, change, |tx, change| {
            Box::pin(async move { apply(tx, change).await })
        });
        write.await
    }

    /// Deletes one of them that is still in development. Values stay with their objects, unseen.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `NotOwner`, `Invalid`, `Unavailable`.
    pub async fn delete_schema_extension(&self, actor: &Actor, id: &str) -> Result<(), Refusal> {
        actor.may(Operation::WriteApplications)?;
        let input = (actor.clone(), id.to_owned(), self.now());
        self.store()
            .write(actor.tenant, input, |tx, (actor, id, now)| {
                Box::pin(async move {
                    let row = found(tx, actor, id).await?;
                    if !owns_all(actor) && row.app != client(actor) {
                        return Err(Refusal::NotOwner);
                    }
                    if extension(&row).is_none_or(|one| one.status != Status::InDevelopment) {
                        let why = "a definition is deleted while it is InDevelopment alone";
                        return Err(invalid(ty::STATUS.name(), why));
                    }
                    if !tx.delete_definition(row.number, *now).await? {
                        return Err(StoreError::Busy.into());
                    }
                    tx.audit(record(actor, "Delete schema extension", &row, *now));
                    Ok(())
                })
            })
            .await
    }
}

async fn define(tx: &mut Tx, new: &New) -> Result<DefinitionRow, Refusal> {
    let mut row = new.row.clone();
    let app = row.app.unwrap_or_default();
    if tx.app(app).await?.is_none() {
        return Err(invalid(ty::OWNER.name(), "no app of this directory"));
    }
    let all = tx.definitions().await?;
    let own = all.iter().filter(|one| one.app == row.app);
    if own.filter(|one| extension(one).is_some()).count() >= OF_AN_APP {
        let why = "an app owns at most 5 schema extensions";
        return Err(invalid(ty::OWNER.name(), why));
    }
    let before = tx.definition_named(&row.name).await?;
    let domains = tx.domains().await?;
    if !row.name.contains('_') {
        row.name = format!("{}_{}", new.prefix, row.name);
    } else if before.is_none() && !has_domain(&row.name, &domains) {
        let why = "what stands before _ must be a verified domain of this directory under com, net, gov, edu or org, without dots; \
                   without _ the server puts one there";
        return Err(invalid(ty::ID.name(), why));
    }
    match before {
        None => {
            definition_room::take(tx, &all, &row, Resource::SchemaExtension, ty::ID.name()).await?;
            let number = tx.add_definition(&row).await?;
            row.number = number.ok_or(StoreError::Busy)?;
        }
        Some(found) if found.deleted_at.is_none() || found.app != row.app => {
            return Err(Refusal::DefinitionExists { name: found.name });
        }
        Some(found) => {
            definition_room::check(&all, &row, Resource::SchemaExtension, ty::ID.name())?;
            revive(tx, &mut row, found).await?;
        }
    }
    tx.audit(record(
        &new.actor,
        "Add schema extension",
        &row,
        row.created_at,
    ));
    Ok(row)
}

/// Makes a definition anew: with the members that it had, so that values fit.
async fn revive(tx: &mut Tx, row: &mut DefinitionRow, found: DefinitionRow) -> Result<(), Refusal> {
    let (Some(old), Defined::SchemaExtension(new)) = (extension(&found), &mut row.what) else {
        return Err(Refusal::DefinitionExists { name: found.name });
    };
    let sent = core::mem::take(&mut new.members);
    new.members = extended(&old.members, sent)?;
    // In its first spelling, in which objects hold it.
    (row.number, row.name) = (found.number, found.name);
    if !tx.revive_definition(row).await? {
        return Err(StoreError::Busy.into());
    }
    Ok(())
}

async fn apply(tx: &mut Tx, change: &Change) -> Result<(), Refusal> {
    let (actor, set) = (&change.actor, &change.body.set);
    let before = found(tx, actor, &change.id).await?;
    let speaker = speaker(actor, owner(set)?)?;
    if before.app != Some(speaker) {
        return Err(Refusal::NotOwner);
    }
    read_only::check(&change.body, &shown(&before).record)?;
    let Some(old) = extension(&before) else {
        return Err(not_found(&change.id));
    };
    let mut new = old.clone();
    new.status = status(set, old.status)?;
    if set.has(&ty::DESCRIPTION) {
        new.description = set.text(&ty::DESCRIPTION).map(str::to_owned);
    }
    if set.has(&ty::PROPERTIES_OF_VALUES) {
        new.members = extended(&old.members, sent_members(set)?)?;
    }
    let mut after = before.clone();
    if set.has(&ty::TARGET_TYPES) {
        after.targets = extended_targets(&before.targets, set)?;
    }
    after.what = Defined::SchemaExtension(new);
    if after == before {
        return Ok(());
    }
    if old.status == Status::Deprecated {
        let why = "a deprecated definition does not change any more";
        return Err(invalid(ty::STATUS.name(), why));
    }
    if !tx.change_definition(&after, &before).await? {
        return Err(StoreError::Busy.into());
    }
    let activity = "Update schema extension";
    tx.audit(record(actor, activity, &after, change.now));
    Ok(())
}

/// The definition of that name, if the actor may see it.
async fn found(on: &mut impl Lookup, actor: &Actor, id: &str) -> Result<DefinitionRow, Refusal> {
    let found = on.definition_named(id).await?;
    let found = found.filter(|row| row.deleted_at.is_none() && sees(actor, row));
    found.ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> Refusal {
    Refusal::NotFound { key: id.to_owned() }
}

const fn extension(row: &DefinitionRow) -> Option<&SchemaExtension> {
    match &row.what {
        Defined::SchemaExtension(extension) => Some(extension),
        Defined::DirectoryExtension { .. } | Defined::SecurityAttribute(_) => None,
    }
}

/// Whether the actor sees a definition: the owner all of theirs, others those that are available
/// (P-extensions-10).
fn sees(actor: &Actor, row: &DefinitionRow) -> bool {
    let Some(extension) = extension(row) else {
        return false;
    };
    extension.status == Status::Available || row.app == client(actor) || owns_all(actor)
}

/// The client id of the app that calls.
const fn client(actor: &Actor) -> Option<Uuid> {
    match &actor.subject {
        Subject::App { client_id, .. } | Subject::Person { client_id, .. } => Some(*client_id),
        Subject::Guest { .. } | Subject::Server => None,
    }
}

/// Whether the actor stands for each app of the tenant: apps have no owners here, so those people
/// do who may write applications.
fn owns_all(actor: &Actor) -> bool {
    let is_person = matches!(actor.subject, Subject::Person { .. });
    is_person && actor.may(Operation::WriteApplications).is_ok()
}

/// The app that a call is made for: the one that calls, unless a person names another.
fn speaker(actor: &Actor, named: Option<Uuid>) -> Result<Uuid, Refusal> {
    match (named, client(actor)) {
        (Some(named), _) if owns_all(actor) => Ok(named),
        (Some(named), Some(own)) if named != own => Err(Refusal::NotOwner),
        (_, Some(own)) => Ok(own),
        (_, None) => Err(Refusal::NotOwner),
    }
}

/// `ext` and eight characters (P-extensions-9).
fn prefix(random: &[u8; 32]) -> String {
    const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let letters = random.iter().take(8);
    let letters = letters.filter_map(|byte| LETTERS.get(usize::from(byte % 36)));
    let mut prefix = String::from("ext");
    prefix.extend(letters.map(|byte| char::from(*byte)));
    prefix
}

/// Whether what stands before the first underscore is one of these domains, without its top level
/// and without dots.
fn has_domain(name: &str, domains: &[DomainRow]) -> bool {
    let Some((prefix, _)) = name.split_once('_') else {
        return false;
    };
    domains
        .iter()
        .filter(|domain| domain.verified)
        .any(|domain| {
            let Some((name, top)) = domain.name.rsplit_once('.') else {
                return false;
            };
            let mut letters = name.chars().filter(char::is_ascii_alphanumeric);
            let is_it = prefix.chars().all(|one| {
                letters
                    .next()
                    .is_some_and(|two| two.eq_ignore_ascii_case(&one))
            });
            TOP_LEVEL.contains(&top) && is_it && letters.next().is_none()
        })
}

fn record(actor: &Actor, activity: &str, row: &DefinitionRow, at: Timestamp) -> AuditRecord {
    let target = audit::Target::of(&ty::TYPE, row.id);
    let status = extension(row).map(|extension| extension.status.name());
    let details = json!({ "id": row.name, "owner": row.app, "status": status });
    audit::record(actor, at, activity, target, &details)
}

fn shown(row: &DefinitionRow) -> ShownSchemaExtension {
    let mut record = Record::new();
    record.set(&ty::ID, row.name.as_str());
    if let Some(app) = row.app {
        record.set(&ty::OWNER, app.to_string());
    }
    if let Some(extension) = extension(row) {
        if let Some(description) = &extension.description {
            record.set(&ty::DESCRIPTION, description.as_str());
        }
        record.set(&ty::STATUS, extension.status.name());
        let members = extension.members.iter().map(|member| {
            let mut shown = Record::new();
            shown.set(&ty::member::NAME, member.name.as_str());
            shown.set(&ty::member::TYPE_OF_VALUES, member.data_type.name());
            Value::Complex(shown)
        });
        record.set(&ty::PROPERTIES_OF_VALUES, Value::List(members.collect()));
    }
    let targets = row.targets.iter().map(|one| Value::from(one.as_str()));
    record.set(&ty::TARGET_TYPES, Value::List(targets.collect()));
    let is_user = |one: &&String| one.eq_ignore_ascii_case(store::TARGET_USER);
    let others = row.targets.iter().filter(|one| !is_user(one));
    ShownSchemaExtension {
        record,
        without_effect: others.cloned().collect(),
    }
}
