//! Walks the route table: no route without a denial, no write without its audit record.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::graph::routes::{Access, Endpoint, ROUTES, Route};
use testkit::{Asking, TestApp};
use uuid::Uuid;

use crate::samples::{created, user};

/// A body that the endpoint accepts.
fn body(endpoint: Endpoint) -> Option<Value> {
    match endpoint {
        Endpoint::CreateUser => Some(user("fresh")),
        Endpoint::UpdateUser | Endpoint::UpdateMe => Some(json!({ "city": "Bonn" })),
        Endpoint::Invite => Some(json!({
            "invitedUserEmailAddress": "a@x.example",
            "inviteRedirectUrl": "https://x.example",
        })),
        Endpoint::ServiceDocument
        | Endpoint::Metadata
        | Endpoint::ListUsers
        | Endpoint::FollowUsers
        | Endpoint::ReadUser
        | Endpoint::DeleteUser
        | Endpoint::ReadMe
        | Endpoint::ListInvitations
        | Endpoint::ReadInvitation => None,
    }
}

/// The activity a successful write leaves in the audit trail.
fn activity(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::CreateUser => Some("Add user"),
        Endpoint::UpdateUser | Endpoint::UpdateMe => Some("Update user"),
        Endpoint::DeleteUser => Some("Delete user"),
        Endpoint::Invite => Some("Invite external user"),
        Endpoint::ServiceDocument
        | Endpoint::Metadata
        | Endpoint::ListUsers
        | Endpoint::FollowUsers
        | Endpoint::ReadUser
        | Endpoint::ReadMe
        | Endpoint::ListInvitations
        | Endpoint::ReadInvitation => None,
    }
}

/// A request that the route accepts from somebody who may.
async fn asking(app: &TestApp, token: &str, version: &str, route: &Route) -> Asking {
    let key = match route.endpoint {
        Endpoint::ReadInvitation => {
            let made = app
                .post("/v1.0/invitations")
                .bearer(token)
                .json(&body(Endpoint::Invite).unwrap());
            made.send().await.json()["id"].as_str().unwrap().to_owned()
        }
        _ if route.pattern.contains("{key}") => {
            created(
                app,
                token,
                &format!("u{}", app.directory().ids().uuid().simple()),
            )
            .await
        }
        _ => String::new(),
    };
    let target = format!("/{version}/{}", route.pattern.replace("{key}", &key));
    let asking = app.ask(route.method.clone(), &target);
    match body(route.endpoint) {
        Some(body) => asking.json(&body),
        None => asking,
    }
}

#[tokio::test]
async fn every_route_denies_strangers_and_apps_without_permission() {
    let app = TestApp::new().await;
    let all = app.token().await;
    let none = app.token_with(&[]).await;
    for route in ROUTES {
        for version in ["v1.0", "beta"] {
            let at = format!("{} /{version}/{}", route.method, route.pattern);
            let stranger = asking(&app, &all, version, route).await.send().await;
            let weak = asking(&app, &all, version, route)
                .await
                .bearer(&none)
                .send()
                .await;
            match route.access {
                Access::Open => assert_eq!(stranger.status, StatusCode::OK, "{at}"),
                Access::Person => {
                    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{at}");
                    assert_eq!(weak.status, StatusCode::BAD_REQUEST, "{at}");
                }
                Access::Needs(_) | Access::Depends => {
                    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{at}");
                    assert_eq!(stranger.error().1, "Access token is empty.", "{at}");
                    assert_eq!(weak.status, StatusCode::FORBIDDEN, "{at} {}", weak.text());
                    assert_eq!(weak.error().0, "Authorization_RequestDenied", "{at}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_write_leaves_one_audit_record_of_its_request() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for route in ROUTES.iter().filter(|route| route.access != Access::Person) {
        let at = format!("{} {}", route.method, route.pattern);
        let reply = asking(&app, &token, "v1.0", route)
            .await
            .bearer(&token)
            .send()
            .await;
        assert!(reply.status.is_success(), "{at} {}", reply.text());
        let request: Uuid = reply.header("request-id").parse().unwrap();
        let rows = app
            .directory()
            .store()
            .read(app.tenant.id)
            .audit(0, 1_000)
            .await
            .unwrap();
        let left: Vec<_> = rows
            .iter()
            .filter(|row| row.record.request_id == Some(request))
            .map(|row| row.record.activity.as_str())
            .collect();
        let expected: Vec<_> = activity(route.endpoint).into_iter().collect();
        assert_eq!(left, expected, "{at}");
        assert_eq!(
            route.method == Method::GET,
            activity(route.endpoint).is_none(),
            "{at}"
        );
    }
}

#[tokio::test]
async fn a_refused_write_leaves_nothing_behind() {
    let app = TestApp::new().await;
    let all = app.token().await;
    let none = app.token_with(&[]).await;
    for route in ROUTES.iter().filter(|route| route.method != Method::GET) {
        let asking = asking(&app, &all, "v1.0", route).await;
        let trail = async || {
            app.directory()
                .store()
                .read(app.tenant.id)
                .audit(0, 1_000)
                .await
                .unwrap()
                .len()
        };
        let before = trail().await;
        assert!(asking.bearer(&none).send().await.status.is_client_error());
        assert_eq!(trail().await, before, "{} {}", route.method, route.pattern);
    }
}
