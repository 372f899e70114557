//! One property by its own URL: `/users/{key}/displayName`, as JSON or, behind `/$value`, as plain
//! text.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use edm::{Prop, document, user};
use odata::Shape;

use super::call::Authorised;
use super::envelope::GraphError;
use super::operation::operations;
use super::render::{self, Dress as _};
use super::users::subject;
use super::{etag, query};

operations! {
    "ReadProperty" {
        routes: [
            GET "users/{key}/{property}" => Depends,
            GET "me/{property}" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "204 where it is null",
            "graph_parts"::"every_property_has_a_url",
        run: |request| read(request)
    }
    "ReadPropertyValue" {
        routes: [
            GET "users/{key}/{property}/$value" => Depends,
            GET "me/{property}/$value" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "The bare value; 204 where it is null",
            "graph_parts"::"every_property_has_a_url",
        run: |request| read_value(request)
    }
}

/// GET …/{property}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let Found {
        property,
        id,
        version,
        json,
    } = match find(request).await? {
        Ok(found) => found,
        Err(known) => return Ok(known),
    };
    if json == "null" {
        return Ok(render::no_content().versioned(version));
    }
    let set = format!("users('{id}')/{}", property.name());
    let text = render::property(call, &set, &property, &json);
    Ok(render::json(call, StatusCode::OK, text).versioned(version))
}

/// GET …/{property}/$value
pub async fn read_value(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let Found {
        property,
        version,
        json,
        ..
    } = match find(request).await? {
        Ok(found) => found,
        Err(known) => return Ok(known),
    };
    if property.collection || !property.ty_in(request.call.version).is_primitive() {
        let message = format!(
            "The property '{}' is a collection or complex, and has no raw value.",
            property.name()
        );
        return Err(GraphError::broken(message));
    }
    let broken = |error: serde_json::Error| GraphError::internal(error.to_string());
    let text = match serde_json::from_str(&json).map_err(broken)? {
        serde_json::Value::Null => return Ok(render::no_content().versioned(version)),
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let mut answer = Response::new(Body::from(text));
    let plain = HeaderValue::from_static("text/plain;charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    Ok(answer.versioned(version))
}

/// What was asked for.
struct Found {
    property: Prop,
    id: uuid::Uuid,
    version: i64,
    /// The value as answers show it.
    json: String,
}

/// Reads the property, with the permissions that a `$select` of it needs: what the actor may not
/// see is null. `Err` is the answer to a client that has this version already.
async fn find(request: &Authorised<'_>) -> Result<Result<Found, Response>, GraphError> {
    let call = &request.call;
    let ty = request.entity(&user::TYPE);
    query::checked(call.query, ty, call.version, Shape::Single)?;
    let name = call.property()?;
    let property = ty.property(name, call.version).ok_or_else(|| {
        GraphError::broken(format!("Resource not found for the segment '{name}'."))
    })?;
    let directory = &call.app.directory;
    let row = directory.user(&request.actor, &subject(request)?).await?;
    if etag::is_known(call.headers, row.version) {
        let known = StatusCode::NOT_MODIFIED.into_response();
        return Ok(Err(known.versioned(row.version)));
    }
    let record = directory.record(&request.actor, &row)?;
    let member = document::select(&record, &[&property], true);
    let json = member
        .as_str()
        .strip_prefix(&format!("\"{}\":", property.name()))
        .ok_or_else(|| GraphError::internal("a member without its name"))?
        .to_owned();
    Ok(Ok(Found {
        property,
        id: row.id,
        version: row.version,
        json,
    }))
}
