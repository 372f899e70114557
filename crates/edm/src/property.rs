//! One row of the property table, and the types that a row's values have.
//!
//! A property has a type, and a complex type has properties: the two stand in one file.

use core::hash::{Hash, Hasher};
use core::mem;
use std::borrow::Cow;

use crate::attribute::Attribute;
use crate::columns::{Guard, Kept, Returned, Search, Sort, Values, Write};
use crate::handle::Handle;
use crate::property_id::PropertyId;
use crate::{Operators, Version, fold};

/// A property, built in or a tenant's own.
pub type Prop = Handle<Property>;

/// A complex type, built in or a tenant's own.
pub type Complex = Handle<ComplexType>;

/// The place of every property that a tenant has defined: behind those of the core. Among
/// themselves they stand by their names.
pub const OWN_PLACE: u16 = u16::MAX;

/// One declared property. It is known by its number: two rows of one number are one property.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table row: each flag is a column of the property table (P-users-17)"
)]
pub struct Property {
    id: PropertyId,
    name: Cow<'static, str>,
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
    pub values: Values,
    /// Place in its type's table; [`OWN_PLACE`] for a tenant's own.
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
    /// What its values need beside the right to the object; `None` for nearly all.
    pub guard: Option<Guard>,
    /// What a custom security attribute has beside; `None` for all else.
    pub(crate) attribute: Option<Box<Attribute>>,
    /// Where its values are kept, where that does not follow from the type and the operators.
    kept: Option<Kept>,
    note: Cow<'static, str>,
}

impl PartialEq for Property {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Property {}

impl PartialEq<Prop> for Property {
    fn eq(&self, other: &Prop) -> bool {
        self.id == other.id
    }
}

impl Hash for Property {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl AsRef<Property> for Property {
    fn as_ref(&self) -> &Property {
        self
    }
}

impl core::fmt::Debug for Property {
    /// Its name: a row of twenty columns would drown every error that mentions one.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("Property").field(&self.name()).finish()
    }
}

impl Property {
    /// A nullable, read-only, selectable property of that type, present everywhere.
    pub(crate) const fn of(ty: Type) -> Self {
        Self {
            id: PropertyId::core("", ""),
            name: Cow::Borrowed(""),
            ty,
            beta_ty: None,
            collection: false,
            nullable: true,
            max_len: None,
            max_items: None,
            values: Values::ANY,
            index: 0,
            returned: Returned::Select,
            unset: "null",
            write: Write::NEVER,
            profile: false,
            filter: Operators::NONE,
            sort: Sort::No,
            search: Search::No,
            v1: true,
            beta: true,
            directory_services: true,
            seed_000: true,
            guard: None,
            attribute: None,
            kept: None,
            note: Cow::Borrowed(""),
        }
    }

    /// A property that a tenant has defined under this number: of any object, nullable, settable,
    /// returned when it is selected, and no part of a query. The public fields say what is
    /// different. One that can be filtered by has keys in the store, under its number (decision
    /// record 0089).
    pub fn own(number: u64, name: impl Into<String>, ty: Type, note: impl Into<String>) -> Self {
        Self::own_as(PropertyId::own(number), name, ty, note)
    }

    /// [`Self::own`] under an id: that of a definition, or of a member of its values.
    pub(crate) fn own_as(
        id: PropertyId,
        name: impl Into<String>,
        ty: Type,
        note: impl Into<String>,
    ) -> Self {
        Self {
            write: Write {
                create: true,
                update: true,
                ..Write::NEVER
            },
            id,
            name: Cow::Owned(name.into()),
            note: Cow::Owned(note.into()),
            index: OWN_PLACE,
            directory_services: false,
            seed_000: false,
            ..Self::of(ty)
        }
    }

    /// The row under its number and name.
    pub(crate) const fn named(
        mut self,
        id: PropertyId,
        name: &'static str,
        note: &'static str,
    ) -> Self {
        self.id = id;
        put(&mut self.name, Cow::Borrowed(name));
        put(&mut self.note, Cow::Borrowed(note));
        self
    }

    /// The row with its values kept there, whatever its type and operators.
    pub(crate) const fn keeping(mut self, kept: Kept) -> Self {
        self.kept = Some(kept);
        self
    }

    /// Whether it is one of these.
    pub fn is_one_of(&self, some: &[&Self]) -> bool {
        some.contains(&self)
    }

    /// What it is put in order by, with others of one type.
    pub fn place(&self) -> (u16, &str, PropertyId) {
        (self.index, self.name(), self.id)
    }

    /// What it is known by.
    pub const fn id(&self) -> PropertyId {
        self.id
    }

    /// What it is as a custom security attribute; `None` for all else.
    pub fn attribute(&self) -> Option<&Attribute> {
        self.attribute.as_deref()
    }

    /// A text of its values as conditions compare it: folded, but for custom security attributes,
    /// whose values match in exactly their spelling (P-extensions-22).
    pub fn compared_text(&self, text: &str) -> String {
        if self.attribute.is_some() {
            text.to_owned()
        } else {
            fold::display(text)
        }
    }

    /// The declared spelling.
    pub const fn name(&self) -> &str {
        match &self.name {
            Cow::Borrowed(name) => name,
            Cow::Owned(name) => name.as_str(),
        }
    }

    /// What it is and what holds for it, in a sentence.
    pub const fn note(&self) -> &str {
        match &self.note {
            Cow::Borrowed(note) => note,
            Cow::Owned(note) => note.as_str(),
        }
    }

    /// Present in that version.
    pub const fn is_in(&self, version: Version) -> bool {
        match version {
            Version::V1 => self.v1,
            Version::Beta => self.beta,
        }
    }

    /// The type in that version.
    pub const fn ty_in(&self, version: Version) -> &Type {
        match (version, &self.beta_ty) {
            (Version::Beta, Some(ty)) => ty,
            _ => &self.ty,
        }
    }

    /// No body may ever set it.
    pub const fn is_read_only(&self) -> bool {
        !self.write.create && !self.write.update
    }

    /// Whether reading it needs a permission of its own.
    pub const fn is_guarded(&self) -> bool {
        match self.guard {
            Some(guard) => guard.reading().is_some(),
            None => false,
        }
    }

    /// Part of the default set of that version: in v1.0 what is returned by default; in beta all
    /// but those readable only singly or by special permission.
    pub const fn is_default_in(&self, version: Version) -> bool {
        match version {
            Version::V1 => self.v1 && matches!(self.returned, Returned::Default),
            Version::Beta => {
                self.beta
                    && matches!(self.returned, Returned::Default | Returned::Select)
                    && !self.is_guarded()
            }
        }
    }

    /// Where its values are kept. Follows from its type and from whether it can be filtered by
    /// (what the service filters by is what a directory is searched by), unless the row says it. No
    /// table has a column for what a tenant defines.
    pub fn kept(&self) -> Kept {
        if let Some(kept) = self.kept {
            return kept;
        }
        if self.filter.any().is_empty() {
            return Kept::Document;
        }
        match &self.ty {
            // A secret among the members: nothing of it lies about as a key.
            Type::Complex(complex) if complex.properties().any(|p| p.is_secret()) => Kept::Document,
            Type::Complex(complex) if self.collection || complex.open => Kept::Document,
            Type::Complex(_) => Kept::Values,
            _ if self.collection || self.id.is_own() => Kept::Values,
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

/// Assigns what could hold owned text. A const function may not drop; what is replaced here is a
/// row's beginning, which owns nothing.
pub(crate) const fn put<T>(place: &mut T, value: T) {
    mem::forget(mem::replace(place, value));
}

/// The type of a property, or of one element when the property is a collection.
#[derive(Clone, Debug)]
pub enum Type {
    /// `Edm.String`
    String,
    /// `Edm.Boolean`
    Boolean,
    /// `Edm.Int32`
    Int32,
    /// `Edm.Int64`
    Int64,
    /// `Edm.DateTimeOffset`
    DateTimeOffset,
    /// `Edm.TimeOfDay`, kept as its text
    TimeOfDay,
    /// `Edm.Guid`
    Guid,
    /// `Edm.Binary`, kept as its base64 text
    Binary,
    /// An enumeration, kept as the member's name
    Enum(&'static EnumType),
    /// A complex type; when it is open, the value is kept as the JSON that was sent
    Complex(Complex),
}

impl Type {
    /// A complex type that is built in.
    pub const fn complex(ty: &'static ComplexType) -> Self {
        Self::Complex(Handle::Core(ty))
    }

    /// The name in CSDL, `Edm.String` or `graph.passwordProfile`, without `Collection(…)`.
    pub fn csdl_name(&self) -> String {
        match self {
            Self::String => "Edm.String".to_owned(),
            Self::Boolean => "Edm.Boolean".to_owned(),
            Self::Int32 => "Edm.Int32".to_owned(),
            Self::Int64 => "Edm.Int64".to_owned(),
            Self::DateTimeOffset => "Edm.DateTimeOffset".to_owned(),
            Self::TimeOfDay => "Edm.TimeOfDay".to_owned(),
            Self::Guid => "Edm.Guid".to_owned(),
            Self::Binary => "Edm.Binary".to_owned(),
            Self::Enum(e) => format!("graph.{}", e.name),
            Self::Complex(c) if c.namespace == NAMESPACE => format!("graph.{}", c.name()),
            Self::Complex(c) => format!("{}.{}", c.namespace, c.name()),
        }
    }

    /// Whether values are a single primitive: what can be compared, sorted and searched.
    pub const fn is_primitive(&self) -> bool {
        !matches!(self, Self::Complex(_))
    }
}

/// The namespace of nearly every type.
pub const NAMESPACE: &str = "microsoft.graph";

/// An enumeration: its name and its members in order of their values.
#[derive(Debug)]
pub struct EnumType {
    /// Name without namespace.
    pub name: &'static str,
    /// Member names with their values.
    pub members: &'static [(&'static str, i32)],
}

/// A complex type: a group of properties without a key.
#[derive(Debug)]
pub struct ComplexType {
    name: Cow<'static, str>,
    /// Namespace, [`NAMESPACE`] but for the licensing types.
    pub namespace: &'static str,
    members: ComplexMembers,
    /// Accepts undeclared members: its value is kept as the JSON that was sent.
    pub open: bool,
    /// Declared `Abstract` in CSDL.
    pub is_abstract: bool,
    /// The type that each value names in answers, where it does so unasked.
    pub named_in_answers: Option<&'static str>,
}

#[derive(Debug)]
enum ComplexMembers {
    Core(&'static [&'static Property]),
    Own(Box<[Prop]>),
}

impl PartialEq for ComplexType {
    /// By the qualified name, which no two of a schema share.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.namespace == other.namespace
    }
}

impl Eq for ComplexType {}

impl ComplexType {
    /// One that is built in; a member's `index` is its place in `members`.
    pub(crate) const fn core(name: &'static str, members: &'static [&'static Property]) -> Self {
        Self {
            name: Cow::Borrowed(name),
            namespace: NAMESPACE,
            members: ComplexMembers::Core(members),
            open: false,
            is_abstract: false,
            named_in_answers: None,
        }
    }

    pub(crate) const fn namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = namespace;
        self
    }

    pub(crate) const fn open(mut self, open: bool) -> Self {
        self.open = open;
        self
    }

    pub(crate) const fn declared_abstract(mut self, is_abstract: bool) -> Self {
        self.is_abstract = is_abstract;
        self
    }

    /// One that a tenant has defined, with these members.
    pub fn own(name: impl Into<String>, members: impl IntoIterator<Item = Property>) -> Self {
        Self {
            name: Cow::Owned(name.into()),
            namespace: NAMESPACE,
            members: ComplexMembers::Own(members.into_iter().map(Prop::from).collect()),
            open: false,
            is_abstract: false,
            named_in_answers: None,
        }
    }

    /// The type with values that name this type in answers.
    #[must_use]
    pub const fn naming_in_answers(mut self, name: &'static str) -> Self {
        self.named_in_answers = Some(name);
        self
    }

    /// Name without namespace.
    pub const fn name(&self) -> &str {
        match &self.name {
            Cow::Borrowed(name) => name,
            Cow::Owned(name) => name.as_str(),
        }
    }

    /// Its members in declared order.
    pub fn properties(&self) -> impl Iterator<Item = Prop> {
        let (core, own) = match &self.members {
            ComplexMembers::Core(members) => (*members, &[][..]),
            ComplexMembers::Own(members) => (&[][..], &**members),
        };
        core.iter()
            .copied()
            .map(Prop::Core)
            .chain(own.iter().cloned())
    }

    /// The member of that name in any spelling of case, if the version has it.
    pub fn property(&self, name: &str, version: Version) -> Option<Prop> {
        self.properties()
            .find(|p| p.is_in(version) && p.name().eq_ignore_ascii_case(name))
    }
}
