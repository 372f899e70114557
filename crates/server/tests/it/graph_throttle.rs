//! Limits on reading: an app that reads too much is told when to come back, and no other app
//! notices.

use axum::http::StatusCode;
use directory::Permission;
use jiff::SignedDuration;
use server::Mode;
use server::graph::throttle::UNITS;
use testkit::TestApp;

#[tokio::test]
async fn an_app_that_reads_too_much_waits_and_others_do_not() {
    let app = TestApp::with(Mode::Serve, |_| {}).await;
    let token = app.token().await;
    let other = app.token_with(&[Permission::UserReadAll]).await;
    let mut warned = 0;
    // A list costs two units.
    for _ in 0..UNITS / 2 {
        let reply = app.get("/v1.0/users").bearer(&token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        warned += u32::from(!reply.header("x-ms-throttle-limit-percentage").is_empty());
    }
    assert!(warned > UNITS / 20, "{warned}");
    for path in ["/v1.0/users", "/v1.0/users/$count", "/beta/users/delta"] {
        let reply = app.get(path).bearer(&token).send().await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert_eq!(reply.error().0, "TooManyRequests");
        assert_eq!(reply.header("retry-after"), "1");
        assert_eq!(
            reply.header("x-ms-throttle-information"),
            "ResourceUnitLimitExceeded"
        );
    }
    // In a batch each step is told by itself.
    let step = serde_json::json!({"id": "1", "method": "GET", "url": "/users"});
    let batch = serde_json::json!({"requests": [step]});
    let reply = app.post("/v1.0/$batch").bearer(&token).json(&batch);
    let reply = reply.send().await.json();
    assert_eq!(reply["responses"][0]["status"], 429, "{reply}");
    assert_eq!(
        reply["responses"][0]["headers"]["Retry-After"], "1",
        "{reply}"
    );
    let reply = app.get("/v1.0/users").bearer(&other).send().await;
    assert_eq!(reply.status, StatusCode::OK, "another app");
    // Writes are not reads.
    let reply = app
        .post("/v1.0/users")
        .bearer(&token)
        .json(&serde_json::json!({}));
    assert_eq!(reply.send().await.status, StatusCode::BAD_REQUEST);
    app.advance(SignedDuration::from_secs(1));
    let reply = app.get("/v1.0/users").bearer(&token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}
