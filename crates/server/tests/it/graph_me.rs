//! /me and what is behind it, with the token of a signed-in person: what each of the delegated
//! permissions gives.

use axum::http::{Method, StatusCode};
use directory::{Permission as P, Role};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::graph::routes::{Access, ROUTES};
use testkit::{Reply, TestApp};

use crate::samples::{created, picture};

const BASE: &str = "https://localhost:8443/v1.0";

/// Adele, whose manager is boss; cleo reports to Adele, sam sponsors Adele, and Adele sponsors
/// gast.
struct Scene {
    app: TestApp,
    adele: String,
    boss: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let mut ids = Vec::new();
        for name in ["adele", "boss", "cleo", "sam", "gast"] {
            ids.push(created(&app, &token, name).await);
        }
        let [adele, boss, cleo, sam, gast] = <[String; 5]>::try_from(ids).unwrap();
        for (method, path, other) in [
            (Method::PUT, format!("{adele}/manager"), &boss),
            (Method::PUT, format!("{cleo}/manager"), &adele),
            (Method::POST, format!("{adele}/sponsors"), &sam),
            (Method::POST, format!("{gast}/sponsors"), &adele),
        ] {
            let asking = app.ask(method, &format!("/v1.0/users/{path}/$ref"));
            let reply = asking.bearer(&token).json(&reference(other)).send().await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        }
        let asking = app.patch(&format!("/v1.0/users/{adele}")).bearer(&token);
        let known = json!({ "department": "Sales", "jobTitle": "Lead", "aboutMe": "sails" });
        let reply = asking.json(&known).send().await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        Self { app, adele, boss }
    }

    async fn send(&self, scopes: &[P], method: Method, path: &str, body: Option<Value>) -> Reply {
        self.send_as(scopes, &[], method, path, body).await
    }

    async fn send_as(
        &self,
        scopes: &[P],
        roles: &[Role],
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Reply {
        let token = self.app.person_token(&self.adele, scopes, roles).await;
        let asking = self
            .app
            .ask(method, &format!("/v1.0/{path}"))
            .bearer(&token);
        match body {
            Some(body) => asking.json(&body).send().await,
            None => asking.send().await,
        }
    }

    async fn get(&self, scopes: &[P], path: &str) -> Reply {
        self.send(scopes, Method::GET, path, None).await
    }
}

fn reference(id: &str) -> Value {
    json!({ "@odata.id": format!("{BASE}/directoryObjects/{id}") })
}

#[tokio::test]
async fn a_person_reads_what_is_about_them() {
    let scene = Scene::new().await;
    let read = [P::UserRead];
    let check = async |path: &str, place: &str, expected: Value| {
        for own in [
            "me".to_owned(),
            format!("users/{}", scene.adele),
            "users/ADELE@contoso.com".to_owned(),
        ] {
            let reply = scene.get(&read, &format!("{own}{path}")).await;
            assert_eq!(reply.status, StatusCode::OK, "{own}{path} {}", reply.text());
            let found = if place.is_empty() {
                Value::from(reply.text())
            } else {
                reply.json().pointer(place).unwrap().clone()
            };
            assert_eq!(found, expected, "{own}{path}");
        }
        for denied in [[P::UserInviteAll], [P::AuditLogReadAll]] {
            let reply = scene.get(&denied, &format!("me{path}")).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
        }
    };
    check("", "/jobTitle", json!("Lead")).await;
    check("?$select=aboutMe,department", "/aboutMe", json!("sails")).await;
    check(
        "?$expand=manager($select=displayName)",
        "/manager/displayName",
        json!("boss"),
    )
    .await;
    check(
        "?$expand=directReports",
        "/directReports/0/displayName",
        json!("cleo"),
    )
    .await;
    check("/manager", "/displayName", json!("boss")).await;
    check("/manager?$select=id", "/id", json!(scene.boss)).await;
    let reference = format!("{BASE}/directoryObjects/{}", scene.boss);
    check("/manager/$ref", "/@odata.id", json!(reference)).await;
    check("/directReports", "/value/0/displayName", json!("cleo")).await;
    check("/directReports/$count", "", json!("1")).await;
    check("/sponsors", "/value/0/displayName", json!("sam")).await;
    check("/sponsors/$count", "", json!("1")).await;
    check(
        "/sponsorOf?$select=displayName",
        "/value/0/displayName",
        json!("gast"),
    )
    .await;
    check("/sponsorOf/$count", "", json!("1")).await;
    check("/department", "/value", json!("Sales")).await;
    check("/department/$value", "", json!("Sales")).await;
    check("/aboutMe/$value", "", json!("sails")).await;
    for (path, many) in [
        ("directReports/$ref", true),
        ("sponsors/$ref", true),
        ("sponsorOf/$ref", true),
        ("manager/$ref", false),
    ] {
        let found = scene.get(&read, &format!("me/{path}")).await.json();
        let place = if many {
            "/value/0/@odata.id"
        } else {
            "/@odata.id"
        };
        let link = found.pointer(place).and_then(Value::as_str).unwrap();
        assert!(link.starts_with(BASE), "{path} {link}");
    }
}

/// Of people they are linked with a person sees the basic profile, unless they may read everybody.
#[tokio::test]
async fn what_a_person_sees_of_others() {
    let scene = Scene::new().await;
    let check = async |scope: P, path: &str, seen: Value| {
        let reply = scene.get(&[scope], path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        let reply = reply.json();
        let item = reply.pointer("/value/0").unwrap_or(&reply);
        assert!(item["displayName"].is_string(), "{scope:?} {path}");
        assert_eq!(item["mailNickname"], seen, "{scope:?} {path}");
    };
    let of = |path: &str| format!("me/{path}?$select=displayName,mailNickname");
    check(P::UserRead, &of("manager"), Value::Null).await;
    check(P::UserRead, &of("directReports"), Value::Null).await;
    check(P::UserReadAll, &of("manager"), json!("boss")).await;
    check(P::UserReadAll, &of("sponsors"), json!("sam")).await;
    check(P::DirectoryReadAll, &of("directReports"), json!("cleo")).await;
    check(P::UserReadWriteAll, &of("sponsorOf"), json!("gast")).await;
    for path in [
        "manager",
        "directReports",
        "sponsors",
        "photo",
        "department",
        "",
    ] {
        let path = format!("users/{}/{path}", scene.boss);
        let path = path.trim_end_matches('/');
        let denied = scene.get(&[P::UserRead], path).await;
        assert_eq!(denied.status, StatusCode::FORBIDDEN, "{path}");
        let unknown = path.replace(&scene.boss, "87d349ed-44d7-43e1-9a83-5f2406dee5bd");
        let unknown = scene.get(&[P::UserRead], &unknown).await;
        assert_eq!(unknown.error(), denied.error(), "{path}");
    }
    // User.ReadBasic.All does not show one's own more than others'.
    let own = scene.get(&[P::UserReadBasicAll], "me?$select=displayName,department");
    let own = own.await.json();
    assert_eq!(
        (&own["displayName"], &own["department"]),
        (&json!("adele"), &Value::Null)
    );
}

#[tokio::test]
async fn a_person_changes_what_is_theirs() {
    let scene = Scene::new().await;
    let check = async |scopes: &[P], body: Value, status: u16| {
        let reply = scene
            .send(scopes, Method::PATCH, "me", Some(body.clone()))
            .await;
        assert_eq!(reply.status, status, "{scopes:?} {body} {}", reply.text());
    };
    let (own, all) = ([P::UserReadWrite], [P::UserReadWriteAll]);
    check(&[P::UserRead], json!({ "city": "Bonn" }), 403).await;
    check(&own, json!({ "city": "Bonn", "skills": ["sailing"] }), 204).await;
    check(&own, json!({ "jobTitle": "Chief" }), 403).await;
    check(&own, json!({ "mail": "other@contoso.com" }), 403).await;
    check(&own, json!({ "otherMails": ["other@x.example"] }), 403).await;
    check(&own, json!({ "accountEnabled": false }), 403).await;
    check(&own, json!({ "userType": "Guest" }), 403).await;
    // Scopes give nothing that the person does not have: without a role they change only
    // themselves, and only these properties.
    check(&all, json!({ "city": "Köln" }), 204).await;
    check(&all, json!({ "jobTitle": "Chief" }), 403).await;
    let body = json!({ "jobTitle": "Chief" });
    let roles = [Role::UserAdministrator];
    let reply = scene.send_as(&all, &roles, Method::PATCH, "me", Some(body));
    assert_eq!(reply.await.status, StatusCode::NO_CONTENT);
    let other = format!("users/{}", scene.boss);
    let body = json!({ "city": "Bonn" });
    let reply = scene.send(&all, Method::PATCH, &other, Some(body)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let read = scene
        .get(&[P::UserRead], "me?$select=city,skills,jobTitle")
        .await;
    let read = read.json();
    assert_eq!(
        (&read["city"], &read["skills"], &read["jobTitle"]),
        (&json!("Köln"), &json!(["sailing"]), &json!("Chief"))
    );
}

#[tokio::test]
async fn a_person_has_a_photo() {
    let scene = Scene::new().await;
    let put = async |scopes: &[P], method: Method, path: &str| {
        let token = scene.app.person_token(&scene.adele, scopes, &[]).await;
        let asking = scene.app.ask(method, &format!("/v1.0/{path}/photo/$value"));
        asking
            .bearer(&token)
            .body(picture(3, 2))
            .send()
            .await
            .status
    };
    let (read, write) = ([P::UserRead], [P::UserReadWrite]);
    assert_eq!(put(&read, Method::PUT, "me").await, StatusCode::FORBIDDEN);
    assert_eq!(put(&write, Method::PUT, "me").await, StatusCode::OK);
    assert_eq!(put(&write, Method::PATCH, "me").await, StatusCode::OK);
    let other = format!("users/{}", scene.boss);
    assert_eq!(
        put(&write, Method::PUT, &other).await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        put(&[P::UserReadWriteAll], Method::PUT, &other).await,
        StatusCode::FORBIDDEN
    );
    let found = scene.get(&read, "me/photo").await;
    assert_eq!(found.json()["id"], "3X2", "{}", found.text());
    let found = scene.get(&read, "me/photo/$value").await;
    assert_eq!(found.header("content-type"), "image/png");
    assert_eq!(found.body.to_vec(), picture(3, 2));
    let path = "me/photo/$value";
    let denied = scene.send(&read, Method::DELETE, path, None).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    let gone = scene.send(&write, Method::DELETE, path, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let absent = scene.get(&read, "me/photo").await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_person_ends_their_sessions() {
    let scene = Scene::new().await;
    let check = async |scope: P, roles: &[Role], path: &str, status: u16| {
        scene.app.advance(SignedDuration::from_mins(1));
        let path = format!("{path}/revokeSignInSessions");
        let reply = scene
            .send_as(&[scope], roles, Method::POST, &path, None)
            .await;
        assert_eq!(reply.status, status, "{scope:?} {path} {}", reply.text());
        if status == 200 {
            assert_eq!(reply.json()["value"], true);
            let since = path.replace("revokeSignInSessions", "signInSessionsValidFromDateTime");
            let since = scene.get(&[P::UserReadAll], &since).await.json();
            let now = scene.app.directory().now().to_string();
            assert_eq!(since["value"], now);
        }
    };
    let other = format!("users/{}", scene.boss);
    check(P::UserRead, &[], "me", 403).await;
    check(P::UserReadWrite, &[], "me", 200).await;
    check(P::UserRevokeSessionsAll, &[], "me", 200).await;
    check(P::UserReadWriteAll, &[], "me", 200).await;
    check(P::UserReadWrite, &[], &other, 403).await;
    check(P::UserReadWriteAll, &[], &other, 403).await;
    let roles = [Role::UserAdministrator];
    check(P::UserReadWriteAll, &roles, &other, 200).await;
    check(P::UserRevokeSessionsAll, &roles, &other, 200).await;
    check(P::UserReadWrite, &roles, &other, 403).await;
}

#[tokio::test]
async fn links_are_an_administrators() {
    let scene = Scene::new().await;
    let admin = [Role::UserAdministrator];
    let check = async |method: Method, path: &str, other: Option<&str>| {
        let body = || other.map(reference);
        for (scopes, roles) in [
            (&[P::UserReadWrite], &admin[..]),
            (&[P::UserReadWriteAll], &[]),
            (&[P::UserReadAll], &admin),
        ] {
            let reply = scene.send_as(scopes, roles, method.clone(), path, body());
            assert_eq!(
                reply.await.status,
                StatusCode::FORBIDDEN,
                "{path} {scopes:?}"
            );
        }
        let scopes = [P::UserReadWriteAll];
        let reply = scene.send_as(&scopes, &admin, method.clone(), path, body());
        let reply = reply.await;
        assert_eq!(
            reply.status,
            StatusCode::NO_CONTENT,
            "{path} {}",
            reply.text()
        );
    };
    let boss = scene.boss.as_str();
    check(Method::DELETE, "me/manager/$ref", None).await;
    check(Method::PUT, "me/manager/$ref", Some(boss)).await;
    check(Method::POST, "me/sponsors/$ref", Some(boss)).await;
    let sponsor = format!("me/sponsors/{boss}/$ref");
    check(Method::DELETE, &sponsor, None).await;
}

/// An app has no /me, whatever it holds.
#[tokio::test]
async fn an_app_has_no_me() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for route in ROUTES.iter().filter(|route| route.access == Access::Person) {
        let path = route
            .pattern
            .replace("{property}", "city")
            .replace("()", "");
        let path = path.replace("{other}", "87d349ed-44d7-43e1-9a83-5f2406dee5bd");
        let asking = app.ask(
            route.method.clone(),
            &format!("/{}/{path}", route.version()),
        );
        let asking = asking.bearer(&token);
        let reply = match route.method {
            Method::GET | Method::DELETE => asking.send().await,
            _ => asking.json(&json!({})).send().await,
        };
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        let message = "/me request is only valid with delegated authentication flow.";
        assert_eq!(
            reply.error(),
            ("BadRequest".to_owned(), message.to_owned()),
            "{path}"
        );
    }
}
