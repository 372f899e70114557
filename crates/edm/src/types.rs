//! The entity types that own properties, and their links.

use crate::Version;
use crate::property::Property;

/// What an empty text is. A text of no characters is no value of a directory property, and null is
/// there to clear one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// A mistake: [`crate::Rule::Empty`].
    Refused,
    /// Not given: clients that fill in forms send it for what they leave out, as files have empty
    /// cells.
    Absent,
}

/// An entity type: something with an id, addressable by URL.
#[derive(Debug)]
pub struct EntityType {
    /// Name without namespace: `user`.
    pub name: &'static str,
    /// The name in error texts: `User` in "… of resource 'User'".
    pub resource: &'static str,
    /// The entity set its objects live in: `users`; empty for the abstract types.
    pub set: &'static str,
    /// The type it derives from.
    pub base: Option<&'static EntityType>,
    /// Accepts undeclared properties. Bodies refuse them all the same; `$select` ignores them
    ///
    pub open: bool,
    /// Declared `Abstract` in CSDL.
    pub is_abstract: bool,
    /// Properties that find an object as the id does: each is unique, and addresses it as
    /// `users(name='value')`.
    pub alternate_keys: &'static [&'static Property],
    /// All properties, inherited ones first, in table order.
    pub properties: &'static [&'static Property],
    /// What an empty text is in a body.
    pub blank: Blank,
    /// Navigation properties whose targets are served.
    pub navigation: &'static [&'static Navigation],
}

impl EntityType {
    /// The property of that name in any spelling of case, if the version has it.
    pub fn property(&self, name: &str, version: Version) -> Option<&'static Property> {
        find(self.properties, name, version)
    }

    /// The navigation property of that name in any spelling of case.
    pub fn navigation(&self, name: &str) -> Option<&'static Navigation> {
        self.navigation
            .iter()
            .copied()
            .find(|n| n.property.name().eq_ignore_ascii_case(name))
    }

    /// The properties that a body must set when it creates an object, in table order. For users
    /// they hold only where no `identities` are sent (P-users-2).
    pub fn required(&self) -> impl Iterator<Item = &'static Property> {
        self.properties.iter().copied().filter(|p| p.write.required)
    }
}

/// A navigation property whose target is served.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a column of the table"
)]
pub struct Navigation {
    /// Its name and its place in the table. In records it holds the link as a complex value with an
    /// `id`.
    pub property: &'static Property,
    /// The target's type name without namespace.
    pub target: &'static str,
    /// The entity set the target lives in.
    pub set: &'static str,
    /// The type that the objects at the other end have here: what a nested `$select` names
    /// properties of.
    pub objects: &'static EntityType,
    /// Kept as a link between objects and reached by its own URL or by `$expand`; records of the
    /// object hold nothing of it. Otherwise the record holds the link.
    pub linked: bool,
    /// A body may hold the objects themselves, for the server to read what it wants of them.
    pub sent: bool,
    /// Change tracking tells who is at the other end, as `{name}@delta`.
    pub tracked: bool,
    /// The objects are contained in this one and have no set of their own: `users/{id}/extensions`.
    pub contained: bool,
}

impl PartialEq for Navigation {
    fn eq(&self, other: &Self) -> bool {
        self.property == other.property
    }
}

impl Eq for Navigation {}

impl core::fmt::Debug for Navigation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Navigation")
            .field(&self.property.name())
            .finish()
    }
}

fn find(
    properties: &'static [&'static Property],
    name: &str,
    version: Version,
) -> Option<&'static Property> {
    properties
        .iter()
        .copied()
        .find(|p| p.is_in(version) && p.name().eq_ignore_ascii_case(name))
}
