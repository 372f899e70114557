//! Requests that are refused before their body is read: the answer arrives, and the connection goes
//! on.

use std::fmt::Write as _;
use std::future::poll_fn;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::http::{Method, Request};
use bytes::Bytes;
use futures_util::FutureExt as _;
use server::http::listener::Limits;
use testkit::TestApp;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::http_fixture::{Site, answer, send};

/// How many refusals on one connection.
const TIMES: usize = 1_000;

/// A request that is refused early, or late but before its end.
struct Refused {
    method: Method,
    path: String,
    host: &'static str,
    token: bool,
    body: usize,
    status: u16,
}

fn cases() -> Vec<Refused> {
    let case = |method, path: &str, token, body, status| Refused {
        method,
        path: path.to_owned(),
        host: "localhost:8443",
        token,
        body,
        status,
    };
    let (post, patch, put) = (|| Method::POST, || Method::PATCH, || Method::PUT);
    let mut cases = vec![
        case(post(), "/v1.0/groups", true, 300, 400),
        case(post(), "/v1.0/users", false, 300, 401),
        case(patch(), "/beta/users/adele@contoso.com", false, 40_000, 401),
        case(put(), "/v1.0/users", true, 300, 405),
        case(post(), "/v1.0/invitations", true, 600_000, 413),
        case(post(), "/nowhere", false, 70_000, 404),
        case(patch(), "/redeem/", false, 300, 405),
        case(post(), "/v1.0/$batch", true, 600_000, 413),
        case(put(), "/v1.0/users/x/photo/$value", false, 3_000_000, 401),
        case(post(), "/common/oauth2/v2.0/token", false, 20_000, 400),
        case(
            patch(),
            &format!("/v1.0/{}", "u".repeat(9_000)),
            true,
            900,
            414,
        ),
    ];
    let mut misdirected = case(post(), "/v1.0/users", true, 5_000, 421);
    misdirected.host = "elsewhere.example";
    cases.push(misdirected);
    cases
}

fn form(case: &Refused) -> bool {
    case.path.ends_with("/token")
}

impl Refused {
    fn headers(&self, token: &str) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if self.token {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        let media = if form(self) {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        };
        headers.push(("content-type", media.to_owned()));
        headers
    }

    fn body(&self) -> String {
        format!("{{\"a\":\"{}\"}}", "x".repeat(self.body.max(8) - 8))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_keep_an_http_1_connection() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let router = server::router(app.app.clone());
    let site = Site::open(router, Limits::of_whole(8)).await;
    let mut stream = TcpStream::connect(site.http).await.unwrap();
    let cases = cases();
    for time in 0..TIMES {
        let case = &cases[time % cases.len()];
        let is_late = time / cases.len() % 2 == 1;
        let is_chunked = time / cases.len() % 3 == 1;
        let shown = format!("{} {} late {is_late} chunked {is_chunked}", time, case.path);
        let mut head = format!("{} {} HTTP/1.1\r\n", case.method, case.path);
        // The plain listener is another origin.
        let host = case.host.replace("8443", "8080");
        write!(head, "host: {host}\r\n").unwrap();
        for (name, value) in case.headers(&token) {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let (body, length) = (case.body(), case.body().len());
        let body = if is_chunked {
            head += "transfer-encoding: chunked\r\n\r\n";
            format!("{length:x}\r\n{body}\r\n0\r\n\r\n")
        } else {
            write!(head, "content-length: {length}\r\n\r\n").unwrap();
            body
        };
        // What is refused for its body or its length is refused when that has come.
        let is_late = is_late && !(is_chunked && (case.status == 413 || form(case)));
        if !is_late {
            head += &body;
        }
        send(&mut stream, &head).await;
        let (status, head, said) = answer(&mut stream).await;
        let said = String::from_utf8_lossy(&said);
        assert_eq!(status, case.status, "{shown}: {said}");
        assert!(!head.contains("connection: close"), "{shown}: {head}");
        if is_late {
            send(&mut stream, &body).await;
        }
        send(&mut stream, "GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
        let (status, _, said) = answer(&mut stream).await;
        assert_eq!((status, &*said), (200, &b"ok\n"[..]), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_reset_no_http_2_stream() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let router = server::router(app.app.clone());
    let site = Site::open(router, Limits::of_whole(8)).await;
    let (client, connection) = site.http2(Ipv4Addr::LOCALHOST, 1 << 20).await;
    let driven = tokio::spawn(connection);
    let cases = cases();
    let mut before = None;
    for time in 0..TIMES {
        let case = &cases[time % cases.len()];
        let is_late = time / cases.len() % 2 == 1;
        let shown = format!("{time} {} late {is_late}", case.path);
        let mut request = Request::builder()
            .method(case.method.clone())
            .uri(format!("https://{}{}", case.host, case.path));
        for (name, value) in case.headers(&token) {
            request = request.header(name, value);
        }
        let body = Bytes::from(case.body());
        // A limit on bytes can be told late where the length is told early.
        request = request.header("content-length", body.len());
        let mut client = client.clone().ready().await.unwrap();
        let request = request.body(()).unwrap();
        let (response, mut sending) = client.send_request(request, false).unwrap();
        if !is_late {
            sending.send_data(body.clone(), true).unwrap();
        }
        let response = response
            .await
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(response.status().as_u16(), case.status, "{shown}");
        let mut said = response.into_body();
        while let Some(bytes) = said.data().await {
            let bytes = bytes.unwrap_or_else(|error| panic!("{shown}: {error}"));
            said.flow_control().release_capacity(bytes.len()).unwrap();
        }
        if is_late {
            sending.send_data(body, true).unwrap();
        }
        // A reset would have come by now for the one before.
        let before = before.replace((sending, shown));
        if let Some((mut sending, shown)) = before {
            let reset = poll_fn(|cx| sending.poll_reset(cx)).now_or_never();
            assert!(!matches!(reset, Some(Ok(_))), "{shown}: {reset:?}");
        }
    }
    drop((client, before));
    driven.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_drained_is_told_and_the_answer_arrives() {
    let app = TestApp::new().await;
    let router = server::router(app.app.clone());
    let site = Site::open(router, Limits::of_whole(64)).await;
    let post =
        |more: &str| format!("POST /v1.0/users HTTP/1.1\r\nhost: localhost:8080\r\n{more}\r\n\r\n");
    // A client that waits to be asked for its body need not send it once it is refused.
    let mut stream = TcpStream::connect(site.http).await.unwrap();
    let head = post("content-length: 9\r\nexpect: 100-continue");
    send(&mut stream, &head).await;
    let (status, head, _) = answer(&mut stream).await;
    assert_eq!(status, 401, "{head}");
    assert!(head.contains("connection: close"), "{head}");
    // More than is read: the answer says so, and is not lost to a client that goes on sending for a
    // while.
    for _ in 0..20 {
        let mut stream = TcpStream::connect(site.http).await.unwrap();
        send(&mut stream, &post("content-length: 90000000")).await;
        for _ in 0..30 {
            send(&mut stream, &"x".repeat(100_000)).await;
        }
        let (status, head, body) = answer(&mut stream).await;
        assert_eq!(status, 401, "{head}");
        assert!(head.contains("connection: close"), "{head}");
        assert!(
            String::from_utf8(body)
                .unwrap()
                .contains("InvalidAuthenticationToken")
        );
    }
    // Heads that hyper itself refuses.
    for head in [
        format!("GET /{} HTTP/1.1\r\n", "u".repeat(900_000)),
        format!("GET / HTTP/1.1\r\nx: {}\r\n", "h".repeat(900_000)),
    ] {
        let mut stream = TcpStream::connect(site.http).await.unwrap();
        send(&mut stream, &head).await;
        let (told, _, _) = timeout(Duration::from_secs(5), answer(&mut stream))
            .await
            .unwrap();
        assert!([414, 431].contains(&told), "{told}");
    }
}
