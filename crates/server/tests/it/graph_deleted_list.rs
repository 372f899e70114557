//! The deleted are found as the living are: by conditions, in an order, page by page, counted.

use axum::http::StatusCode;
use directory::Permission;
use jiff::SignedDuration;
use serde_json::json;
use testkit::{Reply, TestApp};

use crate::samples::{but, created, user};

const LIST: &str = "directory/deletedItems/microsoft.graph.user";

/// Nickname, displayName, and the minutes after ten at which the user was deleted: three share an
/// instant.
const GONE: [(&str, &str, i64); 6] = [
    ("anna", "Anna Lind", 1),
    ("bert", "Bert Berg", 2),
    ("cleo", "Cleo Lind", 2),
    ("dora", "anna lind", 2),
    ("emil", "Anna Lind", 4),
    ("fred", "Fred Forst", 5),
];

struct Scene {
    app: TestApp,
    token: String,
}

impl Scene {
    /// Those of [`GONE`], who are deleted, and somebody who lives.
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        created(&app, &token, "alive").await;
        let mut ids = Vec::new();
        for (name, shown, _) in GONE {
            let body = but(user(name), "displayName", json!(shown));
            let made = app.post("/v1.0/users").bearer(&token).json(&body);
            let made = made.send().await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
            ids.push(made.json()["id"].as_str().unwrap().to_owned());
        }
        let mut minutes = 0;
        for (id, (_, _, at)) in ids.iter().zip(GONE) {
            app.advance(SignedDuration::from_mins(at - minutes));
            minutes = at;
            let gone = app.delete(&format!("/v1.0/users/{id}")).bearer(&token);
            assert_eq!(gone.send().await.status, StatusCode::NO_CONTENT);
        }
        Self { app, token }
    }

    async fn get(&self, path: &str) -> Reply {
        let asking = self.app.get(&format!("/v1.0/{path}"));
        asking.bearer(&self.token).send().await
    }

    /// The nicknames on all pages of the list with these options; how many pages.
    async fn walked(&self, options: &str) -> (Vec<String>, usize) {
        let mut path = format!("{LIST}?$select=mailNickname&{options}");
        let (mut names, mut pages) = (Vec::new(), 0);
        loop {
            let page = self.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path} {}", page.text());
            let page = page.json();
            let items = page["value"].as_array().unwrap();
            names.extend(
                items
                    .iter()
                    .map(|item| item["mailNickname"].as_str().unwrap().to_owned()),
            );
            pages += 1;
            let Some(link) = page["@odata.nextLink"].as_str() else {
                return (names, pages);
            };
            let behind = format!("https://localhost:8443/v1.0/{LIST}?");
            assert!(link.starts_with(&behind), "{link}");
            link.split_once("/v1.0/").unwrap().1.clone_into(&mut path);
        }
    }
}

fn encoded(text: &str) -> String {
    text.replace(' ', "%20").replace('"', "%22")
}

#[tokio::test]
async fn conditions_hold_for_the_deleted() {
    let scene = Scene::new().await;
    let check = async |filter: &str, expected: &[&str]| {
        let filter = encoded(filter);
        let (mut found, _) = scene.walked(&format!("$filter={filter}")).await;
        found.sort();
        assert_eq!(found, expected, "{filter}");
        let count = scene.get(&format!("{LIST}/$count?$filter={filter}")).await;
        assert_eq!(count.text(), expected.len().to_string(), "{filter}");
    };
    check("displayName eq 'ANNA LIND'", &["anna", "dora", "emil"]).await;
    check("startswith(displayName,'anna')", &["anna", "dora", "emil"]).await;
    check("endswith(userPrincipalName,'fred@contoso.com')", &["fred"]).await;
    check(
        "deletedDateTime eq 2026-01-15T10:02:00Z",
        &["bert", "cleo", "dora"],
    )
    .await;
    check("deletedDateTime ge 2026-01-15T10:04:00Z", &["emil", "fred"]).await;
    check("deletedDateTime gt 2026-01-15T10:04:00Z", &["fred"]).await;
    check("deletedDateTime le 2026-01-15T10:01:00Z", &["anna"]).await;
    check("deletedDateTime lt 2026-01-15T11:01:00+01:00", &[]).await;
    check(
        "deletedDateTime in (2026-01-15T10:01:00Z,2026-01-15T10:05:00Z)",
        &["anna", "fred"],
    )
    .await;
    check(
        "deletedDateTime ne 2026-01-15T10:02:00Z and displayName ne 'Anna Lind'",
        &["fred"],
    )
    .await;
    check("deletedDateTime eq null", &[]).await;
    check("not(deletedDateTime ge 2026-01-15T10:02:00Z)", &["anna"]).await;
    check("mailNickname eq 'alive'", &[]).await;
    check(
        "identities/any(i:i/issuerAssignedId eq 'cleo@contoso.com' and i/issuer eq 'contoso.onmicrosoft.com')",
        &["cleo"],
    )
    .await;
    let search = encoded("\"displayName:lind\" AND \"mailNickname:c\"");
    let (found, _) = scene.walked(&format!("$search={search}")).await;
    assert_eq!(found, ["cleo"]);
    // Of the living, none was deleted.
    let living = scene
        .get("users/$count?$filter=deletedDateTime%20ge%202000-01-01T00:00:00Z")
        .await;
    assert_eq!(living.text(), "0");
}

#[tokio::test]
async fn pages_of_the_deleted_keep_the_asked_order() {
    let scene = Scene::new().await;
    let check = async |order: &str, expected: &[&str]| {
        for (size, pages) in [(1, 6), (2, 3), (4, 2), (6, 1)] {
            let options = format!("$orderby={}&$top={size}", encoded(order));
            let found = scene.walked(&options).await;
            assert_eq!(found, (names(expected), pages), "{options}");
        }
    };
    check(
        "userPrincipalName",
        &["anna", "bert", "cleo", "dora", "emil", "fred"],
    )
    .await;
    check(
        "deletedDateTime,mailNickname desc",
        &["anna", "dora", "cleo", "bert", "emil", "fred"],
    )
    .await;
    check(
        "deletedDateTime desc,mailNickname desc",
        &["fred", "emil", "dora", "cleo", "bert", "anna"],
    )
    .await;
    check(
        "displayName,deletedDateTime desc",
        &["emil", "dora", "anna", "bert", "cleo", "fred"],
    )
    .await;
    // Ties alone: everybody once, whatever their order.
    for order in ["deletedDateTime", "deletedDateTime%20desc", "displayName"] {
        for size in 1..=4 {
            let (mut found, _) = scene.walked(&format!("$orderby={order}&$top={size}")).await;
            found.sort();
            assert_eq!(found, names(&GONE.map(|gone| gone.0)), "{order} {size}");
        }
    }
}

fn names(expected: &[&str]) -> Vec<String> {
    expected.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_deleted_are_counted_on_the_first_page_alone() {
    let scene = Scene::new().await;
    let all = scene.get(&format!("{LIST}/$count")).await;
    assert_eq!((all.status, all.text()), (StatusCode::OK, "6"));
    let page = scene.get(&format!("{LIST}?$count=true&$top=4")).await;
    let page = page.json();
    assert_eq!(page["@odata.count"], 6);
    let link = page["@odata.nextLink"].as_str().unwrap();
    let next = scene.get(link.split_once("/v1.0/").unwrap().1).await;
    let next = next.json();
    assert_eq!(next.get("@odata.count"), None);
    assert_eq!(next["value"].as_array().unwrap().len(), 2);
    let shown = &next["value"][0];
    assert!(shown["deletedDateTime"].is_string(), "{shown}");
    assert!(shown.get("jobTitle").is_some(), "{shown}");
    let plan = scene
        .get(&format!("{LIST}?$explain=true&$orderby=deletedDateTime"))
        .await;
    assert_eq!(plan.json()["index"], "users_deleted_at", "{}", plan.text());
}

#[tokio::test]
async fn a_page_token_of_the_deleted_is_none_of_the_living() {
    let scene = Scene::new().await;
    for name in ["two", "three"] {
        created(&scene.app, &scene.token, name).await;
    }
    for (from, to) in [(LIST, "users"), ("users", LIST), (LIST, "users/$ref")] {
        let options = "$orderby=displayName&$top=1&$select=id";
        let options = if to.ends_with("$ref") {
            "$top=1"
        } else {
            options
        };
        let page = scene.get(&format!("{from}?{options}")).await.json();
        let link = page["@odata.nextLink"].as_str().unwrap().to_owned();
        let own = scene.get(link.split_once("/v1.0/").unwrap().1).await;
        assert_eq!(own.status, StatusCode::OK, "{}", own.text());
        let query = link.split_once('?').unwrap().1;
        let elsewhere = scene.get(&format!("{to}?{query}")).await;
        assert_eq!(elsewhere.status, StatusCode::BAD_REQUEST, "{from} {to}");
        assert_eq!(elsewhere.error().0, "Directory_ExpiredPageToken");
    }
}

#[tokio::test]
async fn strict_asks_of_the_deleted_what_it_asks_of_the_living() {
    let scene = Scene::new().await;
    scene.app.set_manner("strict").await;
    let check = async |path: &str, eventual: bool, status: u16| {
        let asking = scene.app.get(&format!("/v1.0/{LIST}{path}"));
        let asking = asking.bearer(&scene.token);
        let reply = if eventual {
            asking.header("ConsistencyLevel", "eventual").send().await
        } else {
            asking.send().await
        };
        assert_eq!(reply.status, status, "{path} {}", reply.text());
    };
    check("", false, 200).await;
    check("?$orderby=displayName", false, 200).await;
    check("?$orderby=userPrincipalName", false, 200).await;
    check("?$orderby=deletedDateTime", false, 400).await;
    check("?$orderby=deletedDateTime%20desc", true, 400).await;
    check("?$orderby=deletedDateTime%20desc&$count=true", true, 200).await;
    check(
        "?$filter=deletedDateTime%20ge%202026-01-01T00:00:00Z",
        false,
        200,
    )
    .await;
    check(
        "?$filter=deletedDateTime%20ne%202026-01-01T00:00:00Z",
        false,
        400,
    )
    .await;
    check(
        "?$filter=not(startswith(displayName,'a'))&$count=true",
        true,
        200,
    )
    .await;
    check("?$search=%22displayName:lind%22", false, 400).await;
    check("?$search=%22displayName:lind%22", true, 200).await;
    check("/$count", false, 400).await;
    check("/$count", true, 200).await;
}

#[tokio::test]
async fn what_nobody_may_or_can_ask_of_the_deleted() {
    let scene = Scene::new().await;
    let read = scene.app.token_with(&[Permission::UserReadAll]).await;
    let basic = scene.app.token_with(&[Permission::UserReadBasicAll]).await;
    let leave = "$filter=employeeLeaveDateTime%20ge%202020-01-01T00:00:00Z";
    for (token, path, status) in [
        (&read, "/$count".to_owned(), 200),
        (&basic, "/$count".to_owned(), 403),
        (&basic, "?$filter=displayName%20eq%20'x'".to_owned(), 403),
        (&read, format!("?{leave}"), 403),
        (&read, format!("/$count?{leave}"), 403),
        (&basic, "?$explain=true".to_owned(), 403),
        (&scene.token, "?$expand=manager".to_owned(), 501),
        (&scene.token, "?$filter=nobody%20eq%201".to_owned(), 400),
        (&scene.token, "?$top=1000".to_owned(), 400),
        (&scene.token, "?$select=aboutMe".to_owned(), 501),
    ] {
        let asking = scene.app.get(&format!("/v1.0/{LIST}{path}"));
        let reply = asking.bearer(token).send().await;
        assert_eq!(reply.status, status, "{path} {}", reply.text());
    }
    // Another tenant's deleted are not there.
    let other = scene.app.other_tenant().await;
    let stranger = scene.app.token_of(&other).await;
    let asking = scene.app.get(&format!("/v1.0/{LIST}/$count"));
    assert_eq!(asking.bearer(&stranger).send().await.text(), "0");
}

/// The instant that is shown is the one that is found: of a deletion the whole second is kept.
#[tokio::test]
async fn the_shown_instant_is_the_found_one() {
    let app = TestApp::new().await;
    let token = app.token().await;
    app.advance(SignedDuration::from_micros(123_456));
    let id = created(&app, &token, "adele").await;
    let gone = app.delete(&format!("/v1.0/users/{id}")).bearer(&token);
    assert_eq!(gone.send().await.status, StatusCode::NO_CONTENT);
    let waiting = json!({
        "@odata.type": "#Microsoft.DirectoryServices.user",
        "displayName": "Waiting", "mail": "waiting@fabrikam.example",
    });
    let asked = app.post("/v1.0/users/$ref").bearer(&token).json(&waiting);
    let asked = asked.send().await;
    let id = asked.header("location").split('\'').nth(1).unwrap();
    let turned = app.post(&format!("/v1.0/pendingMembers/{id}/decline"));
    let turned = turned.bearer(&token).send().await;
    assert_eq!(turned.status, StatusCode::NO_CONTENT, "{}", turned.text());
    let scene = Scene { app, token };
    let list = scene.get(&format!("{LIST}?$select=deletedDateTime")).await;
    let shown = "2026-01-15T10:00:00Z";
    let expected = json!({ "deletedDateTime": shown });
    assert_eq!(list.json()["value"], json!([expected, expected]));
    for (operator, count) in [
        ("eq", "2"),
        ("le", "2"),
        ("ge", "2"),
        ("gt", "0"),
        ("ne", "0"),
    ] {
        let filter = format!("deletedDateTime%20{operator}%20{shown}");
        let found = scene.get(&format!("{LIST}/$count?$filter={filter}")).await;
        assert_eq!(found.text(), count, "{operator}");
    }
}
