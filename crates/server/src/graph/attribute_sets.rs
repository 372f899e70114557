//! `/directory/attributeSets`: what custom security attributes are grouped in.

use axum::http::StatusCode;
use axum::response::Response;
use edm::{Purpose, attribute_set};
use odata::Shape;

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::GraphError;
use super::operation::operations;
use super::render::{self, Dress as _};
use super::{few, query};

operations! {
    "ListAttributeSets" {
        routes: [GET "directory/attributeSets" => Needs(ReadAttributeDefinitions)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`$select`, `$filter`, `$count` and pages",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request| list(request)
    }
    "AddAttributeSet" {
        routes: [POST "directory/attributeSets" => Needs(WriteAttributeDefinitions)],
        cost: One, body: Json, leaves: ["Add an attribute set"],
        documented: 201, Served,
            "500 in a tenant; none is removed",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request, body| add(request, body)
    }
    "ReadAttributeSet" {
        routes: [GET "directory/attributeSets/{key}" => Needs(ReadAttributeDefinitions)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "By name, in any spelling of case",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request| read(request)
    }
    "ChangeAttributeSet" {
        routes: [PATCH "directory/attributeSets/{key}" => Needs(WriteAttributeDefinitions)],
        cost: One, body: Json, leaves: ["Update an attribute set"],
        documented: 204, Served,
            "",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request, body| change(request, body)
    }
}

/// Where they are, in contexts and links.
const SET: &str = "directory/attributeSets";

/// GET /directory/attributeSets
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let list = few::List::of(request, &attribute_set::TYPE, SET, SET)?;
    let directory = &request.call.app.directory;
    let found = directory.find_attribute_sets(&request.actor, list.options(), list.after()?);
    list.answer(SET, &found.await?)
}

/// POST /directory/attributeSets
pub async fn add(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&attribute_set::TYPE);
    let options = query::checked(call.query, ty, call.version, Shape::Write)?;
    let sent = body::checked(call.headers, sent, ty, call.version, Purpose::Create).await?;
    let directory = &call.app.directory;
    let made = directory
        .add_attribute_set(&request.actor, &sent.body.set)
        .await?;
    let name = made.text(&attribute_set::ID).unwrap_or_default();
    let url = format!("{}/{SET}/{name}", call.base());
    let of = (&attribute_set::TYPE, SET);
    let answer = few::one(request, of, &options, StatusCode::CREATED, &made);
    Ok(answer.located(&url))
}

/// GET /directory/attributeSets/{key}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let options = few::single(request, &attribute_set::TYPE)?;
    let directory = &request.call.app.directory;
    let found = directory.attribute_set(&request.actor, request.call.key()?);
    let of = (&attribute_set::TYPE, SET);
    Ok(few::one(
        request,
        of,
        &options,
        StatusCode::OK,
        &found.await?,
    ))
}

/// PATCH /directory/attributeSets/{key}
pub async fn change(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&attribute_set::TYPE);
    query::checked(call.query, ty, call.version, Shape::Write)?;
    let sent = body::checked(call.headers, sent, ty, call.version, Purpose::Update).await?;
    let directory = &call.app.directory;
    directory
        .change_attribute_set(&request.actor, call.key()?, &sent.body)
        .await?;
    Ok(render::no_content())
}
