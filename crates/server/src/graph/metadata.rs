//! The two documents about the service itself. Both are public: they say what any client library
//! already contains.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::call::Call;
use super::render;
use super::routes::SERVICE;

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
    let sets =
        SERVICE.map(|(name, kind)| serde_json::json!({ "name": name, "kind": kind, "url": name }));
    let body = serde_json::json!({
        "@odata.context": format!("{}/$metadata", call.base()),
        "value": sets,
    });
    render::json(call, StatusCode::OK, body.to_string())
}
