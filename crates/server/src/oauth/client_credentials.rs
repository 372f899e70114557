//! The grant `client_credentials`: an app's secret against an access token.

use directory::{NoToken, TokenSubject};
use store::TenantId;

use super::claims::{AUDIENCE, Claims, LIFETIME, issuer};
use super::failures::Guesser;
use super::form::{Credentials, TokenForm};
use super::oauth_error::OAuthFault;
use super::scope;
use super::token::{Generation, Granted, TokenRequest};

/// Its name in the form.
pub(super) const GRANT: &str = "client_credentials";

/// Checks in the order of what a stranger may learn: client, then scope. Form, tenant and grant
/// were checked before.
pub(super) async fn grant(
    request: &TokenRequest<'_>,
    tenant: TenantId,
    generation: Generation,
    mut form: TokenForm,
) -> Result<Granted, OAuthFault> {
    let credentials = form.credentials(request.headers)?;
    let client = client(request, tenant, &credentials).await?;
    let resource = resource(request, generation, form)?;
    let claims = claims(request, tenant, &client);
    let token = request
        .app
        .signing
        .sign(&claims, request.app.directory.now());
    Ok(Granted {
        token: token.map_err(|error| OAuthFault::Internal(error.to_string()))?,
        resource,
        from: claims.nbf,
    })
}

/// Whether the token is asked for this server; by which name, where it is the older endpoint
/// that is asked.
fn resource(
    request: &TokenRequest<'_>,
    generation: Generation,
    form: TokenForm,
) -> Result<String, OAuthFault> {
    let origins = &request.app.origins;
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
                Err(OAuthFault::Resource(scope::printable(&resource)))
            }
        }
    }
}

/// The app that the credentials prove. Who fails too often is told nothing more for a while;
/// the right secret passes all the same.
async fn client(
    request: &TokenRequest<'_>,
    tenant: TenantId,
    credentials: &Credentials,
) -> Result<TokenSubject, OAuthFault> {
    let (app, id) = (request.app, credentials.client_id);
    let proven = match id {
        Some(id) => {
            app.directory
                .authenticate_app(tenant, id, &credentials.secret)
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
        let guesser = Guesser::new(request.from.0, tenant, id);
        let now = app.directory.now().as_second();
        if let Some(seconds) = app.failed_clients.count(guesser, now) {
            return OAuthFault::Throttled(seconds);
        }
        // Only what reads as an id: people paste their secret into the wrong field.
        tracing::info!(request_id = %request.request_id.id, tenant = %tenant.0, client_id = ?id, why, "no token");
        fault
    })
}

/// What the token says (P-permissions-2).
fn claims(request: &TokenRequest<'_>, tenant: TenantId, client: &TokenSubject) -> Claims {
    let directory = &request.app.directory;
    let now = directory.now().as_second();
    let id = directory.ids().uuid().to_string();
    Claims {
        aud: AUDIENCE.to_string(),
        iss: issuer(request.origin.as_str(), tenant.0),
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
