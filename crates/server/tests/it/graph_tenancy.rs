//! A tenant in the path of a request or of a reference: taken where it is the token's.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::TestApp;

use crate::graph_batch::{answers, getting, statuses};
use crate::samples::created;

/// Names of contoso, and of what it is not.
async fn names(app: &TestApp) -> ([String; 4], [String; 4]) {
    let own = app.tenant.id.0.to_string();
    let other = app.other_tenant().await;
    let own = [
        own.to_uppercase(),
        "Contoso.com".to_owned(),
        "contoso.onmicrosoft.com".to_owned(),
        "myOrganization".to_owned(),
    ];
    let foreign = [
        other.id.0.to_string(),
        "fabrikam.com".to_owned(),
        "nobody.example".to_owned(),
        app.directory().ids().uuid().to_string(),
    ];
    (own, foreign)
}

#[tokio::test]
async fn a_request_may_name_its_own_tenant() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    created(&app, &token, "ben").await;
    let (own, foreign) = names(&app).await;
    for version in ["v1.0", "beta"] {
        for tenant in &own {
            let base = format!("/{version}/{tenant}");
            let read = app.get(&format!("{base}/users/{id}?$select=id"));
            let read = read.bearer(&token).send().await;
            assert_eq!(read.status, StatusCode::OK, "{base} {}", read.text());
            assert_eq!(read.json()["id"], id.as_str());
            // What the answer refers to is written without the tenant.
            let context = read.json()["@odata.context"].as_str().unwrap().to_owned();
            let expected = format!("https://localhost:8443/{version}/$metadata#users(id)/$entity");
            assert_eq!(context, expected);
            let change = app.patch(&format!("{base}/users('{id}')"));
            let change = change.bearer(&token).json(&json!({ "city": "Pune" }));
            assert_eq!(change.send().await.status, StatusCode::NO_CONTENT, "{base}");
            let unknown = app.get(&format!("{base}/nothing")).bearer(&token);
            let unknown = unknown.send().await.error().1;
            assert!(unknown.contains("'nothing'"), "{unknown}");
            let schema = app.get(&format!("{base}/$metadata")).send().await;
            assert_eq!(schema.status, StatusCode::OK);
        }
        for tenant in &foreign {
            for (method, rest) in [
                (Method::GET, format!("users/{id}")),
                (Method::DELETE, format!("users/{id}")),
                (Method::GET, "nothing".to_owned()),
            ] {
                let path = format!("/{version}/{tenant}/{rest}");
                let refused = app.ask(method, &path).bearer(&token).send().await;
                assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
                let (code, message) = refused.error();
                assert_eq!(code, "BadRequest", "{path}");
                assert!(
                    message.contains("not the tenant of the access token"),
                    "{message}"
                );
            }
            // A stranger learns nothing of which tenants there are.
            let stranger = app.get(&format!("/{version}/{tenant}/users")).send().await;
            assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
        }
    }
    let pages = app.get("/v1.0/contoso.com/users?$top=1").bearer(&token);
    let next = pages.send().await.json()["@odata.nextLink"].clone();
    let next = next.as_str().unwrap().replace("https://localhost:8443", "");
    assert_eq!(
        app.get(&next).bearer(&token).send().await.status,
        StatusCode::OK
    );
    let steps = json!([
        getting("1", &format!("/contoso.com/users/{id}")),
        getting("2", &format!("/v1.0/{}/users/{id}", own[0])),
        getting("3", &format!("/fabrikam.com/users/{id}")),
    ]);
    assert_eq!(
        statuses(&answers(&app, &token, steps).await),
        [200, 200, 400]
    );
}

#[tokio::test]
async fn a_reference_may_name_its_own_tenant() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let manager = created(&app, &token, "ben").await;
    let (own, foreign) = names(&app).await;
    let put = async |url: String| {
        let path = format!("/v1.0/users/{id}/manager/$ref");
        let body = json!({ "@odata.id": url });
        app.ask(Method::PUT, &path)
            .bearer(&token)
            .json(&body)
            .send()
            .await
    };
    for tenant in &own {
        for url in [
            format!("https://graph.microsoft.com/v1.0/{tenant}/directoryObjects/{manager}"),
            format!("https://graph.microsoft.com/beta/{tenant}/users/{manager}"),
            format!("https://localhost:8443/v1.0/{tenant}/users('{manager}')"),
            format!(
                "https://graph.microsoft.com/v2/{tenant}/directoryObjects/{manager}/Microsoft.DirectoryServices.User"
            ),
        ] {
            let reply = put(url.clone()).await;
            assert_eq!(
                reply.status,
                StatusCode::NO_CONTENT,
                "{url} {}",
                reply.text()
            );
        }
        let bound = format!("https://graph.microsoft.com/v1.0/{tenant}/users/{manager}");
        let change = app.patch(&format!("/v1.0/users/{id}")).bearer(&token);
        let change = change
            .json(&json!({ "manager@odata.bind": bound }))
            .send()
            .await;
        assert_eq!(change.status, StatusCode::NO_CONTENT, "{}", change.text());
    }
    let removed = app.delete(&format!("/v1.0/users/{id}/manager/$ref"));
    removed.bearer(&token).send().await;
    let refused = |reply: testkit::Reply, target: &str| {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        let detail = &reply.json()["error"]["details"][0];
        assert_eq!(detail["target"], target);
        assert_eq!(detail["message"], "an object of another tenant");
    };
    for tenant in &foreign {
        for version in ["v1.0", "beta", "v2"] {
            let url = format!(
                "https://graph.microsoft.com/{version}/{tenant}/directoryObjects/{manager}"
            );
            refused(put(url.clone()).await, "@odata.id");
            let body = json!({ "manager@odata.bind": url });
            let change = app.patch(&format!("/v1.0/users/{id}")).bearer(&token);
            refused(change.json(&body).send().await, "manager@odata.bind");
        }
        let invitation: Value = json!({
            "invitedUserEmailAddress": "sam@fabrikam.example",
            "inviteRedirectUrl": "https://app.example",
            "invitedUser": { "manager@odata.bind":
                format!("https://graph.microsoft.com/v1.0/{tenant}/users/{manager}") },
        });
        let invite = app.post("/v1.0/invitations").bearer(&token);
        refused(invite.json(&invitation).send().await, "manager@odata.bind");
    }
    let none = app.get(&format!("/v1.0/users/{id}/manager")).bearer(&token);
    assert_eq!(none.send().await.status, StatusCode::NOT_FOUND);
}
