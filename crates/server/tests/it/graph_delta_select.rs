//! GET /users/delta with `$select`: a change of something else is none.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::TestApp;

use crate::samples::created;

struct Scene {
    app: TestApp,
    token: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        Self { app, token }
    }

    async fn send(&self, method: Method, path: &str, body: Value) {
        let asking = self.app.ask(method, &format!("/v1.0/{path}"));
        let reply = asking.bearer(&self.token).json(&body).send().await;
        assert!(reply.status.is_success(), "{path} {}", reply.text());
    }

    async fn patch(&self, id: &str, body: Value) {
        self.send(Method::PATCH, &format!("users/{id}"), body).await;
    }

    async fn set(&self, link: &str, method: Method, id: &str, to: &str) {
        let to = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{to}") });
        self.send(method, &format!("users/{id}/{link}/$ref"), to)
            .await;
    }

    /// All items from there on, and where the next round begins.
    async fn follow(&self, token: &str, start: &str) -> (Vec<Value>, String) {
        let (mut items, mut at) = (Vec::new(), start.to_owned());
        loop {
            let reply = self.app.get(&at).bearer(token).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
            let page = reply.json();
            items.extend(page["value"].as_array().unwrap().iter().cloned());
            let link = |name: &str| {
                let link = page.get(name)?.as_str()?;
                Some(link.strip_prefix("https://localhost:8443")?.to_owned())
            };
            match (link("@odata.nextLink"), link("@odata.deltaLink")) {
                (Some(next), None) => at = next,
                (None, Some(delta)) => return (items, delta),
                _ => panic!("one link: {page}"),
            }
        }
    }

    async fn round(&self, link: &str) -> (Vec<Value>, String) {
        self.follow(&self.token, link).await
    }
}

#[tokio::test]
async fn a_user_is_told_when_something_selected_changed() {
    let scene = Scene::new().await;
    let adele = created(&scene.app, &scene.token, "adele").await;
    let boss = created(&scene.app, &scene.token, "boss").await;
    let start = "/v1.0/users/delta?$select=displayName,legalAgeGroupClassification";
    let (_, mut link) = scene.round(start).await;
    for other in [
        json!({ "city": "Bonn" }),
        json!({ "city": null, "jobTitle": "Buyer" }),
        json!({ "mail": "adele@fabrikam.example" }),
        json!({ "passwordProfile": { "password": "another-xWwvJ]6NMw" } }),
    ] {
        scene.patch(&adele, other.clone()).await;
        let (items, next) = scene.round(&link).await;
        assert_eq!(items, Vec::<Value>::new(), "{other}");
        assert_ne!(next, link);
        link = next;
    }
    scene.set("manager", Method::PUT, &adele, &boss).await;
    scene.set("sponsors", Method::POST, &adele, &boss).await;
    let (items, link) = scene.round(&link).await;
    assert_eq!(items, Vec::<Value>::new());

    // Both together are told; and so is what follows from something else.
    scene.patch(&adele, json!({ "city": "Ulm" })).await;
    scene.patch(&adele, json!({ "displayName": "Adele" })).await;
    scene.patch(&boss, json!({ "ageGroup": "Adult" })).await;
    let (items, link) = scene.round(&link).await;
    let classified =
        json!({ "id": boss, "displayName": "boss", "legalAgeGroupClassification": "Adult" });
    assert_eq!(
        items,
        [json!({ "id": adele, "displayName": "Adele" }), classified]
    );

    // Who comes, goes and comes back is always told.
    let fresh = created(&scene.app, &scene.token, "fresh").await;
    scene
        .send(Method::DELETE, &format!("users/{adele}"), json!({}))
        .await;
    let (items, link) = scene.round(&link).await;
    let gone = json!({ "id": adele, "@removed": { "reason": "changed" } });
    assert_eq!(
        items,
        [json!({ "id": fresh, "displayName": "fresh" }), gone]
    );
    let restore = format!("directory/deletedItems/{adele}/restore");
    scene.send(Method::POST, &restore, json!({})).await;
    let (items, link) = scene.round(&link).await;
    assert_eq!(items, [json!({ "id": adele, "displayName": "Adele" })]);
    // Made, deleted and made again within one round.
    scene
        .send(Method::DELETE, &format!("users/{adele}"), json!({}))
        .await;
    scene.send(Method::POST, &restore, json!({})).await;
    let (items, _) = scene.round(&link).await;
    assert_eq!(items, [json!({ "id": adele, "displayName": "Adele" })]);
}

/// Without `$select`, or with all of it, every change is told; a manager where managers are
/// followed.
#[tokio::test]
async fn what_is_not_left_out_is_followed() {
    let scene = Scene::new().await;
    let adele = created(&scene.app, &scene.token, "adele").await;
    let boss = created(&scene.app, &scene.token, "boss").await;
    let told = async |options: &str| {
        let (_, link) = scene.round(&format!("/v1.0/users/delta{options}")).await;
        scene.patch(&adele, json!({ "city": "Bonn" })).await;
        let (items, link) = scene.round(&link).await;
        let city = !items.is_empty();
        scene.set("manager", Method::PUT, &adele, &boss).await;
        let (items, _) = scene.round(&link).await;
        scene
            .send(
                Method::DELETE,
                &format!("users/{adele}/manager/$ref"),
                json!({}),
            )
            .await;
        scene.patch(&adele, json!({ "city": null })).await;
        (city, !items.is_empty())
    };
    assert_eq!(told("").await, (true, true));
    assert_eq!(told("?$select=*").await, (true, true));
    assert_eq!(told("?$select=displayName,manager").await, (false, true));
    assert_eq!(told("?$select=city").await, (true, false));
    assert_eq!(told("?$select=nothing").await, (false, false));
}

/// Many changes of something else before one that counts: no page is empty on the way, and none is
/// left out.
#[tokio::test]
async fn pages_pass_over_changes_of_something_else() {
    let scene = Scene::new().await;
    let mut made = Vec::new();
    for at in 0..9 {
        made.push(created(&scene.app, &scene.token, &format!("u{at}")).await);
    }
    let (_, link) = scene
        .round("/v1.0/users/delta?$select=displayName&$top=2")
        .await;
    for (at, id) in made.iter().enumerate() {
        let body = if at % 4 == 3 {
            json!({ "displayName": format!("new{at}") })
        } else {
            json!({ "city": "Bonn" })
        };
        scene.patch(id, body).await;
    }
    let (items, link) = scene.round(&link).await;
    let names: Vec<_> = items
        .iter()
        .map(|item| item["displayName"].clone())
        .collect();
    assert_eq!(names, ["new3", "new7"]);
    assert_eq!(scene.round(&link).await.0, Vec::<Value>::new());
}

/// That something changed which a client may not see is not told either.
#[tokio::test]
async fn a_hidden_change_is_none() {
    let scene = Scene::new().await;
    let adele = created(&scene.app, &scene.token, "adele").await;
    let reader = [directory::Permission::UserReadAll];
    let reader = scene.app.token_with(&reader).await;
    let start = "/v1.0/users/delta?$select=employeeLeaveDateTime";
    let (_, link) = scene.follow(&reader, start).await;
    let (_, whole) = scene.round(start).await;
    let leaves = json!({ "employeeLeaveDateTime": "2027-01-01T00:00:00Z" });
    scene.patch(&adele, leaves.clone()).await;
    assert_eq!(scene.follow(&reader, &link).await.0, Vec::<Value>::new());
    assert_eq!(scene.round(&whole).await.0.len(), 1);
}
