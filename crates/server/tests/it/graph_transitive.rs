//! GET /users/{id}/transitiveReports, which beta alone has.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::created;

struct Scene {
    app: TestApp,
    token: String,
}

impl Scene {
    async fn of(manner: &str) -> Self {
        let app = TestApp::in_manner(manner).await;
        let token = app.token().await;
        Self { app, token }
    }

    /// A user with that manager.
    async fn user(&self, name: &str, manager: Option<&str>) -> String {
        let id = created(&self.app, &self.token, name).await;
        if let Some(manager) = manager {
            let path = format!("/beta/users/{id}/manager/$ref");
            let body =
                json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{manager}") });
            let asking = self.app.ask(Method::PUT, &path).bearer(&self.token);
            let reply = asking.json(&body).send().await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        }
        id
    }

    async fn get(&self, path: &str) -> Reply {
        self.app.get(path).bearer(&self.token).send().await
    }

    /// Names of all pages, sorted.
    async fn names(&self, path: &str) -> Vec<String> {
        let (mut names, mut at) = (Vec::new(), path.to_owned());
        loop {
            let reply = self.get(&at).await;
            assert_eq!(reply.status, StatusCode::OK, "{at} {}", reply.text());
            let page = reply.json();
            for item in page["value"].as_array().unwrap() {
                assert_eq!(item["@odata.type"], "#microsoft.graph.user");
                names.push(item["displayName"].as_str().unwrap().to_owned());
            }
            match page["@odata.nextLink"].as_str() {
                Some(next) => next.clone_into(&mut at),
                None => break,
            }
            at = at.split_once("8443").unwrap().1.to_owned();
        }
        names.sort();
        names
    }
}

#[tokio::test]
async fn reports_of_all_levels_are_listed_and_counted() {
    let scene = Scene::of("friendly").await;
    let chief = scene.user("chief", None).await;
    let north = scene.user("north", Some(&chief)).await;
    let south = scene.user("south", Some(&chief)).await;
    let lead = scene.user("lead", Some(&north)).await;
    scene.user("ann", Some(&lead)).await;
    let bob = scene.user("bob", Some(&lead)).await;
    scene.user("cyd", Some(&south)).await;
    scene.user("stranger", None).await;
    let path = format!("/beta/users/{chief}/transitiveReports");
    let all = ["ann", "bob", "cyd", "lead", "north", "south"];
    for spelt in [
        path.clone(),
        format!("{path}?$top=1"),
        format!("{path}?$top=2&$orderby=displayName desc"),
        format!("{path}/graph.user"),
        format!("{path}/microsoft.graph.user?$select=displayName"),
        "/beta/users/chief@contoso.com/transitiveReports".to_owned(),
        "/beta/users(userPrincipalName='chief@contoso.com')/transitiveReports".to_owned(),
    ] {
        let spelt = spelt.replace(' ', "%20");
        assert_eq!(scene.names(&spelt).await, all, "{spelt}");
    }
    let below = format!("/beta/users/{north}/transitiveReports");
    assert_eq!(scene.names(&below).await, ["ann", "bob", "lead"]);
    let none = format!("/beta/users/{bob}/transitiveReports");
    assert_eq!(scene.names(&none).await, Vec::<String>::new());

    // Conditions, a number beside the page, and the number alone.
    let disabled = json!({ "accountEnabled": false });
    let asking = scene.app.patch(&format!("/beta/users/{bob}"));
    let reply = asking.bearer(&scene.token).json(&disabled).send().await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let enabled = "$filter=accountEnabled%20eq%20true";
    let found = scene.names(&format!("{path}?{enabled}")).await;
    assert_eq!(found, ["ann", "cyd", "lead", "north", "south"]);
    let page = scene
        .get(&format!("{path}?$count=true&$top=1"))
        .await
        .json();
    assert_eq!(
        (
            &page["@odata.count"],
            page["value"].as_array().unwrap().len()
        ),
        (&json!(6), 1)
    );
    for (query, number) in [("", "6"), (&*format!("?{enabled}"), "5")] {
        let reply = scene.get(&format!("{path}/$count{query}")).await;
        assert_eq!(reply.text(), number, "{query}");
        assert_eq!(reply.header("content-type"), "text/plain");
        assert!(
            reply
                .header("x-vestibule-note")
                .contains("ConsistencyLevel")
        );
    }
    let refs = scene.get(&format!("{path}/$ref")).await.json();
    assert_eq!(refs["value"].as_array().unwrap().len(), 6);

    // A deleted manager manages nobody until restored.
    let reply = scene
        .app
        .delete(&format!("/beta/users/{lead}"))
        .bearer(&scene.token);
    assert_eq!(reply.send().await.status, StatusCode::NO_CONTENT);
    assert_eq!(scene.names(&path).await, ["cyd", "north", "south"]);
}

#[tokio::test]
async fn the_header_counts_where_it_is_strict() {
    let scene = Scene::of("strict").await;
    let chief = scene.user("chief", None).await;
    scene.user("north", Some(&chief)).await;
    let path = format!("/beta/users/{chief}/transitiveReports/$count");
    let refused = scene.get(&path).await;
    assert_eq!(
        refused.status,
        StatusCode::BAD_REQUEST,
        "{}",
        refused.text()
    );
    let asking = scene.app.get(&path).bearer(&scene.token);
    let reply = asking.header("ConsistencyLevel", "eventual").send().await;
    assert_eq!((reply.status, reply.text()), (StatusCode::OK, "1"));
}

#[tokio::test]
async fn only_beta_has_it_and_nobody_else_reads_it() {
    let scene = Scene::of("friendly").await;
    let chief = scene.user("chief", None).await;
    scene.user("north", Some(&chief)).await;
    let path = format!("users/{chief}/transitiveReports");
    let reply = scene.get(&format!("/v1.0/{path}")).await;
    let (_, message) = reply.error();
    assert_eq!(
        message,
        "Resource not found for the segment 'transitiveReports'."
    );
    // No single link: neither expanded nor written.
    let reply = scene
        .get(&format!("/beta/users/{chief}?$expand=transitiveReports"))
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
    let asking = scene
        .app
        .post(&format!("/beta/{path}/$ref"))
        .bearer(&scene.token);
    let reply = asking.json(&json!({})).send().await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.header("allow"), "GET");
    let weak = scene.app.token_with(&[Permission::UserInviteAll]).await;
    let reply = scene
        .app
        .get(&format!("/beta/{path}"))
        .bearer(&weak)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    // Their own, people read with what lets them read themselves.
    let person = scene
        .app
        .person_token(&chief, &[Permission::UserRead], &[])
        .await;
    let reply = scene
        .app
        .get("/beta/me/transitiveReports")
        .bearer(&person)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.json()["value"][0]["displayName"], "north");
    let count = scene
        .app
        .get("/beta/me/transitiveReports/$count")
        .bearer(&person);
    assert_eq!(count.send().await.text(), "1");
    // In a batch as alone.
    let steps =
        json!({ "requests": [{ "id": "1", "method": "GET", "url": format!("/{path}/$count") }] });
    let asking = scene.app.post("/beta/$batch").bearer(&scene.token);
    let answer = asking.json(&steps).send().await.json();
    let found: &Value = &answer["responses"][0];
    assert_eq!(found["status"], 200, "{answer}");
}
