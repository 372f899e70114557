//! Who makes a Graph request, and what is answered where that is nobody.

use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use directory::{Actor, PrefetchedUser, UserKey};

use super::envelope::GraphError;
use crate::app::App;
use crate::http::origin::Origin;
use crate::http::request_id::RequestId;
use crate::oauth::bearer::{TokenFault, Unauthenticated, authenticate};

/// Who makes the request, and the user `wanted` where it came along. A store that cannot be read is
/// 503, not a refused token.
pub(super) async fn actor(
    app: &App,
    headers: &axum::http::HeaderMap,
    origin: &Origin,
    id: &RequestId,
    wanted: Option<UserKey>,
) -> Result<(Actor, Option<PrefetchedUser>), GraphError> {
    match authenticate(app, headers, id, wanted).await {
        Ok(found) => Ok(found),
        Err(Unauthenticated::Token(fault)) => Err(refused(fault, origin)),
        Err(Unauthenticated::Refused(refusal)) => Err(refusal.into()),
    }
}

fn refused(fault: TokenFault, origin: &Origin) -> GraphError {
    if fault == TokenFault::App {
        // Documented as 403: a new token would not help, and a 401 makes clients fetch one.
        let (status, code) = (StatusCode::FORBIDDEN, "Authorization_IdentityNotFound");
        return GraphError::new(status, code, fault.sentence());
    }
    GraphError::token(fault.sentence()).header(WWW_AUTHENTICATE, fault.challenge(origin))
}
