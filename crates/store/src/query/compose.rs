//! Statements composed at run time. Whatever is in their text is a literal of this crate or a name
//! from the descriptions in `query::kinds`; every value is bound. The lint of the registry reads
//! them too, in the tests of `query`.

use crate::query::dialect::Dialect;
use crate::query::kind::{Column, Kind};
use crate::sql::value::Bind;
use crate::{Relation, TenantId};
use std::borrow::Cow;
use std::collections::HashMap;
use uuid::Uuid;

/// A bound value that a composed statement owns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum BoundValue {
    /// The tenant, in whose place its number is bound. Not [`BoundValue::Id`]: a condition may
    /// compare an id that happens to be the tenant's, and then the id itself is bound.
    Tenant(TenantId),
    Id(Uuid),
    Int(i64),
    Relation(Relation),
    Bytes(Vec<u8>),
    Text(Cow<'static, str>),
}

impl BoundValue {
    fn bind(&self) -> Bind<'_> {
        match self {
            Self::Tenant(tenant) => Bind::Tenant(*tenant),
            Self::Id(id) => Bind::Id(*id),
            Self::Int(value) => Bind::Int(*value),
            Self::Relation(relation) => Bind::from(*relation),
            Self::Bytes(bytes) => Bind::Bytes(bytes),
            Self::Text(text) => Bind::Text(text),
        }
    }
}

/// What a statement is composed for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    pub(crate) dialect: Dialect,
    /// Whose objects.
    pub(crate) tenant: TenantId,
    /// Which objects.
    pub(crate) kind: Kind,
}

/// A statement in the making, and made. `?1` is the tenant.
#[derive(Debug, Clone)]
pub(crate) struct Composed {
    context: Context,
    text: String,
    binds: Vec<BoundValue>,
    /// Place of each bound value, so that one that occurs often is bound once.
    places: HashMap<BoundValue, usize>,
}

impl Composed {
    pub(crate) fn new(context: Context) -> Self {
        let mut made = Self {
            context,
            text: String::new(),
            binds: Vec::new(),
            places: HashMap::new(),
        };
        made.place(BoundValue::Tenant(context.tenant));
        made
    }

    /// Of what objects it is.
    pub(crate) fn kind(&self) -> Kind {
        self.context.kind
    }

    /// In whose SQL it is.
    pub(crate) fn dialect(&self) -> Dialect {
        self.context.dialect
    }

    /// Text of this crate.
    pub(crate) fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// The name of the objects' table.
    pub(crate) fn table(&mut self) -> &mut Self {
        self.push(self.kind().table.name)
    }

    /// Has the table named last read by its primary key.
    pub(crate) fn by_id(&mut self) -> &mut Self {
        let (before, after) = self.dialect().by_primary_key();
        self.push(before).table().push(after)
    }

    /// Has the table named last read by the index that is named next.
    pub(crate) fn by_index(&mut self) -> &mut Self {
        self.push(self.dialect().by_index())
    }

    /// Has the table named last read in the order of the file.
    pub(crate) fn in_file_order(&mut self) -> &mut Self {
        self.push(self.dialect().in_file_order())
    }

    /// A join with the table that is named next, which is read second.
    pub(crate) fn then(&mut self) -> &mut Self {
        self.push(self.dialect().then())
    }

    /// A key column of the row `u`.
    pub(crate) fn column(&mut self, column: &'static Column) -> &mut Self {
        self.text.push_str("u.");
        self.text.push_str(&column.name);
        self
    }

    /// A parameter with this value.
    pub(crate) fn bind(&mut self, value: BoundValue) -> &mut Self {
        let place = self.place(value);
        self.text.push('?');
        self.text.push_str(&place.to_string());
        self
    }

    fn place(&mut self, value: BoundValue) -> usize {
        if let Some(place) = self.places.get(&value) {
            return *place;
        }
        self.binds.push(value.clone());
        self.places.insert(value, self.binds.len());
        self.binds.len()
    }

    /// The statement.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its parameters.
    pub(crate) fn binds(&self) -> Vec<Bind<'_>> {
        self.binds.iter().map(BoundValue::bind).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{BoundValue, Composed, Context};
    use crate::query::dialect::Dialect;
    use crate::{TenantId, Users};
    use uuid::Uuid;

    /// An id in a condition is that id, also where it is the tenant's.
    #[test]
    fn the_tenant_is_a_parameter_of_its_own() {
        let id = Uuid::from_u128(7);
        let mut made = Composed::new(Context {
            dialect: Dialect::Sqlite,
            tenant: TenantId(id),
            kind: Users::Live.kind(),
        });
        made.push("u.tenant_id = ")
            .bind(BoundValue::Tenant(TenantId(id)))
            .push(" AND u.id = ")
            .bind(BoundValue::Id(id));
        assert_eq!(made.text(), "u.tenant_id = ?1 AND u.id = ?2");
    }
}
