//! Attribute sets: made, read and changed, never removed.

use edm::{Body, Record, attribute_set};
use jiff::Timestamp;
use odata::Checked;
use serde_json::json;
use store::{AttributeSetRow, AuditRecord, Lookup, Tx};
use uuid::Uuid;

use super::{check_name, complete, invalid};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::few::FewPage;
use crate::permission::Operation;
use crate::read_only;
use crate::refusal::{Refusal, Resource};

/// Most sets of a tenant (P-extensions-20).
const SETS: usize = 500;

/// Most attributes that a set can be limited to: there are no more in a tenant.
const MOST_ATTRIBUTES: i64 = 500;

const RESOURCE: Resource = Resource::AttributeSet;

impl Directory {
    /// The sets that `asked` names, after `after`.
    ///
    /// # Errors
    /// `Denied`, `Strict`, `Unavailable`.
    pub async fn find_attribute_sets(
        &self,
        actor: &Actor,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<FewPage, Refusal> {
        actor.may(Operation::ReadAttributeDefinitions)?;
        self.check_enumeration(actor, Operation::ReadAttributeDefinitions)
            .await?;
        let rows = self.store().read(actor.tenant).attribute_sets().await?;
        let rows = rows.iter().map(|row| (row.id, shown(row)));
        self.few_by(actor.tenant, rows.collect(), asked, after)
            .await
    }

    /// One of them.
    ///
    /// # Errors
    /// `Denied`, `NotFound`, `Unavailable`.
    pub async fn attribute_set(&self, actor: &Actor, name: &str) -> Result<Record, Refusal> {
        actor.may(Operation::ReadAttributeDefinitions)?;
        let found = self.store().read(actor.tenant).attribute_set(name).await?;
        let row = found.ok_or_else(|| missing(name))?;
        Ok(shown(&row))
    }

    /// Makes a set.
    ///
    /// # Errors
    /// `Denied`; `Invalid` and `Missing` for what the body says.
    pub async fn add_attribute_set(&self, actor: &Actor, set: &Record) -> Result<Record, Refusal> {
        actor.may(Operation::WriteAttributeDefinitions)?;
        complete(RESOURCE, &attribute_set::TYPE, set)?;
        let name = set.text(&attribute_set::ID).unwrap_or_default();
        check_name(RESOURCE, attribute_set::ID.name(), name)?;
        let row = AttributeSetRow {
            name: name.to_owned(),
            id: self.new_id(),
            description: None,
            max_attributes: None,
            created_at: self.now(),
        };
        let row = changed(&row, set)?;
        let input = (actor.clone(), row);
        self.store()
            .write(actor.tenant, input, |tx, (actor, row)| {
                Box::pin(add(tx, actor, row))
            })
            .await
    }

    /// Changes a set.
    ///
    /// # Errors
    /// `Denied`, `NotFound`; `Invalid` and `ReadOnly` for what the body says.
    pub async fn change_attribute_set(
        &self,
        actor: &Actor,
        name: &str,
        body: &Body,
    ) -> Result<Record, Refusal> {
        actor.may(Operation::WriteAttributeDefinitions)?;
        let input = (actor.clone(), name.to_owned(), body.clone(), self.now());
        self.store()
            .write(actor.tenant, input, |tx, (actor, name, body, now)| {
                Box::pin(async move {
                    let before = tx.attribute_set(name).await?;
                    let before = before.ok_or_else(|| missing(name))?;
                    read_only::check(body, &shown(&before))?;
                    let row = changed(&before, &body.set)?;
                    if row != before {
                        tx.change_attribute_set(&row).await?;
                        tx.audit(record(actor, "Update an attribute set", &row, *now));
                    }
                    Ok(shown(&row))
                })
            })
            .await
    }
}

async fn add(tx: &mut Tx, actor: &Actor, row: &AttributeSetRow) -> Result<Record, Refusal> {
    let property = attribute_set::ID.name();
    if tx.attribute_sets().await?.len() >= SETS {
        let why = "a tenant has at most 500 attribute sets";
        return Err(invalid(RESOURCE, property, why));
    }
    if !tx.add_attribute_set(row).await? {
        let why = "there is an attribute set of this name";
        return Err(invalid(RESOURCE, property, why));
    }
    tx.audit(record(actor, "Add an attribute set", row, row.created_at));
    Ok(shown(row))
}

/// The row with what a body says of it.
fn changed(row: &AttributeSetRow, set: &Record) -> Result<AttributeSetRow, Refusal> {
    let mut row = row.clone();
    let (description, most) = (
        &attribute_set::DESCRIPTION,
        &attribute_set::MAX_ATTRIBUTES_PER_SET,
    );
    if set.has(description) {
        row.description = set.text(description).map(str::to_owned);
    }
    if let Some(value) = set.get(most) {
        row.max_attributes = match value {
            edm::Value::Int(number) if (1..=MOST_ATTRIBUTES).contains(number) => Some(*number),
            edm::Value::Null => None,
            _ => return Err(invalid(RESOURCE, most.name(), "a number from 1 to 500")),
        };
    }
    Ok(row)
}

fn missing(name: &str) -> Refusal {
    Refusal::NotFound {
        key: name.to_owned(),
    }
}

fn shown(row: &AttributeSetRow) -> Record {
    let mut record = Record::new();
    record.set(&attribute_set::ID, row.name.as_str());
    if let Some(description) = &row.description {
        record.set(&attribute_set::DESCRIPTION, description.as_str());
    }
    if let Some(most) = row.max_attributes {
        let most = edm::Value::Int(most);
        record.set(&attribute_set::MAX_ATTRIBUTES_PER_SET, most);
    }
    record
}

fn record(actor: &Actor, activity: &str, row: &AttributeSetRow, at: Timestamp) -> AuditRecord {
    let target = audit::Target::of(&attribute_set::TYPE, row.id);
    audit::record(actor, at, activity, target, &json!({ "name": row.name }))
}
