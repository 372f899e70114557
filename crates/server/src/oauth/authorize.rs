//! `GET` or `POST /{tenant}/oauth2/v2.0/authorize`: the sign-in of people, which is not served yet.
//! The address is there because clients refuse a discovery document without it.

use axum::extract::{Extension, State};
use axum::response::Response;

use super::oauth_error::OAuthFault;
use crate::app::App;
use crate::http::request_id::RequestId;

/// Says that it is not served.
pub(super) async fn authorize(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
) -> Response {
    OAuthFault::NotServed.respond(&request, app.directory.now())
}
