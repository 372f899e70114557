//! Statements about the tokens of a search: which tokens of the index begin with a word, and the
//! objects that have one of them, by id.

use super::keys;
use crate::query::compose::{BoundValue, Composed, Context};
use crate::query::render;
use uuid::Uuid;

/// The first token of the index that begins with this one and stands behind `last`.
pub(crate) fn next_token(context: Context, token: &str, last: Option<&[u8]>) -> Composed {
    let mut out = Composed::new(context);
    out.push("SELECT v.token FROM search_tokens v WHERE v.tenant_id = ?1 AND v.token ");
    match last {
        Some(last) => out.push("> ").bind(BoundValue::Bytes(last.to_vec())),
        None => out
            .push(">= ")
            .bind(BoundValue::Bytes(token.as_bytes().to_vec())),
    };
    if let Some(end) = keys::above(token.as_bytes()) {
        out.push(" AND v.token < ").bind(BoundValue::Bytes(end));
    }
    out.push(" ORDER BY v.token LIMIT 1");
    out
}

/// The object that stands so many entries behind a place among those with this token.
pub(crate) fn entry_behind(
    context: Context,
    token: &[u8],
    (after, is_descending): (Option<Uuid>, bool),
    entries: u32,
) -> Composed {
    let mut out = Composed::new(context);
    out.push("SELECT v.object_id FROM search_tokens v WHERE v.tenant_id = ?1 AND v.token = ")
        .bind(BoundValue::Bytes(token.to_vec()));
    behind(&mut out, after, is_descending);
    out.push(" ORDER BY v.object_id");
    out.push(if is_descending { " DESC" } else { "" });
    out.push(" LIMIT 1 OFFSET ")
        .bind(BoundValue::Int(i64::from(entries)));
    out
}

/// Selects the objects with one of these tokens that stand behind `after` and not behind `until`.
pub(crate) fn select(
    out: &mut Composed,
    tokens: &[Vec<u8>],
    (after, until): (Option<Uuid>, Option<Uuid>),
    is_descending: bool,
) {
    having(out, tokens);
    behind(out, after, is_descending);
    if let Some(until) = until {
        out.push(if is_descending {
            " AND v.object_id >= "
        } else {
            " AND v.object_id <= "
        });
        out.bind(BoundValue::Id(until));
    }
}

/// Renders that the object `u` has one of these tokens.
pub(crate) fn has(out: &mut Composed, tokens: &[Vec<u8>]) {
    out.push("EXISTS (");
    having(out, tokens);
    out.push(" AND v.object_id = u.id)");
}

fn having(out: &mut Composed, tokens: &[Vec<u8>]) {
    out.push("SELECT v.object_id FROM search_tokens v WHERE v.tenant_id = ?1 AND v.token");
    if tokens.is_empty() {
        out.push(" IS NULL");
    } else {
        render::list(out, tokens.iter().cloned().map(BoundValue::Bytes));
    }
}

fn behind(out: &mut Composed, after: Option<Uuid>, is_descending: bool) {
    if let Some(after) = after {
        out.push(if is_descending {
            " AND v.object_id < "
        } else {
            " AND v.object_id > "
        });
        out.bind(BoundValue::Id(after));
    }
}
