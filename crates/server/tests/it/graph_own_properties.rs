//! Properties that a tenant has defined, through every way by which users are written and shown.

use axum::http::{Method, StatusCode};
use edm::{Json, Schema};
use oracle::definitions::sample as schema;
use serde_json::{Value, json};

use crate::samples::{Scene, but, user};

const SELECT: &str = "$select=extension_0a_badge,ext1_course";

impl Scene {
    /// A server whose tenant has these definitions.
    async fn defined() -> Self {
        let scene = Self::new().await;
        scene.app.definitions.define(scene.app.tenant.id, schema());
        scene
    }

    /// Creates a user with both values; their id.
    async fn student(&self, name: &str) -> String {
        let body = but(user(name), "extension_0a_badge", json!("A-1"));
        let body = but(body, "ext1_course", json!({ "name": "Rust", "points": 7 }));
        let made = self.send(Method::POST, "users", Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        assert_eq!(made.json()["ext1_course"]["points"], 7);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    async fn change(&self, id: &str, body: Value) {
        let path = format!("users/{id}");
        let reply = self.send(Method::PATCH, &path, Some(body)).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    /// Both values, as `path` shows them.
    async fn own(&self, path: &str) -> (Value, Value) {
        let joint = if path.contains('?') { "&" } else { "?" };
        let reply = self.get(&format!("{path}{joint}{SELECT}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        both(&reply.json())
    }
}

fn both(user: &Value) -> (Value, Value) {
    let (badge, course) = (&user["extension_0a_badge"], &user["ext1_course"]);
    (badge.clone(), course.clone())
}

#[tokio::test]
async fn a_change_of_one_member_keeps_the_others() {
    let scene = Scene::defined().await;
    let id = scene.student("AdeleV").await;
    let path = format!("users/{id}");
    let course = json!({ "name": "Rust", "points": 7 });
    assert_eq!(scene.own(&path).await, (json!("A-1"), course));
    scene
        .change(&id, json!({ "EXT1_course": { "points": 8 } }))
        .await;
    let course = json!({ "name": "Rust", "points": 8 });
    assert_eq!(scene.own(&path).await, (json!("A-1"), course.clone()));
    // Changes of other properties, and those that the server makes, keep them too.
    scene.change(&id, json!({ "city": "Bern" })).await;
    let revoke = format!("{path}/revokeSignInSessions");
    let revoked = scene.send(Method::POST, &revoke, None).await;
    assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.text());
    assert_eq!(scene.own(&path).await, (json!("A-1"), course));
    scene
        .change(
            &id,
            json!({ "extension_0a_badge": null, "ext1_course": { "name": null } }),
        )
        .await;
    let (badge, course) = scene.own(&path).await;
    assert_eq!((badge, &course["points"]), (Value::Null, &json!(8)));
    assert!(course["name"].is_null(), "{course}");
}

#[tokio::test]
async fn they_are_shown_like_any_other() {
    let scene = Scene::defined().await;
    let id = scene.student("AdeleV").await;
    let course = json!({ "name": "Rust", "points": 7 });
    let expected = (json!("A-1"), course.clone());
    let list = scene.get(&format!("users?{SELECT}")).await.json();
    let shown = list["value"].as_array().unwrap().iter().map(both);
    assert!(shown.clone().any(|one| one == expected), "{list}");
    // The stored default set of v1.0 has nothing of a tenant's own; beta's is made anew.
    let plain = scene.get(&format!("users/{id}")).await.json();
    assert_eq!(both(&plain), (Value::Null, Value::Null));
    let ask = |path: String| scene.app.get(&path).bearer(&scene.token);
    let beta = ask(format!("/beta/users/{id}")).send().await.json();
    assert_eq!(beta["extension_0a_badge"], "A-1");
    // Types are told where the client wants to know them.
    let full = ask(format!("/v1.0/users/{id}?{SELECT}"));
    let full = full.header("accept", "application/json;odata.metadata=full");
    let full = full.send().await.json();
    assert_eq!(
        full["ext1_course"]["@odata.type"],
        "#microsoft.graph.courseValue"
    );
    let ids = json!({ "ids": [id] });
    let path = format!("directoryObjects/getByIds?{SELECT}");
    let found = scene.send(Method::POST, &path, Some(ids)).await.json();
    assert_eq!(both(&found["value"][0]), expected);
    let prefer = scene.app.ask(Method::PATCH, &format!("/v1.0/users/{id}"));
    let prefer = prefer
        .bearer(&scene.token)
        .header("prefer", "return=representation");
    let body = json!({ "ext1_course": { "points": 9 } });
    let answered = prefer.json(&body).send().await.json();
    assert_eq!(
        answered["ext1_course"],
        json!({ "name": "Rust", "points": 9 })
    );
}

#[tokio::test]
async fn conditions_name_them() {
    let scene = Scene::defined().await;
    let id = scene.student("AdeleV").await;
    let named = async |condition: &str| {
        let path = format!("users?$select=id&$filter={}", condition.replace(' ', "%20"));
        let reply = scene.get(&path).await;
        assert_eq!(
            reply.status,
            StatusCode::OK,
            "{condition}: {}",
            reply.text()
        );
        reply.json()["value"].as_array().unwrap().clone()
    };
    let expected = [json!({ "id": id })];
    assert_eq!(named("extension_0a_badge eq 'a-1'").await, expected);
    let both = "extension_0a_badge eq 'A-1' and startswith(displayName,'Adele')";
    assert_eq!(named(both).await, expected);
    assert!(named("extension_0a_badge eq 'A-2'").await.is_empty());
    let count = "users/$count?$filter=extension_0a_badge%20eq%20'A-1'";
    assert_eq!(scene.get(count).await.text(), "1");
}

#[tokio::test]
async fn changes_of_them_are_followed() {
    let scene = Scene::defined().await;
    let id = scene.student("AdeleV").await;
    let local = |link: &Value| {
        let link = link.as_str().unwrap();
        link.split_once("/v1.0/").unwrap().1.to_owned()
    };
    let walk = scene.get(&format!("users/delta?{SELECT}")).await.json();
    let walked = walk["value"].as_array().unwrap();
    let walked = walked.iter().find(|one| one["id"] == *id).unwrap();
    let course = json!({ "name": "Rust", "points": 7 });
    assert_eq!(both(walked), (json!("A-1"), course));
    let link = local(&walk["@odata.deltaLink"]);
    scene.change(&id, json!({ "city": "Bern" })).await;
    let quiet = scene.get(&link).await.json();
    assert_eq!(quiet["value"], json!([]));
    scene
        .change(&id, json!({ "ext1_course": { "points": 8 } }))
        .await;
    let round = scene.get(&link).await.json();
    let course = json!({ "name": "Rust", "points": 8 });
    assert_eq!(both(&round["value"][0]), (json!("A-1"), course));
}

#[tokio::test]
async fn the_deleted_keep_them() {
    let scene = Scene::defined().await;
    let id = scene.student("AdeleV").await;
    let before = scene.own(&format!("users/{id}")).await;
    let gone = scene
        .send(Method::DELETE, &format!("users/{id}"), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let path = format!("directory/deletedItems/{id}");
    assert_eq!(scene.own(&path).await, before);
    let restore = format!("{path}/restore");
    let restored = scene.send(Method::POST, &restore, None).await;
    assert_eq!(restored.status, StatusCode::OK, "{}", restored.text());
    assert_eq!(scene.own(&format!("users/{id}")).await, before);
}

/// Each has a URL as those of the core have.
#[tokio::test]
async fn each_has_a_url() {
    let scene = Scene::defined().await;
    let id = scene.student("AdeleV").await;
    let context = |name| format!("https://localhost:8443/v1.0/$metadata#users('{id}')/{name}");
    let path = |name| format!("users/{id}/{name}");
    let badge = scene.get(&path("extension_0A_badge")).await;
    let expected = json!({ "@odata.context": context("extension_0a_badge"), "value": "A-1" });
    assert_eq!((badge.status, badge.json()), (StatusCode::OK, expected));
    let course = scene.get(&path("ext1_course")).await;
    let course_now = json!({ "name": "Rust", "points": 7 });
    let expected = json!({ "@odata.context": context("ext1_course"), "value": course_now });
    assert_eq!((course.status, course.json()), (StatusCode::OK, expected));
    let raw = scene.get(&path("extension_0a_badge/$value")).await;
    assert_eq!((raw.status, raw.text()), (StatusCode::OK, "A-1"));
    let raw = scene.get(&path("ext1_course/$value")).await;
    assert_eq!(raw.status, StatusCode::BAD_REQUEST);
    scene
        .change(&id, json!({ "extension_0a_badge": null }))
        .await;
    let badge = scene.get(&path("extension_0a_badge")).await;
    assert_eq!(badge.status, StatusCode::NO_CONTENT);
    // They are no way to write, and nothing stands below them: so it is with those of the core.
    for (own, core) in [
        ("extension_0a_badge", "displayName"),
        ("ext1_course", "onPremisesExtensionAttributes"),
    ] {
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let ask = async |name| {
                let body = Some(json!({ "value": "A-2" }));
                let reply = scene.send(method.clone(), &path(name), body).await;
                (reply.status, reply.header("allow").to_owned())
            };
            assert_eq!(ask(own).await, ask(core).await, "{method} {own}");
        }
        let below = async |name| scene.get(&(path(name) + "/points")).await;
        let (own, core) = (below(own).await, below(core).await);
        assert_eq!(
            (own.status, &own.json()["error"]["message"]),
            (core.status, &core.json()["error"]["message"])
        );
    }
}

#[tokio::test]
async fn exports_have_them() {
    let scene = Scene::defined().await;
    scene.student("AdeleV").await;
    let directory = scene.app.directory();
    let actor = directory.server_actor(scene.app.tenant.id).await.unwrap();
    let users = directory.export_users(&actor, None, 100, false).await;
    let documents = users.unwrap().into_iter().map(|user| user.document);
    let documents = documents.map(|text| serde_json::from_str::<Json>(&text).unwrap());
    let course = json!({ "name": "Rust", "points": 7 });
    let mut found = documents.map(|user| both(&user));
    assert!(found.any(|one| one == (json!("A-1"), course.clone())));
}

#[tokio::test]
async fn another_tenant_knows_nothing_of_them() {
    let scene = Scene::defined().await;
    scene.student("AdeleV").await;
    let other = scene.app.other_tenant().await;
    let other = Scene {
        token: scene.app.token_of(&other).await,
        app: scene.app,
    };
    let body = but(user("x"), "userPrincipalName", json!("x@fabrikam.com"));
    let body = but(body, "extension_0a_badge", json!("A-1"));
    let refused = other.send(Method::POST, "users", Some(body)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let filter = "users?$filter=extension_0a_badge%20eq%20'A-1'";
    assert_eq!(other.get(filter).await.status, StatusCode::BAD_REQUEST);
    // By its URL it is a name like one that nobody has ever defined.
    for below in ["", "/$value", "/points"] {
        let ask = async |name: &str| {
            let reply = other
                .get(&format!("users/x@fabrikam.com/{name}{below}"))
                .await;
            let mut head = reply.headers.clone();
            let id = reply.header("request-id").to_owned();
            for header in ["request-id", "client-request-id"] {
                head.remove(header);
            }
            let text = reply.text().replace(&id, "ID").replace(name, "NAME");
            (reply.status, head, text)
        };
        let (own, nobodys) = (
            ask("extension_0a_badge").await,
            ask("extension_0a_other").await,
        );
        assert_eq!(own.0, StatusCode::BAD_REQUEST);
        assert!(own.2.contains("NAME"), "{}", own.2);
        assert_eq!(own, nobodys);
    }
}

/// A definition that goes or comes takes effect with the next request, and takes no value along.
#[tokio::test]
async fn a_definition_takes_effect_with_the_next_request() {
    let scene = Scene::defined().await;
    let id = scene.student("AdeleV").await;
    let path = format!("users/{id}");
    let before = scene.own(&path).await;
    let tenant = scene.app.tenant.id;
    scene.app.definitions.define(tenant, Schema::default());
    let body = Some(json!({ "extension_0a_badge": "A-2" }));
    let refused = scene.send(Method::PATCH, &path, body).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(scene.own(&path).await, (Value::Null, Value::Null));
    scene.change(&id, json!({ "city": "Bern" })).await;
    scene.app.definitions.define(tenant, schema());
    assert_eq!(scene.own(&path).await, before);
}
