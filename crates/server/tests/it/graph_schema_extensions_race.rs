//! A schema extension is defined, grows, is deleted and defined anew while others write values and
//! read them: nothing fails, no value is shown half changed, and none is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::graph_schema_extensions::courses;
use crate::samples::{Scene, created};

const WRITERS: usize = 16;
const STEPS: usize = 20;
const ROUNDS: usize = 10;
const NAME: &str = "contoso_courses";

/// The users, each with one writer. Both members are written together.
async fn write(scene: &Scene, id: &str, at: usize) -> Value {
    let mut told = Value::Null;
    for step in 0..STEPS {
        let number = at * 1_000 + step;
        let value = json!({ "courseId": number, "courseName": number.to_string() });
        let reply = scene.patch(id, json!({ NAME: value })).await;
        match reply.status {
            StatusCode::NO_CONTENT => told = json!(number),
            StatusCode::BAD_REQUEST => assert!(reply.text().contains(NAME), "{}", reply.text()),
            other => panic!("{other}: {}", reply.text()),
        }
        tokio::task::yield_now().await;
    }
    told
}

fn is_whole(user: &Value) {
    let value = &user[NAME];
    let number = value["courseId"].as_i64().map(|number| number.to_string());
    assert_eq!(value["courseName"].as_str(), number.as_deref(), "{user}");
}

async fn read(scene: &Scene, running: &AtomicUsize) {
    while running.load(Ordering::Relaxed) > 0 {
        let list = scene.get(&format!("users?$top=50&$select=id,{NAME}")).await;
        assert_eq!(list.status, StatusCode::OK, "{}", list.text());
        list.json()["value"]
            .as_array()
            .unwrap()
            .iter()
            .for_each(is_whole);
        let filter = format!("users?$select=id,{NAME}&$filter={NAME}/courseId%20ge%200");
        let found = scene.get(&filter).await;
        let is_known = found.status == StatusCode::OK;
        assert!(
            is_known || found.status == StatusCode::BAD_REQUEST,
            "{}",
            found.text()
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn definitions_change_beside_writers_and_readers() {
    let scene = Arc::new(Scene::new().await);
    let running = Arc::new(AtomicUsize::new(WRITERS));
    scene.define_schema(courses(NAME)).await;
    let mut writers = Vec::new();
    for at in 0..WRITERS {
        let id = created(&scene.app, &scene.token, &format!("u{at}")).await;
        let (scene, running) = (Arc::clone(&scene), Arc::clone(&running));
        writers.push(tokio::spawn(async move {
            let told = write(&scene, &id, at).await;
            running.fetch_sub(1, Ordering::Relaxed);
            (id, told)
        }));
    }
    let mut readers = Vec::new();
    for _ in 0..4 {
        let (scene, running) = (Arc::clone(&scene), Arc::clone(&running));
        readers.push(tokio::spawn(async move { read(&scene, &running).await }));
    }
    let mut body = courses(NAME);
    for round in 0..ROUNDS {
        assert_eq!(
            scene.delete_schema(NAME).await.status,
            StatusCode::NO_CONTENT
        );
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        scene.define_schema(body.clone()).await;
        let member = json!({ "name": format!("m{round}"), "type": "String" });
        body["properties"].as_array_mut().unwrap().push(member);
        let grown = json!({ "properties": body["properties"] });
        let grown = scene.change_schema(NAME, grown).await;
        assert_eq!(grown.status, StatusCode::NO_CONTENT, "{}", grown.text());
    }
    for reader in readers {
        reader.await.unwrap();
    }
    // Whoever wrote last was told what is there now.
    for writer in writers {
        let (id, told) = writer.await.unwrap();
        let user = scene
            .get(&format!("users/{id}?$select={NAME}"))
            .await
            .json();
        is_whole(&user);
        assert_eq!(user[NAME]["courseId"], told, "{user}");
    }
    scene.deprecate(NAME).await;
    let late = created(&scene.app, &scene.token, "late").await;
    let body = Some(json!({ NAME: { "courseId": 1 } }));
    let refused = scene
        .send(Method::PATCH, &format!("users/{late}"), body)
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
