//! GET /users/delta: walks, rounds, tokens and options.

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::created;

/// The target of a link, which is absolute and of the origin asked.
fn target(link: &Value) -> String {
    let link = link.as_str().unwrap();
    link.strip_prefix("https://localhost:8443")
        .unwrap()
        .to_owned()
}

async fn get(app: &TestApp, token: &str, target: &str) -> Reply {
    app.get(target).bearer(token).send().await
}

/// Follows next links from `start`: the items, the delta link, and how many pages.
async fn follow(app: &TestApp, token: &str, start: &str) -> (Vec<Value>, String, usize) {
    let (mut items, mut at, mut pages) = (Vec::new(), start.to_owned(), 0);
    loop {
        let reply = get(app, token, &at).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let page = reply.json();
        pages += 1;
        items.extend(page["value"].as_array().unwrap().iter().cloned());
        match (page.get("@odata.nextLink"), page.get("@odata.deltaLink")) {
            (Some(next), None) => {
                assert!(!page["value"].as_array().unwrap().is_empty(), "{page}");
                at = target(next);
            }
            (None, Some(delta)) => return (items, target(delta), pages),
            _ => panic!("one link: {page}"),
        }
    }
}

fn ids(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect()
}

async fn patch(app: &TestApp, token: &str, id: &str, body: Value) {
    let target = format!("/v1.0/users/{id}");
    let reply = app.patch(&target).bearer(token).json(&body).send().await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
}

async fn delete(app: &TestApp, token: &str, id: &str) {
    let target = format!("/v1.0/users/{id}");
    let reply = app.delete(&target).bearer(token).send().await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
}

#[tokio::test]
async fn a_walk_then_rounds() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut made = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        made.push(created(&app, &token, name).await);
    }
    made.sort();
    let start = "/v1.0/users/delta?$select=displayName,city&$top=2";
    let (items, link, pages) = follow(&app, &token, start).await;
    assert_eq!(
        (ids(&items), pages),
        (made.iter().map(String::as_str).collect(), 3)
    );
    assert!(
        items
            .iter()
            .all(|item| item.as_object().unwrap().len() == 2),
        "{items:?}"
    );
    // Nothing happened: an empty page with a link, again and again.
    let (items, link, pages) = follow(&app, &token, &link).await;
    assert_eq!((items.len(), pages), (0, 1));

    let fresh = created(&app, &token, "f").await;
    patch(&app, &token, &made[0], json!({ "city": "Bonn" })).await;
    patch(&app, &token, &made[0], json!({ "city": "Ulm" })).await;
    delete(&app, &token, &made[1]).await;
    let (items, link, pages) = follow(&app, &token, &link).await;
    assert_eq!(pages, 2);
    assert_eq!(ids(&items), [&fresh, &made[0], &made[1]]);
    assert_eq!(items[0], json!({ "id": fresh, "displayName": "f" }));
    assert_eq!(items[1]["city"], "Ulm");
    assert_eq!(
        items[2],
        json!({ "id": made[1], "@removed": { "reason": "changed" } })
    );

    // A value that is gone is told once; one that never was is not.
    patch(&app, &token, &made[0], json!({ "city": null })).await;
    patch(&app, &token, &fresh, json!({ "displayName": "g" })).await;
    let (items, link, _) = follow(&app, &token, &link).await;
    assert_eq!(items[0]["city"], Value::Null);
    assert_eq!(items[0].as_object().unwrap().len(), 3);
    assert_eq!(items[1], json!({ "id": fresh, "displayName": "g" }));
    assert_eq!(follow(&app, &token, &link).await.0, Vec::<Value>::new());
}

/// Somebody deleted and restored between two looks was never gone to who follows, so that a lost
/// value must be told.
#[tokio::test]
async fn a_restored_user_is_whole_and_shows_what_they_lost() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    patch(&app, &token, &id, json!({ "city": "Bonn", "state": "NRW" })).await;
    let start = "/v1.0/users/delta?$select=displayName,city,state,country";
    let (_, link, _) = follow(&app, &token, start).await;
    patch(&app, &token, &id, json!({ "city": null })).await;
    delete(&app, &token, &id).await;
    let user: uuid::Uuid = id.parse().unwrap();
    let restored: Result<bool, store::StoreError> = app
        .directory()
        .store()
        .write(app.tenant.id, user, |tx, id| {
            Box::pin(async move {
                tx.changed(*id, store::ChangeKind::Restored);
                tx.undelete_user(*id).await
            })
        })
        .await;
    assert_eq!(restored, Ok(true));
    let whole = json!({ "id": id, "displayName": "adele", "city": null, "state": "NRW" });
    let prefer = app
        .get(&link)
        .bearer(&token)
        .header("prefer", "return=minimal");
    assert_eq!(prefer.send().await.json()["value"][0], whole);
    let (items, _, _) = follow(&app, &token, &link).await;
    assert_eq!(items, [whole]);
}

#[tokio::test]
async fn all_spellings_and_both_versions() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    for version in ["v1.0", "beta"] {
        for path in [
            "users/delta",
            "users/delta()",
            "users/microsoft.graph.delta()",
            "Users/Delta",
        ] {
            let page = get(&app, &token, &format!("/{version}/{path}"))
                .await
                .json();
            assert_eq!(ids(page["value"].as_array().unwrap()), [&id], "{path}");
            let base = format!("https://localhost:8443/{version}");
            assert_eq!(page["@odata.context"], format!("{base}/$metadata#users"));
            let link = page["@odata.deltaLink"].as_str().unwrap();
            assert!(
                link.starts_with(&format!("{base}/users/delta?$deltatoken=")),
                "{link}"
            );
        }
    }
    let page = get(&app, &token, "/v1.0/users/delta").await.json();
    let item = page["value"][0].as_object().unwrap();
    assert_eq!(item["userPrincipalName"], "adele@contoso.com");
    assert!(
        !item.contains_key("jobTitle") && !item.contains_key("businessPhones"),
        "{item:?}"
    );
    let none = app.get("/v1.0/users/delta").bearer(&token);
    let page = none
        .header("accept", "application/json;odata.metadata=none")
        .send()
        .await
        .json();
    assert!(page.get("@odata.context").is_none() && page.get("@odata.deltaLink").is_some());
}

#[tokio::test]
async fn who_is_made_while_others_walk_appears_once() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for name in ["a", "b", "c"] {
        created(&app, &token, name).await;
    }
    let first = get(&app, &token, "/v1.0/users/delta?$top=1").await.json();
    let mut late = Vec::new();
    for at in 0..8 {
        late.push(created(&app, &token, &format!("late{at}")).await);
    }
    let (rest, link, _) = follow(&app, &token, &target(&first["@odata.nextLink"])).await;
    assert_eq!(rest.len(), 2);
    let (items, link, _) = follow(&app, &token, &link).await;
    assert_eq!(ids(&items), late);
    assert!(follow(&app, &token, &link).await.0.is_empty());
}

#[tokio::test]
async fn latest_is_what_is_still_to_come() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "before").await;
    for version in ["v1.0", "beta"] {
        let start = format!("/{version}/users/delta?$deltatoken=latest&$select=id");
        let (items, link, _) = follow(&app, &token, &start).await;
        assert_eq!(items, Vec::<Value>::new());
        let after = created(&app, &token, &format!("after-{version}")).await;
        let (items, _, _) = follow(&app, &token, &link).await;
        assert_eq!(items, [json!({ "id": after })]);
    }
}

#[tokio::test]
async fn some_ids_alone() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut made = Vec::new();
    for name in ["a", "b", "c"] {
        made.push(created(&app, &token, name).await);
    }
    let filter = format!("id%20eq%20'{}'+OR+Id+eq+'{}'", made[0], made[2]);
    let start = format!("/v1.0/users/delta?$filter={filter}&$select=city");
    let (items, link, _) = follow(&app, &token, &start).await;
    let mut expected = vec![made[0].as_str(), &made[2]];
    expected.sort_unstable();
    assert_eq!(ids(&items), expected);
    for id in &made {
        patch(&app, &token, id, json!({ "city": "Bonn" })).await;
    }
    let (items, _, pages) = follow(&app, &token, &format!("{link}&$top=1")).await;
    assert_eq!((ids(&items), pages), (vec![made[0].as_str(), &made[2]], 2));
    let refused = async |filter: &str| {
        let reply = get(&app, &token, &format!("/v1.0/users/delta?$filter={filter}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{filter}");
        assert_eq!(reply.error().0, "Request_UnsupportedQuery", "{filter}");
    };
    refused("displayName+eq+'a'").await;
    refused("id+eq+'x'").await;
    let clause = format!("id+eq+'{}'", made[0]);
    for tail in ["+and+id+eq+'x'", "+or+id"] {
        refused(&format!("{clause}{tail}")).await;
    }
    let many = |count: u128| {
        let clauses = (0..count).map(|at| format!("id+eq+'{}'", uuid::Uuid::from_u128(at)));
        clauses.collect::<Vec<_>>().join("+or+")
    };
    refused(&many(51)).await;
    let (items, link, _) = follow(
        &app,
        &token,
        &format!("/v1.0/users/delta?$filter={}", many(50)),
    )
    .await;
    assert!(items.is_empty());
    follow(&app, &token, &link).await;
}

#[tokio::test]
async fn preferences() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut made = Vec::new();
    for name in ["a", "b", "c"] {
        made.push(created(&app, &token, name).await);
    }
    let prefer = |target: &str, value: &str| {
        app.get(target)
            .bearer(&token)
            .header("prefer", value)
            .send()
    };
    let reply = prefer("/v1.0/users/delta", "odata.maxpagesize=2").await;
    assert_eq!(reply.header("preference-applied"), "odata.maxpagesize=2");
    let page = reply.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 2);
    let (rest, link, pages) = follow(&app, &token, &target(&page["@odata.nextLink"])).await;
    assert_eq!((rest.len(), pages), (1, 1));
    patch(
        &app,
        &token,
        &made[0],
        json!({ "city": "Bonn", "jobTitle": "Gardener", "surname": null }),
    )
    .await;
    created(&app, &token, "d").await;
    let reply = prefer(&link, "return=minimal").await;
    assert_eq!(reply.header("preference-applied"), "return=minimal");
    let page = reply.json();
    // What changed and is tracked; whoever is new is whole.
    assert_eq!(
        page["value"][0],
        json!({ "id": made[0], "jobTitle": "Gardener" })
    );
    assert_eq!(page["value"][1]["displayName"], "d");
    assert_eq!(
        get(&app, &token, &link).await.json()["value"][0]["displayName"],
        "a"
    );
}

#[tokio::test]
async fn options_that_are_not_tracked() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "a").await;
    for option in [
        "$orderby=displayName",
        "$search=\"displayName:a\"",
        "$skip=1",
        "$count=true",
    ] {
        let target = format!("/v1.0/users/delta?{}", option.replace('"', "%22"));
        let reply = get(&app, &token, &target).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{option}");
        let code = match option {
            "$skip=1" => "Request_BadRequest",
            _ => "Request_UnsupportedQuery",
        };
        assert_eq!(reply.error().0, code, "{option}");
    }
    let reply = get(
        &app,
        &token,
        "/v1.0/users/delta?$expand=manager&$select=id,nothing",
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let note = reply.header("x-vestibule-note");
    assert!(
        note.contains("$expand was ignored") && note.contains("nothing"),
        "{note}"
    );
    let reply = get(&app, &token, "/v1.0/users/delta?$select=aboutMe").await;
    assert_eq!(reply.status, StatusCode::NOT_IMPLEMENTED);
    for size in ["0", "1000"] {
        let reply = get(&app, &token, &format!("/v1.0/users/delta?$top={size}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn tokens_open_for_their_own_alone() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let other = app.other_tenant().await;
    let foreign = app.token_of(&other).await;
    for name in ["a", "b"] {
        created(&app, &token, name).await;
    }
    let page = get(&app, &token, "/v1.0/users/delta?$top=1&$select=id")
        .await
        .json();
    let next = target(&page["@odata.nextLink"]);
    let (_, delta, _) = follow(&app, &token, &next).await;
    let refused = async |target: &str, token: &str, code: &str| {
        let reply = get(&app, token, target).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{target} {}",
            reply.text()
        );
        assert_eq!(reply.error().0, code, "{target}");
    };
    let (skip_code, delta_code) = ("Directory_ExpiredPageToken", "Request_BadRequest");
    for (link, code) in [(&next, skip_code), (&delta, delta_code)] {
        refused(link, &foreign, code).await;
        refused(&link.replace("/v1.0/", "/beta/"), &token, code).await;
        let sealed = link.split_once("token=").unwrap().1;
        for at in (0..sealed.len()).step_by(7) {
            let mut bent = sealed.as_bytes().to_vec();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            let bent = link.replace(sealed, &String::from_utf8(bent).unwrap());
            refused(&bent, &token, code).await;
        }
    }
    // One kind is not the other, nor a list's.
    refused(
        &next.replace("$skiptoken", "$deltatoken"),
        &token,
        delta_code,
    )
    .await;
    refused(
        &delta.replace("$deltatoken", "$skiptoken"),
        &token,
        skip_code,
    )
    .await;
    refused(&next.replace("/users/delta", "/users"), &token, skip_code).await;
    // Options beside a page's token are its own; beside a delta token a new $select holds from then
    // on.
    refused(&format!("{next}&$select=city"), &token, skip_code).await;
    let again = get(&app, &token, &format!("{next}&$top=1&$select=id")).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text());
    refused(
        &format!("{next}&$deltatoken=latest"),
        &token,
        "Request_UnsupportedQuery",
    )
    .await;
    let filter = "$filter=id+eq+'87d349ed-44d7-43e1-9a83-5f2406dee5bd'";
    refused(&format!("{delta}&{filter}"), &token, delta_code).await;
    let id = created(&app, &token, "c").await;
    let (items, link, _) = follow(&app, &token, &format!("{delta}&$select=displayName")).await;
    assert_eq!(items, [json!({ "id": id, "displayName": "c" })]);
    patch(&app, &token, &id, json!({ "displayName": "d" })).await;
    assert_eq!(follow(&app, &token, &link).await.0[0]["displayName"], "d");
}

#[tokio::test]
async fn who_stays_away_too_long_begins_anew() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "a").await;
    let (_, old, _) = follow(&app, &token, "/v1.0/users/delta?$select=id").await;
    let day = SignedDuration::from_hours(24);
    let prune = async || app.directory().prune(app.tenant.id).await.unwrap().changes;
    prune().await;
    app.advance(day * 29);
    let token = app.token().await;
    assert_eq!(get(&app, &token, &old).await.status, StatusCode::OK);
    created(&app, &token, "b").await;
    assert_eq!(prune().await, 0);
    let page = get(&app, &token, "/v1.0/users/delta?$select=id")
        .await
        .json();
    let fresh = target(&page["@odata.deltaLink"]);
    let walking = get(&app, &token, "/v1.0/users/delta?$top=1").await.json();
    let gone = async |link: &str, token: &str, code: &str| {
        let reply = get(&app, token, link).await;
        assert_eq!(reply.status, StatusCode::GONE, "{}", reply.text());
        assert_eq!(reply.error().0, code);
        reply.header("location").to_owned()
    };
    // Thirty days after `b` the mark made then lets go of both changes; the token itself has ended
    // too.
    app.advance(day * 30);
    let token = app.token().await;
    assert_eq!(prune().await, 2);
    let anew = gone(&old, &token, "syncStateNotFound").await;
    assert_eq!(anew, "https://localhost:8443/v1.0/users/delta?$deltatoken=");
    gone(&fresh, &token, "syncStateNotFound").await;
    let page = get(&app, &token, &target(&walking["@odata.nextLink"])).await;
    assert_eq!(page.error().0, "Directory_ExpiredPageToken");
    let (items, _, _) = follow(&app, &token, &anew.replace("https://localhost:8443", "")).await;
    assert_eq!(items.len(), 2);

    // A directory that counts anew.
    let (_, link, _) = follow(&app, &token, "/v1.0/users/delta?$select=id").await;
    let store = app.directory().store();
    let begun: Result<(), store::StoreError> = store
        .write(app.tenant.id, (), |tx, ()| {
            Box::pin(tx.new_change_generation())
        })
        .await;
    begun.unwrap();
    let anew = gone(&link, &token, "resyncRequired").await;
    assert_eq!(
        anew,
        "https://localhost:8443/v1.0/users/delta?$select=id&$deltatoken="
    );
}

#[tokio::test]
async fn only_who_may_list_may_follow() {
    let app = TestApp::new().await;
    let other = app.other_tenant().await;
    let token = app.token().await;
    created(&app, &token, "a").await;
    let theirs = get(&app, &app.token_of(&other).await, "/v1.0/users/delta")
        .await
        .json();
    assert_eq!(theirs["value"], json!([]));
    let basic = app
        .token_with(&[directory::Permission::UserReadBasicAll])
        .await;
    let page = get(&app, &basic, "/v1.0/users/delta?$select=displayName,city")
        .await
        .json();
    assert_eq!(page["value"][0].as_object().unwrap().len(), 2, "{page}");
    let reply = app
        .ask(Method::POST, "/v1.0/users/delta")
        .bearer(&token)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
}
