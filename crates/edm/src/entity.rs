//! The two abstract roots every served type derives from.

use crate::Blank;
use crate::rows::{Order, instant, of, properties};
use crate::{EntityType, Op, Type};

const ORDER: Order = Order {
    of: "directoryObject",
    names: &["ID", "DELETED_DATE_TIME"],
};

properties! {
    ID "id" "The object's GUID: its key, opaque, never used again."
        = of(Type::String).not_null().by_default().filter(&[Op::Eq, Op::In], &[Op::Ne, Op::Not]);
    DELETED_DATE_TIME "deletedDateTime" "Null while the object lives; set when it is soft-deleted."
        = instant().filter(&[Op::Eq, Op::Ge, Op::Le], &[Op::Ne, Op::Not, Op::In]).sorted_in_advanced();
}

/// `graph.entity`: whatever has an id.
pub static ENTITY: EntityType = EntityType {
    name: "entity",
    resource: "Entity",
    set: "",
    base: None,
    open: false,
    is_abstract: true,
    properties: &[&ID],
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};

/// `graph.directoryObject`: whatever can be deleted and restored.
pub static DIRECTORY_OBJECT: EntityType = EntityType {
    name: "directoryObject",
    resource: "DirectoryObject",
    set: "directoryObjects",
    base: Some(&ENTITY),
    open: true,
    is_abstract: false,
    properties: &[&ID, &DELETED_DATE_TIME],
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
