//! The token endpoint.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::instance::sample::{CLIENT_ID, CLIENT_SECRET};
use testkit::{Reply, TestApp};

const SCOPE: &str = "https://graph.microsoft.com/.default";

fn path(app: &TestApp) -> String {
    format!("/{}/oauth2/v2.0/token", app.tenant.id.0)
}

/// The fields of a good request, with some replaced; an empty value leaves the field out.
fn fields<'a>(id: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", CLIENT_SECRET),
        ("scope", SCOPE),
    ];
    let mut all: Vec<_> = good
        .iter()
        .filter(|(name, _)| changes.iter().all(|(other, _)| other != name))
        .copied()
        .collect();
    all.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    all
}

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn check_issued(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let body = reply.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 3600);
    assert_eq!(body["ext_expires_in"], 3600);
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("content-type"), "application/json");
    body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_says_who_for_whom_and_how_long() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let token = check_issued(&app.post(&path(&app)).form(&fields(&id, &[])).send().await);
    let header = part(&token, 0);
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("at+jwt"), &json!("RS256"))
    );
    let claims = part(&token, 1);
    let now = app.directory().now().as_second();
    let object = app.tenant.app_object.to_string();
    let expected = json!({
        "aud": "00000003-0000-0000-c000-000000000000",
        "iss": format!("https://localhost:8443/{}/v2.0", app.tenant.id.0),
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "appid": id,
        "azp": id,
        "idtyp": "app",
        "oid": object,
        "sub": object,
        "tid": app.tenant.id.0,
        "roles": claims["roles"],
        "wids": ["62e90394-69f5-4237-9190-012177145e10"],
        "uti": claims["uti"],
        "jti": claims["uti"],
        "ver": "2.0",
    });
    assert_eq!(claims, expected);
    assert!(
        claims["roles"]
            .as_array()
            .unwrap()
            .contains(&json!("User.ReadWrite.All"))
    );
    assert!(
        !claims["roles"]
            .as_array()
            .unwrap()
            .contains(&json!("User.Read"))
    );
}

#[tokio::test]
async fn every_way_clients_ask_is_understood() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let good = fields(&id, &[]);
    let tenant = app.tenant.id.0;
    for authority in [
        tenant.to_string(),
        tenant.to_string().to_uppercase(),
        "contoso.com".into(),
        "Contoso.OnMicrosoft.com".into(),
    ] {
        let path = format!("/{authority}/oauth2/v2.0/token");
        check_issued(&app.post(&path).form(&good).send().await);
    }
    let telemetry = fields(
        &id,
        &[
            ("client_info", "1"),
            ("x-client-SKU", "msal"),
            ("x-client-OS", "a"),
        ],
    );
    let path = path(&app);
    check_issued(
        &app.post(&format!("{path}?client-request-id=x"))
            .form(&telemetry)
            .send()
            .await,
    );
    for scope in [
        "https://localhost:8443/.default",
        "https://localhost/.default",
        "http://localhost:8080/.default",
        "00000003-0000-0000-c000-000000000000/.default",
    ] {
        check_issued(
            &app.post(&path)
                .form(&fields(&id, &[("scope", scope)]))
                .send()
                .await,
        );
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{CLIENT_SECRET}")));
    let bare = fields(&id, &[("client_id", ""), ("client_secret", "")]);
    check_issued(
        &app.post(&path)
            .form(&bare)
            .header("authorization", &basic)
            .send()
            .await,
    );
    let named = fields(&id, &[("client_secret", "")]);
    check_issued(
        &app.post(&path)
            .form(&named)
            .header("authorization", &basic)
            .send()
            .await,
    );
}

#[tokio::test]
async fn a_bad_request_gets_the_standards_error() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let tenant = path(&app);
    let check = async |path: &str, changes: &[(&str, &str)], status: u16, error: &str| {
        let reply = app.post(path).form(&fields(&id, changes)).send().await;
        assert_eq!(
            (reply.status.as_u16(), reply.error().0.as_str()),
            (status, error),
            "{path} {changes:?}"
        );
        let body = reply.json();
        assert!(body["error_codes"][0].is_u64(), "{body}");
        for name in [
            "error_description",
            "timestamp",
            "trace_id",
            "correlation_id",
        ] {
            assert!(body[name].is_string(), "{name} {body}");
        }
        assert_eq!(body["trace_id"], reply.header("request-id"));
        assert_eq!(reply.header("cache-control"), "no-store");
    };
    check(&tenant, &[("grant_type", "")], 400, "invalid_request").await;
    check(
        &tenant,
        &[("grant_type", "password")],
        400,
        "unsupported_grant_type",
    )
    .await;
    check(
        &tenant,
        &[("grant_type", "authorization_code")],
        400,
        "unsupported_grant_type",
    )
    .await;
    check(&tenant, &[("client_id", "")], 400, "invalid_request").await;
    check(&tenant, &[("client_secret", "")], 401, "invalid_client").await;
    check(
        &tenant,
        &[("client_secret", "wrong")],
        401,
        "invalid_client",
    )
    .await;
    check(
        &tenant,
        &[("client_id", "not-a-guid")],
        401,
        "invalid_client",
    )
    .await;
    check(&tenant, &[("scope", "")], 400, "invalid_request").await;
    check(
        &tenant,
        &[("scope", "https://evil.example/.default")],
        400,
        "invalid_scope",
    )
    .await;
    check(&tenant, &[("scope", "User.Read")], 400, "invalid_scope").await;
    for unknown in [
        "nobody.example",
        "00000000-0000-0000-0000-000000000001",
        "common",
        "organizations",
        "%20",
        "a_b",
    ] {
        let path = format!("/{unknown}/oauth2/v2.0/token");
        check(&path, &[], 400, "invalid_request").await;
    }
    let twice = [fields(&id, &[]), vec![("scope", SCOPE)]].concat();
    let reply = app.post(&tenant).form(&twice).send().await;
    assert_eq!(
        (reply.status.as_u16(), reply.error().0.as_str()),
        (400, "invalid_request")
    );
    let large = "x".repeat(16 * 1024);
    check(&tenant, &[("x", &large)], 400, "invalid_request").await;
    let json = app
        .post(&tenant)
        .json(&json!({ "grant_type": "client_credentials" }))
        .send()
        .await;
    assert_eq!(
        (json.status.as_u16(), json.error().0.as_str()),
        (400, "invalid_request")
    );
    assert_eq!(
        app.get(&tenant).send().await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn two_ways_of_authentication_are_one_too_many() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{CLIENT_SECRET}")));
    let reply = app
        .post(&path(&app))
        .form(&fields(&id, &[]))
        .header("authorization", &basic)
        .send()
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.error().0.as_str()),
        (400, "invalid_request")
    );
}

#[tokio::test]
async fn an_unknown_client_is_a_wrong_secret() {
    let app = TestApp::new().await;
    let (known, unknown) = (
        CLIENT_ID.to_string(),
        app.directory().ids().uuid().to_string(),
    );
    let disabled = app.other_tenant().await;
    app.directory()
        .set_app_enabled(disabled.id, disabled.client_id, false)
        .await
        .unwrap();
    let ask = async |path: &str, id: &str, secret: &str| {
        let reply = app
            .post(path)
            .form(&fields(id, &[("client_secret", secret)]))
            .send()
            .await;
        assert!(!reply.header("www-authenticate").is_empty());
        let mut body = reply.json();
        for name in ["trace_id", "correlation_id", "error_description"] {
            body.as_object_mut().unwrap().remove(name);
        }
        (reply.status, body)
    };
    let wrong = ask(&path(&app), &known, "wrong").await;
    assert_eq!(wrong.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&path(&app), &unknown, CLIENT_SECRET).await, wrong);
    // contoso's app is no app of fabrikam, and fabrikam's is disabled.
    let theirs = format!("/{}/oauth2/v2.0/token", disabled.id.0);
    assert_eq!(ask(&theirs, &known, CLIENT_SECRET).await, wrong);
    assert_eq!(
        ask(&theirs, &disabled.client_id.to_string(), &disabled.secret).await,
        wrong
    );
}

#[tokio::test]
async fn guessing_secrets_is_slowed_down() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let path = path(&app);
    let guess = || {
        app.post(&path)
            .form(&fields(&id, &[("client_secret", "wrong")]))
            .send()
    };
    for _ in 0..20 {
        assert_eq!(guess().await.status, StatusCode::UNAUTHORIZED);
    }
    let slowed = guess().await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.header("retry-after"), "60");
    let peer = "203.0.113.9:1".parse().unwrap();
    let elsewhere = server::http::origin::Connection { peer, tls: true };
    check_issued(
        &app.post(&path)
            .form(&fields(&id, &[]))
            .over(elsewhere)
            .send()
            .await,
    );
    app.advance(SignedDuration::from_secs(60));
    check_issued(&app.post(&path).form(&fields(&id, &[])).send().await);
}
