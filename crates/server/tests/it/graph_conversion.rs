//! POST /users/{id}/convertExternalToInternalMemberUser, which beta alone has.

use axum::http::StatusCode;
use directory::{Permission, Role};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::created;

struct Scene {
    app: TestApp,
    token: String,
    guest: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let body = json!({
            "invitedUserEmailAddress": "AdeleV@woodgrove.com",
            "invitedUserDisplayName": "Adele Vance",
            "inviteRedirectUrl": "https://app.example",
        });
        let asking = app.post("/v1.0/invitations").bearer(&token).json(&body);
        let made = asking.send().await.json();
        let guest = made["invitedUser"]["id"].as_str().unwrap().to_owned();
        Self { app, token, guest }
    }

    async fn convert(&self, body: Value) -> Reply {
        self.convert_as(&self.token, body).await
    }

    async fn convert_as(&self, token: &str, body: Value) -> Reply {
        let path = format!(
            "/beta/users/{}/convertExternalToInternalMemberUser",
            self.guest
        );
        let asking = self.app.post(&path).bearer(token);
        asking.json(&body).send().await
    }

    async fn read(&self) -> Value {
        let path = format!("/beta/users/{}", self.guest);
        self.app.get(&path).bearer(&self.token).send().await.json()
    }
}

/// The published example, which sends a truth value as a text.
fn example() -> Value {
    json!({
        "userPrincipalName": "AdeleVance@contoso.com",
        "passwordProfile": {
            "password": "Zdi087#2jhkahf",
            "forceChangePasswordNextSignIn": "true",
        },
    })
}

#[tokio::test]
async fn a_guest_becomes_a_member_who_signs_in_here() {
    let scene = Scene::new().await;
    let reply = scene.convert(example()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let mut answer = reply.json();
    let at = answer["convertedToInternalUserDateTime"].take();
    assert!(at.as_str().is_some_and(|at| at.ends_with('Z')), "{at}");
    let expected = json!({
        "@odata.context": "https://localhost:8443/beta/$metadata#microsoft.graph.conversionUserDetails",
        "displayName": "Adele Vance",
        "userPrincipalName": "AdeleVance@contoso.com",
        "convertedToInternalUserDateTime": null,
        "mail": "AdeleV@woodgrove.com",
    });
    assert_eq!(answer, expected);
    let user = scene.read().await;
    assert_eq!(user["userType"], "Member");
    assert_eq!(user["externalUserState"], Value::Null);
    assert_eq!(user["id"], json!(scene.guest));
    // With another mail, of one's own domain; the function may be qualified.
    let other = Scene::new().await;
    let mut body = example();
    body["mail"] = json!("AdeleV@contoso.com");
    let path = format!(
        "/beta/users('{}')/microsoft.graph.convertExternalToInternalMemberUser()",
        other.guest
    );
    let asking = other.app.post(&path).bearer(&other.token).json(&body);
    let reply = asking.send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.json()["mail"], "AdeleV@contoso.com");
}

#[tokio::test]
async fn errors_are_told_in_the_documented_words() {
    let scene = Scene::new().await;
    let before = scene.read().await;
    let set = |name: &str, value: Value| {
        let mut body = example();
        body[name] = value;
        body
    };
    for (body, message, target) in [
        (
            set("userPrincipalName", json!("adele@fabrikam.example")),
            "The provided UPN doesn't have a valid domain.",
            "userPrincipalName",
        ),
        (
            set("userPrincipalName", json!("")),
            "The provided UPN can't be empty.",
            "userPrincipalName",
        ),
        (
            set("userPrincipalName", Value::Null),
            "The provided UPN can't be empty.",
            "userPrincipalName",
        ),
        (
            json!({}),
            "The provided UPN can't be empty.",
            "userPrincipalName",
        ),
        (
            set("mail", json!("adele@fabrikam.example")),
            "The provided mail doesn't have a valid domain.",
            "mail",
        ),
        (
            set("mail", json!("")),
            "The mail provided can't be empty.",
            "mail",
        ),
        (
            set(
                "passwordProfile",
                json!({ "forceChangePasswordNextSignIn": true }),
            ),
            "The provided password isn't valid.",
            "passwordProfile/password",
        ),
    ] {
        let reply = scene.convert(body.clone()).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            reply.text()
        );
        assert_eq!(reply.error().1, message, "{body}");
        assert_eq!(reply.targets(), [target], "{body}");
    }
    for (name, value, target) in [
        ("accountEnabled", json!(true), "accountEnabled"),
        ("mail", json!(5), "mail"),
        (
            "passwordProfile",
            json!({ "password": "short1A" }),
            "passwordProfile/password",
        ),
        (
            "passwordProfile",
            json!({ "password": "Zdi087#2jhkahf", "forceChangePasswordNextSignIn": "maybe" }),
            "passwordProfile/forceChangePasswordNextSignIn",
        ),
    ] {
        let reply = scene.convert(set(name, value)).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{name} {}",
            reply.text()
        );
        assert_eq!(reply.targets()[0], target, "{}", reply.text());
    }
    assert_eq!(scene.read().await, before);
    // Somebody internal, and nobody.
    let member = created(&scene.app, &scene.token, "member").await;
    let path = |id: &str| format!("/beta/users/{id}/convertExternalToInternalMemberUser");
    let send = async |id: &str| {
        let asking = scene.app.post(&path(id)).bearer(&scene.token);
        asking.json(&example()).send().await
    };
    let reply = send(&member).await;
    let message = "The user authentication is already internal and isn't eligible for conversion.";
    assert_eq!(
        (reply.status, &*reply.error().1),
        (StatusCode::BAD_REQUEST, message)
    );
    let reply = send("nobody@contoso.com").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    // v1.0 does not have it.
    let v1 = path(&scene.guest).replace("beta", "v1.0");
    let asking = scene.app.post(&v1).bearer(&scene.token).json(&example());
    let message = "Resource not found for the segment 'convertExternalToInternalMemberUser'.";
    assert_eq!(asking.send().await.error().1, message);
}

#[tokio::test]
async fn permissions_are_the_documented_ones() {
    let scene = Scene::new().await;
    let admin = created(&scene.app, &scene.token, "admin").await;
    for permission in [Permission::UserInviteAll, Permission::DirectoryReadWriteAll] {
        let token = scene.app.token_with(&[permission]).await;
        let reply = scene.convert_as(&token, example()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{permission:?}");
    }
    let scopes = [Permission::UserConvertToInternalReadWriteAll];
    for (roles, status) in [
        (&[][..], StatusCode::FORBIDDEN),
        (&[Role::HelpdeskAdministrator], StatusCode::FORBIDDEN),
        (&[Role::UserAdministrator], StatusCode::OK),
    ] {
        // Roles are remembered for a second.
        scene.app.advance(SignedDuration::from_secs(2));
        let person = scene.app.person_token(&admin, &scopes, roles).await;
        let reply = scene.convert_as(&person, example()).await;
        assert_eq!(reply.status, status, "{roles:?} {}", reply.text());
    }
    let other = Scene::new().await;
    let token = other.app.token_with(&scopes).await;
    assert_eq!(
        other.convert_as(&token, example()).await.status,
        StatusCode::OK
    );
}
