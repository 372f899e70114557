//! GET /directoryObjects/delta: the changes of users, told as those of objects.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::created;

const BASE: &str = "https://localhost:8443";

async fn get(app: &TestApp, token: &str, target: &str) -> Reply {
    let target = target.replace(' ', "%20");
    app.get(&target).bearer(token).send().await
}

/// All items from `start` on, and the delta link.
async fn follow(app: &TestApp, token: &str, start: &str) -> (Vec<Value>, String) {
    let (mut items, mut at) = (Vec::new(), start.to_owned());
    loop {
        let reply = get(app, token, &at).await;
        assert_eq!(reply.status, StatusCode::OK, "{at} {}", reply.text());
        let page = reply.json();
        let context = page["@odata.context"].as_str().unwrap();
        assert!(context.contains("/$metadata#directoryObjects"), "{context}");
        items.extend(page["value"].as_array().unwrap().iter().cloned());
        let link = |name: &str| {
            let link = page[name].as_str()?.strip_prefix(BASE).unwrap();
            assert!(link.contains("/directoryObjects/delta?"), "{link}");
            Some(link.to_owned())
        };
        match (link("@odata.nextLink"), link("@odata.deltaLink")) {
            (Some(next), None) => at = next,
            (None, Some(delta)) => return (items, delta),
            _ => panic!("one link: {page}"),
        }
    }
}

#[tokio::test]
async fn objects_are_followed_by_type_and_id() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let adele = created(&app, &token, "adele").await;
    let bert = created(&app, &token, "bert").await;
    let both = {
        let mut both = [adele.clone(), bert.clone()];
        both.sort();
        both.to_vec()
    };
    let path = "directoryObjects/delta";
    let user = "isof('microsoft.graph.user')";
    for (start, expected) in [
        (format!("/v1.0/{path}"), &both[..]),
        (format!("/v1.0/{path}?$top=1"), &both),
        (format!("/beta/{path}()"), &both),
        (
            "/v1.0/directoryObjects/microsoft.graph.delta()".to_owned(),
            &both,
        ),
        (
            "/v1.0/directoryObjects/microsoft.graph.user/delta".to_owned(),
            &both,
        ),
        (format!("/v1.0/{path}?$filter={user}"), &both),
        (
            format!("/v1.0/{path}?$filter=isof( 'graph.User' )&$top=1"),
            &both,
        ),
        (
            format!("/v1.0/{path}?$filter={user} or isof('microsoft.graph.group')&$top=1"),
            &both,
        ),
        (
            format!("/v1.0/{path}?$filter=isof('microsoft.graph.appRoleAssignment') or {user}"),
            &both,
        ),
        (
            format!("/v1.0/{path}?$filter=id eq '{bert}'"),
            std::slice::from_ref(&bert),
        ),
        (
            format!("/v1.0/{path}?$filter={user} or id eq '{adele}'"),
            std::slice::from_ref(&adele),
        ),
        (
            format!("/v1.0/{path}?$filter=isof('microsoft.graph.group')"),
            &[],
        ),
        (
            format!("/v1.0/{path}?$filter=isof('microsoft.graph.group') or id eq '{adele}'"),
            &[],
        ),
    ] {
        let (items, link) = follow(&app, &token, &start).await;
        let ids: Vec<_> = items
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{start}");
        for item in &items {
            assert_eq!(item["@odata.type"], "#microsoft.graph.user", "{start}");
        }
        // The link goes on with the same filter.
        let (items, _) = follow(&app, &token, &link).await;
        assert_eq!(items, Vec::<Value>::new(), "{start}");
    }
}

#[tokio::test]
async fn a_round_tells_what_changed_with_its_type() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let adele = created(&app, &token, "adele").await;
    let bert = created(&app, &token, "bert").await;
    let select = "microsoft.graph.user/surname,microsoft.graph.group/displayName";
    let start = format!("/v1.0/directoryObjects/delta?$select={select}");
    let first = get(&app, &token, &start).await;
    let note = first.header("x-vestibule-note").to_owned();
    assert!(note.contains("microsoft.graph.group/displayName"), "{note}");
    let (_, link) = follow(&app, &token, &start).await;
    let (_, groups) = follow(
        &app,
        &token,
        "/v1.0/directoryObjects/delta?$filter=isof('microsoft.graph.group')",
    )
    .await;
    for body in [json!({ "surname": "Vance" }), json!({ "city": "Bonn" })] {
        let asking = app.patch(&format!("/v1.0/users/{adele}")).bearer(&token);
        assert_eq!(
            asking.json(&body).send().await.status,
            StatusCode::NO_CONTENT
        );
    }
    let gone = app
        .delete(&format!("/v1.0/directoryObjects/{bert}"))
        .bearer(&token);
    assert_eq!(gone.send().await.status, StatusCode::NO_CONTENT);
    let (items, _) = follow(&app, &token, &link).await;
    let ty = "#microsoft.graph.user";
    let expected = [
        json!({ "@odata.type": ty, "id": adele, "surname": "Vance" }),
        json!({ "@odata.type": ty, "id": bert, "@removed": { "reason": "changed" } }),
    ];
    assert_eq!(items, expected);
    assert_eq!(follow(&app, &token, &groups).await.0, Vec::<Value>::new());
    // What one collection gave does not open the other.
    let token_of = |link: &str| link.split_once("$deltatoken=").unwrap().1.to_owned();
    let users = format!("/v1.0/users/delta?$deltatoken={}", token_of(&link));
    assert_eq!(
        get(&app, &token, &users).await.status,
        StatusCode::BAD_REQUEST
    );
    // Nor may the filter become another one.
    let other = format!("{link}&$filter=isof('microsoft.graph.group')");
    assert_eq!(
        get(&app, &token, &other).await.status,
        StatusCode::BAD_REQUEST
    );
    // Too old: begins anew at its own address.
    app.advance(SignedDuration::from_hours(31 * 24));
    let late = get(&app, &app.token().await, &link).await;
    assert_eq!(late.status, StatusCode::GONE, "{}", late.text());
    let location = late.header("location");
    assert!(
        location.starts_with(&format!("{BASE}/v1.0/directoryObjects/delta?")),
        "{location}"
    );
}

#[tokio::test]
async fn what_is_no_filter_on_objects_is_refused() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let many = vec!["isof('microsoft.graph.user')"; 51].join(" or ");
    for filter in [
        "isof('microsoft.graph.calendar')",
        "isof('user')",
        "isof('microsoft.graph.user'",
        "isof microsoft.graph.user",
        "isof('microsoft.graph.user') and id eq '87d349ed-44d7-43e1-9a83-5f2406dee5bd'",
        "isof('microsoft.graph.user') or",
        "id eq 'adele'",
        "displayName eq 'x'",
        &many,
    ] {
        let target = format!("/v1.0/directoryObjects/delta?$filter={filter}");
        let reply = get(&app, &token, &target).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{filter} {}",
            reply.text()
        );
    }
    let latest = get(
        &app,
        &token,
        "/v1.0/directoryObjects/delta?$deltatoken=latest",
    )
    .await;
    assert_eq!(latest.json()["value"], json!([]));
}
