//! Reading pages and counting.

use super::cut::{self, CutKeys};
use super::gathered;
use super::kinds::Objects;
use super::parts::{Along, Part};
use super::plan::{self, AccessPath, AccessPlan, Probe, SORTED, SortKey};
use super::searched;
use super::statement::{self, Judged, Statement, Wanted};
use super::windows::Windows;
use super::{Cursor, Found, Query};
use crate::engine::connection::Connection;
use crate::engine::row::{Columns, only};
use crate::query::compose::Composed;
use crate::query::compose::Context;
use crate::query::kind::{self, KeyedMember, Kind, Rows, Stored};
use crate::rows::user_counts;
use crate::rows::users;
use crate::{StoreError, TenantId, UserRow};
use edm::{Entity, Schema};
use odata::eval;
use odata::filter::Filter;
use uuid::Uuid;

/// Rows read at once where documents decide: at first about a page, then more, so that a rare match
/// does not cost a statement for every few rows. 512 documents are a megabyte.
const CHUNK: (u32, u32) = (64, 512);

/// Documents that are read for a page before the objects with a value are gathered, where the
/// condition asks for own values that are null. Where many are null, the page is full by then;
/// where few are, the walk would read nearly all documents.
const DOCUMENTS: u64 = 512;

/// The own values of which the condition asks whether they are null.
pub(super) fn nulls_of_own(
    context: Context,
    filter: Option<&Filter>,
) -> impl Iterator<Item = KeyedMember> + '_ {
    let nodes = filter.map(Filter::nodes).unwrap_or_default().iter();
    nodes.filter_map(move |node| gathered::is_null_of_own(context.kind.table, node))
}

/// Counts sets for the planner.
struct Counting<'a> {
    connection: &'a mut Connection,
    context: Context,
}

impl Probe for Counting<'_> {
    async fn is_below(
        &mut self,
        filter: &Filter,
        parts: &[Part],
        most: u32,
    ) -> Result<bool, StoreError> {
        let composed = statement::probe(self.context, filter, parts, most);
        let count: Vec<i64> = self.connection.found(&composed, only).await?;
        Ok(count.first().is_some_and(|count| *count < i64::from(most)))
    }

    async fn tokens_from(
        &mut self,
        token: &str,
        most: usize,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        let mut tokens: Vec<Vec<u8>> = Vec::new();
        loop {
            let last = tokens.last().map(Vec::as_slice);
            let composed = searched::next_token(self.context, token, last);
            let next: Vec<Vec<u8>> = self.connection.found(&composed, only).await?;
            let Some(next) = next.into_iter().next() else {
                return Ok(Some(tokens));
            };
            if tokens.len() == most {
                return Ok(None);
            }
            tokens.push(next);
        }
    }
}

pub(super) async fn access(
    connection: &mut Connection,
    context: Context,
    query: &Query,
) -> Result<AccessPlan, StoreError> {
    let filter = query.filter.as_ref();
    let cut_keys = existing_cut_keys(connection, context, filter).await?;
    let (order, after) = (&query.order, query.after.as_ref());
    plan::plan(
        &mut Counting {
            connection,
            context,
        },
        context.kind,
        filter,
        order,
        after,
        cut_keys,
    )
    .await
}

/// The columns and members of which the condition needs whole keys and the tenant has cut ones.
async fn existing_cut_keys(
    connection: &mut Connection,
    context: Context,
    filter: Option<&Filter>,
) -> Result<CutKeys, StoreError> {
    let Some(filter) = filter else {
        return Ok(CutKeys::default());
    };
    let possible = cut::possible_targets(context.kind.table, filter);
    let mut found = Vec::new();
    for target in possible.targets() {
        let mut composed = Composed::new(context);
        cut::select_any(&mut composed, target);
        let some: Vec<i64> = connection.found(&composed, only).await?;
        if !some.is_empty() {
            found.push(target.clone());
        }
    }
    Ok(possible.only(|target| found.contains(target)))
}

/// One row with its sort keys, and its document where that is to decide.
struct Candidate<T> {
    row: T,
    cursor: Cursor,
    document: Option<Decisive>,
}

/// The values that a condition is decided by.
struct Decisive {
    stored: Stored,
    manager: Option<Uuid>,
}

impl Decisive {
    fn read(
        row: &mut Columns<'_>,
        kind: Kind,
        filter: Option<&Filter>,
    ) -> Result<Self, StoreError> {
        let stored = kind::stored(kind.table, row)?;
        let follows = filter.is_some_and(Filter::follows_links);
        let manager = if follows { row.take()? } else { None };
        Ok(Self { stored, manager })
    }

    /// Whether the document passes the condition, read with the definitions that it names.
    fn passes(self, ty: Entity<'_>, filter: &Filter) -> Result<bool, StoreError> {
        let record = self.stored.record(ty)?;
        Ok(eval::holds_of(filter, &record, self.manager))
    }
}

fn cursor(row: &mut Columns<'_>, access: &AccessPlan) -> Result<Vec<Vec<u8>>, StoreError> {
    access
        .sorting
        .keys
        .iter()
        .map(|(key, _)| match key {
            SortKey::Column(_) | SortKey::Value => row.take(),
            SortKey::DeletedAt => row.take::<i64>().map(|at| at.to_be_bytes().to_vec()),
        })
        .collect()
}

/// Reads a page, or counts: `each` gets every object that passes and says whether to go on.
async fn walk<T: Send>(
    on: &mut Connection,
    context: Context,
    query: &Query,
    columns: &'static str,
    read: impl Fn(&mut Columns<'_>) -> Result<(Uuid, T), StoreError> + Send + Sync + Copy,
    each: impl FnMut(T, &Cursor) -> bool,
) -> Result<u64, StoreError> {
    let mut access = access(on, context, query).await?;
    walk_plan(on, (context, &mut access), query, columns, read, each).await
}

/// [`walk`] along a given plan. Afterwards the plan says how the last rows were read: a walk by id
/// may have gone on in the order of the file.
async fn walk_plan<T: Send>(
    on: &mut Connection,
    (context, access): (Context, &mut AccessPlan),
    query: &Query,
    columns: &'static str,
    read: impl Fn(&mut Columns<'_>) -> Result<(Uuid, T), StoreError> + Send + Sync + Copy,
    mut each: impl FnMut(T, &Cursor) -> bool,
) -> Result<u64, StoreError> {
    let filter = query.filter.as_ref();
    let has_cut = !access.cut_keys.is_empty();
    let entity = context.kind.table.entity;
    let schema = Schema::with_properties(entity, filter.into_iter().flat_map(Filter::properties));
    let mut after = query.after.clone();
    let mut examined = 0_u64;
    let page = query.limit.saturating_add(1);
    let mut windows = Windows::of(on, context, access, (filter, page)).await?;
    let mut may_gather = !matches!(access.source, AccessPath::Set(_) | AccessPath::Tokens(_))
        && !access.gathers_nulls
        && nulls_of_own(context, filter).next().is_some();
    let mut size = CHUNK.0.max(page).min(CHUNK.1);
    loop {
        let made = |access: &AccessPlan, judged, size| {
            let wanted = Wanted::Rows(columns, judged);
            let after = after.as_ref();
            statement::statement(context, access, filter, wanted, after, size)
        };
        let judged = if has_cut {
            Judged::ByDocument
        } else {
            Judged::BySql
        };
        if may_gather && (examined >= DOCUMENTS || !access.walks_in_order()) {
            may_gather = false;
            access.gathers_nulls = true;
            // Where documents decide all the same, each chunk of them would gather anew.
            access.gathers_nulls = made(access, judged, page)?.exact;
        }
        let mut statement = made(access, judged, page)?;
        let is_in_windows = statement.exact || access.is_by_tokens();
        let is_opened = is_in_windows && windows.go_on(on, context, access, after.as_ref()).await?;
        if statement.exact {
            size = page;
            if is_opened {
                statement = made(access, judged, page)?;
            }
        } else {
            statement = made(access, Judged::ByDocument, size)?;
        }
        let Statement { composed, exact } = statement;
        let candidate = |row: &mut Columns<'_>| {
            let keys = cursor(row, access)?;
            let (id, found) = read(row)?;
            let is_undecided = has_cut && row.take::<i64>()? != 0;
            let document = if exact && !is_undecided {
                None
            } else {
                Some(Decisive::read(row, context.kind, filter)?)
            };
            Ok(Candidate {
                row: found,
                cursor: Cursor { keys, id },
                document,
            })
        };
        let candidates = on.found(&composed, candidate).await?;
        let is_last = candidates.len() < usize::try_from(size).unwrap_or(usize::MAX);
        for Candidate {
            row,
            cursor,
            document,
        } in candidates
        {
            examined += 1;
            let passes = match (document, filter) {
                (Some(document), Some(filter)) => document.passes(schema.entity(entity), filter)?,
                _ => true,
            };
            let goes_on = !passes || each(row, &cursor);
            after = Some(cursor);
            if !goes_on {
                return Ok(examined);
            }
        }
        if is_last {
            let Some(last) = access.until.take() else {
                return Ok(examined);
            };
            after = Some(Cursor::after_id(last));
        }
        on.in_time()?;
        size = size.saturating_mul(2).min(CHUNK.1.max(size));
    }
}

pub(super) async fn page_of_plan<T: Send>(
    on: &mut Connection,
    (context, access): (Context, &mut AccessPlan),
    query: &Query,
    columns: &'static str,
    read: impl Fn(&mut Columns<'_>) -> Result<(Uuid, T), StoreError> + Send + Sync + Copy,
) -> Result<Found<T>, StoreError> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let (mut rows, mut last, mut next) = (Vec::new(), None, None);
    let examined = walk_plan(
        on,
        (context, access),
        query,
        columns,
        read,
        |row, cursor| {
            // One row more than asked for shows that there is a next page.
            if rows.len() == limit {
                next.clone_from(&last);
                return false;
            }
            rows.push(row);
            last = Some(cursor.clone());
            true
        },
    )
    .await?;
    Ok(Found {
        rows,
        next,
        count: None,
        examined,
    })
}

/// A page of these objects.
pub(crate) async fn find_page<T: Send>(
    on: &mut Connection,
    tenant: TenantId,
    objects: Objects<T>,
    query: Query,
) -> Result<Found<T>, StoreError> {
    let Objects {
        kind,
        columns,
        read,
    } = objects;
    let context = on.context(tenant, kind);
    let mut access = access(on, context, &query).await?;
    let found = page_of_plan(on, (context, &mut access), &query, columns, read).await?;
    let count = if query.counts {
        Some(count(on, tenant, kind, query.filter).await?)
    } else {
        None
    };
    Ok(Found { count, ..found })
}

/// How many objects of the kind pass. Users without a condition are read from a counter.
pub(crate) async fn count(
    on: &mut Connection,
    tenant: TenantId,
    kind: Kind,
    filter: Option<Filter>,
) -> Result<u64, StoreError> {
    let as_count = |count: i64| u64::try_from(count).unwrap_or(0);
    match (&filter, kind.rows) {
        (None, Rows::Live) => return Ok(as_count(user_counts::users(on, tenant).await?.live)),
        (None, Rows::Deleted) => {
            return Ok(as_count(user_counts::users(on, tenant).await?.deleted));
        }
        _ => {}
    }
    let one = |count: Vec<i64>| as_count(count.first().copied().unwrap_or(0));
    let context = on.context(tenant, kind);
    let has_cut = !existing_cut_keys(on, context, filter.as_ref())
        .await?
        .is_empty();
    if let Some(composed) = filter
        .as_ref()
        .filter(|_| !has_cut)
        .and_then(|filter| statement::count_having(on.context(tenant, kind), filter))
    {
        return Ok(one(on.found(&composed, only).await?));
    }
    let query = Query {
        filter,
        limit: CHUNK.1,
        ..Query::default()
    };
    let mut access = access(on, context, &query).await?;
    if matches!(access.source, AccessPath::AllById) {
        access.source = plan::whole(kind);
    }
    let filter = query.filter.as_ref();
    let made = |wanted| statement::statement(context, &access, filter, wanted, None, 0);
    let mut statement = made(Wanted::Count)?;
    if !statement.exact && has_many(on, context, &access, filter).await? {
        statement = made(Wanted::CountMany)?;
    }
    let mut count = 0;
    let read = |row: &mut Columns<'_>| Ok((row.take()?, ()));
    if !statement.exact {
        walk(on, context, &query, "u.id", read, |(), _| {
            count += 1;
            true
        })
        .await?;
        return Ok(count);
    }
    let decided = one(on.found(&statement.composed, only).await?);
    if !access.cut_keys.is_empty() {
        let mut by_cut_keys = AccessPlan::of_cut_keys(kind, access.cut_keys);
        walk_plan(
            on,
            (context, &mut by_cut_keys),
            &query,
            "u.id",
            read,
            |(), _| {
                count += 1;
                true
            },
        )
        .await?;
    }
    Ok(decided + count)
}

/// Whether the source has so many objects that reading all their documents would take long.
async fn has_many(
    on: &mut Connection,
    context: Context,
    access: &AccessPlan,
    filter: Option<&Filter>,
) -> Result<bool, StoreError> {
    if matches!(access.source, AccessPath::AllInFileOrder) {
        return Ok(true);
    }
    let composed = statement::source_size(context, access, filter);
    let size: Vec<i64> = on.found(&composed, only).await?;
    Ok(size.first().is_some_and(|size| *size >= i64::from(SORTED)))
}

impl AccessPlan {
    pub(super) fn is_by_id(&self) -> bool {
        matches!(self.source, AccessPath::AllById)
    }

    fn is_by_tokens(&self) -> bool {
        matches!(self.source, AccessPath::Tokens(_))
    }

    /// Whether the source gives the rows in the order of the answer.
    pub(super) fn walks_in_order(&self) -> bool {
        match &self.source {
            AccessPath::Ordered(column, _) | AccessPath::Range(Along::Column(column, _), _) => {
                matches!(self.sorting.keys.first(), Some((SortKey::Column(first), _)) if core::ptr::eq(*first, *column))
            }
            AccessPath::Range(Along::Values(_), _) => {
                matches!(self.sorting.keys.first(), Some((SortKey::Value, _)))
            }
            AccessPath::Deleted { by_time: true } => true,
            AccessPath::AllInFileOrder => false,
            _ => self.sorting.keys.is_empty(),
        }
    }
}

/// The live users among these, by id.
pub(crate) async fn by_ids(
    on: &mut Connection,
    tenant: TenantId,
    ids: &[Uuid],
) -> Result<Vec<UserRow>, StoreError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(users::user(on, tenant, id).await?);
    }
    Ok(found)
}
