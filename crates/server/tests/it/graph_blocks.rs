//! What holds an address back: seen, lifted, told.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::TestApp;

const SAM: &str = "sam@fabrikam.example";

async fn invite(app: &TestApp, token: &str, address: &str) -> testkit::Reply {
    let body = json!({
        "invitedUserEmailAddress": address,
        "inviteRedirectUrl": "https://myapp.contoso.com",
        "sendInvitationMessage": true,
    });
    let asking = app.post("/v1.0/invitations").bearer(token).json(&body);
    asking.send().await
}

/// As if the owner had said "do not invite me again".
async fn say_never(app: &TestApp, addresses: &[&str]) {
    let now = app.directory().now();
    let keys: Vec<String> = addresses.iter().map(|one| (*one).to_owned()).collect();
    app.directory()
        .store()
        .write::<_, _, store::StoreError, _>(app.tenant.id, keys, move |tx, keys| {
            Box::pin(async move {
                for key in keys {
                    tx.block_address(key, now).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn listed(app: &TestApp, token: &str, query: &str) -> Value {
    let asking = app.get(&format!("/v1.0/invitationBlocks{query}"));
    let reply = asking.bearer(token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()
}

async fn lift(app: &TestApp, token: &str, address: &str) -> testkit::Reply {
    let target = format!("/v1.0/invitationBlocks/{address}");
    let asking = app.ask(Method::DELETE, &target).bearer(token);
    asking.send().await
}

#[tokio::test]
async fn what_holds_an_address_back_is_listed_and_lifted() {
    let app = TestApp::new().await;
    let token = app.token().await;
    assert_eq!(listed(&app, &token, "").await["value"], json!([]));
    let free = invite(&app, &token, SAM).await;
    assert_eq!(free.header("x-vestibule-note"), "");
    say_never(&app, &[SAM]).await;
    let told = invite(&app, &token, SAM).await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text());
    let note = told.header("x-vestibule-note");
    assert!(note.contains("not to be invited again"), "{note}");
    assert_eq!(told.json()["status"], "Error");
    let rows = listed(&app, &token, "").await;
    let row = &rows["value"][0];
    assert_eq!(row["id"], SAM);
    assert_eq!(row["neverAgainSinceDateTime"], "2026-01-15T10:00:00Z");
    // Any spelling of the address finds it.
    let reply = lift(&app, &token, "sam@FABRIKAM.example").await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert_eq!(listed(&app, &token, "").await["value"], json!([]));
    let freed = invite(&app, &token, SAM).await;
    assert_eq!(freed.header("x-vestibule-note"), "");
    assert_eq!(freed.json()["status"], "InProgress");
    for address in [SAM, "nobody@fabrikam.example", "no-address"] {
        // Sam's invitations of the day still count towards the limit, which lifting forgets, too.
        let expected = if address == SAM {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(
            lift(&app, &token, address).await.status,
            expected,
            "{address}"
        );
    }
    assert_eq!(lift(&app, &token, SAM).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_limit_that_is_reached_is_listed_and_lifted() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut last = invite(&app, &token, SAM).await;
    for _ in 0..1000 {
        if last.status != StatusCode::CREATED {
            break;
        }
        last = invite(&app, &token, SAM).await;
    }
    assert_eq!(
        last.status,
        StatusCode::TOO_MANY_REQUESTS,
        "{}",
        last.text()
    );
    let rows = listed(&app, &token, "").await;
    let limits = json!([{ "limit": "invitations", "untilDateTime": "2026-01-16T10:00:00Z" }]);
    assert_eq!(rows["value"][0]["limits"], limits, "{rows}");
    assert_eq!(rows["value"][0]["neverAgainSinceDateTime"], Value::Null);
    assert_eq!(lift(&app, &token, SAM).await.status, StatusCode::NO_CONTENT);
    assert_eq!(invite(&app, &token, SAM).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn blocks_come_in_pages_and_take_no_options() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let names: Vec<String> = (0..250).map(|n| format!("n{n:03}@x.example")).collect();
    let addresses: Vec<&str> = names.iter().map(String::as_str).collect();
    say_never(&app, &addresses).await;
    let (mut seen, mut query) = (Vec::new(), String::new());
    loop {
        let page = listed(&app, &token, &query).await;
        for row in page["value"].as_array().unwrap() {
            seen.push(row["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["@odata.nextLink"].as_str() else {
            break;
        };
        query = next.split_once("invitationBlocks").unwrap().1.to_owned();
    }
    assert_eq!(seen, names);
    for query in ["?$filter=id eq 'x'", "?after=a&after=b", "?$top=3"] {
        let target = format!("/v1.0/invitationBlocks{}", query.replace(' ', "%20"));
        let reply = app.get(&target).bearer(&token).send().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn inviting_is_not_enough_to_lift() {
    let app = TestApp::new().await;
    say_never(&app, &[SAM]).await;
    let weak = app
        .token_with(&[Permission::UserInviteAll, Permission::UserReadAll])
        .await;
    assert_eq!(lift(&app, &weak, SAM).await.status, StatusCode::FORBIDDEN);
    assert_eq!(listed(&app, &weak, "").await["value"][0]["id"], SAM);
}
