//! `manager@delta`: who follows users is told who their managers are, and when that changes.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::created;

struct Scene {
    app: TestApp,
    token: String,
    /// Whom boss manages at first.
    adele: String,
    boss: String,
    chief: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let adele = created(&app, &token, "adele").await;
        let boss = created(&app, &token, "boss").await;
        let chief = created(&app, &token, "chief").await;
        let scene = Self {
            app,
            token,
            adele,
            boss,
            chief,
        };
        scene.manage(&scene.adele, Some(&scene.boss)).await;
        scene
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let asking = self.app.ask(method, &format!("/v1.0/{path}"));
        let asking = asking.bearer(&self.token);
        match body {
            Some(body) => asking.json(&body).send().await,
            None => asking.send().await,
        }
    }

    async fn done(&self, method: Method, path: &str, body: Option<Value>) {
        let reply = self.send(method, path, body).await;
        assert!(reply.status.is_success(), "{path} {}", reply.text());
    }

    async fn manage(&self, user: &str, manager: Option<&str>) {
        let path = format!("users/{user}/manager/$ref");
        match manager {
            None => self.done(Method::DELETE, &path, None).await,
            Some(id) => {
                let url = format!("https://localhost:8443/v1.0/users/{id}");
                let body = json!({ "@odata.id": url });
                self.done(Method::PUT, &path, Some(body)).await;
            }
        }
    }

    /// The items of a page, by their order, and where to go on.
    async fn page(&self, path: &str, prefer: &str) -> (Vec<Value>, String) {
        let asking = self.app.get(&format!("/v1.0/{path}"));
        let asking = asking.bearer(&self.token).header("prefer", prefer);
        let reply = asking.send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let page = reply.json();
        let link = page["@odata.deltaLink"].as_str().unwrap();
        let items = page["value"].as_array().unwrap().clone();
        (items, link.split_once("/v1.0/").unwrap().1.to_owned())
    }

    async fn round(&self, link: &str) -> (Vec<Value>, String) {
        self.page(link, "").await
    }
}

fn is(id: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.user", "id": id })
}

fn was(id: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.user", "id": id, "@removed": { "reason": "deleted" } })
}

#[tokio::test]
async fn a_changed_manager_is_told() {
    let scene = Scene::new().await;
    let Scene {
        adele, boss, chief, ..
    } = &scene;
    let (items, link) = scene.round("users/delta?$select=displayName,manager").await;
    for item in &items {
        let managers = item.get("manager@delta");
        let expected = json!([is(boss)]);
        let expected = (item["id"] == **adele).then_some(&expected);
        assert_eq!(managers, expected, "{item}");
    }
    // Something else is different: nothing is told of the manager.
    let path = format!("users/{adele}");
    let body = json!({ "displayName": "Adele" });
    scene.done(Method::PATCH, &path, Some(body)).await;
    let (items, link) = scene.round(&link).await;
    assert_eq!(items, [json!({ "id": adele, "displayName": "Adele" })]);

    let check = async |link: String, expected: Value| {
        let (items, next) = scene.round(&link).await;
        let whole = json!({ "id": adele, "displayName": "Adele", "manager@delta": expected });
        assert_eq!(items, [whole]);
        let (items, _) = scene.page(&link, "return=minimal").await;
        assert_eq!(items, [json!({ "id": adele, "manager@delta": expected })]);
        next
    };
    scene.manage(adele, Some(chief)).await;
    let link = check(link, json!([was(boss), is(chief)])).await;
    scene.manage(adele, None).await;
    let link = check(link, json!([was(chief)])).await;
    scene.manage(adele, Some(boss)).await;
    let link = check(link, json!([is(boss)])).await;
    // There and back in one round, and over two.
    scene.manage(adele, Some(chief)).await;
    scene.manage(adele, Some(boss)).await;
    let link = check(link, json!([was(chief), is(boss)])).await;
    scene.manage(adele, Some(chief)).await;
    scene.manage(adele, None).await;
    let mut both = [boss, chief];
    both.sort();
    let link = check(link, json!(both.map(|id| was(id)))).await;
    assert_eq!(scene.round(&link).await.0, Vec::<Value>::new());
}

/// What is not tracked is not told, and makes nothing else look changed.
#[tokio::test]
async fn only_who_follows_managers_is_told() {
    let scene = Scene::new().await;
    let Scene {
        adele, boss, chief, ..
    } = &scene;
    let (items, without) = scene.round("users/delta?$select=displayName,city").await;
    let is_told = |item: &Value| item.get("manager@delta").is_some();
    assert!(!items.iter().any(is_told), "{items:?}");
    let mut followed = Vec::new();
    for select in ["", "?$select=*", "?$select=id,Manager", "?$select=manager"] {
        let reply = scene
            .send(Method::GET, &format!("users/delta{select}"), None)
            .await;
        assert!(!reply.headers.contains_key("x-vestibule-note"), "{select}");
        let context = &reply.json()["@odata.context"];
        let named = select.contains("anager");
        assert_eq!(
            context.as_str().unwrap().contains("manager"),
            named,
            "{context}"
        );
        let (items, link) = scene.round(&format!("users/delta{select}")).await;
        let told = items.iter().find(|item| item["id"] == **adele).unwrap();
        assert_eq!(told["manager@delta"], json!([is(boss)]), "{select}");
        followed.push(link);
    }
    scene.manage(adele, Some(chief)).await;
    let sponsor = format!("users/{chief}/sponsors/$ref");
    let url = format!("https://localhost:8443/v1.0/users/{boss}");
    let body = json!({ "@odata.id": url });
    scene.done(Method::POST, &sponsor, Some(body)).await;
    let (items, _) = scene.round(&without).await;
    assert_eq!(items, Vec::<Value>::new());
    for (at, link) in followed.into_iter().enumerate() {
        let (items, _) = scene.round(&link).await;
        assert_eq!(
            items[0]["manager@delta"],
            json!([was(boss), is(chief)]),
            "{link}"
        );
        // A sponsor is told to those alone who left nothing out.
        let of_others = items.get(1);
        assert_eq!(of_others.is_none(), at >= 2, "{link}");
        assert!(!of_others.is_some_and(is_told), "{items:?}");
    }
    // Other links are not tracked, and $expand has no meaning here.
    for (query, said) in [
        ("$select=sponsors", "sponsors"),
        ("$expand=manager", "manager@delta"),
    ] {
        let reply = scene
            .send(Method::GET, &format!("users/delta?{query}"), None)
            .await;
        let note = reply.header("x-vestibule-note");
        assert!(note.contains(said), "{note}");
    }
    let none = scene.app.get("/v1.0/users/delta?$select=manager");
    let none = none.header("accept", "application/json;odata.metadata=none");
    let page = none.bearer(&scene.token).send().await.json();
    let items = page["value"].as_array().unwrap();
    let told = items.iter().find(|item| item["id"] == **adele).unwrap();
    assert_eq!(told["manager@delta"], json!([{ "id": chief }]));
}

/// The link to a deleted manager is kept, since restoring them restores it; their own item tells
/// that they are gone.
#[tokio::test]
async fn a_deleted_manager_is_told_as_a_user() {
    let scene = Scene::new().await;
    let Scene { adele, boss, .. } = &scene;
    let start = "users/delta?$select=manager";
    let (_, link) = scene.round(start).await;
    scene
        .done(Method::DELETE, &format!("users/{boss}"), None)
        .await;
    let (items, link) = scene.round(&link).await;
    assert_eq!(
        items,
        [json!({ "id": boss, "@removed": { "reason": "changed" } })]
    );
    let (items, late) = scene.round(start).await;
    let told = items.iter().find(|item| item["id"] == **adele).unwrap();
    assert_eq!(told["manager@delta"], json!([is(boss)]));
    let restore = format!("directory/deletedItems/{boss}/restore");
    scene.done(Method::POST, &restore, None).await;
    for link in [&link, &late] {
        assert_eq!(scene.round(link).await.0, [json!({ "id": boss })]);
    }
    // A restored user is shown with their manager.
    scene
        .done(Method::DELETE, &format!("users/{adele}"), None)
        .await;
    let (_, link) = scene.round(&link).await;
    let restore = format!("directory/deletedItems/{adele}/restore");
    scene.done(Method::POST, &restore, None).await;
    let expected = [json!({ "id": adele, "manager@delta": [is(boss)] })];
    assert_eq!(scene.page(&link, "return=minimal").await.0, expected);
    // Gone for good, with their links.
    scene
        .done(Method::DELETE, &format!("users/{boss}"), None)
        .await;
    let purged = format!("directory/deletedItems/{boss}");
    scene.done(Method::DELETE, &purged, None).await;
    let (items, _) = scene.round(start).await;
    assert!(
        items.iter().all(|item| item.get("manager@delta").is_none()),
        "{items:?}"
    );
}

#[tokio::test]
async fn managers_are_told_to_whom_may_read_links() {
    let scene = Scene::new().await;
    let basic = scene.app.token_with(&[Permission::UserReadBasicAll]).await;
    let check = async |query: &str, status: u16| {
        let asking = scene.app.get(&format!("/v1.0/users/delta{query}"));
        let reply = asking.bearer(&basic).send().await;
        assert_eq!(reply.status, status, "{query} {}", reply.text());
        assert!(
            !reply.text().contains("manager@delta"),
            "{query} {}",
            reply.text()
        );
    };
    check("", 200).await;
    check("?$select=*", 200).await;
    check("?$select=displayName", 200).await;
    check("?$select=displayName,manager", 403).await;
}

/// A new user made with a manager is shown with them, also one made within a round.
#[tokio::test]
async fn who_is_new_comes_with_a_manager() {
    let scene = Scene::new().await;
    let (_, link) = scene.round("users/delta?$select=displayName,manager").await;
    let mut body = crate::samples::user("new");
    body["manager@odata.bind"] = json!(format!("users/{}", scene.chief));
    let made = scene.send(Method::POST, "users", Some(body)).await.json();
    let id = made["id"].as_str().unwrap();
    scene.manage(id, Some(&scene.boss)).await;
    let expected = json!({ "id": id, "displayName": "new", "manager@delta": [is(&scene.boss)] });
    for prefer in ["", "return=minimal"] {
        let (items, _) = scene.page(&link, prefer).await;
        assert_eq!(items, std::slice::from_ref(&expected), "{prefer}");
    }
}
