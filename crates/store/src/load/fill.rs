//! The tables of keys, filled in their own order at the end of a load.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use uuid::Uuid;

use super::sorted::{Fields, Sorter};
use crate::engine::connection::{Connection, Many};
use crate::query::ObjectKeys;
use crate::rows::identity_keys::kept;
use crate::rows::relations::{LINK, Relation};
use crate::rows::uniqueness::{AddressUses, INSERT_ADDRESS, INSERT_IDENTITY, Identity};
use crate::rows::user_writes::{INSERT_TOKEN, INSERT_VALUE};
use crate::sql::Sql;
use crate::sql::value::Bind;
use crate::{StoreError, TenantId};

/// How many there are.
pub(super) const TABLES: usize = 5;

/// What goes into them.
pub(super) struct Tables {
    addresses: Sorter,
    identities: Sorter,
    values: Sorter,
    tokens: Sorter,
    links: Sorter,
}

/// The parameters of a record's statement, behind the tenant.
type Binds = for<'a> fn(&Fields<'a>) -> Result<[Bind<'a>; 4], StoreError>;

impl Tables {
    pub(super) fn new(folder: &Path) -> Self {
        let sorter = || Sorter::new(folder);
        Self {
            addresses: sorter(),
            identities: sorter(),
            values: sorter(),
            tokens: sorter(),
            links: sorter(),
        }
    }

    pub(super) fn address(
        &mut self,
        object: Uuid,
        key: &str,
        uses: AddressUses,
    ) -> Result<(), StoreError> {
        self.addresses
            .push(&[object.as_bytes(), key.as_bytes(), &uses.0.to_be_bytes()])
    }

    pub(super) fn identity(&mut self, object: Uuid, identity: &Identity) -> Result<(), StoreError> {
        self.identities.push(&[
            object.as_bytes(),
            kept(&identity.issuer).as_bytes(),
            kept(&identity.assigned).as_bytes(),
            identity.sign_in_type.as_bytes(),
        ])
    }

    pub(super) fn keys(&mut self, object: Uuid, keys: &ObjectKeys) -> Result<(), StoreError> {
        for (name, key) in &keys.values {
            self.values
                .push(&[name.as_bytes(), key, object.as_bytes()])?;
        }
        for token in &keys.tokens {
            self.tokens.push(&[token.as_bytes(), object.as_bytes()])?;
        }
        Ok(())
    }

    pub(super) fn link(
        &mut self,
        relation: Relation,
        source: Uuid,
        target: Uuid,
    ) -> Result<(), StoreError> {
        let kind = u32::from(relation == Relation::Sponsor);
        self.links
            .push(&[&kind.to_be_bytes(), source.as_bytes(), target.as_bytes()])
    }

    /// Writes them all; `step` after each.
    pub(super) fn fill(
        self,
        connection: &mut Connection,
        tenant: TenantId,
        step: &mut dyn FnMut(),
    ) -> Result<(), StoreError> {
        let sorters = [
            self.addresses,
            self.identities,
            self.values,
            self.tokens,
            self.links,
        ];
        for (sorter, (table, many)) in sorters.into_iter().zip(&*FILLED) {
            let mut waiting = Waiting::default();
            let mut insert = super::now(connection.prepared(many, tenant))?;
            sorter.finish()?.each(|fields| {
                waiting.push(fields);
                if waiting.ends.len() == AT_ONCE {
                    waiting.write(&mut insert, tenant, table)?;
                }
                Ok(())
            })?;
            drop(insert);
            let mut insert = super::now(connection.prepared(table.sql, tenant))?;
            for record in waiting.records() {
                let mut one = Waiting::default();
                one.push(&record);
                one.write(&mut insert, tenant, table)?;
            }
            step();
        }
        Ok(())
    }
}

/// How a table is filled.
struct Table {
    sql: &'static Sql,
    binds: Binds,
    /// Parameters of a record.
    width: usize,
}

/// Records that one statement writes. A statement begins at the root of its tree; the records after
/// its first one go where the one before them went, at the end.
const AT_ONCE: usize = 64;

/// Each table, and its statement for [`AT_ONCE`] records.
static FILLED: LazyLock<[(Table, Sql); TABLES]> = LazyLock::new(|| {
    let table = |sql: &'static Sql, binds: Binds, width| {
        let many = of_many(sql, width);
        (Table { sql, binds, width }, many)
    };
    [
        table(&INSERT_ADDRESS, address, 3),
        table(&INSERT_IDENTITY, identity, 4),
        table(&INSERT_VALUE, value, 3),
        table(&INSERT_TOKEN, token, 2),
        table(&LINK, link, 3),
    ]
});

/// The statement with values for many records, of which only the tenant is the same.
fn of_many(sql: &'static Sql, width: usize) -> Sql {
    let (into, behind) = sql.text.split_once("VALUES (").unwrap_or((sql.text, ""));
    let (_, behind) = behind.split_once(')').unwrap_or_default();
    let mut text = format!("{into}VALUES ");
    for record in 0..AT_ONCE {
        text.push_str(if record == 0 { "(?1" } else { ", (?1" });
        for parameter in 0..width {
            // Writing into a String does not fail.
            let _ = write!(text, ", ?{}", 2 + record * width + parameter);
        }
        text.push(')');
    }
    text.push_str(behind);
    Sql {
        name: sql.name,
        text: text.leak(),
        #[cfg(test)]
        scope: sql.scope,
    }
}

/// Records of the next statement.
#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Waiting {
    fn push(&mut self, record: &Fields<'_>) {
        self.bytes.extend_from_slice(record.whole());
        self.ends.push(self.bytes.len());
    }

    fn records(&self) -> impl Iterator<Item = Fields<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| Fields::of(self.bytes.get(start..*end).unwrap_or_default()))
    }

    /// Writes them, and is empty again.
    fn write(
        &mut self,
        insert: &mut Many<'_>,
        tenant: TenantId,
        table: &Table,
    ) -> Result<(), StoreError> {
        let mut binds = Vec::with_capacity(1 + self.ends.len() * table.width);
        binds.push(Bind::from(tenant));
        let records: Vec<_> = self.records().collect();
        for record in &records {
            binds.extend((table.binds)(record)?.into_iter().take(table.width));
        }
        if insert.execute(&binds)? != self.ends.len() as u64 {
            let name = table.sql.name;
            return Err(StoreError::Driver(format!("{name}: there already")));
        }
        self.bytes.clear();
        self.ends.clear();
        Ok(())
    }
}

fn address<'a>(of: &Fields<'a>) -> Result<[Bind<'a>; 4], StoreError> {
    Ok([
        of.text(1)?.into(),
        of.id(0)?.into(),
        of.number(2).into(),
        Bind::Null,
    ])
}

fn identity<'a>(of: &Fields<'a>) -> Result<[Bind<'a>; 4], StoreError> {
    Ok([
        of.text(1)?.into(),
        of.text(2)?.into(),
        of.id(0)?.into(),
        of.text(3)?.into(),
    ])
}

fn value<'a>(of: &Fields<'a>) -> Result<[Bind<'a>; 4], StoreError> {
    Ok([
        of.text(0)?.into(),
        of.bytes(1).into(),
        of.id(2)?.into(),
        Bind::Null,
    ])
}

fn token<'a>(of: &Fields<'a>) -> Result<[Bind<'a>; 4], StoreError> {
    Ok([of.bytes(0).into(), of.id(1)?.into(), Bind::Null, Bind::Null])
}

fn link<'a>(of: &Fields<'a>) -> Result<[Bind<'a>; 4], StoreError> {
    let relation = match of.number(0) {
        0 => Relation::Manager,
        _ => Relation::Sponsor,
    };
    Ok([
        relation.into(),
        of.id(1)?.into(),
        of.id(2)?.into(),
        Bind::Null,
    ])
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, FILLED};
    use crate::sql::lint;

    #[test]
    fn statements_for_many_keep_the_rules() {
        for (table, many) in &*FILLED {
            assert_eq!(lint::fault(many.scope, many.text), None, "{}", many.text);
            let parameters = 1 + AT_ONCE * table.width;
            assert!(many.text.contains(&format!(", ?{parameters})")));
            assert!(!many.text.contains(&format!("?{}", parameters + 1)));
            let (_, behind) = table.sql.text.split_once(')').unwrap();
            let (_, behind) = behind.split_once(')').unwrap();
            assert!(many.text.ends_with(behind), "{}", many.text);
        }
    }
}
