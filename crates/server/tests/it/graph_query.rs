//! Queries over the API: which users a filter finds, in which order, how many, with whom.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::{created, user};

/// Nickname, display name, department, further members.
fn people() -> Vec<Value> {
    let person = |nickname: &str, name: &str, department: Value, more: Value| {
        let mut body = user(nickname);
        body["displayName"] = json!(name);
        body["department"] = department;
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    vec![
        person(
            "anna",
            "Anna Müller",
            json!("Sales"),
            json!({ "jobTitle": "Engineer", "city": "Köln" }),
        ),
        person(
            "bert",
            "Bert Adams",
            json!("sales"),
            json!({ "accountEnabled": false, "otherMails": ["bert@home.example"] }),
        ),
        person(
            "cleo",
            "ANNA zola",
            json!("Legal"),
            json!({ "employeeOrgData": { "division": "North", "costCenter": "7" } }),
        ),
        person(
            "dora",
            "Dora O'Neil",
            Value::Null,
            json!({ "otherMails": ["dora@home.example", "dora@work.example"] }),
        ),
        person(
            "emil",
            "emil",
            json!("Research"),
            json!({ "employeeId": "E7", "businessPhones": ["+49 30 1"] }),
        ),
    ]
}

/// A directory of these five, and a token that may read it.
async fn directory() -> (TestApp, String) {
    let app = TestApp::new().await;
    let token = app.token().await;
    for body in people() {
        let made = app
            .post("/v1.0/users")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
    (app, token)
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn asked(app: &TestApp, token: &str, query: &str) -> Reply {
    app.get(&format!("/v1.0/users?{query}"))
        .bearer(token)
        .send()
        .await
}

/// The nicknames of a page, in order.
fn nicknames(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let page = reply.json();
    let users = page["value"].as_array().unwrap().iter();
    users
        .map(|user| {
            user["userPrincipalName"]
                .as_str()
                .unwrap()
                .split('@')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_filter_finds_whom_it_names() {
    let (app, token) = directory().await;
    let check = async |filter: &str, expected: &[&str]| {
        let reply = asked(&app, &token, &format!("$filter={}", encoded(filter))).await;
        let mut found = nicknames(&reply);
        found.sort();
        assert_eq!(found, expected, "{filter}");
    };
    check("displayName eq 'anna müller'", &["anna"]).await;
    check("department eq 'SALES'", &["anna", "bert"]).await;
    check(
        "department eq 'Sales' and accountEnabled eq true",
        &["anna"],
    )
    .await;
    check("department ne 'Sales'", &["cleo", "dora", "emil"]).await;
    check("department eq null", &["dora"]).await;
    check("department in ('legal','research')", &["cleo", "emil"]).await;
    check(
        "NOT(department in ('Legal', null))",
        &["anna", "bert", "emil"],
    )
    .await;
    check("startsWith(displayName,'anna')", &["anna", "cleo"]).await;
    check("endswith(displayName, 'NEIL')", &["dora"]).await;
    check("displayName eq 'dora o''neil'", &["dora"]).await;
    check("contains(displayName,'ll')", &["anna"]).await;
    check("department gt 'legal' and department lt 'sales'", &["emil"]).await;
    check(
        "accountEnabled eq false or employeeId eq 'e7'",
        &["bert", "emil"],
    )
    .await;
    check(
        "otherMails/any(m:endswith(m,'@home.example'))",
        &["bert", "dora"],
    )
    .await;
    check("otherMails/any(m:m eq 'dora@work.example')", &["dora"]).await;
    check(
        "otherMails/all(m:endswith(m,'@home.example')) and otherMails/any()",
        &["bert"],
    )
    .await;
    check("otherMails/$count eq 2", &["dora"]).await;
    check("employeeOrgData/division eq 'north'", &["cleo"]).await;
    check("identities/any(i:i/issuer eq 'contoso.onmicrosoft.com' and i/issuerAssignedId eq 'emil@contoso.com')", &["emil"]).await;
    check("businessPhones/any(p:startswith(p,'+49'))", &["emil"]).await;
    check("createdDateTime le 2000-01-01T00:00:00Z", &[]).await;
    check("userType eq 'Guest'", &[]).await;
    check("accountEnabled", &["anna", "cleo", "dora", "emil"]).await;
}

#[tokio::test]
async fn a_bad_filter_is_told_with_its_place() {
    let (app, token) = directory().await;
    let check = async |query: &str, status: u16, said: &str, place: &str| {
        let reply = asked(&app, &token, query).await;
        assert_eq!(reply.status.as_u16(), status, "{query} {}", reply.text());
        let error = reply.json()["error"].clone();
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said), "{query}: {message}");
        let detail = error["details"][0]["message"].as_str().unwrap();
        assert!(detail.contains(place), "{query}: {detail}");
    };
    check(
        "$filter=nobody%20eq%20'x'",
        400,
        "Could not find a property named 'nobody' on type 'microsoft.graph.user'.",
        "at byte 8",
    )
    .await;
    check(
        "$filter=accountEnabled%20eq%20'true'",
        400,
        "incompatible types",
        "byte",
    )
    .await;
    check(
        "$filter=displayName%20eq%20",
        400,
        "Invalid filter clause",
        "byte",
    )
    .await;
    check(
        "$filter=displayName%20add%201%20eq%20'x'",
        501,
        "not yet supported",
        "byte",
    )
    .await;
    check("$filter=aboutMe%20eq%20'x'", 501, "not yet supported", "").await;
    for property in [
        "preferredDataLocation",
        "securityIdentifier",
        "otherMails",
        "employeeOrgData",
    ] {
        let query = format!("$orderby={property}");
        let said = format!("Unsupported sort property '{property}' for 'User'.");
        check(&query, 400, &said, "byte 9").await;
    }
    check(
        "$orderby=nobody",
        400,
        "Could not find a property named 'nobody'",
        "byte",
    )
    .await;
    check("$search=displayName:x", 400, "", "byte").await;
    check("$top=1000", 400, "Invalid page size specified: '1000'.", "").await;
}

#[tokio::test]
async fn pages_keep_the_asked_order() {
    let (app, token) = directory().await;
    let check = async |order: &str, expected: &[&str]| {
        let query = format!("$orderby={}&$top=2", encoded(order));
        let mut reply = asked(&app, &token, &query).await;
        let mut found = nicknames(&reply);
        while let Some(link) = reply.json()["@odata.nextLink"].as_str() {
            let at = link.find("/v1.0").unwrap();
            reply = app.get(&link[at..]).bearer(&token).send().await;
            let page = nicknames(&reply);
            assert!(!page.is_empty(), "{order}: an empty page");
            found.extend(page);
        }
        assert_eq!(found, expected, "{order}");
    };
    check("displayName", &["anna", "cleo", "bert", "dora", "emil"]).await;
    check(
        "displayName desc",
        &["emil", "dora", "bert", "cleo", "anna"],
    )
    .await;
    check(
        "accountEnabled,displayName desc",
        &["bert", "emil", "dora", "cleo", "anna"],
    )
    .await;
    // Null first, ascending; those of equal department by name.
    check(
        "department,displayName",
        &["dora", "cleo", "emil", "anna", "bert"],
    )
    .await;
}

#[tokio::test]
async fn a_number_comes_with_the_first_page_alone() {
    let (app, token) = directory().await;
    let reply = asked(
        &app,
        &token,
        "$count=true&$top=2&$filter=accountEnabled%20eq%20true",
    )
    .await;
    let page = reply.json();
    assert_eq!(page["@odata.count"], 4);
    let link = page["@odata.nextLink"].as_str().unwrap();
    let next = app
        .get(&link[link.find("/v1.0").unwrap()..])
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(next.get("@odata.count"), None);
    assert_eq!(next["value"].as_array().unwrap().len(), 2);
    let count = app
        .get("/v1.0/users/$count?$filter=accountEnabled%20eq%20true")
        .bearer(&token)
        .send()
        .await;
    assert_eq!((count.status, count.text()), (StatusCode::OK, "4"));
    assert!(count.header("content-type").starts_with("text/plain"));
    let all = app.get("/v1.0/users/$count").bearer(&token).send().await;
    assert_eq!(all.text(), "5");
}

#[tokio::test]
async fn a_search_finds_words_and_beginnings() {
    let (app, token) = directory().await;
    let check = async |search: &str, expected: &[&str]| {
        let reply = asked(&app, &token, &format!("$search={}", encoded(search))).await;
        let mut found = nicknames(&reply);
        found.sort();
        assert_eq!(found, expected, "{search}");
    };
    check("\"displayName:anna\"", &["anna", "cleo"]).await;
    check("\"displayName:zola anna\"", &["cleo"]).await;
    // A word is found by its beginning, wherever it stands; by nothing within it.
    check("\"displayName:ann\"", &["anna", "cleo"]).await;
    check("\"displayName:zo\"", &["cleo"]).await;
    check("\"displayName:ola\"", &[]).await;
    check("\"displayName:a m\"", &["anna"]).await;
    check("\"displayName:NE\"", &["dora"]).await;
    check("\"displayName:annas\"", &[]).await;
    check("\"displayName:anna\" AND \"jobTitle:eng\"", &["anna"]).await;
    check(
        "\"displayName:emil\" OR (\"department:leg\")",
        &["cleo", "emil"],
    )
    .await;
    let both = asked(
        &app,
        &token,
        &format!(
            "$search={}&$filter={}",
            encoded("\"displayName:anna\""),
            encoded("department eq 'legal'")
        ),
    )
    .await;
    assert_eq!(nicknames(&both), ["cleo"]);
}

#[tokio::test]
async fn friendly_answers_and_says_what_the_service_would_have_wanted() {
    let (app, token) = directory().await;
    let reply = asked(&app, &token, "$filter=department%20ne%20'Sales'").await;
    assert_eq!(nicknames(&reply).len(), 3);
    let note = reply.header("x-vestibule-note").to_owned();
    assert!(
        note.contains("ne on department") && note.contains("ConsistencyLevel: eventual"),
        "{note}"
    );
    let plain = asked(&app, &token, "$filter=department%20eq%20'Sales'").await;
    assert!(plain.headers.get("x-vestibule-note").is_none());
    let advanced = app
        .get("/v1.0/users?$filter=department%20ne%20'Sales'&$count=true")
        .header("ConsistencyLevel", "eventual")
        .bearer(&token)
        .send()
        .await;
    assert!(
        advanced.headers.get("x-vestibule-note").is_none(),
        "{}",
        advanced.text()
    );
}

#[tokio::test]
async fn nobody_filters_by_what_they_may_not_read() {
    let (app, _) = directory().await;
    let basic = app.token_with(&[Permission::UserReadBasicAll]).await;
    for (query, status) in [
        ("$filter=startswith(displayName,'a')", StatusCode::OK),
        ("$filter=department%20eq%20'Sales'", StatusCode::FORBIDDEN),
        ("$orderby=jobTitle", StatusCode::FORBIDDEN),
        ("$explain=true", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(asked(&app, &basic, query).await.status, status, "{query}");
    }
    let read = app.token_with(&[Permission::UserReadAll]).await;
    let leave = "$filter=employeeLeaveDateTime%20ge%202020-01-01T00:00:00Z";
    assert_eq!(
        asked(&app, &read, leave).await.status,
        StatusCode::FORBIDDEN
    );
    let count = app
        .get("/v1.0/users/$count?$filter=department%20eq%20'Sales'")
        .bearer(&basic)
        .send()
        .await;
    assert_eq!(count.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_query_can_be_explained() {
    let (app, token) = directory().await;
    let indexed = asked(
        &app,
        &token,
        "$explain=true&$filter=startswith(displayName,'a')",
    )
    .await
    .json();
    assert!(
        indexed["index"]
            .as_str()
            .is_some_and(|index| !index.is_empty()),
        "{indexed}"
    );
    assert!(
        indexed["plan"]
            .as_array()
            .is_some_and(|plan| !plan.is_empty())
    );
    assert!(indexed["rowsExamined"].is_u64());
    assert_eq!(indexed["strict"]["refused"], false);
    let walked = asked(&app, &token, "$explain=true&$filter=contains(city,'ö')")
        .await
        .json();
    assert_eq!(walked["scan"], true, "{walked}");
    assert_eq!(walked["strict"]["refused"], true);
    assert!(!walked["strict"]["reasons"][0].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_page_token_belongs_to_its_query_and_tenant() {
    let (app, token) = directory().await;
    let first = asked(&app, &token, "$orderby=displayName&$top=2")
        .await
        .json();
    let link = first["@odata.nextLink"].as_str().unwrap();
    let sealed = link.split("$skiptoken=").nth(1).unwrap();
    let expired = async |token: &str, query: String| {
        let reply = asked(&app, token, &query).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(reply.error().0, "Directory_ExpiredPageToken", "{query}");
    };
    expired(
        &token,
        format!("$orderby=displayName%20desc&$top=2&$skiptoken={sealed}"),
    )
    .await;
    expired(
        &token,
        format!(
            "$orderby=displayName&$top=2&$filter=accountEnabled%20eq%20true&$skiptoken={sealed}"
        ),
    )
    .await;
    expired(
        &token,
        format!("$orderby=displayName&$top=2&$skiptoken=A{sealed}"),
    )
    .await;
    let other = app.other_tenant().await;
    let stranger = app.token_of(&other).await;
    expired(
        &stranger,
        format!("$orderby=displayName&$top=2&$skiptoken={sealed}"),
    )
    .await;
}

#[tokio::test]
async fn related_users_are_shown_within() {
    let (app, token) = directory().await;
    let link = async |user: &str, manager: &str| {
        let body = json!({ "@odata.id": format!("https://localhost:8443/v1.0/users/{manager}@contoso.com") });
        let asking = app.ask(
            Method::PUT,
            &format!("/v1.0/users/{user}@contoso.com/manager/$ref"),
        );
        let reply = asking.bearer(&token).json(&body).send().await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    };
    for (user, manager) in [("bert", "anna"), ("cleo", "bert"), ("dora", "bert")] {
        link(user, manager).await;
    }
    let read = async |path: &str| app.get(path).bearer(&token).send().await.json();

    let page = read("/v1.0/users?$expand=manager($select=displayName)&$orderby=userPrincipalName&$select=userPrincipalName").await;
    let users = page["value"].as_array().unwrap();
    assert_eq!(users[0].get("manager"), None);
    assert_eq!(users[1]["manager"]["displayName"], "Anna Müller");
    assert_eq!(users[1]["manager"]["@odata.type"], "#microsoft.graph.user");
    assert_eq!(users[1]["manager"].get("mail"), None);

    let one = read("/v1.0/users/bert@contoso.com?$expand=directReports($select=displayName)").await;
    let reports: Vec<_> = one["directReports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["displayName"].as_str().unwrap())
        .collect();
    assert_eq!(reports.len(), 2);
    assert!(
        reports.contains(&"ANNA zola") && reports.contains(&"Dora O'Neil"),
        "{reports:?}"
    );

    let chain =
        read("/v1.0/users/dora@contoso.com?$expand=manager($levels=max;$select=displayName)").await;
    assert_eq!(chain["manager"]["displayName"], "Bert Adams");
    assert_eq!(chain["manager"]["manager"]["displayName"], "Anna Müller");
    assert_eq!(chain["manager"]["manager"].get("manager"), None);
    let page = read(
        "/v1.0/users?$expand=manager($levels=max;$select=displayName)&$orderby=userPrincipalName",
    )
    .await;
    let chain_of = |user: &Value| {
        let mut names = Vec::new();
        let mut at = user;
        while let Some(manager) = at.get("manager") {
            names.push(manager["displayName"].as_str().unwrap().to_owned());
            at = manager;
        }
        names
    };
    let chains: Vec<_> = page["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(chain_of)
        .collect();
    let expected: [&[&str]; 5] = [
        &[],
        &["Anna Müller"],
        &["Bert Adams", "Anna Müller"],
        &["Bert Adams", "Anna Müller"],
        &[],
    ];
    assert_eq!(chains, expected);
    let page = read("/v1.0/users?$expand=manager($levels=1)&$filter=userPrincipalName%20eq%20'dora@contoso.com'").await;
    assert_eq!(chain_of(&page["value"][0]), ["Bert Adams"]);
}

#[tokio::test]
async fn more_related_users_than_are_shown_have_a_link() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let boss = created(&app, &token, "boss").await;
    for number in 0..23 {
        let mut body = user(&format!("u{number}"));
        body["manager@odata.bind"] = json!(format!("https://localhost:8443/v1.0/users/{boss}"));
        let made = app
            .post("/v1.0/users")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }
    let path = format!("/v1.0/users/{boss}?$expand=directReports($select=id)");
    let one = app.get(&path).bearer(&token).send().await.json();
    let mut seen = one["directReports"].as_array().unwrap().len();
    assert_eq!(seen, 20);
    let link = one["directReports@odata.nextLink"].as_str().unwrap();
    let rest = app
        .get(&link[link.find("/v1.0").unwrap()..])
        .bearer(&token)
        .send()
        .await;
    assert_eq!(rest.status, StatusCode::OK, "{}", rest.text());
    let rest = rest.json();
    seen += rest["value"].as_array().unwrap().len();
    assert_eq!(seen, 23);
    assert_eq!(
        rest["value"][0].as_object().unwrap().len(),
        2,
        "type and id alone"
    );
}
