//! Who asks for more than can be found in time is told when to ask again, and others are answered
//! meanwhile.

use std::time::Duration;

use axum::http::StatusCode;
use directory::users::bulk::{Key, OnExisting, Row, Rules};
use edm::Json;
use serde_json::json;
use testkit::TestApp;

/// Users who take longer to look through than no time at all.
const MANY: u64 = 1_000;

#[tokio::test]
async fn a_query_that_takes_too_long_is_503_and_says_when_to_come_again() {
    let app = TestApp::with_read_time(Duration::ZERO).await;
    let directory = app.directory();
    let tenant = directory.find_tenant("contoso.com").await.unwrap();
    let rules = Rules {
        key: Key::UserPrincipalName,
        on_existing: OnExisting::Fail,
        keep: false,
        dry_run: false,
    };
    let import = directory
        .import(&tenant, directory.ids().uuid(), String::new(), rules)
        .await
        .unwrap();
    let rows = (1..=MANY).map(|line| {
        let upn = format!("u{line}@contoso.com");
        let members = json!({ "displayName": "U", "userPrincipalName": upn, "city": "Oslo" });
        let Json::Object(members) = members else {
            unreachable!()
        };
        Row {
            line,
            members,
            password_hash: None,
            extensions: Vec::new(),
        }
    });
    let planned = import.plan(rows.collect()).await.unwrap();
    import.apply(planned).await.unwrap();
    let token = app.token().await;
    for path in [
        "users?$filter=contains(city,'nowhere')",
        "users?$filter=city%20eq%20'nowhere'&$count=true",
        "users/$count?$filter=city%20eq%20'nowhere'",
        "users?$orderby=city&$top=5",
    ] {
        let reply = app
            .get(&format!("/v1.0/{path}"))
            .bearer(&token)
            .send()
            .await;
        assert_eq!(
            reply.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{path} {}",
            reply.text()
        );
        assert_eq!(reply.error().0, "ServiceUnavailable", "{path}");
        assert_eq!(reply.header("retry-after"), "10", "{path}");
        let one = app
            .get("/v1.0/users/u7@contoso.com")
            .bearer(&token)
            .send()
            .await;
        assert_eq!(one.status, StatusCode::OK, "{}", one.text());
        let few = app.get("/v1.0/users?$top=2").bearer(&token).send().await;
        assert_eq!(few.status, StatusCode::OK, "{}", few.text());
    }
}
