//! GET /users and its count, and what the lists of users have in common: the live, the deleted and
//! the pending ones (P-users-7, P-users-15).

use directory::{Among, Explained, FoundPage};
use edm::{EntityType, Members, Version, user};
use odata::{Breach, Checked, Selection};
use store::{Cursor, UserRow};

use super::call::Authorised;
use super::envelope::GraphError;
use super::list::{self, Listed};
use super::operation::operations;
use super::users::members;
use super::{deleted, expand, pending_members, render};
use crate::http::headers::Metadata;

operations! {
    "ListUsers" {
        routes: [GET "users" => Needs(ListUsers)],
        cost: Users, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users"),
            "Pages of 100, at most 999; absolute next links, never null and never to an empty page",
            "graph_users_list"::"pages_hold_every_user_once_and_end_without_a_link",
        run: |request| list::page::<Users>(request)
    }
    "CountUsers" {
        routes: [GET "users/$count" => Needs(ListUsers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain, with `$filter` and `$search`; no header needed",
            "graph_query"::"a_number_comes_with_the_first_page_alone",
        run: |request| list::count::<Users>(request)
    }
}

/// GET /users
pub struct Users;

impl Listed for Users {
    const ENTITY: &'static EntityType = &user::TYPE;

    fn check_expand() -> Result<(), GraphError> {
        Ok(())
    }

    /// Where nothing is selected the stored default sets are sent as they lie.
    async fn find(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundPage<Members>, GraphError> {
        let Authorised { call, actor, .. } = request;
        let is_plain = options.select.is_none() && options.expand.is_empty();
        if !is_plain || call.version != Version::V1 || call.metadata == Metadata::Full {
            return find_among(request, Among::Living, options, after).await;
        }
        let directory = &call.app.directory;
        let found = directory.find_briefs(actor, options, after).await?;
        Ok(FoundPage {
            rows: found.rows.into_iter().map(Members::stored).collect(),
            next: found.next,
            count: found.count,
            breaches: found.breaches,
        })
    }

    async fn count(
        request: &Authorised<'_>,
        options: &Checked,
    ) -> Result<(u64, Vec<Breach>), GraphError> {
        count_among(request, Among::Living, options).await
    }

    async fn explain(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> Result<Explained, GraphError> {
        explain_among(request, Among::Living, options, after).await
    }
}

/// A page of the users of some list, from their whole rows.
pub(super) async fn find_among(
    request: &Authorised<'_>,
    among: Among,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<FoundPage<Members>, GraphError> {
    let Authorised { call, actor, .. } = request;
    let directory = &call.app.directory;
    let found = directory.find_users(actor, among, options, after).await?;
    let ids = found.rows.iter().map(|row| row.id).collect();
    let mut expanded = expand::of_page(request, &options.expand, ids).await?;
    let mut rows = Vec::with_capacity(found.rows.len());
    for row in found.rows {
        let more = expanded.remove(&row.id);
        let mut text = list_item(request, among, row, options.select.as_ref())?;
        if let Some(more) = more {
            text.append(&more);
        }
        rows.push(text);
    }
    Ok(FoundPage {
        rows,
        next: found.next,
        count: found.count,
        breaches: found.breaches,
    })
}

/// A user as the list shows them.
fn list_item(
    request: &Authorised<'_>,
    among: Among,
    row: UserRow,
    select: Option<&Selection>,
) -> Result<Members, GraphError> {
    let call = &request.call;
    let id = row.id;
    let text = match among {
        Among::Living => members(request, row, select, false)?,
        Among::Deleted => deleted::members(request, &row, select, false)?,
        Among::Pending => return pending_members::members(request, select, &row, false),
    };
    Ok(render::entity(call, request.entity(&user::TYPE), id, &text))
}

/// How many users of some list there are.
pub(super) async fn count_among(
    request: &Authorised<'_>,
    among: Among,
    options: &Checked,
) -> Result<(u64, Vec<Breach>), GraphError> {
    let directory = &request.call.app.directory;
    Ok(directory
        .count_users(&request.actor, among, options)
        .await?)
}

/// How a query for users of some list would be answered.
pub(super) async fn explain_among(
    request: &Authorised<'_>,
    among: Among,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<Explained, GraphError> {
    let directory = &request.call.app.directory;
    let explained = directory.explain_users(&request.actor, among, options, after);
    Ok(explained.await?)
}
