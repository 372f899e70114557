//! What clients read before they ask for a token: endpoints, keys, and that this host is an
//! authority at all.
//!
//! Only what is true is advertised, with one exception: MSAL refuses a document without
//! `authorization_endpoint`, so that its URL stands there, and says when asked that sign-in of
//! people is not served yet.

use axum::extract::{Extension, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use url::Url;

use super::claims::issuer;
use super::oauth_error::{OAuthFault, json};
use super::scope::is_origin;
use super::tenant::{Authority, TenantName, authority};
use crate::app::App;
use crate::http::origin::Origin;
use crate::http::request_id::RequestId;

/// Metadata and keys may be kept for an hour: a new signing key is published that long before use.
const KEEP: &str = "public, max-age=3600";

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`
pub async fn configuration(
    State(app): State<App>,
    TenantName(tenant): TenantName,
    Extension(origin): Extension<Origin>,
    Extension(request): Extension<RequestId>,
) -> Response {
    match authority(&app, &tenant).await {
        Ok(authority) => {
            let mut described = described(origin.as_str(), &authority, "oauth2/v2.0/token");
            if let Some(members) = described.as_object_mut() {
                let scopes = serde_json::json!(["https://graph.microsoft.com/.default"]);
                members.insert("scopes_supported".to_owned(), scopes);
            }
            cacheable(&described)
        }
        Err(fault) => fault.respond(&request, app.directory.now()),
    }
}

/// `GET /{tenant}/.well-known/openid-configuration`: the same for the older token endpoint.
pub async fn configuration_v1(
    State(app): State<App>,
    TenantName(tenant): TenantName,
    Extension(origin): Extension<Origin>,
    Extension(request): Extension<RequestId>,
) -> Response {
    match authority(&app, &tenant).await {
        Ok(authority) => cacheable(&described(origin.as_str(), &authority, "oauth2/token")),
        Err(fault) => fault.respond(&request, app.directory.now()),
    }
}

/// What both endpoints say. Tokens are the same at both, and so is who issued them.
fn described(origin: &str, authority: &Authority, token: &str) -> serde_json::Value {
    let (name, issuer) = match authority {
        Authority::Common => ("common".to_owned(), format!("{origin}/{{tenantid}}/v2.0")),
        Authority::Tenant(id) => (id.0.to_string(), issuer(origin, id.0)),
    };
    serde_json::json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{origin}/{name}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{origin}/{name}/{token}"),
        "jwks_uri": format!("{origin}/{name}/discovery/v2.0/keys"),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    })
}

/// `GET /{tenant}/discovery/v2.0/keys`
pub async fn keys(
    State(app): State<App>,
    TenantName(tenant): TenantName,
    Extension(request): Extension<RequestId>,
) -> Response {
    match authority(&app, &tenant).await {
        Ok(_) => cacheable(&serde_json::json!({ "keys": app.signing.public(app.directory.now()) })),
        Err(fault) => fault.respond(&request, app.directory.now()),
    }
}

/// `GET /common/discovery/instance`: whether an authority is one of ours. MSAL asks the public
/// cloud unless told to ask here.
pub async fn instance(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    Extension(origin): Extension<Origin>,
    Extension(request): Extension<RequestId>,
) -> Response {
    let query = query.unwrap_or_default();
    // The first one counts: whichever it is, only origins of this server are answered for.
    let asked = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "authorization_endpoint")
        .and_then(|(_, text)| Url::parse(&text).ok());
    let (authority, host) = (origin.authority(), origin.host());
    let (tenant, aliases) = match &asked {
        Some(url) => {
            // Some libraries drop the port of an authority before they ask.
            let portless = url.port().is_none();
            let listed = Origin::parse(&url.origin().ascii_serialization())
                .is_ok_and(|named| is_origin(&named, portless, &app.origins));
            if !listed {
                return OAuthFault::Instance.respond(&request, app.directory.now());
            }
            let tenant = url.path_segments().and_then(|mut parts| parts.next());
            let tenant = tenant.filter(|name| !name.is_empty()).unwrap_or("common");
            let bare = (portless && authority != host).then_some(host);
            (tenant, [Some(authority), bare])
        }
        None => ("common", [Some(authority), None]),
    };
    let aliases: Vec<&str> = aliases.into_iter().flatten().collect();
    let origin = origin.as_str();
    json(
        StatusCode::OK,
        &serde_json::json!({
            "tenant_discovery_endpoint":
                format!("{origin}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{
                "preferred_network": authority,
                "preferred_cache": authority,
                "aliases": aliases,
            }],
        }),
    )
}

/// Whether a path is one of an authority, where clients of OAuth read the answer whatever it is.
pub fn is_of_an_authority(path: &str) -> bool {
    const PLACES: [&str; 6] = [
        "oauth2",
        "discovery",
        "userrealm",
        "v2.0",
        ".well-known",
        "adminconsent",
    ];
    let second = path.split('/').nth(2).unwrap_or_default();
    PLACES.iter().any(|own| own.eq_ignore_ascii_case(second))
}

/// Any other path of an authority.
pub fn nothing_here(app: &App, request: &RequestId) -> Response {
    OAuthFault::Endpoint.respond(request, app.directory.now())
}

/// Any other verb on a route of this module.
pub async fn other_method(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
) -> Response {
    OAuthFault::Method.respond(&request, app.directory.now())
}

/// A public document.
pub(super) fn cacheable(body: &impl Serialize) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, KEEP)];
    (headers, serde_json::to_string(body).unwrap_or_default()).into_response()
}
