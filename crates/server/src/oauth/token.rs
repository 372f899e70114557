//! `POST /{tenant}/oauth2/v2.0/token`: an app's secret against an access token; and the older
//! endpoint without the version.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use directory::{NoToken, Standing};
use serde::Serialize;
use store::TenantId;

use super::claims::{AUDIENCE, Claims, LIFETIME, issuer};
use super::failures::Guesser;
use super::form::{Credentials, TokenForm};
use super::oauth_error::{OAuthFault, json};
use super::scope;
use super::tenant::{Authority, TenantName, authority};
use crate::app::App;
use crate::http::body::{self, BodyFault};
use crate::http::limits::TOKEN_BODY_BYTES;
use crate::http::origin::{ClientAddress, Origin};
use crate::http::request_id::RequestId;

/// The one grant served; others belong to the sign-in of people.
const CLIENT_CREDENTIALS: &str = "client_credentials";

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
    let asked = TokenRequest {
        app: &app,
        tenant: &tenant.0,
        origin: &origin,
        from,
        headers: &headers,
        request: &request,
    };
    match asked.token(body, generation).await {
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
struct Granted {
    token: String,
    /// As it was asked for; empty for a scope.
    resource: String,
    from: i64,
}

/// A good answer (clients.md item 9).
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
struct TokenRequest<'a> {
    app: &'a App,
    tenant: &'a str,
    origin: &'a Origin,
    from: ClientAddress,
    headers: &'a HeaderMap,
    request: &'a RequestId,
}

impl TokenRequest<'_> {
    /// Checks in the order of what a stranger may learn: form, tenant, grant, client, scope.
    async fn token(&self, body: Body, generation: Generation) -> Result<Granted, OAuthFault> {
        let bytes = body::read(body, TOKEN_BODY_BYTES).await.map_err(|fault| {
            OAuthFault::Request(match fault {
                BodyFault::TooLarge => "The body is too large.",
                BodyFault::Slow | BodyFault::Unreadable => "The body could not be read.",
            })
        })?;
        let mut form = TokenForm::read(self.headers, &bytes)?;
        let Authority::Tenant(tenant) = authority(self.app, self.tenant).await? else {
            // An app has no home to be found by: it must say whose directory it wants to act in.
            return Err(OAuthFault::Tenant);
        };
        match form.grant_type.as_deref() {
            Some(CLIENT_CREDENTIALS) => {}
            Some(_) => return Err(OAuthFault::Grant),
            None => return Err(OAuthFault::Missing("grant_type")),
        }
        let credentials = form.credentials(self.headers)?;
        let client = self.client(tenant, &credentials).await?;
        let resource = self.resource(generation, form)?;
        let claims = self.claims(tenant, &client);
        let token = self.app.signing.sign(&claims, self.app.directory.now());
        Ok(Granted {
            token: token.map_err(|error| OAuthFault::Internal(error.to_string()))?,
            resource,
            from: claims.nbf,
        })
    }

    /// Whether the token is asked for this server; by which name, where it is the older endpoint
    /// that is asked.
    fn resource(&self, generation: Generation, form: TokenForm) -> Result<String, OAuthFault> {
        let origins = &self.app.origins;
        match (generation, form.resource, form.scope) {
            (Generation::V2, Some(_), _) => Err(OAuthFault::ResourceOnV2),
            (Generation::V2, None, scope) => {
                let scope = scope.ok_or(OAuthFault::Missing("scope"))?;
                scope::check(&scope, origins).map_err(OAuthFault::Scope)?;
                Ok(String::new())
            }
            // Its scopes are those of people's sign-in, and say nothing of what the token is for.
            (Generation::V1, None, _) => Err(OAuthFault::Missing("resource")),
            (Generation::V1, Some(resource), _) => {
                if scope::is_ours(resource.trim(), origins) {
                    Ok(resource)
                } else {
                    Err(OAuthFault::Resource(scope::shown(&resource)))
                }
            }
        }
    }

    /// The app that the credentials prove. Who fails too often is told nothing more for a while;
    /// the right secret passes all the same.
    async fn client(&self, tenant: TenantId, shown: &Credentials) -> Result<Standing, OAuthFault> {
        let (app, id) = (self.app, shown.client_id);
        let proven = match id {
            Some(id) => {
                app.directory
                    .authenticate_app(tenant, id, &shown.secret)
                    .await
            }
            None => Err(NoToken::Unproven),
        };
        proven.map_err(|refused| {
            let why = refused.to_string();
            let fault = OAuthFault::from(refused);
            if fault != OAuthFault::Client {
                return fault;
            }
            let guesser = Guesser::new(self.from.0, tenant, id);
            let now = app.directory.now().as_second();
            if let Some(seconds) = app.failed_clients.count(guesser, now) {
                return OAuthFault::Throttled(seconds);
            }
            // Only what reads as an id: people paste their secret into the wrong field.
            tracing::info!(request_id = %self.request.id, tenant = %tenant.0, client_id = ?id, why, "no token");
            fault
        })
    }

    /// What the token says (P-permissions-2).
    fn claims(&self, tenant: TenantId, client: &Standing) -> Claims {
        let directory = &self.app.directory;
        let now = directory.now().as_second();
        let id = directory.ids().uuid().to_string();
        Claims {
            aud: AUDIENCE.to_string(),
            iss: issuer(self.origin.as_str(), tenant.0),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            appid: client.client_id,
            azp: Some(client.client_id),
            idtyp: Some("app".to_owned()),
            oid: client.object,
            sub: client.object.to_string(),
            tid: tenant.0,
            roles: Some(
                client
                    .permissions
                    .iter()
                    .map(|one| one.name().to_owned())
                    .collect(),
            ),
            scp: None,
            wids: Some(client.roles.templates().to_vec()),
            credential: client.credential,
            uti: id.clone(),
            jti: id,
            ver: "2.0".to_owned(),
        }
    }
}
