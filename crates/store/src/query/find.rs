//! Reading pages and counting.

use super::parts::Part;
use super::plan::{self, AccessPath, AccessPlan, Probe, SORTED, SortKey};
use super::statement::{self, Statement, Wanted};
use super::{Cursor, Found, Plan, UserQuery};
use crate::session::Session;
use crate::user_counts;
use crate::users::{self, BRIEF_COLUMNS, USER_COLUMNS, document_columns};
use crate::value::{Columns, only};
use crate::{StoreError, TenantId, UserBrief, UserRow};
use edm::{document, user};
use jiff::Timestamp;
use odata::eval;
use odata::filter::Filter;
use uuid::Uuid;

/// Rows read at once where documents decide: at first about a page, then more, so that a rare match
/// does not cost a statement for every few users. 512 documents are a megabyte.
const CHUNK: (u32, u32) = (64, 512);

/// The columns behind the id that a document is judged by.
const JUDGED: &str = concat!("u.id, u.deleted_at, ", document_columns!("u."));

struct On<'a> {
    session: &'a mut Session,
    tenant: TenantId,
}

impl Probe for On<'_> {
    async fn is_below(
        &mut self,
        filter: &Filter,
        parts: &[Part],
        most: u32,
    ) -> Result<bool, StoreError> {
        let composed = statement::probe(self.tenant, filter, parts, most);
        let count: Vec<i64> = self.session.found(&composed, only).await?;
        Ok(count.first().is_some_and(|count| *count < i64::from(most)))
    }
}

async fn access(
    on: &mut Session,
    tenant: TenantId,
    query: &UserQuery,
) -> Result<AccessPlan, StoreError> {
    plan::plan(
        &mut On {
            session: on,
            tenant,
        },
        query.filter.as_ref(),
        &query.order,
        query.after.as_ref(),
        query.deleted,
    )
    .await
}

/// One row with its sort keys; `judged` where its document is to decide.
struct Candidate<T> {
    row: T,
    cursor: Cursor,
    judged: Option<Judged>,
}

/// The values that a condition is judged by.
struct Judged {
    deleted_at: Option<Timestamp>,
    document: String,
    manager: Option<Uuid>,
}

fn cursor(row: &mut Columns<'_>, access: &AccessPlan) -> Result<Vec<Vec<u8>>, StoreError> {
    access
        .sorting
        .keys
        .iter()
        .map(|(key, _)| match key {
            SortKey::Column(_) => row.take(),
            SortKey::DeletedAt => row.take::<i64>().map(|at| at.to_be_bytes().to_vec()),
        })
        .collect()
}

/// Whether the document passes the condition.
fn holds(filter: &Filter, judged: &Judged) -> Result<bool, StoreError> {
    let mut record = document::parse(&judged.document, &user::TYPE)
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    if let Some(at) = judged.deleted_at {
        record.set(&user::DELETED_DATE_TIME, at);
    }
    Ok(eval::holds_of(filter, &record, judged.manager))
}

/// Reads a page, or counts: `each` gets every user that passes and says whether to go on.
async fn walk<T: Send>(
    on: &mut Session,
    tenant: TenantId,
    query: &UserQuery,
    columns: (&'static str, &'static str),
    read: impl Fn(&mut Columns<'_>) -> Result<(Uuid, T), StoreError> + Send + Sync + Copy,
    mut each: impl FnMut(T, &Cursor) -> bool,
) -> Result<u64, StoreError> {
    let mut access = access(on, tenant, query).await?;
    let mut after = query.after.clone();
    let mut examined = 0_u64;
    let mut size = CHUNK.0.max(query.limit.saturating_add(1)).min(CHUNK.1);
    loop {
        let made = |columns, size| {
            statement::statement(
                tenant,
                &access,
                query.filter.as_ref(),
                Wanted::Rows(columns),
                after.as_ref(),
                size,
            )
        };
        let mut statement = made(columns.0, query.limit.saturating_add(1))?;
        if statement.exact {
            size = query.limit.saturating_add(1);
        } else {
            statement = made(columns.1, size)?;
        }
        let Statement { composed, exact } = statement;
        let candidate = |row: &mut Columns<'_>| {
            let keys = cursor(row, &access)?;
            let (id, found) = read(row)?;
            let judged = if exact {
                None
            } else {
                let (deleted_at, document) = (row.take()?, users::READ_DOCUMENT(row)?);
                let follows = query.filter.as_ref().is_some_and(Filter::follows_links);
                Some(Judged {
                    deleted_at,
                    document,
                    manager: if follows { row.take()? } else { None },
                })
            };
            Ok(Candidate {
                row: found,
                cursor: Cursor { keys, id },
                judged,
            })
        };
        let candidates = if exact && matches!(access.source, AccessPath::Walk) {
            on.found_soon(&composed, candidate).await?
        } else {
            Some(on.found(&composed, candidate).await?)
        };
        let Some(candidates) = candidates else {
            access.source = AccessPath::Heap;
            continue;
        };
        let is_last = candidates.len() < usize::try_from(size).unwrap_or(usize::MAX);
        for Candidate {
            row,
            cursor,
            judged,
        } in candidates
        {
            examined += 1;
            let passes = match (&judged, &query.filter) {
                (Some(judged), Some(filter)) => holds(filter, judged)?,
                _ => true,
            };
            let goes_on = !passes || each(row, &cursor);
            after = Some(cursor);
            if !goes_on {
                return Ok(examined);
            }
        }
        if is_last {
            return Ok(examined);
        }
        on.in_time()?;
        size = size.saturating_mul(2).min(CHUNK.1.max(size));
    }
}

async fn page<T: Send>(
    on: &mut Session,
    tenant: TenantId,
    query: UserQuery,
    columns: (&'static str, &'static str),
    read: impl Fn(&mut Columns<'_>) -> Result<(Uuid, T), StoreError> + Send + Sync + Copy,
) -> Result<Found<T>, StoreError> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let (mut rows, mut last, mut next) = (Vec::new(), None, None);
    let examined = walk(on, tenant, &query, columns, read, |row, cursor| {
        // One row more than asked for shows that there is a next page.
        if rows.len() == limit {
            next.clone_from(&last);
            return false;
        }
        rows.push(row);
        last = Some(cursor.clone());
        true
    })
    .await?;
    Ok(Found {
        rows,
        next,
        examined,
    })
}

pub(crate) async fn rows(
    on: &mut Session,
    tenant: TenantId,
    query: UserQuery,
) -> Result<Found<UserRow>, StoreError> {
    const JUDGED_ROWS: &str = users::JUDGED_USER_COLUMNS;
    page(on, tenant, query, (USER_COLUMNS, JUDGED_ROWS), |row| {
        let user = users::read_user(row)?;
        Ok((user.id, user))
    })
    .await
}

pub(crate) async fn briefs(
    on: &mut Session,
    tenant: TenantId,
    query: UserQuery,
) -> Result<Found<UserBrief>, StoreError> {
    const JUDGED_BRIEFS: &str = users::JUDGED_BRIEF_COLUMNS;
    page(on, tenant, query, (BRIEF_COLUMNS, JUDGED_BRIEFS), |row| {
        let brief = users::READ_BRIEF(row)?;
        Ok((brief.id, brief))
    })
    .await
}

/// How many users pass; without a condition by the counter.
pub(crate) async fn count(
    on: &mut Session,
    tenant: TenantId,
    filter: Option<Filter>,
    deleted: bool,
) -> Result<u64, StoreError> {
    let as_count = |count: i64| u64::try_from(count).unwrap_or(0);
    let Some(condition) = &filter else {
        let users = user_counts::users(on, tenant).await?;
        return Ok(as_count(if deleted { users.deleted } else { users.live }));
    };
    if !deleted && let Some(composed) = statement::count_having(tenant, condition) {
        let count: Vec<i64> = on.found(&composed, only).await?;
        return Ok(as_count(count.first().copied().unwrap_or(0)));
    }
    let query = UserQuery {
        filter,
        deleted,
        limit: CHUNK.1,
        ..UserQuery::default()
    };
    let mut access = access(on, tenant, &query).await?;
    if matches!(access.source, AccessPath::Walk) {
        access.source = AccessPath::Heap;
    }
    let made =
        |wanted| statement::statement(tenant, &access, query.filter.as_ref(), wanted, None, 0);
    let mut statement = made(Wanted::Count)?;
    if !statement.exact && has_many(on, tenant, &access, query.filter.as_ref()).await? {
        statement = made(Wanted::CountMany)?;
    }
    if statement.exact {
        let count: Vec<i64> = on.found(&statement.composed, only).await?;
        return Ok(as_count(count.first().copied().unwrap_or(0)));
    }
    let mut count = 0;
    let read = |row: &mut Columns<'_>| Ok((row.take()?, ()));
    walk(on, tenant, &query, (JUDGED, JUDGED), read, |(), _| {
        count += 1;
        true
    })
    .await?;
    Ok(count)
}

/// Whether the source has so many users that reading all their documents would take long.
async fn has_many(
    on: &mut Session,
    tenant: TenantId,
    access: &AccessPlan,
    filter: Option<&Filter>,
) -> Result<bool, StoreError> {
    if matches!(access.source, AccessPath::Heap) {
        return Ok(true);
    }
    let composed = statement::source_size(tenant, access, filter);
    let size: Vec<i64> = on.found(&composed, only).await?;
    Ok(size.first().is_some_and(|size| *size >= i64::from(SORTED)))
}

pub(crate) async fn explain(
    on: &mut Session,
    tenant: TenantId,
    query: UserQuery,
) -> Result<Plan, StoreError> {
    let access = access(on, tenant, &query).await?;
    let filter = query.filter.as_ref();
    let made = |after: Option<&Cursor>, wanted| {
        statement::statement(tenant, &access, filter, wanted, after, query.limit)
    };
    let Statement { composed, exact } = made(query.after.as_ref(), Wanted::Rows(BRIEF_COLUMNS))?;
    let lines = on.explained(&composed).await?;
    let page = briefs(on, tenant, query.clone()).await?;
    // The rows of the source between the first and the last one; of a sorted source, all of them.
    let from = if access.walks_in_order() {
        query.after.clone()
    } else {
        None
    };
    let mut examined = 0;
    for (cursor, sign) in [(from.as_ref(), 1), (page.next.as_ref(), -1)] {
        let rest = sign < 0 && (cursor.is_none() || !access.walks_in_order());
        if rest {
            continue;
        }
        let Statement { composed, .. } = made(cursor, Wanted::CountSource)?;
        let count: Vec<i64> = on.found(&composed, only).await?;
        examined += sign * count.first().copied().unwrap_or(0);
    }
    Ok(Plan {
        lines,
        index: access.source.name(),
        exact,
        rows_examined: u64::try_from(examined).unwrap_or(0),
    })
}

impl AccessPlan {
    /// Whether the source gives the rows in the order of the answer.
    fn walks_in_order(&self) -> bool {
        match &self.source {
            AccessPath::Ordered(column, _) | AccessPath::Range(column, ..) => {
                matches!(self.sorting.keys.first(), Some((SortKey::Column(first), _)) if core::ptr::eq(*first, *column))
            }
            AccessPath::Deleted { by_time: true } => true,
            _ => self.sorting.keys.is_empty(),
        }
    }
}

impl AccessPath {
    /// The index that is walked, when it is not all users.
    fn name(&self) -> Option<String> {
        Some(match self {
            Self::Walk | Self::Heap => return None,
            Self::Deleted { by_time: true } => "users_deleted_at".to_owned(),
            Self::Deleted { by_time: false } => "users_deleted".to_owned(),
            Self::Ordered(_, index) | Self::Equal(_, index, _) | Self::Range(_, index, _) => {
                index.name()
            }
            Self::Value(member, _) => format!("user_values {}", member.name),
            Self::Set(parts) => {
                let mut names: Vec<_> = parts.iter().map(Part::name).collect();
                names.dedup();
                names.join(", ")
            }
        })
    }
}

impl Part {
    fn name(&self) -> String {
        match self {
            Self::Ids(_) => "id".to_owned(),
            Self::Keys(_, index, _) | Self::Range(_, index, _) => index.name(),
            Self::Token(_) => "search_tokens".to_owned(),
            Self::Reports(_) => "relations_target".to_owned(),
            Self::Values(member, _) | Self::Where(member, _) | Self::Some(member) => {
                format!("user_values {}", member.name)
            }
        }
    }
}

/// The live users among these, by id.
pub(crate) async fn by_ids(
    on: &mut Session,
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
