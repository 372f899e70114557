//! The two documents about the service itself. Both are public: they say what any client library
//! already contains. What a tenant has defined beside it is shown to that tenant alone.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};

use super::call::{Authorised, Call};
use super::operation::operations;
use super::render;
use super::routes::service;

operations! {
    "ServiceDocument" {
        routes: [GET "" => Open],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "The entity sets; no token needed",
            "graph_protocol"::"the_public_documents_need_no_token",
        run: public service_document
    }
    "Metadata" {
        routes: [GET "$metadata" => Open],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Differs("$metadata"),
            "CSDL 4.0 of the types that are served; no token needed. With one, the tenant's own definitions are in it",
            "graph_protocol"::"the_public_documents_need_no_token",
        run: public schema, own own_schema
    }
}

/// `$metadata`: the schema, derived from the property table.
pub fn schema(call: &Call<'_>) -> Response {
    (
        [(CONTENT_TYPE, "application/xml")],
        edm::metadata::csdl(call.version),
    )
        .into_response()
}

/// `$metadata` for somebody who is known: with what their tenant has defined. Nobody else may be
/// shown it, so no cache keeps it for others.
pub fn own_schema(request: &Authorised<'_>) -> Response {
    let document = edm::metadata::csdl_of(request.actor.schema(), request.call.version);
    (
        [
            (CONTENT_TYPE, "application/xml"),
            (CACHE_CONTROL, "private, no-cache"),
            (VARY, "Authorization, Accept-Encoding"),
        ],
        document.into_owned(),
    )
        .into_response()
}

/// The service document: what can be asked for. Its context is `$metadata` itself, at every
/// metadata level that has one.
pub fn service_document(call: &Call<'_>) -> Response {
    let sets: Vec<_> = service()
        .map(|(name, kind)| serde_json::json!({ "name": name, "kind": kind, "url": name }))
        .collect();
    let body = serde_json::json!({
        "@odata.context": format!("{}/$metadata", call.base()),
        "value": sets,
    });
    render::json(call, StatusCode::OK, body.to_string())
}
