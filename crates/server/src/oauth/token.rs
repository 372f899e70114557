//! `POST /{tenant}/oauth2/v2.0/token`, and the older endpoint without the version: what every grant
//! has in common. Each grant is a file of this folder.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::claims::LIFETIME;
use super::client_credentials;
use super::form::TokenForm;
use super::oauth_error::{OAuthFault, json};
use super::tenant::{Authority, TenantName, authority};
use crate::app::App;
use crate::http::body::{self, BodyFault};
use crate::http::limits::TOKEN_BODY_BYTES;
use crate::http::origin::{ClientAddress, Origin};
use crate::http::request_id::RequestId;

/// Answers a request at either token endpoint.
pub async fn issue(
    State(app): State<App>,
    tenant: TenantName,
    Extension(generation): Extension<Generation>,
    known: (
        Extension<Origin>,
        Extension<ClientAddress>,
        Extension<RequestId>,
    ),
    headers: HeaderMap,
    body: Body,
) -> Response {
    let (Extension(origin), Extension(from), Extension(request)) = known;
    let token_request = TokenRequest {
        app: &app,
        tenant: &tenant.0,
        origin: &origin,
        from,
        headers: &headers,
        request_id: &request,
    };
    match token_request.token(body, generation).await {
        Ok(granted) if generation == Generation::V1 => {
            json(StatusCode::OK, &IssuedV1::bearer(granted))
        }
        Ok(granted) => json(StatusCode::OK, &Issued::bearer(granted.token)),
        Err(fault) => fault.respond(&request, app.directory.now()),
    }
}

/// Which of the two token endpoints is asked; among the extensions of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// `/{tenant}/oauth2/token`, where a resource stands in place of the scope.
    V1,
    /// `/{tenant}/oauth2/v2.0/token`
    V2,
}

/// A token, and what the older endpoint says of it beside.
pub(super) struct Granted {
    pub(super) token: String,
    /// As it was asked for; empty for a scope.
    pub(super) resource: String,
    pub(super) from: i64,
}

/// A successful answer (RFC 6749 section 5.1).
#[derive(Debug, Serialize)]
struct Issued {
    token_type: &'static str,
    expires_in: i64,
    ext_expires_in: i64,
    access_token: String,
}

impl Issued {
    const fn bearer(access_token: String) -> Self {
        Self {
            token_type: "Bearer",
            expires_in: LIFETIME,
            ext_expires_in: LIFETIME,
            access_token,
        }
    }
}

/// A good answer of the older endpoint: its numbers are text, as its clients expect.
#[derive(Debug, Serialize)]
struct IssuedV1 {
    token_type: &'static str,
    expires_in: String,
    ext_expires_in: String,
    expires_on: String,
    not_before: String,
    resource: String,
    access_token: String,
}

impl IssuedV1 {
    fn bearer(granted: Granted) -> Self {
        Self {
            token_type: "Bearer",
            expires_in: LIFETIME.to_string(),
            ext_expires_in: LIFETIME.to_string(),
            expires_on: (granted.from + LIFETIME).to_string(),
            not_before: granted.from.to_string(),
            resource: granted.resource,
            access_token: granted.token,
        }
    }
}

/// One token request.
pub(super) struct TokenRequest<'a> {
    pub(super) app: &'a App,
    tenant: &'a str,
    pub(super) origin: &'a Origin,
    pub(super) from: ClientAddress,
    pub(super) headers: &'a HeaderMap,
    pub(super) request_id: &'a RequestId,
}

impl TokenRequest<'_> {
    /// Checks in the order of what a stranger may learn: form, tenant, grant, client, scope.
    async fn token(self, body: Body, generation: Generation) -> Result<Granted, OAuthFault> {
        let bytes = body::read(body, TOKEN_BODY_BYTES).await.map_err(|fault| {
            OAuthFault::Request(match fault {
                BodyFault::TooLarge => "The body is too large.",
                BodyFault::Slow | BodyFault::Unreadable => "The body could not be read.",
            })
        })?;
        let form = TokenForm::read(self.headers, &bytes)?;
        let Authority::Tenant(tenant) = authority(self.app, self.tenant).await? else {
            // An app has no home to be found by: it must say whose directory it wants to act in.
            return Err(OAuthFault::Tenant);
        };
        // Each grant is a file of this folder. The others belong to the sign-in of people.
        match form.grant_type.as_deref() {
            Some(client_credentials::GRANT) => {
                client_credentials::grant(&self, tenant, generation, form).await
            }
            Some(_) => Err(OAuthFault::Grant),
            None => Err(OAuthFault::Missing("grant_type")),
        }
    }
}
