//! Walks the route table: no route without a denial, no write without its audit record.

use axum::http::{Method, StatusCode};
use directory::{Permission, Role};
use edm::Version;
use server::graph::routes::{Access, Endpoint, ROUTES, Route};
use testkit::{TestApp, TestRequest};
use uuid::Uuid;

use crate::route_samples::{Sample, somebody};

/// What stands before it, where the write makes, changes or deletes a user by the way: the same as
/// the operation on users would leave.
fn of_user(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::Invite | Endpoint::AddReference => Some("Add user"),
        Endpoint::ApproveMember | Endpoint::ConvertToInternal => Some("Update user"),
        Endpoint::RevokeInvitation | Endpoint::DeclineMember => Some("Delete user"),
        _ => None,
    }
}

/// The activity a successful write leaves in the audit trail.
pub(crate) fn activity(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::CreateUser => Some("Add user"),
        Endpoint::UpdateUser | Endpoint::UpdateMe => Some("Update user"),
        Endpoint::DeleteUser | Endpoint::DeleteObject => Some("Delete user"),
        Endpoint::Invite | Endpoint::AddReference | Endpoint::ResendInvitation => {
            Some("Invite external user")
        }
        Endpoint::Restore => Some("Restore user"),
        Endpoint::Purge => Some("Hard Delete user"),
        Endpoint::PutPhoto => Some("Set user photo"),
        Endpoint::DeletePhoto => Some("Remove user photo"),
        Endpoint::RevokeSessions => Some("Revoke sign-in sessions"),
        Endpoint::ConvertToInternal => Some("Convert external user to internal member"),
        Endpoint::SetManager => Some("Set user manager"),
        Endpoint::UnsetManager => Some("Remove user manager"),
        Endpoint::AddSponsor => Some("Add user sponsor"),
        Endpoint::RemoveSponsor => Some("Remove user sponsor"),
        Endpoint::RevokeInvitation => Some("Revoke external user invitation"),
        Endpoint::ApproveMember => Some("Approve pending member"),
        Endpoint::DeclineMember => Some("Decline pending member"),
        Endpoint::LiftBlock => Some("Lift block of external user invites"),
        // Its steps leave theirs.
        Endpoint::Batch
        | Endpoint::ServiceDocument
        | Endpoint::Metadata
        | Endpoint::ListUsers
        | Endpoint::CountUsers
        | Endpoint::FollowUsers
        | Endpoint::FollowObjects
        | Endpoint::ReadUser
        | Endpoint::ReadMe
        | Endpoint::ListDeletedOfAnyKind
        | Endpoint::ListDeleted
        | Endpoint::CountDeleted
        | Endpoint::ReadDeleted
        | Endpoint::ReadObject
        | Endpoint::ReadObjects
        | Endpoint::ReadProperty
        | Endpoint::ReadPropertyValue
        | Endpoint::ReadPhoto
        | Endpoint::ReadPhotoValue
        | Endpoint::ListPhotos
        | Endpoint::ReadSizedPhoto
        | Endpoint::ReadSizedPhotoValue
        | Endpoint::Related(_)
        | Endpoint::RelatedRefs(_)
        | Endpoint::CountRelated(_)
        | Endpoint::ListInvitations
        | Endpoint::ReadInvitation
        | Endpoint::ReadInvitedUser
        | Endpoint::ReadInvitedUserReference
        | Endpoint::ListReferences
        | Endpoint::ListDomains
        | Endpoint::ReadDomain
        | Endpoint::ListOrganizations
        | Endpoint::ReadOrganization
        | Endpoint::ListLicences
        | Endpoint::ListPendingMembers
        | Endpoint::ListBlocks
        | Endpoint::ReadPendingMember => None,
    }
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
    for route in ROUTES {
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

#[tokio::test]
async fn every_write_is_one_and_leaves_one_audit_record_of_its_request() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let store = app.directory().store();
    for route in ROUTES {
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
        let told = server::conformance::of(route).status;
        assert_eq!(reply.status, told, "{at} {}", reply.text());
        let writes = store.stats().jobs - writes;
        let request: Uuid = reply.header("request-id").parse().unwrap();
        let rows = store.read(app.tenant.id).audit(0, 1_000).await.unwrap();
        let left: Vec<_> = rows
            .iter()
            .filter(|row| row.record.request_id == Some(request))
            .map(|row| row.record.activity.as_str())
            .collect();
        let expected = of_user(route.endpoint).into_iter();
        let expected: Vec<_> = expected.chain(activity(route.endpoint)).collect();
        assert_eq!(left, expected, "{at}");
        // A second one would be beyond undoing where the first was made in a group
        // (graph_batch_group.rs).
        assert_eq!(writes, u64::from(!expected.is_empty()), "{at}");
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
        let told = server::conformance::of(route).status;
        let at = format!("{} {}", route.method, route.pattern);
        assert_eq!(reply.status, told, "{at} {}", reply.text());
    }
}
