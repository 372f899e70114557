//! Definitions of directory extensions: `/applications/{id}/extensionProperties`, and the action
//! that lists the definitions of all applications.

use axum::http::StatusCode;
use axum::response::Response;
use directory::{ApplicationExtension, ApplicationKey};
use edm::{Json, Purpose, application, extension_property};
use odata::Shape;
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::{Detail, GraphError};
use super::operation::operations;
use super::render::{self, Context, Dress as _};
use super::{few, query};

operations! {
    "ListExtensionProperties" {
        routes: [GET "applications/{key}/extensionProperties" => Needs(ReadApplications)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`$select`, `$filter`, `$count` and pages",
            "graph_extensions"::"a_definition_is_made_listed_read_and_deleted",
        run: |request| list(request)
    }
    "DefineExtensionProperty" {
        routes: [POST "applications/{key}/extensionProperties" => Needs(WriteApplications)],
        cost: One, body: Json, leaves: ["Add extension property"],
        documented: 201, Differs("/applications/{id}/extensionProperties"),
            "Takes effect with the next request; defining a deleted name again brings its values back",
            "graph_extensions"::"a_definition_is_made_listed_read_and_deleted",
        run: |request, body| define(request, body)
    }
    "ReadExtensionProperty" {
        routes: [GET "applications/{key}/extensionProperties/{other}" => Needs(ReadApplications)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "",
            "graph_extensions"::"a_definition_is_made_listed_read_and_deleted",
        run: |request| read(request)
    }
    "DeleteExtensionProperty" {
        routes: [DELETE "applications/{key}/extensionProperties/{other}" => Needs(WriteApplications)],
        cost: One, body: Nothing, leaves: ["Delete extension property"],
        documented: 204, Served,
            "Values stay with their objects, are not shown, and count towards the limit",
            "graph_extensions"::"a_definition_made_anew_finds_its_values",
        run: |request| delete(request)
    }
    "ListAvailableExtensions" {
        routes: [POST "directoryObjects/getAvailableExtensionProperties()" => Needs(ReadApplications)],
        cost: OnePosted, body: Json, leaves: [],
        documented: 200, Served,
            "Those of all applications of the tenant; none are synchronised",
            "graph_extensions"::"all_that_are_available_are_listed",
        run: |request, body| available(request, body)
    }
}

/// The name of the list in its page tokens, so that no other list takes them.
const COLLECTION: &str = application::EXTENSION_PROPERTIES;

/// `applications('{id}')/extensionProperties`
fn set(application: Uuid) -> String {
    format!("{}('{application}')/{COLLECTION}", application::TYPE.set)
}

fn application(request: &Authorised<'_>) -> Result<ApplicationKey, GraphError> {
    Ok(ApplicationKey::parse(request.call.key()?)?)
}

/// GET /applications/{key}/extensionProperties
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let list = few::List::of(
        request,
        &extension_property::TYPE,
        COLLECTION,
        request.call.path,
    )?;
    let directory = &request.call.app.directory;
    let (options, after) = (list.options(), list.after()?);
    let found = directory.find_application_extensions(
        &request.actor,
        application(request)?,
        options,
        after,
    );
    let (application, page) = found.await?;
    list.answer(&set(application), &page)
}

/// POST /applications/{key}/extensionProperties
pub async fn define(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let application = application(request)?;
    let ty = request.entity(&extension_property::TYPE);
    // Checked before anything is written: an error in the query must not leave a definition behind.
    query::checked(call.query, ty, call.version, Shape::Write)?;
    let sent = body::checked(call.headers, sent, ty, call.version, Purpose::Create).await?;
    let directory = &call.app.directory;
    let defined = directory
        .define_extension(&request.actor, application, &sent.body.set)
        .await?;
    let url = format!(
        "{}/{}/{}",
        call.base(),
        set(defined.application),
        defined.id
    );
    let note = without_effect(&defined.without_effect);
    let answer = shown(request, &defined, StatusCode::CREATED)?;
    Ok(answer.located(&url).noted(note.as_deref()))
}

/// The note about targets that are stored and have no effect.
pub(super) fn without_effect(others: &[String]) -> Option<String> {
    (!others.is_empty()).then(|| {
        let names = others.join(", ");
        format!("only users have extensions here: kept without effect for {names}")
    })
}

/// GET /applications/{key}/extensionProperties/{other}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let directory = &call.app.directory;
    let found =
        directory.application_extension(&request.actor, application(request)?, call.other()?);
    shown(request, &found.await?, StatusCode::OK)
}

fn shown(
    request: &Authorised<'_>,
    found: &ApplicationExtension,
    status: StatusCode,
) -> Result<Response, GraphError> {
    let shape = match status {
        StatusCode::OK => Shape::Single,
        _ => Shape::Write,
    };
    let call = &request.call;
    let ty = request.entity(&extension_property::TYPE);
    let options = query::checked(call.query, ty, call.version, shape)?;
    let set = set(found.application);
    let of = (&extension_property::TYPE, set.as_str());
    Ok(few::one(request, of, &options, status, &found.record))
}

/// DELETE /applications/{key}/extensionProperties/{other}
pub async fn delete(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let directory = &call.app.directory;
    let deleted = directory.delete_extension(&request.actor, application(request)?, call.other()?);
    deleted.await?;
    Ok(render::no_content())
}

/// The one parameter of the action.
const SYNCED: &str = extension_property::IS_SYNCED_FROM_ON_PREMISES.name();

/// POST /directoryObjects/getAvailableExtensionProperties
pub async fn available(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let synced = synced(&body::object_or_nothing(call.headers, sent).await?)?;
    let directory = &call.app.directory;
    let found = directory
        .available_extensions(&request.actor, synced)
        .await?;
    let ty = request.entity(&extension_property::TYPE);
    let items = found.iter().map(|row| {
        let members = few::whole(ty, call.version, row);
        render::typed_alone(call, ty, &members)
    });
    let context = Context {
        set: "Collection(extensionProperty)",
        selected: None,
        single: false,
    };
    let text = render::collection(call, &context, None, items);
    Ok(render::json(call, StatusCode::OK, text))
}

fn synced(json: &Json) -> Result<Option<bool>, GraphError> {
    body::only(json, &[SYNCED], "it takes isSyncedFromOnPremises")?;
    let mut members = json.as_object().into_iter().flatten();
    let found = members.find(|(name, _)| name.eq_ignore_ascii_case(SYNCED));
    match found.map(|(_, json)| json) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Bool(synced)) => Ok(Some(*synced)),
        Some(_) => {
            let error = GraphError::refused("One or more property values specified are invalid.");
            Err(error.detail(Detail::of("WrongType", SYNCED, "not of type Edm.Boolean")))
        }
    }
}
