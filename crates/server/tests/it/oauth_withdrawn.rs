//! What was given and is taken back: permissions, roles, apps and keys, with tokens about that say
//! otherwise.

use axum::http::StatusCode;
use directory::{AppAdded, AppPlan, OtherKeys, Permission, Permissions, Role};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::instance::{open, watch};
use server::oauth::claims::{AUDIENCE, Claims, LIFETIME, issuer};
use server::oauth::keys::{AFTER, AHEAD};
use testkit::{Reply, TestApp};

use crate::samples::created;

async fn an_app(app: &TestApp, permissions: &[Permission]) -> AppAdded {
    let plan = AppPlan {
        client_id: None,
        object: None,
        display_name: "Sync".to_owned(),
        permissions: permissions.iter().copied().collect::<Permissions>(),
        secret: None,
    };
    let added = app.directory().add_app(app.tenant.id, plan).await;
    added.unwrap()
}

async fn request_token(app: &TestApp, added: &AppAdded) -> Reply {
    let id = added.app.client_id.to_string();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", id.as_str()),
        ("client_secret", &added.secret),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let path = format!("/{}/oauth2/v2.0/token", app.tenant.id.0);
    app.post(&path).form(&fields).send().await
}

async fn token(app: &TestApp, added: &AppAdded) -> String {
    let reply = request_token(app, added).await;
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

async fn lists(app: &TestApp, token: &str) -> StatusCode {
    app.get("/v1.0/users").bearer(token).send().await.status
}

#[tokio::test]
async fn a_permission_gives_nothing_from_the_request_after_it_was_taken() {
    let app = TestApp::new().await;
    let all = [Permission::UserReadAll, Permission::UserInviteAll];
    let added = an_app(&app, &all).await;
    let token = token(&app, &added).await;
    assert_eq!(lists(&app, &token).await, StatusCode::OK);
    let (tenant, id) = (app.tenant.id, added.app.client_id);
    let these = |one: Permission| std::iter::once(one).collect::<Permissions>();
    let read = these(Permission::UserReadAll);
    let left = app.directory().revoke_permissions(tenant, id, read).await;
    assert_eq!(left.unwrap().permissions, these(Permission::UserInviteAll));
    assert_eq!(lists(&app, &token).await, StatusCode::FORBIDDEN);
    // The single user, which is read together with the app.
    let me = format!("/v1.0/users/{}", app.tenant.client_id);
    let reply = app.get(&me).bearer(&token).send().await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    // What was not taken stays, and what is given back counts again.
    let invited = app.post("/v1.0/invitations").bearer(&token).json(&json!({
        "invitedUserEmailAddress": "sam@fabrikam.example", "inviteRedirectUrl": "https://a.example" }));
    assert_eq!(invited.send().await.status, StatusCode::CREATED);
    let given = app.directory().grant_permissions(tenant, id, read).await;
    given.unwrap();
    assert_eq!(lists(&app, &token).await, StatusCode::OK);
    // What is given later is not in the token.
    let more = these(Permission::UserReadWriteAll);
    app.directory()
        .grant_permissions(tenant, id, more)
        .await
        .unwrap();
    let written = app.post("/v1.0/users").bearer(&token).json(&json!({}));
    assert_eq!(written.send().await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_role_gives_nothing_a_second_after_it_was_taken() {
    let app = TestApp::new().await;
    let all = app.token().await;
    let id = created(&app, &all, "adele").await;
    let guarded = created(&app, &all, "grady").await;
    let directory = app.directory();
    let guard = uuid::Uuid::parse_str(&guarded).unwrap();
    let role = Role::GuestInviter;
    directory
        .add_role(app.tenant.id, guard, role)
        .await
        .unwrap();
    let scopes = [Permission::UserReadWriteAll];
    let admin = Role::UserAdministrator;
    let person = app.person_token(&id, &scopes, &[admin]).await;
    let rename = async || {
        let target = format!("/v1.0/users/{guarded}");
        let asking = app.patch(&target).bearer(&person);
        asking
            .json(&json!({ "mobilePhone": "1" }))
            .send()
            .await
            .status
    };
    assert_eq!(rename().await, StatusCode::NO_CONTENT);
    let person_id = uuid::Uuid::parse_str(&id).unwrap();
    let taken = directory.remove_role(app.tenant.id, person_id, admin).await;
    assert_eq!(taken, Ok(directory::RoleRemoved::Removed));
    app.advance(SignedDuration::from_secs(1));
    assert_eq!(rename().await, StatusCode::FORBIDDEN);
    // The app's own role, which its token carries, likewise.
    let app_role = Role::GlobalAdministrator;
    let target = format!("/v1.0/users/{guarded}");
    let phone = json!({ "mobilePhone": "2" });
    let asking = || app.patch(&target).bearer(&all).json(&phone);
    assert_eq!(asking().send().await.status, StatusCode::NO_CONTENT);
    let object = app.tenant.app_object;
    let taken = directory.remove_role(app.tenant.id, object, app_role).await;
    taken.unwrap();
    app.advance(SignedDuration::from_secs(1));
    assert_eq!(asking().send().await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_removed_app_and_a_changed_secret_end() {
    let app = TestApp::new().await;
    let added = an_app(&app, &[Permission::UserReadAll]).await;
    let token = token(&app, &added).await;
    let (tenant, id) = (app.tenant.id, added.app.client_id);
    let fresh = app.directory().change_secret(tenant, id).await.unwrap();
    assert_eq!(
        request_token(&app, &added).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(request_token(&app, &fresh).await.status, StatusCode::OK);
    // What the old secret got ends with it, also where the user comes along with the app.
    assert_eq!(lists(&app, &token).await, StatusCode::UNAUTHORIZED);
    let one = format!("/v1.0/users/{}", app.tenant.client_id);
    let refused = app.get(&one).bearer(&token).send().await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    let message = refused.json()["error"]["message"].to_string();
    assert!(message.contains("secret"), "{message}");
    let token = self::token(&app, &fresh).await;
    assert_eq!(lists(&app, &token).await, StatusCode::OK);
    // A permission that is taken or given changes no credential.
    let less = std::iter::once(Permission::UserInviteAll).collect();
    app.directory()
        .grant_permissions(tenant, id, less)
        .await
        .unwrap();
    assert_eq!(lists(&app, &token).await, StatusCode::OK);
    app.directory().remove_app(tenant, id).await.unwrap();
    assert_eq!(lists(&app, &token).await, StatusCode::FORBIDDEN);
    assert_eq!(
        request_token(&app, &fresh).await.status,
        StatusCode::UNAUTHORIZED
    );
    let rows = app.directory().store().read(tenant).audit(0, 1_000).await;
    let did: Vec<_> = rows
        .unwrap()
        .into_iter()
        .filter(|row| row.record.target_id == Some(id))
        .map(|row| row.record.activity)
        .collect();
    assert_eq!(
        did,
        [
            "Add application",
            "Change application secret",
            "Add application permission",
            "Remove application"
        ]
    );
}

/// Tokens of the build before name no credential; they end by themselves within the hour.
#[tokio::test]
async fn a_token_that_names_no_credential_outlives_the_secret() {
    let app = TestApp::new().await;
    let added = an_app(&app, &[Permission::UserReadAll]).await;
    let now = app.directory().now();
    let origin = app.app.origins.listed().iter().next().unwrap();
    let claims = Claims {
        aud: AUDIENCE.to_string(),
        iss: issuer(origin.as_str(), app.tenant.id.0),
        iat: now.as_second(),
        nbf: now.as_second(),
        exp: now.as_second() + LIFETIME,
        appid: added.app.client_id,
        azp: Some(added.app.client_id),
        idtyp: Some("app".to_owned()),
        oid: added.app.object,
        sub: added.app.object.to_string(),
        tid: app.tenant.id.0,
        roles: Some(vec!["User.Read.All".to_owned()]),
        scp: None,
        wids: None,
        credential: None,
        uti: "1".to_owned(),
        jti: "1".to_owned(),
        ver: "2.0".to_owned(),
    };
    let sign = |claims: &Claims| app.app.signing.sign(claims, now).unwrap();
    let without = sign(&claims);
    let credential = Some(uuid::Uuid::from_u128(7));
    let of_another = sign(&Claims {
        credential,
        ..claims
    });
    assert_eq!(lists(&app, &without).await, StatusCode::OK);
    assert_eq!(lists(&app, &of_another).await, StatusCode::UNAUTHORIZED);
    let changed = app
        .directory()
        .change_secret(app.tenant.id, added.app.client_id);
    changed.await.unwrap();
    assert_eq!(lists(&app, &without).await, StatusCode::OK);
    app.advance(SignedDuration::from_secs(LIFETIME));
    assert_eq!(lists(&app, &without).await, StatusCode::UNAUTHORIZED);
}

async fn published(app: &TestApp) -> Vec<String> {
    let keys = app.get("/common/discovery/v2.0/keys").send().await.json();
    let keys = keys["keys"].as_array().unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

fn signed_by(token: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let header = token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn signing_keys_rotate_while_tokens_of_both_are_about() {
    let app = TestApp::new().await;
    let directory = app.directory();
    let rotate = async |others| {
        let key = open::add_signing_key(directory, others).await.unwrap();
        assert!(watch::refresh(&app.app).await.unwrap(), "a new key is seen");
        assert!(!watch::refresh(&app.app).await.unwrap(), "and read once");
        key.kid().to_owned()
    };
    let first = rotate(OtherKeys::Stay).await;
    app.advance(SignedDuration::from_secs(1));
    let second = rotate(OtherKeys::Stay).await;
    // Published before it signs.
    assert_eq!(published(&app).await, [second.as_str(), first.as_str()]);
    let old = app.token().await;
    assert_eq!(signed_by(&old), first);
    // A third would be passed over by nobody: it is refused until the second one signs.
    let third = open::add_signing_key(directory, OtherKeys::Stay).await;
    assert!(third.is_err());
    app.advance(AHEAD - SignedDuration::from_secs(1));
    let last_of_old = app.token().await;
    assert_eq!(signed_by(&last_of_old), first);
    app.advance(SignedDuration::from_secs(1));
    let new = app.token().await;
    assert_eq!(signed_by(&new), second);
    assert_eq!(lists(&app, &last_of_old).await, StatusCode::OK);
    app.advance(AFTER - SignedDuration::from_secs(1));
    assert_eq!(published(&app).await.len(), 2);
    app.advance(SignedDuration::from_secs(1));
    assert_eq!(published(&app).await, [second.as_str()]);
    // Leaked: nothing that another key signed is taken, not even what was found good a moment ago.
    let leaked = app.token().await;
    assert_eq!(lists(&app, &leaked).await, StatusCode::OK);
    let after = rotate(OtherKeys::Withdrawn).await;
    assert_eq!(published(&app).await, [after.as_str()]);
    assert_eq!(lists(&app, &leaked).await, StatusCode::UNAUTHORIZED);
    let good = app.token().await;
    assert_eq!(lists(&app, &good).await, StatusCode::OK);
}
