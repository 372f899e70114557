//! The vocabulary of the directory: entity types, their properties, typed values, request bodies
//! checked against them, stored documents, and the `$metadata` derived from it all.
//!
//! Every property is declared once, in the tables of [`user`], [`invitation`] and [`complex`].
//! Whatever else the server needs to know about a property (its type, who may write it, whether it
//! is returned unasked, which filter operators it takes) is read from there. Nothing here knows
//! URLs, SQL, HTTP or tasks.

pub mod allowed_value;
pub mod application;
pub mod attribute;
pub mod attribute_definition;
pub mod attribute_set;
pub mod body;
mod body_error;
mod columns;
pub mod complex;
pub mod docs;
pub mod document;
pub mod domain;
pub mod entity;
pub mod extension;
pub mod extension_property;
pub mod fold;
mod handle;
pub mod instant;
pub mod invitation;
pub mod invitation_block;
pub mod json;
mod members;
pub mod metadata;
pub mod open_extension;
mod operator;
pub mod organization;
pub mod pending_member;
mod property;
mod property_id;
mod record;
pub mod reference;
mod rows;
mod schema;
pub mod schema_extension;
pub mod security_attribute;
mod sent_reference;
pub mod subscribed_sku;
pub mod type_names;
mod types;
pub mod user;

pub use body::{Body, Purpose};
pub use body_error::{BodyError, Rule};
pub use columns::{Guard, Kept, Returned, Search, Sort, Values, Write};
pub use handle::Handle;
pub use json::{Json, JsonError, JsonErrorKind};
pub use members::Members;
pub use operator::{Op, Operators, Ops};
pub use property::{Complex, ComplexType, EnumType, NAMESPACE, OWN_PLACE, Prop, Property, Type};
pub use property_id::PropertyId;
pub use record::{Record, Value};
pub use schema::{Entity, Schema, SchemaError};
pub use sent_reference::SentReference;
pub use types::{Blank, EntityType, Navigation};

/// Version of the rendering in [`document`]: stored texts that carry an older number are rendered
/// again on read. Raise it whenever the same record would render to other bytes.
pub const SCHEMA: u32 = 1;

/// The two versions of the API, each with its own presence column in the property table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// `/v1.0`
    V1,
    /// `/beta`
    Beta,
}

impl Version {
    /// Both versions, for whoever derives something per version.
    pub const ALL: [Self; 2] = [Self::V1, Self::Beta];

    /// The path segment: `v1.0` or `beta`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

impl core::fmt::Display for Version {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
