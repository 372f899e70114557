//! Definitions of schema extensions, as apps make, change and read them.

use axum::http::{Method, StatusCode};
use directory::{Permission, Role};
use serde_json::{Value, json};
use testkit::Reply;

use crate::graph_extensions::{Definer, definition};
use crate::samples::{Scene, but, created, lacking};

const PATH: &str = "schemaExtensions";

/// A definition's body.
pub(crate) fn courses(id: &str) -> Value {
    json!({
        "id": id,
        "description": "Training courses",
        "targetTypes": ["User"],
        "properties": [
            { "name": "courseId", "type": "Integer" },
            { "name": "courseName", "type": "String" },
        ],
    })
}

impl Scene {
    /// Makes a definition; its id.
    pub(crate) async fn define_schema(&self, body: Value) -> String {
        let made = self.send(Method::POST, PATH, Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    /// Changes one.
    pub(crate) async fn change_schema(&self, id: &str, body: Value) -> Reply {
        self.send(Method::PATCH, &format!("{PATH}/{id}"), Some(body))
            .await
    }

    pub(crate) async fn make_available(&self, id: &str) {
        let reply = self.change_schema(id, json!({ "status": "Available" }));
        let reply = reply.await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    pub(crate) async fn deprecate(&self, id: &str) {
        self.make_available(id).await;
        let reply = self.change_schema(id, json!({ "status": "Deprecated" }));
        let reply = reply.await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    pub(crate) async fn delete_schema(&self, id: &str) -> Reply {
        self.send(Method::DELETE, &format!("{PATH}/{id}"), None)
            .await
    }

    /// The same server, asked with another token.
    fn asking(self, token: String) -> Self {
        Self { token, ..self }
    }
}

fn target(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
    let json = reply.json();
    let target = &json["error"]["details"][0]["target"];
    target.as_str().unwrap().to_owned()
}

fn not_owner(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text());
    let error = &reply.json()["error"];
    assert_eq!(error["code"], "AccessDenied");
    let text = "Cannot perform this extension schema write operation.";
    assert_eq!(error["message"], text);
}

#[tokio::test]
async fn a_definition_is_made_listed_read_and_deleted() {
    let scene = Scene::new().await;
    let body = courses("contoso_courses");
    let made = scene.send(Method::POST, PATH, Some(body.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let json = made.json();
    let owner = scene.app.tenant.client_id.to_string();
    let context = "https://localhost:8443/v1.0/$metadata#schemaExtensions/$entity";
    let expected = but(body.clone(), "owner", json!(owner));
    let expected = but(expected, "status", json!("InDevelopment"));
    assert_eq!(json, but(expected, "@odata.context", json!(context)));
    let location = made.header("location");
    assert!(location.ends_with("/v1.0/schemaExtensions/contoso_courses"));
    let path = format!("{PATH}/contoso_courses");
    assert_eq!(scene.get(&path).await.json(), json);
    assert_eq!(
        scene.get(&format!("{PATH}/CONTOSO_Courses")).await.json(),
        json
    );
    let other = scene.define_schema(courses("courses")).await;
    let (prefix, name) = other.split_once('_').unwrap();
    assert_eq!((prefix.len(), name), (11, "courses"), "{other}");
    assert!(prefix.starts_with("ext"));
    let free = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    assert!(prefix.bytes().all(free), "{other}");
    for (filter, hits) in [
        ("id eq 'contoso_courses'".to_owned(), 1),
        (format!("id eq '{other}'"), 1),
        ("id eq 'contoso_other'".to_owned(), 0),
        (format!("owner eq '{owner}'"), 2),
        ("status eq 'InDevelopment'".to_owned(), 2),
        ("status eq 'Available'".to_owned(), 0),
        ("description eq 'Training courses'".to_owned(), 2),
        (format!("owner eq '{owner}' and id in ('x','{other}')"), 1),
    ] {
        let path = format!("{PATH}?$select=id&$filter={}", filter.replace(' ', "%20"));
        let found = scene.get(&path).await;
        assert_eq!(found.status, StatusCode::OK, "{}", found.text());
        let json = found.json();
        let rows = json["value"].as_array().unwrap();
        assert_eq!(rows.len(), hits, "{filter}");
        assert!(rows.iter().all(|row| row.as_object().unwrap().len() == 1));
    }
    let again = scene
        .send(Method::POST, PATH, Some(courses("Contoso_COURSES")))
        .await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(
        again
            .text()
            .contains("exists with the name contoso_courses")
    );
    assert_eq!(
        scene.delete_schema("contoso_courses").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(scene.get(&path).await.status, StatusCode::NOT_FOUND);
    let gone = scene.delete_schema("contoso_courses").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    let scene = Scene::new().await;
    for n in 0..5 {
        scene.define_schema(courses(&format!("c{n}"))).await;
    }
    let mut next = Some(format!("{PATH}?$top=2&$select=id&$count=true"));
    let mut seen = Vec::new();
    while let Some(path) = next {
        let page = scene.get(&path).await.json();
        let rows = page["value"].as_array().unwrap().iter();
        seen.extend(rows.map(|row| row["id"].as_str().unwrap().to_owned()));
        let link = page["@odata.nextLink"].as_str();
        next = link.map(|link| link.split_once("/v1.0/").unwrap().1.to_owned());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5, "{seen:?}");
    // Five are as many as an app may own.
    let refused = scene.send(Method::POST, PATH, Some(courses("c6"))).await;
    assert_eq!(target(&refused), "owner");
}

#[tokio::test]
async fn what_is_wrong_with_a_definition_is_named() {
    let scene = Scene::new().await;
    let good = || courses("contoso_x");
    let member = |name: Value, ty: Value| json!([{ "name": name, "type": ty }]);
    let twice = json!([{ "name": "a", "type": "String" }, { "name": "A", "type": "String" }]);
    let cases = [
        (courses("fabrikam_x"), "id"),
        (courses("contoso_"), "id"),
        (courses("_x"), "id"),
        (courses("1x"), "id"),
        (courses("a b"), "id"),
        (courses("extension_x"), "id"),
        (courses(&"x".repeat(117)), "id"),
        (lacking(good(), "id"), "id"),
        (lacking(good(), "properties"), "properties"),
        (lacking(good(), "targetTypes"), "targetTypes"),
        (but(good(), "targetTypes", json!(["Users"])), "targetTypes"),
        (but(good(), "status", json!("Available")), "status"),
        (but(good(), "owner", json!("x")), "owner"),
        (but(good(), "properties", json!([])), "properties"),
        (but(good(), "properties", twice), "properties/name"),
        (
            but(good(), "properties", member(json!("a-b"), json!("String"))),
            "properties/name",
        ),
        (
            but(good(), "properties", member(Value::Null, json!("String"))),
            "properties/name",
        ),
        (
            but(
                good(),
                "properties",
                member(json!("a"), json!("LargeInteger")),
            ),
            "properties/0/type",
        ),
        (
            but(good(), "properties", member(json!("a"), Value::Null)),
            "properties/type",
        ),
        (but(good(), "colour", json!("x")), "colour"),
    ];
    for (body, wanted) in cases {
        let said = body.to_string();
        let refused = scene.send(Method::POST, PATH, Some(body)).await;
        assert_eq!(target(&refused), wanted, "{said}");
    }
    assert_eq!(scene.get(PATH).await.json()["value"], json!([]));
    let body = but(good(), "targetTypes", json!(["user", "Group"]));
    let made = scene.send(Method::POST, PATH, Some(body)).await;
    assert!(
        made.header("x-vestibule-note")
            .contains("without effect for Group")
    );
}

#[tokio::test]
async fn a_definition_lives_as_documented() {
    let scene = Scene::new().await;
    let id = scene.define_schema(courses("contoso_courses")).await;
    let change = async |body: Value| scene.change_schema(&id, body).await;
    assert_eq!(
        change(json!({ "id": id })).await.status,
        StatusCode::NO_CONTENT
    );
    let renamed = change(json!({ "id": "contoso_other" })).await;
    assert_eq!(renamed.status, StatusCode::BAD_REQUEST);
    assert_eq!(renamed.json()["error"]["details"][0]["target"], "id");
    let members = |all: &[(&str, &str)]| {
        let all = all
            .iter()
            .map(|(name, ty)| json!({ "name": name, "type": ty }));
        json!({ "properties": all.collect::<Vec<_>>() })
    };
    let grown = [
        ("courseName", "String"),
        ("courseId", "Integer"),
        ("place", "String"),
    ];
    for (body, wanted) in [
        (members(&[("courseId", "Integer")]), "properties"),
        (
            members(&[("courseId", "String"), ("courseName", "String")]),
            "properties",
        ),
        (json!({ "targetTypes": ["Group"] }), "targetTypes"),
        (json!({ "status": "Deprecated" }), "status"),
        (json!({ "owner": "x" }), "owner"),
    ] {
        assert_eq!(target(&change(body.clone()).await), wanted, "{body}");
    }
    for body in [
        json!({ "description": null }),
        members(&grown),
        json!({ "targetTypes": ["user", "Device"] }),
        json!({ "status": "Available", "owner": scene.app.tenant.client_id }),
        json!({ "status": "Available" }),
        json!({}),
    ] {
        let reply = change(body.clone()).await;
        assert_eq!(
            reply.status,
            StatusCode::NO_CONTENT,
            "{body}: {}",
            reply.text()
        );
    }
    let now = scene.get(&format!("{PATH}/{id}")).await.json();
    assert_eq!(now["status"], "Available");
    assert_eq!(now["description"], Value::Null);
    assert_eq!(now["targetTypes"], json!(["User", "Device"]));
    let names = now["properties"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["courseId", "courseName", "place"]);
    assert_eq!(target(&scene.delete_schema(&id).await), "status");
    assert_eq!(
        target(&change(json!({ "status": "InDevelopment" })).await),
        "status"
    );
    let body = json!({ "status": "Deprecated" });
    assert_eq!(change(body).await.status, StatusCode::NO_CONTENT);
    for body in [
        json!({ "description": "x" }),
        json!({ "status": "Available" }),
    ] {
        assert_eq!(target(&change(body).await), "status");
    }
    assert_eq!(target(&scene.delete_schema(&id).await), "status");
}

/// Only the owner changes a definition, and others see it once it is available.
#[tokio::test]
async fn it_belongs_to_its_owner() {
    let scene = Scene::new().await;
    let id = scene.define_schema(courses("contoso_courses")).await;
    let owner = scene.app.tenant.client_id;
    let held = [
        Permission::ApplicationReadWriteAll,
        Permission::UserReadWriteAll,
    ];
    let other = scene.app.token_with(&held).await;
    let mine = scene.token.clone();
    let scene = scene.asking(other.clone());
    assert_eq!(scene.get(PATH).await.json()["value"], json!([]));
    let path = format!("{PATH}/{id}");
    assert_eq!(scene.get(&path).await.status, StatusCode::NOT_FOUND);
    let change = json!({ "description": "theirs" });
    let refused = scene.change_schema(&id, change.clone()).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    // It is there all the same: the name is taken, and all apps of the directory use it.
    let refused = scene.send(Method::POST, PATH, Some(courses(&id))).await;
    assert!(refused.text().contains("exists"), "{}", refused.text());
    let user = scene
        .with("AdeleV", &[(&id, json!({ "courseId": 1 }))])
        .await;
    let scene = scene.asking(mine.clone());
    scene.make_available(&id).await;
    let scene = scene.asking(other.clone());
    assert_eq!(scene.get(&path).await.json()["owner"], owner.to_string());
    not_owner(&scene.change_schema(&id, change.clone()).await);
    not_owner(&scene.delete_schema(&id).await);
    let named = but(change.clone(), "owner", json!(owner));
    not_owner(&scene.change_schema(&id, named.clone()).await);
    let body = but(courses("contoso_other"), "owner", json!(owner));
    not_owner(&scene.send(Method::POST, PATH, Some(body)).await);

    // A person who may write applications stands for each of them, and says for which.
    let scopes = [Permission::ApplicationReadWriteAll];
    let person = created(&scene.app, &mine, "MeganB").await;
    let roles = [Role::GlobalAdministrator];
    let token = scene.app.person_token(&person, &scopes, &roles).await;
    let scene = scene.asking(token);
    let apps = scene.get("applications?$select=appId").await.json();
    let apps = apps["value"].as_array().unwrap().iter();
    let another = apps
        .map(|app| &app["appId"])
        .find(|id| **id != owner.to_string());
    let body = but(courses("contoso_other"), "owner", another.unwrap().clone());
    let theirs = scene.define_schema(body).await;
    not_owner(&scene.change_schema(&theirs, change.clone()).await);
    let named = but(change, "owner", another.unwrap().clone());
    let changed = scene.change_schema(&theirs, named).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.text());
    let deleted = scene.delete_schema(&theirs).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.text());
    let nobody = but(courses("contoso_other"), "owner", json!(user));
    assert_eq!(
        target(&scene.send(Method::POST, PATH, Some(nobody)).await),
        "owner"
    );
}

#[tokio::test]
async fn definitions_need_their_permission() {
    let scene = Scene::new().await;
    let id = scene.define_schema(courses("contoso_courses")).await;
    scene.make_available(&id).await;
    let one = format!("{PATH}/{id}");
    for (held, may_read, may_write) in [
        (Permission::UserReadWriteAll, false, false),
        (Permission::ApplicationReadAll, true, false),
        (Permission::ApplicationReadWriteAll, true, true),
    ] {
        let token = scene.app.token_with(&[held]).await;
        for (method, path, body, may) in [
            (Method::GET, PATH, None, may_read),
            (Method::GET, &one, None, may_read),
            (Method::POST, PATH, Some(courses("x")), may_write),
        ] {
            let asking = scene.app.ask(method.clone(), &format!("/v1.0/{path}"));
            let asking = asking.bearer(&token);
            let reply = match &body {
                Some(body) => asking.json(body).send().await,
                None => asking.send().await,
            };
            let is_denied = reply.status == StatusCode::FORBIDDEN;
            assert_eq!(!is_denied, may, "{held:?} {method} {path}");
        }
    }
}

#[tokio::test]
async fn a_definition_made_anew_finds_its_values() {
    let scene = Scene::new().await;
    let id = scene.define_schema(courses("contoso_courses")).await;
    let value = json!({ "courseId": 7, "courseName": "Rust" });
    let user = scene.with("AdeleV", &[(&id, value)]).await;
    let shown = scene.value(&user, &id).await;
    assert_eq!(shown["courseId"], 7);
    assert_eq!(
        scene.delete_schema(&id).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(scene.value(&user, &id).await, Value::Null);
    let refused = scene.patch(&user, json!({ &id: { "courseId": 8 } })).await;
    assert_eq!(target(&refused), id);
    let city = scene.patch(&user, json!({ "city": "Bern" })).await;
    assert_eq!(city.status, StatusCode::NO_CONTENT);
    let other = but(
        courses(&id),
        "properties",
        json!([{ "name": "courseId", "type": "String" }]),
    );
    let refused = scene.send(Method::POST, PATH, Some(other)).await;
    assert_eq!(target(&refused), "properties");
    scene.define_schema(courses(&id)).await;
    assert_eq!(scene.value(&user, &id).await, shown);
    assert_eq!(scene.found(&format!("{id}/courseId eq 7")).await, [user]);
}

/// With a token `$metadata` has what the token's tenant defined, and nothing of another; without
/// one it is the core.
#[tokio::test]
async fn metadata_is_the_tenants() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let ask = async |token: Option<&str>| {
        let asking = scene.app.get("/v1.0/$metadata");
        let reply = match token {
            Some(token) => asking.bearer(token).send().await,
            None => asking.send().await,
        };
        assert_eq!(reply.status, StatusCode::OK);
        reply
    };
    let core = ask(None).await.text().to_owned();
    assert_eq!(ask(Some(&scene.token)).await.text(), core);
    let badge = definer.name("badge");
    scene.define(&definer, definition("badge", "String")).await;
    let course = scene.define_schema(courses("contoso_courses")).await;
    let own = ask(Some(&scene.token)).await;
    assert!(own.header("cache-control").contains("private"));
    assert!(own.header("vary").contains("Authorization"));
    let text = own.text();
    let property = format!("<Property Name=\"{badge}\" Type=\"Edm.String\"");
    assert!(text.contains(&property), "{property}");
    assert!(text.contains(&format!("<ComplexType Name=\"{course}\"")));
    assert!(text.contains("<Property Name=\"courseId\" Type=\"Edm.Int32\""));
    assert_eq!(ask(None).await.text(), core);
    let other = scene.app.other_tenant().await;
    let other = scene.app.token_of(&other).await;
    assert_eq!(ask(Some(&other)).await.text(), core);
    // A caller who may read neither applications nor users is shown no definition.
    let app = scene.app.token_with(&[Permission::UserInviteAll]).await;
    assert_eq!(ask(Some(&app)).await.text(), core);
    let wrong = scene.app.get("/v1.0/$metadata").bearer("x").send().await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
}
