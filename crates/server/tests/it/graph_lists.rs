//! Lists of other objects than users are searched, sorted, counted and walked as users are.

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::graph_references::post;

/// Invites people; the ids of the invitations, in order.
async fn invited(app: &TestApp, token: &str, guests: &[(&str, &str)]) -> Vec<String> {
    let mut ids = Vec::new();
    for (name, address) in guests {
        let body = json!({
            "invitedUserDisplayName": name,
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": "https://app.contoso.com",
        });
        let asking = app.post("/v1.0/invitations").bearer(token).json(&body);
        let reply = asking.send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        ids.push(reply.json()["id"].as_str().unwrap().to_owned());
    }
    ids
}

async fn get(app: &TestApp, token: &str, path: &str) -> Value {
    let reply = app.get(path).bearer(token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

/// The member of each object of a list.
async fn listed(app: &TestApp, token: &str, path: &str, member: &str) -> Vec<String> {
    let list = get(app, token, path).await;
    let values = list["value"].as_array().unwrap().iter();
    values
        .map(|one| one[member].as_str().unwrap_or_default().to_owned())
        .collect()
}

const GUESTS: &[(&str, &str)] = &[
    ("Sam", "sam@fabrikam.example"),
    ("anna", "Anna@partner.example"),
    ("Zoë", "zoe@fabrikam.example"),
    ("Bo", "bo@partner.example"),
];

#[tokio::test]
async fn invitations_are_filtered() {
    let app = TestApp::new().await;
    let token = app.token().await;
    invited(&app, &token, GUESTS).await;
    for (filter, mut expected) in [
        (
            "invitedUserEmailAddress eq 'SAM@fabrikam.example'",
            vec!["Sam"],
        ),
        ("startswith(invitedUserEmailAddress,'anna')", vec!["anna"]),
        (
            "endswith(invitedUserEmailAddress,'@fabrikam.example')",
            vec!["Sam", "Zoë"],
        ),
        (
            "invitedUserDisplayName in ('bo','Anna') and status eq 'Completed'",
            vec!["Bo", "anna"],
        ),
        ("invitedUserDisplayName ge 's'", vec!["Sam", "Zoë"]),
        ("not (invitedUserType eq 'Guest')", vec![]),
        (
            "sendInvitationMessage eq false",
            vec!["Sam", "anna", "Zoë", "Bo"],
        ),
        ("status eq 'Error'", vec![]),
    ] {
        let query: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let path = format!("/v1.0/invitations?$filter={query}");
        let mut found = listed(&app, &token, &path, "invitedUserDisplayName").await;
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{filter}");
        let path = format!("{path}&$count=true&$top=1");
        let counted = get(&app, &token, &path).await;
        assert_eq!(counted["@odata.count"], expected.len(), "{filter}");
    }
}

/// By the guest: all invitations that one person ever got.
#[tokio::test]
async fn invitations_are_found_by_their_guest() {
    let app = TestApp::new().await;
    let token = app.token().await;
    invited(&app, &token, GUESTS).await;
    let again = invited(&app, &token, &GUESTS[..1]).await;
    let path = format!("/v1.0/invitations/{}", again[0]);
    let guest = get(&app, &token, &path).await["invitedUser"]["id"].clone();
    for (filter, expected) in [
        (format!("invitedUser/id eq {guest}"), 2),
        (format!("invitedUser/id ne {guest}"), 3),
        ("invitedUser/id eq 'nobody'".to_owned(), 0),
    ] {
        let filter = filter.replace('"', "'");
        let query: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let path = format!("/v1.0/invitations?$count=true&$filter={query}");
        let found = get(&app, &token, &path).await;
        assert_eq!(found["@odata.count"], expected, "{filter}");
        let value = found["value"].as_array().unwrap();
        assert_eq!(value.len(), expected, "{filter}");
    }
}

/// Each once, in order, over pages of one.
#[tokio::test]
async fn invitations_are_sorted_over_pages() {
    let app = TestApp::new().await;
    let token = app.token().await;
    invited(&app, &token, GUESTS).await;
    for (order, expected) in [
        ("invitedUserDisplayName", ["anna", "Bo", "Sam", "Zoë"]),
        ("invitedUserEmailAddress desc", ["Zoë", "Sam", "Bo", "anna"]),
        (
            "status,invitedUserDisplayName desc",
            ["Zoë", "Sam", "Bo", "anna"],
        ),
    ] {
        let query: String = form_urlencoded::byte_serialize(order.as_bytes()).collect();
        let select = "id,invitedUserDisplayName";
        let mut next = Some(format!(
            "/v1.0/invitations?$orderby={query}&$top=1&$select={select}"
        ));
        let mut found = Vec::new();
        while let Some(path) = next {
            let page = get(&app, &token, &path).await;
            let one = &page["value"][0];
            assert_eq!(one.as_object().unwrap().len(), 2, "{one}");
            found.push(one["invitedUserDisplayName"].as_str().unwrap().to_owned());
            let link = page["@odata.nextLink"].as_str();
            next = link.map(|link| link.replace("https://localhost:8443", ""));
        }
        assert_eq!(found, expected, "{order}");
    }
}

/// The key of the status is written wherever the status is.
#[tokio::test]
async fn an_undelivered_invitation_is_found_by_its_status() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let body = json!({
        "invitedUserEmailAddress": "kim@partner.example",
        "inviteRedirectUrl": "https://app.contoso.com",
        "sendInvitationMessage": true,
    });
    let asking = app.post("/v1.0/invitations").bearer(&token).json(&body);
    let made = asking.send().await.json();
    let path = |status: &str| format!("/v1.0/invitations?$filter=status%20eq%20'{status}'");
    let waiting = listed(&app, &token, &path("InProgress"), "id").await;
    assert_eq!(waiting, [made["id"].as_str().unwrap()]);
    let revoke = format!("/v1.0/invitations/{}", waiting[0]);
    let gone = app.delete(&revoke).bearer(&token).send().await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    let left = listed(&app, &token, "/v1.0/invitations", "status").await;
    for status in left {
        assert_eq!(
            listed(&app, &token, &path(&status), "status").await,
            [&*status]
        );
    }
}

#[tokio::test]
async fn pending_members_are_filtered_sorted_and_counted() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for name in ["Ann", "Bea", "Cid"] {
        let body = json!({
            "@odata.type": "#Microsoft.DirectoryServices.user",
            "displayName": name,
            "mail": format!("{name}@fabrikam.example"),
        });
        post(&app, &token, &body).await;
    }
    let name = "displayName";
    for (query, expected) in [
        ("$orderby=displayName%20desc", vec!["Cid", "Bea", "Ann"]),
        ("$filter=startswith(displayName,'b')", vec!["Bea"]),
        (
            "$filter=displayName%20ne%20'Bea'&$orderby=displayName",
            vec!["Ann", "Cid"],
        ),
        ("$search=%22displayName:ci%22", vec!["Cid"]),
    ] {
        let path = format!("/v1.0/pendingMembers?{query}&$count=true");
        let asking = app.get(&path).bearer(&token);
        let reply = asking.header("ConsistencyLevel", "eventual").send().await;
        assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
        let list = reply.json();
        let values = list["value"].as_array().unwrap().iter();
        let found: Vec<_> = values.map(|one| one[name].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{query}");
        assert_eq!(list["@odata.count"], expected.len(), "{query}");
    }
    let first = get(
        &app,
        &token,
        "/v1.0/pendingMembers?$orderby=displayName&$top=2",
    )
    .await;
    let next = first["@odata.nextLink"].as_str().unwrap();
    let next = next.replace("https://localhost:8443", "");
    assert_eq!(listed(&app, &token, &next, name).await, ["Cid"]);
}

/// What cannot be asked of a list is refused by name.
#[tokio::test]
async fn what_a_list_does_not_know_is_refused() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for (path, said) in [
        ("/v1.0/invitations?$filter=nothing%20eq%20'a'", "nothing"),
        ("/v1.0/invitations?$orderby=inviteRedirectUrl", "Invitation"),
        (
            "/v1.0/invitations?$search=%22inviteRedirectUrl:x%22",
            "$search",
        ),
        (
            "/v1.0/invitations?$filter=invitedUser%2Fmail%20eq%20'a'",
            "$filter",
        ),
        ("/v1.0/invitations?$expand=invitedUser", "$expand"),
        ("/v1.0/pendingMembers?$expand=manager", "$expand"),
    ] {
        let reply = app.get(path).bearer(&token).send().await;
        let is_refused = reply.status.is_client_error() || reply.status == 501;
        assert!(is_refused, "{path}: {}", reply.text());
        assert!(reply.text().contains(said), "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn lists_are_counted_by_a_number_alone() {
    let app = TestApp::new().await;
    let token = app.token().await;
    invited(&app, &token, GUESTS).await;
    for (path, expected) in [
        ("invitations/$count", "4"),
        (
            "invitations/$count?$filter=endswith(invitedUserEmailAddress,'partner.example')",
            "2",
        ),
        ("pendingMembers/$count", "0"),
        ("pendingMembers/$count?$filter=displayName%20eq%20'x'", "0"),
    ] {
        let asking = app.get(&format!("/v1.0/{path}")).bearer(&token);
        let reply = asking.send().await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "text/plain", "{path}");
        assert_eq!(
            reply.text().trim_start_matches('\u{feff}'),
            expected,
            "{path}"
        );
    }
}
