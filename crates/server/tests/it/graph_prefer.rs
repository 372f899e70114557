//! `Prefer: return=…` on writes of users: what comes back, to whom, and what says so.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::graph_batch::answers;
use crate::oauth_bearer::claims;
use crate::samples::{created, user};

const MINIMAL: &str = "return=minimal";
const WHOLE: &str = "return=representation";

async fn sent(
    app: &TestApp,
    token: &str,
    (method, path): (Method, &str),
    prefer: &str,
    body: &Value,
) -> Reply {
    let asking = app.ask(method, &format!("/v1.0/{path}")).bearer(token);
    asking.header("prefer", prefer).json(body).send().await
}

#[tokio::test]
async fn a_created_user_comes_back_unless_less_is_preferred() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for (at, (prefer, status, applied)) in [
        ("", StatusCode::CREATED, ""),
        ("return=nothing", StatusCode::CREATED, ""),
        (WHOLE, StatusCode::CREATED, WHOLE),
        (MINIMAL, StatusCode::NO_CONTENT, MINIMAL),
        (
            "RETURN = Minimal, return=representation",
            StatusCode::NO_CONTENT,
            MINIMAL,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let body = user(&format!("u{at}"));
        let reply = sent(&app, &token, (Method::POST, "users"), prefer, &body).await;
        assert_eq!(reply.status, status, "{prefer} {}", reply.text());
        assert_eq!(reply.header("preference-applied"), applied, "{prefer}");
        let location = reply.header("location");
        let made = app.get(location.strip_prefix("https://localhost:8443").unwrap());
        let made = made.bearer(&token).send().await.json();
        assert_eq!(made["displayName"], body["displayName"], "{prefer}");
        let is_empty = status == StatusCode::NO_CONTENT;
        assert_eq!(reply.body.is_empty(), is_empty, "{prefer}");
        let entity = if is_empty { location } else { "" };
        assert_eq!(reply.header("odata-entityid"), entity, "{prefer}");
    }
    // What is refused applies nothing.
    let reply = sent(&app, &token, (Method::POST, "users"), MINIMAL, &user("u0")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.headers.get("preference-applied").is_none());
}

#[tokio::test]
async fn a_changed_user_comes_back_where_that_is_preferred() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let path = format!("users/{id}");
    let change = json!({ "city": "Bonn" });
    for (prefer, applied) in [("", ""), (MINIMAL, MINIMAL)] {
        let reply = sent(&app, &token, (Method::PATCH, &path), prefer, &change).await;
        assert_eq!((reply.status, reply.text()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(reply.header("preference-applied"), applied);
    }
    // By a name that the change replaces, so that only the row itself can answer.
    let change = json!({
        "userPrincipalName": "adele.vance@contoso.com", "jobTitle": "Buyer", "city": null, "state": "NRW",
        "passwordProfile": { "password": "kT9#pq-Lw2zz" },
    });
    let by_name = "users/adele@contoso.com";
    let reply = sent(&app, &token, (Method::PATCH, by_name), WHOLE, &change).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(reply.header("preference-applied"), WHOLE);
    let expected = json!({
        "@odata.context": "https://localhost:8443/v1.0/$metadata#users/$entity",
        "businessPhones": [], "city": null, "displayName": "adele", "givenName": null, "id": id, "jobTitle": "Buyer",
        "mail": null, "mobilePhone": null, "officeLocation": null, "preferredLanguage": null, "state": "NRW",
        "surname": null, "userPrincipalName": "adele.vance@contoso.com",
    });
    assert_eq!(reply.json(), expected);
    // The tag is that of what was answered.
    let tag = reply.header("etag").to_owned();
    let read = app
        .get(&format!("/v1.0/{path}"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(read.header("etag"), tag);
    // Nothing changed: the same again, of the same version.
    let same = json!({ "jobTitle": "Buyer", "city": null, "state": "NRW" });
    let reply = sent(&app, &token, (Method::PATCH, &path), WHOLE, &same).await;
    assert_eq!(
        (reply.status, reply.header("etag")),
        (StatusCode::OK, &*tag)
    );
    assert_eq!(reply.json(), expected);
    let bad = json!({ "nobody": 1 });
    let reply = sent(&app, &token, (Method::PATCH, &path), WHOLE, &bad).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.headers.get("preference-applied").is_none());
}

#[tokio::test]
async fn nobody_reads_by_writing() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let path = format!("users/{id}");
    let secret = json!({ "jobTitle": "Spy", "displayName": "Adele" });
    sent(&app, &token, (Method::PATCH, &path), "", &secret).await;
    let change = json!({ "mobilePhone": "+49 30 1" });
    let phones = Permission::UserPhoneReadWriteAll;

    let blind = app.token_with(&[phones]).await;
    let reply = sent(&app, &blind, (Method::PATCH, &path), WHOLE, &change).await;
    assert_eq!((reply.status, reply.text()), (StatusCode::NO_CONTENT, ""));
    assert!(reply.headers.get("preference-applied").is_none());

    let basic = app
        .token_with(&[phones, Permission::UserReadBasicAll])
        .await;
    let reply = sent(&app, &basic, (Method::PATCH, &path), WHOLE, &change).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json()["displayName"], "Adele");
    assert!(!reply.text().contains("Spy"), "{}", reply.text());

    let leave = json!({ "employeeLeaveDateTime": "2027-01-01T00:00:00Z" });
    let reply = sent(&app, &token, (Method::PATCH, &path), WHOLE, &leave).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(!reply.text().contains("employeeLeave"), "{}", reply.text());

    // Oneself, by the scopes of oneself.
    let person = claims(
        &token,
        json!({ "idtyp": null, "roles": null, "wids": null, "oid": id, "sub": id, "scp": "User.ReadWrite" }),
    );
    let reply = sent(&app, &person, (Method::PATCH, "me"), WHOLE, &change).await;
    assert_eq!(
        (reply.status, &reply.json()["jobTitle"]),
        (StatusCode::OK, &json!("Spy"))
    );
}

#[tokio::test]
async fn steps_of_a_group_answer_what_was_committed() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let step = |step: &str, body: Value, prefer: &str| {
        let (method, url) = match step {
            "new" => ("POST", "/users".to_owned()),
            _ => ("PATCH", format!("/users/{id}")),
        };
        json!({ "id": step, "method": method, "url": url, "body": body, "atomicityGroup": "g",
            "headers": { "Content-Type": "application/json", "Prefer": prefer } })
    };
    let steps = json!([
        step("1", json!({ "city": "Bonn" }), WHOLE),
        step("2", json!({ "city": "Ulm" }), WHOLE),
        step("new", user("fresh"), MINIMAL),
    ]);
    let found = answers(&app, &token, steps).await;
    assert_eq!(found[0]["body"]["city"], "Bonn", "{found:?}");
    assert_eq!(found[1]["body"]["city"], "Ulm");
    assert_eq!(found[1]["headers"]["ETag"], "W/\"3\"");
    assert_eq!(found[1]["headers"]["Preference-Applied"], WHOLE);
    assert_eq!(
        (&found[2]["status"], found[2].get("body")),
        (&json!(204), None)
    );
    assert_eq!(
        found[2]["headers"]["Location"],
        found[2]["headers"]["OData-EntityId"]
    );
}
