//! `/pendingMembers`: who awaits approval, and approving or declining them.

use axum::http::StatusCode;
use axum::response::Response;
use directory::Among;
use edm::{EntityType, Members, document, pending_member};
use odata::{Selection, Shape};
use store::UserRow;
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::GraphError;
use super::errors::not_found;
use super::list;
use super::operation::operations;
use super::query;
use super::render::{self, Context, Dress as _};
use super::user_lists::UserList;

operations! {
    "ListPendingMembers" {
        routes: [GET "pendingMembers" => Needs(ReadPendingMembers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("/pendingMembers"),
            "Who waits; searched, sorted and counted as users are",
            "graph_lists"::"pending_members_are_filtered_sorted_and_counted",
        run: |request| list::page::<PendingMembers>(request)
    }
    "CountPendingMembers" {
        routes: [GET "pendingMembers/$count" => Needs(ReadPendingMembers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("/pendingMembers"),
            "A number as text/plain, with `$filter` and `$search`",
            "graph_lists"::"lists_are_counted_by_a_number_alone",
        run: |request| list::count::<PendingMembers>(request)
    }
    "ReadPendingMember" {
        routes: [GET "pendingMembers/{key}" => Needs(ReadPendingMembers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("/pendingMembers"),
            "",
            "graph_pending_members"::"a_pending_member_waits_disabled",
        run: |request| read(request)
    }
    "ApproveMember" {
        routes: [POST "pendingMembers/{key}/approve()" => Needs(DecidePendingMember)],
        cost: One, body: Json, leaves: ["Update user", "Approve pending member"],
        documented: 204, Ours("/pendingMembers"),
            "Makes the member, and tells them by mail",
            "graph_pending_members"::"approving_makes_a_member_once",
        run: |request, body| approve(request, body)
    }
    "DeclineMember" {
        routes: [POST "pendingMembers/{key}/decline()" => Needs(DecidePendingMember)],
        cost: One, body: Json, leaves: ["Delete user", "Decline pending member"],
        documented: 204, Ours("/pendingMembers"),
            "Ends it, and tells them by mail",
            "graph_pending_members"::"declining_leaves_nobody_who_was_not_there",
        run: |request, body| decline(request, body)
    }
}

/// The entity set's name, in contexts, links and page tokens.
const SET: &str = pending_member::TYPE.set;

/// GET /pendingMembers
pub struct PendingMembers;

impl UserList for PendingMembers {
    const AMONG: Among = Among::Pending;
    const ENTITY: &'static EntityType = &pending_member::TYPE;
}

/// GET /pendingMembers/{id}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = query::checked(
        call.query,
        request.entity(&pending_member::TYPE),
        call.version,
        Shape::Single,
    )?;
    let id = id(call)?;
    let found = call
        .app
        .directory
        .pending_member(&request.actor, id)
        .await?;
    let version = found.version;
    let members = members(request, options.select.as_ref(), &found, true)?;
    let context = Context {
        set: SET,
        selected: options.select.as_ref().map(Selection::context_names),
        single: true,
    };
    let text = render::object(call, &context, &members);
    let note = render::ignored_note(&options.ignored);
    Ok(render::json(call, StatusCode::OK, text)
        .versioned(version)
        .noted(note.as_deref()))
}

/// Why a decision has no members.
const TAKES_NOTHING: &str = "it takes nothing";

/// POST /pendingMembers/{id}/approve
pub async fn approve(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let id = id(&request.call)?;
    body::nothing(request.call.headers, sent, TAKES_NOTHING).await?;
    let directory = &request.call.app.directory;
    directory.approve_member(&request.actor, id).await?;
    Ok(render::no_content())
}

/// POST /pendingMembers/{id}/decline
pub async fn decline(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let id = id(&request.call)?;
    body::nothing(request.call.headers, sent, TAKES_NOTHING).await?;
    let directory = &request.call.app.directory;
    directory.decline_member(&request.actor, id).await?;
    Ok(render::no_content())
}

fn id(call: &Call<'_>) -> Result<Uuid, GraphError> {
    let key = call.key()?;
    Uuid::try_parse(key).map_err(|_| not_found(key))
}

/// A pending member as answers show them.
pub(super) fn members(
    request: &Authorised<'_>,
    select: Option<&Selection>,
    row: &UserRow,
    single: bool,
) -> Result<Members, GraphError> {
    let call = &request.call;
    let ty = request.entity(&pending_member::TYPE);
    let record = call.app.directory.record(&request.actor, row)?;
    let members = match select {
        Some(selection) => document::select(&record, selection.properties(), single),
        None => document::default_set(&record, ty, call.version),
    };
    Ok(render::entity(call, ty, row.id, &members))
}
