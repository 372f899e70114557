//! What definitions of each kind say, and the columns that hold it.

use super::DefinitionKind;
use crate::StoreError;
use crate::engine::row::Columns;
use crate::query::kind::own_name;
use edm::attribute;
use edm::extension::{self, DataType};
use edm::schema_extension::{self, SchemaExtension};
use edm::security_attribute::SecurityAttribute;
use edm::{Property, Type};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a definition defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defined {
    /// A directory extension.
    DirectoryExtension {
        /// The type of its values.
        data_type: DataType,
        /// Whether an object may hold several values.
        multi_valued: bool,
    },
    /// A schema extension.
    SchemaExtension(SchemaExtension),
    /// A custom security attribute. The name of its definition is that of its set, a slash, and
    /// its own: no other definition has a slash in its name.
    SecurityAttribute(SecurityAttribute),
}

/// The columns of a definition that depend on what it defines.
pub(super) struct Said {
    pub(super) data_type: &'static str,
    pub(super) multi_valued: bool,
    pub(super) details: Option<String>,
}

impl Defined {
    /// The kind of the definition.
    pub const fn kind(&self) -> DefinitionKind {
        match self {
            Self::DirectoryExtension { .. } => DefinitionKind::DirectoryExtension,
            Self::SchemaExtension(_) => DefinitionKind::SchemaExtension,
            Self::SecurityAttribute(_) => DefinitionKind::SecurityAttribute,
        }
    }

    /// The property that it gives to objects; `None` of a damaged definition.
    pub fn property(&self, number: u64, name: &str) -> Option<Property> {
        match self {
            Self::DirectoryExtension {
                data_type,
                multi_valued,
            } => Some(extension::property(number, name, *data_type, *multi_valued)),
            Self::SchemaExtension(extension) => {
                Some(schema_extension::property(number, name, extension))
            }
            Self::SecurityAttribute(said) => attribute::defined(number, name, said),
        }
    }

    /// The names under which the keys of its values are stored. `None` if some values have no keys,
    /// so that the lack of keys would not prove that no user has a value: binary values, and custom
    /// security attributes that conditions cannot name.
    pub(super) fn kept(&self, number: u64, name: &str) -> Option<Vec<String>> {
        let property = self.property(number, name)?;
        match &property.ty {
            Type::Complex(complex) => {
                let mut members = complex.properties();
                // A member without operators has no keys.
                if members.any(|member| member.filter.any().is_empty()) {
                    return None;
                }
                let members = complex.properties();
                members
                    .map(|member| own_name(&property, Some(&member)))
                    .collect()
            }
            _ => own_name(&property, None).map(|kept| vec![kept]),
        }
    }

    /// Whether this document may hold values of it: whether the names occur in it.
    pub(super) fn may_be_in(&self, name: &str, document: &str) -> bool {
        match self {
            Self::SecurityAttribute(_) => name.split('/').all(|part| document.contains(part)),
            _ => document.contains(name),
        }
    }

    pub(super) fn said(&self) -> Result<Said, StoreError> {
        let none = Said {
            data_type: "",
            multi_valued: false,
            details: None,
        };
        let details = match self {
            Self::DirectoryExtension {
                data_type,
                multi_valued,
            } => {
                return Ok(Said {
                    data_type: data_type.name(),
                    multi_valued: *multi_valued,
                    ..none
                });
            }
            Self::SchemaExtension(extension) => written(extension),
            Self::SecurityAttribute(attribute) => written(attribute),
        };
        Ok(Said {
            details: Some(details?),
            ..none
        })
    }

    pub(super) fn read(kind: DefinitionKind, row: &mut Columns<'_>) -> Result<Self, StoreError> {
        let (data_type, multi_valued): (String, bool) = (row.take()?, row.take()?);
        let details: Option<String> = row.take()?;
        let details = details.unwrap_or_default();
        Ok(match kind {
            DefinitionKind::DirectoryExtension => Self::DirectoryExtension {
                data_type: DataType::named(&data_type)
                    .ok_or_else(|| StoreError::Corrupt(format!("data type {data_type:?}")))?,
                multi_valued,
            },
            DefinitionKind::SchemaExtension => Self::SchemaExtension(parsed(&details)?),
            DefinitionKind::SecurityAttribute => Self::SecurityAttribute(parsed(&details)?),
        })
    }
}

fn written(details: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(details).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn parsed<T: DeserializeOwned>(details: &str) -> Result<T, StoreError> {
    let corrupt = |error| StoreError::Corrupt(format!("details of a definition: {error}"));
    serde_json::from_str(details).map_err(corrupt)
}
