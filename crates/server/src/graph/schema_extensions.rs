//! Schema extensions, as apps define them: `/schemaExtensions`.

use axum::http::StatusCode;
use axum::response::Response;
use directory::ShownSchemaExtension;
use edm::{Purpose, schema_extension};
use odata::Shape;

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::GraphError;
use super::extension_properties::without_effect;
use super::operation::operations;
use super::render::{self, Dress as _};
use super::{few, query};

operations! {
    "ListSchemaExtensions" {
        routes: [GET "schemaExtensions" => Needs(ReadApplications)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Differs("/schemaExtensions"),
            "Those of the app, and those that are available; `$select`, `$filter`, `$count` and pages",
            "graph_schema_extensions"::"a_definition_is_made_listed_read_and_deleted",
        run: |request| list(request)
    }
    "DefineSchemaExtension" {
        routes: [POST "schemaExtensions" => Needs(WriteApplications)],
        cost: One, body: Json, leaves: ["Add schema extension"],
        documented: 201, Differs("/schemaExtensions"),
            "`{domain}_{name}` for a verified domain; for a name alone `ext{8}_{name}`",
            "graph_schema_extensions"::"a_definition_is_made_listed_read_and_deleted",
        run: |request, body| define(request, body)
    }
    "ReadSchemaExtension" {
        routes: [GET "schemaExtensions/{key}" => Needs(ReadApplications)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "",
            "graph_schema_extensions"::"a_definition_is_made_listed_read_and_deleted",
        run: |request| read(request)
    }
    "ChangeSchemaExtension" {
        routes: [PATCH "schemaExtensions/{key}" => Needs(WriteApplications)],
        cost: One, body: Json, leaves: ["Update schema extension"],
        documented: 204, Differs("/schemaExtensions"),
            "By its owner; members and target types are added, never removed",
            "graph_schema_extensions"::"a_definition_lives_as_documented",
        run: |request, body| change(request, body)
    }
    "DeleteSchemaExtension" {
        routes: [DELETE "schemaExtensions/{key}" => Needs(WriteApplications)],
        cost: One, body: Nothing, leaves: ["Delete schema extension"],
        documented: 204, Served,
            "By its owner, while it is InDevelopment; values stay with their objects, unseen",
            "graph_schema_extensions"::"a_definition_made_anew_finds_its_values",
        run: |request| delete(request)
    }
}

/// The set, in contexts and links.
const SET: &str = schema_extension::TYPE.set;

/// GET /schemaExtensions
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let list = few::List::of(request, &schema_extension::TYPE, SET, SET)?;
    let directory = &request.call.app.directory;
    let found = directory.find_schema_extensions(&request.actor, list.options(), list.after()?);
    list.answer(SET, &found.await?)
}

/// POST /schemaExtensions
pub async fn define(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&schema_extension::TYPE);
    // Before anything is written: a query that cannot be read must not leave a definition behind.
    query::checked(call.query, ty, call.version, Shape::Write)?;
    // The id is chosen by the client, which creates no other object with an id of its own.
    let sent = body::checked(call.headers, sent, ty, call.version, Purpose::Restore).await?;
    let directory = &call.app.directory;
    let defined = directory.define_schema_extension(&request.actor, &sent.body.set);
    let defined = defined.await?;
    let id = defined.record.text(&schema_extension::ID);
    let url = format!("{}/{SET}/{}", call.base(), id.unwrap_or_default());
    let note = without_effect(&defined.without_effect);
    let answer = shown(request, &defined, StatusCode::CREATED)?;
    Ok(answer.located(&url).noted(note.as_deref()))
}

/// GET /schemaExtensions/{key}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let found = call
        .app
        .directory
        .schema_extension(&request.actor, call.key()?);
    shown(request, &found.await?, StatusCode::OK)
}

fn shown(
    request: &Authorised<'_>,
    found: &ShownSchemaExtension,
    status: StatusCode,
) -> Result<Response, GraphError> {
    let shape = match status {
        StatusCode::OK => Shape::Single,
        _ => Shape::Write,
    };
    let call = &request.call;
    let ty = request.entity(&schema_extension::TYPE);
    let options = query::checked(call.query, ty, call.version, shape)?;
    let of = (&schema_extension::TYPE, SET);
    Ok(few::one(request, of, &options, status, &found.record))
}

/// PATCH /schemaExtensions/{key}
pub async fn change(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&schema_extension::TYPE);
    query::checked(call.query, ty, call.version, Shape::Write)?;
    let sent = body::checked(call.headers, sent, ty, call.version, Purpose::Update).await?;
    let directory = &call.app.directory;
    let changed = directory.change_schema_extension(&request.actor, call.key()?, sent.body);
    changed.await?;
    Ok(render::no_content())
}

/// DELETE /schemaExtensions/{key}
pub async fn delete(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let directory = &call.app.directory;
    let deleted = directory.delete_schema_extension(&request.actor, call.key()?);
    deleted.await?;
    Ok(render::no_content())
}
