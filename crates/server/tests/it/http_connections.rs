//! Limits on connections: what one client does locks out no other.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::routing::get;
use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Ping, Reason};
use server::http::listener::{DEFAULT_CONNECTIONS, DEFAULT_PER_ADDRESS, DEFAULT_UNREAD, Limits};
use server::http::origin::Network;
use tokio::time::{Instant, sleep, timeout};

use super::http_fixture::{OTHER, Site};

/// Bytes of a large page.
const LARGE: usize = 225 * 1024;
const WINDOW: u32 = 1 << 20;
const LOCAL: Ipv4Addr = Ipv4Addr::LOCALHOST;

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "here" }))
        .route("/large", get(|| async { "x".repeat(LARGE) }))
        .route(
            "/slow",
            get(|| async {
                sleep(Duration::from_secs(2)).await;
                "slow"
            }),
        )
}

fn usual() -> Limits {
    Limits {
        connections: DEFAULT_CONNECTIONS,
        per_address: DEFAULT_PER_ADDRESS,
        unread: DEFAULT_UNREAD,
        proxies: Vec::new(),
    }
}

fn get_request(path: &str) -> Request<()> {
    let uri = format!("https://localhost{path}");
    Request::get(uri).body(()).unwrap()
}

/// Sends a GET and reads the whole answer; its length.
async fn length_of_get(client: &SendRequest<Bytes>, path: &str) -> Result<usize, h2::Error> {
    let mut client = client.clone().ready().await?;
    let (answer, _) = client.send_request(get_request(path), true)?;
    let mut body = answer.await?.into_body();
    let mut length = 0;
    while let Some(bytes) = body.data().await {
        let bytes = bytes?.len();
        length += bytes;
        body.flow_control().release_capacity(bytes)?;
    }
    Ok(length)
}

/// Connects from there, asks once and is answered within a second.
async fn served_at_once(site: &Site, from: Ipv4Addr) {
    let all = async {
        let (client, connection) = site.http2(from, WINDOW).await;
        let driven = tokio::spawn(connection);
        assert_eq!(length_of_get(&client, "/").await.unwrap(), 4);
        driven.abort();
    };
    let in_time = timeout(Duration::from_secs(1), all).await;
    assert!(in_time.is_ok(), "not answered within a second");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nine_hundred_idle_connections_of_one_address_keep_nobody_out() {
    let site = Site::open(router(), usual()).await;
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..DEFAULT_CONNECTIONS {
        match site.tls(LOCAL).await {
            Ok(stream) => held.push(stream),
            Err(_) => refused += 1,
        }
        if held.len() == DEFAULT_PER_ADDRESS / 2 {
            served_at_once(&site, OTHER).await;
        }
    }
    assert_eq!(held.len(), DEFAULT_PER_ADDRESS);
    assert_eq!(site.figure("vestibule_connections_refused_total"), refused);
    served_at_once(&site, OTHER).await;
    // A slot that is given back is taken again.
    held.pop();
    let again = async {
        while site.tls(LOCAL).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(5), again).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_slots_are_taken_quiet_connections_go() {
    let limits = Limits {
        connections: 20,
        per_address: 5,
        ..usual()
    };
    let site = Site::open(router(), limits).await;
    let mut held = Vec::new();
    for address in 1..=4 {
        for _ in 0..5 {
            let (client, connection) = site.http2(Ipv4Addr::new(127, 0, 1, address), WINDOW).await;
            let driven = tokio::spawn(connection);
            assert_eq!(length_of_get(&client, "/").await.unwrap(), 4);
            held.push((client, driven));
        }
    }
    sleep(Duration::from_millis(2_200)).await;
    for _ in 0..3 {
        let all = async {
            let (client, connection) = site.http2(OTHER, WINDOW).await;
            let driven = tokio::spawn(connection);
            assert_eq!(length_of_get(&client, "/").await.unwrap(), 4);
            held.push((client, driven));
        };
        timeout(Duration::from_secs(3), all).await.expect("let in");
    }
    assert!(site.figure("vestibule_connections_evicted_total") >= 3);
}

/// Every slot is held by addresses that each have as many as they may have, and no connection is
/// ever quiet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy_connections_of_nine_addresses_keep_nobody_out() {
    let limits = Limits {
        connections: 90,
        per_address: 10,
        ..usual()
    };
    let site = Site::open(router(), limits).await;
    let mut busy = Vec::new();
    for address in 1..=9 {
        for _ in 0..10 {
            let (client, connection) = site.http2(Ipv4Addr::new(127, 0, 1, address), WINDOW).await;
            tokio::spawn(connection);
            busy.push(tokio::spawn(async move {
                while length_of_get(&client, "/").await.is_ok() {
                    sleep(Duration::from_millis(300)).await;
                }
            }));
        }
    }
    assert_eq!(site.figure("vestibule_connections"), 90);
    for _ in 0..5 {
        served_at_once(&site, OTHER).await;
    }
    assert!(site.figure("vestibule_connections_evicted_total") >= 1);
    let gone = busy.iter().filter(|one| one.is_finished()).count();
    assert!(gone <= 10, "{gone} of those that held the slots are gone");
    busy.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_makes_room_still_gets_the_answers_under_way() {
    let limits = Limits {
        connections: 32,
        per_address: 32,
        ..usual()
    };
    let site = Site::open(router(), limits).await;
    let mut slow = Vec::new();
    for _ in 0..32 {
        let (client, connection) = site.http2(LOCAL, WINDOW).await;
        tokio::spawn(connection);
        slow.push(tokio::spawn(async move {
            length_of_get(&client, "/slow").await.ok()
        }));
    }
    sleep(Duration::from_millis(300)).await;
    // A sixteenth of all may be on its way out at a time.
    for _ in 0..2 {
        let (client, connection) = site.http2(OTHER, WINDOW).await;
        tokio::spawn(connection);
        let answered = timeout(Duration::from_secs(1), length_of_get(&client, "/"));
        assert_eq!(answered.await.unwrap().unwrap(), 4);
    }
    assert!(site.figure("vestibule_connections_evicted_total") >= 1);
    for one in slow {
        assert_eq!(one.await.unwrap(), Some(4));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_is_not_throttled_by_its_address() {
    let limits = Limits {
        per_address: 3,
        proxies: vec![Network::parse("127.0.0.2/32").unwrap()],
        ..usual()
    };
    let site = Site::open(router(), limits).await;
    let mut held = Vec::new();
    for _ in 0..30 {
        held.push(site.tls(OTHER).await.unwrap());
    }
    for _ in 0..3 {
        held.push(site.tls(LOCAL).await.unwrap());
    }
    assert!(site.tls(LOCAL).await.is_err());
    assert_eq!(site.figure("vestibule_connections"), 33);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pings_do_not_keep_an_idle_connection() {
    let idle = Duration::from_millis(800);
    let site = Site::set_up(router(), usual(), |listeners| listeners.idle_after(idle)).await;
    let (client, mut connection) = site.http2(LOCAL, WINDOW).await;
    let mut pings = connection.ping_pong().unwrap();
    let driven = tokio::spawn(connection);
    // Requests do keep it.
    let began = Instant::now();
    while began.elapsed() < 2 * idle {
        assert_eq!(length_of_get(&client, "/").await.unwrap(), 4);
        sleep(idle / 4).await;
    }
    let quiet = async {
        while pings.ping(Ping::opaque()).await.is_ok() {
            sleep(idle / 8).await;
        }
    };
    timeout(Duration::from_secs(10), quiet)
        .await
        .expect("it is closed");
    driven.await.unwrap().ok();
    assert_eq!(site.figure("vestibule_connections_idle_total"), 1);
    assert!(length_of_get(&client, "/").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_takes_are_bounded_and_in_nobodys_way() {
    let limits = Limits {
        unread: 4 * 1024 * 1024,
        ..usual()
    };
    let site = Site::open(router(), limits).await;
    let mut greedy = Vec::new();
    for _ in 0..5 {
        // No window: not one byte of an answer may be sent.
        let (client, connection) = site.http2(LOCAL, 0).await;
        let driven = tokio::spawn(connection);
        let mut answers = Vec::new();
        for _ in 0..100 {
            let mut client = client.clone().ready().await.unwrap();
            answers.push(client.send_request(get_request("/large"), true).unwrap().0);
        }
        greedy.push((client, driven, answers));
    }
    let watched = Instant::now();
    let mut most = 0;
    while watched.elapsed() < Duration::from_secs(2) {
        most = most.max(site.figure("vestibule_unread_bytes"));
        sleep(Duration::from_millis(50)).await;
    }
    // 500 answers were asked for: 112 MB. Each connection may have one whatever the others have.
    let bound = 4 * 1024 * 1024 + 5 * LARGE as u64 + 256 * 1024;
    assert!(most > 2 * 1024 * 1024 && most <= bound, "{most}");
    // Whoever reads is served, small or large.
    let (client, connection) = site.http2(OTHER, WINDOW).await;
    let driven = tokio::spawn(connection);
    for _ in 0..20 {
        let answered = timeout(Duration::from_secs(1), length_of_get(&client, "/large"));
        assert_eq!(answered.await.unwrap().unwrap(), LARGE);
    }
    driven.abort();
    // Those who never read are closed, and leave nothing.
    let gone = async {
        while site.figure("vestibule_unread_bytes") > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(40), gone).await.unwrap();
    assert!(site.figure("vestibule_connections_stalled_total") >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_large_answers_at_once_reach_a_client_that_reads() {
    let site = Site::open(router(), usual()).await;
    let (client, connection) = site.http2(LOCAL, WINDOW).await;
    let driven = tokio::spawn(connection);
    let asking = (0..200).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            loop {
                match length_of_get(&client, "/large").await {
                    // A stream that has just ended may still count at the server; the protocol says
                    // to ask again.
                    Err(refused) if refused.reason() == Some(Reason::REFUSED_STREAM) => {}
                    other => return other.unwrap(),
                }
            }
        })
    });
    for length in futures_util::future::join_all(asking).await {
        assert_eq!(length.unwrap(), LARGE);
    }
    driven.abort();
}
