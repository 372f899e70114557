//! Custom security attributes: the sets, and what is defined in them (P-extensions-25). A change
//! takes effect with the next request.

mod allowed;
mod definitions;
mod sets;

pub use definitions::AttributeChange;

use edm::{EntityType, Record};

use crate::refusal::{Refusal, Resource};

/// Most characters of a name of a set or of an attribute.
const NAME: usize = edm::attribute_set::NAME as usize;

fn invalid(resource: Resource, property: &str, why: impl Into<String>) -> Refusal {
    Refusal::Invalid {
        resource,
        property: property.to_owned(),
        why: why.into().into(),
    }
}

/// Whether all is there that the type demands of what is made.
fn complete(resource: Resource, ty: &'static EntityType, set: &Record) -> Result<(), Refusal> {
    let absent = |property: &&edm::Property| set.get(property).is_none_or(edm::Value::is_unset);
    match ty.required().find(absent) {
        None => Ok(()),
        Some(property) => Err(Refusal::Missing {
            resource,
            property: property.name().to_owned(),
        }),
    }
}

/// A name of a set or of an attribute: it becomes part of paths in bodies, conditions and titles of
/// columns.
fn check_name(resource: Resource, property: &str, name: &str) -> Result<(), Refusal> {
    let is_taken = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if (1..=NAME).contains(&name.chars().count()) && name.chars().all(is_taken) {
        Ok(())
    } else {
        let why = "1 to 32 letters of ASCII, digits and underscores";
        Err(invalid(resource, property, why))
    }
}
