//! `atomicityGroup`: all of it or nothing (decision 55).

use axum::http::StatusCode;
use serde_json::{Value, json};
use store::AuditVerdict;
use testkit::TestApp;

use crate::graph_batch::{answers, getting, making, statuses};
use crate::samples::created;

fn grouped(mut step: Value, group: &str) -> Value {
    step["atomicityGroup"] = json!(group);
    step
}

fn changing(step: &str, id: &str, body: &Value) -> Value {
    json!({
        "id": step, "method": "PATCH", "url": format!("/users/{id}"), "body": body,
        "headers": { "Content-Type": "application/json" },
    })
}

/// Names of the users, and how many changes and audit records there are.
async fn state(app: &TestApp, token: &str) -> (Vec<String>, usize, i64) {
    let list = app
        .get("/v1.0/users?$select=displayName,city")
        .bearer(token)
        .send()
        .await
        .json();
    let name = |user: &Value| format!("{} {}", user["displayName"], user["city"]).replace('"', "");
    let mut names: Vec<_> = list["value"].as_array().unwrap().iter().map(name).collect();
    names.sort();
    let reader = app.directory().store().read(app.tenant.id);
    let changes = reader.changes(0, 1_000).await.unwrap().len();
    let verdict = app
        .directory()
        .store()
        .verify_audit(app.tenant.id)
        .await
        .unwrap();
    let AuditVerdict::Sound(head) = verdict else {
        panic!("the chain is broken")
    };
    (names, changes, head.seq)
}

#[tokio::test]
async fn a_group_happens() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let before = state(&app, &token).await;
    let found = answers(
        &app,
        &token,
        json!([
            grouped(making("1", "b"), "g"),
            grouped(changing("2", &id, &json!({ "city": "Bonn" })), "g"),
            getting("3", "/users/b@contoso.com"),
            grouped(getting("4", &format!("/users/{id}")), "g"),
            grouped(making("5", "c"), "h"),
            grouped(making("6", "d"), "g"),
        ]),
    )
    .await;
    let status = statuses(&found);
    assert_eq!(
        [status[0], status[1], status[3], status[4], status[5]],
        [201, 204, 200, 201, 201],
        "{found:?}"
    );
    let after = state(&app, &token).await;
    assert_eq!(after.0, ["adele Bonn", "b null", "c null", "d null"]);
    assert_eq!((after.1 - before.1, after.2 - before.2), (4, 4));
}

#[tokio::test]
async fn whatever_fails_undoes_its_group_and_nothing_else() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let before = state(&app, &token).await;
    let weak = json!({ "id": "x", "method": "PATCH", "url": "/users/nobody@contoso.com", "body": {},
        "headers": { "Content-Type": "application/json" } });
    // Refused before the write, by the write, by another of the group, before it is a request at all.
    let fails = [
        (weak, 404),
        (making("x", "adele"), 400),
        (making("x", "b"), 400),
        (
            json!({ "id": "x", "method": "GET", "url": "https://evil.example/" }),
            400,
        ),
        (getting("x", "/users/nobody@contoso.com"), 404),
        (
            json!({ "id": "x", "method": "DELETE", "url": format!("/users/{id}"), "headers": { "If-Match": "W/\"9\"" } }),
            412,
        ),
    ];
    for (step, status) in fails {
        let found = answers(
            &app,
            &token,
            json!([
                grouped(making("1", "b"), "g"),
                grouped(changing("2", &id, &json!({ "city": "Bonn" })), "g"),
                grouped(getting("3", "/users"), "g"),
                grouped(step.clone(), "g"),
                grouped(making("4", "c"), "g"),
            ]),
        )
        .await;
        assert_eq!(
            statuses(&found),
            [424, 424, 424, status, 424],
            "{step} {found:?}"
        );
        assert_eq!(found[0]["body"]["error"]["code"], "FailedDependency");
        assert_eq!(state(&app, &token).await, before, "{step}");
    }
    // Outside of the group life goes on, but for what waits for it.
    let mut waits = making("4", "e");
    waits["dependsOn"] = json!(["g"]);
    let found = answers(
        &app,
        &token,
        json!([
            grouped(making("1", "b"), "g"),
            grouped(making("2", "adele"), "g"),
            making("3", "d"),
            waits,
        ]),
    )
    .await;
    assert_eq!(statuses(&found), [424, 400, 201, 424], "{found:?}");
    assert_eq!(state(&app, &token).await.0, ["adele null", "d null"]);
}

#[tokio::test]
async fn order_within_and_between_groups() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut first = grouped(making("1", "late"), "g");
    first["dependsOn"] = json!(["2"]);
    let mut other = grouped(getting("3", "/users/late@contoso.com"), "h");
    other["dependsOn"] = json!(["1"]);
    let found = answers(
        &app,
        &token,
        json!([first, grouped(making("2", "early"), "g"), other]),
    )
    .await;
    assert_eq!(statuses(&found), [201, 201, 200], "{found:?}");
    let changes = app
        .directory()
        .store()
        .read(app.tenant.id)
        .changes(0, 10)
        .await
        .unwrap();
    let order: Vec<_> = changes
        .iter()
        .map(|change| change.object_id.to_string())
        .collect();
    let made = |at: usize| found[at]["body"]["id"].as_str().unwrap();
    assert_eq!(order, [made(1), made(0)]);
    // What a group waits for fails: nothing of it is taken.
    let mut after = grouped(making("5", "x"), "g");
    after["dependsOn"] = json!(["4"]);
    let found = answers(
        &app,
        &token,
        json!([
            getting("4", "/users/nobody@contoso.com"),
            after,
            grouped(making("6", "y"), "g"),
        ]),
    )
    .await;
    assert_eq!(statuses(&found), [404, 424, 424]);
}

/// Every route that writes can be in a group beside another that writes.
#[tokio::test]
async fn every_write_can_be_in_a_group() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let gone = created(&app, &token, "gone").await;
    let invite = json!({
        "id": "3", "method": "POST", "url": "/invitations",
        "headers": { "Content-Type": "application/json", "Idempotency-Key": "k" },
        "body": { "invitedUserEmailAddress": "a@x.example", "inviteRedirectUrl": "https://x.example",
            "sendInvitationMessage": true },
    });
    let steps = json!([
        grouped(making("1", "b"), "g"),
        grouped(changing("2", &id, &json!({ "city": "Bonn" })), "g"),
        grouped(invite, "g"),
        grouped(
            json!({ "id": "4", "method": "DELETE", "url": format!("/users/{gone}") }),
            "g"
        ),
    ]);
    let found = answers(&app, &token, steps).await;
    assert_eq!(statuses(&found), [201, 204, 201, 204], "{found:?}");
    assert_eq!(app.deliver().await.len(), 1);
    let reply = app
        .get(&format!("/v1.0/users/{gone}"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    // And none of them leaves a trace when the group fails: no guest, no mail.
    let invite = json!({
        "id": "1", "method": "POST", "url": "/invitations",
        "headers": { "Content-Type": "application/json" },
        "body": { "invitedUserEmailAddress": "b@x.example", "inviteRedirectUrl": "https://x.example",
            "sendInvitationMessage": true },
    });
    let before = state(&app, &token).await;
    let found = answers(
        &app,
        &token,
        json!([grouped(invite, "g"), grouped(making("2", "b"), "g")]),
    )
    .await;
    assert_eq!(statuses(&found), [424, 400]);
    assert_eq!(state(&app, &token).await, before);
    assert!(app.deliver().await.is_empty());
}
