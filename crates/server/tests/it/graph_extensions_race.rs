//! A directory extension is defined, deleted and defined anew while others write values, read them
//! and ask for them: nothing fails, no object is shown half changed, and no value is lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::graph_extensions::{Definer, definition};
use crate::samples::{Scene, created};

const WRITERS: usize = 16;
/// What each of them writes.
const STEPS: usize = 25;
/// How often the definition goes and comes.
const ROUNDS: usize = 20;

struct Race {
    scene: Scene,
    badge: String,
    /// The users, each with one writer, and the value that the writer was told is there.
    users: Vec<(String, Mutex<Value>)>,
    /// A user of whom every write is sent between a definition and the next.
    bystander: String,
    running: AtomicUsize,
    refused: AtomicUsize,
}

impl Race {
    /// Both values in one change. It is refused as a whole while there is no definition.
    async fn write(&self, at: usize) {
        let (id, told) = &self.users[at];
        for step in 0..STEPS {
            let value = json!(format!("{at}-{step}"));
            let body = json!({ &self.badge: value, "city": value });
            let path = format!("users/{id}");
            let reply = self.scene.send(Method::PATCH, &path, Some(body)).await;
            match reply.status {
                StatusCode::NO_CONTENT => *told.lock().unwrap() = value,
                StatusCode::BAD_REQUEST => {
                    let text = reply.text();
                    assert!(
                        text.contains("does not exist as a declared property"),
                        "{text}"
                    );
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                other => panic!("{other}: {}", reply.text()),
            }
            tokio::task::yield_now().await;
        }
        self.running.fetch_sub(1, Ordering::Relaxed);
    }

    /// Of one user both values are those of one change, or only one of them is seen.
    fn is_whole(&self, user: &Value) {
        let (badge, city) = (&user[&self.badge], &user["city"]);
        assert!(badge.is_null() || badge == city, "{user}");
    }

    async fn read(&self, at: usize) {
        let select = format!("$select=city,{}", self.badge);
        while self.running.load(Ordering::Relaxed) > 0 {
            let (id, _) = &self.users[at % self.users.len()];
            let one = self.scene.get(&format!("users/{id}?{select}")).await;
            assert_eq!(one.status, StatusCode::OK, "{}", one.text());
            self.is_whole(&one.json());
            let list = self.scene.get(&format!("users?{select}&$top=50")).await;
            assert_eq!(list.status, StatusCode::OK, "{}", list.text());
            for user in list.json()["value"].as_array().unwrap() {
                self.is_whole(user);
            }
            let filter = format!("users?{select}&$filter={}%20ge%20'0'", self.badge);
            let found = self.scene.get(&filter).await;
            let is_known = found.status == StatusCode::OK;
            assert!(
                is_known || found.status == StatusCode::BAD_REQUEST,
                "{}",
                found.text()
            );
            tokio::task::yield_now().await;
        }
    }

    /// A page token of before goes on, or is refused for good; so does a delta token.
    async fn walk(&self) {
        let first = format!("users?$top=3&$select=id,{}", self.badge);
        let delta = format!("users/delta?$select=id,{}", self.badge);
        while self.running.load(Ordering::Relaxed) > 0 {
            for start in [&first, &delta] {
                let mut next = Some(start.clone());
                while let Some(path) = next {
                    let page = self.scene.get(&path).await;
                    if page.status != StatusCode::OK {
                        let is_over = [StatusCode::BAD_REQUEST, StatusCode::GONE];
                        assert!(is_over.contains(&page.status), "{}", page.text());
                        break;
                    }
                    let link = page.json()["@odata.nextLink"].as_str().map(str::to_owned);
                    next = link.map(|link| link.split_once("/v1.0/").unwrap().1.to_owned());
                }
            }
            tokio::task::yield_now().await;
        }
    }

    async fn define(&self, definer: &Definer) {
        for _ in 0..ROUNDS {
            let body = definition("badge", "String");
            let id = self.scene.define(definer, body).await;
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            self.scene.undefine(definer, &id).await;
            // Nobody else defines it, so this write meets no definition, whatever the others do.
            let body = json!({ &self.badge: "gap", "city": "gap" });
            let path = format!("users/{}", self.bystander);
            let reply = self.scene.send(Method::PATCH, &path, Some(body)).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        }
        let body = definition("badge", "String");
        self.scene.define(definer, body).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn definitions_come_and_go_beside_writers_and_readers() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let mut users = Vec::new();
    for at in 0..WRITERS {
        let id = created(&scene.app, &scene.token, &format!("u{at}")).await;
        users.push((id, Mutex::new(Value::Null)));
    }
    let bystander = created(&scene.app, &scene.token, "bystander").await;
    let race = Arc::new(Race {
        bystander,
        badge: definer.name("badge"),
        scene,
        users,
        running: AtomicUsize::new(WRITERS),
        refused: AtomicUsize::new(0),
    });
    let mut tasks = Vec::new();
    for at in 0..WRITERS {
        let race = Arc::clone(&race);
        tasks.push(tokio::spawn(async move { race.write(at).await }));
    }
    for at in 0..4 {
        let race = Arc::clone(&race);
        tasks.push(tokio::spawn(async move { race.read(at * 4).await }));
    }
    let walking = Arc::clone(&race);
    tasks.push(tokio::spawn(async move { walking.walk().await }));
    let defining = Arc::clone(&race);
    tasks.push(tokio::spawn(async move { defining.define(&definer).await }));
    for task in tasks {
        task.await.unwrap();
    }
    // Whoever wrote last was told what is there now.
    for (id, told) in &race.users {
        let path = format!("users/{id}?$select=city,{}", race.badge);
        let user = race.scene.get(&path).await.json();
        let told = told.lock().unwrap().clone();
        assert_eq!(user[&race.badge], told, "{user}");
        assert_eq!(user["city"], told, "{user}");
    }
    let path = format!("users/{}?$select=city,{}", race.bystander, race.badge);
    let bystander = race.scene.get(&path).await.json();
    let values = (&bystander[&race.badge], &bystander["city"]);
    assert_eq!(values, (&Value::Null, &Value::Null), "{bystander}");
    let refused = race.refused.load(Ordering::Relaxed);
    println!("{refused} of {} writes met no definition", WRITERS * STEPS);
}

/// Deleted definitions stay, so a tenant has a bound on them, and so has each of its apps; an old
/// name can still be defined anew. A day later those without values make room, and one with a value
/// is found again.
#[tokio::test]
async fn names_that_were_ever_defined_are_bounded_and_come_back() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let badge = definer.name("badge");
    let kept = scene.define(&definer, definition("badge", "String")).await;
    let user = scene.with("AdeleV", &[(&badge, json!("A-1"))]).await;
    scene.undefine(&definer, &kept).await;
    for _ in 0..5 {
        scene.app.token_with(&[]).await;
    }
    let apps = scene.get("applications?$select=id").await.json();
    let apps = apps["value"].as_array().unwrap().iter();
    let mut definers: Vec<_> = apps
        .map(|app| Definer {
            path: format!(
                "applications/{}/extensionProperties",
                app["id"].as_str().unwrap()
            ),
            prefix: String::new(),
        })
        .collect();
    definers.sort_by_key(|one| one.path != definer.path);
    let refused = async |definer: &Definer, why: &str| {
        let body = Some(definition("another", "String"));
        let refused = scene.send(Method::POST, &definer.path, body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text().contains(why), "{}", refused.text());
        assert!(refused.text().contains("deleted ones included"));
    };
    for (at, definer) in definers.iter().take(5).enumerate() {
        for n in usize::from(at == 0)..400 {
            let id = scene
                .define(definer, definition(&format!("n{n}"), "String"))
                .await;
            scene.undefine(definer, &id).await;
        }
        refused(definer, "an app has at most 400").await;
    }
    refused(&definers[5], "a tenant has at most 2000").await;
    scene.define(&definer, definition("n7", "String")).await;

    scene.app.advance(jiff::SignedDuration::from_hours(25));
    let token = scene.app.token().await;
    let scene = Scene { token, ..scene };
    scene
        .define(&definer, definition("another", "Integer"))
        .await;
    // Forgotten, so that even the type may be another; and not forgotten.
    scene.define(&definer, definition("n5", "Integer")).await;
    scene.define(&definer, definition("badge", "String")).await;
    assert_eq!(scene.value(&user, &badge).await, json!("A-1"));
    assert_eq!(
        scene.found(&format!("{badge} eq 'a-1'")).await,
        [user.as_str()]
    );
}
