//! Parts of a user by URLs of their own: single properties, the photo; and ending the sessions.

use axum::http::{Method, StatusCode};
use directory::Permission;
use edm::{Returned, Version, user};
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::oauth_bearer::claims;
use crate::samples::{created, picture};

const BASE: &str = "https://localhost:8443/v1.0";

#[tokio::test]
async fn every_property_has_a_url() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    for version in Version::ALL {
        for property in user::TYPE.properties {
            let url = format!("/{version}/users/{id}/{}", property.name());
            let reply = app.get(&url).bearer(&token).send().await;
            let raw = app
                .get(&format!("{url}/$value"))
                .bearer(&token)
                .send()
                .await;
            if !property.is_in(version) {
                assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{url}");
                continue;
            }
            let select = format!("/{version}/users/{id}?$select={}", property.name());
            let whole = app.get(&select).bearer(&token).send().await.json();
            let value = &whole[property.name()];
            let is_raw = !property.collection && property.ty_in(version).is_primitive();
            if value.is_null() {
                assert_eq!(reply.status, StatusCode::NO_CONTENT, "{url}");
            } else {
                let context = format!(
                    "https://localhost:8443/{version}/$metadata#users('{id}')/{}",
                    property.name()
                );
                let expected = json!({ "@odata.context": context, "value": value });
                assert_eq!(reply.json(), expected, "{url}");
            }
            match (is_raw, value) {
                (false, _) => assert_eq!(raw.status, StatusCode::BAD_REQUEST, "{url}"),
                (true, Value::Null) => assert_eq!(raw.status, StatusCode::NO_CONTENT, "{url}"),
                (true, Value::String(text)) => assert_eq!(raw.text(), text, "{url}"),
                (true, other) => assert_eq!(raw.text(), other.to_string(), "{url}"),
            }
        }
    }
    assert!(
        user::TYPE
            .properties
            .iter()
            .all(|it| it.returned != Returned::Never)
    );
}

#[tokio::test]
async fn single_properties_keep_to_permissions_and_versions() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let body = json!({ "city": "Köln", "employeeLeaveDateTime": "2027-01-01T00:00:00Z" });
    let target = format!("/v1.0/users/{id}");
    let changed = app.patch(&target).bearer(&token).json(&body).send().await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT);
    let raw = app
        .get(&format!("{target}/CITY/$value"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(
        (raw.text(), raw.header("content-type")),
        ("Köln", "text/plain;charset=utf-8")
    );
    let known = app
        .get(&format!("{target}/city"))
        .bearer(&token)
        .header("if-none-match", raw.header("etag"));
    assert_eq!(known.send().await.status, StatusCode::NOT_MODIFIED);
    let reader = app.token_with(&[Permission::UserReadAll]).await;
    let basic = app.token_with(&[Permission::UserReadBasicAll]).await;
    let check = async |token: &str, name: &str, expected: StatusCode| {
        let url = format!("{target}/{name}");
        let reply = app.get(&url).bearer(token).send().await;
        assert_eq!(reply.status, expected, "{name}");
    };
    check(&token, "employeeLeaveDateTime", StatusCode::OK).await;
    check(&reader, "employeeLeaveDateTime", StatusCode::NO_CONTENT).await;
    check(&reader, "city", StatusCode::OK).await;
    check(&basic, "city", StatusCode::NO_CONTENT).await;
    check(&basic, "displayName", StatusCode::OK).await;
    check(&token, "city/x", StatusCode::BAD_REQUEST).await;
    check(&token, "friends", StatusCode::BAD_REQUEST).await;
}

struct Photo {
    app: TestApp,
    token: String,
    target: String,
}

impl Photo {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let id = created(&app, &token, "adele").await;
        Self {
            app,
            token,
            target: format!("/v1.0/users/{id}/photo"),
        }
    }

    async fn put(&self, file: Vec<u8>) -> Reply {
        let target = format!("{}/$value", self.target);
        let asking = self.app.ask(Method::PUT, &target).bearer(&self.token);
        asking
            .header("content-type", "image/jpeg")
            .body(file)
            .send()
            .await
    }

    async fn get(&self, end: &str) -> Reply {
        let target = format!("{}{end}", self.target);
        self.app.get(&target).bearer(&self.token).send().await
    }
}

#[tokio::test]
async fn a_photo_is_kept_as_it_was_sent() {
    let photo = Photo::new().await;
    for end in ["", "/$value"] {
        let none = photo.get(end).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        assert_eq!(none.error().0, "ImageNotFound");
    }
    let file = picture(240, 320);
    let put = photo.put(file.clone()).await;
    assert_eq!((put.status, put.text()), (StatusCode::OK, ""));
    let value = photo.get("/$value").await;
    assert_eq!(value.body, file);
    for (header, expected) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cache-control", "private, no-cache"),
    ] {
        assert_eq!(value.header(header), expected);
    }
    let etag = value.header("etag").to_owned();
    assert!(etag.starts_with("W/\""), "{etag}");
    let id = photo.target.split('/').nth(3).unwrap();
    let expected = json!({
        "@odata.context": format!("{BASE}/$metadata#users('{id}')/photo/$entity"),
        "@odata.id": format!("{BASE}/users('{id}')/photo"),
        "@odata.mediaContentType": "image/png",
        "@odata.mediaEtag": etag,
        "id": "240X320",
        "height": 320,
        "width": 240,
    });
    assert_eq!(photo.get("").await.json(), expected);

    photo.put(picture(64, 64)).await;
    assert_eq!(photo.get("").await.json()["id"], "64X64");
    let target = format!("{}/$value", photo.target);
    let stale = photo.app.delete(&target).bearer(&photo.token);
    let stale = stale.header("if-match", &etag).send().await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let gone = photo.app.delete(&target).bearer(&photo.token).send().await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let again = photo.app.delete(&target).bearer(&photo.token).send().await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

/// A photo that is removed and put anew is another one: what was read of the first is not taken for
/// the second.
#[tokio::test]
async fn an_etag_ends_with_its_photo() {
    let photo = Photo::new().await;
    photo.put(picture(64, 64)).await;
    let first = photo.get("/$value").await.header("etag").to_owned();
    let target = format!("{}/$value", photo.target);
    let request = |method| photo.app.ask(method, &target).bearer(&photo.token);
    let gone = request(Method::DELETE).send().await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    photo.app.advance(jiff::SignedDuration::from_secs(1));
    let file = picture(96, 96);
    photo.put(file.clone()).await;
    let known = request(Method::GET).header("if-none-match", &first);
    let known = known.send().await;
    assert_eq!((known.status, &known.body), (StatusCode::OK, &file.into()));
    for method in [Method::DELETE, Method::PUT] {
        let stale = request(method.clone()).header("if-match", &first);
        let stale = stale.header("content-type", "image/png");
        let stale = stale.body(picture(8, 8)).send().await;
        assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{method}");
    }
    let current = known.header("etag");
    let gone = request(Method::DELETE).header("if-match", current);
    assert_eq!(gone.send().await.status, StatusCode::NO_CONTENT);
}

/// There is one picture, and it is not scaled: each size that the documents list answers it, and
/// tells its own.
#[tokio::test]
async fn each_documented_size_answers_the_photo() {
    let photo = Photo::new().await;
    assert_eq!(photo.get("s").await.json()["value"], json!([]));
    for end in ["s/48x48", "s/48x48/$value"] {
        let none = photo.get(end).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        assert_eq!(none.error().0, "ImageNotFound");
    }
    let file = picture(240, 320);
    photo.put(file.clone()).await;
    let page = photo.get("s").await.json();
    assert_eq!(page["value"][0]["id"], "240X320");
    assert_eq!(page["value"].as_array().unwrap().len(), 1);
    for size in ["48x48", "48X48", "648x648", "240x320"] {
        let told = photo.get(&format!("s/{size}")).await;
        assert_eq!(told.status, StatusCode::OK, "{size} {}", told.text());
        let told = told.json();
        assert_eq!(told["id"], "240X320", "{size}");
        assert_eq!(
            (&told["width"], &told["height"]),
            (&json!(240), &json!(320))
        );
        let value = photo.get(&format!("s/{size}/$value")).await;
        assert_eq!(value.body, file, "{size}");
    }
    for size in ["47x47", "48x64", "48", "x", "large", "1x1"] {
        for end in ["", "/$value"] {
            let reply = photo.get(&format!("s/{size}{end}")).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{size}");
            let sentence = format!("Resource not found for the segment '{size}'.");
            assert_eq!(reply.error().1, sentence);
        }
    }
}

#[tokio::test]
async fn what_is_no_photo_is_refused() {
    let photo = Photo::new().await;
    let check = async |file: Vec<u8>, status: u16, code: &str| {
        let reply = photo.put(file).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.error().0, code);
        assert_eq!(photo.get("").await.status, StatusCode::NOT_FOUND);
    };
    check(Vec::new(), 400, "BadRequest").await;
    check(b"GIF89a".to_vec(), 415, "UnsupportedMediaType").await;
    let page = b"<html><script>alert(1)</script>".to_vec();
    check(page, 415, "UnsupportedMediaType").await;
    check(picture(0, 1), 400, "Request_BadRequest").await;
    check(picture(70_000, 1), 400, "Request_BadRequest").await;
    let mut most = picture(1, 1);
    most.resize(4 * 1024 * 1024 + 1, 0);
    check(most.clone(), 413, "RequestEntityTooLarge").await;
    most.pop();
    assert_eq!(photo.put(most).await.status, StatusCode::OK);
}

#[tokio::test]
async fn revoking_moves_the_instant_from_which_sessions_count() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    app.advance(jiff::SignedDuration::from_secs(90));
    for name in [
        "revokeSignInSessions",
        "microsoft.graph.revokeSignInSessions",
    ] {
        let target = format!("/v1.0/users/{id}/{name}");
        let reply = app.post(&target).bearer(&token).send().await;
        let expected =
            json!({ "@odata.context": format!("{BASE}/$metadata#Edm.Boolean"), "value": true });
        assert_eq!((reply.status, reply.json()), (StatusCode::OK, expected));
    }
    let target = format!("/v1.0/users/{id}/signInSessionsValidFromDateTime/$value");
    let moved = app.get(&target).bearer(&token).send().await;
    assert_eq!(moved.text(), "2026-01-15T10:01:30Z");
}

/// What people do for themselves by `/me`, with the least scopes, and to nobody else.
#[tokio::test]
async fn people_do_all_of_it_by_me() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let boss = created(&app, &token, "boss").await;
    let manage = app.ask(Method::PUT, &format!("/v1.0/users/{id}/manager/$ref"));
    let to = json!({ "@odata.id": format!("{BASE}/users/{boss}") });
    let manage = manage.bearer(&token).json(&to).send().await;
    assert_eq!(manage.status, StatusCode::NO_CONTENT);
    let person = claims(
        &token,
        json!({ "idtyp": null, "roles": null, "wids": null, "oid": id, "sub": id, "scp": "User.ReadWrite" }),
    );
    let check = async |method: Method, path: &str, expected: StatusCode| {
        let asking = app.ask(method.clone(), &format!("/v1.0/{path}"));
        let asking = asking.bearer(&person);
        let asking = if method == Method::PUT {
            asking.body(picture(1, 1))
        } else {
            asking
        };
        let reply = asking.send().await;
        assert_eq!(reply.status, expected, "{method} {path} {}", reply.text());
    };
    let (ok, none, denied) = (
        StatusCode::OK,
        StatusCode::NO_CONTENT,
        StatusCode::FORBIDDEN,
    );
    check(Method::GET, "me/manager", ok).await;
    check(Method::GET, "me/manager/$ref", ok).await;
    check(Method::GET, "me/directReports", ok).await;
    check(Method::GET, "me/sponsors/$count", ok).await;
    check(Method::GET, "me/displayName/$value", ok).await;
    check(Method::GET, "me/city", none).await;
    let mobile = app.patch("/v1.0/me").bearer(&person);
    let mobile = mobile
        .json(&json!({ "mobilePhone": "+49 30 1" }))
        .send()
        .await;
    assert_eq!(mobile.status, none, "{}", mobile.text());
    check(Method::PUT, "me/photo/$value", ok).await;
    check(Method::GET, "me/photo", ok).await;
    check(Method::DELETE, "me/photo/$value", none).await;
    // People do not choose their own manager, and change nothing of others.
    check(Method::DELETE, "me/manager/$ref", denied).await;
    for path in ["manager", "directReports", "photo", "displayName"] {
        check(Method::GET, &format!("users/{boss}/{path}"), denied).await;
    }
    check(Method::PUT, &format!("users/{boss}/photo/$value"), denied).await;
    let revoke = format!("users/{boss}/revokeSignInSessions");
    check(Method::POST, &revoke, denied).await;
    check(Method::POST, "me/revokeSignInSessions", ok).await;
}
