//! `/pendingMembers`: who awaits approval, and approving or declining them.

use axum::http::StatusCode;
use axum::response::Response;
use directory::PendingMember;
use edm::{Members, document, pending_member, user};
use odata::{Checked, Selection, Shape};
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::GraphError;
use super::errors::not_found;
use super::operation::operations;
use super::paging::Pages;
use super::query;
use super::render::{self, Context, Dress as _};

operations! {
    "ListPendingMembers" {
        routes: [GET "pendingMembers" => Needs(ReadPendingMembers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("/pendingMembers"),
            "Who waits, in pages",
            "graph_pending_members"::"who_waits_is_listed_in_pages",
        run: |asked| list(asked)
    }
    "ReadPendingMember" {
        routes: [GET "pendingMembers/{key}" => Needs(ReadPendingMembers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("/pendingMembers"),
            "",
            "graph_pending_members"::"a_pending_member_waits_disabled",
        run: |asked| read(asked)
    }
    "ApproveMember" {
        routes: [POST "pendingMembers/{key}/approve()" => Needs(DecidePendingMember)],
        cost: One, body: Json, leaves: ["Update user", "Approve pending member"],
        documented: 204, Ours("/pendingMembers"),
            "Makes the member, and tells them by mail",
            "graph_pending_members"::"approving_makes_a_member_once",
        run: |asked, body| approve(asked, body)
    }
    "DeclineMember" {
        routes: [POST "pendingMembers/{key}/decline()" => Needs(DecidePendingMember)],
        cost: One, body: Json, leaves: ["Delete user", "Decline pending member"],
        documented: 204, Ours("/pendingMembers"),
            "Ends it, and tells them by mail",
            "graph_pending_members"::"declining_leaves_nobody_who_was_not_there",
        run: |asked, body| decline(asked, body)
    }
}

/// The entity set's name, in contexts, links and page tokens.
const SET: &str = pending_member::TYPE.set;

/// GET /pendingMembers
pub async fn list(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &asked.call;
    let options = checked(call, Shape::Collection)?;
    let pages = Pages::of(asked, SET, SET, &options);
    let after = pages.after(&options)?;
    let directory = &call.app.directory;
    let found = directory
        .pending_members(&asked.actor, after, options.page_size())
        .await?;
    let next = pages.next(found.next)?;
    let items = found
        .rows
        .iter()
        .map(|row| members(call, &options, row, false));
    let text = render::collection(call, &context(&options, false), next.as_deref(), items);
    let note = render::ignored_note(&options.ignored);
    Ok(render::json(call, StatusCode::OK, text).noted(note.as_deref()))
}

/// GET /pendingMembers/{id}
pub async fn read(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &asked.call;
    let options = checked(call, Shape::Single)?;
    let id = id(call)?;
    let found = call.app.directory.pending_member(&asked.actor, id).await?;
    let members = members(call, &options, &found, true);
    let text = render::object(call, &context(&options, true), &members);
    let note = render::ignored_note(&options.ignored);
    Ok(render::json(call, StatusCode::OK, text)
        .versioned(found.version)
        .noted(note.as_deref()))
}

/// Why a decision has no members.
const TAKES_NOTHING: &str = "it takes nothing";

/// POST /pendingMembers/{id}/approve
pub async fn approve(asked: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let id = id(&asked.call)?;
    body::nothing(asked.call.headers, sent, TAKES_NOTHING).await?;
    let directory = &asked.call.app.directory;
    directory.approve_member(&asked.actor, id).await?;
    Ok(render::no_content())
}

/// POST /pendingMembers/{id}/decline
pub async fn decline(asked: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let id = id(&asked.call)?;
    body::nothing(asked.call.headers, sent, TAKES_NOTHING).await?;
    let directory = &asked.call.app.directory;
    directory.decline_member(&asked.actor, id).await?;
    Ok(render::no_content())
}

fn checked(call: &Call<'_>, shape: Shape) -> Result<Checked, GraphError> {
    query::checked(call.query, &pending_member::TYPE, call.version, shape)
}

fn id(call: &Call<'_>) -> Result<Uuid, GraphError> {
    let key = call.key()?;
    Uuid::try_parse(key).map_err(|_| not_found(key))
}

fn context(options: &Checked, single: bool) -> Context<'static> {
    Context {
        set: SET,
        selected: options.select.as_ref().map(Selection::context_names),
        single,
    }
}

fn members(call: &Call<'_>, options: &Checked, row: &PendingMember, single: bool) -> Members {
    let ty = &pending_member::TYPE;
    let members = match &options.select {
        Some(selection) => document::select(&row.record, selection.properties(), single),
        None => document::default_set(&row.record, ty, call.version),
    };
    let id = row.record.text(&user::ID).unwrap_or_default();
    render::entity(call, ty, id, &members)
}
