//! Users among the deleted, and objects by their ids.

use axum::http::{Method, StatusCode};
use directory::Permission;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::Reply;

use crate::samples::{Scene, but, created, user};

const BASE: &str = "https://localhost:8443/v1.0";
const DELETED: &str = "directory/deletedItems";

impl Scene {
    /// Creates a user with more members, and deletes them; their id.
    async fn deleted(&self, name: &str, more: &[(&str, Value)]) -> String {
        let mut body = user(name);
        for (member, value) in more {
            body = but(body, member, value.clone());
        }
        let made = self.send(Method::POST, "users", Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        self.delete(&format!("users/{id}")).await;
        id
    }

    async fn delete(&self, path: &str) {
        let reply = self.send(Method::DELETE, path, None).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    async fn restore(&self, id: &str) -> Reply {
        let path = format!("{DELETED}/{id}/restore");
        self.send(Method::POST, &path, None).await
    }
}

#[tokio::test]
async fn the_deleted_are_listed_and_read() {
    let scene = Scene::new().await;
    created(&scene.app, &scene.token, "alive").await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(scene.deleted(name, &[]).await);
    }
    ids.sort();
    let list = format!("{DELETED}/microsoft.graph.user");
    let page = scene.get(&list).await.json();
    assert_eq!(page["@odata.context"], format!("{BASE}/$metadata#users"));
    let found: Vec<_> = page["value"].as_array().unwrap().iter().collect();
    let listed: Vec<_> = found
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    assert_eq!(listed, ids);
    assert_eq!(found[0]["deletedDateTime"], "2026-01-15T10:00:00Z");

    let mut seen = Vec::new();
    let mut next = Some(format!("{DELETED}/graph.user?$top=2&$select=id"));
    while let Some(path) = next {
        let page = scene.get(&path).await.json();
        seen.extend(page["value"].as_array().unwrap().clone());
        next = page["@odata.nextLink"]
            .as_str()
            .map(|link| link.strip_prefix(&format!("{BASE}/")).unwrap().to_owned());
    }
    let expected: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
    assert_eq!(seen, expected);

    for cast in ["", "/microsoft.graph.user"] {
        let one = scene.get(&format!("{DELETED}/{}{cast}", ids[0])).await;
        let one = one.json();
        assert_eq!(
            one["@odata.context"],
            format!("{BASE}/$metadata#directoryObjects/$entity")
        );
        assert_eq!(one["@odata.type"], "#microsoft.graph.user");
        assert_eq!(
            (&one["id"], &one["surname"]),
            (&json!(ids[0]), &Value::Null)
        );
    }
    let live = created(&scene.app, &scene.token, "live").await;
    for absent in [live.as_str(), "a@contoso.com", "nonsense"] {
        let reply = scene.get(&format!("{DELETED}/{absent}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{absent}");
    }
}

#[tokio::test]
async fn a_restored_user_is_whole_again() {
    let scene = Scene::new().await;
    let boss = created(&scene.app, &scene.token, "boss").await;
    let more = [
        ("mail", json!("adele@elsewhere.example")),
        ("otherMails", json!(["second@elsewhere.example"])),
        ("onPremisesImmutableId", json!("abc")),
        ("manager@odata.bind", json!(format!("users/{boss}"))),
    ];
    let id = scene.deleted("adele", &more).await;
    let reports = format!("users/{boss}/directReports/$count");
    assert_eq!(scene.get(&reports).await.text(), "0");
    let back = scene.restore(&id).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text());
    let back = back.json();
    assert_eq!(
        back["@odata.context"],
        format!("{BASE}/$metadata#directoryObjects/$entity")
    );
    assert_eq!(
        (&back["@odata.type"], &back["id"]),
        (&json!("#microsoft.graph.user"), &json!(id))
    );
    let read = scene
        .get("users/adele@contoso.com?$select=id,mail,otherMails,deletedDateTime")
        .await;
    let read = read.json();
    assert_eq!(
        (&read["id"], &read["mail"], &read["deletedDateTime"]),
        (&json!(id), &json!("adele@elsewhere.example"), &Value::Null)
    );
    assert_eq!(scene.get(&reports).await.text(), "1");
    // Their names are theirs again.
    for (member, value, target) in [
        (
            "userPrincipalName",
            json!("adele@contoso.com"),
            "userPrincipalName",
        ),
        ("mail", json!("second@elsewhere.example"), "proxyAddresses"),
        (
            "onPremisesImmutableId",
            json!("abc"),
            "onPremisesImmutableId",
        ),
    ] {
        let body = but(user("other"), member, value);
        let reply = scene.send(Method::POST, "users", Some(body)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{member}");
        assert_eq!(reply.targets(), [target, target], "{}", reply.text());
    }
    assert_eq!(scene.restore(&id).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_restore_that_would_clash_says_with_whom() {
    let scene = Scene::new().await;
    let mail = [("mail", json!("adele@elsewhere.example"))];
    let id = scene.deleted("adele", &mail).await;
    let heir = created(&scene.app, &scene.token, "adele").await;
    let check = async |property: &str, owner: &str| {
        let reply = scene.restore(&id).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        let body = reply.json();
        let details = &body["error"]["details"];
        assert_eq!(body["error"]["code"], "Request_BadRequest");
        assert_eq!(
            (&details[0]["code"], &details[0]["target"]),
            (&json!("ObjectConflict"), &json!(property))
        );
        assert_eq!(
            (&details[1]["code"], &details[1]["message"]),
            (&json!("ConflictingObjects"), &json!(owner))
        );
        let still = scene.get(&format!("{DELETED}/{id}")).await;
        assert_eq!(still.status, StatusCode::OK);
    };
    check("userPrincipalName", &heir).await;
    scene.delete(&format!("users/{heir}")).await;
    let mut body = user("other");
    body["otherMails"] = json!(["adele@elsewhere.example"]);
    let other = scene.send(Method::POST, "users", Some(body)).await.json();
    let other = other["id"].as_str().unwrap();
    check("proxyAddresses", other).await;
    scene.delete(&format!("users/{other}")).await;
    assert_eq!(scene.restore(&id).await.status, StatusCode::OK);
}

#[tokio::test]
async fn options_of_a_restore_are_refused_by_name() {
    let scene = Scene::new().await;
    let id = scene.deleted("adele", &[]).await;
    let path = format!("{DELETED}/{id}/restore");
    let options = json!({ "autoReconcileProxyConflict": true });
    let refused = scene.send(Method::POST, &path, Some(options)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.targets(), ["autoReconcileProxyConflict"]);
    let restored = scene.send(Method::POST, &path, Some(json!({}))).await;
    assert_eq!(restored.status, StatusCode::OK, "{}", restored.text());
}

#[tokio::test]
async fn purged_is_gone_for_good() {
    let scene = Scene::new().await;
    let id = scene.deleted("adele", &[]).await;
    scene.delete(&format!("{DELETED}/{id}")).await;
    for reply in [
        scene.get(&format!("{DELETED}/{id}")).await,
        scene.restore(&id).await,
        scene
            .send(Method::DELETE, &format!("{DELETED}/{id}"), None)
            .await,
        scene.get(&format!("users/{id}")).await,
    ] {
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text());
    }
    // A live user is not purged, but has to be deleted first.
    let live = created(&scene.app, &scene.token, "live").await;
    let target = format!("{DELETED}/{live}");
    let reply = scene.send(Method::DELETE, &target, None).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_purged_guest_leaves_no_invitation() {
    let scene = Scene::new().await;
    let body = json!({
        "invitedUserEmailAddress": "sam@x.example",
        "inviteRedirectUrl": "https://x.example",
        "sendInvitationMessage": true,
    });
    let made = scene
        .send(Method::POST, "invitations", Some(body))
        .await
        .json();
    let guest = made["invitedUser"]["id"].as_str().unwrap();
    let invitation = format!("invitations/{}", made["id"].as_str().unwrap());
    scene.delete(&format!("users/{guest}")).await;
    assert_eq!(scene.get(&invitation).await.status, StatusCode::OK);
    scene.delete(&format!("{DELETED}/{guest}")).await;
    assert_eq!(scene.get(&invitation).await.status, StatusCode::NOT_FOUND);
    assert!(scene.app.deliver().await.is_empty());
}

#[tokio::test]
async fn after_thirty_days_housekeeping_purges() {
    let scene = Scene::new().await;
    let old = scene.deleted("old", &[]).await;
    scene.app.advance(SignedDuration::from_mins(30));
    let young = scene.deleted("young", &[]).await;
    scene.app.advance(SignedDuration::from_hours(30 * 24));
    scene.app.advance(SignedDuration::from_mins(-29));
    let tenant = scene.app.tenant.id;
    let pruned = scene.app.directory().prune(tenant).await.unwrap();
    assert_eq!(pruned.users, 1);
    let token = scene.app.token().await;
    let get = async |id: &str| {
        let target = format!("/v1.0/{DELETED}/{id}");
        scene.app.get(&target).bearer(&token).send().await.status
    };
    assert_eq!(get(&old).await, StatusCode::NOT_FOUND);
    assert_eq!(get(&young).await, StatusCode::OK);
    let reader = scene.app.directory().store().read(tenant);
    let last = reader.latest_audit(None, 1).await.unwrap();
    let record = &last[0].record;
    assert_eq!(
        (
            record.activity.as_str(),
            record.target_id.map(|id| id.to_string())
        ),
        ("Hard Delete user", Some(old))
    );
}

#[tokio::test]
async fn who_may_what_with_the_deleted() {
    let scene = Scene::new().await;
    let id = scene.deleted("adele", &[]).await;
    let list = format!("/v1.0/{DELETED}/microsoft.graph.user");
    let restore = format!("/v1.0/{DELETED}/{id}/restore");
    let check = async |permission, read: u16, restored: u16| {
        let token = scene.app.token_with(&[permission]).await;
        let found = scene.app.get(&list).bearer(&token).send().await;
        assert_eq!(found.status, read, "{permission:?}");
        let found = scene.app.post(&restore).bearer(&token).send().await;
        assert_eq!(found.status, restored, "{permission:?} {}", found.text());
    };
    check(Permission::UserReadBasicAll, 403, 403).await;
    check(Permission::UserInviteAll, 403, 403).await;
    check(Permission::UserReadAll, 200, 403).await;
    check(Permission::UserDeleteRestoreAll, 403, 200).await;
    // Nobody restores a user whom they do not outrank.
    let ranked = created(&scene.app, &scene.token, "chief").await;
    let tenant = scene.app.tenant.id;
    let directory = scene.app.directory();
    let role = directory::Role::UserAdministrator;
    directory
        .add_role(tenant, ranked.parse().unwrap(), role)
        .await
        .unwrap();
    scene.delete(&format!("users/{ranked}")).await;
    let token = scene
        .app
        .token_with(&[Permission::UserDeleteRestoreAll])
        .await;
    let target = format!("/v1.0/{DELETED}/{ranked}");
    let found = scene.app.post(&format!("{target}/restore")).bearer(&token);
    assert_eq!(found.send().await.status, StatusCode::FORBIDDEN);
    let found = scene.app.delete(&target).bearer(&token).send().await;
    assert_eq!(found.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_object_is_deleted_as_the_user_it_is() {
    let scene = Scene::new().await;
    let id = created(&scene.app, &scene.token, "adele").await;
    for absent in ["adele@contoso.com", "87d349ed-44d7-43e1-9a83-5f2406dee5bd"] {
        let path = format!("directoryObjects/{absent}");
        let reply = scene.send(Method::DELETE, &path, None).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{absent}");
    }
    scene
        .delete(&format!("directoryObjects/{id}/microsoft.graph.user"))
        .await;
    let gone = scene.get(&format!("users/{id}")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let kept = scene.get(&format!("{DELETED}/{id}")).await;
    assert_eq!(kept.status, StatusCode::OK, "{}", kept.text());
}

#[tokio::test]
async fn objects_are_found_by_their_ids() {
    let scene = Scene::new().await;
    let [a, b] = [
        created(&scene.app, &scene.token, "a").await,
        created(&scene.app, &scene.token, "b").await,
    ];
    let gone = scene.deleted("c", &[]).await;
    let one = scene.get(&format!("directoryObjects/{a}")).await.json();
    assert_eq!(
        (&one["@odata.type"], &one["displayName"]),
        (&json!("#microsoft.graph.user"), &json!("a"))
    );
    for absent in [gone.as_str(), "a@contoso.com"] {
        let reply = scene.get(&format!("directoryObjects/{absent}")).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    }
    let by_ids = async |path: &str, body: Value| scene.send(Method::POST, path, Some(body)).await;
    let check = async |body: Value, expected: &[&str]| {
        for path in [
            "directoryObjects/getByIds",
            "directoryObjects/microsoft.graph.getByIds",
            "users/getByIds?$select=id",
        ] {
            let found = by_ids(path, body.clone()).await;
            assert_eq!(found.status, StatusCode::OK, "{body} {}", found.text());
            let found = found.json();
            let found: Vec<_> = found["value"].as_array().unwrap().iter().collect();
            let ids: Vec<_> = found
                .iter()
                .map(|item| item["id"].as_str().unwrap())
                .collect();
            assert_eq!(ids, expected, "{path} {body}");
            assert!(
                found
                    .iter()
                    .all(|item| item["@odata.type"] == "#microsoft.graph.user")
            );
        }
    };
    let all = [b.as_str(), a.as_str()];
    let nobody = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
    check(json!({ "ids": [b, a, b, gone, nobody] }), &all).await;
    check(json!({ "ids": [b, a], "types": ["group", "user"] }), &all).await;
    check(json!({ "ids": [b, a], "types": null }), &all).await;
    check(json!({ "ids": [b, a], "types": ["group"] }), &[]).await;
    check(json!({ "ids": [] }), &[]).await;
    let many: Vec<_> = (0..1001).map(|_| a.clone()).collect();
    for (body, target) in [
        (json!({}), "ids"),
        (json!({ "ids": a }), "ids"),
        (json!({ "ids": [7] }), "ids"),
        (json!({ "ids": ["a@contoso.com"] }), "ids"),
        (json!({ "ids": many }), "ids"),
        (json!({ "ids": [], "types": "user" }), "types"),
        (json!({ "ids": [a], "type": ["user"] }), "type"),
    ] {
        let reply = by_ids("directoryObjects/getByIds", body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        assert_eq!(reply.targets(), [target]);
    }
}
