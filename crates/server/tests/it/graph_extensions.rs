//! Directory extensions as clients make and use them: applications, definitions, values.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::Reply;

use crate::samples::{Scene, but, user};

/// The application that defines.
pub(crate) struct Definer {
    /// `applications/{id}/extensionProperties`
    pub(crate) path: String,
    /// What the names of its extensions begin with.
    pub(crate) prefix: String,
}

impl Definer {
    pub(crate) fn of(scene: &Scene) -> Self {
        let tenant = &scene.app.tenant;
        Self {
            path: format!("applications/{}/extensionProperties", tenant.app_object),
            prefix: format!("extension_{}_", tenant.client_id.simple()),
        }
    }

    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// A definition's body.
pub(crate) fn definition(name: &str, data_type: &str) -> Value {
    json!({ "name": name, "dataType": data_type, "targetObjects": ["User"] })
}

impl Scene {
    /// A server in the manner of that name.
    pub(crate) async fn in_manner(manner: &str) -> Self {
        let scene = Self::new().await;
        scene.app.set_manner(manner).await;
        scene
    }

    /// Makes a definition; its id.
    pub(crate) async fn define(&self, definer: &Definer, body: Value) -> String {
        let made = self.send(Method::POST, &definer.path, Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn undefine(&self, definer: &Definer, id: &str) {
        let path = format!("{}/{id}", definer.path);
        let gone = self.send(Method::DELETE, &path, None).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    }

    /// Creates a user with these members beside the usual ones; the id.
    pub(crate) async fn with(&self, name: &str, members: &[(&str, Value)]) -> String {
        let mut body = user(name);
        for (name, value) in members {
            body = but(body, name, value.clone());
        }
        let made = self.send(Method::POST, "users", Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn patch(&self, id: &str, body: Value) -> Reply {
        self.send(Method::PATCH, &format!("users/{id}"), Some(body))
            .await
    }

    /// One value, selected.
    pub(crate) async fn value(&self, id: &str, name: &str) -> Value {
        let reply = self.get(&format!("users/{id}?$select={name}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()[name].clone()
    }

    /// The ids that a condition finds.
    pub(crate) async fn found(&self, condition: &str) -> Vec<String> {
        let condition = condition.replace(' ', "%20");
        let reply = self
            .get(&format!("users?$select=id&$filter={condition}"))
            .await;
        assert_eq!(
            reply.status,
            StatusCode::OK,
            "{condition}: {}",
            reply.text()
        );
        let json = reply.json();
        let ids = json["value"].as_array().unwrap().iter();
        ids.map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn message(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
    reply.json()["error"]["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn applications_are_listed_and_read() {
    let scene = Scene::new().await;
    let tenant = scene.app.tenant.clone();
    let (id, app_id) = (tenant.app_object, tenant.client_id);
    let list = scene.get("applications?$count=true").await.json();
    assert_eq!(list["@odata.count"], 1);
    let one = &list["value"][0];
    assert_eq!(one["id"], id.to_string());
    assert_eq!(one["appId"], app_id.to_string());
    assert_eq!(one["displayName"], "Test app");
    assert!(one["createdDateTime"].is_string() && one["deletedDateTime"].is_null());
    // As SDKs look for an app of which they know the client id.
    for (filter, hits) in [
        (format!("appId eq '{app_id}'"), 1),
        (format!("appId eq '{id}'"), 0),
        ("startswith(displayName,'test')".to_owned(), 1),
        ("displayName eq 'other'".to_owned(), 0),
    ] {
        let path = format!("applications?$filter={}", filter.replace(' ', "%20"));
        let found = scene.get(&path).await.json();
        assert_eq!(found["value"].as_array().unwrap().len(), hits, "{filter}");
    }
    let read = scene.get(&format!("applications/{id}")).await.json();
    assert_eq!(read["appId"], app_id.to_string());
    let context = read["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("/$metadata#applications/$entity"));
    let path = format!("applications(appId='{app_id}')?$select=id,displayName");
    let by_app_id = scene.get(&path).await.json();
    assert_eq!(by_app_id["id"], id.to_string());
    assert!(by_app_id.get("appId").is_none());
    // The object id is not taken as a client id, nor the other way round.
    for path in [
        format!("applications/{app_id}"),
        format!("applications(appId='{id}')"),
    ] {
        assert_eq!(
            scene.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    let other = scene.app.other_tenant().await;
    let path = format!("applications/{}", other.app_object);
    assert_eq!(scene.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_list_of_applications_comes_in_pages() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.app.token_with(&[Permission::UserReadAll]).await;
    }
    let mut next = Some("applications?$top=3&$select=id&$count=true".to_owned());
    let mut seen = Vec::new();
    while let Some(path) = next {
        let page = scene.get(&path).await.json();
        assert_eq!(page.get("@odata.count").is_some(), seen.is_empty());
        let rows = page["value"].as_array().unwrap().iter();
        seen.extend(rows.map(|row| row["id"].as_str().unwrap().to_owned()));
        let link = page["@odata.nextLink"].as_str();
        next = link.map(|link| link.split_once("/v1.0/").unwrap().1.to_owned());
    }
    assert_eq!(seen.len(), 4);
    assert!(seen.is_sorted());
}

#[tokio::test]
async fn a_definition_is_made_listed_read_and_deleted() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let body = definition("jobGroupTracker", "String");
    let made = scene
        .send(Method::POST, &definer.path, Some(body.clone()))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let json = made.json();
    let id = json["id"].as_str().unwrap();
    let application = scene.app.tenant.app_object;
    let set = format!("applications('{application}')/extensionProperties");
    assert_eq!(
        json,
        json!({
            "@odata.context": format!("https://localhost:8443/v1.0/$metadata#{set}/$entity"),
            "id": id,
            "deletedDateTime": null,
            "appDisplayName": "Test app",
            "dataType": "String",
            "isMultiValued": false,
            "isSyncedFromOnPremises": false,
            "name": definer.name("jobGroupTracker"),
            "targetObjects": ["User"],
        })
    );
    let location = made.header("location");
    assert_eq!(location, format!("https://localhost:8443/v1.0/{set}/{id}"));
    let path = format!("{}/{id}", definer.path);
    assert_eq!(scene.get(&path).await.json(), json);
    let list = scene.get(&definer.path).await.json();
    let context = list["@odata.context"].as_str().unwrap();
    assert!(context.ends_with(&format!("#{set}")), "{context}");
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    let client_id = scene.app.tenant.client_id;
    let alternate = format!("applications(appId='{client_id}')/extensionProperties?$select=name");
    let listed = scene.get(&alternate).await.json();
    let name = definer.name("jobGroupTracker");
    assert_eq!(listed["value"], json!([{ "name": name }]));

    // The name is taken, in any spelling of case.
    let again = but(body, "name", json!("JOBGROUPTRACKER"));
    let again = scene.send(Method::POST, &definer.path, Some(again)).await;
    let text = format!("An extension property exists with the name {name}.");
    assert_eq!(message(&again), text);
    scene.undefine(&definer, id).await;
    assert_eq!(scene.get(&path).await.status, StatusCode::NOT_FOUND);
    let gone = scene.send(Method::DELETE, &path, None).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.get(&definer.path).await.json()["value"], json!([]));
}

#[tokio::test]
async fn what_is_wrong_with_a_definition_is_named() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let good = || definition("x", "String");
    let long = "x".repeat(86);
    let cases = [
        (but(good(), "name", json!("a-b")), "name"),
        (but(good(), "name", json!("")), "name"),
        (but(good(), "name", json!(long)), "name"),
        (but(good(), "name", json!("größe")), "name"),
        (but(good(), "dataType", json!("Guid")), "dataType"),
        (but(good(), "dataType", json!("string")), "dataType"),
        (
            but(good(), "targetObjects", json!(["Users"])),
            "targetObjects/0",
        ),
        (but(good(), "targetObjects", json!([])), "targetObjects"),
        (but(good(), "isMultiValued", json!("yes")), "isMultiValued"),
        (but(good(), "appDisplayName", json!("x")), "appDisplayName"),
        (but(good(), "colour", json!("x")), "colour"),
        (
            json!({ "name": "x", "targetObjects": ["User"] }),
            "dataType",
        ),
        (
            json!({ "dataType": "String", "targetObjects": ["User"] }),
            "name",
        ),
        (
            json!({ "name": "x", "dataType": "String" }),
            "targetObjects",
        ),
    ];
    for (body, target) in cases {
        let said = body.to_string();
        let refused = scene.send(Method::POST, &definer.path, Some(body)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{said}");
        let error = &refused.json()["error"];
        assert_eq!(error["code"], "Request_BadRequest", "{said}");
        assert_eq!(error["details"][0]["target"], target, "{said}: {error}");
    }
    let sentence =
        "Invalid value specified for property 'dataType' of resource 'ExtensionProperty'.";
    let body = Some(definition("x", "Guid"));
    let refused = scene.send(Method::POST, &definer.path, body).await;
    assert_eq!(message(&refused), sentence);
    assert_eq!(scene.get(&definer.path).await.json()["value"], json!([]));
    let nowhere = format!(
        "applications/{}/extensionProperties",
        scene.app.tenant.client_id
    );
    let refused = scene.send(Method::POST, &nowhere, Some(good())).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn other_targets_are_kept_and_change_nothing() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let body = but(
        definition("room", "String"),
        "targetObjects",
        json!(["Group", "Device"]),
    );
    let made = scene.send(Method::POST, &definer.path, Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.json()["targetObjects"], json!(["Device", "Group"]));
    let note = made.header("x-vestibule-note");
    assert!(note.contains("without effect for Device, Group"), "{note}");
    let name = definer.name("room");
    let refused = but(user("AdeleV"), &name, json!("7"));
    let refused = scene.send(Method::POST, "users", Some(refused)).await;
    let text =
        format!("Property '{name}' does not exist as a declared property or extension property.");
    assert_eq!(message(&refused), text);
}

#[tokio::test]
async fn all_that_are_available_are_listed() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    scene.define(&definer, definition("a", "String")).await;
    scene.define(&definer, definition("b", "Integer")).await;
    let ask = async |body: Option<Value>| {
        let path = "directoryObjects/getAvailableExtensionProperties";
        scene.send(Method::POST, path, body).await
    };
    for body in [
        None,
        Some(json!({})),
        Some(json!({ "isSyncedFromOnPremises": false })),
    ] {
        let list = ask(body).await.json();
        let context = list["@odata.context"].as_str().unwrap();
        assert!(context.ends_with("#Collection(extensionProperty)"));
        let rows = list["value"].as_array().unwrap();
        let names: Vec<_> = rows.iter().map(|row| row["name"].clone()).collect();
        assert_eq!(names, [definer.name("a"), definer.name("b")]);
        assert_eq!(rows[0]["@odata.type"], "#microsoft.graph.extensionProperty");
    }
    let synced = ask(Some(json!({ "isSyncedFromOnPremises": true }))).await;
    assert_eq!(synced.json()["value"], json!([]));
    let wrong = ask(Some(json!({ "isSyncedFromOnPremises": "Boolean" }))).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_definition_made_anew_finds_its_values() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let badge = definer.name("badge");
    let first = scene.define(&definer, definition("badge", "String")).await;
    let id = scene.with("AdeleV", &[(&badge, json!("A-1"))]).await;
    scene.undefine(&definer, &first).await;
    // As if the user had no value; and another change of the user does not lose it.
    assert_eq!(scene.value(&id, &badge).await, Value::Null);
    let refused = scene.patch(&id, json!({ &badge: "A-2" })).await;
    let text =
        format!("Property '{badge}' does not exist as a declared property or extension property.");
    assert_eq!(message(&refused), text);
    assert_eq!(
        scene.patch(&id, json!({ "city": "Bern" })).await.status,
        StatusCode::NO_CONTENT
    );
    for (body, target) in [
        (definition("badge", "Integer"), "dataType"),
        (
            but(definition("Badge", "String"), "isMultiValued", json!(true)),
            "isMultiValued",
        ),
    ] {
        let refused = scene.send(Method::POST, &definer.path, Some(body)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json()["error"]["details"][0]["target"], target);
    }
    let second = scene.define(&definer, definition("badge", "String")).await;
    assert_ne!(first, second);
    assert_eq!(scene.value(&id, &badge).await, "A-1");
    assert_eq!(scene.found(&format!("{badge} eq 'a-1'")).await, [id]);
}

#[tokio::test]
async fn definitions_need_their_permission() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let id = scene.define(&definer, definition("a", "String")).await;
    let one = format!("{}/{id}", definer.path);
    let reads = [&one, &definer.path, "applications"].map(|path| (Method::GET, path, None));
    let body = Some(definition("b", "String"));
    let writes = [
        (Method::POST, definer.path.as_str(), body),
        (Method::DELETE, one.as_str(), None),
    ];
    for (held, may_read, may_write) in [
        (Permission::UserReadWriteAll, false, false),
        (Permission::ApplicationReadAll, true, false),
        (Permission::DirectoryReadAll, true, false),
        (Permission::ApplicationReadWriteAll, true, true),
    ] {
        let token = scene.app.token_with(&[held]).await;
        let reads = reads.iter().map(|ask| (ask, may_read));
        for ((method, path, body), may) in reads.chain(writes.iter().map(|ask| (ask, may_write))) {
            let asking = scene.app.ask(method.clone(), &format!("/v1.0/{path}"));
            let asking = asking.bearer(&token);
            let reply = match body {
                Some(body) => asking.json(body).send().await,
                None => asking.send().await,
            };
            let is_denied = reply.status == StatusCode::FORBIDDEN;
            assert_eq!(!is_denied, may, "{held:?} {method} {path}");
        }
    }
}

/// What an app defined goes with it, and comes back with the same client id.
#[tokio::test]
async fn definitions_of_an_app_that_is_removed_are_deleted() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let badge = definer.name("badge");
    scene.define(&definer, definition("badge", "String")).await;
    let id = scene.with("AdeleV", &[(&badge, json!("A-1"))]).await;
    let tenant = scene.app.tenant.clone();
    let plan = directory::AppPlan {
        client_id: None,
        object: None,
        display_name: "Another".to_owned(),
        permissions: directory::Permissions::all_for_apps(),
        secret: None,
    };
    let directory = scene.app.directory();
    let other = directory.add_app(tenant.id, plan).await.unwrap();
    directory
        .remove_app(tenant.id, tenant.client_id)
        .await
        .unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &other.app.client_id.to_string()),
        ("client_secret", &other.secret),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let path = format!("/{}/oauth2/v2.0/token", tenant.id.0);
    let token = scene.app.post(&path).form(&form).send().await.json();
    let token = token["access_token"].as_str().unwrap().to_owned();
    let scene = Scene { token, ..scene };
    assert_eq!(scene.value(&id, &badge).await, Value::Null);
    let path = "directoryObjects/getAvailableExtensionProperties";
    let left = scene.send(Method::POST, path, None).await.json();
    assert_eq!(left["value"], json!([]));
}
