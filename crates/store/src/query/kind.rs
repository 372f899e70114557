//! A kind of objects as the store keeps it: the table with its keys, and which of its rows are
//! meant. The query engine, the writers and the lint know no table, column or index but those that
//! are described so; the descriptions stand in `kinds`.
//!
//! Names of columns and indexes follow from those of the properties, which are written once, in
//! `edm`. In composed statements the row of the object is `u`, of whatever table it is.

use super::writes::Writes;
use crate::engine::row::{Columns, Read};
use crate::rows::packed;
use crate::sql::IS_CUT;
use crate::{Relation, StoreError};
use edm::{
    Entity, EntityType, Handle, Kept, Navigation, Prop, Property, Record, Type, Value, document,
};
use std::borrow::Cow;

/// A table of objects.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name in SQL.
    pub(crate) name: &'static str,
    /// What a row is in the API.
    pub(crate) entity: &'static EntityType,
    /// The columns that hold the id of an object.
    pub(crate) ids: &'static [IdColumn],
    /// The key columns, in the order of the properties.
    pub(crate) columns: Vec<Column>,
    /// What has keys in the table of values, in the order of the properties.
    pub(crate) members: Vec<Member>,
    /// Whether a tenant's own properties of the objects have keys there too.
    pub(crate) has_own_values: bool,
    /// The property whose tokens are kept in the table of tokens.
    pub(crate) tokens: Option<&'static Property>,
    /// The indexes over key columns, the most selective first.
    pub(crate) indexes: &'static [Index],
    /// The index of the rows that have a cut key.
    pub(crate) cut_index: CutIndex,
    /// The navigation properties that are kept as relations.
    pub(crate) relations: &'static [(&'static Navigation, Relation)],
    /// The statements that write its rows.
    pub(crate) writes: Writes,
    /// The columns that a list reads, each with its table before it.
    pub(crate) listed: &'static str,
    /// Where the document lies.
    pub(crate) document: Document,
}

/// The index of the few rows that have only the beginning of a value in a key column.
#[derive(Debug)]
pub(crate) struct CutIndex {
    /// Its name in SQL.
    pub(crate) index: &'static str,
    /// Its predicate over the row `u`, which a statement that goes by it repeats word for word.
    pub(crate) predicate: String,
}

impl CutIndex {
    /// Over the columns whose keys may be cut.
    pub(crate) fn of(
        index: &'static str,
        columns: &[Column],
        may_be_cut: impl Fn(&Property) -> bool,
    ) -> Self {
        let columns = columns.iter().filter(|column| may_be_cut(column.property));
        let each: Vec<_> = columns
            .map(|column| format!("length(u.{}){}", column.name, IS_CUT))
            .collect();
        Self {
            index,
            predicate: each.join(" OR "),
        }
    }
}

/// The columns that hold the document of a row, and how it is read.
#[derive(Debug)]
pub(crate) struct Document {
    /// The columns, each with its table before it.
    pub(crate) columns: &'static str,
    /// Reads them.
    pub(crate) read: Read<Stored>,
}

/// A document as it was read. It is parsed where a condition has to be decided by it.
#[derive(Debug)]
pub(crate) struct Stored {
    /// The JSON text.
    pub(crate) text: String,
    /// The member of the text that holds the object, where it is not the whole.
    pub(crate) within: Option<&'static str>,
    /// A property whose current value a column of the row holds; the text may have an older one.
    pub(crate) current: Option<(&'static Property, Value)>,
}

impl Stored {
    /// The object. Corrupt where the text is none of this type.
    pub(crate) fn record(self, entity: Entity<'_>) -> Result<Record, StoreError> {
        let parsed = match self.within {
            None => document::parse(&self.text, entity),
            Some(member) => document::parse_within(&self.text, member, entity),
        };
        let mut record = parsed.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        if let Some((property, value)) = self.current {
            record.set(property, value);
        }
        Ok(record)
    }
}

/// Which rows of the table are objects of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Every row.
    All,
    /// Those that are not deleted.
    Live,
    /// The soft-deleted ones.
    Deleted,
    /// Those that are not deleted and whose membership awaits a decision.
    Pending,
}

/// A kind of objects: some rows of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) table: &'static Table,
    pub(crate) rows: Rows,
}

impl Kind {
    /// The condition on `deleted_at` of the row `u`, with ` AND`. The source finds pending ones.
    pub(crate) const fn condition(self) -> &'static str {
        match self.rows {
            Rows::All => "",
            Rows::Live | Rows::Pending => " AND u.deleted_at IS NULL",
            Rows::Deleted => " AND u.deleted_at IS NOT NULL",
        }
    }

    /// The objects are soft-deleted ones.
    pub(crate) fn is_deleted(self) -> bool {
        self.rows == Rows::Deleted
    }
}

/// A column that holds the id of an object: the row's own, or the one that a navigation property
/// leads to.
#[derive(Debug)]
pub(crate) struct IdColumn {
    /// The property that is the id, or the one that leads to the object with the id.
    pub(crate) property: &'static Property,
    /// Its name in SQL, with the table before it.
    pub(crate) name: &'static str,
    /// The index to look it up by; `None` for the row's own id, by which the table is kept.
    pub(crate) index: Option<&'static str>,
}

/// A key column.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) property: &'static Property,
    /// Its name in SQL.
    pub(crate) name: String,
    /// Its index, where it has one.
    pub(crate) index: Option<&'static Index>,
}

/// A member of a table's description, or one that follows from a tenant's definition.
pub(crate) type KeyedMember = Handle<Member>;

/// What has keys in the table of values: a collection of primitives, one member of a complex value,
/// or a tenant's own property with one value.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) property: Prop,
    pub(crate) inner: Option<Prop>,
    /// The path of the request.
    pub(crate) name: String,
    /// The path as rows store it, with numbers for its words: every row repeats it, and names
    /// have up to 27 bytes.
    pub(crate) kept: Cow<'static, str>,
}

impl PartialEq for Member {
    /// Two members are equal if their rows are stored under the same name.
    fn eq(&self, other: &Self) -> bool {
        self.kept == other.kept
    }
}

impl Member {
    /// The member for an own property, or for a member of its complex value; `None` if it has no
    /// keys.
    fn own(steps: &[Prop]) -> Option<Self> {
        let (property, inner) = match steps {
            [property] => (property, None),
            [property, inner] => (property, Some(inner)),
            _ => return None,
        };
        let kept = own_name(property, inner.map(|inner| &**inner))?;
        let mut name = property.name().to_owned();
        if let Some(inner) = inner {
            name.push('/');
            name.push_str(inner.name());
        }
        Some(Self {
            property: property.clone(),
            inner: inner.cloned(),
            name,
            kept: kept.into(),
        })
    }

    /// Whether an object has at most one of these keys. Then a walk along the keys meets each
    /// object once.
    pub(crate) fn is_single(&self) -> bool {
        !self.property.collection
    }

    /// Whether it belongs to an own property.
    pub(crate) fn is_own(&self) -> bool {
        self.property.id().is_own()
    }

    /// The property whose values the keys stand for.
    pub(crate) fn of(&self) -> &Property {
        self.inner.as_ref().unwrap_or(&self.property)
    }
}

/// Most bytes of [`own_name`]: two numbers, each with the character before it.
#[cfg(test)]
pub(crate) const OWN_NAME: usize = 2 * (1 + 16);

/// The name under which the keys of an own property, or of a member of its complex value, are
/// stored. `None` if it has no keys.
///
/// It consists of the numbers of the definitions. A deleted definition that is restored has its old
/// number, and so finds the keys of the values that stayed. No core property has a name that begins
/// with `#`.
pub(crate) fn own_name(property: &Property, inner: Option<&Property>) -> Option<String> {
    if property.kept() != Kept::Values {
        return None;
    }
    let number = property.id().own_number()?;
    match (&property.ty, inner) {
        (Type::Complex(_), Some(inner)) if inner.ty.is_primitive() && !inner.collection => {
            let inner = inner.id().own_number()?;
            Some(format!("#{number:x}.{inner:x}"))
        }
        (ty, None) if ty.is_primitive() => Some(format!("#{number:x}")),
        _ => None,
    }
}

/// An index over the rows of a table that are not deleted, by one key, then by id.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) property: &'static Property,
    /// Its name in SQL.
    pub(crate) name: &'static str,
    /// Few objects share a value.
    pub(crate) is_selective: bool,
    /// Objects without a value are not in it.
    pub(crate) sparse: bool,
}

impl Index {
    /// An index that holds the rows without a value too.
    pub(crate) const fn full(property: &'static Property, name: &'static str) -> Self {
        Self {
            property,
            name,
            is_selective: false,
            sparse: false,
        }
    }

    /// An index of the rows with a value.
    pub(crate) const fn sparse(property: &'static Property, name: &'static str) -> Self {
        Self {
            property,
            name,
            is_selective: false,
            sparse: true,
        }
    }

    /// Few objects share a value.
    pub(crate) const fn selective(mut self) -> Self {
        self.is_selective = true;
        self
    }

    /// Whether most rows are in it: true of the full indexes, and of the sparse ones that tell
    /// people apart.
    pub(crate) fn holds_most_rows(&self) -> bool {
        !self.sparse || self.is_selective
    }
}

impl Table {
    /// The key columns that the properties of a type ask for: one for each that is kept as a
    /// column, but for those with a column of their own (`ids`, and the deletion).
    pub(crate) fn key_columns(
        entity: &'static EntityType,
        ids: &[IdColumn],
        indexes: &'static [Index],
    ) -> Vec<Column> {
        let has_own = |property: &'static Property| {
            property == &edm::entity::DELETED_DATE_TIME
                || ids.iter().any(|column| column.property == property)
        };
        let properties = entity.properties.iter().copied();
        properties
            .filter(|property| property.kept() == Kept::Column && !has_own(property))
            .map(|property| Column {
                property,
                name: format!("{}_key", snake(property.name())),
                index: indexes.iter().find(|index| index.property == property),
            })
            .collect()
    }

    /// What the properties of a type ask to be kept in the table of values. `is_kept` says of a
    /// member of a complex value whether it has keys.
    pub(crate) fn value_members(
        entity: &'static EntityType,
        is_kept: impl Fn(&'static Property, &'static Property) -> bool,
    ) -> Vec<Member> {
        let mut members = Vec::new();
        for property in entity.properties.iter().copied() {
            if property.kept() != Kept::Values {
                continue;
            }
            let Type::Complex(complex) = &property.ty else {
                members.push(Member {
                    property: property.into(),
                    inner: None,
                    name: property.name().to_owned(),
                    kept: packed::short(property.name()).into(),
                });
                continue;
            };
            // A member of a core type is a row of the core.
            let inner = complex.properties().filter_map(|inner| inner.core());
            let inner = inner.filter(|inner| is_kept(property, inner));
            for inner in inner {
                let kept = packed::short(property.name()) + &packed::short(inner.name());
                members.push(Member {
                    property: property.into(),
                    inner: Some(inner.into()),
                    name: format!("{}/{}", property.name(), inner.name()),
                    kept: kept.into(),
                });
            }
        }
        members
    }

    /// The names of the key columns, in their order, as a statement lists them.
    pub(crate) fn key_names(&self) -> String {
        key_names(&self.columns)
    }

    /// The key column of a property.
    pub(crate) fn column(&'static self, property: &Property) -> Option<&'static Column> {
        self.columns
            .iter()
            .find(|column| column.property == property)
    }

    /// The column that holds the id which the property is, or leads to.
    pub(crate) fn id_column(&self, property: &Property) -> Option<&'static IdColumn> {
        self.ids.iter().find(|column| column.property == property)
    }

    /// The keys that a path has in the table of values.
    pub(crate) fn member(&'static self, steps: &[Prop]) -> Option<KeyedMember> {
        let (property, inner) = match steps {
            [property] => (property, None),
            [property, inner] => (property, Some(inner)),
            _ => return None,
        };
        if property.id().is_own() {
            let own = Member::own(steps).filter(|_| self.has_own_values);
            return own.map(KeyedMember::from);
        }
        let mut known = self.members.iter();
        known
            .find(|member| *property == member.property && member.inner.as_ref() == inner)
            .map(KeyedMember::from)
    }

    /// The relation that a navigation property is kept as.
    pub(crate) fn relation(&self, navigation: &'static Navigation) -> Option<Relation> {
        let mut known = self.relations.iter();
        known.find_map(|(known, relation)| (*known == navigation).then_some(*relation))
    }

    /// Whether tokens of the property are kept.
    pub(crate) fn has_tokens(&self, property: &Property) -> bool {
        self.tokens.is_some_and(|own| own == property)
    }

    /// The place of an index among the table's, the most selective first.
    pub(crate) fn place(&self, index: &Index) -> usize {
        let mut own = self.indexes.iter();
        own.position(|own| own.name == index.name)
            .unwrap_or(usize::MAX)
    }
}

/// Reads the document of a row.
pub(crate) fn stored(table: &Table, row: &mut Columns<'_>) -> Result<Stored, StoreError> {
    (table.document.read)(row)
}

/// The names of columns, as a statement lists them.
pub(crate) fn key_names(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    names.join(", ")
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
