//! `POST /{tenant}/oauth2/v2.0/devicecode`: sign-in by a code on another device, which is not
//! served yet.

use axum::extract::{Extension, State};
use axum::response::Response;

use super::oauth_error::OAuthFault;
use super::tenant::{TenantName, authority};
use crate::app::App;
use crate::http::request_id::RequestId;

/// Says that it is not served.
pub(super) async fn device_code(
    State(app): State<App>,
    TenantName(tenant): TenantName,
    Extension(request): Extension<RequestId>,
) -> Response {
    let fault = match authority(&app, &tenant).await {
        Ok(_) => OAuthFault::NoDevices,
        Err(fault) => fault,
    };
    fault.respond(&request, app.directory.now())
}
