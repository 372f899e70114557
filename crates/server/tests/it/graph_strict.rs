//! The strict manner: what the documented service refuses is refused in its words, with a hint of our own; the friendly
//! manner takes the same requests.

use axum::http::StatusCode;
use directory::{Manner, Settings};
use serde_json::{Value, json};
use testkit::TestApp;

/// An app whose tenant is served in that manner.
async fn served(manner: &str) -> (TestApp, String) {
    let app = TestApp::new().await;
    let settings = Settings {
        manner: Manner::named(manner).unwrap(),
        ..Settings::default()
    };
    app.directory()
        .set_settings(app.tenant.id, &settings)
        .await
        .unwrap();
    let token = app.token().await;
    (app, token)
}

fn invitation(address: &str) -> Value {
    json!({ "invitedUserEmailAddress": address, "inviteRedirectUrl": "https://myapp.contoso.com" })
}

#[tokio::test]
async fn invited_addresses_hold_no_plus() {
    let address = "sam+news@fabrikam.example";
    let (strict, token) = served("strict").await;
    let asking = strict.post("/v1.0/invitations").bearer(&token);
    let reply = asking.json(&invitation(address)).send().await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let error = reply.json()["error"].clone();
    assert_eq!(error["details"][0]["target"], "invitedUserEmailAddress");
    let hint = error["innerError"]["hint"].as_str().unwrap();
    assert!(hint.contains('+'), "{hint}");

    let (friendly, token) = served("friendly").await;
    let asking = friendly.post("/v1.0/invitations").bearer(&token);
    let reply = asking.json(&invitation(address)).send().await;
    assert_eq!(reply.status, StatusCode::CREATED);
}

#[tokio::test]
async fn invitations_are_made_and_never_shown_and_their_status_is_one_word() {
    let (app, token) = served("strict").await;
    for send in [false, true] {
        let mut body = invitation("sam@fabrikam.example");
        body["sendInvitationMessage"] = json!(send);
        let asking = app.post("/v1.0/invitations").bearer(&token);
        let made = asking.json(&body).send().await.json();
        assert_eq!(made["status"], "PendingAcceptance", "{send}");
        for path in ["", &format!("/{}", made["id"].as_str().unwrap())] {
            let reply = app.get(&format!("/v1.0/invitations{path}"));
            let reply = reply.bearer(&token).send().await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
            let hint = &reply.json()["error"]["innerError"]["hint"];
            assert!(hint.as_str().unwrap().contains("friendly"), "{hint}");
        }
    }
}
