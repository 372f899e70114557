//! A definition is deactivated and made available again while people are assigned its values: no
//! 5xx but the one that asks to come back, and nobody gets a value while it is deactivated.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::samples::{Scene, created};

const WRITERS: usize = 8;
const ROUNDS: usize = 12;

async fn changed(scene: &Scene, status: &str) {
    let path = "directory/customSecurityAttributeDefinitions/Engineering_Project";
    let body = json!({ "status": status });
    let reply = scene.send(Method::PATCH, path, Some(body)).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
}

async fn assigned(scene: &Scene, id: &str, value: &Value) -> StatusCode {
    let sets = json!({ "Engineering": { "Project": value } });
    let body = json!({ "customSecurityAttributes": sets });
    let path = format!("users/{id}");
    let reply = scene.send(Method::PATCH, &path, Some(body)).await;
    let status = reply.status;
    let is_expected = status == StatusCode::NO_CONTENT || status == StatusCode::BAD_REQUEST;
    assert!(is_expected, "{status}: {}", reply.text());
    status
}

async fn shown(scene: &Scene, id: &str) -> Value {
    let path = format!("users/{id}?$select=customSecurityAttributes");
    let reply = scene.get(&path).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()["customSecurityAttributes"]["Engineering"]["Project"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn deactivated_beside_writers() {
    let scene = Scene::new().await;
    let set = json!({ "id": "Engineering" });
    let made = scene
        .send(Method::POST, "directory/attributeSets", Some(set))
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let definition = json!({
        "attributeSet": "Engineering", "isCollection": false, "isSearchable": true, "name": "Project",
        "status": "Available", "type": "String", "usePreDefinedValuesOnly": false,
    });
    let path = "directory/customSecurityAttributeDefinitions";
    let made = scene.send(Method::POST, path, Some(definition)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let mut people = Vec::new();
    for at in 0..WRITERS {
        people.push(created(&scene.app, &scene.token, &format!("Person{at}")).await);
    }
    let is_over = AtomicBool::new(false);
    let writer = async |id: &str| {
        let (mut last, mut count) = (Value::Null, 0_usize);
        while !is_over.load(Ordering::SeqCst) {
            count += 1;
            // Every other write takes the value away, which is never refused.
            let value = if count.is_multiple_of(2) {
                Value::Null
            } else {
                json!(format!("v{count}"))
            };
            let status = assigned(&scene, id, &value).await;
            assert!(status == StatusCode::NO_CONTENT || !value.is_null());
            if status == StatusCode::NO_CONTENT {
                last = value;
            }
            assert_eq!(shown(&scene, id).await, last, "{id}");
        }
    };
    let switch = async {
        for _ in 0..ROUNDS {
            changed(&scene, "Deprecated").await;
            // From the next request on.
            let status = assigned(&scene, &people[0], &json!("late")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
            changed(&scene, "Available").await;
        }
        is_over.store(true, Ordering::SeqCst);
    };
    let [_, rest @ ..] = people.as_slice() else {
        panic!("no people");
    };
    let writers = futures_util::future::join_all(rest.iter().map(|id| writer(id)));
    tokio::join!(switch, writers);
    // What is written now is found now.
    for id in &people {
        assert_eq!(
            assigned(&scene, id, &json!("end")).await,
            StatusCode::NO_CONTENT
        );
    }
    let filter = "$count=true&$filter=customSecurityAttributes/Engineering/Project%20eq%20'end'";
    let path = format!("/v1.0/users?{filter}&$select=id");
    let ask = scene.app.get(&path).bearer(&scene.token);
    let reply = ask.header("consistencylevel", "eventual").send().await;
    assert_eq!(reply.json()["@odata.count"], WRITERS, "{}", reply.text());
}
