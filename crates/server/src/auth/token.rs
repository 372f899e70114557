//! `POST /{tenant}/oauth2/v2.0/token`: an app's secret against an access token.

use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use directory::{NoToken, Standing};
use serde::Serialize;
use store::TenantId;
use url::Url;
use uuid::Uuid;

use super::claims::{AUDIENCE, AUDIENCE_URL, Claims, LIFETIME, issuer};
use super::form::{Credentials, TokenForm};
use super::oauth_error::{OAuthFault, json};
use super::tenant::{Authority, TenantName, authority};
use crate::app::App;
use crate::http::body::{self, BodyFault};
use crate::http::limits::TOKEN_BODY_BYTES;
use crate::http::origin::{ClientAddress, Origin, Origins};
use crate::http::request_id::RequestId;

/// Characters of a client id that failures are counted by; a GUID has 36.
const CLIENT_ID_CHARS: usize = 64;

/// The one grant served; others belong to the sign-in of people.
const CLIENT_CREDENTIALS: &str = "client_credentials";

/// Answers a token request.
pub async fn issue(
    State(app): State<App>,
    TenantName(tenant): TenantName,
    Extension(origin): Extension<Origin>,
    Extension(from): Extension<ClientAddress>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let asked = Asked {
        app: &app,
        tenant: &tenant,
        origin: &origin,
        from,
        headers: &headers,
        request: &request,
    };
    match asked.token(body).await {
        Ok(token) => json(StatusCode::OK, &Issued::bearer(token)),
        Err(fault) => fault.respond(&request, app.directory.now()),
    }
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

/// One token request.
struct Asked<'a> {
    app: &'a App,
    tenant: &'a str,
    origin: &'a Origin,
    from: ClientAddress,
    headers: &'a HeaderMap,
    request: &'a RequestId,
}

impl Asked<'_> {
    /// Checks in the order of what a stranger may learn: form, tenant, grant, client, scope.
    async fn token(&self, body: Body) -> Result<String, OAuthFault> {
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
            None => return Err(OAuthFault::Request("grant_type is missing.")),
        }
        let credentials = form.credentials(self.headers)?;
        let client = self.client(tenant, &credentials).await?;
        let scope = form.scope.ok_or(OAuthFault::Request("scope is missing."))?;
        if !is_ours(&scope, &self.app.origins) {
            return Err(OAuthFault::Scope);
        }
        let claims = self.claims(tenant, &client);
        self.app
            .signing
            .sign(&claims)
            .map_err(|error| OAuthFault::Internal(error.to_string()))
    }

    /// The app that the credentials prove. Failures count against its name and the address they come
    /// from, so that nobody can lock an app out from elsewhere.
    async fn client(&self, tenant: TenantId, shown: &Credentials) -> Result<Standing, OAuthFault> {
        let (app, from) = (self.app, self.from.0);
        let now = app.directory.now().as_second();
        let name: String = shown.client_id.chars().take(CLIENT_ID_CHARS).collect();
        if let Some(seconds) = app.failed_clients.wait(from, &name, now) {
            return Err(OAuthFault::Throttled(seconds));
        }
        let id = Uuid::try_parse(&shown.client_id).ok();
        let proven = match id {
            Some(id) => {
                app.directory
                    .authenticate_app(tenant, id, &shown.secret)
                    .await
            }
            None => Err(NoToken::Unproven),
        };
        proven.map_err(|refused| {
            if !matches!(refused, NoToken::Refused(_)) {
                // Only what reads as an id: people paste their secret into the wrong field.
                tracing::info!(request_id = %self.request.id, tenant = %tenant.0, client_id = ?id, why = %refused, "no token");
            }
            let fault = OAuthFault::from(refused);
            if fault == OAuthFault::Client {
                app.failed_clients.count(from, &name, now);
            }
            fault
        })
    }

    /// What the token says (permissions.md section 3).
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
            uti: id.clone(),
            jti: id,
            ver: "2.0".to_owned(),
        }
    }
}

/// Whether a scope is `.default` of a resource of ours: Graph's name, its GUID, or one of our origins,
/// with or without the port, which some clients drop (clients.md item 11).
fn is_ours(scope: &str, origins: &Origins) -> bool {
    let Some(resource) = scope.trim().strip_suffix("/.default") else {
        return false;
    };
    let resource = resource.strip_suffix('/').unwrap_or(resource);
    if resource.eq_ignore_ascii_case(AUDIENCE_URL) || Uuid::try_parse(resource) == Ok(AUDIENCE) {
        return true;
    }
    let Ok(url) = Url::parse(resource) else {
        return false;
    };
    let Ok(named) = Origin::parse(&url.origin().ascii_serialization()) else {
        return false;
    };
    let portless = url.port().is_none();
    let same_name =
        |origin: &Origin| origin.is_secure() == named.is_secure() && origin.host() == named.host();
    let known = |origin: &Origin| *origin == named || (portless && same_name(origin));
    url.path() == "/" && url.query().is_none() && origins.listed().iter().any(known)
}

#[cfg(test)]
mod tests {
    use super::super::super::http::origin::{Origin, Origins};
    use super::is_ours;

    #[test]
    fn the_scope_is_default_of_a_resource_of_ours() {
        let listed = ["https://localhost:8443", "http://localhost:8080"];
        let listed = listed.map(|text| Origin::parse(text).unwrap()).to_vec();
        let origins = Origins::new(listed, vec![]).unwrap();
        let check = |scope: &str, expected: bool| {
            assert_eq!(is_ours(scope, &origins), expected, "{scope}");
        };
        check("https://graph.microsoft.com/.default", true);
        check("https://graph.microsoft.com//.default", true);
        check("00000003-0000-0000-c000-000000000000/.default", true);
        check("https://localhost:8443/.default", true);
        check("https://localhost/.default", true);
        check("http://localhost:8080/.default", true);
        check("https://localhost:9999/.default", false);
        check("https://localhost:8443/path/.default", false);
        check("https://evil.example/.default", false);
        check("https://graph.microsoft.com.evil.example/.default", false);
        check("https://graph.microsoft.com/User.Read.All", false);
        check("/.default", false);
        check(".default", false);
        check("", false);
        check("openid https://graph.microsoft.com/.default", false);
    }
}
