//! Which names the server answers to, and that no header makes it write another one (T-37).

use std::net::SocketAddr;

use axum::http::StatusCode;
use serde_json::json;
use server::http::origin::Connection;
use testkit::TestApp;

use crate::samples::created;

const POISON: [&str; 9] = [
    "host",
    "x-forwarded-host",
    "forwarded",
    "x-forwarded-server",
    "x-host",
    "x-http-host-override",
    "x-original-url",
    "origin",
    "referer",
];

const VALUES: [&str; 6] = [
    "evil.example",
    "localhost:8443.evil.example",
    "evil.example, localhost:8443",
    "host=evil.example;proto=https",
    "https://evil.example/",
    "localhost:8443@evil.example",
];

#[tokio::test]
async fn no_header_puts_another_name_into_an_answer() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "a").await;
    created(&app, &token, "b").await;
    for name in POISON {
        for value in VALUES {
            let address = format!("{}@x.example", app.directory().ids().uuid());
            let body = json!({
                "invitedUserEmailAddress": address,
                "inviteRedirectUrl": "https://x.example",
                "sendInvitationMessage": true,
            });
            let invited = app
                .post("/v1.0/invitations")
                .bearer(&token)
                .header(name, value)
                .json(&body);
            let listed = app
                .get("/v1.0/users?$top=1")
                .bearer(&token)
                .header(name, value);
            let path = format!("/{}/v2.0/.well-known/openid-configuration", app.tenant.id.0);
            let discovered = app.get(&path).header(name, value);
            for reply in [
                invited.send().await,
                listed.send().await,
                discovered.send().await,
            ] {
                assert!(
                    // The refusal itself may name the host that it refuses.
                    name == "host" || !reply.text().contains("evil"),
                    "{name}: {value}: {}",
                    reply.text()
                );
                assert!(
                    !reply.header("location").contains("evil"),
                    "{name}: {value}"
                );
                let expected = if name == "host" {
                    StatusCode::MISDIRECTED_REQUEST
                } else {
                    reply.status
                };
                assert_eq!(reply.status, expected, "{name}: {value}");
                assert!(
                    reply.status.is_success() || name == "host",
                    "{name}: {value}: {}",
                    reply.text()
                );
            }
        }
    }
    for letter in app.deliver().await {
        let link = letter.kind.link().unwrap();
        assert!(link.starts_with("http://localhost:8080/redeem/?"), "{link}");
    }
}

#[tokio::test]
async fn links_carry_the_origin_that_was_asked() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "a").await;
    created(&app, &token, "b").await;
    let peer = SocketAddr::from(([127, 0, 0, 1], 40_000));
    let check = async |host: &str, tls: bool, origin: Option<&str>| {
        let ask = app
            .get("/v1.0/users?$top=1")
            .bearer(&token)
            .header("host", host);
        let reply = ask.over(Connection { peer, tls }).send().await;
        let Some(origin) = origin else {
            assert_eq!(
                reply.status,
                StatusCode::MISDIRECTED_REQUEST,
                "{host} {tls}"
            );
            assert_eq!(reply.error().0, "MisdirectedRequest");
            return;
        };
        let page = reply.json();
        assert_eq!(
            page["@odata.context"],
            format!("{origin}/v1.0/$metadata#users")
        );
        assert!(
            page["@odata.nextLink"]
                .as_str()
                .unwrap()
                .starts_with(&format!("{origin}/v1.0/users?"))
        );
    };
    check("localhost:8443", true, Some("https://localhost:8443")).await;
    check("LOCALHOST:8443", true, Some("https://localhost:8443")).await;
    check("127.0.0.1:8443", true, Some("https://127.0.0.1:8443")).await;
    check("localhost:8080", false, Some("http://localhost:8080")).await;
    check("localhost:8080", true, None).await;
    check("localhost:8443", false, None).await;
    check("localhost", true, None).await;
    check("", true, None).await;
}

#[tokio::test]
async fn two_names_are_none() {
    let app = TestApp::new().await;
    let twice = app
        .get("/v1.0/")
        .again("host", "localhost:8443")
        .send()
        .await;
    assert_eq!(twice.status, StatusCode::MISDIRECTED_REQUEST);
    let none = app.get("/v1.0/").without("host").send().await;
    assert_eq!(none.status, StatusCode::MISDIRECTED_REQUEST);
    let contradicted = app.get("https://evil.example/v1.0/").send().await;
    assert_eq!(contradicted.status, StatusCode::MISDIRECTED_REQUEST);
    let named = app
        .get("https://localhost:8443/v1.0/")
        .without("host")
        .send()
        .await;
    assert_eq!(named.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_watches_asks_by_address() {
    let app = TestApp::new().await;
    for path in ["/healthz", "/readyz"] {
        let reply = app.get(path).header("host", "10.0.0.7:9999").send().await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_dead_store_is_not_ready_but_alive() {
    let app = TestApp::new().await;
    let token = app.token().await;
    app.directory().store().close().await;
    assert_eq!(app.get("/healthz").send().await.status, StatusCode::OK);
    let ready = app.get("/readyz").send().await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let body = crate::samples::user("adele");
    let write = app
        .post("/v1.0/users")
        .bearer(&token)
        .json(&body)
        .send()
        .await;
    assert_eq!(
        write.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        write.text()
    );
    assert_eq!(write.error().0, "ServiceUnavailable");
    let after: u32 = write.header("retry-after").parse().unwrap();
    assert!((1..180).contains(&after), "{after}");
}
