//! Eight writers add, replace and remove open extensions of one user while others read: no request
//! fails, no text mixes two writes, and one app never has three.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::samples::{Scene, created};
use crate::scale::count;

const WRITERS: usize = 8;
const READERS: usize = 3;
/// Four names, so that writers collide on a name and on the limit.
const NAMES: [&str; 4] = ["com.a", "com.b", "com.c", "com.d"];

struct Race {
    scene: Scene,
    path: String,
    user: String,
    left: AtomicUsize,
    added: AtomicUsize,
    full: AtomicUsize,
}

/// A text that repeats one number in every member.
fn text(n: usize) -> Value {
    json!({ "first": n, "list": vec![n; 40], "last": n })
}

fn check(extension: &Value) {
    let n = &extension["first"];
    assert!(n.is_u64(), "{extension}");
    assert_eq!(&extension["last"], n, "{extension}");
    let list = extension["list"].as_array().unwrap();
    assert_eq!(list.len(), 40);
    assert!(list.iter().all(|own| own == n), "{extension}");
}

async fn write(race: Arc<Race>, writer: usize, steps: usize) {
    for step in 0..steps {
        let draw = (writer * 7_919 + step * 104_729) % 8_191;
        let name = NAMES[draw % NAMES.len()];
        let one = format!("{}/{name}", race.path);
        let mut body = text(writer * steps + step);
        let (method, path, allowed) = match draw / 4 % 3 {
            0 => (Method::DELETE, one, [204, 404]),
            1 => (Method::PATCH, one, [204, 404]),
            _ => {
                body["extensionName"] = json!(name);
                (Method::POST, race.path.clone(), [201, 400])
            }
        };
        let body = (method != Method::DELETE).then_some(body);
        let reply = race.scene.send(method.clone(), &path, body).await;
        let status = reply.status.as_u16();
        assert!(allowed.contains(&status), "{method} {}", reply.text());
        if status == 201 {
            race.added.fetch_add(1, Ordering::SeqCst);
        } else if status == 400 {
            let (_, message) = reply.error();
            let is_full = message.starts_with("Maximum number");
            assert!(
                is_full || message.starts_with("An extension already"),
                "{message}"
            );
            race.full.fetch_add(usize::from(is_full), Ordering::SeqCst);
        }
    }
    race.left.fetch_sub(1, Ordering::SeqCst);
}

async fn read(race: Arc<Race>) {
    loop {
        let is_last = race.left.load(Ordering::SeqCst) == 0;
        for path in [
            race.path.clone(),
            format!("users/{}?$expand=extensions", race.user),
        ] {
            let reply = race.scene.get(&path).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
            let body = reply.json();
            let all = body.get("value").unwrap_or(&body["extensions"]);
            let all = all.as_array().unwrap();
            assert!(all.len() <= 2, "{body}");
            all.iter().for_each(check);
        }
        if is_last {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_readers_of_one_user() {
    let steps = count("open_extension_steps");
    let scene = Scene::new().await;
    let user = created(&scene.app, &scene.token, "adele").await;
    let race = Arc::new(Race {
        path: format!("users/{user}/extensions"),
        scene,
        user,
        left: AtomicUsize::new(WRITERS),
        added: AtomicUsize::new(0),
        full: AtomicUsize::new(0),
    });
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(Arc::clone(&race), writer, steps)));
    let readers = (0..READERS).map(|_| tokio::spawn(read(Arc::clone(&race))));
    for task in writers.chain(readers).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let (added, full) = (&race.added, &race.full);
    assert!(added.load(Ordering::SeqCst) > 2, "nobody met anybody");
    assert!(full.load(Ordering::SeqCst) > 0, "nobody met the limit");
}
