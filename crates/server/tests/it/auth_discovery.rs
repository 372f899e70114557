//! What clients read before they ask for a token.

use axum::http::{Method, StatusCode};
use serde_json::json;
use server::auth::keys::SigningKey;
use testkit::TestApp;

#[tokio::test]
async fn metadata_names_the_origin_that_was_asked() {
    let app = TestApp::new().await;
    let id = app.tenant.id.0;
    let check = async |name: &str, expected: &str| {
        let path = format!("/{name}/v2.0/.well-known/openid-configuration");
        let reply = app.get(&path).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{name}");
        let base = format!("https://localhost:8443/{expected}");
        let body = reply.json();
        assert_eq!(body["token_endpoint"], format!("{base}/oauth2/v2.0/token"));
        assert_eq!(
            body["authorization_endpoint"],
            format!("{base}/oauth2/v2.0/authorize")
        );
        assert_eq!(body["jwks_uri"], format!("{base}/discovery/v2.0/keys"));
        assert_eq!(body["grant_types_supported"], json!(["client_credentials"]));
        body["issuer"].as_str().unwrap().to_owned()
    };
    let issuer = format!("https://localhost:8443/{id}/v2.0");
    assert_eq!(check(&id.to_string(), &id.to_string()).await, issuer);
    assert_eq!(check("contoso.com", &id.to_string()).await, issuer);
    assert_eq!(
        check("CONTOSO.onmicrosoft.com", &id.to_string()).await,
        issuer
    );
    for name in ["common", "organizations"] {
        assert_eq!(
            check(name, "common").await,
            "https://localhost:8443/{tenantid}/v2.0"
        );
    }
    let unknown = app
        .get("/nobody.example/v2.0/.well-known/openid-configuration")
        .send()
        .await;
    assert_eq!(
        (unknown.status, unknown.error().0.as_str()),
        (StatusCode::BAD_REQUEST, "invalid_request")
    );
}

#[tokio::test]
async fn keys_are_public_and_only_that() {
    let app = TestApp::new().await;
    let key = SigningKey::from_pkcs8(testkit::signing_key()).unwrap();
    for tenant in [app.tenant.id.0.to_string(), "common".to_owned()] {
        let body = app
            .get(&format!("/{tenant}/discovery/v2.0/keys"))
            .send()
            .await
            .json();
        assert_eq!(body["keys"].as_array().unwrap().len(), 1);
        let names: Vec<_> = body["keys"][0]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(names, ["kty", "use", "alg", "kid", "n", "e"]);
        assert_eq!(body["keys"][0]["kid"], key.kid());
    }
}

/// clients.md item 19: what is no JSON costs clients the error's code and message.
#[tokio::test]
async fn every_refusal_is_json_that_clients_read() {
    let app = TestApp::new().await;
    let check = async |method: Method, path: &str, status: StatusCode, allow: &str| {
        let reply = app.ask(method.clone(), path).send().await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(
            reply.header("content-type"),
            "application/json",
            "{method} {path}"
        );
        assert_eq!(reply.error().0, "invalid_request", "{method} {path}");
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
        assert_eq!(
            reply.header("access-control-allow-origin"),
            "",
            "{method} {path}"
        );
    };
    let (bad, method) = (StatusCode::BAD_REQUEST, StatusCode::METHOD_NOT_ALLOWED);
    for path in [
        "/%ff/v2.0/.well-known/openid-configuration",
        "/%ff/discovery/v2.0/keys",
    ] {
        check(Method::GET, path, bad, "").await;
    }
    check(Method::POST, "/%ff/oauth2/v2.0/token", bad, "").await;
    let twice = "/common/discovery/instance?authorization_endpoint=https://a.example/x&authorization_endpoint=b";
    check(Method::GET, twice, bad, "").await;
    for verb in [Method::GET, Method::PUT, Method::OPTIONS] {
        check(verb, "/contoso.com/oauth2/v2.0/token", method, "POST").await;
    }
    for path in [
        "/contoso.com/v2.0/.well-known/openid-configuration",
        "/contoso.com/discovery/v2.0/keys",
        "/common/discovery/instance",
    ] {
        check(Method::DELETE, path, method, "GET,HEAD").await;
    }
}

#[tokio::test]
async fn signing_in_says_that_it_is_not_served() {
    let app = TestApp::new().await;
    let path = format!("/{}/oauth2/v2.0/authorize?client_id=x", app.tenant.id.0);
    let reply = app.get(&path).send().await;
    assert_eq!(reply.status, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(reply.error().0, "unsupported_response_type");
}

#[tokio::test]
async fn this_host_is_an_authority_of_its_own_tenants() {
    let app = TestApp::new().await;
    let ask = |authority: &str| {
        let path = format!(
            "/common/discovery/instance?api-version=1.1&authorization_endpoint={authority}"
        );
        app.get(&path).send()
    };
    let known = ask("https://localhost:8443/contoso.com/oauth2/v2.0/authorize").await;
    assert_eq!(known.status, StatusCode::OK, "{}", known.text());
    let body = known.json();
    let expected = "https://localhost:8443/contoso.com/v2.0/.well-known/openid-configuration";
    assert_eq!(body["tenant_discovery_endpoint"], expected);
    assert_eq!(body["metadata"][0]["aliases"], json!(["localhost:8443"]));
    let foreign = ask("https://login.evil.example/common/oauth2/v2.0/authorize").await;
    assert_eq!(foreign.status, StatusCode::BAD_REQUEST);
    assert!(!foreign.text().contains("evil"), "{}", foreign.text());
}
