//! Bearer tokens: everything that is nearly one of ours is refused (RFC 8725).

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair,
};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{TestApp, signing_key};

const GARBAGE: &str = "CompactToken parsing failed with error code: 80049217";
const SIGNATURE: &str = "Access token validation failure. Invalid signature.";
const LIFETIME: &str = "Access token has expired or is not yet valid.";
const AUDIENCE: &str = "Access token validation failure. Invalid audience.";
const ISSUER: &str = "Access token validation failure. Invalid issuer.";
const CLAIMS: &str = "Access token validation failure. Invalid claims.";

/// A good token taken apart.
struct Parts {
    header: Value,
    claims: Value,
}

impl Parts {
    fn of(token: &str) -> Self {
        let read = |at: usize| {
            let part = token.split('.').nth(at).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        Self {
            header: read(0),
            claims: read(1),
        }
    }

    /// Header and claims as they are signed.
    fn message(&self) -> String {
        message(&self.header.to_string(), &self.claims.to_string())
    }

    /// Signed as ours are.
    fn signed(&self) -> String {
        rsa(&self.message(), signing_key(), &RSA_PKCS1_SHA256)
    }
}

fn message(header: &str, claims: &str) -> String {
    format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    )
}

fn rsa(message: &str, pkcs8: &[u8], encoding: &'static dyn RsaEncoding) -> String {
    let pair = RsaKeyPair::from_pkcs8(pkcs8).unwrap();
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(
        encoding,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The good token with some header members set; null takes one away.
fn header(good: &str, changes: Value) -> String {
    let mut parts = Parts::of(good);
    merge(&mut parts.header, changes);
    parts.signed()
}

/// The good token with some claims set; null takes one away.
pub(crate) fn claims(good: &str, changes: Value) -> String {
    let mut parts = Parts::of(good);
    merge(&mut parts.claims, changes);
    parts.signed()
}

fn merge(into: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else {
        panic!("changes are an object")
    };
    let into = into.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() {
            into.remove(&name);
        } else {
            into.insert(name, value);
        }
    }
}

async fn check(app: &TestApp, token: &str, expected: &str) {
    let reply = app.get("/v1.0/users").bearer(token).send().await;
    assert_eq!(
        reply.status,
        StatusCode::UNAUTHORIZED,
        "{token} {}",
        reply.text()
    );
    let code = "InvalidAuthenticationToken".to_owned();
    assert_eq!(reply.error(), (code, expected.to_owned()), "{token}");
    let challenge = reply.header("www-authenticate");
    let start = "Bearer realm=\"\", authorization_uri=\"https://localhost:8443/common/oauth2/v2.0/authorize\", \
                 client_id=\"00000003-0000-0000-c000-000000000000\"";
    assert!(challenge.starts_with(start), "{challenge}");
}

async fn check_good(app: &TestApp, token: &str) {
    let reply = app.get("/v1.0/users").bearer(token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}

#[tokio::test]
async fn headers_that_lead_elsewhere_are_refused() {
    let app = TestApp::new().await;
    let good = app.token().await;
    check_good(&app, &Parts::of(&good).signed()).await;
    let jwk = json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" });
    for changes in [
        json!({ "kid": null }),
        json!({ "kid": "" }),
        json!({ "kid": "unknown" }),
        json!({ "kid": "../../../etc/passwd" }),
        json!({ "kid": "x' OR '1'='1" }),
        json!({ "kid": 7 }),
        json!({ "typ": "JWT" }),
        json!({ "typ": null }),
        json!({ "typ": "id_token" }),
        json!({ "jku": "https://evil.example/keys" }),
        json!({ "x5u": "https://evil.example/cert" }),
        json!({ "x5c": ["AAAA"] }),
        json!({ "jwk": jwk }),
        json!({ "crit": ["exp"] }),
        json!({ "crit": ["b64"], "b64": false }),
        json!({ "crit": [] }),
        json!({ "zip": "DEF" }),
        json!({ "enc": "A128GCM" }),
        json!({ "cty": "JWT" }),
        json!({ "alg": "none" }),
        json!({ "alg": "NONE" }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "PS256" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "" }),
        json!({ "alg": null }),
    ] {
        check(&app, &header(&good, changes), GARBAGE).await;
    }
    for typ in ["AT+JWT", "application/at+jwt"] {
        check_good(&app, &header(&good, json!({ "typ": typ }))).await;
    }
}

#[tokio::test]
async fn signatures_must_be_by_our_key_and_algorithm() {
    let app = TestApp::new().await;
    let good = app.token().await;
    let parts = Parts::of(&good);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let other = testkit_other_key();
    check(
        &app,
        &rsa(&parts.message(), &other, &RSA_PKCS1_SHA256),
        SIGNATURE,
    )
    .await;
    check(
        &app,
        &rsa(&parts.message(), signing_key(), &RSA_PKCS1_SHA512),
        SIGNATURE,
    )
    .await;
    check(&app, &format!("{message}."), SIGNATURE).await;
    check(&app, &format!("{message}.AAAA"), SIGNATURE).await;

    // Claims exchanged under the same signature.
    let mut exchanged = Parts::of(&good);
    exchanged.claims["tid"] = json!("00000000-0000-0000-0000-000000000001");
    check(
        &app,
        &format!("{}.{signature}", exchanged.message()),
        SIGNATURE,
    )
    .await;

    // The public key taken for an HMAC secret.
    let mut confused = Parts::of(&good);
    confused.header["alg"] = json!("HS256");
    let pair = RsaKeyPair::from_pkcs8(signing_key()).unwrap();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, pair.public_key().as_ref());
    let tag = hmac::sign(&secret, confused.message().as_bytes());
    let token = format!("{}.{}", confused.message(), URL_SAFE_NO_PAD.encode(tag));
    check(&app, &token, GARBAGE).await;

    // No signature, and saying so.
    let mut unsigned = Parts::of(&good);
    unsigned.header["alg"] = json!("none");
    check(&app, &format!("{}.", unsigned.message()), GARBAGE).await;
}

/// An RSA key that is not the server's.
fn testkit_other_key() -> Vec<u8> {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    der.as_ref().to_vec()
}

#[tokio::test]
async fn what_is_no_token_is_garbage() {
    let app = TestApp::new().await;
    let good = app.token().await;
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, body) = message.split_once('.').unwrap();
    for token in [
        "x".to_owned(),
        ".".to_owned(),
        "..".to_owned(),
        message.to_owned(),
        format!("{good}.{signature}"),
        format!("{head}..{signature}"),
        format!("{head}=.{body}.{signature}"),
        format!(" {head}.{body} .{signature}"),
        "a".repeat(16 * 1024),
        format!("{good}{}", "A".repeat(16 * 1024)),
    ] {
        let reply = app.get("/v1.0/users").bearer(&token).send().await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{token}");
        assert_eq!(reply.error().0, "InvalidAuthenticationToken", "{token}");
    }
    let twice_in_header = {
        let parts = Parts::of(&good);
        let text = parts
            .header
            .to_string()
            .replacen('{', "{\"alg\":\"none\",", 1);
        rsa(
            &self::message(&text, &parts.claims.to_string()),
            signing_key(),
            &RSA_PKCS1_SHA256,
        )
    };
    check(&app, &twice_in_header, GARBAGE).await;
    let twice_in_claims = {
        let parts = Parts::of(&good);
        let text =
            parts
                .claims
                .to_string()
                .replacen('{', "{\"aud\":\"https://graph.microsoft.com\",", 1);
        rsa(
            &self::message(&parts.header.to_string(), &text),
            signing_key(),
            &RSA_PKCS1_SHA256,
        )
    };
    check(&app, &twice_in_claims, CLAIMS).await;
}

#[tokio::test]
async fn the_header_holds_one_bearer_token() {
    let app = TestApp::new().await;
    let good = app.token().await;
    let with = |value: &str| app.get("/v1.0/users").header("authorization", value).send();
    assert_eq!(with(&format!("bearer {good}")).await.status, StatusCode::OK);
    for (value, message) in [
        ("Bearer", "Access token is empty."),
        ("Bearer  ", "Access token is empty."),
        ("Basic eDp5", GARBAGE),
        ("", GARBAGE),
        (good.as_str(), GARBAGE),
    ] {
        let reply = with(value).await;
        assert_eq!(
            (reply.status, reply.error().1.as_str()),
            (StatusCode::UNAUTHORIZED, message),
            "{value:?}"
        );
    }
    let twice = app
        .get("/v1.0/users")
        .bearer(&good)
        .again("authorization", &format!("Bearer {good}"));
    assert_eq!(twice.send().await.status, StatusCode::UNAUTHORIZED);
    let query = app
        .get(&format!("/v1.0/users?access_token={good}"))
        .send()
        .await;
    assert_eq!(query.error().1, "Access token is empty.");
}

#[tokio::test]
async fn claims_must_be_ours() {
    let app = TestApp::new().await;
    let good = app.token().await;
    let now = app.directory().now().as_second();
    let tenant = app.tenant.id.0;
    let other = app.other_tenant().await.id.0;
    let issuer =
        |origin: &str, tenant: uuid::Uuid| json!({ "iss": format!("{origin}/{tenant}/v2.0") });
    for (changes, expected) in [
        (json!({ "aud": "https://evil.example" }), AUDIENCE),
        (json!({ "aud": "" }), AUDIENCE),
        (json!({ "aud": "https://graph.microsoft.com/" }), AUDIENCE),
        (
            json!({ "aud": ["00000003-0000-0000-c000-000000000000"] }),
            CLAIMS,
        ),
        (json!({ "aud": null }), CLAIMS),
        (issuer("https://evil.example", tenant), ISSUER),
        (issuer("https://localhost:8443/", tenant), ISSUER),
        (issuer("https://localhost:8443", other), ISSUER),
        (json!({ "tid": other }), ISSUER),
        (json!({ "tid": "x" }), CLAIMS),
        (json!({ "iss": null }), CLAIMS),
        (json!({ "exp": now, "nbf": now - 10 }), LIFETIME),
        (json!({ "exp": now }), CLAIMS),
        (json!({ "exp": now - 1, "nbf": now - 10 }), LIFETIME),
        (json!({ "exp": null }), CLAIMS),
        (json!({ "exp": "9999999999" }), CLAIMS),
        (json!({ "exp": 1e300 }), CLAIMS),
        (json!({ "nbf": now + 61 }), LIFETIME),
        (json!({ "nbf": null }), CLAIMS),
        (json!({ "nbf": now + 9999 }), CLAIMS),
        (json!({ "idtyp": null }), CLAIMS),
        (json!({ "idtyp": "user" }), CLAIMS),
        (json!({ "scp": "User.Read" }), CLAIMS),
        (json!({ "azp": other }), CLAIMS),
        (json!({ "oid": other }), CLAIMS),
        (json!({ "roles": "User.Read.All" }), CLAIMS),
    ] {
        check(&app, &claims(&good, changes), expected).await;
    }
    for changes in [
        json!({ "aud": "https://graph.microsoft.com" }),
        json!({ "nbf": now + 60 }),
        json!({ "exp": now + 1 }),
        issuer("http://localhost:8080", tenant),
        issuer("https://127.0.0.1:8443", tenant),
    ] {
        check_good(&app, &claims(&good, changes)).await;
    }
}

#[tokio::test]
async fn a_token_of_an_unknown_app_has_no_identity() {
    let app = TestApp::new().await;
    let good = app.token().await;
    let other = app.other_tenant().await;
    let stranger = app.directory().ids().uuid();
    let issuer = format!("https://localhost:8443/{}/v2.0", other.id.0);
    for changes in [
        json!({ "appid": stranger, "azp": stranger }),
        json!({ "tid": other.id.0, "iss": issuer }),
    ] {
        let reply = app
            .get("/v1.0/users")
            .bearer(&claims(&good, changes))
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text());
        assert_eq!(reply.error().0, "Authorization_IdentityNotFound");
    }
}

#[tokio::test]
async fn a_token_ends_with_its_hour_even_when_it_is_cached() {
    let app = TestApp::new().await;
    let token = app.token().await;
    check_good(&app, &token).await;
    app.advance(SignedDuration::from_secs(3599));
    check_good(&app, &token).await;
    app.advance(SignedDuration::from_secs(1));
    check(&app, &token, LIFETIME).await;
}

#[tokio::test]
async fn a_disabled_apps_token_ends_at_once() {
    let app = TestApp::new().await;
    let token = app.token().await;
    check_good(&app, &token).await;
    let (tenant, client) = (app.tenant.id, app.tenant.client_id);
    app.directory()
        .set_app_enabled(tenant, client, false)
        .await
        .unwrap();
    let reply = app.get("/v1.0/users").bearer(&token).send().await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert_eq!(reply.error().0, "Authorization_IdentityNotFound");
    app.directory()
        .set_app_enabled(tenant, client, true)
        .await
        .unwrap();
    check_good(&app, &token).await;
}

#[tokio::test]
async fn a_persons_token_acts_as_the_person_for_as_long_as_the_account_is_enabled() {
    let app = TestApp::new().await;
    let good = app.token().await;
    let id = crate::samples::created(&app, &good, "adele").await;
    let person = claims(
        &good,
        json!({ "idtyp": null, "roles": null, "wids": null, "oid": id, "sub": id, "scp": "openid User.Read" }),
    );
    let me = app.get("/v1.0/me").bearer(&person).send().await;
    assert_eq!(me.status, StatusCode::OK, "{}", me.text());
    assert_eq!(me.json()["id"], id);
    assert_eq!(
        app.get("/v1.0/users").bearer(&person).send().await.status,
        StatusCode::FORBIDDEN
    );
    let disable = app
        .patch(&format!("/v1.0/users/{id}"))
        .bearer(&good)
        .json(&json!({ "accountEnabled": false }));
    assert_eq!(disable.send().await.status, StatusCode::NO_CONTENT);
    let message = "Access token validation failure. The user account is disabled or deleted.";
    let reply = app.get("/v1.0/me").bearer(&person).send().await;
    assert_eq!(
        (reply.status, reply.error().1.as_str()),
        (StatusCode::UNAUTHORIZED, message)
    );
}
