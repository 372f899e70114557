//! One row of the property table, and the const builder the tables are written with.

use crate::{Op, Operators, Ops, Type, Version};

/// When a property is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returned {
    /// Without being asked for.
    Default,
    /// Only on `$select` (and by default in beta, decision 15).
    Select,
    /// Only on `$select` of a single object; on a collection 501 (users.md section 4).
    SelectSingle,
    /// Never: a secret. Renders as null, is not written to documents and not shown by `Debug`.
    Never,
}

/// Who may set a property through a body. All false: read-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// Settable when the object is created.
    pub create: bool,
    /// Settable afterwards.
    pub update: bool,
    /// A create body must set it (see [`crate::EntityType::required`]).
    pub required: bool,
    /// Sensitive: on administrators only a higher role may change it (users.md section 6).
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
    /// By whole tokens (decision 54).
    Tokens,
    /// As startsWith.
    Prefix,
}

/// One declared property. Compared by identity: a property is the one static in its table.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table row: each flag is a column of users.md section 11"
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
    /// Longest text, in characters (Unicode scalar values, not UTF-16 units: a limit must not depend on whether a
    /// name is written with letters outside the basic plane). For collections, of each element.
    pub max_len: Option<u32>,
    /// Most elements of a collection.
    pub max_items: Option<u32>,
    /// The only texts allowed, where the property is an enumeration written as String. Exact case.
    pub values: &'static [&'static str],
    /// Place in its type's table.
    pub index: u16,
    /// When it is returned.
    pub returned: Returned,
    /// JSON text it renders to while unset: `null`, `[]`, or the default of a type that knows no null.
    pub unset: &'static str,
    /// Who may set it.
    pub write: Write,
    /// One of the 13 profile properties (decision 17).
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
    /// Listed by seed 001 (`Microsoft.DirectoryServices.user`).
    pub directory_services: bool,
    /// Listed by seed 000 (`microsoft.graph.user`).
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

    /// Part of the default set of that version: in v1.0 what is returned by default; in beta all but those readable
    /// only singly or by special permission (decision 15).
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

/// A nullable, read-only, selectable property of that type, present everywhere: the commonest row. The builder
/// methods below say what is different.
pub(crate) const fn of(ty: Type) -> Property {
    Property {
        name: "",
        ty,
        beta_ty: None,
        collection: false,
        nullable: true,
        max_len: None,
        max_items: None,
        values: &[],
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
        permission: None,
        note: "",
    }
}

pub(crate) const fn text() -> Property {
    of(Type::String)
}

pub(crate) const fn boolean() -> Property {
    of(Type::Boolean)
}

pub(crate) const fn instant() -> Property {
    of(Type::DateTimeOffset)
}

impl Property {
    /// Name, place and note; called by the table macros.
    pub(crate) const fn at(mut self, name: &'static str, index: u16, note: &'static str) -> Self {
        self.name = name;
        self.index = index;
        self.note = note;
        self
    }

    pub(crate) const fn list(mut self) -> Self {
        self.collection = true;
        self.unset = "[]";
        self
    }

    pub(crate) const fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    pub(crate) const fn max(mut self, characters: u32) -> Self {
        self.max_len = Some(characters);
        self
    }

    pub(crate) const fn items(mut self, elements: u32) -> Self {
        self.max_items = Some(elements);
        self
    }

    pub(crate) const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.values = values;
        self
    }

    pub(crate) const fn unset(mut self, json: &'static str) -> Self {
        self.unset = json;
        self
    }

    /// Settable on create and on update.
    pub(crate) const fn written(mut self) -> Self {
        self.write.create = true;
        self.write.update = true;
        self
    }

    /// Settable on update only.
    pub(crate) const fn updated(mut self) -> Self {
        self.write.update = true;
        self
    }

    /// Settable on create only.
    pub(crate) const fn created(mut self) -> Self {
        self.write.create = true;
        self
    }

    pub(crate) const fn read_only(mut self) -> Self {
        self.write = Write::NEVER;
        self
    }

    pub(crate) const fn returned(mut self, returned: Returned) -> Self {
        self.returned = returned;
        self
    }

    pub(crate) const fn required(mut self) -> Self {
        self.write.required = true;
        self
    }

    pub(crate) const fn sensitive(mut self) -> Self {
        self.write.sensitive = true;
        self
    }

    pub(crate) const fn write_permission(mut self, permission: &'static str) -> Self {
        self.write.permission = Some(permission);
        self
    }

    pub(crate) const fn read_permission(mut self, permission: &'static str) -> Self {
        self.permission = Some(permission);
        self
    }

    pub(crate) const fn by_default(mut self) -> Self {
        self.returned = Returned::Default;
        self
    }

    pub(crate) const fn secret(mut self) -> Self {
        self.returned = Returned::Never;
        self
    }

    /// One of the profile properties (decision 17): read singly, written like others, unknown to seed 001.
    pub(crate) const fn profile(mut self) -> Self {
        self.profile = true;
        self.returned = Returned::SelectSingle;
        self.directory_services = false;
        self.written()
    }

    pub(crate) const fn beta_only(mut self) -> Self {
        self.v1 = false;
        self
    }

    pub(crate) const fn beta_type(mut self, ty: Type) -> Self {
        self.beta_ty = Some(ty);
        self
    }

    /// In neither seed document.
    pub(crate) const fn unseeded(mut self) -> Self {
        self.seed_000 = false;
        self.directory_services = false;
        self
    }

    /// Filter operators; and what follows from them by users.md section 11: a primitive with an order is sortable in
    /// advanced queries, a filterable text is searched as startsWith.
    pub(crate) const fn filter(mut self, default: &[Op], advanced: &[Op]) -> Self {
        self.filter = Operators {
            default: Ops::of(default),
            advanced: Ops::of(advanced),
        };
        let single = !self.collection && self.ty.is_primitive();
        if single && self.filter.any().has(Op::Ge) {
            self.sort = Sort::Advanced;
        }
        if single && matches!(self.ty, Type::String) {
            self.search = Search::Prefix;
        }
        self
    }

    pub(crate) const fn sorted(mut self) -> Self {
        self.sort = Sort::Default;
        self
    }

    pub(crate) const fn tokenised(mut self) -> Self {
        self.search = Search::Tokens;
        self
    }
}

/// The place of a name in a type's order. Evaluated while compiling, where a name missing from the order is an error.
pub(crate) const fn place(order: &[&str], name: &str) -> u16 {
    let mut index = 0;
    let mut left = order;
    while let [first, rest @ ..] = left {
        if same(first.as_bytes(), name.as_bytes()) {
            return index;
        }
        index += 1;
        left = rest;
    }
    assert!(
        order.is_empty(),
        "a property that its type's order does not name"
    );
    index
}

const fn same(mut a: &[u8], mut b: &[u8]) -> bool {
    while let ([x, xs @ ..], [y, ys @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (xs, ys);
    }
    a.is_empty() && b.is_empty()
}

/// Declares properties of one type as statics. Their places come from the `ORDER` in scope, which is written once per
/// type and is its table order.
macro_rules! properties {
    ($($name:ident $spelling:literal $note:literal = $row:expr;)*) => {
        $(
            #[doc = concat!("`", $spelling, "`: ", $note)]
            pub static $name: $crate::Property =
                $row.at($spelling, $crate::property::place(ORDER, stringify!($name)), $note);
        )*
    };
}
pub(crate) use properties;

/// Declares a type's table order, and the slice of all its properties.
///
/// A navigation property has a place of its own among the others, because answers show it there, but is none of them.
macro_rules! order {
    () => {
        /// It has none.
        pub static PROPERTIES: &[&$crate::Property] = &[];
    };
    ($($name:ident)* $(; navigation $navigation:ident; $($after:ident)*)?) => {
        const ORDER: &[&str] =
            &[$(stringify!($name),)* $(stringify!($navigation), $(stringify!($after),)*)?];

        /// All properties in table order.
        pub static PROPERTIES: &[&$crate::Property] = &[$(&$name,)* $($(&$after,)*)?];
    };
}
pub(crate) use order;
