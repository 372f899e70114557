//! The statements that write the rows of a table of objects and read their keys, made of its
//! description. The lint over the registry reads them too.

use std::fmt::Write as _;

use super::kind::{self, Column, Table};
use crate::sql::Sql;

/// Made once for each table, when it is first used.
#[derive(Debug)]
pub(crate) struct Writes {
    /// Inserts a row: `?1` is the tenant, then the table's fields, then its keys, each in its
    /// order. Changes nothing where the id or another unique key is taken.
    pub(crate) insert: Sql,
    /// Replaces the keys of the row with the id `?2`; the keys are the parameters from `?3` on.
    pub(crate) replace_keys: Sql,
    /// Selects the rows of all tenants behind a tenant's number and an id, `?1` and `?2`: number,
    /// id, document. `?3` rows at most.
    pub(crate) select_all: Sql,
}

impl Writes {
    /// `fields` are the columns behind the tenant that are no keys, `document` those that hold the
    /// document, with the table before each.
    pub(crate) fn of(table: &str, fields: &str, document: &str, columns: &[Column]) -> Self {
        let keys = kind::key_names(columns);
        let most = 1 + fields.split(',').count() + columns.len();
        let insert = format!(
            "INSERT INTO {table} (tenant_id, {fields}, {keys}) VALUES ({}) ON CONFLICT DO NOTHING",
            parameters(1, most)
        );
        let replace_keys = format!(
            "UPDATE {table} SET ({keys}) = ({}) WHERE tenant_id = ?1 AND id = ?2",
            parameters(3, 2 + columns.len())
        );
        let select_all = format!(
            "SELECT u.tenant_id, u.id, {document} FROM {table} u WHERE (u.tenant_id, u.id) > (?1, ?2) \
             ORDER BY u.tenant_id, u.id LIMIT ?3"
        );
        Self {
            insert: Sql::of_table(format!("insert {table}"), insert),
            replace_keys: Sql::of_table(format!("replace keys of {table}"), replace_keys),
            select_all: Sql::across_tenants(format!("all rows of {table}"), select_all),
        }
    }
}

/// Selects the keys and these columns of the rows behind an id, `?2`, in order; `?3` rows at most.
pub(crate) fn keyed(table: &Table, columns: &str) -> Sql {
    let (name, keys) = (table.name, table.key_names());
    let text = format!(
        "SELECT {keys}, {columns} FROM {name} WHERE tenant_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
    );
    Sql::of_table(format!("keyed {name}"), text)
}

/// `?3, ?4, ?5`
fn parameters(first: usize, last: usize) -> String {
    let mut out = String::new();
    for number in first..=last {
        let between = if number == first { "" } else { ", " };
        // Writing into a String does not fail.
        let _ = write!(out, "{between}?{number}");
    }
    out
}
