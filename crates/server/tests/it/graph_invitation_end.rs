//! DELETE /invitations/{id} and POST /invitations/{id}/resend over HTTP.

use axum::http::StatusCode;
use directory::Permission;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

async fn invited(app: &TestApp, token: &str, address: &str) -> Value {
    let body = json!({ "invitedUserEmailAddress": address, "inviteRedirectUrl": "https://a.example",
        "sendInvitationMessage": true });
    let reply = app.post("/v1.0/invitations").bearer(token).json(&body);
    let reply = reply.send().await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()
}

async fn link(app: &TestApp, invitation: &Value) -> StatusCode {
    let link = invitation["inviteRedeemUrl"].as_str().unwrap();
    let path = link.split_once("/redeem/").unwrap().1;
    app.get(&format!("/redeem/{path}")).send().await.status
}

async fn delete(app: &TestApp, token: &str, id: &str) -> Reply {
    let target = format!("/v1.0/invitations/{id}");
    app.delete(&target).bearer(token).send().await
}

#[tokio::test]
async fn a_revoked_invitation_takes_its_guest_along() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let made = invited(&app, &token, "sam@fabrikam.example").await;
    let (id, guest) = (
        made["id"].as_str().unwrap(),
        made["invitedUser"]["id"].as_str().unwrap(),
    );
    assert_eq!(link(&app, &made).await, StatusCode::SEE_OTHER);
    let reply = delete(&app, &token, id).await;
    assert_eq!(
        (reply.status, reply.header("x-vestibule-guest")),
        (StatusCode::NO_CONTENT, "deleted")
    );
    assert_eq!(link(&app, &made).await, StatusCode::GONE);
    let user = app.get(&format!("/v1.0/users/{guest}")).bearer(&token);
    assert_eq!(user.send().await.status, StatusCode::NOT_FOUND);
    // The row stays.
    let read = app.get(&format!("/v1.0/invitations/{id}")).bearer(&token);
    assert_eq!(read.send().await.status, StatusCode::OK);
    let reply = delete(&app, &token, id).await;
    assert_eq!(
        (reply.status, reply.header("x-vestibule-guest")),
        (StatusCode::NO_CONTENT, "kept")
    );
    for unknown in ["nothing", "00000000-0000-4000-8000-000000000000"] {
        let reply = delete(&app, &token, unknown).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text());
    }
}

#[tokio::test]
async fn a_resent_invitation_has_a_new_link() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let first = invited(&app, &token, "sam@fabrikam.example").await;
    let target = format!("/v1.0/invitations/{}/resend", first["id"].as_str().unwrap());
    let reply = app.post(&target).bearer(&token).send().await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let again = reply.json();
    let location = reply.header("location").to_owned();
    assert!(
        location.ends_with(again["id"].as_str().unwrap()),
        "{location}"
    );
    assert_ne!(again["inviteRedeemUrl"], first["inviteRedeemUrl"]);
    assert_eq!(again["invitedUser"], first["invitedUser"]);
    assert_eq!(link(&app, &first).await, StatusCode::GONE);
    assert_eq!(link(&app, &again).await, StatusCode::SEE_OTHER);
    let with_body = app.post(&target).bearer(&token).json(&json!({ "a": 1 }));
    assert_eq!(with_body.send().await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn another_tenants_invitation_is_none() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let other = app.other_tenant().await;
    let foreign = app.token_of(&other).await;
    let made = invited(&app, &token, "sam@fabrikam.example").await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        delete(&app, &foreign, id).await.status,
        StatusCode::NOT_FOUND
    );
    let target = format!("/v1.0/invitations/{id}/resend");
    let reply = app.post(&target).bearer(&foreign).send().await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(link(&app, &made).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_refusal_names_what_would_do() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let made = invited(&app, &token, "sam@fabrikam.example").await;
    let weak = app.token_with(&[Permission::UserReadAll]).await;
    let reply = delete(&app, &weak, made["id"].as_str().unwrap()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let hint = reply.json()["error"]["innerError"]["hint"].clone();
    let hint = hint.as_str().unwrap();
    for name in [
        "User.Invite.All",
        "User.ReadWrite.All",
        "Directory.ReadWrite.All",
    ] {
        assert!(hint.contains(name), "{hint}");
    }
}
