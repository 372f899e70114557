//! A plan as a statement: its columns, source, cursor and order.

use super::cursor::Cursor;
use super::cut;
use super::gathered;
use super::keys;
use super::parts::{self, Along, Part};
use super::plan::{AccessPath, AccessPlan, SORTED, SortKey, Sorting};
use super::range::NamedEnds;
use super::render::{self, ComparedKey};
use super::searched;
use crate::query::compose::{BoundValue, Composed, Context};
use crate::query::kind::{Member, Rows};
use crate::{Relation, StoreError};
use odata::filter::Filter;
use uuid::Uuid;

/// The wanted columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Sort keys, then these columns; and where documents decide, the columns of the document.
    Rows(&'static str, Judged),
    /// Their number.
    Count,
    /// Their number, where the source has so many rows that conditions are also expressed by
    /// [gathering](render::RenderOptions::gathers).
    CountMany,
    /// The number of rows of the source, without the condition.
    CountSource,
}

/// Whether the columns of the document are read as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// SQL decides.
    BySql,
    /// The document decides, with the ids of what it is linked to.
    ByDocument,
}

/// A query as composed.
pub(crate) struct Statement {
    pub(crate) composed: Composed,
    /// Whether the condition is expressed exactly.
    pub(crate) exact: bool,
}

/// Composes it. The limit counts only for rows.
pub(crate) fn statement(
    context: Context,
    access: &AccessPlan,
    filter: Option<&Filter>,
    wanted: Wanted,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Statement, StoreError> {
    let mut out = Composed::new(context);
    out.push("SELECT ");
    match wanted {
        Wanted::Rows(columns, judged) => {
            for (key, _) in &access.sorting.keys {
                sort_key(&mut out, *key);
                out.push(", ");
            }
            out.push(columns);
            if !access.cut_keys.is_empty() {
                out.push(", CASE WHEN ");
                cut::undecided_condition(&mut out, &access.cut_keys);
                out.push(" THEN 1 ELSE 0 END");
            }
            if judged == Judged::ByDocument {
                out.push(", ").push(context.kind.table.document.columns);
                manager(&mut out, filter);
            }
        }
        Wanted::Count | Wanted::CountMany | Wanted::CountSource => {
            out.push("COUNT(*)");
        }
    }
    match (&access.source, wanted) {
        // The index holds deleted objects as well, and a walk reads them too.
        (AccessPath::AllById | AccessPath::AllInFileOrder, Wanted::CountSource) => {
            out.push(" FROM ").table().push(" u").by_id();
            out.push(" WHERE u.tenant_id = ?1");
        }
        (AccessPath::CutKeys, _) => {
            out.push(" FROM ").table().push(" u").by_id();
            out.push(TENANT).push(context.kind.condition());
            out.push(" AND u.id IN (");
            cut::select_ids(&mut out, &access.cut_keys);
            out.push(")");
        }
        (AccessPath::Tokens(tokens), _) => {
            let until = access.until.filter(|_| matches!(wanted, Wanted::Rows(..)));
            let within = (after.map(|cursor| cursor.id), until);
            having_tokens(&mut out, tokens, within, access.sorting.id_descending);
        }
        (source, _) => from(&mut out, filter, source, ends(access, after)),
    }
    if let Some(after) = after {
        beyond(&mut out, access, after)?;
    }
    let mut exact = true;
    if let Some(filter) = filter.filter(|_| wanted != Wanted::CountSource) {
        exact = condition(&mut out, access, filter, wanted);
    }
    if matches!(wanted, Wanted::Rows(..)) {
        if let Some(last) = access.until {
            let is_descending = access.sorting.id_descending;
            out.push(" AND u.id")
                .push(if is_descending { " >= " } else { " <= " });
            out.bind(BoundValue::Id(last));
        }
        order(&mut out, access);
        out.push(" LIMIT ").bind(BoundValue::Int(i64::from(limit)));
    }
    Ok(Statement {
        composed: out,
        exact,
    })
}

/// Renders ` AND` and the condition; whether it is exact for all objects but those that documents
/// decide about. A page reads these too, so that they can; a count leaves them out.
fn condition(out: &mut Composed, access: &AccessPlan, filter: &Filter, wanted: Wanted) -> bool {
    out.push(" AND ");
    if access.only_cut {
        cut::undecided_condition(out, &access.cut_keys);
        return true;
    }
    let options = render::RenderOptions {
        covered: &access.covered,
        gathers: wanted == Wanted::CountMany,
        tokens: &access.tokens,
        gathers_nulls: access.gathers_nulls,
        whole: &access.whole,
    };
    if access.cut_keys.is_empty() {
        return render::condition(out, filter, options);
    }
    let is_rows = matches!(wanted, Wanted::Rows(..));
    out.push(if is_rows { "(" } else { "NOT " });
    cut::undecided_condition(out, &access.cut_keys);
    out.push(if is_rows { " OR (" } else { " AND (" });
    let exact = render::condition(out, filter, options);
    out.push(if is_rows { "))" } else { ")" });
    exact
}

/// How many objects sets have, up to so many.
pub(crate) fn probe(context: Context, filter: &Filter, parts: &[Part], most: u32) -> Composed {
    let mut out = Composed::new(context);
    out.push("SELECT COUNT(*) FROM (");
    union(&mut out, filter, parts);
    out.push(" LIMIT ").bind(BoundValue::Int(i64::from(most)));
    out.push(")");
    out
}

/// How many users have such an element, where that is the whole condition. The index of elements
/// answers it; only the few deleted users are looked up. `None` for kinds that count otherwise.
pub(crate) fn count_having(context: Context, filter: &Filter) -> Option<Composed> {
    if context.kind.rows != Rows::Live {
        return None;
    }
    let part = gathered::having(context.kind.table, filter, filter.node(filter.root())?)?;
    let mut out = Composed::new(context);
    out.push("SELECT COUNT(*) FROM (");
    gathered::select_once(&mut out, filter, &part);
    out.push(") d WHERE NOT EXISTS (SELECT 1 FROM users u")
        .by_index()
        .push("users_deleted WHERE u.tenant_id = ?1 AND u.id = d.object_id AND u.deleted_at IS NOT NULL)");
    Some(out)
}

/// How many objects have a key of this member.
pub(crate) fn count_values(context: Context, member: &Member) -> Composed {
    let mut out = Composed::new(context);
    out.push("SELECT COUNT(*) FROM (");
    parts::values(&mut out, member).push(")");
    out
}

/// How many objects the source has, up to the limit.
pub(crate) fn source_size(
    context: Context,
    access: &AccessPlan,
    filter: Option<&Filter>,
) -> Composed {
    let mut out = Composed::new(context);
    out.push("SELECT COUNT(*) FROM (SELECT u.id");
    from(&mut out, filter, &access.source, NamedEnds::BOTH);
    out.push(" LIMIT ").bind(BoundValue::Int(i64::from(SORTED)));
    out.push(")");
    out
}

/// Selects the id that comes `entries` places after the first one behind `after`, in the order of
/// ids. Deleted objects are counted too, so the index alone answers it.
pub(crate) fn entry_behind(
    context: Context,
    after: Option<Uuid>,
    is_descending: bool,
    entries: u32,
) -> Composed {
    let mut out = Composed::new(context);
    out.push("SELECT u.id FROM ").table().push(" u").by_id();
    out.push(TENANT);
    if let Some(after) = after {
        out.push(if is_descending {
            " AND u.id < "
        } else {
            " AND u.id > "
        });
        out.bind(BoundValue::Id(after));
    }
    out.push(" ORDER BY u.id");
    out.push(if is_descending { " DESC" } else { "" });
    out.push(" LIMIT 1 OFFSET ")
        .bind(BoundValue::Int(i64::from(entries)));
    out
}

fn union(out: &mut Composed, filter: &Filter, parts: &[Part]) {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            out.push(" UNION ALL ");
        }
        parts::select(out, filter, part);
    }
}

/// Which ends of a range the statement names. The cursor is the end on its side, and SQLite must
/// not use the other one.
fn ends(access: &AccessPlan, after: Option<&Cursor>) -> NamedEnds {
    match (after, access.sorting.keys.first()) {
        (Some(_), Some((_, descending))) => NamedEnds {
            lower: *descending,
            upper: !*descending,
        },
        _ => NamedEnds::BOTH,
    }
}

/// The tenant of the row.
const TENANT: &str = " WHERE u.tenant_id = ?1";

/// Documents hold no links, so the manager is read with them where the condition asks for it.
fn manager(out: &mut Composed, filter: Option<&Filter>) {
    if filter.is_some_and(Filter::follows_links) {
        out.push(", (SELECT r.target_id FROM relations r JOIN users m ON m.tenant_id = ?1")
            .push(" AND m.id = r.target_id WHERE r.tenant_id = ?1 AND r.source_id = u.id")
            .push(" AND m.deleted_at IS NULL AND r.kind = ")
            .bind(BoundValue::Relation(Relation::Manager))
            .push(" LIMIT 1)");
    }
}

/// `FROM` and `WHERE`, the source's own conditions.
fn from(out: &mut Composed, filter: Option<&Filter>, source: &AccessPath, ends: NamedEnds) {
    let condition = out.kind().condition();
    match source {
        // `Cut` is a walk over the few objects that `statement` names.
        AccessPath::AllById | AccessPath::CutKeys => {
            out.push(" FROM ").table().push(" u").by_id();
            out.push(TENANT).push(condition);
        }
        AccessPath::AllInFileOrder => {
            out.push(" FROM ").table().push(" u");
            out.in_file_order().push(TENANT).push(condition);
        }
        AccessPath::Deleted { by_time } => {
            out.push(" FROM users u").by_index();
            out.push(if *by_time {
                "users_deleted_at"
            } else {
                "users_deleted"
            });
            out.push(TENANT).push(condition);
        }
        AccessPath::Pending => {
            out.push(" FROM pending_members t").by_index();
            out.push("pending_members_waiting").then();
            out.push("users u").by_id();
            out.push(" ON u.tenant_id = ?1 AND u.id = t.id")
                .push(TENANT);
            out.push(condition)
                .push(" AND t.tenant_id = ?1 AND t.state = 1");
        }
        AccessPath::Ordered(column, index)
        | AccessPath::Equal(column, index, _)
        | AccessPath::Range(Along::Column(column, index), _) => {
            out.push(" FROM ").table().push(" u");
            out.by_index().push(index.name);
            out.push(TENANT).push(condition);
            parts::present(out, column, index);
            match source {
                AccessPath::Equal(_, _, key) => {
                    out.push(" AND ").column(column).push(" = ");
                    out.bind(BoundValue::Bytes(key.clone()));
                }
                AccessPath::Range(_, range) => {
                    parts::range(out, ComparedKey::Column(column), range, ends);
                }
                _ => {}
            }
        }
        AccessPath::Value(member, key) => {
            with_value(out, member);
            out.push(" AND t.key = ")
                .bind(BoundValue::Bytes(key.clone()));
        }
        AccessPath::Range(Along::Values(member), range) => {
            with_value(out, member);
            parts::range(out, ComparedKey::Walked(member), range, ends);
        }
        AccessPath::Tokens(tokens) => having_tokens(out, tokens, (None, None), false),
        AccessPath::Set(set) => {
            out.push(" FROM ").table().push(" u").by_id();
            out.push(TENANT).push(condition).push(" AND u.id");
            match (set.as_slice(), filter) {
                ([Part::Ids(column, ids)], _) if column.index.is_none() => {
                    render::list(out, ids.iter().copied().map(BoundValue::Id));
                }
                (parts, Some(filter)) => {
                    out.push(" IN (");
                    union(out, filter, parts);
                    out.push(")");
                }
                (_, None) => {
                    out.push(" IS NULL");
                }
            }
        }
    }
}

/// The objects with one of these tokens, between two places in the order of ids.
fn having_tokens(
    out: &mut Composed,
    tokens: &[Vec<u8>],
    within: (Option<Uuid>, Option<Uuid>),
    is_descending: bool,
) {
    let condition = out.kind().condition();
    out.push(" FROM ").table().push(" u").by_id();
    out.push(TENANT).push(condition).push(" AND u.id IN (");
    searched::select(out, tokens, within, is_descending);
    out.push(")");
}

/// The objects with a key of the member, by the key and the id.
fn with_value(out: &mut Composed, member: &Member) {
    let condition = out.kind().condition();
    out.push(" FROM user_values t").then();
    out.table().push(" u").by_id();
    out.push(" ON u.tenant_id = ?1 AND u.id = t.object_id");
    out.push(TENANT)
        .push(condition)
        .push(" AND t.tenant_id = ?1 AND t.property = ");
    out.bind(BoundValue::Text(member.kept.clone()));
}

fn sort_key(out: &mut Composed, key: SortKey) {
    match key {
        SortKey::Column(column) => out.column(column),
        SortKey::DeletedAt => out.push("u.deleted_at"),
        SortKey::Value => out.push("t.key"),
    };
}

/// The id, of the table that the source walks in its order.
fn id(source: &AccessPath) -> &'static str {
    match source {
        AccessPath::Value(..) | AccessPath::Range(Along::Values(_), _) => "t.object_id",
        AccessPath::Pending => "t.id",
        _ => "u.id",
    }
}

fn order(out: &mut Composed, access: &AccessPlan) {
    out.push(" ORDER BY ");
    for (key, descending) in &access.sorting.keys {
        sort_key(out, *key);
        out.push(if *descending { " DESC, " } else { ", " });
    }
    out.push(id(&access.source));
    if access.sorting.id_descending {
        out.push(" DESC");
    }
}

/// ` AND` the row stands after the cursor.
fn beyond(out: &mut Composed, access: &AccessPlan, after: &Cursor) -> Result<(), StoreError> {
    let Sorting {
        keys,
        id_descending,
    } = &access.sorting;
    if after.keys.len() != keys.len() {
        return Err(StoreError::ExpiredPageToken);
    }
    let id = id(&access.source);
    let last = BoundValue::Id(after.id);
    let places: Vec<_> = keys
        .iter()
        .zip(&after.keys)
        .map(|((key, descending), value)| Ok((*key, *descending, place(*key, value)?)))
        .collect::<Result<_, StoreError>>()?;
    if places.is_empty() {
        let sign = if *id_descending { " < " } else { " > " };
        out.push(" AND ").push(id).push(sign).bind(last);
    } else if places
        .iter()
        .all(|(_, descending, _)| descending == id_descending)
    {
        // All one way: the index can be entered at the row.
        out.push(" AND (");
        for (key, ..) in &places {
            sort_key(out, *key);
            out.push(", ");
        }
        out.push(id);
        out.push(if *id_descending { ") < (" } else { ") > (" });
        for (.., value) in places {
            out.bind(value).push(", ");
        }
        out.bind(last).push(")");
    } else {
        mixed(out, &places, (id, *id_descending), last);
    }
    Ok(())
}

/// Keys that go different ways: after the first one, or the same and after the second one, and so
/// on. The first is said once more, because an index is entered by it alone.
fn mixed(
    out: &mut Composed,
    places: &[(SortKey, bool, BoundValue)],
    (id, id_descending): (&'static str, bool),
    last: BoundValue,
) {
    if let Some((key, descending, value)) = places.first() {
        out.push(" AND ");
        sort_key(out, *key);
        out.push(if *descending { " <= " } else { " >= " })
            .bind(value.clone());
    }
    out.push(" AND (");
    for (key, descending, value) in places {
        sort_key(out, *key);
        out.push(if *descending { " < " } else { " > " })
            .bind(value.clone());
        out.push(" OR (");
        sort_key(out, *key);
        out.push(" = ").bind(value.clone()).push(" AND (");
    }
    out.push(id);
    out.push(if id_descending { " < " } else { " > " })
        .bind(last);
    for _ in places {
        out.push("))");
    }
    out.push(")");
}

/// A key of a cursor as the column holds it.
fn place(key: SortKey, value: &[u8]) -> Result<BoundValue, StoreError> {
    match key {
        SortKey::Column(_) | SortKey::Value if keys::is_of_this_form(value) => {
            Ok(BoundValue::Bytes(value.to_vec()))
        }
        SortKey::Column(_) | SortKey::Value => Err(StoreError::ExpiredPageToken),
        SortKey::DeletedAt => <[u8; 8]>::try_from(value)
            .map(|bytes| BoundValue::Int(i64::from_be_bytes(bytes)))
            .map_err(|_| StoreError::ExpiredPageToken),
    }
}
