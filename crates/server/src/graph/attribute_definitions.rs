//! `/directory/customSecurityAttributeDefinitions`, and the predefined values within.

use axum::http::StatusCode;
use axum::response::Response;
use directory::{AttributeChange, Refusal};
use edm::{Json, Purpose, Record, allowed_value, attribute_definition};
use odata::Shape;

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::{Detail, GraphError};
use super::operation::operations;
use super::render::{self, Dress as _};
use super::{few, query};

operations! {
    "ListAttributeDefinitions" {
        routes: [GET "directory/customSecurityAttributeDefinitions" => Needs(ReadAttributeDefinitions)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`$select`, `$filter`, `$expand=allowedValues`, `$count` and pages",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request| list(request)
    }
    "DefineAttribute" {
        routes: [POST "directory/customSecurityAttributeDefinitions" => Needs(WriteAttributeDefinitions)],
        cost: One, body: Json,
        leaves: ["Add custom security attribute definition in an attribute set"],
        documented: 201, Served,
            "With `allowedValues`; takes effect with the next request",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request, body| define(request, body)
    }
    "ReadAttributeDefinition" {
        routes: [GET "directory/customSecurityAttributeDefinitions/{key}" => Needs(ReadAttributeDefinitions)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "By `{set}_{attribute}`, in any spelling of case; with `$expand=allowedValues`",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request| read(request)
    }
    "ChangeAttributeDefinition" {
        routes: [PATCH "directory/customSecurityAttributeDefinitions/{key}" => Needs(WriteAttributeDefinitions)],
        cost: One, body: Json,
        leaves: ["Update custom security attribute definition in an attribute set"],
        documented: 204, Served,
            "With `allowedValues@delta`; whatever `OData-Version` says",
            "graph_attribute_definitions"::"sets_and_definitions_are_made_read_and_changed",
        run: |request, body| change(request, body)
    }
    "ListAllowedValues" {
        routes: [GET "directory/customSecurityAttributeDefinitions/{key}/allowedValues" => Needs(ReadAttributeDefinitions)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`$select`, `$filter`, `$count` and pages",
            "graph_attribute_definitions"::"predefined_values_are_added_and_deactivated",
        run: |request| list_values(request)
    }
    "AddAllowedValue" {
        routes: [POST "directory/customSecurityAttributeDefinitions/{key}/allowedValues" => Needs(WriteAttributeDefinitions)],
        cost: One, body: Json,
        leaves: ["Update custom security attribute definition in an attribute set"],
        documented: 201, Served,
            "100 of an attribute; none is removed",
            "graph_attribute_definitions"::"predefined_values_are_added_and_deactivated",
        run: |request, body| add_value(request, body)
    }
    "ReadAllowedValue" {
        routes: [GET "directory/customSecurityAttributeDefinitions/{key}/allowedValues/{other}" => Needs(ReadAttributeDefinitions)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "In exactly its spelling",
            "graph_attribute_definitions"::"predefined_values_are_added_and_deactivated",
        run: |request| read_value(request)
    }
    "ChangeAllowedValue" {
        routes: [PATCH "directory/customSecurityAttributeDefinitions/{key}/allowedValues/{other}" => Needs(WriteAttributeDefinitions)],
        cost: One, body: Json,
        leaves: ["Update custom security attribute definition in an attribute set"],
        documented: 204, Served,
            "",
            "graph_attribute_definitions"::"predefined_values_are_added_and_deactivated",
        run: |request, body| change_value(request, body)
    }
}

/// Where definitions are, in contexts and links.
const SET: &str = "directory/customSecurityAttributeDefinitions";

/// The collection within a definition.
const VALUES: &str = attribute_definition::ALLOWED_VALUES.name();

/// What a change of a definition says of its predefined values.
const VALUES_DELTA: &str = "allowedValues@delta";

/// How a delta says that an element is removed.
const REMOVED: &str = "@removed";

/// Most predefined values in one body: the most that a definition has.
const MOST_VALUES: usize = 100;

fn values_of(definition: &str) -> String {
    format!("{SET}('{definition}')/{VALUES}")
}

/// GET /directory/customSecurityAttributeDefinitions
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let list = few::List::of(request, &attribute_definition::TYPE, SET, SET)?;
    let directory = &request.call.app.directory;
    let found = directory.find_attribute_definitions(&request.actor, list.options(), list.after()?);
    list.answer(SET, &found.await?)
}

/// POST /directory/customSecurityAttributeDefinitions
pub async fn define(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&attribute_definition::TYPE);
    let options = query::checked(call.query, ty, call.version, Shape::Write)?;
    let sent = body::checked(call.headers, sent, ty, call.version, Purpose::Create).await?;
    let mut sent_values = sent.body.navigation.iter();
    let values = match sent_values.next() {
        Some((_, json)) => values(request, json, VALUES)?,
        None => Vec::new(),
    };
    let directory = &call.app.directory;
    let made = directory
        .define_attribute(&request.actor, &sent.body.set, &values)
        .await?;
    let id = made.text(&attribute_definition::ID).unwrap_or_default();
    let url = format!("{}/{SET}/{id}", call.base());
    let of = (&attribute_definition::TYPE, SET);
    let answer = few::one(request, of, &options, StatusCode::CREATED, &made);
    Ok(answer.located(&url))
}

/// GET /directory/customSecurityAttributeDefinitions/{key}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let options = few::single_expanding(request, &attribute_definition::TYPE)?;
    let directory = &request.call.app.directory;
    let found = directory.attribute_definition(&request.actor, request.call.key()?);
    let of = (&attribute_definition::TYPE, SET);
    Ok(few::one(
        request,
        of,
        &options,
        StatusCode::OK,
        &found.await?,
    ))
}

/// PATCH /directory/customSecurityAttributeDefinitions/{key}
pub async fn change(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&attribute_definition::TYPE);
    query::checked(call.query, ty, call.version, Shape::Write)?;
    let (mut json, _) = body::json(call.headers, sent).await?;
    let delta = taken(&mut json, VALUES_DELTA);
    let values = match &delta {
        Some(json) => values(request, json, VALUES_DELTA)?,
        None => Vec::new(),
    };
    let body = edm::body::check(&json, ty, call.version, Purpose::Update);
    let body = body.map_err(Refusal::Body)?;
    if let Some((link, _)) = body.navigation.first() {
        let why = "it is changed by allowedValues@delta, or by the URL of each value";
        return Err(invalid(link.property.name(), why));
    }
    let change = AttributeChange::Definition(body, values);
    let directory = &call.app.directory;
    directory
        .change_attribute(&request.actor, call.key()?, change)
        .await?;
    Ok(render::no_content())
}

/// Takes a member out of an object, in any spelling of case.
fn taken(json: &mut Json, name: &str) -> Option<Json> {
    let members = json.as_object_mut()?;
    let mut names = members.keys();
    let own = names.find(|own| own.eq_ignore_ascii_case(name))?.clone();
    members.remove(&own)
}

/// The predefined values in a body.
fn values(
    request: &Authorised<'_>,
    json: &Json,
    name: &'static str,
) -> Result<Vec<Record>, GraphError> {
    let elements = match json {
        Json::Null => return Ok(Vec::new()),
        Json::Array(elements) if elements.len() <= MOST_VALUES => elements,
        Json::Array(_) => return Err(invalid(name, "more than 100 values")),
        _ => return Err(invalid(name, "not a list")),
    };
    let ty = request.entity(&allowed_value::TYPE);
    let version = request.call.version;
    let value = |json: &Json| {
        let mut names = json.as_object().into_iter().flat_map(|one| one.keys());
        if names.any(|name| name.eq_ignore_ascii_case(REMOVED)) {
            return Err(invalid(
                name,
                "values are deactivated by isActive, and never removed",
            ));
        }
        let body = edm::body::check(json, ty, version, Purpose::Create);
        Ok(body.map_err(Refusal::Body)?.set)
    };
    elements.iter().map(value).collect()
}

fn invalid(target: &str, why: &'static str) -> GraphError {
    let error = GraphError::refused("One or more property values specified are invalid.");
    error.detail(Detail::of("InvalidValue", target, why))
}

/// GET /directory/customSecurityAttributeDefinitions/{key}/allowedValues
pub async fn list_values(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let list = few::List::of(request, &allowed_value::TYPE, VALUES, request.call.path)?;
    let directory = &request.call.app.directory;
    let (options, after) = (list.options(), list.after()?);
    let found = directory.find_allowed_values(&request.actor, request.call.key()?, options, after);
    let (id, page) = found.await?;
    list.answer(&values_of(&id), &page)
}

/// POST /directory/customSecurityAttributeDefinitions/{key}/allowedValues
pub async fn add_value(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&allowed_value::TYPE);
    let options = query::checked(call.query, ty, call.version, Shape::Write)?;
    let sent = body::checked(call.headers, sent, ty, call.version, Purpose::Create).await?;
    let value = sent.body.set;
    let directory = &call.app.directory;
    let change = AttributeChange::NewValue(value.clone());
    let made = directory
        .change_attribute(&request.actor, call.key()?, change)
        .await?;
    let within = values_of(made.text(&attribute_definition::ID).unwrap_or_default());
    let of = (&allowed_value::TYPE, within.as_str());
    Ok(few::one(request, of, &options, StatusCode::CREATED, &value))
}

/// GET /directory/customSecurityAttributeDefinitions/{key}/allowedValues/{other}
pub async fn read_value(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = few::single(request, &allowed_value::TYPE)?;
    let directory = &call.app.directory;
    let found = directory.allowed_value(&request.actor, call.key()?, call.other()?);
    let (id, value) = found.await?;
    let set = values_of(&id);
    let of = (&allowed_value::TYPE, set.as_str());
    Ok(few::one(request, of, &options, StatusCode::OK, &value))
}

/// PATCH /directory/customSecurityAttributeDefinitions/{key}/allowedValues/{other}
pub async fn change_value(
    request: &Authorised<'_>,
    sent: Incoming,
) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&allowed_value::TYPE);
    query::checked(call.query, ty, call.version, Shape::Write)?;
    let (mut json, _) = body::json(call.headers, sent).await?;
    // The documented example sends the word.
    let is_active = json.as_object_mut().into_iter().flatten();
    let own = allowed_value::IS_ACTIVE.name();
    for (_, value) in is_active.filter(|(name, _)| name.eq_ignore_ascii_case(own)) {
        match value.as_str() {
            Some("true") => *value = Json::Bool(true),
            Some("false") => *value = Json::Bool(false),
            _ => {}
        }
    }
    let body = edm::body::check(&json, ty, call.version, Purpose::Update);
    let body = body.map_err(Refusal::Body)?;
    let directory = &call.app.directory;
    let change = AttributeChange::Value(call.other()?.to_owned(), body);
    directory
        .change_attribute(&request.actor, call.key()?, change)
        .await?;
    Ok(render::no_content())
}
