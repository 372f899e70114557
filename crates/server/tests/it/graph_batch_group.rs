//! `atomicityGroup`: all of it or nothing.

use axum::http::StatusCode;
use directory::{Permission, Role};
use serde_json::{Value, json};
use server::graph::routes::{Access, ROUTES};
use store::AuditVerdict;
use testkit::TestApp;

use crate::graph_batch::{answers, getting, making, statuses};
use crate::graph_ratchet::activity;
use crate::route_samples::{Sample, somebody};
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
    // Refused before the write, by the write, by another of the group, before it is a request at
    // all.
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

/// What a write can leave: users, the deleted, who waits, links, invitations, changes, the trail,
/// letters.
async fn everything(app: &TestApp, token: &str) -> Vec<String> {
    let mut found = vec![format!("{:?}", state(app, token).await)];
    for path in [
        "users?$top=999&$expand=manager($select=id)",
        "users?$top=999&$select=id,city,signInSessionsValidFromDateTime&$expand=sponsors($select=id)",
        "directory/deletedItems/microsoft.graph.user?$top=999",
        "pendingMembers?$top=999",
        "invitations?$top=999",
    ] {
        let reply = app.get(&format!("/v1.0/{path}")).bearer(token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        found.push(reply.text().to_owned());
    }
    found
}

/// Every route that writes does so in a group beside another that writes, and leaves no trace where
/// the other fails.
#[tokio::test]
async fn every_write_is_made_with_its_group_or_not_at_all() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let owner = created(&app, &token, "taken").await;
    let writes = ROUTES.iter().filter(|route| activity(route).is_some());
    for (at, route) in writes.enumerate() {
        let name = format!("{} {}", route.method, route.pattern);
        let me = somebody(&app, &token).await;
        let (me, acting) = match route.access {
            Access::Person => {
                let roles = [Role::GlobalAdministrator];
                let acting = app.person_token(&me, Permission::ALL, &roles).await;
                (Some(me.as_str()), acting)
            }
            _ => (None, token.clone()),
        };
        let step = grouped(Sample::of(&app, &token, route, me).await.step("1"), "g");
        app.deliver().await;
        let before = everything(&app, &token).await;
        for (other, status) in [
            (making("2", "taken"), 400),
            (getting("2", "/users/nobody@contoso.com"), 404),
        ] {
            let steps = json!([step, grouped(other, "g")]);
            let found = answers(&app, &acting, steps).await;
            assert_eq!(statuses(&found), [424, status], "{name} {found:?}");
            assert_eq!(everything(&app, &token).await, before, "{name}");
            assert!(app.deliver().await.is_empty(), "{name}");
        }
        let other = grouped(making("2", &format!("beside{at}")), "g");
        let found = answers(&app, &acting, json!([step, other])).await;
        let status = statuses(&found);
        assert!((200..300).contains(&status[0]), "{name} {found:?}");
        assert_eq!(status[1], 201, "{name} {found:?}");
        let trail = app.directory().store().read(app.tenant.id);
        let last = trail.latest_audit(None, 2).await.unwrap();
        let last = last.iter().rev().map(|row| row.record.activity.as_str());
        let expected = [activity(route).unwrap(), "Add user"];
        assert_eq!(last.collect::<Vec<_>>(), expected, "{name}");
    }
    let still = app.get(&format!("/v1.0/users/{owner}")).bearer(&token);
    assert_eq!(still.send().await.status, StatusCode::OK);
}

/// Two steps may write to one user; the second meets what the first left.
#[tokio::test]
async fn steps_of_a_group_may_meet_in_one_user() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let boss = created(&app, &token, "boss").await;
    let manager = json!({
        "id": "3", "method": "PUT", "url": format!("/users/{id}/manager/$ref"),
        "headers": { "Content-Type": "application/json" },
        "body": { "@odata.id": format!("https://localhost:8443/v1.0/users/{boss}") },
    });
    let steps = json!([
        grouped(changing("1", &id, &json!({ "city": "Bonn" })), "g"),
        grouped(changing("2", &id, &json!({ "state": "NRW" })), "g"),
        grouped(manager.clone(), "g"),
    ]);
    let found = answers(&app, &token, steps).await;
    assert_eq!(statuses(&found), [204, 204, 204], "{found:?}");
    let path = format!("/v1.0/users/{id}?$select=city,state&$expand=manager($select=id)");
    let read = app.get(&path).bearer(&token).send().await.json();
    assert_eq!(
        (&read["city"], &read["state"], &read["manager"]["id"]),
        (&json!("Bonn"), &json!("NRW"), &json!(boss))
    );
    // Whoever is deleted by one step cannot be changed by the next, and so is not deleted.
    let deleting = json!({ "id": "1", "method": "DELETE", "url": format!("/users/{boss}") });
    let before = everything(&app, &token).await;
    let found = answers(
        &app,
        &token,
        json!([grouped(deleting, "g"), grouped(manager, "g")]),
    )
    .await;
    assert_eq!(statuses(&found), [424, 404], "{found:?}");
    assert_eq!(everything(&app, &token).await, before);
}

/// A key is not used up by a request that was undone with its group.
#[tokio::test]
async fn an_undone_invitation_leaves_its_idempotency_key_free() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "taken").await;
    let invite = |step: &str| {
        json!({
            "id": step, "method": "POST", "url": "/invitations",
            "headers": { "Content-Type": "application/json", "Idempotency-Key": "k" },
            "body": { "invitedUserEmailAddress": "a@x.example", "inviteRedirectUrl": "https://x.example",
                "sendInvitationMessage": true },
        })
    };
    let steps = json!([
        grouped(invite("1"), "g"),
        grouped(making("2", "taken"), "g")
    ]);
    let found = answers(&app, &token, steps).await;
    assert_eq!(statuses(&found), [424, 400], "{found:?}");
    assert!(app.deliver().await.is_empty());
    let mut made = Vec::new();
    for step in ["1", "2"] {
        let found = answers(&app, &token, json!([grouped(invite(step), "g")])).await;
        assert_eq!(statuses(&found), [201], "{found:?}");
        made.push(found[0]["body"]["id"].clone());
    }
    assert_eq!(made[0], made[1], "the second is the first one's answer");
    assert_eq!(app.deliver().await.len(), 1);
}
