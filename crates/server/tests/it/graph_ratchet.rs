//! Walks the route table: no route without a denial, no write without its audit record.

use axum::http::{Method, StatusCode};
use directory::{Actor, Permission, Role, Subject};
use edm::Version;
use server::graph::operation::Cost;
use server::graph::routes::{Access, ROUTES, Route};
use testkit::{TestApp, TestRequest};
use uuid::Uuid;

use crate::route_samples::{Sample, somebody};

/// The activity a successful write leaves in the audit trail: the last one, where it makes, changes
/// or deletes a user by the way.
pub(crate) fn activity(route: &Route) -> Option<&'static str> {
    route.documented().leaves.last().copied()
}

/// A request that the route accepts from somebody who may.
async fn asking(app: &TestApp, token: &str, version: &str, route: &Route) -> TestRequest {
    Sample::of(app, token, route, None)
        .await
        .asking(app, version)
}

#[tokio::test]
async fn every_route_denies_strangers_and_apps_without_permission() {
    let app = TestApp::new().await;
    let all = app.token().await;
    let none = app.token_with(&[]).await;
    for route in ROUTES.iter() {
        for version in Version::ALL.into_iter().filter(|one| route.is_in(*one)) {
            let version = version.as_str();
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

/// The row asks for one of the directory's operations before the request is read, and the directory
/// asks again. If the row asked for less, an app would be let in here and turned away there; with
/// each permission alone both say the same.
#[tokio::test]
async fn rows_and_directory_ask_for_the_same_permission() {
    let app = TestApp::new().await;
    let all = app.token().await;
    let apps = Permission::ALL.iter().filter(|one| one.for_apps());
    let mut tokens = Vec::new();
    for permission in apps {
        tokens.push((*permission, app.token_with(&[*permission]).await));
    }
    for route in ROUTES.iter() {
        let Access::Needs(operation) = route.access else {
            continue;
        };
        // What is refused uses nothing up; what is let in needs an object of its own.
        let refused = Sample::of(&app, &all, route, None).await;
        for (permission, token) in &tokens {
            let mut actor = Actor::server(app.tenant.id, edm::Schema::core().into(), Uuid::nil());
            actor.subject = Subject::App {
                client_id: Uuid::nil(),
                object: Uuid::nil(),
                permissions: std::iter::once(*permission).collect(),
                roles: directory::Roles::default(),
            };
            let may = actor.may(operation).is_ok();
            let version = route.version().as_str();
            let request = if may {
                asking(&app, &all, version, route).await
            } else {
                refused.asking(&app, version)
            };
            let reply = request.bearer(token).send().await;
            let denied = reply.status == StatusCode::FORBIDDEN
                && reply.error().0 == "Authorization_RequestDenied";
            let at = format!(
                "{} {} with {}",
                route.method,
                route.pattern,
                permission.name()
            );
            assert_eq!(denied, !may, "{at}: {} {}", reply.status, reply.text());
        }
    }
}

#[tokio::test]
async fn every_write_is_one_and_leaves_one_audit_record_of_its_request() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let store = app.directory().store();
    for route in ROUTES.iter() {
        let at = format!("{} {}", route.method, route.pattern);
        let me = somebody(&app, &token).await;
        let (me, acting) = match route.access {
            Access::Person => {
                let roles = [Role::GlobalAdministrator];
                let acting = app.person_token(&me, Permission::ALL, &roles).await;
                (Some(me.as_str()), acting)
            }
            _ => (None, token.clone()),
        };
        let asking = Sample::of(&app, &token, route, me).await;
        let writes = store.stats().jobs;
        let asking = asking.asking(&app, route.version().as_str());
        let reply = asking.bearer(&acting).send().await;
        let told = docs::conformance::of(route).status;
        assert_eq!(reply.status, told, "{at} {}", reply.text());
        let writes = store.stats().jobs - writes;
        let request: Uuid = reply.header("request-id").parse().unwrap();
        let rows = store.read(app.tenant.id).audit(0, 1_000).await.unwrap();
        let left: Vec<_> = rows
            .iter()
            .filter(|row| row.record.request_id == Some(request))
            .map(|row| row.record.activity.as_str())
            .collect();
        let expected = route.documented().leaves;
        assert_eq!(left, expected, "{at}");
        // A second one would be beyond undoing where the first was made in a group
        // (graph_batch_group.rs).
        assert_eq!(writes, u64::from(!expected.is_empty()), "{at}");
        let is_read = route.method == Method::GET
            || route.access == Access::Steps
            || route.operation.cost == Cost::OnePosted;
        assert_eq!(is_read, activity(route).is_none(), "{at}");
    }
}

#[tokio::test]
async fn a_refused_write_leaves_nothing_behind() {
    let app = TestApp::new().await;
    let all = app.token().await;
    let none = app.token_with(&[]).await;
    let writes = ROUTES.iter().filter(|route| activity(route).is_some());
    for route in writes {
        let asking = asking(&app, &all, route.version().as_str(), route).await;
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
        let asking = Sample::of(&app, &token, route, Some(&me)).await;
        let scopes = [Permission::UserReadWriteAll, Permission::DirectoryReadAll];
        let person = app
            .person_token(&me, &scopes, &[Role::GlobalAdministrator])
            .await;
        let asking = asking.asking(&app, route.version().as_str());
        let reply = asking.bearer(&person).send().await;
        let told = docs::conformance::of(route).status;
        let at = format!("{} {}", route.method, route.pattern);
        assert_eq!(reply.status, told, "{at} {}", reply.text());
    }
}
