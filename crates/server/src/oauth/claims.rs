//! What our access tokens say (P-permissions-2, R-25).

use serde::{Deserialize, Serialize};
use uuid::{Uuid, uuid};

/// The resource our tokens are for, as a GUID: what we write, and one of the two forms we accept.
pub const AUDIENCE: Uuid = uuid!("00000003-0000-0000-c000-000000000000");
/// The other accepted form.
pub const AUDIENCE_URL: &str = "https://graph.microsoft.com";

/// Life of an access token in seconds. Clients treat less than 300 as expired.
pub const LIFETIME: i64 = 3600;

/// The claims. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who the token is for.
    pub aud: String,
    /// `{origin}/{tenant}/v2.0`.
    pub iss: String,
    /// When it was made.
    pub iat: i64,
    /// From when it counts.
    pub nbf: i64,
    /// From when it does not.
    pub exp: i64,
    /// The app's client id, under its v1 name …
    pub appid: Uuid,
    /// … and its v2 name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azp: Option<Uuid>,
    /// `app` for a token without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idtyp: Option<String>,
    /// The principal: the app's object, or the person.
    pub oid: Uuid,
    /// For an app the same as `oid`.
    pub sub: String,
    /// The tenant.
    pub tid: Uuid,
    /// Application permissions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Delegated permissions, separated by spaces; their presence makes the token a person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scp: Option<String>,
    /// Template ids of the principal's directory roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wids: Option<Vec<Uuid>>,
    /// The app's credential that an app's own token was got with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<Uuid>,
    /// The token's own id, under Entra's name …
    pub uti: String,
    /// … and the standard's.
    pub jti: String,
    /// Token format.
    pub ver: String,
}

/// The issuer of a tenant's tokens at an origin.
pub fn issuer(origin: &str, tenant: Uuid) -> String {
    format!("{origin}/{tenant}/v2.0")
}
