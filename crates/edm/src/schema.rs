//! What a tenant's objects look like: the core, which all tenants have, and the tenant's own
//! definitions beside it.
//!
//! A tenant gives its objects more properties. It makes no other kinds of objects: entity types are
//! those of the core.

use core::ops::Deref;

use crate::property::{Prop, Property, Type};
use crate::types::EntityType;
use crate::{OWN_PLACE, Version, pending_member, user};

/// The definitions of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The type's entity set, and a property that its objects have beside those of the core; in
    /// the order in which records hold them.
    own: Vec<(&'static str, Prop)>,
    /// Nothing of custom security attributes can be named.
    hides_attributes: bool,
    /// The schema without custom security attributes; `None` where nothing is left of it.
    open: Option<Box<Schema>>,
}

/// Why a definition does not fit beside the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The type has a property or a link of that name, in whatever spelling of case. Bodies match
    /// names caselessly, so one of the two could never be set.
    #[error("{0} is the name of another property")]
    NameTaken(String),
    /// Another of the tenant's properties has the number.
    #[error("{0} has the number of another property")]
    NumberTaken(String),
    /// A member of it has a guard of its own. Whoever may read the property reads all its members,
    /// so that the guard would keep nobody out.
    #[error("{0} is a member, and a guard is of the whole property")]
    GuardedMember(String),
    /// It can be set, and its guard is one by which nobody sets anything.
    #[error("{0} can be set, and nobody may by its guard")]
    NobodySets(String),
    /// A row of the core, which no tenant defines.
    #[error("{0} is no definition of a tenant")]
    NotOwn(String),
}

static CORE: Schema = Schema::empty(false);

/// What those who may not see custom security attributes have of a tenant without definitions.
static OPEN_CORE: Schema = Schema::empty(true);

impl Schema {
    const fn empty(hides_attributes: bool) -> Self {
        Self {
            own: Vec::new(),
            hides_attributes,
            open: None,
        }
    }

    /// The schema for those who may not see custom security attributes. It has none: no name of
    /// them is told from one that nobody defined, in no body and no condition. Values stay with
    /// their objects, unread.
    pub fn without_attributes(&self) -> &Self {
        self.open.as_deref().unwrap_or(&OPEN_CORE)
    }

    /// The core alone: what a tenant without definitions of its own has.
    pub fn core() -> &'static Self {
        &CORE
    }

    /// The core with those of these properties that are a tenant's own: enough to read from an
    /// object of the type what a condition looks at.
    pub fn with_properties<'a>(
        ty: &'static EntityType,
        properties: impl IntoIterator<Item = &'a Prop>,
    ) -> Self {
        let own = properties.into_iter().filter(|one| one.id().is_own());
        Self {
            own: own.map(|own| (ty.set, own.clone())).collect(),
            ..Self::empty(false)
        }
    }

    /// Whether there is nothing beside the core.
    pub const fn is_core(&self) -> bool {
        self.own.is_empty()
    }

    /// The schema with one more property for the objects of that type.
    ///
    /// # Errors
    /// [`SchemaError`] where it could be taken for another property.
    pub fn with(
        mut self,
        ty: &'static EntityType,
        property: Property,
    ) -> Result<Self, SchemaError> {
        self.add(ty, property)?;
        Ok(self)
    }

    /// Gives the objects of that type one more property. Nothing changes where it is refused.
    ///
    /// # Errors
    /// [`SchemaError`] where it could be taken for another property.
    pub fn add(&mut self, ty: &'static EntityType, property: Property) -> Result<(), SchemaError> {
        let name = || property.name().to_owned();
        if !property.id().is_own() || property.index != OWN_PLACE {
            return Err(SchemaError::NotOwn(name()));
        }
        if let Type::Complex(complex) = &property.ty
            && let Some(member) = complex.properties().find(|one| one.guard.is_some())
        {
            return Err(SchemaError::GuardedMember(member.name().to_owned()));
        }
        let is_unset = property
            .guard
            .is_some_and(|guard| guard.writing().is_none());
        if is_unset && !property.is_read_only() {
            return Err(SchemaError::NobodySets(name()));
        }
        if self.own.iter().any(|(_, own)| own.id() == property.id()) {
            return Err(SchemaError::NumberTaken(name()));
        }
        let links = ty.navigation.iter().map(|link| link.property);
        let mut names = ty
            .properties
            .iter()
            .copied()
            .chain(links)
            .map(Property::name);
        let mut own = self.entity(ty).own();
        let is_it = |other: &str| other.eq_ignore_ascii_case(property.name());
        if names.any(is_it) || own.any(|own| is_it(own.name())) {
            return Err(SchemaError::NameTaken(name()));
        }
        drop(own);
        let own = (ty.set, Prop::from(property));
        if own.1.attribute().is_none() {
            let open = self.open.get_or_insert_with(|| Box::new(Self::empty(true)));
            open.put(own.clone());
        }
        self.put(own);
        Ok(())
    }

    fn put(&mut self, own: (&'static str, Prop)) {
        self.own.push(own);
        self.own
            .sort_by(|(_, one), (_, other)| one.place().cmp(&other.place()));
    }

    /// The type as this schema has it.
    pub const fn entity(&self, ty: &'static EntityType) -> Entity<'_> {
        Entity { ty, schema: self }
    }

    /// The property of that name in any spelling of case, if the version has it.
    pub fn property(&self, ty: &'static EntityType, name: &str, version: Version) -> Option<Prop> {
        self.entity(ty).property(name, version)
    }

    /// All properties of the type: those of the core in table order, then the tenant's own by name.
    pub fn properties(&self, ty: &'static EntityType) -> impl Iterator<Item = Prop> {
        self.entity(ty).properties()
    }
}

/// An entity type as a schema has it. It reads like the type, but it knows the tenant's own
/// properties too.
///
/// A type does not become one by itself: where a tenant's objects are read, written or shown, the
/// tenant's schema says what they look like, and [`Entity::core`] is only for what no tenant can
/// add to.
#[derive(Clone, Copy, Debug)]
pub struct Entity<'s> {
    ty: &'static EntityType,
    schema: &'s Schema,
}

impl<'s> Entity<'s> {
    /// The type as the core has it, for objects and texts that hold nothing of a tenant's own.
    pub fn core(ty: &'static EntityType) -> Self {
        Schema::core().entity(ty)
    }

    /// The type alone.
    pub const fn ty(self) -> &'static EntityType {
        self.ty
    }

    /// Another type in the same schema.
    #[must_use]
    pub const fn other(self, ty: &'static EntityType) -> Self {
        self.schema.entity(ty)
    }

    /// The property of that name in any spelling of case, if the version has it. Custom
    /// security attributes have no names of their own: [`Entity::attribute`].
    pub fn property(self, name: &str, version: Version) -> Option<Prop> {
        if let Some(property) = self.ty.property(name, version) {
            return Some(Prop::Core(property));
        }
        let mut own = self.own().filter(|own| own.attribute().is_none());
        own.find(|own| own.is_in(version) && own.name().eq_ignore_ascii_case(name))
            .cloned()
    }

    /// The custom security attribute of that set and name, in any spelling of case.
    pub fn attribute(self, set: &str, name: &str) -> Option<Prop> {
        let is_it = |own: &&Prop| {
            own.attribute().is_some_and(|attribute| {
                attribute.set.eq_ignore_ascii_case(set) && attribute.name.eq_ignore_ascii_case(name)
            })
        };
        self.own().find(is_it).cloned()
    }

    /// Whether nothing of custom security attributes can be named: see
    /// [`Schema::without_attributes`].
    pub const fn hides_attributes(self) -> bool {
        self.schema.hides_attributes
    }

    /// The property that stored documents hold under exactly that name: links too, and whichever
    /// version has it.
    pub fn stored(self, name: &str) -> Option<Prop> {
        let links = self.ty.navigation.iter().map(|link| link.property);
        let mut core = self.ty.properties.iter().copied().chain(links);
        if let Some(property) = core.find(|property| property.name() == name) {
            return Some(Prop::Core(property));
        }
        self.own().find(|own| own.name() == name).cloned()
    }

    /// All properties: those of the core in table order, then the tenant's own by name. Custom
    /// security attributes are none: answers show them within one of the core.
    pub fn properties(self) -> impl Iterator<Item = Prop> + use<'s> {
        let core = self.ty.properties.iter().copied().map(Prop::Core);
        let own = self.own().filter(|own| own.attribute().is_none());
        core.chain(own.cloned())
    }

    /// The tenant's own properties of the type, by name. Pending members are users, and have what
    /// users have.
    pub fn own(self) -> impl Iterator<Item = &'s Prop> + use<'s> {
        let is_pending = self.ty.set == pending_member::TYPE.set;
        let of = if is_pending { &user::TYPE } else { self.ty }.set;
        let own = self.schema.own.iter().filter(move |(set, _)| *set == of);
        own.map(|(_, property)| property)
    }
}

impl Deref for Entity<'_> {
    type Target = EntityType;

    fn deref(&self) -> &EntityType {
        self.ty
    }
}
