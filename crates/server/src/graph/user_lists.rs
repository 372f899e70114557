//! GET /users and its count, and what the lists of users have in common: the live, the deleted and
//! the pending ones (P-users-7, P-users-15).

use directory::{Among, Explained, FoundPage};
use edm::{EntityType, Members, Version, user};
use odata::{Breach, Checked, OptionName, Selection};
use store::{Cursor, UserRow};

use super::call::{Authorised, Call};
use super::envelope::GraphError;
use super::errors::not_served;
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

/// A list of users. All such lists are found, counted and explained by the same code.
pub trait UserList {
    /// Which users are in it.
    const AMONG: Among;
    /// The type that the query options name properties of.
    const ENTITY: &'static EntityType;
    /// The path of the list, and its name in page tokens, so that no other list takes them.
    const PATH: &'static str = Self::ENTITY.set;

    /// Refuses `$expand`, unless the list serves it.
    fn check_expand() -> Result<(), GraphError> {
        Err(not_served(OptionName::Expand.as_str()))
    }
}

/// GET /users
pub struct Users;

impl UserList for Users {
    const AMONG: Among = Among::Living;
    const ENTITY: &'static EntityType = &user::TYPE;

    fn check_expand() -> Result<(), GraphError> {
        Ok(())
    }
}

impl<L: UserList> Listed for L {
    const ENTITY: &'static EntityType = L::ENTITY;
    const PATH: &'static str = L::PATH;

    fn check_expand() -> Result<(), GraphError> {
        L::check_expand()
    }

    async fn find(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundPage<Members>, GraphError> {
        if L::AMONG == Among::Living && is_stored(&request.call, options) {
            stored(request, options, after).await
        } else {
            whole(request, L::AMONG, options, after).await
        }
    }

    async fn count(
        request: &Authorised<'_>,
        options: &Checked,
    ) -> Result<(u64, Vec<Breach>), GraphError> {
        let directory = &request.call.app.directory;
        let counted = directory.count_users(&request.actor, L::AMONG, options);
        Ok(counted.await?)
    }

    async fn explain(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> Result<Explained, GraphError> {
        let directory = &request.call.app.directory;
        let explained = directory.explain_users(&request.actor, L::AMONG, options, after);
        Ok(explained.await?)
    }
}

/// Whether the stored default sets are the whole answer, so that nothing needs to be parsed.
fn is_stored(call: &Call<'_>, options: &Checked) -> bool {
    let is_plain = options.select.is_none() && options.expand.is_empty();
    is_plain && call.version == Version::V1 && call.metadata != Metadata::Full
}

/// A page of stored default sets, sent unparsed.
async fn stored(
    request: &Authorised<'_>,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<FoundPage<Members>, GraphError> {
    let directory = &request.call.app.directory;
    let found = directory
        .find_briefs(&request.actor, options, after)
        .await?;
    Ok(FoundPage {
        rows: found.rows.into_iter().map(Members::stored).collect(),
        next: found.next,
        count: found.count,
        breaches: found.breaches,
    })
}

/// A page made of whole rows.
async fn whole(
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
