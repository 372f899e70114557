//! Finding objects: from a checked condition to the statements that answer it.
//!
//! `kind` says what the store knows of a kind of objects, `kinds` describes each. `plan`
//! decides which index to begin with, `statement` and `render` make the SQL, `find` reads pages.
//! What SQL cannot express is decided on the documents by `odata::eval`.

pub(crate) mod compose;
mod cursor;
mod cut;
pub(crate) mod dialect;
mod explain;
mod find;
mod gathered;
pub(crate) mod keys;
pub(crate) mod kind;
pub(crate) mod kinds;
mod parts;
mod plan;
mod range;
pub(crate) mod rekeying;
mod render;
mod searched;
mod statement;
#[cfg(test)]
mod tests;
mod windows;
pub(crate) mod writes;

pub use cursor::Cursor;
pub(crate) use explain::explain;
pub(crate) use find::{by_ids, count, find_page};
pub use keys::ObjectKeys;
pub use kinds::{Objects, Users};
pub(crate) use render::ComparedKey;

use odata::filter::{Filter, Order};

/// The statements of this folder, those made of the descriptions of tables among them.
#[cfg(test)]
pub(crate) fn statements() -> Vec<&'static crate::sql::Sql> {
    let made = kinds::TABLES.map(|table| &table.writes);
    let made = made
        .into_iter()
        .flat_map(|writes| [&writes.insert, &writes.replace_keys, &writes.select_all]);
    rekeying::SQL.iter().copied().chain(made).collect()
}

/// The wanted objects of a kind, their order, and where to begin.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The condition; `None` for all objects.
    pub filter: Option<Filter>,
    /// The order. Empty: by id, except that a condition which is a range of an indexed property is
    /// answered in the order of that property.
    pub order: Vec<Order>,
    /// The end of the page before.
    pub after: Option<Cursor>,
    /// Most objects in the page.
    pub limit: u32,
    /// Whether all objects that pass are counted too. Page and count see the same commit.
    pub counts: bool,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The objects, in order.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` after the last object.
    pub next: Option<Cursor>,
    /// How many objects pass, on all pages together, if the query asked for the count.
    pub count: Option<u64>,
    /// How many objects were read to fill it; with an exact plan those of the page.
    pub examined: u64,
}

/// How a query is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The plan in the engine's own words.
    pub lines: Vec<String>,
    /// The index that is walked, when it is not all objects.
    pub index: Option<String>,
    /// Whether SQL expresses all of the condition; otherwise documents are read to decide.
    pub exact: bool,
    /// Entries of the index that are read for the page.
    pub rows_examined: u64,
}
