//! The layer in front of every handler.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::routing::get;
use axum::{Router, middleware};
use http_body_util::BodyExt as _;
use server::http::front::front;
use server::http::origin::Connection;
use testkit::TestApp;
use tower::ServiceExt as _;

async fn buggy() -> &'static str {
    panic!("secret value 42")
}

#[tokio::test]
async fn a_bug_is_an_answer_that_shows_nothing() {
    let app = TestApp::new().await;
    let router = Router::new()
        .route("/v1.0/buggy", get(buggy))
        .layer(middleware::from_fn_with_state(app.app.clone(), front));
    let mut request = Request::get("/v1.0/buggy")
        .header("host", "localhost:8443")
        .body(Body::empty())
        .unwrap();
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    request
        .extensions_mut()
        .insert(Connection { peer, tls: true });
    let answer = router.oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.headers().contains_key("request-id"));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"]["code"], "InternalServerError");
    // Not the number alone: ids hold any two digits.
    assert!(!body.to_string().contains("secret value"), "{body}");
}

#[tokio::test]
async fn routes_are_counted_by_their_pattern_and_never_by_what_was_asked_for() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for path in [
        "/v1.0/users/87d349ed-44d7-43e1-9a83-5f2406dee5bd",
        "/v1.0/USERS('adele@contoso.com')",
        "/v1.0/unheard-of",
        "/unheard-of",
    ] {
        app.get(path).bearer(&token).send().await;
    }
    let text = app.app.metrics.text();
    let count = |line: &str| {
        let line = format!("vestibule_http_requests_total{{{line}}}");
        assert!(text.contains(&line), "{line}\n{text}");
    };
    count("route=\"/v1.0/users/{key}\",method=\"GET\",status=\"4xx\"");
    count("route=\"/v1.0/{*rest}\",method=\"GET\",status=\"4xx\"");
    count("route=\"none\",method=\"GET\",status=\"4xx\"");
    for asked in ["87d349ed", "adele", "unheard-of"] {
        assert!(!text.contains(asked), "{asked}\n{text}");
    }
}

/// The Graph does not pass the router, which does this for all others.
#[tokio::test]
async fn head_tells_the_length_of_the_answer_and_sends_none_of_it() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for path in ["/v1.0/users", "/beta", "/v1.0/unheard-of", "/unheard-of"] {
        let get = app.get(path).bearer(&token).send().await;
        let head = app.ask(Method::HEAD, path).bearer(&token).send().await;
        assert_eq!(head.status, get.status, "{path}");
        let length = get.header("content-length");
        assert_eq!(length, get.body.len().to_string(), "{path}");
        assert_eq!(head.header("content-length"), length, "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
}
