//! GET /users: pages, links and options.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;
use testkit::TestApp;

use crate::samples::created;

/// Seven users; their ids, sorted as pages are.
async fn seven(app: &TestApp, token: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        ids.push(created(app, token, &format!("user{name}")).await);
    }
    ids.sort();
    ids
}

/// The target of a next link, which is absolute and of the origin asked.
fn target(link: &str) -> String {
    link.strip_prefix("https://localhost:8443")
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn pages_hold_every_user_once_and_end_without_a_link() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let ids = seven(&app, &token).await;
    for (size, pages) in [(1, 7), (2, 4), (3, 3), (7, 1), (999, 1)] {
        let mut next = Some(format!("/v1.0/users?$top={size}&$select=id,displayName"));
        let (mut found, mut count) = (Vec::new(), 0);
        while let Some(link) = next {
            let reply = app.get(&link).bearer(&token).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
            let page = reply.json();
            let context = "https://localhost:8443/v1.0/$metadata#users(id,displayName)";
            assert_eq!(page["@odata.context"], context);
            let value = page["value"].as_array().unwrap();
            assert!(!value.is_empty());
            assert!(
                value
                    .iter()
                    .all(|user| user.as_object().unwrap().len() == 2),
                "{page}"
            );
            found.extend(
                value
                    .iter()
                    .map(|user| user["id"].as_str().unwrap().to_owned()),
            );
            count += 1;
            next = page
                .get("@odata.nextLink")
                .map(|link| target(link.as_str().unwrap()));
            if let Some(link) = &next {
                assert!(
                    link.contains(&format!("$top={size}")) && link.contains("$select="),
                    "{link}"
                );
            }
        }
        assert_eq!((found, count), (ids.clone(), pages), "$top={size}");
    }
}

#[tokio::test]
async fn a_page_without_options_is_the_stored_text() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let list = app.get("/v1.0/users").bearer(&token).send().await.json();
    let mut one = app
        .get(&format!("/v1.0/users/{id}"))
        .bearer(&token)
        .send()
        .await
        .json();
    one.as_object_mut()
        .unwrap()
        .remove("@odata.context")
        .unwrap();
    assert_eq!(list["value"], Value::Array(vec![one]));
    assert_eq!(
        list["@odata.context"],
        "https://localhost:8443/v1.0/$metadata#users"
    );
    assert!(list.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn page_sizes_outside_1_to_999_are_refused() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for size in ["0", "1000", "99999999999999999999"] {
        let reply = app
            .get(&format!("/v1.0/users?$top={size}"))
            .bearer(&token)
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        let message =
            format!("Invalid page size specified: '{size}'. Must be between 1 and 999 inclusive.");
        assert_eq!(
            reply.error(),
            ("Request_UnsupportedQuery".to_owned(), message)
        );
    }
}

#[tokio::test]
async fn what_is_read_of_single_users_alone_says_so() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let check = async |query: &str, target: &str| {
        let reply = app
            .get(&format!("/v1.0/users?{query}"))
            .bearer(&token)
            .send()
            .await;
        assert_eq!(
            reply.status,
            StatusCode::NOT_IMPLEMENTED,
            "{query} {}",
            reply.text()
        );
        let message = "This operation target is not yet supported.";
        assert_eq!(
            reply.error(),
            ("NotImplemented".to_owned(), message.to_owned()),
            "{query}"
        );
        assert_eq!(reply.targets(), [target], "{query}");
    };
    check("$select=aboutMe", "aboutMe").await;
}

#[tokio::test]
async fn a_broken_query_is_refused() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for query in [
        "$top=1&$top=2",
        "$select=a(b",
        "$nothing=1",
        "$select=%zz",
        "$top=x",
    ] {
        let reply = app
            .get(&format!("/v1.0/users?{query}"))
            .bearer(&token)
            .send()
            .await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{query} {}",
            reply.text()
        );
    }
}

#[tokio::test]
async fn a_page_token_opens_where_it_was_given_out_only() {
    let app = TestApp::new().await;
    let token = app.token().await;
    seven(&app, &token).await;
    let first = app
        .get("/v1.0/users?$top=2")
        .bearer(&token)
        .send()
        .await
        .json();
    let link = target(first["@odata.nextLink"].as_str().unwrap());
    let (_, sealed) = link.split_once("$skiptoken=").unwrap();
    let other = app.other_tenant().await;
    let foreign = app.token_of(&other).await;

    let refused = async |link: &str, token: &str| {
        let reply = app.get(link).bearer(token).send().await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{link} {}",
            reply.text()
        );
        assert_eq!(reply.error().0, "Directory_ExpiredPageToken", "{link}");
    };
    assert_eq!(
        app.get(&link).bearer(&token).send().await.status,
        StatusCode::OK
    );
    refused(&link, &foreign).await;
    refused(&link.replace("$top=2", "$top=3"), &token).await;
    refused(&link.replace("/v1.0/", "/beta/"), &token).await;
    refused(&format!("/v1.0/users?$skiptoken={sealed}"), &token).await;
    refused(
        &format!("/v1.0/invitations?$top=2&$skiptoken={sealed}"),
        &token,
    )
    .await;
    refused("/v1.0/users?$top=2&$skiptoken=AAAA", &token).await;
    for at in 0..sealed.len() {
        // Another character of the same alphabet at each place.
        let mut bent = sealed.as_bytes().to_vec();
        bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        refused(&format!("/v1.0/users?$top=2&$skiptoken={bent}"), &token).await;
    }
    app.advance(SignedDuration::from_hours(24));
    let token = app.token().await;
    refused(&link, &token).await;
}
