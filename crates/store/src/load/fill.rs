//! The tables of keys, filled in their own order at the end of a load.

use std::path::Path;

use uuid::Uuid;

use super::sorted::{Fields, Sorter};
use crate::query::UserKeys;
use crate::query::columns;
use crate::relations::{LINK, Relation};
use crate::session::Session;
use crate::sql::Sql;
use crate::uniqueness::{AddressUses, INSERT_ADDRESS, INSERT_IDENTITY, Identity};
use crate::user_writes::{INSERT_TOKEN, INSERT_VALUE};
use crate::value::Bind;
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
            identity.issuer.as_bytes(),
            identity.assigned.as_bytes(),
            identity.sign_in_type.as_bytes(),
        ])
    }

    pub(super) fn keys(&mut self, object: Uuid, keys: &UserKeys) -> Result<(), StoreError> {
        for (at, key) in &keys.values {
            if let Some(member) = columns::members().get(*at) {
                self.values
                    .push(&[member.kept.as_bytes(), key, object.as_bytes()])?;
            }
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
        session: &mut Session,
        tenant: TenantId,
        step: &mut dyn FnMut(),
    ) -> Result<(), StoreError> {
        let tables: [(Sorter, &'static Sql, Binds, usize); TABLES] = [
            (self.addresses, &INSERT_ADDRESS, address, 3),
            (self.identities, &INSERT_IDENTITY, identity, 4),
            (self.values, &INSERT_VALUE, value, 3),
            (self.tokens, &INSERT_TOKEN, token, 2),
            (self.links, &LINK, link, 3),
        ];
        for (sorter, sql, binds, width) in tables {
            let mut insert = super::now(session.prepared(sql, tenant))?;
            sorter.finish()?.each(|fields| {
                let [a, b, c, d] = binds(fields)?;
                let all = [Bind::from(tenant), a, b, c, d];
                match insert.execute(all.get(..=width).unwrap_or_default())? {
                    0 => Err(StoreError::Driver(format!("{}: there already", sql.name))),
                    _ => Ok(()),
                }
            })?;
            step();
        }
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
