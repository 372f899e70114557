//! The tenant in an authority's path: its id, one of its domains, or `common`.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use directory::Refusal;
use store::TenantId;

use super::oauth_error::OAuthFault;
use crate::app::App;

/// Longest name looked up: a domain has at most 253 characters.
const NAME_LEN: usize = 253;

/// Whose tokens a path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Any tenant's: `common` and `organizations`, which clients use to read metadata.
    Common,
    /// One tenant's.
    Tenant(TenantId),
}

/// The first path segment of an identity route, decoded. One that is no text is empty, and so no
/// tenant's.
#[derive(Clone, Debug)]
pub struct TenantName(pub String);

impl FromRequestParts<App> for TenantName {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        Ok(Self(path.map_or_else(|_| String::new(), |Path(name)| name)))
    }
}

/// Reads the first path segment of an identity route.
pub async fn authority(app: &App, name: &str) -> Result<Authority, OAuthFault> {
    if name.eq_ignore_ascii_case("common") || name.eq_ignore_ascii_case("organizations") {
        return Ok(Authority::Common);
    }
    // The alphabet client libraries allow in an authority; nothing else is a tenant of ours.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    if name.is_empty() || name.len() > NAME_LEN || !name.bytes().all(plain) {
        return Err(OAuthFault::Tenant);
    }
    match app.directory.find_tenant(name).await {
        Ok(tenant) => Ok(Authority::Tenant(tenant.id)),
        Err(Refusal::NotFound { .. }) => Err(OAuthFault::Tenant),
        Err(refusal) => Err(refusal.into()),
    }
}
