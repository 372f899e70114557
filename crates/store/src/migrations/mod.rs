//! The schema, one number per version. Version 1 is closed: folders exist that were made with it,
//! so its statements are never edited again.
//!
//! From version 2 on a version consists of parts, each in a file of its own (`m0002_<topic>.rs`)
//! and each recorded by name in `schema_parts` once it is there. A version that is still open may
//! get further parts; a part that has landed is not edited, because databases exist that have it.
//! To change what a landed part made, add another part.
//!
//! A part is some statements, then a backfill where SQL alone does not do. Types are those of
//! `engine::sqlite::definition`. Each statement can be run twice: an engine without transactional
//! definitions may have been killed after any of them.

mod m0001_first;
mod m0001_relations;
mod m0001_users;
mod m0002_addresses;
mod m0002_parts;
mod m0002_proofs;
mod m0002_voided;
mod m0003_invitation_keys;
mod m0003_keys;
mod m0004_cut_keys;
mod m0004_long_identities;
mod m0005_definitions;
mod m0005_open_extensions;
mod m0006_attribute_sets;
mod m0006_definition_details;

use crate::StoreError;
use crate::engine::connection::Connection;
use futures_util::future::BoxFuture;

/// One batch of a backfill: goes on after the position it is given, at the beginning for `None`,
/// and answers the position it reached, or `None` when there is nothing left. A batch is one
/// transaction, together with its position, so a process that is killed goes on where it was. Keep
/// it at some thousand rows: nothing else is written meanwhile.
pub(crate) type Backfill = for<'a> fn(
    &'a mut Connection,
    Option<String>,
) -> BoxFuture<'a, Result<Option<String>, StoreError>>;

/// One part of a version of the schema.
pub(crate) struct Part {
    /// Stands in `schema_parts`; the file's topic.
    pub(crate) name: &'static str,
    pub(crate) statements: &'static [&'static str],
    pub(crate) backfill: Option<Backfill>,
}

impl Part {
    /// A part without a backfill.
    pub(crate) const fn of(name: &'static str, statements: &'static [&'static str]) -> Self {
        Self {
            name,
            statements,
            backfill: None,
        }
    }
}

/// The version that does not record its parts, because it was closed before there was a table for
/// it.
pub(crate) const CLOSED: u32 = 1;

/// Versions 1, 2, … with their parts in the order they are made. The last is the one this program
/// writes.
pub(crate) static ALL: &[&[Part]] = &[
    &[
        Part::of("first", m0001_first::STATEMENTS),
        Part::of("users", m0001_users::STATEMENTS),
        Part::of("relations", m0001_relations::STATEMENTS),
    ],
    // The first part makes the table that the parts stand in.
    &[
        m0002_parts::PART,
        m0002_addresses::PART,
        m0002_proofs::PART,
        m0002_voided::PART,
    ],
    &[m0003_keys::PART, m0003_invitation_keys::PART],
    &[m0004_cut_keys::PART, m0004_long_identities::PART],
    &[m0005_open_extensions::PART, m0005_definitions::PART],
    &[m0006_definition_details::PART, m0006_attribute_sets::PART],
];

/// Every statement of every version, in order.
pub(crate) fn statements() -> impl Iterator<Item = &'static str> {
    let parts = ALL.iter().copied().flatten();
    parts.flat_map(|part| part.statements.iter().copied())
}
