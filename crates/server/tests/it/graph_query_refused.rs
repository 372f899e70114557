//! What is said of queries that are refused.

use axum::http::StatusCode;
use directory::Permission;
use testkit::{Reply, TestApp};

async fn get_users(app: &TestApp, token: &str, query: &str) -> Reply {
    let asking = app.get(&format!("/v1.0/users?{query}"));
    asking.bearer(token).send().await
}

/// What is wrong with an `$expand` is said in the words of the documented service, and of its own
/// options by their names.
#[tokio::test]
async fn a_bad_expand_is_told_in_the_documented_words() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let check = async |expand: &str, said: &str| {
        let reply = get_users(&app, &token, &format!("$expand={expand}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{expand}");
        let (code, message) = reply.error();
        assert_eq!((code.as_str(), message.as_str()), ("BadRequest", said));
        assert_eq!(reply.targets(), ["$expand"]);
    };
    check(
        "nobody",
        "Parsing OData Select and Expand failed: Could not find a property named 'nobody' on type 'microsoft.graph.user'.",
    )
    .await;
    check(
        "displayName",
        "Parsing OData Select and Expand failed: Property 'displayName' is not a navigation property. Only navigation \
         properties can be expanded.",
    )
    .await;
    check(
        "manager($select=id;$select=mail)",
        "Query option '$select' was specified more than once.",
    )
    .await;
}

/// Clients send the end of their own calendar for "ever"; a day that no calendar has is refused as
/// such.
#[tokio::test]
async fn instants_that_are_none() {
    let app = TestApp::new().await;
    let token = app.token().await;
    crate::samples::created(&app, &token, "adele").await;
    let check = async |filter: &str, found: usize| {
        let reply = get_users(&app, &token, &format!("$filter=createdDateTime%20{filter}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{filter} {}", reply.text());
        let users = reply.json()["value"].as_array().unwrap().len();
        assert_eq!(users, found, "{filter}");
    };
    check("le%209999-12-31T23:59:59.9999999Z", 1).await;
    check("gt%209999-12-31T23:59:59Z", 0).await;
    check("ge%200001-01-01T00:00:00Z", 1).await;
    check("lt%200000-01-01T00:00:00Z", 0).await;
    let filter = "$filter=createdDateTime%20ge%202026-02-30T00:00:00Z";
    let reply = get_users(&app, &token, filter).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.error().1, "Invalid filter clause");
    let detail = &reply.json()["error"]["details"][0]["message"];
    assert_eq!(detail, "no such date or time at byte 26");
}

/// A page token says where a page begins and gives no right: neither to another app of the tenant
/// nor in the other version of the API.
#[tokio::test]
async fn a_page_token_gives_nobody_more() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for name in ["adele", "bert", "cleo"] {
        crate::samples::created(&app, &token, name).await;
    }
    let basic = app.token_with(&[Permission::UserReadBasicAll]).await;
    let none = app.token_with(&[]).await;
    let next = async |query: &str| {
        let first = get_users(&app, &token, query).await.json();
        let link = first["@odata.nextLink"].as_str().unwrap();
        link.split_once("/users?").unwrap().1.to_owned()
    };
    let hidden = next("$orderby=department&$top=1").await;
    let shown = next("$orderby=displayName&$top=1&$select=displayName,department").await;
    for (link, token, status) in [
        (&hidden, &token, 200),
        (&hidden, &basic, 403),
        (&hidden, &none, 403),
        (&shown, &basic, 200),
        (&shown, &none, 403),
    ] {
        let reply = get_users(&app, token, link).await;
        assert_eq!(reply.status, status, "{link} {}", reply.text());
    }
    let page = get_users(&app, &basic, &shown).await.json();
    assert_eq!(page["value"][0]["displayName"], "bert");
    assert_eq!(page["value"][0]["department"], serde_json::Value::Null);
    let beta = app.get(&format!("/beta/users?{shown}")).bearer(&token);
    let beta = beta.send().await;
    assert_eq!(beta.error().0, "Directory_ExpiredPageToken");
}
