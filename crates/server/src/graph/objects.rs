//! /directoryObjects: objects of whatever type by their ids.

use axum::http::StatusCode;
use axum::response::Response;
use directory::UserKey;
use edm::{Json, Members, entity, user};
use odata::Shape;
use store::UserRow;
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::{Detail, GraphError};
use super::errors::not_found;
use super::operation::operations;
use super::render::{self, Context, Dress as _};
use super::users::{members, selected};
use super::{etag, query};
use crate::http::headers::Metadata;

operations! {
    "ReadObject" {
        routes: [GET "directoryObjects/{key}" => Depends],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Users are the only objects there are",
            "graph_deleted"::"objects_are_found_by_their_ids",
        run: |request| read(request)
    }
    "DeleteObject" {
        routes: [DELETE "directoryObjects/{key}" => Needs(DeleteUser)],
        cost: One, body: Nothing, leaves: ["Delete user"],
        documented: 204, Differs("DELETE /users"),
            "As the user it is",
            "graph_deleted"::"an_object_is_deleted_as_the_user_it_is",
        run: |request| delete(request)
    }
    "ReadObjects" {
        routes: [
            POST "directoryObjects/getByIds()" => Needs(ReadUser),
            POST "users/getByIds()" => Needs(ReadUser),
        ],
        cost: OnePosted, body: Json, leaves: [],
        documented: 200, Served,
            "At most 1,000 ids; of other types there are none",
            "graph_deleted"::"objects_are_found_by_their_ids",
        run: |request, body| by_ids(request, body)
    }
}

/// The set, in contexts.
const SET: &str = entity::DIRECTORY_OBJECT.set;
/// Most ids of one request: the documented limit.
const MOST_IDS: usize = 1_000;
/// Most types of one request: more than there are.
const MOST_TYPES: usize = 100;

/// GET /directoryObjects/{id}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = query::checked(
        call.query,
        request.entity(&user::TYPE),
        call.version,
        Shape::Single,
    )?;
    let key = call.key()?;
    let key = match UserKey::parse(key) {
        id @ UserKey::Id(_) => id,
        UserKey::Upn(_) => return Err(not_found(key)),
    };
    let row = call.app.directory.user(&request.actor, &key).await?;
    let (id, version) = (row.id, row.version);
    let context = Context {
        set: SET,
        selected: selected(&options),
        single: true,
    };
    let members = members(request, row, options.select.as_ref(), true)?;
    let mut all = Members::new();
    if call.metadata == Metadata::Minimal {
        // The document prints it here without being asked for it.
        all.text("@odata.id", &format!("{}/{SET}/{id}", call.base()));
    }
    all.append(&members);
    let text = render::object(
        call,
        &context,
        &render::typed(call, request.entity(&user::TYPE), id, &all),
    );
    let note = render::ignored_note(&options.ignored);
    Ok(render::json(call, StatusCode::OK, text)
        .versioned(version)
        .noted(note.as_deref()))
}

/// DELETE /directoryObjects/{id}
pub async fn delete(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let key = call.key()?;
    let key = match UserKey::parse(key) {
        id @ UserKey::Id(_) => id,
        UserKey::Upn(_) => return Err(not_found(key)),
    };
    let condition = etag::condition(call.headers);
    let directory = &call.app.directory;
    directory
        .delete_user(&request.actor, &key, condition)
        .await?;
    Ok(render::no_content())
}

/// POST /directoryObjects/getByIds
pub async fn by_ids(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = query::checked(
        call.query,
        request.entity(&user::TYPE),
        call.version,
        Shape::Single,
    )?;
    let (json, _) = body::json(call.headers, sent).await?;
    body::only(&json, &["ids", "types"], "it takes ids and types")?;
    let ids = texts(&json, "ids", MOST_IDS)?
        .ok_or_else(|| invalid("ids", "a list of GUIDs must be sent"))?;
    let guid = |text: &str| {
        let id = Uuid::try_parse(text).ok()?;
        (text.len() == uuid::fmt::Hyphenated::LENGTH).then_some(id)
    };
    let ids: Option<Vec<_>> = ids.into_iter().map(guid).collect();
    let ids = ids.ok_or_else(|| invalid("ids", "not a GUID"))?;
    let types = texts(&json, "types", MOST_TYPES)?.unwrap_or_default();
    let named = |ty: &&str| {
        let wanted = [user::TYPE.name, entity::DIRECTORY_OBJECT.name];
        let name = ty.rsplit('.').next().unwrap_or(ty);
        wanted.iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    // Objects of other types are not here; asked for none but those, there are none.
    let ids = if types.is_empty() || types.iter().any(named) {
        ids
    } else {
        Vec::new()
    };
    let rows = call.app.directory.users_by_ids(&request.actor, ids).await?;
    let select = options.select.as_ref();
    let item = |row: UserRow| {
        let id = row.id;
        Ok(render::typed(
            call,
            request.entity(&user::TYPE),
            id,
            &members(request, row, select, false)?,
        ))
    };
    let items: Result<Vec<_>, GraphError> = rows.into_iter().map(item).collect();
    let context = Context {
        set: SET,
        selected: selected(&options),
        single: false,
    };
    let text = render::collection(call, &context, None, items?);
    let note = render::ignored_note(&options.ignored);
    Ok(render::json(call, StatusCode::OK, text).noted(note.as_deref()))
}

/// The texts of one member, at most so many; `None` where it is not there, or null.
fn texts<'j>(
    json: &'j Json,
    name: &'static str,
    most: usize,
) -> Result<Option<Vec<&'j str>>, GraphError> {
    let mut members = json.as_object().into_iter().flatten();
    let Some((_, json)) = members.find(|(own, _)| own.eq_ignore_ascii_case(name)) else {
        return Ok(None);
    };
    let elements = match json {
        Json::Null => return Ok(None),
        Json::Array(elements) if elements.len() <= most => elements,
        Json::Array(_) => return Err(invalid(name, format!("more than {most}"))),
        _ => return Err(invalid(name, "not a list")),
    };
    let texts: Option<Vec<_>> = elements.iter().map(Json::as_str).collect();
    texts
        .map(Some)
        .ok_or_else(|| invalid(name, "an entry is no text"))
}

fn invalid(target: &'static str, why: impl Into<String>) -> GraphError {
    let error = GraphError::refused("One or more property values specified are invalid.");
    error.detail(Detail::of("InvalidValue", target, why))
}
