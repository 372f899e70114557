//! An own property with a guard: an app that may read and write users neither sees nor sets it
//! without the permissions that the guard names.

use axum::http::{Method, StatusCode};
use directory::Permission as P;
use edm::{Guard, Op, Operators, Ops, Property, Type};
use oracle::definitions::{sample, with};
use serde_json::{Value, json};
use testkit::Reply;

use crate::samples::{Scene, but, user};

/// The sample, and a property that only those may see who may see custom security attributes.
fn schema() -> edm::Schema {
    let mut clearance = Property::own(5, "ext_clearance", Type::String, "Level.");
    clearance.guard = Some(Guard::SecurityAttributes);
    clearance.filter = Operators {
        default: Ops::of(&[Op::Eq, Op::StartsWith]),
        advanced: Ops::NONE,
    };
    with(sample(), clearance)
}

const SELECT: &str = "$select=id,city,ext_clearance";

/// A tenant with the definition, a user who has a value, and three apps.
struct Guarded {
    scene: Scene,
    id: String,
    /// May write all users, and nothing behind a guard.
    writer: String,
    /// May read all users, and what is behind the guard.
    reader: String,
}

impl Guarded {
    async fn new() -> Self {
        let scene = Scene::new().await;
        scene.app.definitions.define(scene.app.tenant.id, schema());
        let body = but(user("AdeleV"), "ext_clearance", json!("secret"));
        let made = scene.send(Method::POST, "users", Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let writer = scene.app.token_with(&[P::UserReadWriteAll]).await;
        let reader = [P::UserReadAll, P::CustomSecAttributeAssignmentReadAll];
        let reader = scene.app.token_with(&reader).await;
        Self {
            scene,
            id,
            writer,
            reader,
        }
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        let path = format!("/beta/{path}");
        self.scene.app.get(&path).bearer(token).send().await
    }

    /// What the answer to `path` shows of the value. The whole answer is searched, since a list may
    /// show the user among others.
    async fn shown(&self, token: &str, path: &str) -> bool {
        let reply = self.get(token, path).await;
        let status = reply.status;
        assert!(status.is_success(), "{path}: {}", reply.text());
        reply.text().contains("secret")
    }

    async fn write(&self, token: &str, method: Method, path: &str, body: &Value) -> StatusCode {
        let ask = self.scene.app.ask(method, &format!("/beta/{path}"));
        ask.bearer(token).json(body).send().await.status
    }

    /// A round of delta: what it says of the user, and the next link.
    async fn round(&self, token: &str, link: &str) -> (Vec<Value>, String) {
        let page = self.scene.app.get(link).bearer(token).send().await.json();
        let told = page["value"].as_array().unwrap().iter();
        let told = told.filter(|one| one["id"] == *self.id).cloned().collect();
        let next = page["@odata.deltaLink"].as_str().unwrap();
        let next = next.strip_prefix("https://localhost:8443").unwrap();
        (told, next.to_owned())
    }
}

#[tokio::test]
async fn it_is_read_by_its_own_permission() {
    let guarded = Guarded::new().await;
    let id = &guarded.id;
    for path in [
        format!("users/{id}?{SELECT}"),
        format!("users?{SELECT}"),
        format!("users/{id}/ext_clearance"),
        format!("users/{id}/ext_clearance/$value"),
        format!("users/delta?{SELECT}"),
    ] {
        assert!(guarded.shown(&guarded.reader, &path).await, "{path}");
        assert!(!guarded.shown(&guarded.writer, &path).await, "{path}");
    }
    // Nobody gets it without asking for it by name.
    for path in [
        format!("users/{id}"),
        format!("users/{id}?$select=*"),
        "users".to_owned(),
    ] {
        for token in [&guarded.reader, &guarded.writer] {
            assert!(!guarded.shown(token, &path).await, "{path}");
        }
    }
    let gone = guarded
        .write(
            &guarded.writer,
            Method::DELETE,
            &format!("users/{id}"),
            &json!({}),
        )
        .await;
    assert_eq!(gone, StatusCode::NO_CONTENT);
    for path in [
        format!("directory/deletedItems/{id}?{SELECT}"),
        format!("directory/deletedItems/microsoft.graph.user?{SELECT}"),
    ] {
        assert!(guarded.shown(&guarded.reader, &path).await, "{path}");
        assert!(!guarded.shown(&guarded.writer, &path).await, "{path}");
    }
}

/// A condition would give the value away bit by bit.
#[tokio::test]
async fn no_condition_looks_at_it_without_the_permission() {
    let guarded = Guarded::new().await;
    for path in [
        "users?$filter=ext_clearance%20eq%20'secret'",
        "users?$filter=city%20eq%20'x'%20or%20startsWith(ext_clearance,'s')",
        "users?$filter=not(ext_clearance%20eq%20'other')&$count=true",
        "users/$count?$filter=ext_clearance%20eq%20'secret'",
        "users?$explain=true&$filter=ext_clearance%20eq%20'secret'",
        "directory/deletedItems/microsoft.graph.user?$filter=ext_clearance%20eq%20'secret'",
    ] {
        let refused = guarded.get(&guarded.writer, path).await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{path}: {}",
            refused.text()
        );
        let (_, message) = refused.error();
        assert!(!message.contains("secret"), "{message}");
        let answered = guarded.get(&guarded.reader, path).await;
        assert_eq!(
            answered.status,
            StatusCode::OK,
            "{path}: {}",
            answered.text()
        );
    }
    let found = guarded
        .get(
            &guarded.reader,
            "users?$filter=ext_clearance%20eq%20'secret'",
        )
        .await;
    assert_eq!(found.json()["value"][0]["id"], *guarded.id);
    // A sort order would give it away as well; lists cannot be sorted by own properties at all.
    for token in [&guarded.writer, &guarded.reader] {
        let sorted = guarded.get(token, "users?$orderby=ext_clearance").await;
        assert!(sorted.status.is_client_error(), "{}", sorted.text());
    }
}

#[tokio::test]
async fn it_is_written_by_its_own_permission() {
    let guarded = Guarded::new().await;
    let path = format!("users/{}", guarded.id);
    let writes = [
        P::UserReadWriteAll,
        P::CustomSecAttributeAssignmentReadWriteAll,
    ];
    let both = guarded.scene.app.token_with(&writes).await;
    let value = json!({ "ext_clearance": "none", "city": "Bern" });
    // The right to read it does not suffice to write it, nor does the right to create users.
    for token in [&guarded.writer, &guarded.reader] {
        let status = guarded.write(token, Method::PATCH, &path, &value).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    let new = but(user("BiancaP"), "ext_clearance", json!("none"));
    let status = guarded
        .write(&guarded.writer, Method::POST, "users", &new)
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let before = guarded
        .get(&guarded.reader, &format!("{path}?{SELECT}"))
        .await
        .json();
    assert_eq!(
        (&before["ext_clearance"], &before["city"]),
        (&json!("secret"), &Value::Null)
    );
    let status = guarded.write(&both, Method::PATCH, &path, &value).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let status = guarded.write(&both, Method::POST, "users", &new).await;
    assert_eq!(status, StatusCode::CREATED);
    let now = guarded.get(&both, &format!("{path}?{SELECT}")).await.json();
    assert_eq!(
        (&now["ext_clearance"], &now["city"]),
        (&json!("none"), &json!("Bern"))
    );
    // Without a guard a tenant's own property needs what most properties need.
    let badge = json!({ "extension_0a_badge": "A-2" });
    let status = guarded
        .write(&guarded.reader, Method::PATCH, &path, &badge)
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let status = guarded
        .write(&guarded.writer, Method::PATCH, &path, &badge)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
}

/// A value that is set leaves no trace for others: neither in the answer nor in what has changed.
#[tokio::test]
async fn nobody_else_learns_that_it_changed() {
    let guarded = Guarded::new().await;
    let path = format!("users/{}", guarded.id);
    let starts = [
        "/beta/users/delta".to_owned(),
        format!("/beta/users/delta?{SELECT}"),
    ];
    let mut links = Vec::new();
    for start in &starts {
        for token in [&guarded.writer, &guarded.reader] {
            links.push((token, guarded.round(token, start).await.1));
        }
    }
    let value = json!({ "ext_clearance": "topmost" });
    let token = &guarded.scene.token;
    let set = guarded
        .scene
        .app
        .ask(Method::PATCH, &format!("/beta/{path}"));
    let set = set.bearer(token).header("prefer", "return=representation");
    let set = set.json(&value).send().await;
    assert_eq!(set.status, StatusCode::OK);
    assert!(!set.text().contains("clearance"), "{}", set.text());
    let mut nexts = Vec::new();
    for (token, link) in &links {
        let (told, next) = guarded.round(token, link).await;
        let expected = usize::from(*token == &guarded.reader);
        assert_eq!(told.len(), expected, "{told:?}");
        nexts.push((*token, next));
    }
    // A change of another property is reported, without the value.
    let body = json!({ "city": "Bern", "ext_clearance": null });
    let status = guarded.write(token, Method::PATCH, &path, &body).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    for (token, link) in &nexts {
        let (told, _) = guarded.round(token, link).await;
        let [told] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!(told["city"], "Bern");
        let is_told = told.get("ext_clearance").is_some();
        assert!(!is_told || *token == &guarded.reader, "{told}");
    }
}
