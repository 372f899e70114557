//! Where the property table's keys lie: the allow-list of every column and index that a composed
//! statement may name.
//!
//! The names follow from those of the properties, which are written once, in `edm`.

use crate::packed;
use edm::{Kept, Prop, Property, Type, user};
use std::sync::LazyLock;

/// A key column of `users`.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) property: &'static Property,
    /// Its name in SQL.
    pub(crate) name: String,
    /// Its index, where it has one.
    pub(crate) index: Option<&'static Index>,
}

/// A property with keys in `user_values`: a collection of primitives, or one member of a complex
/// value.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) property: &'static Property,
    pub(crate) inner: Option<&'static Property>,
    /// The path of the request.
    pub(crate) name: String,
    /// As the rows name it: the path with numbers for its words. Each row says it again, and names
    /// are up to 27 bytes.
    pub(crate) kept: String,
}

/// An index over live users by one key, then by id.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) property: &'static Property,
    /// Few users share a value.
    pub(crate) narrow: bool,
    /// Users without a value are not in it.
    pub(crate) sparse: bool,
}

/// The indexes, the most selective first.
///
/// The full ones are what lists are sorted by. The sparse ones are what single users are looked up
/// by. Each costs 60 to 90 bytes a user that is in it, and a page written at every add, so that
/// what is seldom sought (titles, cities, offices, telephones) has none: a common value of those is
/// found by walking, and a rare one costs a walk over everybody.
pub(crate) static INDEXES: &[Index] = &[
    full(&user::USER_PRINCIPAL_NAME, true),
    full(&user::MAIL, true),
    sparse(&user::EMPLOYEE_ID, true),
    sparse(&user::MAIL_NICKNAME, true),
    full(&user::DISPLAY_NAME, true),
    full(&user::SURNAME, false),
    full(&user::CREATED_DATE_TIME, false),
    full(&user::GIVEN_NAME, false),
    sparse(&user::COMPANY_NAME, false),
    full(&user::DEPARTMENT, false),
];

const fn full(property: &'static Property, narrow: bool) -> Index {
    Index {
        property,
        narrow,
        sparse: false,
    }
}

const fn sparse(property: &'static Property, narrow: bool) -> Index {
    Index {
        property,
        narrow,
        sparse: true,
    }
}

impl Index {
    /// Whether most users are in it: true of the full indexes, and of the sparse ones over names of
    /// people.
    pub(crate) fn is_filled(&self) -> bool {
        !self.sparse || self.narrow
    }

    /// Its name in SQL.
    pub(crate) fn name(&self) -> String {
        format!("users_{}", snake(self.property.name()))
    }
}

static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    user::TYPE
        .properties
        .iter()
        .copied()
        .filter(|property| property.kept() == Kept::Column && !is_beside(property))
        .map(|property| Column {
            property,
            name: format!("{}_key", snake(property.name())),
            index: INDEXES.iter().find(|index| index.property == property),
        })
        .collect()
});

/// Id and deletion have columns of their own.
fn is_beside(property: &'static Property) -> bool {
    property == &user::ID || property == &user::DELETED_DATE_TIME
}

static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let mut members = Vec::new();
    for property in user::TYPE.properties.iter().copied() {
        if property.kept() != Kept::Values {
            continue;
        }
        let Type::Complex(complex) = &property.ty else {
            members.push(Member {
                property,
                inner: None,
                name: property.name().to_owned(),
                kept: packed::short(property.name()),
            });
            continue;
        };
        // A member of a core type is a row of the core.
        for inner in complex
            .properties()
            .filter_map(|inner| inner.core())
            .filter(|p| is_kept(property, p))
        {
            members.push(Member {
                property,
                inner: Some(inner),
                name: format!("{}/{}", property.name(), inner.name()),
                kept: packed::short(property.name()) + &packed::short(inner.name()),
            });
        }
    }
    members
});

/// Whether a member of a complex value has keys. Of an identity only the members that tell users
/// apart: half a directory has the same issuer. Of sign-ins only the instants: nobody searches for
/// a request id, and every sign-in writes all keys anew.
fn is_kept(property: &'static Property, inner: &'static Property) -> bool {
    if property == &user::IDENTITIES {
        return inner == &edm::complex::object_identity::ISSUER_ASSIGNED_ID;
    }
    if property == &user::SIGN_IN_ACTIVITY {
        return matches!(inner.ty, Type::DateTimeOffset);
    }
    inner.ty.is_primitive() && !inner.collection
}

/// The key columns, in table order.
pub(crate) fn columns() -> &'static [Column] {
    &COLUMNS
}

/// The members with keys in `user_values`, in table order.
pub(crate) fn members() -> &'static [Member] {
    &MEMBERS
}

/// The column of a property.
pub(crate) fn column(property: &Property) -> Option<&'static Column> {
    columns().iter().find(|column| column.property == property)
}

/// The keys that a path has in `user_values`.
pub(crate) fn member(steps: &[Prop]) -> Option<&'static Member> {
    let (property, inner) = match steps {
        [property] => (property, None),
        [property, inner] => (property, Some(&**inner)),
        _ => return None,
    };
    members()
        .iter()
        .find(|member| *property == member.property && member.inner == inner)
}

/// `displayName` as `display_name`.
fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
