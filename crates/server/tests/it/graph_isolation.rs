//! Two tenants on one server know nothing of each other (T-50).

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::{created, masked};

/// Everything of an answer but ids and dates.
fn shape(reply: &Reply, id: &str) -> (StatusCode, Vec<String>, Value) {
    let mut headers: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
    headers.sort();
    let body = masked(reply.json()).to_string().replace(id, "ID");
    (reply.status, headers, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn anothers_object_is_a_random_id() {
    let app = TestApp::new().await;
    let other = app.other_tenant().await;
    let (ours, theirs) = (app.token().await, app.token_of(&other).await);
    let body = json!({
        "accountEnabled": true,
        "displayName": "Theirs",
        "mailNickname": "theirs",
        "userPrincipalName": "theirs@fabrikam.com",
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
    });
    let made = app
        .post("/v1.0/users")
        .bearer(&theirs)
        .json(&body)
        .send()
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let user = made.json()["id"].as_str().unwrap().to_owned();
    let body = json!({ "invitedUserEmailAddress": "a@x.example", "inviteRedirectUrl": "https://x.example" });
    let invited = app
        .post("/v1.0/invitations")
        .bearer(&theirs)
        .json(&body)
        .send()
        .await
        .json();
    let invitation = invited["id"].as_str().unwrap().to_owned();

    let change = json!({ "city": "x" });
    for (set, id) in [
        ("users", user.as_str()),
        ("invitations", invitation.as_str()),
    ] {
        let random = app.directory().ids().uuid().to_string();
        let methods = match set {
            "users" => vec![Method::GET, Method::PATCH, Method::DELETE],
            _ => vec![Method::GET],
        };
        for method in methods {
            let ask = |id: &str| {
                let target = format!("/v1.0/{set}/{id}");
                app.ask(method.clone(), &target)
                    .bearer(&ours)
                    .json(&change)
                    .send()
            };
            let (real, made_up) = (ask(id).await, ask(&random).await);
            assert_eq!(real.status, StatusCode::NOT_FOUND, "{method} {set}");
            assert_eq!(shape(&real, id), shape(&made_up, &random), "{method} {set}");
        }
    }
    let name = app
        .get("/v1.0/users/theirs@fabrikam.com")
        .bearer(&ours)
        .send()
        .await;
    assert_eq!(name.status, StatusCode::NOT_FOUND);
    let still = app
        .get(&format!("/v1.0/users/{user}"))
        .bearer(&theirs)
        .send()
        .await;
    assert_eq!(still.status, StatusCode::OK);
}

#[tokio::test]
async fn lists_and_names_are_a_tenants_own() {
    let app = TestApp::new().await;
    let other = app.other_tenant().await;
    let (ours, theirs) = (app.token().await, app.token_of(&other).await);
    created(&app, &ours, "adele").await;
    let list = app.get("/v1.0/users").bearer(&theirs).send().await.json();
    assert_eq!(list["value"], json!([]));
    let guest = json!({ "invitedUserEmailAddress": "a@x.example", "inviteRedirectUrl": "https://x.example" });
    for token in [&ours, &theirs] {
        let reply = app
            .post("/v1.0/invitations")
            .bearer(token)
            .json(&guest)
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    }
}

#[tokio::test]
async fn a_token_acts_in_its_own_tenant_whatever_a_header_says() {
    let app = TestApp::new().await;
    let other = app.other_tenant().await;
    let (ours, theirs) = (app.token().await, app.token_of(&other).await);
    created(&app, &ours, "adele").await;
    let tenant = app.tenant.id.0.to_string();
    for header in ["tid", "x-tenant", "x-ms-tenant-id"] {
        let reply = app
            .get("/v1.0/users")
            .bearer(&theirs)
            .header(header, &tenant)
            .send()
            .await;
        assert_eq!(reply.json()["value"], json!([]), "{header}");
    }
}
