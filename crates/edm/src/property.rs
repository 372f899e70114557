//! One row of the property table.

use crate::{Operators, Type, Version, user};

/// When a property is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Without being asked for.
    Default,
    /// Only on `$select`, and by default in beta.
    Select,
    /// Only on `$select` of a single object; on a collection 501 (P-users-8).
    SelectSingle,
    /// Never: a secret. Renders as null, is not written to documents and not shown by `Debug`.
    Never,
}

/// Who may set a property through a body. All false: read-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table row: each flag is a word in the Write column"
)]
pub struct Write {
    /// Settable when the object is created.
    pub create: bool,
    /// Settable afterwards.
    pub update: bool,
    /// A create body must set it (see [`crate::EntityType::required`]).
    pub required: bool,
    /// Sensitive: on administrators only a higher role may change it (P-permissions-3).
    pub sensitive: bool,
    /// Needs this permission, whatever else the caller holds.
    pub permission: Option<&'static str>,
}

impl Write {
    /// Set by the server alone.
    pub const NEVER: Self = Self {
        create: false,
        update: false,
        required: false,
        sensitive: false,
        permission: None,
    };
}

/// Whether `$orderby` takes the property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Not sortable.
    No,
    /// In any query.
    Default,
    /// In advanced queries only.
    Advanced,
}

/// How `$search` matches the property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Not searchable.
    No,
    /// By beginnings of tokens (P-queries-7, decision record 0046).
    Tokens,
    /// As startsWith.
    Prefix,
}

/// Where the values of a property are kept so that they can be compared without reading the
/// document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// As a key of its own beside the document: a single filterable primitive.
    Column,
    /// As one key for each element, or for each member: a filterable collection of primitives, or a
    /// filterable complex value. Of `identities`, which is a collection of complex values, the
    /// assigned ids.
    Values,
    /// In the document alone.
    Document,
    /// Nowhere: it follows from others.
    Computed,
}

/// One declared property. Compared by identity: a property is the one static in its table.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table row: each flag is a column of the property table (P-users-17)"
)]
pub struct Property {
    /// The declared spelling.
    pub name: &'static str,
    /// Type of the value, or of its elements.
    pub ty: Type,
    /// The type in beta where it differs.
    pub beta_ty: Option<Type>,
    /// A collection of `ty`.
    pub collection: bool,
    /// Whether null is a value (CSDL).
    pub nullable: bool,
    /// Longest text, in characters (Unicode scalar values, not UTF-16 units: a limit must not
    /// depend on whether a name is written with letters outside the basic plane). For collections,
    /// of each element.
    pub max_len: Option<u32>,
    /// Most elements of a collection.
    pub max_items: Option<u32>,
    /// The only texts allowed, where the property is an enumeration written as String. Exact case.
    pub values: &'static [&'static str],
    /// Place in its type's table.
    pub index: u16,
    /// When it is returned.
    pub returned: Returned,
    /// JSON text it renders to while unset: `null`, `[]`, or the default of a type that knows no
    /// null.
    pub unset: &'static str,
    /// Who may set it.
    pub write: Write,
    /// One of the 13 profile properties.
    pub profile: bool,
    /// Filter operators.
    pub filter: Operators,
    /// `$orderby`.
    pub sort: Sort,
    /// `$search`.
    pub search: Search,
    /// Present in v1.0.
    pub v1: bool,
    /// Present in beta.
    pub beta: bool,
    /// Listed by "Add pendingMembers" (`Microsoft.DirectoryServices.user`; P-references-1).
    pub directory_services: bool,
    /// Listed by "Add invitedUser" (`microsoft.graph.user`; P-references-1).
    pub seed_000: bool,
    /// Permission needed to read it, beside the right to read the object.
    pub permission: Option<&'static str>,
    /// What it is and what holds for it, in a sentence.
    pub note: &'static str,
}

impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Eq for Property {}

impl core::fmt::Debug for Property {
    /// Its name: a row of twenty columns would drown every error that mentions one.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Property").field(&self.name).finish()
    }
}

impl Property {
    /// Present in that version.
    pub const fn is_in(&self, version: Version) -> bool {
        match version {
            Version::V1 => self.v1,
            Version::Beta => self.beta,
        }
    }

    /// The type in that version.
    pub const fn ty_in(&self, version: Version) -> Type {
        match (version, self.beta_ty) {
            (Version::Beta, Some(ty)) => ty,
            _ => self.ty,
        }
    }

    /// No body may ever set it.
    pub const fn is_read_only(&self) -> bool {
        !self.write.create && !self.write.update
    }

    /// Part of the default set of that version: in v1.0 what is returned by default; in beta all
    /// but those readable only singly or by special permission.
    pub const fn is_default_in(&self, version: Version) -> bool {
        match version {
            Version::V1 => self.v1 && matches!(self.returned, Returned::Default),
            Version::Beta => {
                self.beta
                    && matches!(self.returned, Returned::Default | Returned::Select)
                    && self.permission.is_none()
            }
        }
    }

    /// Where its values are kept. Follows from its type and from whether it can be filtered by:
    /// what the service filters by is what a directory is searched by.
    pub fn kept(&self) -> Kept {
        if self == &user::SECURITY_IDENTIFIER || self == &user::LEGAL_AGE_GROUP_CLASSIFICATION {
            return Kept::Computed;
        }
        if self == &user::IDENTITIES {
            return Kept::Values;
        }
        if self.filter.any().is_empty() {
            return Kept::Document;
        }
        match self.ty {
            // A secret among the members: nothing of it lies about as a key.
            Type::Complex(complex) if complex.properties.iter().any(|p| p.is_secret()) => {
                Kept::Document
            }
            Type::Complex(complex) if self.collection || complex.open => Kept::Document,
            Type::Complex(_) => Kept::Values,
            _ if self.collection => Kept::Values,
            _ => Kept::Column,
        }
    }

    const fn is_secret(&self) -> bool {
        matches!(self.returned, Returned::Never)
    }

    /// The type's CSDL name in that version, `Collection(…)` included.
    pub fn csdl_type(&self, version: Version) -> String {
        let name = self.ty_in(version).csdl_name();
        if self.collection {
            format!("Collection({name})")
        } else {
            name
        }
    }
}
