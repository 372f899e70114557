//! Invitations over the API.

use axum::http::StatusCode;
use directory::Permission;
use serde_json::{Value, json};
use server::app::Mode;
use testkit::TestApp;

use crate::samples::{but, lacking};

fn invitation() -> Value {
    json!({
        "invitedUserEmailAddress": "admin@fabrikam.com",
        "inviteRedirectUrl": "https://myapp.contoso.com"
    })
}

#[tokio::test]
async fn the_documented_invitation_is_made_as_printed() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let reply = app
        .post("/v1.0/invitations")
        .bearer(&token)
        .json(&invitation())
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let made = reply.json();
    let names: Vec<_> = made
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let documented = [
        "@odata.context",
        "id",
        "inviteRedeemUrl",
        "invitedUserDisplayName",
        "invitedUserEmailAddress",
        "sendInvitationMessage",
        "invitedUserMessageInfo",
        "inviteRedirectUrl",
        "status",
        "invitedUser",
        "invitedUserType",
        "resetRedemption",
    ];
    assert_eq!(names, documented);
    let (id, user) = (
        made["id"].as_str().unwrap(),
        made["invitedUser"]["id"].as_str().unwrap(),
    );
    assert_ne!(id, user);
    let link = made["inviteRedeemUrl"].as_str().unwrap();
    let start = format!(
        "http://localhost:8080/redeem/?tenant={}&user={id}&ticket=",
        app.tenant.id.0
    );
    assert!(
        link.starts_with(&start) && link.ends_with("&lc=1033&ver=2.0"),
        "{link}"
    );
    let expected = json!({
        "@odata.context": "https://localhost:8443/v1.0/$metadata#invitations/$entity",
        "id": id,
        "inviteRedeemUrl": link,
        "invitedUserDisplayName": made["invitedUserDisplayName"],
        "invitedUserEmailAddress": "admin@fabrikam.com",
        "sendInvitationMessage": false,
        "invitedUserMessageInfo": {
            "messageLanguage": null,
            "ccRecipients": [{ "emailAddress": { "name": null, "address": null } }],
            "customizedMessageBody": null
        },
        "inviteRedirectUrl": "https://myapp.contoso.com",
        "status": "Completed",
        "invitedUser": { "id": user },
        "invitedUserType": "Guest",
        "resetRedemption": false,
    });
    assert_eq!(made, expected);
    assert_eq!(
        reply.header("location"),
        format!("https://localhost:8443/v1.0/invitations/{id}")
    );
}

#[tokio::test]
async fn the_guest_is_there_at_once() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let made = app
        .post("/v1.0/invitations")
        .bearer(&token)
        .json(&invitation())
        .send()
        .await
        .json();
    let user = made["invitedUser"]["id"].as_str().unwrap();
    let select = "$select=userType,externalUserState,creationType,mail,userPrincipalName";
    let guest = app
        .get(&format!("/v1.0/users/{user}?{select}"))
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(guest["userType"], "Guest");
    assert_eq!(guest["externalUserState"], "PendingAcceptance");
    assert_eq!(guest["creationType"], "Invitation");
    assert_eq!(guest["mail"], "admin@fabrikam.com");
    assert_eq!(
        guest["userPrincipalName"],
        "admin_fabrikam.com#EXT#@contoso.onmicrosoft.com"
    );
    let by_name = "/v1.0/users/admin_fabrikam.com%23EXT%23@contoso.onmicrosoft.com";
    assert_eq!(
        app.get(by_name).bearer(&token).send().await.json()["id"],
        user
    );
}

#[tokio::test]
async fn the_ticket_is_shown_once() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let made = app
        .post("/v1.0/invitations")
        .bearer(&token)
        .json(&invitation())
        .send()
        .await
        .json();
    let id = made["id"].as_str().unwrap();
    let read = app
        .get(&format!("/v1.0/invitations/{id}"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(read.status, StatusCode::OK, "{}", read.text());
    assert_eq!(read.json()["inviteRedeemUrl"], Value::Null);
    assert!(!read.text().contains("ticket"), "{}", read.text());
    let same = app
        .get(&format!("/v1.0/invitations('{id}')"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(same.text(), read.text());
    let list = app.get("/v1.0/invitations").bearer(&token).send().await;
    assert!(!list.text().contains("ticket"), "{}", list.text());
    let mut one = read.json();
    one.as_object_mut().unwrap().remove("@odata.context");
    assert_eq!(list.json()["value"], json!([one]));
    let selected = app
        .get("/v1.0/invitations?$select=status,id")
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(
        selected["value"],
        json!([{ "id": id, "status": "Completed" }])
    );
}

#[tokio::test]
async fn an_answer_can_be_posted_back() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let made = app
        .post("/v1.0/invitations")
        .bearer(&token)
        .json(&invitation())
        .send()
        .await
        .json();
    let mut back = made.clone();
    for name in ["id", "inviteRedeemUrl", "status", "invitedUser"] {
        back = lacking(back, name);
    }
    let again = app
        .post("/v1.0/invitations")
        .bearer(&token)
        .json(&back)
        .send()
        .await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.text());
    assert_eq!(again.json()["invitedUser"], made["invitedUser"]);
    assert_ne!(again.json()["id"], made["id"]);
}

#[tokio::test]
async fn a_bad_invitation_is_refused_naming_the_property() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let check = async |body: Value, code: &str, target: &str| {
        let reply = app
            .post("/v1.0/invitations")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            reply.text()
        );
        assert_eq!(reply.error().0, code, "{body}");
        let targets = reply.targets();
        assert_eq!(
            targets.first().map(String::as_str),
            Some(target),
            "{body} {}",
            reply.text()
        );
    };
    let (address, redirect) = ("invitedUserEmailAddress", "inviteRedirectUrl");
    let (bad, broken) = ("Request_BadRequest", "BadRequest");
    check(lacking(invitation(), address), bad, address).await;
    check(lacking(invitation(), redirect), bad, redirect).await;
    for wrong in [
        "",
        "x",
        "a@b@c",
        "a@x.example, b@y.example",
        "a\r\nBcc: b@y.example@x.example",
        "a＠x.example",
    ] {
        check(but(invitation(), address, json!(wrong)), bad, address).await;
    }
    check(
        but(invitation(), address, json!(["a@x.example"])),
        bad,
        address,
    )
    .await;
    for wrong in [
        "http://x.example",
        "javascript:alert(1)",
        "https://u:p@x.example",
        "https://x.example/#a",
        "/x",
    ] {
        check(but(invitation(), redirect, json!(wrong)), broken, redirect).await;
    }
    check(but(invitation(), "id", json!("x")), bad, "id").await;
    check(
        but(invitation(), "status", json!("Completed")),
        bad,
        "status",
    )
    .await;
    check(but(invitation(), "roles", json!([])), bad, "roles").await;
    check(
        but(invitation(), "invitedUserType", json!("Admin")),
        bad,
        "invitedUserType",
    )
    .await;
    check(
        but(invitation(), address, json!("a@contoso.com")),
        broken,
        address,
    )
    .await;
}

#[tokio::test]
async fn member_guests_need_more_than_the_permission_to_invite() {
    let app = TestApp::new().await;
    let body = but(invitation(), "invitedUserType", json!("Member"));
    let few = app.token_with(&[Permission::UserInviteAll]).await;
    let reply = app
        .post("/v1.0/invitations")
        .bearer(&few)
        .json(&body)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text());
    assert_eq!(reply.error().0, "Authorization_RequestDenied");
    let more = app.token_with(&[Permission::UserReadWriteAll]).await;
    let reply = app
        .post("/v1.0/invitations")
        .bearer(&more)
        .json(&body)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
}

#[tokio::test]
async fn the_same_request_sent_again_gets_the_first_answer() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let send = |key: &str, body: &Value| {
        app.post("/v1.0/invitations")
            .bearer(&token)
            .header("idempotency-key", key)
            .json(body)
            .send()
    };
    let first = send("k1", &invitation()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
    assert_eq!(send("k1", &invitation()).await.text(), first.text());
    assert_ne!(
        send("k2", &invitation()).await.json()["id"],
        first.json()["id"]
    );
    let other = but(invitation(), "sendInvitationMessage", json!(true));
    let reused = send("k1", &other).await;
    assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let long = "k".repeat(256);
    assert_eq!(
        send(&long, &invitation()).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn without_mail_nobody_is_invited() {
    let app = TestApp::with(Mode::Serve, |policy| policy.mail_configured = false).await;
    let token = app.token().await;
    let reply = app
        .post("/v1.0/invitations")
        .bearer(&token)
        .json(&invitation())
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
    assert!(
        reply.error().1.contains("No mail can be sent"),
        "{}",
        reply.text()
    );
    assert_eq!(
        app.get("/v1.0/users").bearer(&token).send().await.json()["value"],
        json!([])
    );
}

#[tokio::test]
async fn too_many_invitations_are_told_when_to_come_back() {
    let app = TestApp::with(Mode::Serve, |policy| policy.quota_factor = 1).await;
    let token = app.token().await;
    let body = but(invitation(), "sendInvitationMessage", json!(true));
    let mut last = None;
    for _ in 0..6 {
        last = Some(
            app.post("/v1.0/invitations")
                .bearer(&token)
                .json(&body)
                .send()
                .await,
        );
    }
    let last = last.unwrap();
    assert_eq!(
        last.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        last.text()
    );
    assert_eq!(last.error().0, "TooManyRequests");
    let after: u32 = last.header("retry-after").parse().unwrap();
    assert!((1..180).contains(&after), "{after}");
}

#[tokio::test]
async fn ignored_references_are_noted() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut body = invitation();
    body["invitedUserManager@odata.bind"] = json!("https://localhost:8443/v1.0/users/x");
    let asking = app.post("/v1.0/invitations").bearer(&token).json(&body);
    let reply = asking.send().await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    assert_eq!(
        reply.header("x-vestibule-note"),
        "references were ignored: invitedUserManager@odata.bind"
    );
}
