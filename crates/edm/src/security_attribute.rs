//! Custom security attributes: what a definition of one says.

use serde::{Deserialize, Serialize};

use crate::extension::DataType;

/// Whether an attribute can be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It can.
    Available,
    /// It no longer can; what is assigned stays.
    Deprecated,
}

/// One of the values that an attribute may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedValue {
    /// The value.
    pub value: String,
    /// Whether it can be assigned.
    pub is_active: bool,
}

/// What the definition of a custom security attribute says beside its set and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityAttribute {
    /// The type of its values: Boolean, Integer or String.
    pub data_type: DataType,
    /// Whether an object may hold several values.
    pub is_collection: bool,
    /// Whether conditions can name it.
    pub is_searchable: bool,
    /// Whether only allowed values can be assigned.
    pub only_predefined: bool,
    /// The values that may be assigned, also those that no longer may.
    pub allowed: Vec<AllowedValue>,
    /// Whether it can be assigned.
    pub status: Status,
    /// What it is for.
    pub description: Option<String>,
}
