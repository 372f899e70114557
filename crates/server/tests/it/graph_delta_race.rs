//! Sixteen writers and a client that follows them: what the client puts together from the changes
//! equals the directory in the end, and it saw each user once who was made and never changed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use store::ChangeKind;
use testkit::TestApp;
use uuid::Uuid;

use crate::scale::count;

const WRITERS: usize = 16;
/// What each of them does.
const STEPS: usize = 14;
const SELECT: &str = "$select=displayName,city,jobTitle,otherMails";

/// What the writers share.
struct Scene {
    app: TestApp,
    token: String,
    /// Live users that anybody may touch.
    touched: Mutex<Vec<String>>,
    /// Users that nobody touches.
    left_alone: Mutex<Vec<String>>,
    /// Deleted users.
    deleted: Mutex<Vec<String>>,
    running: AtomicUsize,
}

fn any(of: &Mutex<Vec<String>>, at: usize) -> Option<String> {
    let all = of.lock().unwrap();
    (!all.is_empty()).then(|| all[at % all.len()].clone())
}

fn take(of: &Mutex<Vec<String>>, at: usize) -> Option<String> {
    let mut all = of.lock().unwrap();
    let len = all.len();
    (len > 0).then(|| all.swap_remove(at % len))
}

impl Scene {
    async fn make(&self, writer: usize, step: usize) {
        let name = format!("u{writer}-{step}");
        let identity =
            json!({ "signInType": "federated", "issuer": "google.com", "issuerAssignedId": name });
        let body = json!({ "displayName": name, "city": "Bonn", "identities": [identity] });
        let asked = self.app.post("/v1.0/users").bearer(&self.token).json(&body);
        let reply = asked.send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        let of = if step.is_multiple_of(2) {
            &self.touched
        } else {
            &self.left_alone
        };
        of.lock().unwrap().push(id);
    }

    /// Changes somebody, who may be deleted meanwhile.
    async fn change(&self, draw: usize) {
        let Some(id) = any(&self.touched, draw) else {
            return;
        };
        let body = match draw % 4 {
            0 => json!({ "city": null }),
            1 => json!({ "city": format!("City {draw}"), "jobTitle": null }),
            2 => json!({ "otherMails": [format!("m{draw}@x.example")] }),
            _ => json!({ "jobTitle": format!("Job {draw}"), "otherMails": [] }),
        };
        let target = format!("/v1.0/users/{id}");
        let reply = self
            .app
            .patch(&target)
            .bearer(&self.token)
            .json(&body)
            .send()
            .await;
        // Or the address is another's, or the user is gone.
        assert!(reply.status.as_u16() < 500, "{}", reply.text());
    }

    /// Gives somebody a manager, or none; either may be deleted meanwhile, or it would be a circle.
    async fn manage(&self, draw: usize) {
        let (Some(id), Some(manager)) = (any(&self.touched, draw), any(&self.touched, draw / 7))
        else {
            return;
        };
        let target = format!("/v1.0/users/{id}/manager/$ref");
        let reply = if draw.is_multiple_of(4) {
            self.app.delete(&target).bearer(&self.token).send().await
        } else {
            let url = format!("https://localhost:8443/v1.0/users/{manager}");
            let asked = self.app.ask(Method::PUT, &target).bearer(&self.token);
            asked.json(&json!({ "@odata.id": url })).send().await
        };
        assert!(reply.status.as_u16() < 500, "{}", reply.text());
    }

    async fn delete(&self, draw: usize) {
        let Some(id) = take(&self.touched, draw) else {
            return;
        };
        let target = format!("/v1.0/users/{id}");
        let reply = self.app.delete(&target).bearer(&self.token).send().await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        self.deleted.lock().unwrap().push(id);
    }

    async fn restore_or_purge(&self, draw: usize) {
        let Some(id) = take(&self.deleted, draw) else {
            return;
        };
        let (user, restores): (Uuid, bool) = (id.parse().unwrap(), !draw.is_multiple_of(3));
        let store = self.app.directory().store();
        let done: Result<bool, store::StoreError> = store
            .write(self.app.tenant.id, (user, restores), |tx, input| {
                Box::pin(async move {
                    let (id, restores) = *input;
                    if restores {
                        tx.changed(id, ChangeKind::Restored);
                        tx.undelete_user(id).await
                    } else {
                        tx.changed(id, ChangeKind::Purged);
                        tx.purge_user(id).await
                    }
                })
            })
            .await;
        assert_eq!(done, Ok(true));
        if restores {
            self.touched.lock().unwrap().push(id);
        }
    }

    async fn write(self: Arc<Self>, writer: usize, seed: usize) {
        let mut draw = seed.wrapping_mul(31).wrapping_add(writer);
        for step in 0..STEPS {
            draw = draw
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let draw = draw >> 33;
            match draw % 10 {
                0..4 => self.make(writer, step).await,
                4 | 5 => self.change(draw / 10).await,
                6 => self.manage(draw / 10).await,
                7 => self.delete(draw / 10).await,
                _ => self.restore_or_purge(draw / 10).await,
            }
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What somebody knows who follows the changes.
#[derive(Default)]
struct Follower {
    users: BTreeMap<String, Map<String, Value>>,
    times: BTreeMap<String, usize>,
}

impl Follower {
    /// One page; where to go on, and whether the round is over.
    async fn page(&mut self, scene: &Scene, target: &str) -> (String, bool) {
        let reply = scene.app.get(target).bearer(&scene.token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let page = reply.json();
        let items = page["value"].as_array().unwrap();
        for item in items {
            let mut item = item.as_object().unwrap().clone();
            let id = item.remove("id").unwrap().as_str().unwrap().to_owned();
            *self.times.entry(id.clone()).or_default() += 1;
            if item.contains_key("@removed") {
                self.users.remove(&id);
            } else {
                let links = take_managers(&mut item);
                let user = self.users.entry(id).or_default();
                user.extend(item);
                for link in links {
                    let is_gone = link.get("@removed").is_some();
                    let is_his = user
                        .get("manager")
                        .is_some_and(|own| own["id"] == link["id"]);
                    match (is_gone, is_his) {
                        (true, true) => drop(user.remove("manager")),
                        (true, false) => {}
                        (false, _) => {
                            let manager = json!({ "id": link["id"] });
                            user.insert("manager".to_owned(), manager);
                        }
                    }
                }
            }
        }
        let (link, is_end) = match page.get("@odata.nextLink") {
            Some(link) => (link, false),
            None => (&page["@odata.deltaLink"], true),
        };
        assert!(
            is_end || !items.is_empty(),
            "an empty page with a next link"
        );
        let link = link
            .as_str()
            .unwrap()
            .strip_prefix("https://localhost:8443");
        (link.unwrap().to_owned(), is_end)
    }

    /// Without what is unset: a value that went is told as null, one that never was is not told. A
    /// manager who is not there is none.
    fn known(&self) -> BTreeMap<String, Map<String, Value>> {
        let set = |value: &Value| !value.is_null() && *value != json!([]);
        let is_there = |manager: &Value| self.users.contains_key(manager["id"].as_str().unwrap());
        let user = |(id, user): (&String, &Map<String, Value>)| {
            let mut user = user.clone();
            user.retain(|name, value| set(value) && (name != "manager" || is_there(value)));
            (id.clone(), user)
        };
        self.users.iter().map(user).collect()
    }
}

fn take_managers(item: &mut Map<String, Value>) -> Vec<Value> {
    match item.remove("manager@delta") {
        Some(Value::Array(links)) => links,
        Some(other) => panic!("{other}"),
        None => Vec::new(),
    }
}

async fn run(seed: usize) {
    let app = TestApp::new().await;
    let token = app.token().await;
    let scene = Arc::new(Scene {
        app,
        token,
        touched: Mutex::default(),
        left_alone: Mutex::default(),
        deleted: Mutex::default(),
        running: AtomicUsize::new(WRITERS),
    });
    for step in 0..10 {
        scene.make(WRITERS, step).await;
    }
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(Arc::clone(&scene).write(writer, seed)))
        .collect();
    let mut follower = Follower::default();
    let mut at = format!("/v1.0/users/delta?{SELECT},manager&$top={}", 1 + seed % 7);
    loop {
        // Asked before the round: what comes after it is in another.
        let done = scene.running.load(Ordering::SeqCst) == 0;
        let (next, mut is_end) = follower.page(&scene, &at).await;
        at = next;
        while !is_end && done {
            (at, is_end) = follower.page(&scene, &at).await;
        }
        if done && is_end {
            break;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    // What happened since the last round began.
    let mut is_end = false;
    while !is_end {
        (at, is_end) = follower.page(&scene, &at).await;
    }
    let list = format!("/v1.0/users?{SELECT},id&$top=999&$expand=manager($select=id)");
    let list = scene.app.get(&list);
    let list = list.bearer(&scene.token).send().await.json();
    let mut truth = Follower::default();
    for user in list["value"].as_array().unwrap() {
        let mut user = user.as_object().unwrap().clone();
        let id = user.remove("id").unwrap().as_str().unwrap().to_owned();
        if let Some(manager) = user.get_mut("manager") {
            manager.as_object_mut().unwrap().remove("@odata.type");
        }
        truth.users.insert(id, user);
    }
    assert_eq!(follower.known(), truth.known(), "seed {seed}");
    for id in scene.left_alone.lock().unwrap().iter() {
        assert_eq!(
            follower.times[id], 1,
            "seed {seed}: {id} came more than once"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_is_missed_beside_sixteen_writers() {
    for seed in 0..count("delta_runs") {
        run(seed).await;
    }
}
