//! POST /$batch: the envelope, the shapes in which the official clients send it, order, and what
//! each step is.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::{created, user};

pub(crate) async fn send(app: &TestApp, token: &str, requests: Value) -> Reply {
    let body = json!({ "requests": requests });
    app.post("/v1.0/$batch")
        .bearer(token)
        .json(&body)
        .send()
        .await
}

/// The answers of a batch that is answered, in the order in which they were asked for.
pub(crate) async fn answers(app: &TestApp, token: &str, requests: Value) -> Vec<Value> {
    let ids: Vec<_> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    let reply = send(app, token, requests).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let body = reply.json();
    let found = body["responses"].as_array().unwrap().clone();
    assert_eq!(
        found
            .iter()
            .map(|one| one["id"].clone())
            .collect::<Vec<_>>(),
        ids
    );
    found
}

pub(crate) fn statuses(answers: &[Value]) -> Vec<u64> {
    answers
        .iter()
        .map(|one| one["status"].as_u64().unwrap())
        .collect()
}

/// A step that makes a user.
pub(crate) fn making(id: &str, name: &str) -> Value {
    json!({
        "id": id,
        "method": "POST",
        "url": "/users",
        "headers": { "Content-Type": "application/json" },
        "body": user(name),
    })
}

pub(crate) fn getting(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

#[tokio::test]
async fn steps_in_every_clients_spelling() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let encoded = |name: &str, plain: bool| {
        let text = user(name).to_string();
        if plain {
            STANDARD.encode(text)
        } else {
            URL_SAFE_NO_PAD.encode(text)
        }
    };
    let mut python = making("3", "python");
    python["url"] = json!("https://localhost:8443/v1.0/users");
    python["headers"] = json!({ "content-type": "application/json" });
    python["depends_on"] = json!(["1"]);
    python["body"]["@odata.type"] = json!("#microsoft.graph.user");
    let requests = json!([
        { "id": "1", "method": "get", "url": format!("users/{id}"), "dependsOn": null, "body": null },
        getting("2", &format!("/v1.0/users/{id}?$select=id")),
        python,
        { "id": "4", "method": "POST", "url": "/users", "body": encoded("kiota", true) },
        { "id": "5", "method": "POST", "url": "/beta/users", "body": encoded("urls", false), "dependsOn": ["3"] },
        getting("6", "/users?$filter=nothing here"),
        { "id": "7", "method": "DELETE", "url": format!("/users/{id}"), "dependsOn": ["1", "2"] },
    ]);
    let answers = answers(&app, &token, requests).await;
    assert_eq!(
        statuses(&answers)[..5],
        [200, 200, 201, 201, 201],
        "{answers:?}"
    );
    assert_eq!(answers[0]["body"]["displayName"], "adele");
    assert_eq!(answers[0]["headers"]["ETag"], "W/\"1\"");
    let kind = answers[0]["headers"]["Content-Type"].as_str().unwrap();
    assert!(kind.starts_with("application/json"), "{kind}");
    assert_eq!(answers[1]["body"]["id"], id.as_str());
    let made = answers[4]["body"]["id"].as_str().unwrap();
    let location = format!("https://localhost:8443/beta/users/{made}");
    assert_eq!(answers[4]["headers"]["Location"], location);
    assert!((400..600).contains(&answers[5]["status"].as_u64().unwrap()));
    assert_eq!(answers[6]["status"], 204);
    assert!(answers[6].get("body").is_none(), "{}", answers[6]);
}

#[tokio::test]
async fn a_header_in_two_spellings_is_one_header() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let with = |headers: Value| {
        let mut step = making("1", "java");
        step["headers"] = headers;
        json!([step])
    };
    let both = json!({ "content-type": "application/json", "Content-Type": "application/json" });
    let found = answers(&app, &token, with(both)).await;
    assert_eq!(statuses(&found), [201], "{found:?}");
    let id = found[0]["body"]["id"].as_str().unwrap();
    let step = json!({ "id": "1", "method": "GET", "url": format!("/users/{id}"),
        "headers": { "If-None-Match": "W/\"1\"", "if-none-match": " W/\"1\"", "IF-NONE-MATCH": "W/\"1\"" } });
    let found = answers(&app, &token, json!([step])).await;
    assert_eq!(statuses(&found), [304]);
    // Of two values none can be chosen; nothing of the batch is done.
    let mixed = |name: &str, one: &str, other: &str| {
        let mut headers = json!({ "Content-Type": "application/json" });
        headers[name.to_lowercase()] = json!(one);
        headers[name] = json!(other);
        (name.to_owned(), with(headers))
    };
    let several = [
        mixed("Content-Type", "application/json", "text/plain"),
        mixed("Prefer", "return=minimal", "return=representation"),
        mixed("If-Match", "*", ""),
    ];
    for (name, requests) in several {
        let reply = send(&app, &token, requests).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
        let detail = &reply.json()["error"]["details"][0];
        assert_eq!(detail["target"], "requests[0].headers");
        let why = detail["message"].as_str().unwrap().to_lowercase();
        assert!(why.contains(&name.to_lowercase()), "{why}");
    }
    let upn = user("java")["userPrincipalName"].clone();
    let filter = format!("/v1.0/users?$filter=userPrincipalName%20eq%20{upn}").replace('"', "'");
    let all = app.get(&filter).bearer(&token).send().await.json();
    assert_eq!(all["value"].as_array().unwrap().len(), 1);
    // The members of the step itself still come once.
    let text = r#"{"requests":[{"id":"1","method":"GET","url":"/users","URL":"/users"}]}"#;
    let twice: Value = serde_json::from_str(text).unwrap();
    let reply = send(&app, &token, twice["requests"].clone()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn each_step_is_a_request_of_its_own() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let weak = app.token_with(&[directory::Permission::UserReadAll]).await;
    let change = |step: &str, version: &str| {
        json!({
            "id": step, "method": "PATCH", "url": format!("/users/{id}"), "body": { "city": version },
            "headers": { "Content-Type": "application/json", "If-Match": format!("W/\"{version}\""),
                "Authorization": "Bearer of.somebody.else" },
        })
    };
    // A permission for one is none for the other.
    let found = answers(
        &app,
        &weak,
        json!([getting("1", "/users"), change("2", "1")]),
    )
    .await;
    assert_eq!(statuses(&found), [200, 403]);
    assert_eq!(
        found[1]["body"]["error"]["code"],
        "Authorization_RequestDenied"
    );
    let found = answers(&app, &token, json!([change("1", "7"), change("2", "1")])).await;
    assert_eq!(statuses(&found), [412, 204]);
    // Each has its own request id, which is that of its audit record.
    let ids: Vec<_> = found
        .iter()
        .map(|one| one["headers"]["request-id"].as_str().unwrap().to_owned())
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(
        found[0]["body"]["error"]["innerError"]["request-id"],
        ids[0]
    );
    let rows = app
        .directory()
        .store()
        .read(app.tenant.id)
        .audit(0, 100)
        .await
        .unwrap();
    let of = |id: &str| {
        rows.iter()
            .filter(|row| row.record.request_id.unwrap().to_string() == id)
            .count()
    };
    assert_eq!((of(&ids[0]), of(&ids[1])), (0, 1));
    // The batch's own name for itself is that of its steps, where they have none.
    let reply = app
        .post("/v1.0/$batch")
        .bearer(&token)
        .header("client-request-id", "mine");
    let steps = json!([getting("1", "/users"), {
        "id": "2", "method": "GET", "url": "/users", "headers": { "client-request-id": "own" } }]);
    let body = reply
        .json(&json!({ "requests": steps }))
        .send()
        .await
        .json();
    assert_eq!(body["responses"][0]["headers"]["client-request-id"], "mine");
    assert_eq!(body["responses"][1]["headers"]["client-request-id"], "own");
    // Without a token there is no batch.
    let reply = app
        .post("/v1.0/$batch")
        .json(&json!({ "requests": [] }))
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_depends_on_a_failure_is_not_taken() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let after = |mut step: Value, names: Value| {
        step["dependsOn"] = names;
        step
    };
    let requests = json!([
        after(making("4", "d"), json!(["2"])),
        after(making("3", "c"), json!(["One", "1"])),
        after(getting("2", "/users/nobody@contoso.com"), json!(["1"])),
        making("1", "a"),
        after(getting("one", "/users/a@contoso.com"), json!(["1"])),
        after(making("5", "e"), json!(["4"])),
    ]);
    let found = answers(&app, &token, requests).await;
    assert_eq!(
        statuses(&found),
        [424, 201, 404, 201, 200, 424],
        "{found:?}"
    );
    assert_eq!(found[0]["body"]["error"]["code"], "FailedDependency");
    let users = app
        .get("/v1.0/users?$select=displayName")
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(users["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn batches_that_are_refused_whole() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let refused = async |text: &str, target: &str| {
        let asked = app.post("/v1.0/$batch").bearer(&token).json_text(text);
        let reply = asked.send().await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{text} {}",
            reply.text()
        );
        assert_eq!(reply.error().0, "BadRequest", "{text}");
        assert_eq!(reply.targets(), [target], "{text}");
    };
    let deep = format!("{{\"requests\":{}", "[".repeat(100_000));
    for (text, target) in [
        ("[]", "batch"),
        ("{", "batch"),
        ("{}", "requests"),
        ("{\"requests\":{}}", "requests"),
        ("{\"requests\":[],\"Requests\":[]}", "batch"),
        (deep.as_str(), "batch"),
    ] {
        refused(text, target).await;
    }
    // Steps without their braces; `GET` stands for a method and a URL.
    let cases: [(&[&str], &str); 16] = [
        (&["1"], "batch"),
        (&["GET"], "requests[0].id"),
        (&["'id':'',GET"], "requests[0].id"),
        (&["'id':1,GET"], "requests[0].id"),
        (&["'id':'1','ID':'2',GET"], "requests[0]"),
        (&["'id':'a',GET", "'id':'A',GET"], "requests[1].id"),
        (&["'id':'1','url':'/users'"], "requests[0].method"),
        (&["'id':'1','method':'G T','url':'/'"], "requests[0].method"),
        (&["'id':'1','method':'GET'"], "requests[0].url"),
        (
            &["'id':'1',GET,'headers':{'a b':''}"],
            "requests[0].headers",
        ),
        (&["'id':'1',GET,'headers':{'a':1}"], "requests[0].headers"),
        (&["'id':'1',GET,'dependsOn':'2'"], "requests[0].dependsOn"),
        (&["'id':'1',GET,'dependsOn':['2']"], "requests[0].dependsOn"),
        (&["'id':'1',GET,'dependsOn':['1']"], "requests[0].dependsOn"),
        (
            &[
                "'id':'1',GET,'dependsOn':['2']",
                "'id':'2',GET,'dependsOn':['1']",
            ],
            "requests",
        ),
        (
            &[
                "'id':'1',GET,'atomicityGroup':'g','dependsOn':['2']",
                "'id':'2',GET,'dependsOn':['g']",
            ],
            "requests",
        ),
    ];
    for (steps, target) in cases {
        let steps: Vec<_> = steps.iter().map(|step| format!("{{{step}}}")).collect();
        let text = format!("{{'requests':[{}]}}", steps.join(","))
            .replace("GET,", "'method':'GET','url':'/users',")
            .replace(",GET", ",'method':'GET','url':'/users'")
            .replace("{GET", "{'method':'GET','url':'/users'")
            .replace('\'', "\"");
        refused(&text, target).await;
    }
}

#[tokio::test]
async fn steps_have_a_most_and_a_type() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let many: Vec<_> = (0..21)
        .map(|at| getting(&at.to_string(), "/users"))
        .collect();
    let reply = send(&app, &token, json!(many)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let sentence = "Number of batch request steps exceeds the maximum value of 20.";
    let expected = ("MaximumValueExceeded".to_owned(), sentence.to_owned());
    assert_eq!(reply.error(), expected);
    let found = answers(&app, &token, json!(many[..20])).await;
    assert!(statuses(&found).iter().all(|status| *status == 200));
    assert!(answers(&app, &token, json!([])).await.is_empty());
    let form = app.post("/v1.0/$batch").bearer(&token).form(&[("a", "b")]);
    let status = form.send().await.status;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn what_is_wrong_with_a_step_is_told_in_its_place() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let step = |id: &str, url: &str, body: Value, kind: Option<&str>| {
        let mut step = json!({ "id": id, "method": "POST", "url": url, "body": body });
        if let Some(kind) = kind {
            step["headers"] = json!({ "Content-Type": kind });
        }
        step
    };
    let json_type = Some("application/json");
    let nested = json!({ "requests": [getting("1", "/users")] });
    let good = user("good");
    let found = answers(
        &app,
        &token,
        json!([
            step("nested", "/$batch", nested, json_type),
            step("foreign", "https://evil.example/v1.0/users", good.clone(), json_type),
            step("fragment", "/users/a#EXT#@contoso.com", good.clone(), json_type),
            step("untyped", "/users", good.clone(), None),
            step("form", "/users", good.clone(), Some("text/plain")),
            step("base64", "/users", json!("!!"), None),
            step("empty", "/users", json!(""), json_type),
            step("list", "/users", json!([]), json_type),
            step("unknown", "/nothing", good.clone(), json_type),
            { "id": "verb", "method": "DELETE", "url": "/users" },
            { "id": "odd", "method": "PROPFIND", "url": "/users" },
            { "id": "packed", "method": "POST", "url": "/users", "body": good,
                "headers": { "Content-Type": "application/json", "Content-Encoding": "gzip" } },
            { "id": "metadata", "method": "GET", "url": "/$metadata" },
        ]),
    )
    .await;
    let expected = [
        400, 400, 400, 400, 415, 400, 400, 400, 400, 405, 405, 415, 200,
    ];
    assert_eq!(statuses(&found), expected, "{found:?}");
    assert!(found[12]["body"].as_str().unwrap().starts_with("<?xml"));
    assert!(
        found
            .iter()
            .all(|one| one["headers"]["Content-Type"].is_string())
    );
    assert_eq!(found[9]["headers"]["Allow"], "GET, POST");
    // Bytes of a step's body reach the same reader: a name twice is refused, and only there.
    let twice = "{\"requests\":[{\"id\":\"1\",\"method\":\"POST\",\"url\":\"/users\",\"headers\":{\"Content-Type\":\
        \"application/json\"},\"body\":{\"displayName\":\"a\",\"displayname\":\"b\"}},{\"id\":\"2\",\"method\":\"GET\",\
        \"url\":\"/users\"}]}";
    let body = app
        .post("/v1.0/$batch")
        .bearer(&token)
        .json_text(twice)
        .send()
        .await
        .json();
    assert_eq!(body["responses"][0]["status"], 400);
    assert_eq!(
        body["responses"][0]["body"]["error"]["details"][0]["code"],
        "DuplicateName"
    );
    assert_eq!(body["responses"][1]["status"], 200);
    let users = app.get("/v1.0/users").bearer(&token).send().await.json();
    assert_eq!(users["value"], json!([]));
}
