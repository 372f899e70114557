//! Query options by their names and spelling: white space, names that mean nothing, what is told of
//! mistakes, what they cost.

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::{created, user};

const MANNERS: [&str; 2] = ["friendly", "strict"];

async fn get(app: &TestApp, token: &str, target: &str) -> Reply {
    app.get(target).bearer(token).send().await
}

#[track_caller]
fn refused(reply: &Reply, code: &str, message: &str, target: &str) {
    let at = format!("{target}: {}", reply.text());
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{at}");
    assert_eq!(reply.error(), (code.to_owned(), message.to_owned()), "{at}");
    assert!(!reply.headers.contains_key("x-vestibule-note"), "{at}");
}

/// In v1.0 an option begins with `$`. What does not is refused by its name in either manner: passed
/// over, it would be answered as if nothing had been asked.
#[tokio::test]
async fn a_name_that_means_nothing_is_refused() {
    for manner in MANNERS {
        let app = TestApp::in_manner(manner).await;
        let token = app.token().await;
        let id = created(&app, &token, "adele").await;
        let lists = [
            "users",
            "users/$count",
            "users/delta",
            "users/$ref",
            "directory/deletedItems/microsoft.graph.user",
            "pendingMembers",
            &format!("users/{id}"),
            &format!("users/{id}/directReports"),
            &format!("users/{id}/sponsors/$count"),
            &format!("users/{id}/displayName"),
            &format!("directoryObjects/{id}"),
        ]
        .map(str::to_owned);
        for path in &lists {
            for (query, name) in [
                ("filter=displayName%20eq%20'x'", "filter"),
                ("top=1", "top"),
                ("select=id", "select"),
                ("count=true", "count"),
                ("$select=id&skiptoken=x", "skiptoken"),
                ("deltatoken=latest", "deltatoken"),
                ("%3F$count=true", "?$count"),
                ("api-version=1.6", "api-version"),
            ] {
                let target = format!("/v1.0/{path}?{query}");
                let reply = get(&app, &token, &target).await;
                let message = format!("Unrecognized query argument specified: '{name}'.");
                refused(&reply, "BadRequest", &message, &target);
            }
        }
        // In beta the `$` may be left out, and the option is honoured.
        let target = "/beta/users?filter=displayName%20eq%20'nobody'&top=5&select=id";
        let reply = get(&app, &token, target).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        assert_eq!(reply.json()["value"], json!([]));
        let reply = get(&app, &token, "/beta/users?cache=1").await;
        let message = "Unrecognized query argument specified: 'cache'.";
        refused(&reply, "BadRequest", message, "beta");
        // What a write is sent means nothing there.
        let made = app.post("/v1.0/users?select=id").bearer(&token);
        let made = made.json(&user("bert")).send().await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
}

#[tokio::test]
async fn line_ends_are_blanks() {
    let app = TestApp::in_manner("strict").await;
    let token = app.token().await;
    for name in ["adele", "bert"] {
        created(&app, &token, name).await;
    }
    for target in [
        "$filter=accountEnabled%20eq%20true%0Aand%20userType%20eq%20'Member'%0A",
        "$filter=%0D%0A%20%20accountEnabled%20eq%20true%0D%0A%20%20and%09userType%C2%A0eq%20'Member'",
        "%0A$select=id,%0A%20displayName%0A&%0A$top=2%0A",
        "$orderby=displayName%0A",
        "$expand=manager(%0A$select=id%0A)%0A",
        "$search=%0A%22displayName:a%22%0AOR%C2%A0%22displayName:b%22%0A&$count=true%0A",
    ] {
        let asking = app.get(&format!("/v1.0/users?{target}"));
        let asking = asking.header("ConsistencyLevel", "eventual");
        let reply = asking.bearer(&token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{target} {}", reply.text());
        assert_eq!(
            reply.json()["value"].as_array().unwrap().len(),
            2,
            "{target}"
        );
    }
}

#[tokio::test]
async fn skip_is_not_supported() {
    for manner in MANNERS {
        let app = TestApp::in_manner(manner).await;
        let token = app.token().await;
        let id = created(&app, &token, "adele").await;
        for path in [
            "users".to_owned(),
            "users/$count".to_owned(),
            "users/delta".to_owned(),
            "directory/deletedItems/microsoft.graph.user".to_owned(),
            format!("users/{id}/directReports"),
        ] {
            for skip in ["$skip=1", "$skip=x", "$SKIP=0"] {
                let target = format!("/v1.0/{path}?{skip}");
                let reply = get(&app, &token, &target).await;
                let message = "'$skip' is not supported by the service.";
                refused(&reply, "Request_BadRequest", message, &target);
            }
        }
        let reply = get(&app, &token, "/v1.0/directory/deletedItems").await;
        let message = "The OData cast type is a required part of the URI and calling GET /directory/deleteditems \
                       without a type is not supported.";
        refused(&reply, "Request_BadRequest", message, "deletedItems");
    }
}

/// A mistake is shown where it is, in what was meant and not in what was encoded.
#[tokio::test]
async fn a_mistake_is_shown_where_it_is() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let check = async |query: &str, message: &str, hint: &str| {
        let reply = get(&app, &token, &format!("/v1.0/users?{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        let error: Value = reply.json()["error"].clone();
        assert_eq!(error["message"], message, "{query}");
        assert_eq!(error["innerError"]["hint"], hint, "{query}");
    };
    check(
        "$top=1&$filter=displayName%20eq%20'%C3%A9'%20up",
        "Invalid filter clause: Syntax error at position 19 in 'displayName eq 'é' up'.",
        "expected an operator or the end at position 19 of $filter:\ndisplayName eq 'é' up\n                   ^",
    )
    .await;
    check(
        "$filter=displayName%20eq%20'%C3%A9",
        "Invalid filter clause: Syntax error at position 15 in 'displayName eq 'é'.",
        "not closed at position 15 of $filter:\ndisplayName eq 'é\n               ^",
    )
    .await;
    check(
        "$filter=accountEnabled%20eq%20true%0Aand",
        "Invalid filter clause: Syntax error at position 26 in 'accountEnabled eq true\nand'.",
        "expected a condition or a value at position 26 of $filter:\nand\n   ^",
    )
    .await;
    check(
        "$filter=true%20and%20nobody%20eq%201",
        "Invalid filter clause: Could not find a property named 'nobody' on type 'microsoft.graph.user'.",
        "no property \"nobody\" on microsoft.graph.user at position 9 of $filter:\ntrue and nobody eq 1\n         ^",
    )
    .await;
    check(
        "$orderby=nobody",
        "Invalid sort clause: Could not find a property named 'nobody' on type 'microsoft.graph.user'.",
        "no property \"nobody\" on microsoft.graph.user at position 0 of $orderby:\nnobody\n^",
    )
    .await;
    let reply = get(&app, &token, "/v1.0/users?$expand=photo").await;
    let message = "Expand is not allowed for property 'Photo' according to the entity schema.";
    refused(&reply, "ExpandNotSupported", message, "photo");
}

/// What a request costs follows from its options, not from what stands in them.
#[tokio::test]
async fn costs_follow_the_options() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let cases = [
        ("users", "2"),
        ("users?$select=id", "1"),
        ("users?$select=", "2"),
        ("users?$filter=displayName%20eq%20'select='", "2"),
        ("users?$filter=displayName%20eq%20'$select=id'", "2"),
        ("users?%24select=id", "1"),
        ("users?$SELECT=id", "1"),
        ("users?$expand=manager", "3"),
        ("users?$expand=manager($select=id)", "3"),
        ("users?$expand=manager&$select=id", "2"),
        ("users?$top=19", "1"),
        ("users?$top=20", "2"),
        ("users?$top=5&$select=id", "1"),
        ("users/$count", "1"),
        ("users/delta", "2"),
        ("users/delta?$select=id", "1"),
        (&format!("users/{id}"), "1"),
        (&format!("users/{id}?$expand=manager"), "2"),
        (&format!("users/{id}?$top=5"), "1"),
    ];
    for (path, cost) in cases {
        let reply = get(&app, &token, &format!("/v1.0/{path}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        assert_eq!(reply.header("x-ms-resource-unit"), cost, "{path}");
    }
    let beta = get(&app, &token, "/beta/users?select=id").await;
    assert_eq!(beta.header("x-ms-resource-unit"), "1");
    let steps = cases.iter().enumerate();
    let steps =
        steps.map(|(at, (path, _))| json!({ "id": at.to_string(), "method": "GET", "url": path }));
    let body = json!({ "requests": steps.collect::<Vec<_>>() });
    let reply = app
        .post("/v1.0/$batch")
        .bearer(&token)
        .json(&body)
        .send()
        .await;
    let answers = reply.json()["responses"].as_array().unwrap().clone();
    assert_eq!(answers.len(), cases.len());
    for answer in answers {
        let at: usize = answer["id"].as_str().unwrap().parse().unwrap();
        let (path, cost) = cases[at];
        assert_eq!(
            answer["headers"]["x-ms-resource-unit"], cost,
            "{path} {answer}"
        );
    }
}
