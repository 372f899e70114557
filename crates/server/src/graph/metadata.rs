//! The two documents about the service itself. Both are public: they say what any client library
//! already contains.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::call::Call;
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
            "CSDL 4.0 of the types that are served; no token needed",
            "graph_protocol"::"the_public_documents_need_no_token",
        run: public schema
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
