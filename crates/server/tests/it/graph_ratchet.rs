//! Walks the route table: no route without a denial, no write without its audit record.

use axum::http::{Method, StatusCode};
use directory::Relationship;
use serde_json::{Value, json};
use server::graph::routes::{Access, Endpoint, ROUTES, Route};
use testkit::{Asking, TestApp};
use uuid::Uuid;

use crate::auth_bearer::claims;
use crate::samples::{created, picture, user};

/// A body that the endpoint accepts.
fn body(endpoint: Endpoint) -> Option<Value> {
    match endpoint {
        Endpoint::Batch => Some(json!({ "requests": [] })),
        Endpoint::CreateUser => Some(user("fresh")),
        Endpoint::UpdateUser | Endpoint::UpdateMe => Some(json!({ "city": "Bonn" })),
        Endpoint::ReadObjects => Some(json!({ "ids": [] })),
        Endpoint::Invite => Some(json!({
            "invitedUserEmailAddress": "a@x.example",
            "inviteRedirectUrl": "https://x.example",
        })),
        Endpoint::AddReference => Some(json!({ "mail": "ann@fabrikam.example" })),
        _ => None,
    }
}

/// The activity a successful write leaves in the audit trail.
fn activity(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::CreateUser => Some("Add user"),
        Endpoint::UpdateUser | Endpoint::UpdateMe => Some("Update user"),
        Endpoint::DeleteUser => Some("Delete user"),
        Endpoint::Invite | Endpoint::AddReference => Some("Invite external user"),
        Endpoint::Restore => Some("Restore user"),
        Endpoint::Purge => Some("Hard Delete user"),
        Endpoint::PutPhoto => Some("Set user photo"),
        Endpoint::DeletePhoto => Some("Remove user photo"),
        Endpoint::RevokeSessions => Some("Revoke sign-in sessions"),
        Endpoint::SetManager => Some("Set user manager"),
        Endpoint::UnsetManager => Some("Remove user manager"),
        Endpoint::AddSponsor => Some("Add user sponsor"),
        Endpoint::RemoveSponsor => Some("Remove user sponsor"),
        Endpoint::ApproveMember => Some("Approve pending member"),
        Endpoint::DeclineMember => Some("Decline pending member"),
        // Its steps leave theirs.
        Endpoint::Batch
        | Endpoint::ServiceDocument
        | Endpoint::Metadata
        | Endpoint::ListUsers
        | Endpoint::CountUsers
        | Endpoint::FollowUsers
        | Endpoint::ReadUser
        | Endpoint::ReadMe
        | Endpoint::ListDeleted
        | Endpoint::CountDeleted
        | Endpoint::ReadDeleted
        | Endpoint::ReadObject
        | Endpoint::ReadObjects
        | Endpoint::ReadProperty
        | Endpoint::ReadPropertyValue
        | Endpoint::ReadPhoto
        | Endpoint::ReadPhotoValue
        | Endpoint::Related(_)
        | Endpoint::RelatedRefs(_)
        | Endpoint::CountRelated(_)
        | Endpoint::ListInvitations
        | Endpoint::ReadInvitation
        | Endpoint::ReadInvitedUser
        | Endpoint::ReadInvitedUserReference
        | Endpoint::ListReferences
        | Endpoint::ListPendingMembers
        | Endpoint::ReadPendingMember => None,
    }
}

/// A new user.
async fn somebody(app: &TestApp, token: &str) -> String {
    let name = format!("u{}", app.directory().ids().uuid().simple());
    created(app, token, &name).await
}

/// Somebody whose joining awaits approval.
async fn waiting(app: &TestApp, token: &str) -> String {
    let name = app.directory().ids().uuid().simple().to_string();
    let body = json!({
        "@odata.type": "#Microsoft.DirectoryServices.user",
        "displayName": name,
        "mail": format!("{name}@fabrikam.example"),
    });
    let made = app.post("/v1.0/users/$ref").bearer(token).json(&body);
    let made = made.send().await;
    let location = made.header("location").to_owned();
    location.split('\'').nth(1).unwrap().to_owned()
}

/// A request that the route accepts from somebody who may.
async fn asking(app: &TestApp, token: &str, version: &str, route: &Route) -> Asking {
    asking_by(app, token, version, route, "").await
}

/// The same where a route without a key is about `me`.
async fn asking_by(app: &TestApp, token: &str, version: &str, route: &Route, me: &str) -> Asking {
    let mut key = me.to_owned();
    if route.pattern.contains("{key}") {
        key = somebody(app, token).await;
    }
    let mut other = String::new();
    match route.endpoint {
        Endpoint::ReadInvitation
        | Endpoint::ReadInvitedUser
        | Endpoint::ReadInvitedUserReference => {
            let made = app
                .post("/v1.0/invitations")
                .bearer(token)
                .json(&body(Endpoint::Invite).unwrap());
            let made = made.send().await.json();
            key = String::from(made["id"].as_str().unwrap());
        }
        Endpoint::ReadPendingMember | Endpoint::ApproveMember | Endpoint::DeclineMember => {
            key = waiting(app, token).await;
        }
        Endpoint::SetManager | Endpoint::AddSponsor => other = somebody(app, token).await,
        Endpoint::Related(Relationship::Manager)
        | Endpoint::RelatedRefs(Relationship::Manager)
        | Endpoint::UnsetManager
            if !key.is_empty() =>
        {
            other = somebody(app, token).await;
            let target = format!("/v1.0/users/{key}/manager/$ref");
            let asking = app.ask(Method::PUT, &target).bearer(token);
            let reply = asking.json(&reference(&other)).send().await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        }
        Endpoint::RemoveSponsor if !key.is_empty() => {
            other = somebody(app, token).await;
            let target = format!("/v1.0/users/{key}/sponsors/$ref");
            let asking = app.post(&target).bearer(token);
            let reply = asking.json(&reference(&other)).send().await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        }
        Endpoint::ReadDeleted | Endpoint::Restore | Endpoint::Purge => {
            let target = format!("/v1.0/users/{key}");
            let reply = app.delete(&target).bearer(token).send().await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        }
        Endpoint::ReadPhoto | Endpoint::ReadPhotoValue | Endpoint::DeletePhoto
            if !key.is_empty() =>
        {
            let target = format!("/v1.0/users/{key}/photo/$value");
            let asking = app.ask(Method::PUT, &target).bearer(token);
            let reply = asking.body(picture(1, 1)).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        }
        _ => {}
    }
    let path = route.pattern.replace("{key}", &key);
    let path = path.replace("{other}", &other).replace("()", "");
    let path = path.replace("{property}", "displayName");
    let asking = app.ask(route.method.clone(), &format!("/{version}/{path}"));
    match (route.endpoint, body(route.endpoint)) {
        (Endpoint::SetManager | Endpoint::AddSponsor, _) => asking.json(&reference(&other)),
        (Endpoint::PutPhoto, _) => asking.body(picture(1, 1)),
        (_, Some(body)) => asking.json(&body),
        (_, None) => asking,
    }
}

fn reference(id: &str) -> Value {
    json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") })
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
                Access::Steps => {
                    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{at}");
                    assert_eq!(weak.status, StatusCode::OK, "{at}");
                }
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
        let told = server::conformance::of(route).status;
        assert_eq!(reply.status, told, "{at} {}", reply.text());
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
        let is_read = route.method == Method::GET
            || route.access == Access::Steps
            || route.endpoint == Endpoint::ReadObjects;
        assert_eq!(is_read, activity(route.endpoint).is_none(), "{at}");
    }
}

#[tokio::test]
async fn a_refused_write_leaves_nothing_behind() {
    let app = TestApp::new().await;
    let all = app.token().await;
    let none = app.token_with(&[]).await;
    let writes = ROUTES
        .iter()
        .filter(|route| activity(route.endpoint).is_some());
    for route in writes {
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

/// `/me` is whom the token is about, on every route that begins so. The person has the app's role.
#[tokio::test]
async fn every_route_of_oneself_answers_the_person() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for route in ROUTES.iter().filter(|route| route.access == Access::Person) {
        let me = somebody(&app, &token).await;
        let asking = asking_by(&app, &token, "v1.0", route, &me).await;
        let person = claims(
            &token,
            json!({ "idtyp": null, "roles": null, "oid": me, "sub": me,
                "scp": "User.ReadWrite.All Directory.Read.All" }),
        );
        let reply = asking.bearer(&person).send().await;
        let told = server::conformance::of(route).status;
        let at = format!("{} {}", route.method, route.pattern);
        assert_eq!(reply.status, told, "{at} {}", reply.text());
    }
}
