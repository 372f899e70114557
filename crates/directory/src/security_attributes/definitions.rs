//! Definitions of custom security attributes: made, read, changed and deactivated, never removed.

use edm::extension::DataType;
use edm::security_attribute::{SecurityAttribute, Status};
use edm::{Body, Json, Record, Value, attribute_definition as ty};
use jiff::Timestamp;
use odata::Checked;
use serde_json::json;
use store::{
    AttributeSetRow, AuditRecord, Defined, DefinitionRow, Lookup, StoreError, TARGET_USER, Tx,
};
use uuid::Uuid;

use super::{allowed, check_name, complete, invalid};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::few::FewPage;
use crate::permission::Operation;
use crate::read_only;
use crate::refusal::{Refusal, Resource};

/// Most attributes of a tenant that can be assigned (P-extensions-20).
const ACTIVE: usize = 500;

/// Most attributes of a tenant, deactivated ones included: all are kept in memory with the schemas
/// of [`crate::schemas`], and none is ever removed.
const ATTRIBUTES: usize = 1_000;

const RESOURCE: Resource = Resource::AttributeDefinition;

const CHANGED: &str = "Update custom security attribute definition in an attribute set";

/// What a request changes of a definition.
#[derive(Debug, Clone)]
pub enum AttributeChange {
    /// What the body says, and of these predefined values what is sent of each.
    Definition(Body, Vec<Record>),
    /// One more predefined value.
    NewValue(Record),
    /// Of one predefined value what the body says.
    Value(String, Body),
}

/// A definition that is read.
struct Found {
    row: DefinitionRow,
    said: SecurityAttribute,
}

impl Found {
    fn of(row: DefinitionRow) -> Option<Self> {
        match &row.what {
            Defined::SecurityAttribute(said) => {
                let said = said.clone();
                Some(Self { row, said })
            }
            Defined::DirectoryExtension { .. } | Defined::SchemaExtension(_) => None,
        }
    }

    fn id(&self) -> String {
        id(&self.row.name)
    }

    /// As answers show it, the predefined values among it.
    fn shown(&self) -> Record {
        let (set, name) = self.row.name.split_once('/').unwrap_or_default();
        let said = &self.said;
        let mut record = Record::new();
        record.set(&ty::ID, self.id());
        record.set(&ty::ATTRIBUTE_SET, set);
        record.set(&ty::NAME, name);
        if let Some(description) = &said.description {
            record.set(&ty::DESCRIPTION, description.as_str());
        }
        record.set(&ty::IS_COLLECTION, said.is_collection);
        record.set(&ty::IS_SEARCHABLE, said.is_searchable);
        record.set(&ty::STATUS, status_name(said.status));
        record.set(&ty::DATA_TYPE, said.data_type.name());
        record.set(&ty::USE_PRE_DEFINED_VALUES_ONLY, said.only_predefined);
        let values = said.allowed.iter();
        let values = values.map(|one| json!({ "id": one.value, "isActive": one.is_active }));
        let values = Value::Open(Json::Array(values.collect()));
        record.set(&ty::ALLOWED_VALUES, values);
        record
    }
}

impl Directory {
    /// The definitions that `asked` names, after `after`.
    ///
    /// # Errors
    /// `Denied`, `Strict`, `Unavailable`.
    pub async fn find_attribute_definitions(
        &self,
        actor: &Actor,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<FewPage, Refusal> {
        self.may_read_all(actor).await?;
        let rows = self.store().read(actor.tenant).definitions().await?;
        let rows = rows.into_iter().filter_map(Found::of);
        let rows = rows.map(|found| (found.row.id, found.shown()));
        self.few_by(actor.tenant, rows.collect(), asked, after)
            .await
    }

    /// One of them.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Unavailable`.
    pub async fn attribute_definition(&self, actor: &Actor, id: &str) -> Result<Record, Refusal> {
        actor.may(Operation::ReadAttributeDefinitions)?;
        let rows = self.store().read(actor.tenant).definitions().await?;
        Ok(found(rows, id)?.shown())
    }

    /// The predefined values of an attribute that `asked` names, after `after`, and the id of the
    /// attribute.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Strict`, `Unavailable`.
    pub async fn find_allowed_values(
        &self,
        actor: &Actor,
        id: &str,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<(String, FewPage), Refusal> {
        self.may_read_all(actor).await?;
        let rows = self.store().read(actor.tenant).definitions().await?;
        let found = found(rows, id)?;
        // None is ever removed, so that the place of each stays.
        let place = |at: usize| Uuid::from_u128(at as u128 + 1);
        let values = found.said.allowed.iter().enumerate();
        let values = values.map(|(at, one)| (place(at), allowed::shown(one)));
        let page = self.few_by(actor.tenant, values.collect(), asked, after);
        Ok((found.id(), page.await?))
    }

    /// One of them, and the id of the attribute.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Unavailable`.
    pub async fn allowed_value(
        &self,
        actor: &Actor,
        id: &str,
        value: &str,
    ) -> Result<(String, Record), Refusal> {
        actor.may(Operation::ReadAttributeDefinitions)?;
        let rows = self.store().read(actor.tenant).definitions().await?;
        let found = found(rows, id)?;
        let mut values = found.said.allowed.iter();
        let one = values.find(|one| one.value == value);
        let one = one.ok_or_else(|| missing(value))?;
        Ok((found.id(), allowed::shown(one)))
    }

    async fn may_read_all(&self, actor: &Actor) -> Result<(), Refusal> {
        let operation = Operation::ReadAttributeDefinitions;
        actor.may(operation)?;
        self.check_enumeration(actor, operation).await
    }

    /// Defines an attribute, with these predefined values.
    ///
    /// # Errors
    /// `Denied`; `Invalid` and `Missing` for what the body says.
    pub async fn define_attribute(
        &self,
        actor: &Actor,
        set: &Record,
        values: &[Record],
    ) -> Result<Record, Refusal> {
        actor.may(Operation::WriteAttributeDefinitions)?;
        complete(RESOURCE, &ty::TYPE, set)?;
        let name = set.text(&ty::NAME).unwrap_or_default();
        check_name(RESOURCE, ty::NAME.name(), name)?;
        let mut said = said(set)?;
        for value in values {
            allowed::add(&mut said, value)?;
        }
        let row = DefinitionRow {
            number: 0,
            what: Defined::SecurityAttribute(said),
            name: name.to_owned(),
            id: self.new_id(),
            app: None,
            targets: vec![TARGET_USER.to_owned()],
            created_at: self.now(),
            deleted_at: None,
        };
        let within = set.text(&ty::ATTRIBUTE_SET).unwrap_or_default().to_owned();
        let input = (actor.clone(), within, row);
        self.store()
            .write(actor.tenant, input, |tx, (actor, set, row)| {
                Box::pin(define(tx, actor, set, row))
            })
            .await
    }

    /// Changes a definition or its predefined values; the definition as it is now.
    ///
    /// # Errors
    /// `Denied`, `NotFound`; `Invalid`, `Missing` and `ReadOnly` for what the body says.
    pub async fn change_attribute(
        &self,
        actor: &Actor,
        id: &str,
        change: AttributeChange,
    ) -> Result<Record, Refusal> {
        actor.may(Operation::WriteAttributeDefinitions)?;
        let input = (actor.clone(), id.to_owned(), change, self.now());
        self.store()
            .write(actor.tenant, input, |tx, (actor, id, change, now)| {
                Box::pin(async move { apply(tx, (actor, *now), id, change).await })
            })
            .await
    }
}

async fn define(
    tx: &mut Tx,
    actor: &Actor,
    set: &str,
    row: &DefinitionRow,
) -> Result<Record, Refusal> {
    let Some(set) = tx.attribute_set(set).await? else {
        let why = "there is no attribute set of this name";
        return Err(invalid(RESOURCE, ty::ATTRIBUTE_SET.name(), why));
    };
    let mut row = DefinitionRow {
        name: format!("{}/{}", set.name, row.name),
        ..row.clone()
    };
    let all = attributes(tx.definitions().await?);
    room(&all, &set, &row)?;
    let number = tx.add_definition(&row).await?;
    row.number = number.ok_or(StoreError::Busy)?;
    let activity = "Add custom security attribute definition in an attribute set";
    tx.audit(record(actor, activity, &row, row.created_at));
    let found = Found::of(row).ok_or(StoreError::Busy)?;
    Ok(found.shown())
}

/// Whether one more attribute has a place in the tenant and its set.
fn room(all: &[Found], set: &AttributeSetRow, row: &DefinitionRow) -> Result<(), Refusal> {
    let fail = |why: String| Err(invalid(RESOURCE, ty::NAME.name(), why));
    let own = id(&row.name);
    // Two names with underscores may come to one id.
    if all
        .iter()
        .any(|found| found.id().eq_ignore_ascii_case(&own))
    {
        return fail(format!("there is a custom security attribute {own}"));
    }
    let start = format!("{}/", set.name);
    let in_set = all.iter().filter(|one| one.row.name.starts_with(&start));
    let in_set = i64::try_from(in_set.count()).unwrap_or(i64::MAX);
    if let Some(most) = set.max_attributes
        && in_set >= most
    {
        return fail(format!("its set has at most {most} attributes"));
    }
    if all.len() >= ATTRIBUTES {
        let why = "a tenant has at most 1000 custom security attributes, deactivated ones included";
        return fail(why.to_owned());
    }
    let is_new =
        matches!(&row.what, Defined::SecurityAttribute(said) if said.status == Status::Available);
    if is_new { active(all) } else { Ok(()) }
}

/// Whether one more attribute can be active.
fn active(all: &[Found]) -> Result<(), Refusal> {
    let active = all
        .iter()
        .filter(|found| found.said.status == Status::Available);
    if active.count() < ACTIVE {
        return Ok(());
    }
    let why = "a tenant has at most 500 active custom security attributes";
    Err(invalid(RESOURCE, ty::STATUS.name(), why))
}

async fn apply(
    tx: &mut Tx,
    (actor, now): (&Actor, Timestamp),
    id: &str,
    change: &AttributeChange,
) -> Result<Record, Refusal> {
    let before = found(tx.definitions().await?, id)?;
    let mut after = before.said.clone();
    match change {
        AttributeChange::Definition(body, values) => {
            read_only::check(body, &before.shown())?;
            describe(&mut after, &body.set)?;
            for value in values {
                allowed::put(&mut after, value)?;
            }
        }
        AttributeChange::NewValue(value) => allowed::add(&mut after, value)?,
        AttributeChange::Value(value, body) => {
            let mut there = after.allowed.iter_mut();
            let one = there.find(|one| one.value == *value);
            let one = one.ok_or_else(|| missing(value))?;
            read_only::check(body, &allowed::shown(one))?;
            let is_active = body.set.bool(&edm::allowed_value::IS_ACTIVE);
            one.is_active = is_active.unwrap_or(one.is_active);
        }
    }
    if after == before.said {
        return Ok(before.shown());
    }
    if after.status == Status::Available && before.said.status != Status::Available {
        active(&attributes(tx.definitions().await?))?;
    }
    let row = DefinitionRow {
        what: Defined::SecurityAttribute(after),
        ..before.row.clone()
    };
    if !tx.change_definition(&row, &before.row).await? {
        return Err(StoreError::Busy.into());
    }
    tx.audit(record(actor, CHANGED, &row, now));
    let after = Found::of(row).ok_or(StoreError::Busy)?;
    Ok(after.shown())
}

/// What a body changes of a definition.
fn describe(said: &mut SecurityAttribute, set: &Record) -> Result<(), Refusal> {
    if set.has(&ty::DESCRIPTION) {
        said.description = set.text(&ty::DESCRIPTION).map(str::to_owned);
    }
    if let Some(name) = set.text(&ty::STATUS) {
        said.status = status(name);
    }
    let only = set.bool(&ty::USE_PRE_DEFINED_VALUES_ONLY);
    if only == Some(true) && !said.only_predefined {
        let why = "it cannot be changed from false to true";
        return Err(invalid(
            RESOURCE,
            ty::USE_PRE_DEFINED_VALUES_ONLY.name(),
            why,
        ));
    }
    said.only_predefined = only.unwrap_or(said.only_predefined);
    Ok(())
}

/// What the body of a new definition says.
fn said(set: &Record) -> Result<SecurityAttribute, Refusal> {
    let is = |property| set.bool(property).unwrap_or(false);
    let name = set.text(&ty::DATA_TYPE).unwrap_or_default();
    let fail = |property: &edm::Property, why: &str| Err(invalid(RESOURCE, property.name(), why));
    let Some(data_type) = DataType::named(name) else {
        return fail(&ty::DATA_TYPE, "no data type");
    };
    let said = SecurityAttribute {
        data_type,
        is_collection: is(&ty::IS_COLLECTION),
        is_searchable: is(&ty::IS_SEARCHABLE),
        only_predefined: is(&ty::USE_PRE_DEFINED_VALUES_ONLY),
        allowed: Vec::new(),
        status: status(set.text(&ty::STATUS).unwrap_or_default()),
        description: set.text(&ty::DESCRIPTION).map(str::to_owned),
    };
    if data_type == DataType::Boolean && said.is_collection {
        return fail(&ty::IS_COLLECTION, "of the type Boolean there is one value");
    }
    if data_type == DataType::Boolean && said.only_predefined {
        let why = "of the type Boolean both values can be assigned";
        return fail(&ty::USE_PRE_DEFINED_VALUES_ONLY, why);
    }
    Ok(said)
}

/// The table lets no other name through.
fn status(name: &str) -> Status {
    if name == status_name(Status::Deprecated) {
        Status::Deprecated
    } else {
        Status::Available
    }
}

const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Available => "Available",
        Status::Deprecated => "Deprecated",
    }
}

/// The custom security attributes among the tenant's definitions.
fn attributes(rows: Vec<DefinitionRow>) -> Vec<Found> {
    rows.into_iter().filter_map(Found::of).collect()
}

fn found(rows: Vec<DefinitionRow>, id: &str) -> Result<Found, Refusal> {
    let mut all = attributes(rows).into_iter();
    let found = all.find(|found| found.id().eq_ignore_ascii_case(id));
    found.ok_or_else(|| missing(id))
}

/// The id of the definition with that name.
fn id(name: &str) -> String {
    name.replacen('/', "_", 1)
}

fn missing(key: &str) -> Refusal {
    Refusal::NotFound {
        key: key.to_owned(),
    }
}

fn record(actor: &Actor, activity: &str, row: &DefinitionRow, at: Timestamp) -> AuditRecord {
    let target = audit::Target::of(&ty::TYPE, row.id);
    let details = json!({ "id": id(&row.name) });
    audit::record(actor, at, activity, target, &details)
}
