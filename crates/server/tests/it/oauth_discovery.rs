//! What clients read before they ask for a token.

use axum::http::{Method, StatusCode};
use serde_json::json;
use server::oauth::keys::SigningKey;
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

/// An answer that is not JSON costs clients the error's code and message.
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
        let error = if path.contains("/instance?") {
            "invalid_instance"
        } else {
            "invalid_request"
        };
        assert_eq!(reply.error().0, error, "{method} {path}");
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
    // Some libraries drop the port before they ask, and then look for the name they asked for.
    let portless = ask("https://localhost/contoso.com/oauth2/v2.0/authorize").await;
    assert_eq!(portless.status, StatusCode::OK, "{}", portless.text());
    let body = portless.json();
    assert_eq!(body["tenant_discovery_endpoint"], expected);
    let aliases = json!(["localhost:8443", "localhost"]);
    assert_eq!(body["metadata"][0]["aliases"], aliases);
    for foreign in [
        "https://localhost:9999/common",
        "ftp://localhost/common",
        "https://localhost.evil.example/common",
    ] {
        let reply = ask(foreign).await;
        assert_eq!(reply.error().0, "invalid_instance", "{foreign}");
    }
    let foreign = ask("https://login.evil.example/common/oauth2/v2.0/authorize").await;
    assert_eq!(foreign.status, StatusCode::BAD_REQUEST);
    assert!(!foreign.text().contains("evil"), "{}", foreign.text());
}

#[tokio::test]
async fn every_path_of_an_authority_answers_as_oauth_does() {
    let app = TestApp::new().await;
    let id = app.tenant.id.0.to_string();
    let check = async |method: Method, path: &str, status: u16, error: &str| {
        let path = path.replace("{t}", &id);
        let reply = app.ask(method, &path).send().await;
        assert_eq!(reply.status.as_u16(), status, "{path}");
        assert_eq!(reply.json()["error"], error, "{path}");
        assert!(reply.json()["error_codes"][0].is_u64(), "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
    };
    for path in [
        "/{t}/oauth2/v2.0/devicecode",
        "/{t}/oauth2/devicecode",
        "/common/oauth2/v2.0/devicecode",
    ] {
        check(Method::POST, path, 400, "unsupported_grant_type").await;
        check(Method::GET, path, 405, "invalid_request").await;
    }
    let unknown = "/nobody.example/oauth2/v2.0/devicecode";
    check(Method::POST, unknown, 400, "invalid_request").await;
    for path in [
        "/common/userrealm/adele@contoso.com?api-version=1.0",
        "/common/UserRealm/adele@contoso.com",
        "/{t}/oauth2/v2.0/nothing",
        "/{t}/oauth2/v2.0/token/",
        "/{t}/oauth2",
        "/{t}/OAuth2/v3.0/token",
        "/{t}/v2.0/adminconsent",
        "/{t}/adminconsent",
        "/{t}/discovery/v9.0/keys",
        "/{t}/.well-known/nothing",
    ] {
        for method in [Method::GET, Method::POST] {
            check(method, path, 404, "invalid_request").await;
        }
    }
    check(Method::GET, "/{t}/oauth2/token", 405, "invalid_request").await;
    // Graph's own paths keep Graph's errors.
    for path in ["/nothing", "/v2.0/users", "/v1.0/oauth2/token"] {
        let body = app.get(path).send().await.json();
        assert!(body["error"]["code"].is_string(), "{path} {body}");
    }
}

#[tokio::test]
async fn the_older_metadata_names_the_older_token_endpoint() {
    let app = TestApp::new().await;
    let id = app.tenant.id.0;
    let path = "/contoso.com/.well-known/openid-configuration";
    let body = app.get(path).send().await.json();
    let expected = format!("https://localhost:8443/{id}/oauth2/token");
    assert_eq!(body["token_endpoint"], expected);
    assert_eq!(body["issuer"], format!("https://localhost:8443/{id}/v2.0"));
    let unknown = "/nobody.example/.well-known/openid-configuration";
    assert_eq!(app.get(unknown).send().await.error().0, "invalid_request");
}

#[tokio::test]
async fn tools_of_several_clouds_find_this_one() {
    let app = TestApp::new().await;
    let ask = async |query: &str| {
        let reply = app.get(&format!("/metadata/endpoints{query}")).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{query}");
        assert_eq!(reply.header("content-type"), "application/json");
        reply.json()
    };
    let own = "https://localhost:8443";
    let few = ask("?api-version=2015-01-01").await;
    assert_eq!(few["authentication"]["loginEndpoint"], own);
    assert_eq!(few["authentication"]["audiences"], json!([own]));
    assert_eq!(few["graphEndpoint"], own);
    let list = ask("?api-version=2019-05-01").await;
    assert_eq!(list.as_array().unwrap().len(), 1);
    for cloud in [
        ask("").await,
        ask("?api-version=2022-09-01").await,
        list[0].clone(),
    ] {
        assert_eq!(cloud["name"], "Vestibule");
        assert_eq!(cloud["resourceManager"], own);
        assert_eq!(cloud["microsoftGraphResourceId"], own);
        assert_eq!(cloud["authentication"]["loginEndpoint"], own);
        assert!(cloud["suffixes"]["storage"].is_string());
    }
    // The origin is the one that was asked.
    let asked = app
        .get("/metadata/endpoints")
        .header("host", "localhost:8080");
    let body = asked.over(plain()).send().await.json();
    assert_eq!(body["resourceManager"], "http://localhost:8080");
    let strange = app
        .get("/metadata/endpoints")
        .header("host", "evil.example");
    let strange = strange.send().await;
    assert_eq!(strange.status, StatusCode::MISDIRECTED_REQUEST);
}

/// A connection without TLS.
fn plain() -> server::http::origin::Connection {
    let peer = "127.0.0.1:1".parse().unwrap();
    server::http::origin::Connection { peer, tls: false }
}

#[tokio::test]
async fn there_are_no_subscriptions() {
    let app = TestApp::new().await;
    let path = "/subscriptions?api-version=2022-12-01";
    let token = app.token().await;
    let reply = app.get(path).bearer(&token).send().await;
    assert_eq!(
        (reply.status, reply.json()),
        (StatusCode::OK, json!({ "value": [] }))
    );
    let stranger = app.get(path).send().await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    assert_eq!(stranger.error().0, "InvalidAuthenticationToken");
}
