//! The `application` type: a program that is registered in the tenant.

use crate::rows::{instant, properties, text};
use crate::{Blank, EntityType, Op, entity};

pub use crate::entity::{DELETED_DATE_TIME, ID};

/// The navigation property of an application: the directory extensions that it defines.
pub const EXTENSION_PROPERTIES: &str = "extensionProperties";

crate::rows::order! {
    "application"
    ID
    DELETED_DATE_TIME
    APP_ID
    CREATED_DATE_TIME
    DISPLAY_NAME
}

properties! {
    APP_ID "appId" "The client id, which the app signs in with."
        = text().by_default().filter(&[Op::Eq, Op::In], &[Op::Ne, Op::Not]);
    CREATED_DATE_TIME "createdDateTime" "When it was registered."
        = instant().by_default().filter(&[Op::Eq, Op::Ge, Op::Le], &[Op::Ne, Op::Not, Op::In]);
    DISPLAY_NAME "displayName" "Its name."
        = text().by_default()
            .filter(&[Op::Eq, Op::Ge, Op::Le, Op::In, Op::StartsWith], &[Op::Ne, Op::Not, Op::Null]);
}

/// `graph.application`.
pub static TYPE: EntityType = EntityType {
    name: "application",
    resource: "Application",
    set: "applications",
    base: Some(&entity::DIRECTORY_OBJECT),
    open: true,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[&APP_ID],
    blank: Blank::Refused,
    navigation: &[],
};
