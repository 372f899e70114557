//! How the tables are written: a const builder for a row, and the macros that declare a type's
//! properties and order.

use crate::columns::{Guard, Kept, Returned, Search, Sort, Values, Write};
use crate::property::{Property, Type, put};
use crate::property_id::PropertyId;
use crate::{Op, Operators, Ops};

/// A type's properties in table order: its name, and the names of their statics.
pub(crate) struct Order {
    pub(crate) of: &'static str,
    pub(crate) names: &'static [&'static str],
}

/// A nullable, read-only, selectable property of that type, present everywhere: the commonest row.
/// The builder methods below say what is different.
pub(crate) const fn of(ty: Type) -> Property {
    Property::of(ty)
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
    /// Number, name, place and note; called by the table macros with the name of the static, which
    /// the order knows it by.
    pub(crate) const fn at(
        mut self,
        order: &Order,
        constant: &str,
        name: &'static str,
        note: &'static str,
    ) -> Self {
        self.index = place(order.names, constant);
        self.named(PropertyId::core(order.of, name), name, note)
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
        put(&mut self.values, Values::Core(values));
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

    pub(crate) const fn guarded(mut self, guard: Guard) -> Self {
        self.guard = Some(guard);
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

    /// One of the profile properties (R-35): read singly, written like others, not listed by "Add
    /// pendingMembers".
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
        put(&mut self.beta_ty, Some(ty));
        self
    }

    /// Listed by neither "Add invitedUser" nor "Add pendingMembers".
    pub(crate) const fn unseeded(mut self) -> Self {
        self.seed_000 = false;
        self.directory_services = false;
        self
    }

    /// Filter operators; and what follows from them: a filterable text is searched as startsWith.
    pub(crate) const fn filter(mut self, default: &[Op], advanced: &[Op]) -> Self {
        self.filter = Operators {
            default: Ops::of(default),
            advanced: Ops::of(advanced),
        };
        let single = !self.collection && self.ty.is_primitive();
        if single && matches!(self.ty, Type::String) {
            self.search = Search::Prefix;
        }
        self
    }

    pub(crate) const fn sorted(mut self) -> Self {
        self.sort = Sort::Default;
        self
    }

    /// Sorted by in advanced queries.
    pub(crate) const fn sorted_in_advanced(mut self) -> Self {
        self.sort = Sort::Advanced;
        self
    }

    /// Follows from others: never stored.
    pub(crate) const fn computed(self) -> Self {
        self.keeping(Kept::Computed)
    }

    /// Kept as one key for each element, although it is a collection of complex values.
    pub(crate) const fn kept_as_values(self) -> Self {
        self.keeping(Kept::Values)
    }

    pub(crate) const fn tokenised(mut self) -> Self {
        self.search = Search::Tokens;
        self
    }
}

/// The place of a name in a type's order. Evaluated while compiling, where a name missing from the
/// order is an error.
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

/// Declares properties of one type as statics. Their places come from the `ORDER` in scope, which
/// is written once per type and is its table order.
macro_rules! properties {
    ($($name:ident $spelling:literal $note:literal = $row:expr;)*) => {
        $(
            #[doc = concat!("`", $spelling, "`: ", $note)]
            pub static $name: $crate::Property =
                $row.at(&ORDER, stringify!($name), $spelling, $note);
        )*
    };
}
pub(crate) use properties;

/// Declares a type's name and table order, and the slice of all its properties.
///
/// Navigation properties have places of their own among the others, because answers show them
/// there, but are none of them.
macro_rules! order {
    ($of:literal) => {
        /// It has none.
        pub static PROPERTIES: &[&$crate::Property] = &[];
    };
    ($of:literal $($name:ident)* $(; navigation $($navigation:ident)*; $($after:ident)*)?) => {
        const ORDER: $crate::rows::Order = $crate::rows::Order {
            of: $of,
            names: &[
                $(stringify!($name),)*
                $($(stringify!($navigation),)* $(stringify!($after),)*)?
            ],
        };

        /// All properties in table order.
        pub static PROPERTIES: &[&$crate::Property] = &[$(&$name,)* $($(&$after,)*)?];
    };
}
pub(crate) use order;
