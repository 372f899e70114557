//! dev's outbox: what it shows, to whom, and what a mail can do in it (R-21, R-23, R-56, R-74;
//! T-28, T-29).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong stops"
)]

use std::net::SocketAddr;

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::app::Mode;
use server::http::origin::Connection;
use server::mail::{DevMailbox, Worker};
use testkit::TestApp;

use crate::mail_scene::{ask_for_code, body};

async fn invite(app: &TestApp, address: &str, message: &str) -> Value {
    let mut body = body(address);
    body["invitedUserMessageInfo"] = json!({ "customizedMessageBody": message });
    crate::mail_scene::invite(app, &body).await
}

async fn deliver(app: &TestApp) {
    Worker::new(app.directory().clone(), std::sync::Arc::new(DevMailbox))
        .run_once()
        .await
        .unwrap();
}

async fn messages(app: &TestApp, query: &str) -> Vec<Value> {
    let reply = app.get(&format!("/outbox/messages{query}")).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.header("content-type"), "application/json");
    reply.json()["value"].as_array().unwrap().clone()
}

#[tokio::test]
async fn messages_have_the_documented_members() {
    let app = TestApp::new().await;
    let invitation = invite(&app, "sam@fabrikam.example", "Hi").await;
    assert!(
        messages(&app, "").await.is_empty(),
        "nothing was handed over yet"
    );
    deliver(&app).await;
    app.advance(SignedDuration::from_secs(1));
    ask_for_code(&app, &invitation).await;
    deliver(&app).await;

    let messages = messages(&app, "?to=sam@fabrikam.example").await;
    let [code, letter] = messages.as_slice() else {
        panic!("{messages:?}")
    };
    for message in [code, letter] {
        let names: Vec<_> = message
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            names,
            [
                "id",
                "to",
                "cc",
                "subject",
                "sentDateTime",
                "text",
                "html",
                "redeemUrl",
                "passcode"
            ]
        );
        assert_eq!(message["to"], "sam@fabrikam.example");
        assert_eq!(message["cc"], Value::Null);
    }
    assert_eq!(letter["redeemUrl"], invitation["inviteRedeemUrl"]);
    assert_eq!(letter["passcode"], Value::Null);
    assert_eq!(letter["sentDateTime"], "2026-01-15T10:00:00Z");
    assert!(
        letter["text"]
            .as_str()
            .unwrap()
            .contains(invitation["inviteRedeemUrl"].as_str().unwrap())
    );
    assert_eq!(code["redeemUrl"], Value::Null);
    assert_eq!(code["sentDateTime"], "2026-01-15T10:00:01Z");
    let digits = code["passcode"].as_str().unwrap();
    assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(
        code["text"]
            .as_str()
            .unwrap()
            .contains(&format!("{} {}", &digits[..4], &digits[4..]))
    );
}

#[tokio::test]
async fn recipients_and_pages() {
    let app = TestApp::new().await;
    for guest in ["a@x.example", "b+tag@x.example", "a@x.example"] {
        invite(&app, guest, "").await;
        deliver(&app).await;
        app.advance(SignedDuration::from_secs(1));
    }
    for (query, expected) in [
        ("", 3),
        ("?to=", 3),
        ("?to=a@x.example", 2),
        ("?to=A%40X.EXAMPLE", 2),
        ("?to=b%2Btag@x.example", 1),
        ("?to=b+tag@x.example", 1),
        ("?to=nobody@x.example", 0),
        ("?to=nonsense", 0),
        ("?$top=1", 1),
    ] {
        assert_eq!(messages(&app, query).await.len(), expected, "{query}");
    }
    let all = messages(&app, "").await;
    let times: Vec<_> = all
        .iter()
        .map(|message| message["sentDateTime"].as_str().unwrap())
        .collect();
    assert_eq!(
        times,
        [
            "2026-01-15T10:00:02Z",
            "2026-01-15T10:00:01Z",
            "2026-01-15T10:00:00Z"
        ]
    );
    let newest = messages(&app, "?$top=1").await;
    assert_eq!(newest[0]["id"], all[0]["id"]);
    for query in ["?$top=0", "?$top=1001", "?$top=x"] {
        let reply = app.get(&format!("/outbox/messages{query}")).send().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn only_this_machine_and_no_other_site_may_look() {
    let app = TestApp::new().await;
    for path in ["/outbox", "/outbox/messages", "/outbox/outbox.css"] {
        for (peer, site, expected) in [
            ("127.0.0.1:1", None, 200),
            ("[::1]:1", None, 200),
            ("[::ffff:127.0.0.1]:1", None, 200),
            ("127.0.0.1:1", Some("same-origin"), 200),
            ("127.0.0.1:1", Some("none"), 200),
            ("127.0.0.1:1", Some("cross-site"), 403),
            ("192.0.2.1:1", None, 403),
            ("[2001:db8::1]:1", None, 403),
            ("0.0.0.0:0", None, 403),
        ] {
            let peer: SocketAddr = peer.parse().unwrap();
            let mut asking = app.get(path).over(Connection { peer, tls: true });
            if let Some(site) = site {
                asking = asking.header("sec-fetch-site", site);
            }
            let reply = asking.send().await;
            assert_eq!(reply.status.as_u16(), expected, "{path} {peer} {site:?}");
            assert_eq!(reply.header("access-control-allow-origin"), "");
        }
    }
}

#[tokio::test]
async fn in_service_there_is_no_outbox() {
    let app = TestApp::with(Mode::Serve, |policy| policy.keep_letters = false).await;
    invite(&app, "sam@fabrikam.example", "Hi").await;
    deliver(&app).await;
    for path in ["/outbox", "/outbox/messages", "/outbox/outbox.css"] {
        assert_eq!(
            app.get(path).send().await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert!(
        app.directory()
            .letters(app.tenant.id, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_mail_stands_in_a_sandbox() {
    let app = TestApp::new().await;
    invite(&app, "sam@fabrikam.example", "<script>alert(1)</script>").await;
    deliver(&app).await;
    let id = messages(&app, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();

    let page = app.get("/outbox").send().await;
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'; style-src 'self'")
    );
    assert!(
        page.header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    assert!(page.text().contains(&format!("<iframe src=\"/outbox/messages/{id}/html\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\"")));
    assert!(!page.text().contains("<script"));

    let mail = app.get(&format!("/outbox/messages/{id}/html")).send().await;
    let policy = mail.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'unsafe-inline';"),
        "{policy}"
    );
    assert!(
        policy.ends_with("sandbox allow-popups allow-popups-to-escape-sandbox"),
        "{policy}"
    );
    assert!(mail.header("content-type").starts_with("text/html"));
    assert!(mail.text().contains("&lt;script&gt;") && !mail.text().contains("<script"));

    let text = app.get(&format!("/outbox/messages/{id}/text")).send().await;
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    for reply in [&page, &mail, &text] {
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert_eq!(reply.header("referrer-policy"), "no-referrer");
    }
    for unknown in ["nonsense", "00000000-0000-0000-0000-000000000000"] {
        let reply = app
            .get(&format!("/outbox/messages/{unknown}/html"))
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn the_page_says_how_to_begin_and_what_it_has() {
    let app = TestApp::new().await;
    let empty = app.get("/outbox").send().await;
    assert!(
        empty
            .text()
            .contains("vestibule try invite sam@fabrikam.example")
    );

    let invitation = invite(&app, "sam@fabrikam.example", "Hi").await;
    let waiting = app.get("/outbox").send().await;
    assert!(waiting.text().contains("Not handed over yet."));
    ask_for_code(&app, &invitation).await;
    deliver(&app).await;
    let code = messages(&app, "")
        .await
        .iter()
        .find_map(|message| message["passcode"].as_str().map(str::to_owned))
        .unwrap();
    let page = app.get("/outbox?to=sam@fabrikam.example").send().await;
    let link = invitation["inviteRedeemUrl"]
        .as_str()
        .unwrap()
        .replace('&', "&amp;");
    assert!(page.text().contains(&format!("href=\"{link}\"")));
    assert!(
        page.text()
            .contains(&format!("{} {}", &code[..4], &code[4..]))
    );
    assert!(!page.text().contains("Not handed over"));

    let nobody = app.get("/outbox?to=%3Cscript%3E").send().await;
    assert!(
        nobody
            .text()
            .contains("No mail to <bdi>&lt;script&gt;</bdi>")
    );
}

#[tokio::test]
async fn a_test_waits_searches_and_clears() {
    let app = TestApp::new().await;
    // Nothing comes: the wait ends.
    assert!(messages(&app, "?wait=1s").await.is_empty());
    invite(&app, "sam@fabrikam.example", "Hello Größe").await;
    invite(&app, "kim@fabrikam.example", "Hi").await;
    let (found, ()) = tokio::join!(messages(&app, "?wait=20s&to=sam@fabrikam.example"), async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        deliver(&app).await;
    });
    assert_eq!(found.len(), 1);
    assert_eq!(messages(&app, "?search=gr%C3%B6SSe").await, found);
    assert_eq!(messages(&app, "?search=KIM@").await.len(), 1);
    assert!(messages(&app, "?search=nowhere").await.is_empty());
    let id = found[0]["id"].as_str().unwrap();
    let raw = app.get(&format!("/outbox/messages/{id}/eml")).send().await;
    assert_eq!(raw.header("content-type"), "message/rfc822");
    assert!(
        raw.text().contains("To: sam@fabrikam.example\r\n"),
        "{}",
        raw.text()
    );
    for query in [
        "?colour=red",
        "?TO=sam@fabrikam.example",
        "?wait=1h",
        "?$top=1001",
    ] {
        let refused = app.get(&format!("/outbox/messages{query}")).send().await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
    }
    let other = app
        .delete("/outbox/messages")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(other.send().await.status, StatusCode::FORBIDDEN);
    let part = app
        .delete("/outbox/messages?to=sam@fabrikam.example")
        .send()
        .await;
    assert_eq!(part.status, StatusCode::BAD_REQUEST);
    assert_eq!(messages(&app, "").await.len(), 2);
    let cleared = app.delete("/outbox/messages").send().await;
    assert_eq!(cleared.status, StatusCode::NO_CONTENT);
    assert!(messages(&app, "").await.is_empty());
}
