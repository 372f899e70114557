//! How a query is answered, for those who ask.

use super::find;
use super::parts::{Along, Part};
use super::plan::{AccessPath, AccessPlan};
use super::statement::{self, Judged, Wanted};
use super::{Plan, Query};
use crate::engine::connection::Connection;
use crate::engine::row::{Columns, only};
use crate::query::kind::Kind;
use crate::{StoreError, TenantId};
use uuid::Uuid;

const SEARCH_TOKENS: &str = "search_tokens";

/// Runs the query and says how it was answered.
pub(crate) async fn explain(
    on: &mut Connection,
    tenant: TenantId,
    kind: Kind,
    query: Query,
) -> Result<Plan, StoreError> {
    let context = on.context(tenant, kind);
    let mut access = find::access(on, context, &query).await?;
    let planned = access.clone();
    let filter = query.filter.as_ref();
    let after = query.after.as_ref();
    let id = |row: &mut Columns<'_>| Ok((row.take()?, ()));
    let page = find::page_of_plan(on, (context, &mut access), &query, "u.id", id).await?;
    let mut run = vec![access.clone()];
    let mut examined = 0;
    // The walk by id was given up, and the page was filled in the order of the file.
    if planned.is_by_id() && !access.is_by_id() && on.walk() > 0 {
        let until = Some(Uuid::max());
        run.insert(0, AccessPlan { until, ..planned });
        examined += i64::from(on.walk());
    } else if access.gathers_nulls {
        // The documents that were read before are counted with the source.
        if planned.walks_in_order() {
            run.insert(0, planned);
        }
        for member in find::nulls_of_own(context, filter) {
            let count = statement::count_values(context, &member);
            let count: Vec<i64> = on.found(&count, only).await?;
            examined += count.first().copied().unwrap_or(0);
        }
    }
    let (mut lines, mut exact) = (Vec::new(), true);
    for access in &run {
        let rows = Wanted::Rows(kind.table.listed, Judged::BySql);
        let made = statement::statement(context, access, filter, rows, after, query.limit)?;
        lines.extend(on.explained(&made.composed).await?);
        exact = made.exact;
    }
    // Counts the rows of the source from the beginning of the page to its end. A sorted source was
    // read whole, so all its rows count.
    let from = after.filter(|_| access.walks_in_order());
    for (cursor, sign) in [(from, 1), (page.next.as_ref(), -1)] {
        let rest = sign < 0 && (cursor.is_none() || !access.walks_in_order());
        if rest {
            continue;
        }
        let rows = Wanted::CountSource;
        let made = statement::statement(context, &access, filter, rows, cursor, query.limit)?;
        let count: Vec<i64> = on.found(&made.composed, only).await?;
        examined += sign * count.first().copied().unwrap_or(0);
    }
    Ok(Plan {
        lines,
        index: access.source.name(),
        exact: exact && access.cut_keys.is_empty(),
        rows_examined: u64::try_from(examined).unwrap_or(0),
    })
}

impl AccessPath {
    /// The index that is walked, when it is not all objects.
    fn name(&self) -> Option<String> {
        Some(match self {
            Self::AllById | Self::AllInFileOrder => return None,
            Self::CutKeys => "cut keys".to_owned(),
            Self::Deleted { by_time: true } => "users_deleted_at".to_owned(),
            Self::Deleted { by_time: false } => "users_deleted".to_owned(),
            Self::Pending => "pending_members_waiting".to_owned(),
            Self::Ordered(_, index)
            | Self::Equal(_, index, _)
            | Self::Range(Along::Column(_, index), _) => index.name.to_owned(),
            Self::Value(member, _) | Self::Range(Along::Values(member), _) => {
                format!("user_values {}", member.name)
            }
            Self::Tokens(_) => SEARCH_TOKENS.to_owned(),
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
            Self::Ids(column, _) => column.index.unwrap_or("id").to_owned(),
            Self::Keys(_, index, _) | Self::Range(Along::Column(_, index), _) => {
                index.name.to_owned()
            }
            Self::Token(_) => SEARCH_TOKENS.to_owned(),
            Self::Linked(..) => "relations_target".to_owned(),
            Self::Values(member, _)
            | Self::ValuesWhere(member, ..)
            | Self::AnyValue(member)
            | Self::Range(Along::Values(member), _) => {
                format!("user_values {}", member.name)
            }
        }
    }
}
