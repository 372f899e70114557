//! A tenant that is named in a path. Its name gives nobody anything: whose objects are read and
//! written, the token alone says, and a path that names another tenant is refused.

use directory::Refusal;
use store::TenantId;
use uuid::Uuid;

use super::envelope::GraphError;
use super::path::MY_ORGANIZATION;
use crate::app::App;

/// Whether that names the tenant: by its id, by one of its domains, or as that of the token.
pub async fn is_own(app: &App, own: TenantId, named: &str) -> Result<bool, GraphError> {
    if named.eq_ignore_ascii_case(MY_ORGANIZATION) {
        return Ok(true);
    }
    if let Ok(id) = Uuid::try_parse(named) {
        return Ok(id == own.0);
    }
    match app.directory.find_tenant(named).await {
        Ok(found) => Ok(found.id == own),
        Err(Refusal::NotFound { .. }) => Ok(false),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Refuses a request whose path names another tenant; whether there is one of that name is not
/// told.
pub async fn check(app: &App, own: TenantId, named: Option<&str>) -> Result<(), GraphError> {
    match named {
        Some(named) if !is_own(app, own, named).await? => Err(GraphError::broken(
            "The tenant in the request URL is not the tenant of the access token.",
        )),
        _ => Ok(()),
    }
}
