//! What batches gather is bounded like the answers that wait for their clients, and those who read
//! are served.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::http::{Request, StatusCode};
use bytes::Bytes;
use h2::client::SendRequest;
use serde_json::{Value, json};
use server::http::listener::{DEFAULT_CONNECTIONS, DEFAULT_PER_ADDRESS, DEFAULT_UNREAD, Limits};
use server::router;
use testkit::TestApp;
use tokio::time::{Instant, sleep, timeout};

use super::http_fixture::{OTHER, Site};
use crate::samples::user;

const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;
const WINDOW: u32 = 1 << 20;
const MIB: u64 = 1024 * 1024;
/// Users whose list, with their addresses, has about 600 KB.
const USERS: usize = 20;
const LARGE: &str = "/users?$select=id,otherMails";

fn limits(unread: usize) -> Limits {
    Limits {
        connections: DEFAULT_CONNECTIONS,
        per_address: DEFAULT_PER_ADDRESS,
        unread,
        proxies: Vec::new(),
    }
}

/// A directory whose list is large, and a token for it.
async fn directory() -> (TestApp, String) {
    let app = TestApp::new().await;
    let token = app.token().await;
    for number in 0..USERS {
        let mut body = user(&format!("user{number}"));
        let mails =
            (0..250).map(|mail| format!("{}{number}-{mail}@fabrikam.example", "a".repeat(50)));
        let domain = "d".repeat(40);
        body["otherMails"] = mails.map(|mail| format!("{mail}.{domain}")).collect();
        let made = app
            .post("/v1.0/users")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
    (app, token)
}

fn batch(steps: usize, url: &str) -> Bytes {
    let step = |id: usize| json!({ "id": id.to_string(), "method": "GET", "url": url });
    let requests: Vec<_> = (0..steps).map(step).collect();
    json!({ "requests": requests }).to_string().into()
}

/// Sends a batch; its answer is what is awaited.
async fn sent(client: &SendRequest<Bytes>, token: &str, body: Bytes) -> h2::client::ResponseFuture {
    let request = Request::post("https://localhost:8443/v1.0/$batch")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(())
        .unwrap();
    let mut client = client.clone().ready().await.unwrap();
    let (answer, mut sending) = client.send_request(request, false).unwrap();
    sending.send_data(body, true).unwrap();
    answer
}

/// Reads a batch's answer; the statuses of its steps.
async fn read(answer: h2::client::ResponseFuture) -> Vec<u64> {
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut body = answer.into_body();
    let mut text = Vec::new();
    while let Some(bytes) = body.data().await {
        let bytes = bytes.unwrap();
        body.flow_control().release_capacity(bytes.len()).unwrap();
        text.extend_from_slice(&bytes);
    }
    let answer: Value = serde_json::from_slice(&text).unwrap();
    let steps = answer["responses"].as_array().unwrap();
    steps
        .iter()
        .map(|step| step["status"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_nobody_reads_are_bounded_while_they_gather() {
    let (app, token) = directory().await;
    let most = 6 * MIB;
    let site = Site::open(router(app.app.clone()), limits(6 * 1024 * 1024)).await;
    let page = app
        .get(&format!("/v1.0{LARGE}"))
        .bearer(&token)
        .send()
        .await;
    let page = page.text().len() as u64;
    assert!(page > MIB / 4, "{page}");
    let mut greedy = Vec::new();
    for _ in 0..8 {
        let (client, connection) = site.http2(LOCAL, 0).await;
        let driven = tokio::spawn(connection);
        for _ in 0..12 {
            greedy.push(sent(&client, &token, batch(20, LARGE)).await);
        }
        drop((client, driven));
    }
    let watched = Instant::now();
    let mut held = 0;
    while watched.elapsed() < Duration::from_secs(4) {
        held = held.max(site.figure("vestibule_unread_bytes"));
        sleep(Duration::from_millis(20)).await;
    }
    // 96 batches were asked for. One may always go on to its end, and each connection may have one
    // that has just begun.
    let bound = most + 20 * page + 8 * (MIB / 4 + 4 * page);
    let asked = 96 * 20 * page;
    assert!(
        held > most / 2 && held <= bound,
        "{held} of {asked}, at most {bound}"
    );
    assert!(
        8 * 20 * page > bound,
        "one whole batch for each connection would be too much"
    );
    // Whoever reads is answered.
    let (client, connection) = site.http2(OTHER, WINDOW).await;
    tokio::spawn(connection);
    let small = read(sent(&client, &token, batch(3, "/users?$top=1&$select=id")).await);
    assert_eq!(
        timeout(Duration::from_secs(10), small).await.unwrap(),
        [200; 3]
    );
}

/// More on one connection than its answers may have together: they take turns, and none is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_are_read_all_end() {
    let (app, token) = directory().await;
    let site = Site::open(router(app.app.clone()), limits(DEFAULT_UNREAD)).await;
    let (client, connection) = site.http2(LOCAL, WINDOW).await;
    tokio::spawn(connection);
    let mut reading = Vec::new();
    for _ in 0..5 {
        let answer = sent(&client, &token, batch(8, LARGE)).await;
        reading.push(tokio::spawn(read(answer)));
    }
    for one in reading {
        assert_eq!(one.await.unwrap(), [200; 8]);
    }
    assert_eq!(site.figure("vestibule_unread_bytes"), 0);
}
