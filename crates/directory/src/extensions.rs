//! Definitions of directory extensions: made, read and deleted as `extensionProperties` of the
//! application that owns them. A definition takes effect with the next request.

use edm::extension::{DataType, PREFIX};
use edm::{Record, Value, extension_property};
use jiff::Timestamp;
use odata::Checked;
use serde_json::json;
use store::{AppRow, AuditRecord, Defined, DefinitionKind, DefinitionRow, Lookup, StoreError, Tx};
use uuid::Uuid;

use crate::actor::Actor;
use crate::applications::ApplicationKey;
use crate::audit;
use crate::definition_room;
use crate::directory::Directory;
use crate::few::FewPage;
use crate::permission::Operation;
use crate::refusal::{Refusal, Resource};

/// Characters of the name that a definition chooses: with the prefix and the client id, what fits
/// into the identifiers of the protocol (128).
const NAME: usize = 85;

/// A definition, and the id of its application.
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationExtension {
    /// The application.
    pub application: Uuid,
    /// The definition.
    pub id: Uuid,
    /// As it is shown.
    pub record: Record,
    /// The kinds of objects that it names and that it has no effect on.
    pub without_effect: Vec<String>,
}

/// What the write of a definition needs, drawn before it.
struct Definition {
    actor: Actor,
    application: ApplicationKey,
    /// With the chosen name alone, until the application is read.
    row: DefinitionRow,
}

impl Directory {
    /// Defines a directory extension of an application.
    ///
    /// # Errors
    /// `Denied`, `NotFound`; `Invalid` and `Missing` for what the body says; `DefinitionExists`.
    pub async fn define_extension(
        &self,
        actor: &Actor,
        application: ApplicationKey,
        set: &Record,
    ) -> Result<ApplicationExtension, Refusal> {
        actor.may(Operation::WriteApplications)?;
        let row = DefinitionRow {
            number: 0,
            what: Defined::DirectoryExtension {
                data_type: data_type(set)?,
                multi_valued: set
                    .bool(&extension_property::IS_MULTI_VALUED)
                    .unwrap_or(false),
            },
            name: chosen_name(set)?,
            id: self.new_id(),
            app: None,
            targets: targets(set)?,
            created_at: self.now(),
            deleted_at: None,
        };
        let definition = Definition {
            actor: actor.clone(),
            application,
            row,
        };
        self.store()
            .write(actor.tenant, definition, |tx, definition| {
                Box::pin(define(tx, definition))
            })
            .await
    }

    /// The definitions of an application that `asked` names, after `after`; and the id of the
    /// application.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Strict`, `Unavailable`.
    pub async fn find_application_extensions(
        &self,
        actor: &Actor,
        application: ApplicationKey,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<(Uuid, FewPage), Refusal> {
        actor.may(Operation::ReadApplications)?;
        self.check_enumeration(actor, Operation::ReadApplications)
            .await?;
        let reader = self.store().read(actor.tenant);
        let read = reader.snapshot(async |on| {
            let app = application.row(on).await?;
            let rows = on.definitions().await?;
            Ok::<_, Refusal>((app, rows))
        });
        let (app, rows) = read.await?;
        let own = rows.iter().filter(|row| is_of(row, &app));
        let records = own.map(|row| shown(row, Some(&app))).collect();
        let page = self.few(actor.tenant, records, asked, after).await?;
        Ok((app.object_id, page))
    }

    /// One of them.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Unavailable`.
    pub async fn application_extension(
        &self,
        actor: &Actor,
        application: ApplicationKey,
        id: &str,
    ) -> Result<ApplicationExtension, Refusal> {
        actor.may(Operation::ReadApplications)?;
        let reader = self.store().read(actor.tenant);
        let read = reader.snapshot(async |on| {
            let app = application.row(on).await?;
            let row = definition(on, &app, id).await?;
            Ok::<_, Refusal>((app, row))
        });
        let (app, row) = read.await?;
        Ok(answer(&app, &row))
    }

    /// Deletes one of them. Values stay with their objects, unseen, and are found again when the
    /// same application defines the name anew.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Unavailable`.
    pub async fn delete_extension(
        &self,
        actor: &Actor,
        application: ApplicationKey,
        id: &str,
    ) -> Result<(), Refusal> {
        actor.may(Operation::WriteApplications)?;
        let input = (actor.clone(), application, id.to_owned(), self.now());
        self.store()
            .write(actor.tenant, input, |tx, (actor, application, id, now)| {
                Box::pin(async move {
                    let app = application.row(tx).await?;
                    let row = definition(tx, &app, id).await?;
                    if !tx.delete_definition(row.number, *now).await? {
                        return Err(StoreError::Busy.into());
                    }
                    tx.audit(record(actor, "Delete extension property", &row, *now));
                    Ok(())
                })
            })
            .await
    }

    /// All directory extensions of the tenant's applications; with `synced`, those that are
    /// synchronised, which are none, or the others.
    ///
    /// # Errors
    /// `Denied`, `Unavailable`.
    pub async fn available_extensions(
        &self,
        actor: &Actor,
        synced: Option<bool>,
    ) -> Result<Vec<Record>, Refusal> {
        actor.may(Operation::ReadApplications)?;
        self.check_enumeration(actor, Operation::ReadApplications)
            .await?;
        if synced == Some(true) {
            return Ok(Vec::new());
        }
        let rows = self.store().read(actor.tenant).definitions().await?;
        let apps = self.store().read(actor.tenant).apps().await?;
        let owner = |row: &DefinitionRow| {
            let mut apps = apps.iter();
            apps.find(|app| row.app == Some(app.client_id))
        };
        let rows = rows.iter().filter(|row| is_extension(row));
        Ok(rows.map(|row| shown(row, owner(row))).collect())
    }
}

async fn define(tx: &mut Tx, definition: &Definition) -> Result<ApplicationExtension, Refusal> {
    let app = definition.application.row(tx).await?;
    let mut row = DefinitionRow {
        name: format!("{PREFIX}{}_{}", app.client_id.simple(), definition.row.name),
        app: Some(app.client_id),
        ..definition.row.clone()
    };
    let all = tx.definitions().await?;
    let of = (Resource::ExtensionProperty, extension_property::NAME.name());
    match tx.definition_named(&row.name).await? {
        None => {
            definition_room::take(tx, &all, &row, of.0, of.1).await?;
            let number = tx.add_definition(&row).await?;
            row.number = number.ok_or(StoreError::Busy)?;
        }
        Some(found) if found.deleted_at.is_none() => {
            return Err(Refusal::DefinitionExists { name: found.name });
        }
        Some(found) => {
            definition_room::check(&all, &row, of.0, of.1)?;
            same_type(&found.what, &row.what)?;
            // In its first spelling, in which objects hold it.
            (row.number, row.name) = (found.number, found.name);
            if !tx.revive_definition(&row).await? {
                return Err(StoreError::Busy.into());
            }
        }
    }
    let activity = "Add extension property";
    tx.audit(record(&definition.actor, activity, &row, row.created_at));
    Ok(answer(&app, &row))
}

/// Whether values of a deleted definition are what the definition that is made anew defines.
fn same_type(found: &Defined, new: &Defined) -> Result<(), Refusal> {
    let (found_type, found_many) = values_of(found);
    let (new_type, new_many) = values_of(new);
    if found_type != new_type {
        let why = "values of the deleted definition of this name are of another type";
        return Err(invalid("dataType", why));
    }
    if found_many != new_many {
        let why = "the deleted definition of this name was single-valued where this one is not, or the other way round";
        return Err(invalid("isMultiValued", why));
    }
    Ok(())
}

/// The type of a directory extension's values, and whether there may be several.
const fn values_of(what: &Defined) -> (Option<DataType>, bool) {
    match what {
        Defined::DirectoryExtension {
            data_type,
            multi_valued,
        } => (Some(*data_type), *multi_valued),
        Defined::SchemaExtension(_) | Defined::SecurityAttribute(_) => (None, false),
    }
}

fn is_extension(row: &DefinitionRow) -> bool {
    row.what.kind() == DefinitionKind::DirectoryExtension
}

fn is_of(row: &DefinitionRow, app: &AppRow) -> bool {
    is_extension(row) && row.app == Some(app.client_id)
}

/// The definition of that id among those of an application.
async fn definition(
    on: &mut impl Lookup,
    app: &AppRow,
    id: &str,
) -> Result<DefinitionRow, Refusal> {
    let wanted = Uuid::try_parse(id).ok();
    let mut rows = on.definitions().await?.into_iter();
    let found = rows.find(|row| Some(row.id) == wanted && is_of(row, app));
    found.ok_or_else(|| Refusal::NotFound { key: id.to_owned() })
}

fn record(actor: &Actor, activity: &str, row: &DefinitionRow, at: Timestamp) -> AuditRecord {
    let target = audit::Target::of(&extension_property::TYPE, row.id);
    let details = json!({ "name": row.name, "app": row.app });
    audit::record(actor, at, activity, target, &details)
}

fn answer(app: &AppRow, row: &DefinitionRow) -> ApplicationExtension {
    let others = row.targets.iter().filter(|one| *one != store::TARGET_USER);
    ApplicationExtension {
        application: app.object_id,
        id: row.id,
        record: shown(row, Some(app)),
        without_effect: others.cloned().collect(),
    }
}

fn shown(row: &DefinitionRow, app: Option<&AppRow>) -> Record {
    let mut record = Record::new();
    record.set(&extension_property::ID, row.id.to_string());
    if let Some(app) = app {
        record.set(
            &extension_property::APP_DISPLAY_NAME,
            app.display_name.as_str(),
        );
    }
    let (data_type, multi_valued) = values_of(&row.what);
    if let Some(data_type) = data_type {
        record.set(&extension_property::DATA_TYPE, data_type.name());
    }
    record.set(&extension_property::IS_MULTI_VALUED, multi_valued);
    record.set(&extension_property::IS_SYNCED_FROM_ON_PREMISES, false);
    record.set(&extension_property::NAME, row.name.as_str());
    let targets = row.targets.iter().map(|one| Value::from(one.as_str()));
    record.set(
        &extension_property::TARGET_OBJECTS,
        Value::List(targets.collect()),
    );
    record
}

fn invalid(property: &str, why: &'static str) -> Refusal {
    definition_room::invalid(Resource::ExtensionProperty, property, why)
}

fn missing(property: &edm::Property) -> Refusal {
    Refusal::Missing {
        resource: Resource::ExtensionProperty,
        property: property.name().to_owned(),
    }
}

/// The name that is chosen. It becomes part of an identifier, in bodies, in URLs and in columns of
/// files.
fn chosen_name(set: &Record) -> Result<String, Refusal> {
    let property = &extension_property::NAME;
    let name = set.text(property).ok_or_else(|| missing(property))?;
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(1..=NAME).contains(&name.len()) || !name.bytes().all(is_taken) {
        let why = "1 to 85 letters, digits and underscores of ASCII";
        return Err(invalid(property.name(), why));
    }
    Ok(name.to_owned())
}

fn data_type(set: &Record) -> Result<DataType, Refusal> {
    let property = &extension_property::DATA_TYPE;
    let name = set.text(property).ok_or_else(|| missing(property))?;
    DataType::named(name).ok_or_else(|| invalid(property.name(), "no data type"))
}

fn targets(set: &Record) -> Result<Vec<String>, Refusal> {
    let property = &extension_property::TARGET_OBJECTS;
    let mut targets: Vec<_> = set.texts(property).map(str::to_owned).collect();
    targets.sort_unstable();
    targets.dedup();
    if targets.is_empty() {
        return Err(missing(property));
    }
    Ok(targets)
}
