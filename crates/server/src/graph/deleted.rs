//! /directory/deletedItems (P-users-15).

use std::future::ready;

use axum::http::StatusCode;
use axum::response::Response;
use directory::Among;
use edm::{EntityType, Members, Prop, document, entity, user};
use odata::{OptionName, Selection, Shape};
use store::UserRow;
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::{Detail, GraphError};
use super::errors::{not_found, not_served_because};
use super::list;
use super::operation::operations;
use super::query;
use super::render::{self, Context, Dress as _};
use super::user_lists::UserList;
use super::users::selected;

operations! {
    "ListDeletedOfAnyKind" {
        routes: [GET "directory/deletedItems" => Needs(ReadDeleted)],
        cost: One, body: Nothing, leaves: [],
        documented: 400, Served,
            "The kind of objects must be said, as documented",
            "graph_query_options"::"skip_is_not_supported",
        run: |request| ready(of_any_kind(request))
    }
    "ListDeleted" {
        routes: [GET "directory/deletedItems/microsoft.graph.user" => Needs(ReadDeleted)],
        cost: Users, body: Nothing, leaves: [],
        documented: 200, Served,
            "With the cast; the query options of lists but `$expand`",
            "graph_deleted_list"::"conditions_hold_for_the_deleted",
        run: |request| list::page::<Deleted>(request)
    }
    "CountDeleted" {
        routes: [GET "directory/deletedItems/microsoft.graph.user/$count" => Needs(ReadDeleted)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain, with `$filter` and `$search`; no header needed",
            "graph_deleted_list"::"the_deleted_are_counted_on_the_first_page_alone",
        run: |request| list::count::<Deleted>(request)
    }
    "ReadDeleted" {
        routes: [
            GET "directory/deletedItems/{key}" => Needs(ReadDeleted),
            GET "directory/deletedItems/{key}/microsoft.graph.user" => Needs(ReadDeleted),
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "With `@odata.type`",
            "graph_deleted"::"the_deleted_are_listed_and_read",
        run: |request| read(request)
    }
    "Restore" {
        routes: [POST "directory/deletedItems/{key}/restore()" => Needs(RestoreUser)],
        cost: One, body: Json, leaves: ["Restore user"],
        documented: 200, Differs("Restoring a deleted user"),
            "With links and photo",
            "graph_deleted"::"a_restored_user_is_whole_again",
        run: |request, body| restore(request, body)
    }
    "Purge" {
        routes: [DELETE "directory/deletedItems/{key}" => Needs(PurgeUser)],
        cost: One, body: Nothing, leaves: ["Hard Delete user"],
        documented: 204, Served,
            "For good",
            "graph_deleted"::"purged_is_gone_for_good",
        run: |request| purge(request)
    }
}

/// The set of whatever objects, in contexts.
const OBJECTS: &str = entity::DIRECTORY_OBJECT.set;
/// Where the list is, and what its page tokens belong to: those of GET /users are of another.
const PATH: &str = "directory/deletedItems/microsoft.graph.user";

/// GET /directory/deletedItems/microsoft.graph.user
pub struct Deleted;

impl UserList for Deleted {
    const AMONG: Among = Among::Deleted;
    const ENTITY: &'static EntityType = &user::TYPE;
    const PATH: &'static str = PATH;

    fn check_expand() -> Result<(), GraphError> {
        let why = "the links of a deleted user lead nowhere until they are restored";
        Err(not_served_because(OptionName::Expand.as_str(), why))
    }
}

/// GET /directory/deletedItems: what kind of objects must be said.
pub fn of_any_kind(_: &Authorised<'_>) -> Result<Response, GraphError> {
    let message = "The OData cast type is a required part of the URI and calling GET /directory/deleteditems without a \
                   type is not supported.";
    let why = "write directory/deletedItems/microsoft.graph.user";
    Err(GraphError::refused(message).detail(Detail::of("CastRequired", "deletedItems", why)))
}

/// GET /directory/deletedItems/{id}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = query::checked(
        call.query,
        request.entity(&user::TYPE),
        call.version,
        Shape::Single,
    )?;
    let id = id(call)?;
    let row = call.app.directory.deleted_user(&request.actor, id).await?;
    let context = Context {
        set: OBJECTS,
        selected: selected(&options),
        single: true,
    };
    let members = members(request, &row, options.select.as_ref(), true)?;
    let text = render::object(
        call,
        &context,
        &render::typed(call, request.entity(&user::TYPE), id, &members),
    );
    let note = render::ignored_note(&options.ignored);
    Ok(render::json(call, StatusCode::OK, text).noted(note.as_deref()))
}

/// POST /directory/deletedItems/{id}/restore
pub async fn restore(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let id = id(call)?;
    // Those that some versions of the documents name would change what comes back.
    body::nothing(call.headers, sent, "a restore takes no options here").await?;
    let row = call.app.directory.restore_user(&request.actor, id).await?;
    let context = Context {
        set: OBJECTS,
        selected: None,
        single: true,
    };
    let record = call.app.directory.record(&request.actor, &row)?;
    let members = document::default_set(&record, request.entity(&user::TYPE), call.version);
    let text = render::object(
        call,
        &context,
        &render::typed(call, request.entity(&user::TYPE), id, &members),
    );
    Ok(render::json(call, StatusCode::OK, text))
}

/// DELETE /directory/deletedItems/{id}
pub async fn purge(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let id = id(&request.call)?;
    let directory = &request.call.app.directory;
    directory.purge_user(&request.actor, id).await?;
    Ok(render::no_content())
}

/// Whom the path names: deleted objects have no name to sign in with any more, only their id.
fn id(call: &Call<'_>) -> Result<Uuid, GraphError> {
    let key = call.key()?;
    Uuid::try_parse(key).map_err(|_| not_found(key))
}

/// The default set and the instant of the deletion, or what was selected.
pub(super) fn members(
    request: &Authorised<'_>,
    row: &UserRow,
    select: Option<&Selection>,
    single: bool,
) -> Result<Members, GraphError> {
    let call = &request.call;
    let record = call.app.directory.record(&request.actor, row)?;
    Ok(match select {
        Some(selection) => document::select(&record, selection.properties(), single),
        None => document::select(&record, &default_set(request), single),
    })
}

fn default_set(request: &Authorised<'_>) -> Vec<Prop> {
    let version = request.call.version;
    let shown =
        |property: &Prop| property.is_default_in(version) || *property == user::DELETED_DATE_TIME;
    let all = request.entity(&user::TYPE).properties();
    all.filter(shown).collect()
}
