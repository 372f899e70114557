//! What stands in the columns of the property table.

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
    /// With `$select`, in beta too.
    Selected,
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
}

impl Write {
    /// Set by the server alone.
    pub const NEVER: Self = Self {
        create: false,
        update: false,
        required: false,
        sensitive: false,
    };
}

/// What the values of some properties need beside the right to their object: permissions of their
/// own. A definition says which guard it has; who holds what is in one place, the table of
/// permissions. A guard of a complex property holds for all its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The identities that a user signs in with. Whoever reads the user reads them.
    Identities,
    /// Dates of an employment.
    LifeCycle,
    /// Custom security attributes.
    SecurityAttributes,
    /// When and how a user signed in. The server alone writes it.
    SignIns,
}

impl Guard {
    /// The least permission that reads such values; `None` where the right to the object does.
    pub const fn reading(self) -> Option<&'static str> {
        match self {
            Self::Identities => None,
            Self::LifeCycle => Some("User-LifeCycleInfo.Read.All"),
            Self::SecurityAttributes => Some("CustomSecAttributeAssignment.Read.All"),
            Self::SignIns => Some("AuditLog.Read.All"),
        }
    }

    /// The permission that writes such values, whatever else the caller holds; `None` where nobody
    /// does.
    pub const fn writing(self) -> Option<&'static str> {
        match self {
            Self::Identities => Some("User.ManageIdentities.All"),
            Self::LifeCycle => Some("User-LifeCycleInfo.ReadWrite.All"),
            Self::SecurityAttributes => Some("CustomSecAttributeAssignment.ReadWrite.All"),
            Self::SignIns => None,
        }
    }
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
    /// assigned ids. Also a tenant's own filterable property, whatever its type.
    Values,
    /// In the document alone.
    Document,
    /// Nowhere: it follows from others.
    Computed,
}

/// The only texts that a property takes, exactly as they are written; none where it takes any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// Those of a core property.
    Core(&'static [&'static str]),
    /// Those of a tenant's own.
    Own(Vec<String>),
}

impl Values {
    /// Any text is taken.
    pub const ANY: Self = Self::Core(&[]);

    /// The texts, in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (core, own) = match self {
            Self::Core(texts) => (*texts, &[][..]),
            Self::Own(texts) => (&[][..], texts.as_slice()),
        };
        core.iter().copied().chain(own.iter().map(String::as_str))
    }

    /// Whether any text is taken.
    pub const fn is_any(&self) -> bool {
        match self {
            Self::Core(texts) => texts.is_empty(),
            Self::Own(texts) => texts.is_empty(),
        }
    }

    /// Whether the text is one of them, or any is taken.
    pub fn take(&self, text: &str) -> bool {
        self.is_any() || self.iter().any(|one| one == text)
    }
}
