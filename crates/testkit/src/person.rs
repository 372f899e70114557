//! Tokens of signed-in people.

use directory::{Permission, Role};
use server::oauth::claims::{AUDIENCE, Claims, LIFETIME, issuer};
use uuid::Uuid;

use crate::app::{ORIGINS, TestApp};

impl TestApp {
    /// A token of a person of contoso, signed in through contoso's app, with these scopes, in these
    /// roles, which are given to them. It is made by the server's own keys, with the claims that a
    /// sign-in would have given it.
    ///
    /// # Panics
    /// When `user` is not the id of a user.
    pub async fn person_token(&self, user: &str, scopes: &[Permission], roles: &[Role]) -> String {
        let user: Uuid = user.parse().expect("the id of a user");
        for role in roles {
            let given = self.directory().add_role(self.tenant.id, user, *role);
            given.await.expect("a role");
        }
        let now = self.directory().now().as_second();
        let id = self.directory().ids().uuid().to_string();
        let scopes: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
        let origin = ORIGINS.get(1).copied().unwrap_or_default();
        let claims = Claims {
            aud: AUDIENCE.to_string(),
            iss: issuer(origin, self.tenant.id.0),
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
            appid: self.tenant.client_id,
            azp: Some(self.tenant.client_id),
            idtyp: Some("user".to_owned()),
            oid: user,
            sub: user.to_string(),
            tid: self.tenant.id.0,
            roles: None,
            scp: Some(format!("openid profile {}", scopes.join(" "))),
            wids: Some(roles.iter().map(|role| role.template()).collect()),
            credential: None,
            uti: id.clone(),
            jti: id,
            ver: "2.0".to_owned(),
        };
        self.app
            .signing
            .sign(&claims, self.directory().now())
            .expect("the server's key signs")
    }
}
