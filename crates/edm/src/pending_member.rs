//! Pending members: the user as the directory workload alone knows them, which is the type that the
//! document "Add pendingMembers" names, with the properties its table lists
//! (P-references-1).

use crate::Blank;
use crate::{EntityType, Property, entity, user};

/// The namespace of the workload's own types.
pub const NAMESPACE: &str = "Microsoft.DirectoryServices";

static PROPERTIES: [&Property; count()] = listed();

const fn count() -> usize {
    let mut found = 0;
    let mut left = user::PROPERTIES;
    while let [first, rest @ ..] = left {
        if first.directory_services {
            found += 1;
        }
        left = rest;
    }
    found
}

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated while compiling, where a place too many is an error"
)]
const fn listed() -> [&'static Property; count()] {
    let mut all = [&entity::ID; count()];
    let mut at = 0;
    let mut left = user::PROPERTIES;
    while let [first, rest @ ..] = left {
        if first.directory_services {
            all[at] = first;
            at += 1;
        }
        left = rest;
    }
    all
}

/// `Microsoft.DirectoryServices.user`.
pub static TYPE: EntityType = EntityType {
    name: "user",
    resource: "User",
    set: "pendingMembers",
    base: Some(&entity::DIRECTORY_OBJECT),
    open: true,
    is_abstract: false,
    properties: &PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
