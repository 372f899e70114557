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
        "credential": claims["credential"],
        "uti": claims["uti"],
        "jti": claims["uti"],
        "ver": "2.0",
    });
    assert_eq!(claims, expected);
    assert_eq!(claims["credential"].as_str().map(str::len), Some(36));
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
async fn guessing_secrets_is_slowed_down_and_locks_nobody_out() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let path = path(&app);
    let guess = async |id: &str| {
        let wrong = [("client_secret", "wrong")];
        app.post(&path).form(&fields(id, &wrong)).send().await
    };
    for _ in 0..20 {
        assert_eq!(guess(&id).await.status, StatusCode::UNAUTHORIZED);
    }
    let slowed = guess(&id).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(slowed.header("retry-after"), "60");
    assert_eq!(slowed.error().0, "temporarily_unavailable");
    // Another spelling of the id, of the authority, or another way to send the secret is no new
    // budget.
    let simple = CLIENT_ID.simple().to_string();
    for spelt in [&id.to_uppercase(), &simple, &format!("{{{id}}}")] {
        let slowed = guess(spelt).await;
        assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "{spelt}");
    }
    let escaped: String = id
        .bytes()
        .map(|byte| format!("%{byte:02x}"))
        .collect::<Vec<_>>()
        .concat();
    for spelt in [&id, &escaped] {
        let basic = format!("Basic {}", STANDARD.encode(format!("{spelt}:wrong")));
        let bare = fields("", &[("client_id", ""), ("client_secret", "")]);
        let asked = app.post("/contoso.com/oauth2/v2.0/token").form(&bare);
        let slowed = asked.header("authorization", &basic).send().await;
        assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS, "{spelt}");
    }
    let older = format!("/{}/oauth2/token", app.tenant.id.0);
    let wrong = fields(&id, &[("client_secret", "wrong")]);
    let slowed = app.post(&older).form(&wrong).send().await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    // The app itself gets its token, from the same address and from elsewhere, and so does another
    // app.
    check_issued(&app.post(&path).form(&fields(&id, &[])).send().await);
    let peer = "203.0.113.9:1".parse().unwrap();
    let elsewhere = server::http::origin::Connection { peer, tls: true };
    let asked = app.post(&path).form(&fields(&id, &[])).over(elsewhere);
    check_issued(&asked.send().await);
    let other = app.directory().ids().uuid().to_string();
    assert_eq!(guess(&other).await.status, StatusCode::UNAUTHORIZED);
    app.advance(SignedDuration::from_secs(60));
    assert_eq!(guess(&id).await.status, StatusCode::UNAUTHORIZED);
}

/// The number of an error of the token endpoint.
fn number(reply: &Reply) -> u64 {
    reply.json()["error_codes"][0].as_u64().unwrap()
}

#[tokio::test]
async fn scopes_of_people_beside_default_are_taken() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let path = path(&app);
    let ask = async |scope: &str| {
        let form = fields(&id, &[("scope", scope)]);
        app.post(&path).form(&form).send().await
    };
    for scope in [
        "https://graph.microsoft.com/.default openid profile offline_access",
        "openid offline_access profile email https://graph.microsoft.com/.default",
        "https://localhost:8443/.default openid https://localhost:8443/.default",
    ] {
        check_issued(&ask(scope).await);
    }
    for (scope, expected) in [
        ("openid profile offline_access", 1_002_012),
        ("https://graph.microsoft.com/User.Read.All", 1_002_012),
        ("https://graph.microsoft.com/.default User.Read.All", 70_011),
        ("https://evil.example/.default openid", 70_011),
        (
            "https://graph.microsoft.com/.default https://evil.example/.default",
            28_000,
        ),
    ] {
        let reply = ask(scope).await;
        let found = (reply.status.as_u16(), reply.error().0, number(&reply));
        assert_eq!(
            found,
            (400, "invalid_scope".to_owned(), expected),
            "{scope}"
        );
    }
}

#[tokio::test]
async fn the_older_endpoint_takes_a_resource() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let path = format!("/{}/oauth2/token", app.tenant.id.0);
    let ask = async |changes: &[(&str, &str)]| {
        let form = fields(&id, &[&[("scope", "")], changes].concat());
        app.post(&path).form(&form).send().await
    };
    let now = app.directory().now().as_second();
    for resource in [
        "https://graph.microsoft.com",
        "https://graph.microsoft.com/",
        "00000003-0000-0000-c000-000000000000",
        "https://localhost:8443",
    ] {
        let reply = ask(&[("resource", resource)]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let body = reply.json();
        let token = body["access_token"].as_str().unwrap();
        let expected = json!({
            "token_type": "Bearer",
            "expires_in": "3600",
            "ext_expires_in": "3600",
            "not_before": now.to_string(),
            "expires_on": (now + 3600).to_string(),
            "resource": resource,
            "access_token": token,
        });
        assert_eq!(body, expected);
        let read = app.get("/v1.0/users").bearer(token).send().await;
        assert_eq!(read.status, StatusCode::OK);
    }
    let check = async |changes: &[(&str, &str)], error: &str, expected: u64| {
        let reply = ask(changes).await;
        assert_eq!(
            (reply.error().0.as_str(), number(&reply)),
            (error, expected)
        );
    };
    check(&[], "invalid_request", 900_144).await;
    check(&[("scope", SCOPE)], "invalid_request", 900_144).await;
    check(
        &[("resource", "https://evil.example\r\n")],
        "invalid_resource",
        500_011,
    )
    .await;
    let newer = fields(&id, &[("resource", "https://graph.microsoft.com")]);
    let newer = app.post(&self::path(&app)).form(&newer).send().await;
    assert_eq!(number(&newer), 901_002);
}

#[tokio::test]
async fn an_assertion_is_told_what_is_wrong_with_assertions() {
    let app = TestApp::new().await;
    let id = CLIENT_ID.to_string();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let own = json!({ "iss": id, "sub": id, "aud": path(&app) });
    let own = format!("{}.{}.c2ln", part(json!({ "alg": "PS256" })), part(own));
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let ask = async |id: &str, changes: &[(&str, &str)]| {
        let form = fields(id, &[&[("client_secret", "")], changes].concat());
        app.post(&path(&app)).form(&form).send().await
    };
    let assertion = ("client_assertion", own.as_str());
    let typed = ("client_assertion_type", kind);
    let other = app.directory().ids().uuid().to_string();
    for (id, changes, status, expected) in [
        (&id, [typed, assertion], 401, 700_027),
        (&other, [typed, assertion], 401, 700_021),
        (&id, [typed, ("client_assertion", "x")], 401, 50_027),
        (
            &id,
            [("client_assertion_type", "x"), assertion],
            401,
            50_027,
        ),
        (
            &id,
            [("client_assertion_type", ""), assertion],
            400,
            900_144,
        ),
        (&id, [typed, ("client_assertion", "")], 400, 900_144),
    ] {
        let reply = ask(id, &changes).await;
        let found = (reply.status.as_u16(), number(&reply));
        assert_eq!(found, (status, expected), "{changes:?}");
    }
    let neither = ask(&id, &[]).await;
    assert_eq!(
        (neither.status.as_u16(), number(&neither)),
        (401, 7_000_218)
    );
}
